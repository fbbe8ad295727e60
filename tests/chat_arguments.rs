//! What the client is asked for: by arguments, by its config file, and what it answers where that is wrong.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod support;

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use support::directory::Directory;

/// The usage, which stands above whatever is wrong with the arguments.
const USAGE: &str = "Usage: chat [OPTIONS] [USER] [SERVER]\n";

/// Arguments that are wrong, and below them the sentence about them.
const WRONG: &str = r#"

    the user is missing, as in chat luca chat://localhost:1337.
luca
    the server is missing, as in chat luca chat://localhost:1337.
chat://localhost:1337
    the user is missing, as in chat luca chat://localhost:1337.
chat://localhost:1337 luca
    the user is written before the server, as in luca chat://localhost:1337.
luca localhost:1337
    "localhost:1337": a server is written as chat://HOST:PORT, as in chat://localhost:1337.
luca http://localhost:1337
    "http://localhost:1337": a server is written as chat://HOST:PORT, as in chat://localhost:1337.
luca chat://localhost
    "chat://localhost": the port is missing: a server is written as chat://HOST:PORT.
luca chat://[::1]
    "chat://[::1]": the port is missing: a server is written as chat://HOST:PORT.
luca chat://localhost:0
    "chat://localhost:0": the port is a number from 1 to 65535.
luca chat://localhost:65536
    "chat://localhost:65536": the port is a number from 1 to 65535.
luca chat://localhost:irc
    "chat://localhost:irc": the port is a number from 1 to 65535.
luca chat://localhost:1337/
    "chat://localhost:1337/": nothing may stand behind the port, as in chat://localhost:1337.
luca chat://localhost:1337?room=dev
    "chat://localhost:1337?room=dev": nothing may stand behind the port, as in chat://localhost:1337.
luca chat://ann@localhost:1337
    "chat://ann@localhost:1337": the user is written before the server, as in luca chat://localhost:1337.
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
--no-reconnect=yes luca chat://localhost:1337
    unexpected value 'yes' for '--no-reconnect' found; no more were expected.
luca chat://localhost:1337 --room
    a value is required for '--room <ROOM>' but none was supplied.
"#;

/// Config files that are wrong, and below each what is said behind its name.
const WRONG_FILES: &str = r#"
colour = "never"
    line 1: unknown field `colour`, expected one of `user`, `server`, `rooms`, `bell`, `color`, `time`, `reconnect`.
user = 7
    line 1: invalid type: integer `7`, expected a string.
user = "luca", server = "localhost:1337"
    line 1: unexpected key or value, expected newline, `#`.
server = "localhost:1337"
    line 1: a server is written as chat://HOST:PORT, as in chat://localhost:1337.
server = "chat://localhost:0"
    line 1: the port is a number from 1 to 65535.
bell = "loud"
    line 1: unknown variant `loud`, expected one of `on`, `off`, `all`.
"#;

/// The client with a home of its own, where it finds no config file unless a test has put one there.
fn client(home: &Directory, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat"));
    command
        .args(arguments)
        .env("HOME", home.path(""))
        .env("RUST_BACKTRACE", "1")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_STATE_HOME")
        .stdin(Stdio::null());
    command
}

fn run(home: &Directory, arguments: &[&str]) -> Output {
    client(home, arguments).output().unwrap()
}

/// What it prints, if it ends well and has nothing to say besides.
fn printed(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    str::from_utf8(&output.stdout).unwrap()
}

/// What it says where it ends with this status and prints nothing.
fn refused(output: &Output, status: i32) -> &str {
    assert_eq!(output.status.code(), Some(status), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    str::from_utf8(&output.stderr).unwrap()
}

/// The pairs of a table: a line, and below it, indented, what belongs to it.
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
        let output = run(&home, &given);
        let expected = format!("{USAGE}chat: {sentence}\n");
        assert_eq!(refused(&output, 2), expected, "{arguments}");
    }
    let output = run(&home, &["", "chat://localhost:1337"]);
    assert!(refused(&output, 2).contains("the user is missing"));
}

