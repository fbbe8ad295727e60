//! The chat without sockets, for the server variants: the server's own Hub and codecs, and an outbox for each client.
//!
//! A variant reports what happened ([`Chat::connected`], [`Chat::received`], [`Chat::ended`], [`Chat::broke`]) and then
//! asks which clients need attention ([`Chat::take_touched`], [`Chat::outbox`]). The variants differ in the rest: which
//! thread reads, which thread writes, and which of them waits for another.

use std::collections::HashMap;
use std::mem;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chatserv::chat::{
    ClientId, DisconnectReason, Effect, Event, Hub, HubSettings, Message, Now, Protocol,
    ReclaimWord, Time, View,
};
use chatserv::config::{Glass, Operators};
use chatserv::protocol::{self, Decoded, Decoder};
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub struct Chat {
    hub: Hub,
    /// The origin of the Hub's time.
    began: Instant,
    members: HashMap<ClientId, Member>,
    next_id: u64,
    /// The clients with something to send or a connection to close, without duplicates.
    touched: Vec<ClientId>,
    is_over: bool,
}

struct Member {
    decoder: Decoder,
    view: View,
    out: Vec<u8>,
    is_touched: bool,
    /// The connection closes as soon as `out` is sent.
    is_ending: bool,
}

impl Chat {
    /// An empty chat with the default settings of the server.
    pub fn new() -> Self {
        let settings = HubSettings {
            anonymous: false,
            operators: Operators::Loopback,
            glass: Glass::Off,
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

    /// Adds a client that has just connected.
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
        // Anybody could guess this word, but only `/reclaim` and JSON would make it work, and neither is in any experiment.
        let word = ReclaimWord::new(u128::from(client.0).to_be_bytes());
        self.step(Event::Connected { client, address, protocol, word, by_proxy: false });
        client
    }

    /// Takes the bytes of one read.
    pub fn received(&mut self, client: ClientId, bytes: &[u8]) {
        let now = self.now();
        let mut decoded = Decoded::default();
        if let Some(member) = self.members.get_mut(&client) {
            member.decoder.feed(bytes, now.time, &mut decoded);
        }
        self.take(client, decoded);
    }

    /// Handles the end of a client's input. A last line without a line end counts.
    pub fn ended(&mut self, client: ClientId) {
        let mut decoded = Decoded::default();
        if let Some(member) = self.members.get_mut(&client) {
            member.decoder.finish(&mut decoded);
        }
        self.take(client, decoded);
        self.disconnect(client, DisconnectReason::EndOfInput);
        self.end(client);
    }

    /// Handles a broken connection. A last line without a line end does not count.
    pub fn broke(&mut self, client: ClientId) {
        self.disconnect(client, DisconnectReason::ReadError);
        self.end(client);
    }

    /// Removes a client whose connection is closed.
    pub fn forget(&mut self, client: ClientId) {
        self.disconnect(client, DisconnectReason::ReadError);
        self.members.remove(&client);
    }

    /// The clients with something to send or a connection to close, since the last call.
    pub fn take_touched(&mut self) -> Vec<ClientId> {
        let touched = mem::take(&mut self.touched);
        for client in &touched {
            if let Some(member) = self.members.get_mut(client) {
                member.is_touched = false;
            }
        }
        touched
    }

    /// The bytes to send to a client. The caller removes what it has sent.
    pub fn outbox(&mut self, client: ClientId) -> Option<&mut Vec<u8>> {
        self.members.get_mut(&client).map(|member| &mut member.out)
    }

    /// Whether to close the connection once its outbox is sent.
    pub fn is_ending(&self, client: ClientId) -> bool {
        let member = self.members.get(&client);
        member.is_none_or(|member| member.is_ending)
    }

    /// When [`Chat::deadline_reached`] is due. Every event may change this.
    pub fn deadline(&self) -> Option<Time> {
        self.hub.deadline()
    }

    /// The time until the deadline.
    pub fn time_left(&self) -> Option<Duration> {
        let deadline = self.deadline()?;
        Some(deadline.saturating_sub(self.now().time))
    }

    /// Handles what is due now. It does nothing before the deadline.
    pub fn deadline_reached(&mut self) {
        if self.time_left().is_some_and(|left| left.is_zero()) {
            self.step(Event::DeadlineReached);
        }
    }

    /// Whether the chat has been shut down: the variant accepts no client any more, and ends once all outboxes are
    /// sent.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    fn now(&self) -> Now {
        let time: Time = self.began.elapsed();
        let wall = Timestamp::now();
        Now { time, wall }
    }

