//! All that can wake the dispatcher, in one place: an event in the inbox, a request from outside, a deadline.

use std::time::Instant;

use crossbeam_channel::{Receiver, at, never, select};

use super::inbox::{Inbound, Inbox};
use super::ops::loaded::Reload;
use crate::chat::ShutdownCause;

/// What the world outside the chat can ask of the dispatcher. It has a channel of its own: a stop that had to queue
/// behind a flood of lines would be no stop.
#[derive(Debug)]
pub enum Control {
    /// End the chat.
    ShutDown(ShutdownCause),
    /// Go on by these settings.
    Reload(Box<Reload>),
}

/// The two channels on which the dispatcher can be reached.
pub struct Channels<'scope> {
    /// Events from readers, writers and listeners.
    pub inbox: Receiver<Inbound<'scope>>,
    /// The sending end of the same, for the writers that the dispatcher starts.
    pub inbox_sender: Inbox<'scope>,
    /// Requests from outside. The server keeps a sender of it, so it never closes while the dispatcher runs.
    pub control: Receiver<Control>,
}

/// Why the dispatcher woke up.
pub enum Wake<'scope> {
    /// Another thread has something to tell.
    Inbound(Inbound<'scope>),
    /// Somebody outside the chat wants something of it.
    Control(Control),
    /// The time that was asked for has come.
    Deadline,
}

impl<'scope> Channels<'scope> {
    /// Waits for whatever comes first. This is the one place where the dispatcher blocks.
    ///
    /// A closed channel would be ready all the time and make this a busy loop. Neither of the two can close while the
    /// dispatcher runs: it holds a sender of the inbox itself, and the server one of the other.
    pub fn next_wake(&self, deadline: Option<Instant>) -> Wake<'scope> {
        let timer = deadline.map_or_else(never, at);
        select! {
            recv(self.inbox) -> inbound => inbound.map_or(Wake::Deadline, Wake::Inbound),
            recv(self.control) -> control => control.map_or(Wake::Deadline, Wake::Control),
            recv(timer) -> _ => Wake::Deadline,
        }
    }
}
