//! A server under test with its clients: listeners first, then speakers.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::process;
use std::time::{Duration, Instant};

use chatserv::load::cost::Cost;
use chatserv::load::crowd::Crowd;
use chatserv::load::dialect::{Dialect, Role};

use crate::payload::{self, Id};
use crate::server::Server;

/// After this much silence, the server has sent everything about arrivals.
const QUIET: Duration = Duration::from_millis(60);

/// A message without any progress for this long is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// The number of clients that connect at the same time. A connection that the kernel cannot queue is tried again after a
/// second, which would count as the server's time.
const LOGINS_AT_ONCE: usize = 128;

/// A server and its clients.
pub struct Trial {
    /// The server's process; none where a thread of this process serves.
    server: Option<Server>,
    pub crowd: Crowd,
    pub patience: Duration,
    address: SocketAddr,
    dialect: &'static dyn Dialect,
    listeners: usize,
    /// How many of the first listeners do not read.
    stalled: usize,
    /// The number of messages that each speaker has sent.
    sent: Vec<u64>,
    scratch: Vec<u8>,
}

impl Trial {
    /// A trial of a server process, without clients.
    pub fn of(server: Server, dialect: &'static dyn Dialect, rooms: usize) -> io::Result<Self> {
        let mut trial = Self::over(server.address(), dialect)?;
        trial.server = Some(server);
        trial.crowd = Crowd::in_rooms(rooms)?;
        Ok(trial)
    }

    /// A trial of a server that is a thread of this process. All clients are in one room.
    pub fn over(address: SocketAddr, dialect: &'static dyn Dialect) -> io::Result<Self> {
        Ok(Self {
            server: None,
            crowd: Crowd::new()?,
            patience: PATIENCE,
            address,
            dialect,
            listeners: 0,
            stalled: 0,
            sent: Vec::new(),
            scratch: Vec::new(),
        })
    }

    /// Connects speakers, and as many listeners as give each message `receivers` receivers. Where speakers receive each
    /// other's messages there are fewer listeners, so that all servers have the same work.
    pub fn fill(&mut self, receivers: usize, speakers: usize) -> io::Result<()> {
        let others = match self.dialect.speakers_hear() {
            true => speakers.saturating_sub(1),
            false => 0,
        };
        self.connect(receivers.saturating_sub(others), speakers)
    }

    /// Connects as many listeners to each room, and then a speaker to each.
    pub fn fill_rooms(&mut self, listeners: usize) -> io::Result<()> {
        let rooms = self.crowd.rooms();
        self.connect(rooms * listeners, rooms)
    }

    /// Connects listeners, then speakers. All listeners must be connected before the first speaker. If there are several
    /// rooms, each must get the same number of either.
    pub fn connect(&mut self, listeners: usize, speakers: usize) -> io::Result<()> {
        for (role, count) in [(Role::Listener, listeners), (Role::Speaker, speakers)] {
            self.crowd.log_in_all(self.address, self.dialect, role, count, LOGINS_AT_ONCE)?;
        }
        self.listeners += listeners;
        self.sent.resize(self.sent.len() + speakers, 0);
        Ok(())
    }

    /// Starts to connect a visitor, which is neither a listener nor a speaker.
    pub fn connect_visitor(&mut self) -> io::Result<()> {
        self.crowd.start_login(self.address, self.dialect, Role::Speaker)
    }

    /// Sends one message as a visitor, and closes the visitor's sending side.
    pub fn send_as_visitor(&mut self, client: usize, number: u64, payload_bytes: usize) {
        self.scratch.clear();
        self.encode(Id { speaker: 0, number }, payload_bytes);
        self.crowd.send(client, &self.scratch);
        self.crowd.finish(client);
    }

    pub fn wait_for_quiet(&mut self) -> io::Result<()> {
        self.crowd.wait_for_quiet(QUIET, self.patience)
    }

