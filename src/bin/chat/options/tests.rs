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
fn flags_win_over_the_file_and_the_file_over_the_defaults() {
    let file = File::new(
        "wins",
        "user = \"luca\"\nserver = \"chat://file:1\"\nrooms = [\"one\", \"two\"]\nbell = \"off\"\ntime = \"%M\"\nquiet = true",
    );
    let from_file = chat("", Some(&file.0));
    assert_eq!(from_file.core.user, "luca");
    assert_eq!(from_file.core.servers, ["file:1"]);
    assert_eq!(from_file.core.rooms, ["one", "two"]);
    assert_eq!(from_file.core.bell, Bell::Off);
    assert_eq!(from_file.core.time, "%M");
    assert!(from_file.core.quiet && from_file.core.reconnect);

    let flags = "--room three --bell all --no-reconnect --json --color never --time=%S";
    let both = chat(&format!("{flags} ann"), Some(&file.0));
    assert_eq!(both.core.user, "ann");
    assert_eq!(both.core.servers, ["file:1"]);
    assert_eq!(both.core.rooms, ["three"]);
    assert_eq!(both.core.bell, Bell::All);
    assert_eq!(both.core.time, "%S");
    assert_eq!(both.color, Color::Never);
    assert!(!both.core.reconnect && both.json);

    // A single argument that is a server is not taken for a user.
    let server = chat("chat://flag:2 --room a --room #b", Some(&file.0));
    assert_eq!(server.core.user, "luca");
    assert_eq!(server.core.servers, ["flag:2"]);
    assert_eq!(server.core.rooms, ["a", "b"]);

    // A config file that is named on the command line replaces the default one.
    let other = File::new("other", "user = \"mom\"\nserver = \"chat://other:3\"");
    let named = chat(&format!("--config {}", other.0.display()), Some(&file.0));
    assert_eq!((named.core.user.as_str(), named.core.bell), ("mom", Bell::On));
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