#[test]
fn a_wrong_config_file_is_named_with_the_line() {
    let home = Directory::new("chat-wrong-files");
    let path = home.path("chat.toml");
    for (text, sentence) in pairs(WRONG_FILES) {
        home.write("chat.toml", text);
        let output = run(&home, &["--config", &path, "luca", "chat://localhost:1337"]);
        // The line itself stands between its number and what is wrong with it.
        let (line, what) = sentence.split_once(": ").unwrap();
        let expected = format!("chat: {path}: {line}: {text}: {what}\n");
        assert_eq!(refused(&output, 2), expected, "{text}");
    }
    home.write("chat.toml", "user = \"luca\"\n\n# The bell\nbell = 1\n");
    let output = run(&home, &["--config", &path]);
    assert!(refused(&output, 2).starts_with(&format!("chat: {path}: line 4: ")));

    let nowhere = home.path("nowhere.toml");
    let output = run(&home, &["--config", &nowhere]);
    let expected =
        format!("chat: {nowhere}: cannot be read: No such file or directory (os error 2).\n");
    assert_eq!(refused(&output, 2), expected);
}

#[test]
fn the_usual_config_file_is_read_where_the_specification_has_it() {
    let home = Directory::new("chat-usual-file");
    for (folder, user) in [(".config/chatserv", "home"), ("xdg/chatserv", "xdg")] {
        std::fs::create_dir_all(home.path(folder)).unwrap();
        home.write(
            &format!("{folder}/chat.toml"),
            &format!("user = \"{user}\"\n"),
        );
    }
    let user = |command: &mut Command| {
        let output = command.output().unwrap();
        printed(&output).lines().next().unwrap().to_owned()
    };
    let mut command = client(&home, &["--check-config"]);
    assert_eq!(user(&mut command), "user = \"home\"");
    command.env("XDG_CONFIG_HOME", home.path("xdg"));
    assert_eq!(user(&mut command), "user = \"xdg\"");
    // A relative path means nothing.
    command
        .env("XDG_CONFIG_HOME", "xdg")
        .current_dir(home.path(""));
    assert_eq!(user(&mut command), "user = \"home\"");
}

#[test]
fn what_is_in_force_is_printed_as_a_config_file() {
    let home = Directory::new("chat-check-config");
    let flags =
        "--room dev --room ops --bell all --color never --time %H --no-reconnect --check-config";
    let mut given: Vec<&str> = flags.split(' ').collect();
    given.extend(["luca", "chat://[::1]:1337"]);
    let text = "user = \"luca\"\nserver = \"chat://[::1]:1337\"\nrooms = [\"dev\", \"ops\"]\nbell = \"all\"\n\
                color = \"never\"\ntime = \"%H\"\nreconnect = false\n";
    assert_eq!(printed(&run(&home, &given)), text);

    home.write("chat.toml", text);
    let output = run(
        &home,
        &["--config", &home.path("chat.toml"), "--check-config"],
    );
    assert_eq!(printed(&output), text);
}

#[test]
fn the_help_has_every_exit_status_and_every_key() {
    let home = Directory::new("chat-help");
    let output = run(&home, &["--help"]);
    let help = printed(&output);
    for status in [
        "\n  0 ",
        "\n  1 ",
        "\n  2 ",
        "\n  3 ",
        "\n  70 ",
        "\n  129, 130, 143 ",
    ] {
        assert!(help.contains(status), "{status:?} in {help}");
    }
    for key in ["Enter", "Tab", "Up, Down", "Ctrl-C", "Ctrl-D"] {
        assert!(help.contains(key), "{key} in {help}");
    }
    let output = run(&home, &["--version"]);
    assert_eq!(
        printed(&output),
        concat!("chat ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn nobody_listens() {
    let home = Directory::new("chat-nobody-listens");
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let output = run(&home, &["luca", &format!("chat://127.0.0.1:{port}")]);
    let said = refused(&output, 1);
    let sentence = format!("Nobody listens at 127.0.0.1:{port}. Is the server running?");
    assert!(said.contains(&sentence), "{said}");
    assert_eq!(said.matches("Nobody").count(), 1, "{said}");
    assert!(
        !said.contains("panicked") && !said.contains("backtrace"),
        "{said}"
    );
}
