//! The table of commands: its help, and what it says of itself.

use std::collections::HashSet;

use chatserv::chat::{Command, Line, Request, commands, find_help};

use crate::commands::typed;

#[test]
fn a_name_knows_whether_its_line_was_altered() {
    let line = Line {
        text: "/nick bob".into(),
        altered: true,
    };
    let Command::Do(Request::Nick { name }) = Command::parse(line, false) else {
        panic!("that is a name");
    };
    assert!(name.altered);
}

#[test]
fn help_finds_a_command_as_the_chat_does() {
    for (about, operator, word) in [
        ("msg", false, "msg"),
        ("/MSG", false, "msg"),
        ("tell", false, "msg"),
        ("qui", false, ""),
        ("exi", false, "quit"),
        ("k", true, "kick"),
    ] {
        let found = find_help(about, operator).map_or("", |help| help.word);
        assert_eq!(found, word, "{about:?}");
    }
    assert_eq!(find_help("/kick", false), Err(Command::OperatorsOnly));
    let unknown = Command::Unknown {
        word: "hepl".into(),
        near: Some("help"),
    };
    assert_eq!(find_help("/hepl", false), Err(unknown));
}

#[test]
fn the_table_keeps_its_promises() {
    let mut words = HashSet::new();
    for help in commands(true) {
        for word in [&help.word].into_iter().chain(help.aliases) {
            assert!(words.insert(word), "{word} is there twice");
            assert_eq!(*word, word.to_ascii_lowercase());
        }
        assert!(help.example.starts_with(&format!("/{}", help.word)));
        let Command::Do(request) = Command::parse(typed(help.example), true) else {
            panic!("{} is no example of itself", help.example);
        };
        assert_eq!(request.is_operators(), help.operators_only, "{}", help.word);
        assert!(!help.about.is_empty() && !help.detail.is_empty());
    }
    let everybodys = commands(false).count();
    assert!(commands(false).all(|help| !help.operators_only));
    assert!(everybodys < commands(true).count());
}
