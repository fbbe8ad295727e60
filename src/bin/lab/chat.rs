//! The chat without its sockets, for the shells of the lab: the server's own Hub and codecs, and for each connection the
//! bytes that it is to get.
//!
//! A shell says what came ([`Chat::connected`], [`Chat::received`], [`Chat::ended`], [`Chat::broke`]) and finds out who is to
//! be sent something ([`Chat::take_touched`], [`Chat::outbox`]). Who reads, who writes, and which of them waits for whom: that is the
//! shell, and all in which the variants differ.

use std::collections::HashMap;
use std::mem;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chatserv::chat::{
    ClientId, DisconnectReason, Effect, Event, Hub, HubSettings, Message, Now, Protocol, Time, View,
};
use chatserv::config::Operators;
use chatserv::protocol::{self, Decoded, Decoder};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A chat and all who are connected to it.
pub struct Chat {
    hub: Hub,
    /// The Hub's time counts from here.
    began: Instant,
    members: HashMap<ClientId, Member>,
    next_id: u64,
    /// Who has something to be sent, or is to be closed; each once.
    touched: Vec<ClientId>,
    is_over: bool,
}

struct Member {
    decoder: Decoder,
    view: View,
    out: Vec<u8>,
    is_touched: bool,
    /// The Hub has let go of them: to be closed as soon as `out` is sent.
    is_ending: bool,
}

impl Chat {
    /// With the server's usual settings, and nobody in it.
    pub fn new() -> Self {
        let settings = HubSettings {
            anonymous: false,
            operators: Operators::Loopback,
            announce_up_to: 500,
            log_messages: false,
            history_on_join: 10,
            motd: None,
            operator_password: None,
        };
        Self {
            hub: Hub::new(settings, Vec::new(), Timestamp::now()),
            began: Instant::now(),
            members: HashMap::new(),
            next_id: 1,
            touched: Vec::new(),
            is_over: false,
        }
    }

    /// Somebody has come.
    pub fn connected(&mut self, address: SocketAddr) -> ClientId {
        let client = ClientId(self.next_id);
        self.next_id += 1;
        let protocol = Protocol::Plain;
        let member = Member {
            decoder: Decoder::new(protocol, true),
            view: protocol.into(),
            out: Vec::new(),
            is_touched: false,
            is_ending: false,
        };
        self.members.insert(client, member);
        self.step(Event::Connected {
            client,
            address,
            protocol,
        });
        client
    }

    /// Somebody's bytes, as one read has brought them.
    pub fn received(&mut self, client: ClientId, bytes: &[u8]) {
        let now = self.now();
        let mut decoded = Decoded::default();
        if let Some(member) = self.members.get_mut(&client) {
            member.decoder.feed(bytes, now.time, &mut decoded);
        }
        self.take(client, decoded);
    }

    /// Somebody's input has ended. The last line counts without its end.
    pub fn ended(&mut self, client: ClientId) {
        let mut decoded = Decoded::default();
        if let Some(member) = self.members.get_mut(&client) {
            member.decoder.finish(&mut decoded);
        }
        self.take(client, decoded);
        let reason = DisconnectReason::EndOfInput;
        self.step(Event::Disconnected { client, reason });
        self.end(client);
    }

    /// Somebody's connection does not work any more. A line that has no end yet was never said.
    pub fn broke(&mut self, client: ClientId) {
        let reason = DisconnectReason::ReadError;
        self.step(Event::Disconnected { client, reason });
        self.end(client);
    }

    /// Forgets a connection that is closed.
    pub fn forget(&mut self, client: ClientId) {
        let reason = DisconnectReason::ReadError;
        self.step(Event::Disconnected { client, reason });
        self.members.remove(&client);
    }

    /// Whom there is something to send to, or who is to be closed, since this was asked last.
    pub fn take_touched(&mut self) -> Vec<ClientId> {
        let touched = mem::take(&mut self.touched);
        for client in &touched {
            if let Some(member) = self.members.get_mut(client) {
                member.is_touched = false;
            }
        }
        touched
    }

    /// What somebody is still to get, unless they are forgotten. Whoever sends it takes it out.
    pub fn outbox(&mut self, client: ClientId) -> Option<&mut Vec<u8>> {
        self.members.get_mut(&client).map(|member| &mut member.out)
    }

    /// Whether the connection is to be closed once its outbox is sent.
    pub fn is_ending(&self, client: ClientId) -> bool {
        self.members
            .get(&client)
            .is_none_or(|member| member.is_ending)
    }

    /// When [`Chat::deadline_reached`] is due, if ever: what was said last may have changed it.
    pub fn deadline(&self) -> Option<Time> {
        self.hub.deadline()
    }

    /// How long until then.
    pub fn time_left(&self) -> Option<Duration> {
        let deadline = self.deadline()?;
        Some(deadline.saturating_sub(self.now().time))
    }

    /// To be called when the time that [`Chat::time_left`] named is over. Too early, it does nothing.
    pub fn deadline_reached(&mut self) {
        if self.time_left().is_some_and(|left| left.is_zero()) {
            self.step(Event::DeadlineReached);
        }
    }

    /// The chat has been shut down: nobody new is to be let in, and it ends when everybody has had their farewell.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    fn now(&self) -> Now {
        let time: Time = self.began.elapsed();
        let wall = Timestamp::now();
        Now { time, wall }
    }

    fn take(&mut self, client: ClientId, decoded: Decoded) {
        self.tell(client, &decoded.replies);
        for input in decoded.inputs {
            self.step(Event::Received { client, input });
        }
    }

    fn step(&mut self, event: Event) {
        let mut effects = Vec::new();
        let now = self.now();
        self.hub.step(now, event, &mut effects);
        for effect in effects {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send { to, message } => {
                self.say(&to, &message);
            }
            Effect::Answer { to, message, .. } => self.say(&[to], &message),
            Effect::SetView { client, view } => {
                if let Some(member) = self.members.get_mut(&client) {
                    member.view = view;
                }
            }
            Effect::Disconnect { client, .. } => self.end(client),
            Effect::Shutdown => self.is_over = true,
            // The lab keeps no log, no bans and no table of threads.
            Effect::AnswerThreads { .. }
            | Effect::SaveBans(_)
            | Effect::Admit { .. }
            | Effect::Log(_) => {}
        }
    }

    /// Encoded once for each view that one of them has: a thousand people mostly see the same.
    fn say(&mut self, to: &[ClientId], message: &Message) {
        let mut encoded: [Option<Vec<u8>>; View::ALL.len()] = Default::default();
        for &client in to {
            let Some(view) = self.members.get(&client).map(|member| member.view) else {
                continue;
            };
            let bytes = encoded[view.index()].get_or_insert_with(|| {
                let mut bytes = Vec::new();
                protocol::encode(message, None, view, &TimeZone::UTC, &mut bytes);
                bytes
            });
            self.tell(client, bytes);
        }
    }

    fn tell(&mut self, client: ClientId, bytes: &[u8]) {
        if let Some(member) = self.members.get_mut(&client)
            && !bytes.is_empty()
        {
            member.out.extend_from_slice(bytes);
            touch(client, member, &mut self.touched);
        }
    }

    fn end(&mut self, client: ClientId) {
        if let Some(member) = self.members.get_mut(&client) {
            member.is_ending = true;
            touch(client, member, &mut self.touched);
        }
    }
}

fn touch(client: ClientId, member: &mut Member, touched: &mut Vec<ClientId>) {
    if !mem::replace(&mut member.is_touched, true) {
        touched.push(client);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests;
