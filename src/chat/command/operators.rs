//! The commands that only operators may use.

use super::super::Request;
use super::arguments::Arguments;
use super::table::Entry;
use super::{distance, is_begun};

pub(super) const OPERATORS: &[Entry] = &[
    Entry::new("kick", "NAME [WHY]", "throws somebody out", |given| {
        let (name, why) = given.person_and_why()?;
        Some(Request::Kick { name, why })
    })
    .in_full()
    .for_operators()
    .detail(
        &["Disconnects them and tells everybody why. They may come back."],
        "/kick bob Do not shout.",
    ),
    Entry::new(
        "ban",
        "NAME|ADDRESS [30m|2h|7d] [WHY]",
        "keeps somebody out",
        |given| {
            let (whom, rest) = given.person_and_rest()?;
            let (duration, why) = rest.duration()?;
            Some(Request::Ban {
                whom,
                duration,
                why: why.text(),
            })
        },
    )
    .in_full()
    .for_operators()
    .detail(
        &[
            "Disconnects them and lets them in again when the time is over, or when",
            "/unban takes it back. An IPv6 address stands for its /64 network. What",
            "begins like a number behind the name is a time and no reason.",
        ],
        "/ban bob 2h Do not shout.",
    ),
    Entry::new("unban", "NAME|ADDRESS", "lets them in again", |given| {
        Some(Request::Unban {
            whom: given.person()?,
        })
    })
    .for_operators()
    .detail(
        &["Takes a ban back. /bans shows which there are."],
        "/unban bob",
    ),
    Entry::new("bans", "", "shows who is banned", |given| {
        given.nothing().map(|()| Request::Bans)
    })
    .for_operators()
    .detail(
        &["Shows who is banned, for how long, by whom and why."],
        "/bans",
    ),
    Entry::new("mute", "NAME", "lets nobody hear somebody", |given| {
        Some(Request::Mute {
            name: given.person()?,
        })
    })
    .for_operators()
    .detail(
        &["Nobody hears what they say any more, in private neither."],
        "/mute bob",
    ),
    Entry::new("unmute", "NAME", "lets them be heard again", |given| {
        Some(Request::Unmute {
            name: given.person()?,
        })
    })
    .for_operators()
    .detail(&["Takes /mute back."], "/unmute bob"),
    Entry::new(
        "motd",
        "[TEXT|off]",
        "changes the message of the day",
        |given| {
            Some(Request::Motd {
                text: given.text_or_off(),
            })
        },
    )
    .for_operators()
    .detail(
        &["Shows or changes the message of the day; off takes it away."],
        "/motd Tonight at nine the server restarts.",
    ),
    Entry::new("threads", "", "shows what each thread does", |given| {
        given.nothing().map(|()| Request::Threads)
    })
    .for_operators()
    .detail(
        &["Shows what each thread does, what waits for it, and what it has moved."],
        "/threads",
    ),
    Entry::new(
        "shutdown",
        "[in 5m] [WHY] | cancel",
        "ends the chat for everybody",
        shutdown,
    )
    .in_full()
    .for_operators()
    .detail(
        &[
            "Ends the chat for everybody, at once or after some time; everybody is",
            "told. /shutdown cancel takes it back while there is time. SHUTDOWN",
            "alone, in capitals, ends the chat at once.",
        ],
        "/shutdown in 5m The server moves to another machine.",
    ),
];

/// Whatever looks like a time or a `cancel` that was mistyped is a mistake and not a reason, since without a time the
/// chat ends now.
fn shutdown(given: Arguments) -> Option<Request> {
    const CANCEL: &str = "cancel";
    let (word, behind) = given.first().unwrap_or(("", given));
    let word = word.to_ascii_lowercase();
    let is_alone = behind.nothing().is_some();
    if word == CANCEL {
        return is_alone.then_some(Request::CancelShutdown);
    }
    if is_alone && (distance(&word, CANCEL).is_some() || is_begun(&word, CANCEL)) {
        return None;
    }
    let (after, why) = if word == "in" {
        let (after, why) = behind.duration()?;
        (Some(after?), why)
    } else {
        given.duration()?
    };
    Some(Request::Shutdown {
        after,
        why: why.text(),
    })
}
