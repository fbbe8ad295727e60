//! What the lists in an answer are made of.

use core::net::SocketAddr;
use std::sync::Arc;

use super::{Protocol, Time};

/// That an operator made somebody go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// They are banned too.
    pub banned: bool,
    /// Which operator.
    pub by: Arc<str>,
    /// Why.
    pub why: Option<Arc<str>>,
}

/// Somebody in a list of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonListing {
    /// Their name.
    pub name: Arc<str>,
    /// The rooms they are in.
    pub rooms: Vec<Arc<str>>,
    /// How long they have said nothing.
    pub idle: Time,
    /// Whether they are marked as away.
    pub away: bool,
}

/// What is known of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonDetails {
    /// As in a list.
    pub person: PersonListing,
    /// Why they are away.
    pub away_why: Option<Arc<str>>,
    /// How long they have been here.
    pub here_for: Time,
    /// What they speak.
    pub protocol: Protocol,
    /// Whether they are an operator.
    pub operator: bool,
    /// For operators only: where they come from, and whether they are muted.
    pub private: Option<(SocketAddr, bool)>,
}

/// A room in a list of rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomListing {
    /// Its name.
    pub room: Arc<str>,
    /// How many are in it.
    pub members: usize,
    /// What it is about.
    pub topic: Option<Arc<str>>,
}

/// What waits for a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// So many bytes, for a reader's client.
    Bytes(u64),
    /// So many events, in the dispatcher's inbox.
    Events(u64),
}

/// A thread in a list of threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadListing {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: &'static str,
    /// What it does now.
    pub doing: &'static str,
    /// How old it is.
    pub alive: Time,
    /// What waits for it, where anything can.
    pub queue: Option<Queue>,
    /// How many bytes it has read from its client.
    pub bytes_in: u64,
    /// How many bytes were sent to its client.
    pub bytes_out: u64,
}
