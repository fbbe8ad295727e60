//! The client's arguments and its config file, right and wrong.

use std::process::{Command, Stdio};

use crate::chat;
use crate::support::directory::Directory;
use crate::support::{Ended, Program};

/// The usage, which precedes every complaint about arguments.
const USAGE: &str = "Usage: chat [OPTIONS] [USER] [SERVER]\n";

/// Wrong arguments, each followed by the sentence about them.
const WRONG: &str = r#"

    the user is missing, as in chat luca chat://localhost:1337.
luca
    the server is missing, as in chat luca chat://localhost:1337.
chat://localhost:1337
    the user is missing, as in chat luca chat://localhost:1337.
chat://localhost:1337 luca
    the user comes before the server, as in chat luca chat://localhost:1337.
luca localhost:1337
    "localhost:1337": a server address looks like chat://HOST:PORT, as in chat://localhost:1337.
luca http://localhost:1337
    "http://localhost:1337": a server address looks like chat://HOST:PORT, as in chat://localhost:1337.
luca chat://
    "chat://": the host is missing, as in chat://localhost:1337.
luca chat://1337
    "chat://1337": the host is missing, as in chat://localhost:1337.
luca chat://localhost:0
    "chat://localhost:0": the port is a number from 1 to 65535.
luca chat://localhost:65536
    "chat://localhost:65536": the port is a number from 1 to 65535.
luca chat://localhost:irc
    "chat://localhost:irc": the port is a number from 1 to 65535.
luca chat://localhost:1337/dev
    "chat://localhost:1337/dev": nothing may follow the port, as in chat://localhost:1337.
luca chat://localhost:1337?room=dev
    "chat://localhost:1337?room=dev": nothing may follow the port, as in chat://localhost:1337.
luca chat://ann@localhost:1337
    "chat://ann@localhost:1337": the user comes before the server, as in chat luca chat://localhost:1337.
luca chat://::1:1337
    "chat://::1:1337": the host is a name, an IPv4 address, or an IPv6 address in brackets.
luca chat://localhost:1337 dev
    unexpected argument 'dev' found.
--jsno luca chat://localhost:1337
    unexpected argument '--jsno' found.
--bell loud luca chat://localhost:1337
    invalid value 'loud' for '--bell <on|off|all>' [possible values: on, off, all].
--color=blue luca chat://localhost:1337
    invalid value 'blue' for '--color <auto|always|never>' [possible values: auto, always, never].
--from utf16 luca chat://localhost:1337
    invalid value 'utf16' for '--from <utf8|latin1>' [possible values: utf8, latin1].
--literal --commands luca chat://localhost:1337
    the argument '--literal' cannot be used with '--commands'.
--no-reconnect=yes luca chat://localhost:1337
    unexpected value 'yes' for '--no-reconnect' found; no more were expected.
luca chat://localhost:1337 --room
    a value is required for '--room <ROOM>' but none was supplied.
"#;

/// Wrong config files, each followed by what the client says behind its path.
const WRONG_FILES: &str = r#"
colours = "never"
    line 1: unknown field `colours`, expected one of `user`, `server`, `via`, `rooms`, `bell`, `color`, `colour`, `time`, `quiet`, `reconnect`.
user = 7
    line 1: invalid type: integer `7`, expected a string.
user = "luca", server = "localhost:1337"
    line 1: unexpected key or value, expected newline, `#`.
server = "localhost:1337"
    line 1: a server address looks like chat://HOST:PORT, as in chat://localhost:1337.
server = "chat://localhost:0"
    line 1: the port is a number from 1 to 65535.
quiet = "yes"
    line 1: invalid type: string "yes", expected a boolean.
bell = "loud"
    line 1: unknown variant `loud`, expected one of `on`, `off`, `all`.
"#;

/// The client with a home directory of its own.
fn client(home: &Directory, arguments: &[&str]) -> Command {
    let mut command = chat(arguments);
    command
        .env("HOME", home.path(""))
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_STATE_HOME")
        .stdin(Stdio::null());
    command
}

fn run(home: &Directory, arguments: &[&str]) -> Ended {
    Program::start(&mut client(home, arguments)).end()
}

/// The output of a client that ends with 0 and complains of nothing.
fn printed(ended: &Ended) -> &str {
    assert_eq!((ended.status, &*ended.stderr), (Some(0), ""), "{ended:?}");
    &ended.stdout
}

/// The complaint of a client that ends with 2 and prints nothing.
fn refused(ended: &Ended) -> &str {
    assert_eq!((ended.status, &*ended.stdout), (Some(2), ""), "{ended:?}");
    &ended.stderr
}

