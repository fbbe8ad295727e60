use std::fs;
use std::path::Path;

use super::*;

/// Loads these arguments, separated by blanks, without a config file.
fn loaded(arguments: &str) -> Result<Outcome, Wrong> {
    with_file(arguments, None)
}

fn with_file(arguments: &str, file: Option<&Path>) -> Result<Outcome, Wrong> {
    let arguments = arguments.split_whitespace().map(OsString::from);
    let all = std::iter::once(OsString::from("chat")).chain(arguments);
    load(all, file.map(Path::to_owned))
}

fn chat(arguments: &str, file: Option<&Path>) -> Options {
    match with_file(arguments, file) {
        Ok(Outcome::Chat(options)) => options,
        other => panic!("{arguments}: {other:?}"),
    }
}

/// A config file for one test, which is removed when the value is dropped.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = env::temp_dir().join(format!("chat-{}-{name}.toml", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn a_user_and_a_server_are_enough() {
    assert_eq!(
        chat("luca chat://localhost:1337", None),
        Options {
            user: "luca".to_owned(),
            server: "chat://localhost:1337".parse().unwrap(),
            rooms: vec!["lobby".to_owned()],
            bell: Bell::On,
            color: Color::Auto,
            time: "%H:%M".to_owned(),
            quiet: false,
            reconnect: true,
            log: None,
            json: false,
            piped: Reading::NoOperators,
            charset: Charset::Utf8,
        }
    );
}

#[test]
fn flags_win_over_the_file_and_the_file_over_the_defaults() {
    let file = File::new(
        "wins",
        "user = \"luca\"\nserver = \"chat://file:1\"\nrooms = [\"one\", \"two\"]\nbell = \"off\"\ntime = \"%M\"\nquiet = true",
    );
    let from_file = chat("", Some(&file.0));
    assert_eq!(from_file.user, "luca");
    assert_eq!(from_file.server.address.to_string(), "file:1");
    assert_eq!(from_file.rooms, ["one", "two"]);
    assert_eq!(from_file.bell, Bell::Off);
    assert_eq!(from_file.time, "%M");
    assert!(from_file.quiet && from_file.reconnect);

    let flags = "--room three --bell all --no-reconnect --json --color never --time=%S";
    let both = chat(&format!("{flags} ann"), Some(&file.0));
    assert_eq!(both.user, "ann");
    assert_eq!(both.server.address.to_string(), "file:1");
    assert_eq!(both.rooms, ["three"]);
    assert_eq!(both.bell, Bell::All);
    assert_eq!(both.time, "%S");
    assert_eq!(both.color, Color::Never);
    assert!(!both.reconnect && both.json);

    // A single argument that is a server is not taken for a user.
    let server = chat("chat://flag:2 --room a --room #b", Some(&file.0));
    assert_eq!(server.user, "luca");
    assert_eq!(server.server.address.to_string(), "flag:2");
    assert_eq!(server.rooms, ["a", "b"]);

    // A config file that is named on the command line replaces the default one.
    let other = File::new("other", "user = \"mom\"\nserver = \"chat://other:3\"");
    let named = chat(&format!("--config {}", other.0.display()), Some(&file.0));
    assert_eq!((named.user.as_str(), named.bell), ("mom", Bell::On));
}

#[test]
fn a_file_that_is_not_there_is_an_error_only_where_it_was_named() {
    let nowhere = Path::new("/no/where.toml");
    assert_eq!(chat("luca chat://localhost:1", Some(nowhere)).user, "luca");
    let error = loaded("luca chat://localhost:1 --config /no/where.toml").unwrap_err();
    assert!(matches!(&error, Wrong::File(what) if what.starts_with("/no/where.toml: ")));
}

#[test]
fn what_is_in_force_can_be_read_as_a_file() {
    let Ok(Outcome::Print(text)) =
        loaded("luca chat://a:1 --room dev --no-reconnect --check-config")
    else {
        panic!("it does not print");
    };
    let file = File::new("check", &text);
    let options = chat("", Some(&file.0));
    assert_eq!(options, chat("luca chat://a:1 --room dev --no-reconnect", None));
    // The settings can be printed even without a name and a server.
    let Ok(Outcome::Print(text)) = loaded("--check-config") else {
        panic!("it does not print");
    };
    assert_eq!(text, Config::defaults().to_string());
}

#[test]
fn flags_say_how_a_pipe_is_read_and_a_person_is_read_as_ever() {
    let options = |flags: &str| chat(&format!("luca chat://a {flags}"), None);
    for (flags, piped) in [
        ("", Reading::NoOperators),
        ("--literal", Reading::Literal),
        ("--commands", Reading::Commands),
    ] {
        let options = options(flags);
        assert_eq!(options.settings(false, false).reading, piped, "{flags}");
        assert_eq!(options.settings(false, true).reading, Reading::Commands, "{flags}");
    }
    assert_eq!(options("--from latin1").charset, Charset::Latin1);
    assert_eq!(options("--log seen").log, Some(PathBuf::from("seen")));
    assert!(options("--quiet").settings(true, true).quiet);
    let error = loaded("luca chat://a --literal --commands").unwrap_err();
    let what = "the argument '--literal' cannot be used with '--commands'.";
    assert_eq!(error, Wrong::Arguments(what.to_owned()));
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let options = |flag: &str| chat(&format!("luca chat://a:1 --color {flag}"), None);
    for terminal in [true, false] {
        assert!(options("always").colours(terminal));
        assert!(!options("never").colours(terminal));
    }
    assert!(!options("auto").colours(false));
}
