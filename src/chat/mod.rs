//! The core of the chat: events in, effects out.
//!
//! This module knows nothing of sockets, threads or clocks. [`Hub::step`] takes one [`Event`] and the time at which it
//! happened, changes the state of the chat, and appends the [`Effect`]s that the server must carry out. So you can read and
//! test the rules of the chat without a network: a test is a script of events.
//!
//! | file | what it holds |
//! |---|---|
//! | [`hub`](Hub) | the state machine: it takes an event and finds the rule for it |
//! | `say`, `named`, `mention` | the recipients of a chat message, whom it names, and the names at its end |
//! | `login`, `join`, `announce` | joining the chat, entering rooms, and the announcements of both |
//! | `more` | features beyond the classic chat, behind one `match` arm |
//! | `state` | people, rooms and extras, whose methods keep the invariants |
//! | `event` | the interface: everything that can happen, and everything that the Hub can ask of the server |
//! | `request`, `command` | what a client can ask for; how a typed line becomes a request |
//! | `glass`, `follow` | what the glass view shows: the threads, and a line on its way through them |
//! | `message`, `error`, `view` | what the server can say, as values; [`crate::protocol`] has the words |
//! | `name`, `marks`, `punctuation` | the rules of names, and of signs in and around them |
//! | `kept` | the interface to a history on disk |
//! | `ban`, `reclaim` | names and networks that are banned; the word by which people take their names back |
//! | `client`, `settings`, `time` | ids and reasons of disconnection; the Hub's settings; the time of an event |
//! | `log_event` | what is worth a line in the log |
//! | `replicated` | what a chat on several machines needs of its copies, such as the whole state as bytes |
//!
//! `invariants` is a property test: after any sequence of events, the parts of the state agree. So is `lockstep`: copies of a
//! chat that take the same events stay equal. `bounded` holds that no event takes much work, as `work` counts it.

mod announce;
mod ban;
#[cfg(test)]
mod bounded;
mod client;
mod command;
mod error;
mod event;
mod follow;
mod glass;
#[cfg(test)]
mod happening;
mod hub;
#[cfg(test)]
mod invariants;
mod join;
mod kept;
#[cfg(all(test, feature = "cluster"))]
mod lockstep;
mod log_event;
mod login;
mod marks;
mod mention;
mod message;
mod more;
mod name;
mod named;
mod punctuation;
mod reclaim;
#[cfg(feature = "cluster")]
mod replicated;
mod request;
mod say;
mod settings;
mod state;
mod time;
mod view;
#[cfg(test)]
mod work;

pub use ban::{Ban, Network};
pub use client::{ClientId, DisconnectReason};
pub use command::{
    CommandHelp, command_groups, commands, find_help, is_typed_in_full, near_word, parse_duration,
    parse_line, typed_command,
};
pub use error::ChatError;
pub use event::{Effect, Event, Input, Tag};
pub use follow::{FollowedLine, Moments, Station};
pub use glass::{DispatcherView, GlassView, InboxView, ReaderView};
pub use hub::Hub;
pub use kept::{Fetch, Found, LookupError, Past, PastRoom, Question, Search};
pub use log_event::{LogEvent, ShutdownCause};
pub use marks::{MarkStack, STACKED_MARKS_MAX};
pub use message::{
    Audience, ChatMessage, Gap, HelpTopic, KeptLine, LinkNews, Loss, Manner, Message,
    PersonDetails, PersonListing, Queue, Removal, RoomListing, ThreadListing,
};
pub use name::{Name, NameError, NameKey};
pub use punctuation::is_comma;
pub use reclaim::ReclaimWord;
#[cfg(feature = "cluster")]
pub use replicated::RULES;
#[cfg(feature = "history")]
pub use request::without_at;
pub use request::{Line, Moment, Range, Request, RequestError, SentAt, Target};
pub use settings::{HubSettings, Secret};
pub use state::LOBBY_NAME;
pub use time::{Now, Time};
pub use view::{CloseCode, Protocol, Stranger, Timestamps, View};
