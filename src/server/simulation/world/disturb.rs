//! Rare events from outside: clients that connect, stall or vanish, pauses, and an operator's requests.

use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;

use super::super::client::{Client, Kind};
use super::super::dice::Dice;
use super::super::peer::{Peer, ReadSpeed};
use super::super::report::Finding;
use super::super::task::Task;
use super::super::wire::{ServerEnd, Wire};
use super::{HANDSHAKE_BYTES, Sent, World, word_of};
use crate::chat::{ClientId, Input, Line, Protocol, ReclaimWord, Time};
use crate::config::Config;
use crate::protocol::Decoder;
use crate::server::connection::Connection;
use crate::server::inbox::{Control, Inbound};
use crate::server::ops::reload::Loaded;
use crate::server::port_kind::PortKind;
#[cfg(feature = "web")]
use crate::server::web::frames::Frames;

impl World<'_> {
    /// Something rare happens.
    pub(super) fn disturb(&mut self) -> Result<(), Finding> {
        self.report.steps += 1;
        self.remove_done();
        if self.has_log() && self.dice.once_in(6) {
            self.disturb_log();
            return Ok(());
        }
        let kind = self.dice.below(100);
        if self.plan.is_crowded && kind < 50 && self.dice.once_in(2) {
            self.leave_unread();
            return Ok(());
        }
        if kind < 30 || self.peers.is_empty() {
            if self.peers.len() < self.plan.clients_max && self.drained_at.is_none() {
                self.connect();
            }
            return Ok(());
        }
        let at = self.dice.below(self.peers.len());
        let reads_nothing = self.peers[at].read_speed == ReadSpeed::Never;
        match kind {
            // It stays as it is, so that those who leave grow in number.
            42..=89 if reads_nothing => {}
            30..=39 => {
                self.settle()?;
                let most = if self.dice.once_in(8) { 2_000 } else { 30 };
                let time = Time::from_millis(self.dice.below(most) as u64);
                self.pass(time);
                self.report.count("time passes");
            }
            40..=41 => {
                // In the middle of everything, but not so often that no thread could run in the seconds that a client is
                // given.
                if mem::replace(&mut self.was_just_paused, true) || self.dice.once_in(2) {
                    self.settle()?;
                }
                let most = if self.may_be_given_up() { 60 } else { 5 };
                let time = Time::from_secs(self.dice.between(1, most) as u64);
                self.pass(time);
                self.report.count("the process is paused");
            }
            42..=54 => {
                let peer = &mut self.peers[at];
                peer.read_speed =
                    if self.dice.once_in(2) { ReadSpeed::Stalled } else { ReadSpeed::Slow };
                peer.was_prompt = false;
                self.report.count("a client stops reading, or reads slowly");
            }
            55..=69 => {
                self.peers[at].read_speed = ReadSpeed::Prompt;
                self.report.count("a client reads promptly again");
            }
            70..=79 if !self.plan.keeps_clients || self.dice.once_in(4) => {
                let now = self.shared.clock.now();
                let peer = &mut self.peers[at];
                if !peer.is_done {
                    peer.wire.lock().reset_by_client();
                    peer.reset_at = Some(now);
                    peer.is_done = true;
                    let id = peer.id;
                    self.tell(|| format!("{id} resets the connection"));
                    self.report.count("a client resets the connection");
                }
            }
            90..=92 => self.reload(),
            94..=96 if self.plan.config.idle_timeout.is_some() => {
                self.peers[at].is_silent = !self.peers[at].is_silent;
                self.report.count("a client falls silent, or wakes");
            }
            93 if self.plan.drains && self.report.steps > self.plan.steps / 2 => self.drain(),
            80..=89 if !self.plan.keeps_clients || self.dice.once_in(4) => self.half_close(at),
            _ => {}
        }
        Ok(())
    }

    /// The operator changes some settings.
    fn reload(&mut self) {
        let last = self.reloads.back().unwrap_or(&self.plan.config);
        let mut config = Config::clone(last);
        config.announce_up_to = self.dice.pick(&[0, 3, 500]);
        config.history_on_join = self.dice.below(4);
        if config.outbox_bytes < 100 << 10 {
            config.outbox_bytes = self.dice.between(4, 64) << 10;
            config.outbox_age = Time::from_secs(self.dice.between(2, 5) as u64);
        }
        let loaded =
            Loaded::read(config.clone()).expect("settings that name no file can always be read");
        self.reloads.push_back(Arc::new(config));
        self.requests.push_back(Control::Reload(Box::new(loaded)));
    }

    /// The server is told to restart.
    fn drain(&mut self) {
        if self.drained_at.is_none() && self.shut_down_at.is_none() {
            self.drained_at = Some(self.shared.clock.now());
            self.requests.push_back(Control::Drain);
            self.report.count("the server is told to restart");
        }
    }

    /// A client reads nothing more, and leaves when its socket is full.
    fn leave_unread(&mut self) {
        let reads = |peer: &Peer<'_>| {
            peer.has_joined && !peer.is_done && peer.read_speed != ReadSpeed::Never
        };
        let waits = |peer: &Peer<'_>| {
            let (accepted, has_left) = {
                let state = peer.wire.lock();
                (state.accepted, state.client_ended)
            };
            !has_left && peer.read_speed == ReadSpeed::Never && peer.pending(accepted).0 > 0
        };
        if let Some(at) = self.peers.iter().position(waits) {
            self.report.count("a client leaves and reads nothing more");
            self.half_close(at);
        } else if let Some(peer) = self.peers.iter_mut().find(|peer| reads(peer)) {
            (peer.read_speed, peer.was_prompt) = (ReadSpeed::Never, false);
        }
    }

    /// A client says its last line, perhaps without an end, and closes its sending side.
    fn half_close(&mut self, at: usize) {
        let Self { peers, dice, topics, .. } = self;
        let peer = &mut peers[at];
        if peer.is_done || peer.wire.lock().client_ended {
            return;
        }
        let mut bytes = Vec::new();
        let is_silent = !peer.has_joined || peer.client.is_finished;
        if !is_silent && peer.client.kind != Kind::Plain && dice.once_in(2) {
            bytes = peer.client.close(dice);
        } else if !is_silent {
            bytes = peer.client.do_something(topics, dice);
            // A line end that is missing at the end of the input, but not that of a frame.
            if peer.protocol != Protocol::Web && !peer.client.is_finished && dice.once_in(2) {
                while bytes.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
                    bytes.pop();
                }
                let is_empty = |input: &Input| {
                    *input == Input::Line(Line { text: String::new(), altered: false })
                };
                if peer.client.intents.back().is_some_and(|intent| is_empty(&intent.input)) {
                    peer.client.intents.pop_back();
                }
            }
        }
        let mut state = peer.wire.lock();
        state.client_sends(&bytes);
        state.client_ended = true;
        self.report.count("a client ends its input");
    }

    fn connect(&mut self) {
        let (host, port) = (
            self.dice.pick(&[[127, 0, 0, 1], [127, 0, 0, 1], [192, 0, 2, 1], [192, 0, 2, 2]]),
            40_000 + (self.next_client % 20_000) as u16,
        );
        let address = SocketAddr::from((host, port));
        let now = self.shared.clock.now();
        let Ok(place) = self.shared.admission.enter(address.ip(), PortKind::Plain, now) else {
            self.report.count("a client finds no place");
            return;
        };
        let id = ClientId(self.next_client);
        self.next_client += 1;
        let kind = self.dice.pick(Kind::ALL);
        let protocol = kind.protocol();
        let room = self.dice.between(self.plan.room_max / 4, self.plan.room_max);
        let can_grow = !self.dice.once_in(8);
        let dice = Dice::new(self.dice.number());
        let wire = Arc::new(Wire::new(id, room, self.plan.has_short_sends, can_grow, dice));
        let word = ReclaimWord::new(word_of(id).to_be_bytes());
        let row = self.shared.threads.client_row("reader", id);
        if protocol == Protocol::Web {
            row.count_out(HANDSHAKE_BYTES);
        }
        let socket = ServerEnd(Arc::clone(&wire));
        let connection = Arc::new(Connection::of(id, address, word, socket, row));
        let decoder = match protocol {
            #[cfg(feature = "web")]
            Protocol::Web => Decoder::framed(Box::new(Frames::new())),
            _ => Decoder::new(protocol, true),
        };
        let config = Arc::clone(&self.plan.config);
        let reader = Task::reader(
            Arc::clone(&connection),
            self.inbox.clone(),
            Arc::clone(&self.shared),
            decoder,
            now + config.login_timeout,
            config,
        );
        let read_speed = if self.dice.once_in(4) { ReadSpeed::Slow } else { ReadSpeed::Prompt };
        let client = Client::new(kind);
        self.peers.push(Peer::new(&connection, wire, client, reader, read_speed, now));
        let arrival = Inbound::Connected { connection, place, protocol };
        assert!(self.inbox.try_send(arrival).is_ok(), "the inbox has room for everybody");
        self.sent.push_back(Sent::Other);
        self.report.count("a client connects");
    }
}
