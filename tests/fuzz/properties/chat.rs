//! The whole chat without sockets: bytes from four clients, the rules, and the bytes that the others get. Whatever one client
//! sends, everybody else gets lines that can hurt no terminal and forge nothing.
//!
//! The stream is a script of steps, each behind a byte that is no UTF-8:
//!
//! ```text
//! c0p  client 0 connects, with plain text (j: JSON, w: as a browser does)
//! 0…   client 0 sends these bytes
//! e0   its input ends
//! i0   it has been silent
//! t9   time passes: 2 to this power of seconds
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Input, assert_clean};
use crate::chat::{
    self, ClientId, DisconnectReason, Effect, Event, Hub, HubSettings, Message, Now, Protocol,
    ReclaimWord, Secret, Tag, Time, View,
};
use crate::config::{Glass, Operators};
use crate::protocol::{Decoded, Decoder, encode};

const NEXT_STEP: u8 = 0xfe;

/// Flags: 1 has runs, 2 is anonymous, 4 has no operators but by a password, 8 announces nobody by name.
pub fn check(bytes: &[u8]) {
    let Some(input) = Input::of(bytes) else { return };
    let stream = input.expanded();
    let mut chat = Chat::new(input.flags);
    for step in stream.split(|&byte| byte == NEXT_STEP) {
        match *step {
            [b'c', slot @ b'0'..=b'3', protocol, ..] => chat.connect(slot, protocol),
            [slot @ b'0'..=b'3', ref bytes @ ..] => chat.send(slot, bytes),
            [b'e', slot @ b'0'..=b'3', ..] => chat.end(slot),
            [b'i', slot @ b'0'..=b'3', ..] => chat.idle(slot),
            [b't', power @ b'0'..=b'9', ..] => chat.wait(1 << (power - b'0')),
            _ => {}
        }
    }
    chat.is_its_own_copy();
    chat.all_leave();
}

struct Chat {
    hub: Hub,
    now: Now,
    clients: BTreeMap<u8, Client>,
    views: BTreeMap<ClientId, View>,
    next: u64,
    effects: Vec<Effect>,
}

struct Client {
    id: ClientId,
    decoder: Decoder,
}

impl Chat {
    fn new(flags: u8) -> Self {
        let settings = HubSettings {
            anonymous: flags & 2 != 0,
            operators: if flags & 4 != 0 { Operators::Nobody } else { Operators::Anyone },
            glass: Glass::Everybody,
            announce_up_to: if flags & 8 != 0 { 0 } else { 500 },
            log_messages: true,
            history_on_join: 3,
            motd: Some("hello\nthere".into()),
            operator_password: Some(Secret("sesame".to_owned())),
        };
        let wall = Timestamp::UNIX_EPOCH;
        Self {
            hub: Hub::new(settings, Vec::new(), wall),
            now: Now { time: Time::ZERO, wall },
            clients: BTreeMap::new(),
            views: BTreeMap::new(),
            next: 1,
            effects: Vec::new(),
        }
    }

    fn connect(&mut self, slot: u8, protocol: u8) {
        let protocol = match protocol {
            b'j' => Protocol::Json,
            b'w' => Protocol::Web,
            _ => Protocol::Plain,
        };
        self.end(slot);
        let id = ClientId(self.next);
        self.next += 1;
        self.clients.insert(slot, Client { id, decoder: Decoder::new(protocol, true) });
        self.views.insert(id, protocol.into());
        let address = ([192, 0, 2, slot], 1000).into();
        let word = ReclaimWord::new([id.0 as u8; 16]);
        self.step(Event::Connected { client: id, address, protocol, word, by_proxy: false });
    }

    fn send(&mut self, slot: u8, bytes: &[u8]) {
        let Some(client) = self.clients.get_mut(&slot) else { return };
        let (id, mut decoded) = (client.id, Decoded::default());
        client.decoder.feed(bytes, self.now.time, &mut decoded);
        self.receive(id, decoded);
    }

    fn end(&mut self, slot: u8) {
        let Some(mut client) = self.clients.remove(&slot) else { return };
        let mut decoded = Decoded::default();
        client.decoder.finish(&mut decoded);
        self.receive(client.id, decoded);
        self.step(Event::Disconnected { client: client.id, reason: DisconnectReason::EndOfInput });
        self.views.remove(&client.id);
    }

    fn idle(&mut self, slot: u8) {
        let Some(client) = self.clients.get(&slot).map(|client| client.id) else { return };
        self.step(Event::LoginTimedOut { client });
        self.step(Event::IdleTooLong { client, left: Some(Time::from_secs(30)) });
    }

    fn wait(&mut self, seconds: u64) {
        self.now.time += Time::from_secs(seconds);
        let wall = self.now.wall.checked_add(SignedDuration::from_secs(seconds as i64));
        self.now.wall = wall.unwrap_or(self.now.wall);
        let mut times = 0;
        while self.hub.deadline().is_some_and(|due| due <= self.now.time) {
            self.step(Event::DeadlineReached);
            times += 1;
            assert!(times < 100, "a deadline that never passes");
        }
    }

