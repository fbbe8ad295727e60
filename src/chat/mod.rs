//! The core of the chat: events in, effects out.
//!
//! Nothing in here knows of a socket, a thread or a clock. [`Hub::step`] takes one [`Event`] and the time at which it
//! happened, changes the state of the chat, and appends the [`Effect`]s that the server is to carry out. So the rules of
//! the chat can be read, and tested, without a network: a test is a script of events.
//!
//! | file | what it holds |
//! |---|---|
//! | [`hub`](Hub) | the state machine: it takes an event and finds the rule for it |
//! | `say` | who receives what somebody says |
//! | `login`, `join`, `announce` | joining the chat, entering rooms, and who is told of both |
//! | `more` | what the classic chat does without, behind one `match` |
//! | `state` | people, rooms, and the state of the extras: private fields, every change a method |
//! | `event` | the border: everything that can happen, everything that can be asked of the server |
//! | `request`, `command` | what a client can ask for; a typed line becomes a request |
//! | `message`, `error`, `view` | what the server can say, as values; [`crate::protocol`] has the words |
//! | `name`, `ban` | what a name is, and when two are the same; what a ban is |
//! | `log_event` | what is worth a line in the log |
//!
//! `invariants` is a test of all of them: whatever people do, in whatever order, the state agrees with itself.

mod announce;
mod ban;
mod client;
mod command;
mod error;
mod event;
mod hub;
#[cfg(test)]
mod invariants;
mod join;
mod log_event;
mod login;
mod message;
mod more;
mod name;
mod request;
mod say;
mod settings;
mod state;
mod time;
mod view;

pub use ban::{Ban, Network};
pub use client::{ClientId, DisconnectReason};
pub use command::{CommandHelp, command_groups, commands, find_help, near_word, parse_line};
pub use error::ChatError;
pub use event::{Effect, Event, Input, Tag};
pub use hub::Hub;
pub use log_event::{LogEvent, ShutdownCause};
pub use message::{
    Audience, ChatMessage, HelpTopic, Manner, Message, PersonDetails, PersonListing, Queue,
    Removal, RoomListing, ThreadListing,
};
pub use name::{Name, NameError, NameKey};
pub use request::{Line, Range, Request, RequestError, SentAt, Target};
pub use settings::{HubSettings, Secret};
pub use state::LOBBY_NAME;
pub use time::{Now, Time};
pub use view::{Protocol, Stranger, Timestamps, View};
