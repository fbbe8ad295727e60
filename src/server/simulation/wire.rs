//! A simulated TCP connection: the server's end is a [`Socket`], the simulation holds the client's end and the network.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use super::dice::Dice;
use super::seam::{Act, Wait, block, is_dispatcher, simulated_time, witness};
use crate::chat::{ClientId, Time};
use crate::config::limits;
use crate::server::socket::Socket;

/// One connection. The lock is for the types of the server, which sockets of several threads share; nobody waits for it.
#[derive(Debug)]
pub struct Wire {
    client: ClientId,
    state: Mutex<State>,
}

/// Both directions of a connection.
#[derive(Debug)]
pub struct State {
    /// Bytes that the client has sent and the server has not read. The first `arrived` bytes can be read.
    pub to_server: VecDeque<u8>,
    pub arrived: usize,
    /// How many bytes the server has read.
    pub taken: u64,
    pub client_ended: bool,
    pub end_arrived: bool,
    /// Bytes that the kernel has accepted from the server and the client has not read.
    pub to_client: VecDeque<u8>,
    /// How many bytes it may hold.
    pub room: usize,
    /// The room grows when the server asks for more at the end.
    pub can_grow: bool,
    /// How many bytes were accepted, and how many before the server asked for more room.
    pub accepted: u64,
    pub accepted_before_growth: Option<u64>,
    /// The dispatcher has tried to send since it woke up, and not everything was accepted.
    pub refused: bool,
    /// How much more the socket would have accepted just then.
    pub free_before_growth: usize,
    /// Since then, the socket did not accept everything.
    pub refused_last_words: bool,
    /// When the server shut its sending side down, by the system's clock.
    pub server_ended: Option<Time>,
    /// The server has shut down both sides.
    pub both_shut: bool,
    /// The server has closed its socket.
    pub server_closed: bool,
    /// The client has reset the connection.
    pub client_reset: bool,
    /// The server has closed its socket while there was input for it, which resets the connection.
    pub server_reset: bool,
    /// Nobody on the server has been told of the reset yet.
    error_due: bool,
    read_timeout: Option<Duration>,
    /// Some sends are shorter than the room in the socket, and some reads are interrupted.
    pub has_short_sends: bool,
    dice: Dice,
    pub counts: WireCounts,
}

/// How often something happened on a wire.
#[derive(Debug, Default, Clone, Copy)]
pub struct WireCounts {
    pub short_writes: u64,
    pub full: u64,
    pub resets_seen: u64,
    pub interrupts: u64,
}

