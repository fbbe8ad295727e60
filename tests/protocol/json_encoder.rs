//! Encoding of each message as JSON.

use std::collections::BTreeSet;

use chatserv::chat::{ChatError, HelpTopic, Message, Tag, Timestamps, View};
use chatserv::protocol::encode;
use chatserv::protocol::json::{self, error_codes};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::json_samples::{name, noon, talk};
use super::json_samples_people::people;
use super::json_samples_server::{ends, errors, farewells, server};
use super::tag;

/// The encoded lines of a message, without line ends.
pub fn lines(message: &Message, tag: Option<&Tag>) -> Vec<String> {
    let mut out = Vec::new();
    json::encode(message, tag, &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
    text.lines().map(str::to_owned).collect()
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// The sentence that people see for a message. A second one says what to type in telnet.
fn sentence(message: &Message) -> String {
    let mut out = Vec::new();
    encode(message, None, View::Plain(Timestamps::Off), &TimeZone::UTC, &mut out);
    let text = String::from_utf8(out).unwrap();
    let sentence = text.lines().next().unwrap().strip_prefix("server: ").unwrap();
    assert!(!sentence.is_empty(), "{message:?}");
    sentence.to_owned()
}

/// Whether a line includes a sentence for people.
fn has_sentence(line: &Value) -> bool {
    let action = line["action"].as_str().unwrap();
    ["error", "notice", "bye", "shutdown"].contains(&action)
}

/// The names of all variants, and a function for the name of one. A missing variant does not compile.
macro_rules! kinds {
    ($all:ident, $of:ident, $enum:ident: $($kind:ident)*) => {
        const $all: &[&str] = &[$(stringify!($kind)),*];

        fn $of(one: &$enum) -> &'static str {
            match one {
                $($enum::$kind { .. } => stringify!($kind),)*
            }
        }
    };
}

kinds! { MESSAGES, message_kind, Message:
    ReclaimWord WelcomeBack TakenBack Error InputUsername YourNameIs Congratulations Connected YourId ClientCount TelnetHint TooManyNames
    LoginTimedOut Arrived Left MembershipChanged Chat Typed Delivered History Found InRoom CameToRoom
    WentFromRoom Topic Rooms Renamed NowAway NowBack IsAway Ignoring Ignored Unignored Quiet
    TimestampsAre Pong Whois Help Who OperatorNow Kicked Banned Removed BanAdded BanTakenBack
    Bans BansNotSaved Muted Motd Threads Glass ShutdownPlanned ShutdownCancelled Link IdleSoon IdleBye HeldBack
    EndlessLine WrongProtocol Bye ServerFull TooManyFromAddress TooFastFromAddress NoThread TooSlow RestartSoon Restart ShutDown Closed
}

kinds! { REFUSALS, refusal_kind, ChatError:
    WrongDate FilterTwice NoHistory NothingToSearch TooManySearches SearchesBusy SearchTooSlow HistoryBehind HistoryFailed
    NameHeld WrongReclaimWord NoReclaimTriesLeft ReclaimWordSaid Name NameTaken NotIgnored UnknownCommand Misused AmbiguousCommand TypeInFull NameBanned
    NoNamesHere TooManyIgnored NameFirst AlreadyConnected Request NoSuchPerson NobodyOf NoSuchRoom
    NotInRoom RoomName TooManyRooms NoMoreRooms TopicIsOperators TextTooLong NobodyToReplyTo
    NotYourself YouAreMuted NotOperator GlassIsOperators NoGlass NoOperatorPassword WrongOperatorPassword
    NoPasswordTriesLeft TooManyPasswordAttempts
    TooManyRecipients UnclearMention NoSuchAddress NoSuchBan LoopbackBan TooManyBans TooManyMuted NoShutdownPlanned LineTooLong
}

#[test]
fn every_message_has_a_sample() {
    let samples = [talk(), people(), server(), farewells(), errors(), ends()];
    let samples: Vec<_> = samples.iter().flatten().map(|(message, _)| message).collect();
    let messages: BTreeSet<_> = samples.iter().map(|message| message_kind(message)).collect();
    let refusals = samples.iter().filter_map(|message| match message {
        Message::Error(refusal) => Some(refusal_kind(refusal)),
        _ => None,
    });
    let refusals: BTreeSet<_> = refusals.collect();
    let mut missing: Vec<_> = MESSAGES.iter().filter(|&&kind| !messages.contains(kind)).collect();
    missing.extend(REFUSALS.iter().filter(|&&kind| !refusals.contains(kind)));
    // The help has a test of its own.
    assert_eq!(missing, [&"Help"]);
}

#[test]
fn help_lists_the_commands() {
    let help = |operator, about: Option<&'static str>| {
        let topic = about.map_or(HelpTopic::All, HelpTopic::Command);
        let lines = lines(&Message::Help { operator, topic }, None);
        parsed(&lines[0])["commands"].as_array().unwrap().clone()
    };
    let (all, for_everybody) = (help(true, None), help(false, None));
    assert!(all.len() > for_everybody.len() && for_everybody.len() > 2);
    for command in &all {
        let mut keys = command.as_object().unwrap().keys();
        assert!(keys.all(|key| ["command", "arguments", "description"].contains(&key.as_str())));
        assert_ne!(command["description"], "");
    }
    let [who] = &help(false, Some("who"))[..] else {
        panic!("one command");
    };
    assert_eq!(who["command"], "who");
}

