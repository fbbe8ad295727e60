//! Who is connected, and what the chat knows of somebody who has joined.

use core::net::SocketAddr;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::rooms::RoomId;
use super::{ClientId, NameKey, Protocol, Time, Timestamps};

/// Somebody who is connected.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) address: SocketAddr,
    pub(super) protocol: Protocol,
    pub(super) standing: Standing,
}

/// How far they have come.
#[derive(Debug)]
pub(super) enum Standing {
    /// Has not given a name yet: not in the chat, and nobody has heard of them.
    Unnamed { refusals: u32 },
    /// In the chat.
    Joined(Box<Person>),
}

/// Somebody who is in the chat.
#[derive(Debug)]
pub(super) struct Person {
    /// As it is shown: a chosen name, or the address where nobody has one.
    pub(super) name: Arc<str>,
    pub(super) key: NameKey,
    /// In order of joining. Whoever speaks plain text is in exactly one.
    pub(super) rooms: Vec<RoomId>,
    pub(super) joined_at: Time,
    /// When they last asked for anything or said anything.
    pub(super) active_at: Time,
    /// They gave the operators' word.
    pub(super) gave_password: bool,
    /// They do not want to hear who comes and goes.
    pub(super) quiet: bool,
    pub(super) timestamps: Timestamps,
    pub(super) away: Option<Away>,
    /// Whom they read nothing of.
    pub(super) ignores: Vec<Ignored>,
    /// Who reads nothing of them.
    pub(super) ignored_by: Vec<ClientId>,
    /// Who wrote to them in private last.
    pub(super) reply_to: Option<(ClientId, Arc<str>)>,
}

/// That somebody is away.
#[derive(Debug)]
pub(super) struct Away {
    pub(super) why: Option<Arc<str>>,
    /// Who has been told so, since once is enough.
    pub(super) told: FxHashSet<ClientId>,
}

/// Somebody who is ignored.
#[derive(Debug)]
pub(super) struct Ignored {
    /// The name they had when they were ignored.
    pub(super) key: NameKey,
    pub(super) name: Arc<str>,
    /// Who that was, or who came back by that name last. They need not be here any more.
    pub(super) client: ClientId,
    /// Who they were before they came back: what they said then stays hidden. The last few.
    pub(super) before: Vec<ClientId>,
}

impl Person {
    /// Somebody who joins now, without a room yet.
    pub(super) fn new(name: Arc<str>, key: NameKey, now: Time) -> Self {
        Self {
            name,
            key,
            rooms: Vec::new(),
            joined_at: now,
            active_at: now,
            gave_password: false,
            quiet: false,
            timestamps: Timestamps::Off,
            away: None,
            ignores: Vec::new(),
            ignored_by: Vec::new(),
            reply_to: None,
        }
    }
}

impl Client {
    pub(super) fn person(&self) -> Option<&Person> {
        match &self.standing {
            Standing::Joined(person) => Some(person),
            Standing::Unnamed { .. } => None,
        }
    }

    pub(super) fn person_mut(&mut self) -> Option<&mut Person> {
        match &mut self.standing {
            Standing::Joined(person) => Some(person),
            Standing::Unnamed { .. } => None,
        }
    }
}
