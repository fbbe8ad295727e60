//! The table of commands.

use std::collections::HashSet;

use chatserv::chat::{ChatError, Line, Request, commands, find_help, parse_line};

use crate::commands::typed;

#[test]
fn a_name_keeps_whether_its_line_was_altered() {
    let line = Line { text: "/nick bob".into(), altered: true };
    let Ok(Some(Request::Nick { name })) = parse_line(line, false) else {
        panic!("that is a name");
    };
    assert!(name.altered);
}

#[test]
fn help_finds_commands_by_the_same_rules() {
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
    assert_eq!(find_help("/kick", false), Err(ChatError::NotOperator));
    let unknown = ChatError::UnknownCommand { word: "hepl".into(), near: Some("help") };
    assert_eq!(find_help("/hepl", false), Err(unknown));
}

#[test]
fn the_table_is_consistent() {
    let mut words = HashSet::new();
    for help in commands(true) {
        for word in [&help.word].into_iter().chain(help.aliases) {
            assert!(words.insert(word), "{word} is listed twice");
            assert_eq!(*word, word.to_ascii_lowercase());
        }
        assert!(help.example.starts_with(&format!("/{}", help.word)));
        let Ok(Some(request)) = parse_line(typed(help.example), true) else {
            panic!("{} is no example of itself", help.example);
        };
        assert_eq!(request.is_for_operators(), help.operators_only, "{}", help.word);
        assert!(!help.about.is_empty() && !help.detail.is_empty());
    }
    let everybodys = commands(false).count();
    assert!(commands(false).all(|help| !help.operators_only));
    assert!(everybodys < commands(true).count());
}
