//! The data of the glass view: the threads of the server, and the events and bytes that wait between them.

#![allow(missing_docs, reason = "most fields are self-explanatory")]

use core::net::SocketAddr;
use std::sync::Arc;

use super::client::ClientId;
use super::follow::FollowedLine;
use super::time::Time;

/// The threads of the server at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GlassView {
    /// How many readers do what, without those that none does.
    pub doing: Vec<(&'static str, usize)>,
    pub readers_total: usize,
    pub writers_total: usize,
    /// Each reader, or only those whose client's socket is full if there are more than `LIST_ENTRIES_MAX`; oldest first.
    pub readers: Vec<ReaderView>,
    /// There are too many readers to list each.
    pub is_grouped: bool,
    /// Bytes received and sent by all connections that are open now.
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// How many sockets are full, and the bytes that wait for them.
    pub full_sockets: usize,
    pub unsent_bytes: u64,
    pub inbox: InboxView,
    pub dispatcher: DispatcherView,
    /// The line that the viewer had followed, if it is new.
    pub followed: Option<FollowedLine>,
}

/// A reader, its client, and the writer that the client may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderView {
    pub client: ClientId,
    /// It is the viewer's own.
    pub is_own: bool,
    /// `None` before the client has a name, and if the viewer may not see it.
    pub name: Option<Arc<str>>,
    /// `None` if the viewer may not see it.
    pub address: Option<SocketAddr>,
    pub doing: &'static str,
    pub alive: Time,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub unsent_bytes: u64,
    /// The activity of its writer, if it has one.
    pub writer: Option<&'static str>,
}

/// The inbox of the dispatcher.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InboxView {
    /// Events in it now, and the most that the dispatcher has found in it since the last look.
    pub events: usize,
    pub peak: usize,
    pub capacity: usize,
    /// Since the last look: how many events the dispatcher took from it, and how many times one woke it.
    pub taken: u64,
    pub wakes: u64,
}

/// The work of the dispatcher since the last look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DispatcherView {
    /// How long ago that was.
    pub interval: Time,
    /// Processor time. It waited for events in the rest of the interval, or for a processor.
    pub busy: Time,
}
