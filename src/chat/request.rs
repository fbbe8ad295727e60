//! What somebody asks of the chat, whichever protocol they speak: a typed `/join dev` and
//! `{"action":"joinroom","room":"dev"}` are the same value, so the Hub has each rule once.

use std::fmt;
use std::time::Duration;

use super::{Line, SentAt, Timestamps};

/// Something to be done. Texts are clean; names of people and rooms are as typed, and looked up by the Hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// To be in the chat by this name; by one's address where nobody has a name.
    Connect {
        /// The name.
        name: Option<Line>,
    },
    /// To say something.
    Chat {
        /// To whom.
        target: Target,
        /// What.
        text: String,
        /// The sender's own clock.
        sent_at: Option<SentAt>,
    },
    /// To tell what one does: `/me waves`.
    Me {
        /// To whom.
        target: Target,
        /// What one does.
        text: String,
        /// The sender's own clock.
        sent_at: Option<SentAt>,
    },
    /// To say something to named people only.
    Private {
        /// To whom.
        to: Vec<String>,
        /// What.
        text: String,
        /// The sender's own clock.
        sent_at: Option<SentAt>,
    },
    /// To answer whoever wrote in private last.
    Reply {
        /// What.
        text: String,
    },
    /// To be in a room.
    Join {
        /// Which.
        room: Line,
        /// How many past lines to see; what the settings say where it is none.
        history: Option<usize>,
    },
    /// To be in a room no more.
    Part {
        /// Which; without one, the room one is in.
        room: Option<String>,
    },
    /// To see or change what a room is about.
    Topic {
        /// Which room; without one, the room one is in.
        room: Option<String>,
        /// What it is about from now on; an empty text takes the topic away, none only asks.
        topic: Option<String>,
    },
    /// To have another name.
    Nick {
        /// The name.
        name: Line,
    },
    /// To be marked as away.
    Away {
        /// Why.
        why: Option<String>,
    },
    /// To be there again.
    Back,
    /// To read nothing of somebody any more; without a name, to see whom one ignores.
    Ignore {
        /// Whom.
        name: Option<String>,
    },
    /// To read them again.
    Unignore {
        /// Whom.
        name: String,
    },
    /// To hear, or not to hear, who comes and goes; without a choice, the other of the two.
    Quiet {
        /// Whether not to hear it.
        on: Option<bool>,
    },
    /// To see when something was said; without a choice, to be told what holds.
    Timestamps {
        /// How.
        show: Option<Timestamps>,
    },
    /// The commands there are, or one of them.
    Help {
        /// Which.
        about: Option<String>,
    },
    /// Who is here.
    Who {
        /// In this room only.
        room: Option<String>,
    },
    /// Which rooms there are.
    Rooms,
    /// What is known of somebody.
    Whois {
        /// Of whom.
        name: String,
    },
    /// What was said in a room.
    History {
        /// Which room; without one, the room one is in.
        room: Option<String>,
        /// Which part of it.
        range: Range,
        /// How many lines at the most.
        limit: Option<usize>,
    },
    /// A sign of life, to be answered.
    Ping,
    /// To leave the chat.
    Quit,
    /// To be an operator, by the word that operators know.
    Op {
        /// The word.
        word: Secret,
    },
    /// To throw somebody out.
    Kick {
        /// Whom.
        name: String,
        /// Why.
        why: Option<String>,
    },
    /// To throw somebody out and keep them out.
    Ban {
        /// A name or an address.
        whom: String,
        /// For how long; without it, until it is taken back.
        duration: Option<Duration>,
        /// Why.
        why: Option<String>,
    },
    /// To let somebody in again.
    Unban {
        /// A name or an address.
        whom: String,
    },
    /// Who is banned.
    Bans,
    /// To let nobody hear what somebody says.
    Mute {
        /// Whom.
        name: String,
    },
    /// To let them be heard again.
    Unmute {
        /// Whom.
        name: String,
    },
    /// To see or change the message of the day.
    Motd {
        /// What it says from now on; an empty text takes it away, none only asks.
        text: Option<String>,
    },
    /// What each thread of the server does.
    Threads,
    /// To end the chat for everybody.
    Shutdown {
        /// In how long; without it, now.
        after: Option<Duration>,
        /// Why.
        why: Option<String>,
    },
    /// Not to end it after all.
    CancelShutdown,
}

impl Request {
    /// Whether only operators may ask this.
    pub fn is_operators(&self) -> bool {
        matches!(
            self,
            Request::Kick { .. }
                | Request::Ban { .. }
                | Request::Unban { .. }
                | Request::Bans
                | Request::Mute { .. }
                | Request::Unmute { .. }
                | Request::Motd { .. }
                | Request::Threads
                | Request::Shutdown { .. }
                | Request::CancelShutdown
        )
    }
}

/// To whom something is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To the room one is in, or to whom the @names at the end of the text say.
    Here,
    /// To this room, or to whom the @names at the end of the text say.
    Room(String),
    /// To these people.
    People(Vec<String>),
}

/// Which lines of a room's history. Ids are those that [`ChatMessage`](super::ChatMessage) has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// The last ones.
    Last,
    /// The last ones of those before this id.
    Before(u64),
    /// The first ones of those after this id.
    After(u64),
}

/// A word that must not be shown, logged or told: its `Debug` has only dots.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Whether somebody gave the right word. It takes as long whichever letter is the first wrong one, so that the time
    /// tells nothing of the word but, at the most, its length.
    pub fn is(&self, given: &Secret) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), given.0.as_bytes());
        let differences = ours
            .iter()
            .zip(theirs)
            .fold(0, |found, (our, their)| found | (our ^ their));
        ours.len() == theirs.len() && differences == 0
    }
}
