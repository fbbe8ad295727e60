use chatserv::chat::{Target, commands};

use super::*;

fn said(text: &str) -> Typed {
    Typed::Ask(Request::Chat { target: Target::Here, text: text.into(), sent_at: None })
}

#[test]
fn what_is_no_command_is_said() {
    for (line, expected) in [
        ("hello", said("hello")),
        ("  hello  ", said("  hello  ")),
        ("how are you? @sis @mom", said("how are you? @sis @mom")),
        ("//quit", said("/quit")),
        ("shutdown", said("shutdown")),
        ("{", said("{")),
        ("a\tb", said("a b")),
        ("a\u{1b}[2Jb\u{9b}31m\u{202e}c", said("abc")),
        ("", Typed::Nothing),
        (" \t\u{3000} ", Typed::Nothing),
        ("\u{1b}[2J", Typed::Nothing),
    ] {
        assert_eq!(understand(line), expected, "{line:?}");
    }
}

#[test]
fn the_clients_own_commands_never_reach_the_server() {
    let switch = |room: &str| Typed::Switch(Some(room.into()));
    for (line, expected) in [
        ("/switch", Typed::Switch(None)),
        ("/switch dev", switch("dev")),
        (" /SWITCH  #dev ", switch("dev")),
        ("/sw dev", switch("dev")),
        ("/s dev", switch("dev")),
        ("/bell", Typed::Bell(None)),
        ("/bell on", Typed::Bell(Some(Bell::On))),
        ("/Bell OFF", Typed::Bell(Some(Bell::Off))),
        ("/be all", Typed::Bell(Some(Bell::All))),
        ("/timestamp", Typed::Timestamps(None)),
        ("/time date", Typed::Timestamps(Some(Timestamps::Date))),
        ("/timestamp off", Typed::Timestamps(Some(Timestamps::Off))),
        ("/ti time", Typed::Timestamps(Some(Timestamps::Time))),
    ] {
        assert_eq!(understand(line), expected, "{line:?}");
    }
}

#[test]
fn what_only_operators_may_do_is_for_the_server_to_decide() {
    let shutdown = || Request::Shutdown { after: None, reason: None };
    let name = || "bob".to_owned();
    for (line, request) in [
        ("/kick bob", Request::Kick { name: name(), reason: None }),
        ("SHUTDOWN", shutdown()),
        ("/shutdown", shutdown()),
        ("/mu @bob", Request::Mute { name: name() }),
        ("/thr", Request::Threads),
        // Commands for everybody take precedence.
        ("/un bob", Request::Unignore { name: name() }),
        ("/ba", Request::Back),
    ] {
        assert_eq!(understand(line), Typed::Ask(request), "{line:?}");
    }
}

#[test]
fn a_program_that_repeats_what_it_hears_ends_no_server() {
    for line in [
        "/shutdown",
        "/shutdown in 5s",
        "/SHUTDOWN",
        "SHUTDOWN",
        "SHUTDOWN ",
        "  /shutdown",
        "/kick bob",
        "/ban bob",
        "/mu bob",
        "/mute bob",
        "/motd off",
        "/threads",
        "/sh\u{1b}[0mutdown",
    ] {
        assert!(matches!(understand(line), Typed::Ask(_)), "{line:?}");
        let refused = Typed::Refused(NO_OPERATORS.to_owned());
        assert_eq!(understand_as(line, Reading::NoOperators), refused, "{line:?}");
    }
    // The other commands are for everybody or for nobody.
    for help in commands(true) {
        let refused = understand_as(help.example, Reading::NoOperators) != understand(help.example);
        assert_eq!(refused, help.operators_only, "{}", help.example);
    }
    for line in
        ["hello", "//shutdown", "shutdown", "/help shutdown", "/qiut", "/kick", "/switch dev", ""]
    {
        assert_eq!(understand_as(line, Reading::NoOperators), understand(line), "{line:?}");
    }
}

#[test]
fn what_was_mistyped_is_refused_and_never_said() {
    for (line, words) in [
        ("/qiut", "There is no command /qiut. Did you mean /quit?"),
        ("/swicth dev", "There is no command /swicth. Did you mean /switch?"),
        ("/kik bob", "There is no command /kik. Did you mean /kick?"),
        (" /xyzzy", "There is no command /xyzzy. Try /help."),
        ("/", "There is no command /. Try /help."),
        ("/exi", "Type /exit in full to do that."),
        ("/shut", "Type /shutdown in full to do that."),
        ("/m hi", "/m could be /msg or /me. Type a little more."),
        ("/b", "/b could be /back or /bye or /bell. Type a little more."),
        ("/msg ann", "Type it like this: /msg NAME[,NAME…] TEXT (see /help msg)"),
        ("/kick", "Type it like this: /kick NAME [WHY] (see /help kick)"),
        ("/bell loud", "Type it like this: /bell [on|off|all] (see /help bell)"),
        ("/switch one two", "Type it like this: /switch [ROOM] (see /help switch)"),
        ("/switch #", "Type it like this: /switch [ROOM] (see /help switch)"),
    ] {
        assert_eq!(understand(line), Typed::Refused(words.into()), "{line:?}");
    }
}

#[test]
fn the_help_of_the_client_s_own_commands_comes_from_here() {
    for (line, words) in [
        ("/help /switch", "/switch [ROOM]: goes to another of your rooms."),
        ("/help bell", "/bell [on|off|all]: sets when the bell rings."),
    ] {
        assert_eq!(understand(line), Typed::Told(words.into()), "{line:?}");
    }
}

#[test]
fn a_name_of_which_something_was_dropped_is_refused_and_not_mended() {
    for line in ["/nick bo\u{202e}b", "/join d\u{7}ev"] {
        assert!(matches!(understand(line), Typed::Refused(_)), "{line:?}: {:?}", understand(line));
    }
    assert!(matches!(understand("/nick bob"), Typed::Ask(Request::Nick { .. })));
}

#[test]
fn no_own_command_hides_one_of_the_servers() {
    for help in commands(true) {
        for word in std::iter::once(&help.word).chain(help.aliases) {
            assert!(own_command(word).is_none(), "/{word}");
        }
        assert!(
            matches!(understand(help.example), Typed::Ask(_) | Typed::Timestamps(_)),
            "{}",
            help.example
        );
    }
    for own in &OWN_COMMANDS {
        assert!(!own.about.ends_with('.') && !own.word.starts_with('/'));
        assert!(own::help(own.word).is_some());
    }
}