/// The pairs of a table: a line, and an indented one below it.
fn pairs(table: &str) -> Vec<(&str, &str)> {
    let lines: Vec<&str> = table.lines().skip(1).collect();
    let pairs = lines.chunks_exact(2);
    pairs.map(|pair| (pair[0], pair[1].trim())).collect()
}

#[test]
fn wrong_arguments_get_the_usage_and_one_sentence() {
    let home = Directory::new("chat-wrong-arguments");
    for (arguments, sentence) in pairs(WRONG) {
        let given: Vec<&str> = arguments.split_whitespace().collect();
        let ended = run(&home, &given);
        let expected = format!("{USAGE}chat: {sentence}\n");
        assert_eq!(refused(&ended), expected, "{arguments}");
    }
    let ended = run(&home, &["", "chat://localhost:1337"]);
    assert!(refused(&ended).contains("the user is missing"));
}

#[test]
fn a_wrong_config_file_is_reported_with_its_line() {
    let home = Directory::new("chat-wrong-files");
    let path = home.path("chat.toml");
    for (text, sentence) in pairs(WRONG_FILES) {
        home.write("chat.toml", text);
        let ended = run(&home, &["--config", &path, "luca", "chat://localhost:1337"]);
        // The line itself stands between its number and the complaint.
        let (line, what) = sentence.split_once(": ").unwrap();
        let expected = format!("chat: {path}: {line}: {text}: {what}\n");
        assert_eq!(refused(&ended), expected, "{text}");
    }
    home.write("chat.toml", "user = \"luca\"\n\n# The bell\nbell = 1\n");
    let ended = run(&home, &["--config", &path]);
    assert!(refused(&ended).starts_with(&format!("chat: {path}: line 4: ")));
    // A file from elsewhere must not write to the terminal.
    home.write("chat.toml", "\u{1b}[2J = 1\n");
    let ended = run(&home, &["--config", &path]);
    let error = refused(&ended);
    assert!(!error.trim_end().contains(char::is_control), "{error:?}");

    let nowhere = home.path("nowhere.toml");
    let ended = run(&home, &["--config", &nowhere]);
    let expected =
        format!("chat: {nowhere}: cannot be read: No such file or directory (os error 2).\n");
    assert_eq!(refused(&ended), expected);
}

#[test]
fn the_default_config_file_is_found_by_the_xdg_specification() {
    let home = Directory::new("chat-usual-file");
    for (folder, user) in [(".config/chatserv", "home"), ("xdg/chatserv", "xdg")] {
        std::fs::create_dir_all(home.path(folder)).unwrap();
        home.write(&format!("{folder}/chat.toml"), &format!("user = \"{user}\"\n"));
    }
    let user = |command: &mut Command| {
        let ended = Program::start(command).end();
        printed(&ended).lines().next().unwrap().to_owned()
    };
    let mut command = client(&home, &["--check-config"]);
    assert_eq!(user(&mut command), "user = \"home\"");
    command.env("XDG_CONFIG_HOME", home.path("xdg"));
    assert_eq!(user(&mut command), "user = \"xdg\"");
    // The specification ignores relative paths.
    command.env("XDG_CONFIG_HOME", "xdg").current_dir(home.path(""));
    assert_eq!(user(&mut command), "user = \"home\"");
}

#[test]
fn check_config_prints_a_config_file() {
    let home = Directory::new("chat-check-config");
    let flags = "--room dev --room ops --bell all --color never --time %H --quiet --no-reconnect --check-config";
    let mut given: Vec<&str> = flags.split(' ').collect();
    // The port that is not written is written out.
    given.extend(["luca", "chat://[::1]/"]);
    let text = "user = \"luca\"\nserver = \"chat://[::1]:1337\"\nrooms = [\"dev\", \"ops\"]\nbell = \"all\"\n\
                color = \"never\"\ntime = \"%H\"\nquiet = true\nreconnect = false\n";
    assert_eq!(printed(&run(&home, &given)), text);

    home.write("chat.toml", text);
    let path = home.path("chat.toml");
    let ended = run(&home, &["--config", &path, "--check-config"]);
    assert_eq!(printed(&ended), text);
}

#[test]
fn the_help_has_every_key() {
    let home = Directory::new("chat-help");
    let ended = run(&home, &["--help"]);
    let help = printed(&ended);
    for key in ["Enter", "Tab", "Up, Down", "Ctrl-C", "Ctrl-D"] {
        assert!(help.contains(key), "{key} in {help}");
    }
    let ended = run(&home, &["--version"]);
    assert_eq!(printed(&ended), concat!("chat ", env!("CARGO_PKG_VERSION"), "\n"));
}
