//! Operators' commands, and the last lines of a connection.

use std::time::Duration;

use chatserv::chat::{Ban, ChatError, LinkNews, Message, Network, Removal};

use crate::phrases::{Row, name, row, time};

pub fn removal(banned: bool, reason: Option<&str>) -> Removal {
    Removal { banned, by: name("Alice"), reason: reason.map(name) }
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    use Message::*;
    let ban = |who: Option<&str>, address: Option<&str>, until: Option<&str>| Ban {
        name: who.map(name),
        network: address.and_then(Network::parse),
        until: until.map(time),
        reason: until.map(|_| "spam".into()),
        by: name("Alice"),
    };
    let network = |text| Network::parse(text).unwrap();
    let kicked = |reason: Option<&str>| Kicked {
        by: name("Alice"),
        reason: reason.map(name),
    };
    let banned = |reason: Option<&str>, remaining: Option<u64>| Banned {
        reason: reason.map(str::to_owned),
        remaining: remaining.map(seconds),
    };
    let planned = |left, reason: Option<&str>| ShutdownPlanned {
        left: seconds(left),
        reason: reason.map(name),
        by: name("Alice"),
    };
    let muted = |on| Muted {
        name: name("bob"),
        on,
    };
    let until = Some("2026-11-20T12:03:04Z");
    vec![
        row(Error(ChatError::YouAreMuted), "An operator has muted you, so nobody sees your messages."),
        row(Error(ChatError::NotOperator), "Only an operator of this chat may do that. See /help."),
        row(Error(ChatError::GlassIsOperators),
            "Only operators may look at the threads. /op PASSWORD makes you one."),
        row(Error(ChatError::NoGlass), "Nobody may look at the threads here. --glass operators changes that."),
        row(OperatorNow, "You are an operator now. /help lists the commands for operators, too."),
        row(Error(ChatError::NoOperatorPassword), "This chat has no operator password."),
        row(Error(ChatError::WrongOperatorPassword { tries_left: 2 }),
            "That is not the operator password. You have 2 more tries."),
        row(Error(ChatError::WrongOperatorPassword { tries_left: 1 }),
            "That is not the operator password. You have 1 more try."),
        row(Error(ChatError::WrongOperatorPassword { tries_left: 0 }),
            "That is not the operator password, and that was the last attempt."),
        row(Error(ChatError::NoPasswordTriesLeft), "Too many wrong passwords. Connect again to retry."),
        row(Error(ChatError::TooManyPasswordAttempts),
            "Too many wrong passwords came from your address. Try again in an hour."),
        row(kicked(Some("spam")), "You were kicked by Alice (spam). You may connect again."),
        row(kicked(None), "You were kicked by Alice. You may connect again."),
        row(banned(Some("spam"), Some(1799)), "You are banned for another 30m (spam). Come back after that."),
        row(banned(None, Some(42)), "You are banned for another 42s. Come back after that."),
        row(banned(None, None), "You are banned. Only an operator can lift the ban."),
        row(Removed(name("bob")), "bob was kicked."),
        row(BanAdded { ban: ban(Some("bob"), None, until), spared: None }, "bob is banned until 2026-11-20 12:03 (spam)."),
        row(BanAdded { ban: ban(Some("bob"), Some("192.0.2.7"), None), spared: None },
            "bob (192.0.2.7) is banned until /unban lifts the ban."),
        row(BanAdded { ban: ban(Some("bob"), None, None), spared: Some((network("192.0.2.7"), 1)) },
            "bob is banned until /unban lifts the ban.\n\
             1 other shares this address: /ban 192.0.2.7 bans all."),
        row(BanAdded { ban: ban(Some("bob"), None, None), spared: Some((network("2001:db8:ffff:ffff::1"), 9_999)) },
            "bob is banned until /unban lifts the ban.\n\
             9999 others share this address: /ban 2001:db8:ffff:ffff::/64 bans all."),
        row(BanTakenBack(ban(None, Some("2001:db8::1"), None)), "2001:db8::/64 is no longer banned."),
        row(Error(ChatError::NoSuchAddress("10.0.0.0/8".into())),
            "10.0.0.0/8 is not an address. Try one such as 192.0.2.7 or 2001:db8::1."),
        row(Error(ChatError::NoSuchBan("bob".into())), "There is no ban of bob. /bans shows the bans."),
        row(Error(ChatError::LoopbackBan), "The server's own machine cannot be banned."),
        row(Error(ChatError::TooManyBans), "The list of bans is full. /unban removes one."),
        row(Error(ChatError::TooManyMuted), "Too many names are muted. /unmute frees a place."),
        row(BansNotSaved { reason: "File too large".into() },
            "The bans cannot be saved: File too large. A restart would lose the latest changes. Fix this, and repeat them."),
        row(muted(true), "bob is muted. /unmute bob undoes this."),
        row(muted(false), "bob is no longer muted."),
        row(planned(300, None), "Alice will shut down the chat in 5m."),
        row(planned(5400, Some("new disk")), "Alice will shut down the chat in 1h 30m (new disk)."),
        row(ShutdownCancelled { by: name("Alice") }, "Alice has cancelled the shutdown."),
        row(Error(ChatError::NoShutdownPlanned), "No shutdown is planned. /shutdown in 5m would plan one."),
    ]
}

/// The last lines before the end of a connection, and warnings.
#[rustfmt::skip]
pub fn at_the_end() -> Vec<Row> {
    use Message::*;
    let soon = |milliseconds| IdleSoon {
        left: Duration::from_millis(milliseconds),
    };
    let held = |lines, wait| HeldBack {
        lines,
        wait: Duration::new(wait, 999_999_999),
    };
    vec![
        row(Link(LinkNews::Waiting), "The chat is waiting for its other machines. What you type waits, too."),
        row(Link(LinkNews::GoesOn), "The chat goes on."),
        row(Link(LinkNews::PlaceLost), "This machine was cut off, and you have left the chat. Join it again."),
        row(Link(LinkNews::NotSaid("hi".into())), "Nobody received this, say it again: hi"),
        row(Link(LinkNews::Skipped), "This machine was too slow, and some lines were skipped. See /history."),
        row(Link(LinkNews::Rewound), "The chat has lost its last moments. /history shows what is left."),
        row(soon(30_000), "You will be disconnected in 30 s unless you type something."),
        row(soon(1_500), "You will be disconnected in 2 s unless you type something."),
        row(held(1, u64::MAX),
            "Not so fast: at least 1 line(s) held back, the last for 18446744073709551615 s or more. Nothing is lost."),
        row(IdleBye, "Bye!"),
        row(Bye, "Bye!"),
        row(held(0, 3), "Not so fast: the rest is read more slowly. Nothing is lost."),
        row(held(7, 3), "Not so fast: at least 7 line(s) held back, the last for 4 s or more. Nothing is lost."),
        row(EndlessLine, "That line is too long: 65536 bytes without an end. Goodbye."),
        row(ServerFull, "The chat server is full. Try again later."),
        row(TooManyFromAddress { max: 37 },
            "Your address has 37 connections, which is the maximum. Close one first."),
        row(TooFastFromAddress { max: 120 },
            "Your address opened 120 connections within a minute. Wait for a minute."),
        row(NoThread, "The chat server cannot take another client now. Try again later."),
        row(RestartSoon { within: seconds(30) }, "This server restarts: it disconnects you within 30s. Connect again then."),
        row(Restart { back: None }, "This server restarts. Connect again."),
        row(TooSlow, "You were disconnected because your client did not read fast enough. Connect again."),
        row(ShutDown, "The chat has been shut down"),
    ]
}
