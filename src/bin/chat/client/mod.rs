//! The core of the client: events in, effects out, as in the server.
//!
//! This module uses no socket, thread, clock or terminal. [`Session::step`] takes one [`Event`] and its time, and
//! returns the [`Effect`]s that the caller has to perform. So the whole logic of the client can be read, and tested,
//! without a server and without a screen.
//!
//! | file | what it holds |
//! |---|---|
//! | `event` | the events that can happen, and the effects that the session can request |
//! | `heard` | the objects that the server sends, as values |
//! | `line` | a line for the screen: pieces of text, each with its role |
//! | `viewer` | the user and the settings for whom a line is rendered |
//! | `phrases`, `times` | converts objects of the server to lines, with the sender's time |
//! | `paint` | converts a line to characters, with or without colours |
//! | `reading` | which typed lines are commands |
//! | `wire` | converts a typed line to an object for the server |
//! | `complete` | completion with Tab |
//! | `session` | the state machine: name, rooms, unacknowledged lines, reconnecting |

pub mod complete;
pub mod event;
pub mod heard;
pub mod line;
pub mod paint;
pub mod phrases;
pub mod reading;
pub mod session;
pub mod times;
pub mod viewer;
pub mod wire;

pub use event::{Bell, Effect, Ending, Event, Now, Prompt, Settings};
pub use heard::Heard;
pub use line::{Line, Role};
pub use reading::Reading;
pub use session::{Session, Sign};
pub use viewer::Viewer;
