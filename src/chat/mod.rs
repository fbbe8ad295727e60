//! The core of the chat: events in, effects out.
//!
//! Nothing in here knows of a socket, a thread or a clock. [`Hub::step`] takes one [`Event`] and the time it
//! happened, changes the state of the chat, and says in a list of [`Effect`]s what the world should do about it. So
//! the rules of the chat can be read, and tested, without a network: a test is a script of events.
//!
//! The words that its border is made of, and that every protocol translates:
//!
//! | file | what it holds |
//! |---|---|
//! | `event` | the two closed vocabularies: all that can happen, and all that can be wanted |
//! | `input`, `malformed` | what somebody sent, as their connection's codec understood it, or why it could not |
//! | `request` | all that somebody can ask for, in whatever protocol |
//! | `command` | a typed line becomes a request: the table of commands, and their help |
//! | `message`, `refusal`, `shown` | all that the server can say, as values; the words are in [`crate::protocol`] |
//! | `said` | what somebody has said, which is shared by all who hear it and kept |
//! | `view` | how a client sees what it is sent: in which protocol, with which times |
//! | `name`, `ban` | what is a name, and when two of them are the same; who may not come in |
//! | `notable` | what is worth a line in the log |
//!
//! The state, in parts that know nothing of each other:
//!
//! | file | what it holds |
//! |---|---|
//! | `person`, `membership` | who is connected, what is known of somebody who has joined, and who has which name |
//! | `rooms`, `history` | the rooms, who is in them, and what was said there |
//! | `bans`, `tries` | who is kept out, and who has guessed at the operators' word |
//! | `fold` | join and leave lines, counted instead of told where too many hear them |
//!
//! And the rules. `hub` is the state machine that ties all of it together; each further file is a part of it, in the
//! order of a conversation:
//!
//! | file | what it does |
//! |---|---|
//! | `hub` | takes an event, and finds out whose it is |
//! | `reaction` | gathers what one event leads to |
//! | `login` | a name, or none; joining the chat |
//! | `announcing` | who hears that somebody comes or goes |
//! | `requests` | every request, and where it is done |
//! | `saying`, `mentions` | what somebody says, and who gets it |
//! | `joining` | rooms |
//! | `asking` | what only the one who asks is told |
//! | `typed` | what several requests make of what was typed |
//! | `presence` | what somebody says of themselves, and how they want to hear the others |
//! | `ignoring` | who reads nothing of whom |
//! | `operating`, `banning` | what only operators may do |
//! | `leaving`, `ending` | somebody goes; the chat ends |
//!
//! `invariants` holds all of these to account: whatever people do, in whatever order, the state agrees with itself.

mod announcing;
mod asking;
mod ban;
mod banning;
mod bans;
mod command;
mod ending;
mod event;
mod fold;
mod history;
mod hub;
mod ignoring;
mod input;
#[cfg(test)]
mod invariants;
mod joining;
mod leaving;
mod login;
mod malformed;
mod membership;
mod mentions;
mod message;
mod name;
mod notable;
mod operating;
mod person;
mod presence;
mod reaction;
mod refusal;
mod request;
mod requests;
mod rooms;
mod said;
mod saying;
mod shown;
mod tries;
mod typed;
mod view;

pub use ban::{Ban, Network};
pub use command::{Command, CommandHelp, command_groups, commands, find_help, near_word};
pub use event::{ClientId, DisconnectReason, Effect, Event, ShutdownCause};
pub use hub::{Hub, HubSettings};
pub use input::{Input, Line, Stranger, Tag};
pub use malformed::RequestError;
pub use message::{HelpTopic, Message};
pub use name::{Name, NameError, NameKey};
pub use notable::LogEvent;
pub use refusal::ChatError;
pub use request::{Range, Request, Secret, Target};
pub use rooms::LOBBY_NAME;
pub use said::{Audience, ChatMessage, Manner, SentAt};
pub use shown::{PersonDetails, PersonListing, Queue, Removal, RoomListing, ThreadListing};
pub use view::{Protocol, Timestamps, View};

/// Time since the server started. The core never asks a clock: whoever calls it says what time it is,
/// so that a test can say so too.
pub type Time = std::time::Duration;

/// The moment of an event: by the server's own clock, which never jumps and by which everything is timed, and by the
/// clock on the wall, which people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Since the server started.
    pub time: Time,
    /// The time of day.
    pub wall: jiff::Timestamp,
}