    /// Drops what arrives for some time.
    pub fn drop_for(&mut self, time: Duration) -> io::Result<()> {
        let deadline = Instant::now() + time;
        while let left = deadline.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            self.crowd.discard_input(left)?;
        }
        Ok(())
    }

    /// Sends this many messages as a speaker, in one write.
    pub fn send(&mut self, speaker: usize, count: u64, payload_bytes: usize) {
        self.scratch.clear();
        for _ in 0..count {
            let number = self.sent[speaker];
            self.encode(Id { speaker, number }, payload_bytes);
            self.sent[speaker] += 1;
        }
        self.crowd.send(self.listeners + speaker, &self.scratch);
    }

    fn encode(&mut self, id: Id, payload_bytes: usize) {
        let mut payload = Vec::with_capacity(payload_bytes);
        payload::write(id, payload_bytes, &mut payload);
        let room = self.room_of(id.speaker);
        self.dialect.say(room, &payload, &mut self.scratch);
    }

    pub fn speakers(&self) -> Range<usize> {
        0..self.sent.len()
    }

    /// The number of messages that each speaker has sent.
    pub fn sent(&self) -> &[u64] {
        &self.sent
    }

    /// Makes the first `count` listeners stop reading.
    pub fn stall(&mut self, count: usize) {
        (0..count).for_each(|client| self.crowd.stop_reading(client));
        self.stalled = count;
    }

    /// The room of a speaker.
    fn room_of(&self, speaker: usize) -> usize {
        self.crowd.room(self.listeners + speaker)
    }

    /// The speakers in a room.
    pub fn speakers_in(&self, room: usize) -> impl Iterator<Item = usize> + use<> {
        self.speakers().skip(room).step_by(self.crowd.rooms())
    }

    /// The number of a client among the speakers; none for a listener.
    pub fn speaker(&self, client: usize) -> Option<usize> {
        client.checked_sub(self.listeners)
    }

    /// Whether a client receives messages of others.
    pub fn is_receiver(&self, client: usize) -> bool {
        match self.speaker(client) {
            None => client >= self.stalled,
            Some(_) => self.dialect.speakers_hear(),
        }
    }

    /// Whether a client receives the messages of this speaker.
    pub fn receives(&self, client: usize, speaker: usize) -> bool {
        self.is_receiver(client)
            && self.crowd.room(client) == self.room_of(speaker)
            && self.speaker(client) != Some(speaker)
    }

    /// The number of receivers of a message.
    pub fn receivers(&self) -> u64 {
        let rooms = self.crowd.rooms();
        let speakers = match self.dialect.speakers_hear() {
            true => (self.sent.len() / rooms).saturating_sub(1),
            false => 0,
        };
        ((self.listeners - self.stalled) / rooms + speakers) as u64
    }

    pub fn cost(&self) -> io::Result<Cost> {
        Cost::of(self.pid())
    }

    pub fn pid(&self) -> u32 {
        self.server.as_ref().map_or_else(process::id, Server::pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::Peer;
    use crate::testing::floor;

    /// A trial without a server.
    fn trial(peer: Peer, listeners: usize, speakers: usize) -> Trial {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut trial = Trial::over(nowhere, peer.dialect()).unwrap();
        trial.listeners = listeners;
        trial.sent = vec![0; speakers];
        trial
    }

    #[test]
    fn receivers_depend_on_the_server_and_on_the_stalled() {
        let mut chat = trial(Peer::Floor, 5, 3);
        assert_eq!(chat.receivers(), 5 + 2);
        assert!(chat.receives(0, 1) && chat.receives(4, 1));
        assert!(chat.receives(5, 1) && !chat.receives(6, 1) && chat.receives(7, 1));
        chat.stalled = 2;
        assert_eq!(chat.receivers(), 3 + 2);
        assert!(!chat.receives(1, 1) && chat.receives(2, 1));

        let channel = trial(Peer::Redis, 5, 3);
        assert_eq!(channel.receivers(), 5);
        assert!(channel.receives(4, 1) && !channel.receives(5, 1));

        for peer in [Peer::Floor, Peer::Nats] {
            let mut rooms = trial(peer, 6, 4);
            rooms.crowd = Crowd::in_rooms(2).unwrap();
            for speaker in rooms.speakers() {
                assert!(rooms.speakers_in(speaker % 2).any(|other| other == speaker));
                let receivers: Vec<usize> =
                    (0..10).filter(|&client| rooms.receives(client, speaker)).collect();
                assert!(receivers.iter().all(|client| client % 2 == speaker % 2));
                assert_eq!(receivers.len() as u64, rooms.receivers());
            }

            let mut trial = trial(peer, 6, 4);
            trial.stalled = 2;
            for speaker in trial.speakers() {
                let receive = (0..10).filter(|&client| trial.receives(client, speaker));
                assert_eq!(receive.count() as u64, trial.receivers());
            }
        }
    }

    #[test]
    fn a_message_has_as_many_receivers_as_asked_for() {
        for (receivers, speakers) in [(1, 1), (3, 3), (10, 4), (50, 51)] {
            let mut trial = floor();
            trial.fill(receivers, speakers).unwrap();
            trial.wait_for_quiet().unwrap();
            assert_eq!(trial.receivers(), receivers as u64);
            assert_eq!(trial.crowd.len(), receivers + 1);
        }
    }

    #[test]
    fn the_cost_is_that_of_the_server() {
        let trial = floor();
        assert_eq!(trial.pid(), process::id());
        assert!(trial.cost().unwrap().resident_bytes > 0);
    }
}