impl Wire {
    pub fn new(
        client: ClientId,
        room: usize,
        has_short_sends: bool,
        can_grow: bool,
        dice: Dice,
    ) -> Self {
        let state = Mutex::new(State {
            to_server: VecDeque::new(),
            arrived: 0,
            taken: 0,
            client_ended: false,
            end_arrived: false,
            to_client: VecDeque::new(),
            room,
            can_grow,
            accepted: 0,
            accepted_before_growth: None,
            refused: false,
            free_before_growth: 0,
            refused_last_words: false,
            server_ended: None,
            both_shut: false,
            server_closed: false,
            client_reset: false,
            server_reset: false,
            error_due: false,
            read_timeout: None,
            has_short_sends,
            dice,
            counts: WireCounts::default(),
        });
        Self { client, state }
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl State {
    /// Whether a read of the server would not block. It also ends when its time is over.
    pub fn is_readable(&self) -> bool {
        self.arrived > 0
            || self.end_arrived
            || self.both_shut
            || self.client_reset
            || self.error_due
    }

    /// Whether a blocking write of the server would not block.
    pub fn is_writable(&self) -> bool {
        self.to_client.len() < self.room || self.server_ended.is_some() || self.client_reset
    }

    /// The client sends bytes, which a server that has closed its socket answers with a reset.
    pub fn client_sends(&mut self, bytes: &[u8]) {
        if self.server_closed {
            self.reset_by_server();
        } else {
            self.to_server.extend(bytes);
        }
    }

    /// The network brings up to `count` bytes to the server, or the end of input.
    pub fn carry(&mut self, count: usize) -> bool {
        let under_way = self.to_server.len() - self.arrived;
        if under_way > 0 {
            self.arrived += count.min(under_way);
            return true;
        }
        let brings_end = self.client_ended && !self.end_arrived;
        self.end_arrived |= self.client_ended;
        brings_end
    }

    pub fn reset_by_client(&mut self) {
        self.client_reset = true;
        self.error_due = true;
        // The server can still read what had arrived before.
        self.to_server.truncate(self.arrived);
        self.to_client.clear();
    }

    fn reset_by_server(&mut self) {
        self.server_reset = true;
        self.to_client.clear();
    }

    /// The error of a call on a connection that was reset.
    fn check_reset(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.error_due) {
            self.counts.resets_seen += 1;
            return Err(ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }

    fn accept(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check_reset()?;
        if self.client_reset || self.server_ended.is_some() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let most = bytes.len().min(self.room.saturating_sub(self.to_client.len()));
        let count = match most {
            0 => 0,
            _ if self.has_short_sends && self.dice.once_in(8) => self.dice.between(1, most),
            _ => most,
        };
        self.to_client.extend(&bytes[..count]);
        self.accepted += count as u64;
        if count < bytes.len() {
            self.counts.full += u64::from(count == 0);
            self.counts.short_writes += u64::from(count > 0);
            self.refused_last_words |= self.accepted_before_growth.is_some();
        }
        Ok(count)
    }
}

/// The server's end. Its drop closes the connection.
#[derive(Debug)]
pub struct ServerEnd(pub Arc<Wire>);

impl ServerEnd {
    fn accept(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.lock();
        let count = state.accept(bytes)?;
        if is_dispatcher() {
            let (client, accepted, refused) = (self.0.client, state.accepted, count < bytes.len());
            state.refused |= refused;
            witness(Act::Sends { client, accepted, refused });
        }
        Ok(count)
    }
}

impl Socket for ServerEnd {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let began = simulated_time().unwrap_or_default();
        loop {
            let until = {
                let mut state = self.0.lock();
                if state.has_short_sends && state.dice.once_in(64) {
                    state.counts.interrupts += 1;
                    return Err(ErrorKind::Interrupted.into());
                }
                let count = state.arrived.min(buffer.len());
                if count > 0 {
                    for (to, from) in buffer.iter_mut().zip(state.to_server.drain(..count)) {
                        *to = from;
                    }
                    state.arrived -= count;
                    state.taken += count as u64;
                    return Ok(count);
                }
                state.check_reset()?;
                if state.is_readable() {
                    return Ok(0);
                }
                state.read_timeout.map(|timeout| began + timeout)
            };
            if until.is_some_and(|until| simulated_time().unwrap_or_default() >= until) {
                return Err(ErrorKind::WouldBlock.into());
            }
            block(Wait::Read { until });
        }
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        if timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(ErrorKind::InvalidInput.into());
        }
        self.0.lock().read_timeout = timeout;
        Ok(())
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let count = self.accept(bytes)?;
            if count > 0 {
                return Ok(count);
            }
            block(Wait::Write);
        }
    }

    fn send_now(&self, bytes: &[u8]) -> io::Result<usize> {
        self.accept(bytes)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        let mut state = self.0.lock();
        state.server_ended = state.server_ended.or(simulated_time());
        state.both_shut |= how == Shutdown::Both;
        Ok(())
    }

    fn is_lost(&self) -> bool {
        self.0.lock().client_reset
    }

    fn make_room(&self) {
        let mut state = self.0.lock();
        if state.accepted_before_growth.is_none() {
            state.accepted_before_growth = Some(state.accepted);
            let free = state.room.saturating_sub(state.to_client.len());
            state.free_before_growth = if state.refused { 0 } else { free };
        }
        if state.can_grow {
            state.room = (2 * state.room).max(limits::LAST_WORDS_SEND_BUFFER_BYTES);
        } else {
            state.refused_last_words = true;
        }
    }
}

impl Drop for ServerEnd {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.server_closed = true;
        state.server_ended = state.server_ended.or(simulated_time());
        if !state.to_server.is_empty() && !state.client_reset {
            state.reset_by_server();
        }
    }
}
