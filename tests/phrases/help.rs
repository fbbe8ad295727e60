//! The help, and the answers to other protocols.

use chatserv::chat::{HelpTopic, Message, Stranger, Timestamps, commands};
use chatserv::protocol::plain;
use jiff::tz::TimeZone;

use crate::phrases::servers;

fn help(operator: bool, about: Option<&'static str>) -> Vec<String> {
    let topic = about.map_or(HelpTopic::All, HelpTopic::Command);
    servers(&Message::Help { operator, topic })
}

#[test]
fn the_help_names_every_command_somebody_may_use() {
    for operator in [true, false] {
        let lines = help(operator, None);
        for command in commands(true) {
            let beginning = format!("  /{} ", command.word);
            let of_it = lines.iter().find(|line| line.starts_with(&beginning));
            let is_told = of_it.is_some_and(|line| line.ends_with(command.about));
            assert_eq!(is_told, operator || !command.operators_only, "{lines:?}");
        }
        assert_eq!(lines.contains(&"Operators:".to_owned()), operator);
        let last = lines[lines.len() - 3..].join("\n");
        for told in ["said to everybody in your room.", "@name", "//text", "/help COMMAND"] {
            assert!(last.contains(told), "{last:?}");
        }
        assert!(lines.len() < 49);
    }
}

#[test]
fn the_overview_fits_on_a_screen() {
    for operator in [true, false] {
        let lines = servers(&Message::Help { operator, topic: HelpTopic::Overview });
        assert!(lines.len() <= 22, "{} lines: {lines:?}", lines.len());
        for command in commands(true) {
            let beginning = format!("  /{} ", command.word);
            let is_told = lines.iter().any(|line| line.starts_with(&beginning));
            let may_use = operator || !command.operators_only;
            assert_eq!(is_told, command.common && may_use, "{beginning}");
        }
        let text = lines.join("\n");
        for told in ["/quit", "/help all", "/help COMMAND", "@name", "//text"] {
            assert!(text.contains(told), "{text}");
        }
    }
}

#[test]
fn the_descriptions_stand_below_one_another() {
    let lines = help(true, None);
    let columns: Vec<usize> = commands(true)
        .map(|command| {
            let beginning = format!("  /{} ", command.word);
            let line = lines.iter().find(|line| line.starts_with(&beginning));
            let (before, _) = line.unwrap().rsplit_once(command.about).unwrap();
            before.chars().count()
        })
        .collect();
    assert!(columns.iter().all(|&column| column == columns[0]), "{columns:?}");
}

#[test]
fn each_command_has_a_help_of_its_own() {
    for command in commands(true) {
        let lines = help(true, Some(command.word));
        assert!(lines[0].starts_with(&format!("/{}", command.word)));
        let text = lines.join("\n");
        assert!(text.contains(command.example) && text.contains(command.detail[0]), "{text}");
        for alias in command.aliases {
            assert!(text.contains(&format!("/{alias}")), "{text}");
        }
    }
    assert_eq!(
        help(false, Some("msg")),
        [
            "/msg NAME[,NAME…] TEXT",
            "  Sends a message to these people only, whatever rooms they are in. The",
            "  answer names those who are not here.",
            "  Example: /msg ann,bob Shall we meet at noon?",
            "  The same: /tell",
        ]
    );
    let of_kick = help(true, Some("kick"));
    assert_eq!(of_kick.last().unwrap(), "  Only operators may use it.");
}

#[test]
fn strangers_are_answered_in_their_own_manner() {
    #[rustfmt::skip]
    let table = [
        (Stranger::Http, "HTTP/1.1 400 This is a chat server: use telnet\r\nConnection: close\r\n\r\n"),
        (Stranger::Ssh, "server: This is a chat server, not SSH: use telnet.\r\n"),
        (Stranger::Tls, ""),
        (Stranger::Proxy, "server: This chat takes no PROXY header: switch it off in the proxy.\r\n"),
    ];
    for (stranger, answer) in table {
        let mut out = Vec::new();
        let message = Message::WrongProtocol(stranger);
        plain::encode(&message, Timestamps::Off, &TimeZone::UTC, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), answer);
    }
}