    fn receive(&mut self, client: ClientId, decoded: Decoded) {
        for input in decoded.inputs {
            self.step(Event::Received { client, input });
        }
    }

    fn step(&mut self, event: Event) {
        self.hub.step(self.now, event, &mut self.effects);
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Send { to, message } => {
                    for client in &*to {
                        self.hears(*client, &message, None);
                    }
                    let mut recipients = to.to_vec();
                    recipients.sort_unstable();
                    recipients.dedup();
                    assert_eq!(recipients.len(), to.len(), "a client is listed twice");
                }
                Effect::Answer { to, tag, message } => self.hears(to, &message, tag.as_ref()),
                Effect::SetView { client, view } => {
                    if let Some(known) = self.views.get_mut(&client) {
                        *known = view;
                    }
                }
                Effect::Disconnect { client, .. } => {
                    assert!(self.views.remove(&client).is_some(), "disconnected twice");
                    self.clients.retain(|_, known| known.id != client);
                }
                _ => {}
            }
        }
    }

    /// Checks what a client gets.
    fn hears(&self, client: ClientId, message: &Message, tag: Option<&Tag>) {
        let view = self.views.get(&client);
        let view = *view.unwrap_or_else(|| panic!("{message:?} to {client}, which is gone"));
        let mut bytes = Vec::new();
        encode(message, tag, view, &TimeZone::UTC, &mut bytes);
        match view {
            View::Plain(_) => is_plain(message, &bytes),
            // In the manner of the stranger.
            View::Json if matches!(message, Message::WrongProtocol(_)) => {}
            View::Json => is_json(&bytes),
            View::Web => is_framed(&bytes),
        }
    }

    /// A copy of the whole state is the same state.
    #[cfg(feature = "cluster")]
    fn is_its_own_copy(&self) {
        let bytes = self.hub.encode();
        let copy = Hub::restore(&bytes).unwrap_or_else(|error| panic!("{error}"));
        assert!(copy.encode() == bytes, "{}", String::from_utf8_lossy(&bytes));
    }

    #[cfg(not(feature = "cluster"))]
    fn is_its_own_copy(&self) {}

    fn all_leave(&mut self) {
        for slot in b'0'..=b'3' {
            self.end(slot);
        }
        assert!(self.views.is_empty());
    }
}

/// Lines for people end in CR LF and are clean. A person's words never look like the server's.
fn is_plain(message: &Message, bytes: &[u8]) {
    let text = str::from_utf8(bytes).unwrap_or_else(|error| panic!("{message:?}: {error}"));
    if text.is_empty() || matches!(message, Message::WrongProtocol(_)) {
        return;
    }
    let lines = text.strip_suffix("\r\n");
    let lines = lines.unwrap_or_else(|| panic!("no line end: {text:?}, {message:?}"));
    for line in lines.split("\r\n") {
        assert_clean(line);
        match message {
            Message::Chat(_) | Message::History { .. } | Message::Found { .. } => {}
            _ => assert!(line.starts_with("server: "), "{line:?}, {message:?}"),
        }
    }
    if let Message::Chat(said) = message {
        assert!(!lines.contains("\r\n"), "two lines: {text:?}");
        assert!(!lines.starts_with("server: "), "forged: {text:?}");
        let _: &Arc<chat::ChatMessage> = said;
    }
}

fn is_json(bytes: &[u8]) {
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let text = str::from_utf8(line).unwrap_or_else(|error| panic!("{error}"));
        let object = text.strip_suffix('\n').unwrap_or_else(|| panic!("no line end: {text:?}"));
        assert!(!object.contains(char::is_control), "{text:?}");
        // An `id` may be a number beyond the range of this parser.
        if let Ok(value) = serde_json::from_str::<serde_json::Value>(object) {
            assert!(value["action"].is_string(), "{text:?}");
        } else {
            assert!(object.contains("\"id\""), "{text:?}");
        }
    }
}

/// Each frame ends in its only line feed (or is one that closes).
fn is_framed(mut bytes: &[u8]) {
    while let [first, length, rest @ ..] = bytes {
        if *first == 0x88 {
            assert_eq!((*length, rest.len()), (2, 2), "something follows the end");
            return;
        }
        assert_eq!(*first, 0x81);
        let (header, length) = match *length {
            126 => (4, usize::from(bytes[2]) << 8 | usize::from(bytes[3])),
            127 => (10, bytes[2..10].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))),
            short => (2, short.into()),
        };
        let (frame, after) = bytes.split_at(header + length);
        assert_eq!(frame.iter().position(|&byte| byte == b'\n'), Some(frame.len() - 1));
        is_json(&frame[header..]);
        bytes = after;
    }
    assert!(bytes.is_empty());
}
