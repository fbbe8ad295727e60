//! Abbreviations, wrong arguments and unknown commands.

use chatserv::chat::{ChatError, commands, parse_line};

use crate::commands::typed;

#[test]
fn wrong_arguments_are_an_error() {
    #[rustfmt::skip]
    let table = [
        ("msg", &["/msg", "/msg bob", "/msg bob,", "/msg @ hi", "/tell , hi"] as &[_]),
        ("reply", &["/reply", "/reply "]),
        ("me", &["/me"]),
        ("rooms", &["/rooms dev", "/list dev"]),
        ("join", &["/join", "/join #"]),
        ("part", &["/part a b", "/part #"]),
        ("history", &["/history 0", "/history ten", "/history -1", "/history 1 2", "/history from:ann"]),
        ("search", &["/search", "/search in:dev", "/search x from:", "/search x in:#"]),
        ("who", &["/who a b"]),
        ("whois", &["/whois", "/whois a b", "/whois @"]),
        ("ignore", &["/ignore a b"]),
        ("unignore", &["/unignore"]),
        ("nick", &["/nick", "/nick @"]),
        ("back", &["/back now"]),
        ("quiet", &["/quiet maybe", "/quiet on off"]),
        ("timestamp", &["/timestamp on", "/timestamp time date"]),
        ("op", &["/op"]),
        ("help", &["/help msg me"]),
        ("quit", &["/quit now", "/bye all"]),
        ("kick", &["/kick", "/kick @"]),
        // A mistyped duration must not become the reason of a permanent ban.
        (
            "ban",
            &[
                "/ban",
                "/ban bob 30",
                "/ban bob 30mn spam",
                "/ban bob 30M",
                "/ban bob 0s",
                "/ban bob -5m",
                "/ban bob +5m",
                "/ban bob \u{2212}5m",
                "/ban bob -30 spam",
                "/ban bob 99999999999999999999d",
            ],
        ),
        ("unban", &["/unban", "/unban a b"]),
        ("bans", &["/bans bob"]),
        ("mute", &["/mute", "/mute a b"]),
        ("unmute", &["/unmute"]),
        ("threads", &["/threads all"]),
        // Nor may it end the chat at once.
        (
            "shutdown",
            &[
                "/shutdown in",
                "/shutdown in a while",
                "/shutdown 5",
                "/shutdown cancel it",
                "/shutdown cancell",
                "/shutdown Cnacel",
                "/shutdown cancel.",
                "/shutdown can",
                "/shutdown -5m",
                "/shutdown in -5m",
            ],
        ),
    ];
    for (word, lines) in table {
        for line in lines {
            let understood = parse_line(typed(line), true);
            assert_eq!(understood, Err(ChatError::Misused(word)), "{line:?}");
        }
    }
}

#[test]
fn an_unambiguous_beginning_is_enough() {
    for (line, word) in [
        ("/ms bob hi", "msg"),
        ("/TE bob hi", "msg"),
        ("/re hi", "reply"),
        ("/rec", "reclaim"),
        ("/ro", "rooms"),
        ("/li", "rooms"),
        ("/j dev", "join"),
        ("/p", "part"),
        ("/le", "part"),
        ("/to", "topic"),
        ("/hi", "history"),
        ("/na", "who"),
        ("/us", "who"),
        ("/whoi bob", "whois"),
        ("/i bob", "ignore"),
        ("/uni bob", "unignore"),
        ("/ni bob", "nick"),
        ("/a", "away"),
        ("/ba", "back"),
        ("/quie", "quiet"),
        ("/ti", "timestamp"),
        ("/o word", "op"),
        ("/he", "help"),
    ] {
        let word = commands(false).find(|help| help.word == word).unwrap().word;
        let behind = line.split_once(' ').map_or("", |(_, behind)| behind);
        let in_full = parse_line(typed(&format!("/{word} {behind}")), false);
        assert!(matches!(in_full, Ok(Some(_))), "{in_full:?}");
        assert_eq!(parse_line(typed(line), false), in_full, "{line:?}");
    }
}

