//! The core of the client: events in, effects out, as in the server.
//!
//! Nothing in here knows of a socket, a thread, a clock or a terminal. [`Session::step`] takes one [`Event`] and the
//! time it happened, and says in a list of [`Effect`]s what the world should do about it. So all that the client does
//! can be read, and tested, without a server and without a screen.
//!
//! | file | what it holds |
//! |---|---|
//! | `event` | the two closed vocabularies: all that can happen, and all that can be wanted |
//! | `heard` | an object from the server, as a value |
//! | `line` | a line for the screen: pieces of text, each with the part it plays |
//! | `viewer` | who reads it, and where |
//! | `phrases`, `times` | what has been heard becomes lines for the screen, with the sender's time |
//! | `paint` | a line for the screen becomes characters, with colours or without |
//! | `reading` | which typed lines are commands |
//! | `wire` | a typed line becomes an object for the server |
//! | `complete` | what Tab makes of a half-typed word |
//! | `session` | the rules: who one is, where one speaks, what has not arrived yet, when to connect again |

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
