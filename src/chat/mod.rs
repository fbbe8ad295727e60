//! The core of the chat: events in, effects out.
//!
//! Nothing in here knows of a socket, a thread or a clock. [`Hub::step`] takes one [`Event`] and the time it
//! happened, changes the state of the chat, and says in a list of [`Effect`]s what the world should do about it. So
//! the rules of the chat can be read, and tested, without a network: a test is a script of events.
//!
//! | file | what it holds |
//! |---|---|
//! | `event` | the two closed vocabularies: all that can happen, and all that can be wanted |
//! | `input` | what a person typed, as their connection's codec understood it |
//! | `command` | a typed line becomes something said or something asked |
//! | `message` | all that the server can say, as values; the words are in [`crate::protocol`] |
//! | `name` | what is a name, and when two of them are the same |
//! | `membership` | who has joined, in order; join and leave lines, one by one or folded |
//! | `hub` | the state machine that ties these together |
//! | `login`, `leaving` | its parts for the beginning and the end of a conversation |

mod announcing;
mod asking;
mod ban;
mod bans;
mod command;
mod ending;
mod event;
mod fold;
mod history;
mod hub;
mod input;
#[cfg(test)]
mod invariants;
mod joining;
mod leaving;
mod login;
mod malformed;
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
mod view;

pub use ban::{Ban, Network};
pub use command::{Command, CommandHelp, command_groups, commands, find_help};
pub use event::{ClientId, DisconnectReason, Effect, Event, ShutdownCause};
pub use hub::{Hub, HubSettings};
pub use input::{Input, Line, Stranger, Tag};
pub use malformed::Malformed;
pub use message::Message;
pub use name::{Name, NameKey, NameRefusal};
pub use notable::Notable;
pub use refusal::Refusal;
pub use request::{Range, Request, Secret, Target};
pub use said::{Manner, Said, SentAt, To};
pub use shown::{PersonKnown, PersonShown, Removal, RoomShown, ThreadShown};
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