#[test]
fn every_message_is_encoded_as_in_its_sample() {
    for (message, expected) in talk().into_iter().chain(people()).chain(server()) {
        let lines = lines(&message, None);
        if expected.is_empty() {
            assert!(lines.is_empty(), "{message:?}: {lines:?}");
            continue;
        }
        let [line] = lines.as_slice() else {
            panic!("{message:?}: {lines:?}");
        };
        let value = parsed(line);
        if has_sentence(&value) {
            let told = Value::from(sentence(&message));
            assert_eq!(value["message"], told, "{line}");
            let field = format!(",\"message\":{told}");
            assert_eq!(line.replace(&field, ""), expected);
        } else {
            assert_eq!(line, expected);
        }
        assert!(line.starts_with("{\"action\":\""), "{line}");
    }
}

#[test]
fn farewells_are_encoded_word_for_word() {
    for (message, expected) in farewells() {
        assert_eq!(lines(&message, None), [expected]);
    }
}

#[test]
fn every_error_has_a_code_and_a_sentence() {
    for (message, code) in errors() {
        let lines = lines(&message, None);
        let [line] = lines.as_slice() else {
            panic!("{message:?}: {lines:?}");
        };
        let told = Value::from(sentence(&message));
        assert_eq!(*line, format!(r#"{{"action":"error","code":"{code}","message":{told}}}"#));
    }
    for (message, code) in ends() {
        let lines = lines(&message, tag("7").as_ref());
        let told = Value::from(sentence(&message));
        let error = format!(r#"{{"action":"error","code":"{code}","message":{told},"id":7}}"#);
        let bye = format!(r#"{{"action":"bye","reason":"{code}","message":"Bye!"}}"#);
        assert_eq!(lines, [error, bye]);
    }
}

#[test]
fn the_table_of_codes_is_complete() {
    let listed: Vec<_> = error_codes().map(|(code, _)| code).collect();
    let of_messages = errors().into_iter().chain(ends()).map(|(_, code)| code);
    let sent: BTreeSet<_> = of_messages.collect();
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), sent);
    assert_eq!(listed.len(), sent.len(), "one row for each");
    for (code, meaning) in error_codes() {
        assert!(meaning.ends_with('.'), "{code}: {meaning}");
        let is_snake_case = code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'8');
        assert!(is_snake_case, "{code}");
    }
}

#[test]
fn an_id_is_the_last_field() {
    let id = tag(r#"{"a":[1]}"#);
    let all = talk().into_iter().chain(people()).chain(server()).chain(errors());
    for (message, _) in all {
        // With an `id` it is an ack.
        if matches!(message, Message::Delivered { .. }) {
            continue;
        }
        let without = lines(&message, None);
        let with = lines(&message, id.as_ref());
        let expected: Vec<_> = without
            .iter()
            .map(|line| format!(r#"{},"id":{{"a":[1]}}}}"#, &line[..line.len() - 1]))
            .collect();
        assert_eq!(with, expected);
    }
}

#[test]
fn an_ack_names_the_receivers() {
    let delivered = |to: &[&str], absent: &[&str], message_id| Message::Delivered {
        to: to.iter().map(|to| name(to)).collect(),
        absent: absent.iter().map(|&absent| absent.into()).collect(),
        everybody_in: None,
        received_at: noon(),
        message_id,
    };
    for (message, expected) in [
        (
            delivered(&[], &[], Some(8)),
            r#"{"action":"ack","received_at":"2026-11-20T12:00:00.123Z","message_id":8,"id":7}"#,
        ),
        (
            delivered(&["sis", "mom"], &["dad"], None),
            r#"{"action":"ack","received_at":"2026-11-20T12:00:00.123Z","to":["sis","mom"],"absent":["dad"],"id":7}"#,
        ),
    ] {
        assert_eq!(lines(&message, tag("7").as_ref()), [expected]);
    }
}

#[test]
fn another_protocol_is_answered_in_that_protocol() {
    let message = Message::WrongProtocol(chatserv::chat::Stranger::Http);
    let encoded = |view| {
        let mut out = Vec::new();
        encode(&message, None, view, &TimeZone::UTC, &mut out);
        out
    };
    assert!(encoded(View::Json).starts_with(b"HTTP/1.1 400 "));
    assert_eq!(encoded(View::Json), encoded(View::Plain(Timestamps::Off)));
}