#[test]
fn an_ambiguous_beginning_lists_the_commands() {
    let cases: [(&str, bool, &[&str]); 9] = [
        ("/l", false, &["list", "leave"]),
        ("/w", false, &["who", "whois"]),
        ("/q", false, &["quiet", "quit"]),
        ("/n", false, &["names", "nick"]),
        ("/h", false, &["history", "help"]),
        ("/b", false, &["back", "bye"]),
        ("/ba", true, &["back", "ban", "bans"]),
        ("/un", true, &["unignore", "unban", "unmute"]),
        ("/t", true, &["tell", "topic", "timestamp", "threads"]),
    ];
    for (line, operator, candidates) in cases {
        let expected =
            ChatError::AmbiguousCommand { word: line[1..].into(), candidates: candidates.to_vec() };
        assert_eq!(parse_line(typed(line), operator), Err(expected), "{line:?}");
    }
}

#[test]
fn destructive_commands_are_typed_in_full() {
    for (line, word) in [
        ("/qui", None),
        ("/e", Some("exit")),
        ("/by", Some("bye")),
        ("/k bob", Some("kick")),
        ("/kic", Some("kick")),
        ("/shut", Some("shutdown")),
        ("/SHUTDOW in 5m", Some("shutdown")),
    ] {
        let understood = parse_line(typed(line), true);
        match word {
            Some(word) => assert_eq!(understood, Err(ChatError::TypeInFull(word)), "{line:?}"),
            None => {
                assert!(matches!(understood, Err(ChatError::AmbiguousCommand { .. })), "{line:?}")
            }
        }
    }
}

#[test]
fn an_unknown_command_suggests_the_nearest_one() {
    for (line, operator, near) in [
        ("/hepl", false, Some("help")),
        ("/HEPL me", false, Some("help")),
        ("/helpp", false, Some("help")),
        ("/qiut", false, Some("quit")),
        ("/exti", false, Some("exit")),
        ("/tpoic", false, Some("topic")),
        ("/whos", false, Some("who")),
        ("/timestmap", false, Some("timestamp")),
        ("/kcik bob", true, Some("kick")),
        ("/kcik bob", false, None),
        ("/shudtown", true, Some("shutdown")),
        // Too different from any command.
        ("/xy", false, None),
        ("/mx", false, None),
        ("/hxyp", false, None),
        ("/etc/passwd", false, None),
        ("/", false, None),
        ("/\u{fc}ber", false, None),
    ] {
        let word = line[1..].split(' ').next().unwrap().into();
        let expected = ChatError::UnknownCommand { word, near };
        assert_eq!(parse_line(typed(line), operator), Err(expected), "{line:?}");
    }
}

#[test]
fn a_wrong_filter_says_which_one() {
    let table = [
        ("/history before:soon", ChatError::WrongDate),
        ("/history 5 BEFORE:", ChatError::WrongDate),
        ("/history before:2026-11-20 before:2026-11-21", ChatError::FilterTwice("before")),
        ("/search x before:20261120", ChatError::WrongDate),
        ("/search x before:2026-13-01", ChatError::WrongDate),
        ("/search x before:2026-11-20[Europe/Berlin]", ChatError::WrongDate),
        ("/search from:ann tea before:tomorrow", ChatError::WrongDate),
        ("/search tea from:ann From:bob", ChatError::FilterTwice("from")),
        ("/search tea in:dev in:dev", ChatError::FilterTwice("in")),
        ("/search x before:2026-11-20 before:soon", ChatError::FilterTwice("before")),
        ("/whois before:soon x", ChatError::Misused("whois")),
    ];
    for (line, error) in table {
        assert_eq!(parse_line(typed(line), false), Err(error), "{line}");
    }
}