    fn take(&mut self, client: ClientId, decoded: Decoded) {
        self.send(client, &decoded.replies);
        for input in decoded.inputs {
            self.step(Event::Received { client, input });
        }
    }

    fn disconnect(&mut self, client: ClientId, reason: DisconnectReason) {
        self.step(Event::Disconnected { client, reason });
    }

    fn step(&mut self, event: Event) {
        let mut effects = Vec::new();
        let now = self.now();
        self.hub.step(now, event, &mut effects);
        for effect in effects {
            match effect {
                Effect::Send { to, message } => self.broadcast(&to, &message),
                Effect::Answer { to, message, .. } => self.broadcast(&[to], &message),
                Effect::SetView { client, view } => {
                    if let Some(member) = self.members.get_mut(&client) {
                        member.view = view;
                    }
                }
                Effect::Disconnect { client, .. } => self.end(client),
                Effect::Shutdown => self.is_over = true,
                // The lab has no log, no bans and no table of threads.
                Effect::AnswerThreads { .. }
                | Effect::AnswerGlass { .. }
                | Effect::Follow { .. }
                | Effect::SaveBans(_)
                | Effect::Admit { .. }
                | Effect::Keep(_)
                | Effect::KeepTopic { .. }
                | Effect::Fetch(_)
                | Effect::Search(_)
                | Effect::CatchUp(_)
                | Effect::Log(_) => {}
            }
        }
    }

    /// Encodes a message once for each view, not once for each client.
    fn broadcast(&mut self, to: &[ClientId], message: &Message) {
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
            self.send(client, bytes);
        }
    }

    fn send(&mut self, client: ClientId, bytes: &[u8]) {
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
mod tests {
    use super::*;

    /// A chat with these people in it and empty outboxes.
    fn chat_of<const N: usize>(names: [&str; N]) -> (Chat, [ClientId; N]) {
        let mut chat = Chat::new();
        let clients = names.map(|name| {
            let client = chat.connected(SocketAddr::from(([127, 0, 0, 1], 40_000)));
            chat.received(client, format!("{name}\r\n").as_bytes());
            client
        });
        for client in chat.take_touched() {
            chat.outbox(client).unwrap().clear();
        }
        (chat, clients)
    }

    fn sent(chat: &mut Chat, to: ClientId) -> String {
        String::from_utf8(mem::take(chat.outbox(to).unwrap())).unwrap()
    }

    #[test]
    fn a_line_reaches_the_others_in_any_pieces() {
        let (mut chat, [ann, bob, cid]) = chat_of(["ann", "bob", "cid"]);
        chat.received(ann, b"hel");
        assert!(chat.take_touched().is_empty());
        chat.received(ann, b"lo\r\nand on");
        assert_eq!(chat.take_touched(), [bob, cid]);
        assert_eq!(sent(&mut chat, bob), "ann : hello\r\n");
        assert_eq!(sent(&mut chat, ann), "");
        chat.ended(ann);
        let left = "ann : and on\r\nserver: ann has left the chat\r\n";
        assert_eq!(sent(&mut chat, bob), left);
        assert!(chat.is_ending(ann) && !chat.is_ending(bob));
        assert!(chat.take_touched().contains(&ann));
        chat.forget(ann);
        assert!(chat.outbox(ann).is_none());
    }

    #[test]
    fn a_broken_connection_loses_an_unfinished_line() {
        let (mut chat, [ann, bob]) = chat_of(["ann", "bob"]);
        chat.received(ann, b"half a li");
        chat.broke(ann);
        assert_eq!(sent(&mut chat, bob), "server: ann has left the chat\r\n");
        assert!(chat.is_ending(ann));
    }

    #[test]
    fn a_scheduled_shutdown_has_a_deadline() {
        let (mut chat, [ann, bob]) = chat_of(["ann", "bob"]);
        assert_eq!(chat.deadline(), None);
        chat.received(ann, b"/shutdown in 1h\r\n");
        assert!(chat.time_left().unwrap() > Duration::from_secs(60));
        chat.deadline_reached();
        assert!(!chat.is_over());
        chat.received(ann, b"SHUTDOWN\r\n");
        assert!(chat.is_over() && chat.is_ending(ann) && chat.is_ending(bob));
        assert!(sent(&mut chat, bob).ends_with("server: The chat has been shut down\r\n"));
    }
}
