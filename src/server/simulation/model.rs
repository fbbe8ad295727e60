//! A simple model of the chat: from the events, in the order in which the Hub took them, it computes what each client should
//! receive. It shares no rule with the Hub, and has none for speed.

mod action;
mod ignores;
#[cfg(feature = "cluster")]
mod machines;
mod names;
mod past;
mod rooms;
mod say;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use super::words::{Words, clock, quote, seconds};
use crate::chat::{ClientId, Protocol, Time};

pub use action::{Action, Asked, Which};
#[cfg(feature = "cluster")]
pub use machines::News;

/// The next bytes that a client should receive.
#[derive(Debug)]
pub struct Told {
    pub client: ClientId,
    pub bytes: Vec<u8>,
}

pub struct Model {
    clients: BTreeMap<ClientId, Client>,
    /// Everybody who has joined, in that order.
    joined: Vec<ClientId>,
    rooms: BTreeMap<String, Room>,
    /// The names of programs that have lost their connections, and until when they are held.
    held: BTreeMap<String, Time>,
    last_epoch: u64,
    rooms_opened: u64,
    history_on_join: usize,
    /// To how many people each arrival is announced by itself.
    announce_up_to: usize,
    /// The others, and when they are announced together.
    folded: BTreeMap<Scope, Counts>,
    folded_due: Option<Time>,
    /// Nothing is announced by itself: a server that restarts sends its clients away.
    folds_all: bool,
    /// The time of the event: by the wall clock since the start, in milliseconds, and by the server's clock.
    ms: u64,
    now: Time,
    tag: Option<u64>,
    /// Clients whose decoders speak JSON, of which the Hub does not know it yet.
    decoded_json: Vec<ClientId>,
    told: Vec<Told>,
    /// Clients whose connections the server ends.
    pub ended: Vec<ClientId>,
    pub is_over: bool,
}

#[derive(Debug)]
struct Client {
    protocol: Protocol,
    address: SocketAddr,
    word: u128,
    name: Option<String>,
    refusals: u32,
    rooms: Vec<String>,
    ignores: Vec<Ignored>,
    shows_times: bool,
    /// It was told the word by which it can take its name back.
    knows_word: bool,
}

/// The audience of an announcement: everybody on plain text, or the people or the programs in the room with this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Chat,
    People(u64),
    Programs(u64),
}

/// How many have come and gone.
#[derive(Debug, Default)]
struct Counts {
    came: usize,
    went: usize,
}

#[derive(Debug)]
struct Ignored {
    name: String,
    client: ClientId,
    before: Vec<ClientId>,
}

#[derive(Debug)]
struct Room {
    /// A room that opens again has another one.
    number: u64,
    /// How many are expected back after a restart. Until then, it stays open.
    awaited: usize,
    members: Vec<ClientId>,
    epoch: u64,
    last_id: u64,
    history: VecDeque<Past>,
    history_bytes: usize,
}

#[derive(Debug)]
struct Past {
    speaker: ClientId,
    from: String,
    said: String,
    message_id: u64,
    object: String,
    ms: u64,
    bytes: usize,
}

const LOBBY: &str = "lobby";

impl Model {
    pub fn new(history_on_join: usize, announce_up_to: usize) -> Self {
        let mut model = Self {
            clients: BTreeMap::new(),
            joined: Vec::new(),
            rooms: BTreeMap::new(),
            held: BTreeMap::new(),
            last_epoch: 0,
            rooms_opened: 0,
            history_on_join,
            announce_up_to,
            folded: BTreeMap::new(),
            folded_due: None,
            folds_all: false,
            ms: 0,
            now: Time::ZERO,
            tag: None,
            decoded_json: Vec::new(),
            told: Vec::new(),
            ended: Vec::new(),
            is_over: false,
        };
        model.open(LOBBY);
        model
    }

    /// The bytes that clients should receive after the last events, in order.
    pub fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    /// Sets the time of the next event, by the wall clock and by the server's clock.
    pub fn set_time(&mut self, since_start: Time, now: Time) {
        (self.ms, self.now) = (since_start.as_millis() as u64, now);
        self.tag = None;
    }

    /// How many clients are connected.
    pub fn count(&self) -> usize {
        self.clients.len()
    }

    pub fn knows(&self, client: ClientId) -> bool {
        self.clients.contains_key(&client)
    }

    pub fn has_joined(&self, client: ClientId) -> bool {
        self.clients.get(&client).is_some_and(|client| client.name.is_some())
    }

    /// The names of everybody who has joined.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.joined.iter().filter_map(|client| self.clients[client].name.as_ref())
    }

    pub fn protocol(&self, client: ClientId) -> Protocol {
        self.clients[&client].protocol
    }

    /// The protocol in which the server speaks to this client.
    pub fn spoken(&self, id: ClientId) -> Protocol {
        if self.decoded_json.contains(&id) { Protocol::Json } else { self.protocol(id) }
    }

    /// The last line for a client that is cut, perhaps while the server ends.
    pub fn last_words(&self, protocol: Protocol, is_ending: bool) -> Vec<u8> {
        if is_ending {
            return shut_down().bytes(protocol, None, None);
        }
        let sentence =
            "You were disconnected because your client did not read fast enough. Connect again.";
        bye("slow", sentence).last().bytes(protocol, None, None)
    }

    pub fn connected(&mut self, id: ClientId, address: SocketAddr, protocol: Protocol, word: u128) {
        let client = Client {
            protocol,
            address,
            word,
            name: None,
            refusals: 0,
            rooms: Vec::new(),
            ignores: Vec::new(),
            shows_times: false,
            knows_word: false,
        };
        self.clients.insert(id, client);
        // If the id was here before, those who ignored its owner did not mean the one that arrives now.
        let lists = self.clients.values_mut().flat_map(|client| &mut client.ignores);
        for ignored in lists.filter(|ignored| ignored.client == id) {
            ignored.client = ClientId(0);
            ignored.before.push(id);
        }
        if self.is_over {
            self.tell(id, &shut_down());
            return self.dismiss(id, None, false);
        }
        self.prompt(id);
    }

    pub fn held_back(&mut self, id: ClientId, lines: usize, wait: Time) {
        if !self.knows(id) {
            return;
        }
        let seconds = seconds(wait);
        let sentence = match lines {
            0 => "Not so fast: the rest is read more slowly. Nothing is lost.".to_owned(),
            _ => format!(
                "Not so fast: at least {lines} line(s) held back, the last for {seconds} s or more. \
                 Nothing is lost."
            ),
        };
        let fields = format!(
            r#","code":"held_back","message":"{sentence}","lines":{lines},"seconds":{seconds}"#
        );
        self.tell(id, &Words::sentence(sentence).with_json("notice", fields));
    }

    pub fn login_timed_out(&mut self, id: ClientId) {
        if self.knows(id) && !self.has_joined(id) {
            let sentence = "You entered no username in time. Connect again to retry.";
            self.tell(id, &bye("login_timeout", sentence).last());
            self.dismiss(id, None, false);
        }
    }

    pub fn idle(&mut self, id: ClientId, left: Option<Time>) {
        if !self.has_joined(id) {
            return;
        }
        let Some(left) = left.map(seconds) else {
            self.tell(id, &bye("idle", "Bye!").last());
            return self.dismiss(id, None, true);
        };
        let sentence = format!("You will be disconnected in {left} s unless you type something.");
        let fields = format!(r#","code":"idle","message":"{sentence}","seconds":{left}"#);
        self.tell(id, &Words::sentence(sentence).with_json("notice", fields));
    }

    pub fn shut_down(&mut self) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        for id in self.clients.keys().copied().collect::<Vec<_>>() {
            self.tell(id, &shut_down());
            self.ended.push(id);
        }
        self.clients.clear();
        self.joined.clear();
        self.rooms.clear();
        self.open(LOBBY);
    }

    pub fn reloaded(&mut self, history_on_join: usize, announce_up_to: usize) {
        (self.history_on_join, self.announce_up_to) = (history_on_join, announce_up_to);
    }

    /// These are sent away, and may come back to the next server.
    pub fn sent_away(&mut self, clients: &[ClientId]) {
        self.folds_all = true;
        for &id in clients {
            let Some(client) = self.clients.get_mut(&id) else {
                continue;
            };
            let mut sentence = "This server restarts. Connect again.".to_owned();
            let fields = format!(r#","reason":"restart","message":"{sentence}""#);
            let mut told = Vec::new();
            if let Some(name) = client.name.clone().filter(|_| client.protocol == Protocol::Plain) {
                client.knows_word = true;
                sentence =
                    "This server restarts. Connect again and give this as your name:".to_owned();
                told.push(format!("{name} {:032x}", client.word));
            }
            if client.knows_word {
                for room in &client.rooms {
                    self.rooms.entry(room.clone()).and_modify(|room| room.awaited += 1);
                }
            }
            let mut words = Words::sentence(sentence).with_json("bye", fields).last();
            words.plain.extend(told);
            self.tell(id, &words);
            self.dismiss(id, None, true);
        }
        self.folds_all = false;
    }

    /// A deadline of the chat has passed. Returns whether announcements were due.
    pub fn deadline_reached(&mut self) -> bool {
        if self.folded_due.is_none_or(|due| due > self.now) {
            return false;
        }
        self.folded_due = None;
        for (scope, Counts { came, went }) in std::mem::take(&mut self.folded) {
            let has = |count: usize| if count == 1 { "has" } else { "have" };
            let clients = if came == 1 { "client" } else { "clients" };
            let came = format!("{came} {clients} {}", has(came));
            let (room, present) = match scope {
                Scope::Chat => (None, self.joined.len()),
                Scope::People(number) | Scope::Programs(number) => {
                    let Some((name, room)) =
                        self.rooms.iter().find(|(_, room)| room.number == number)
                    else {
                        continue;
                    };
                    (Some(name.clone()), room.members.len())
                }
            };
            let (sentence, field) = match room {
                None => (
                    format!("{came} connected and {went} {} left; {present} are here.", has(went)),
                    String::new(),
                ),
                Some(room) => (
                    format!(
                        "{came} joined room {room} and {went} {} left; {present} are in it.",
                        has(went)
                    ),
                    format!(r#","room":"{room}""#),
                ),
            };
            let fields = format!(r#","code":"membership","message":"{sentence}"{field}"#);
            let words = Words::sentence(sentence).with_json("notice", fields);
            self.tell_all(&self.audience(scope), &words);
        }
        true
    }

    /// The client is gone, without having asked for it.
    pub fn disconnected(&mut self, id: ClientId) {
        self.leave(id, None, true);
    }

    /// The client asks for something, perhaps by a line of which a part was taken out.
    pub fn act(&mut self, id: ClientId, action: &Action, tag: Option<u64>, is_altered: bool) {
        if !self.knows(id) {
            return;
        }
        self.tag = tag;
        if self.has_joined(id) {
            self.act_joined(id, action);
        } else {
            self.act_unnamed(id, action, is_altered);
        }
    }

    fn act_unnamed(&mut self, id: ClientId, action: &Action, is_altered: bool) {
        match action {
            // Somebody who does not know yet that the name is lost.
            Action::Text(_) if is_altered => {
                let why = "some of what you typed cannot be shown. Use letters and digits.";
                self.refuse(id, &format!("Invalid username: {why}"));
            }
            // Three times the longest name: nothing else is looked at.
            Action::Text(text) if text.trim().len() > 3 * 128 => {
                let bytes = text.trim().len();
                let why = format!(
                    "a name has at most 128 bytes; this one has {bytes}. Choose a shorter one."
                );
                self.refuse(id, &format!("Invalid username: {why}"));
            }
            Action::Text(text) if text.contains(' ') => {
                let why = "names contain no blanks. Use `_` or `-` instead.";
                self.refuse(id, &format!("Invalid username: {why}"));
            }
            Action::Kick(_) => self.refuse(id, "Choose a username first."),
            Action::TooLong if self.protocol(id) == Protocol::Plain => {
                let sentence = "That line was too long and was not said: at most 4096 bytes.";
                self.refuse(id, sentence);
            }
            Action::Me { .. }
            | Action::Private { .. }
            | Action::Join(_)
            | Action::Part(_)
            | Action::Nick(_)
            | Action::Ignore(_)
            | Action::Unignore(_)
            | Action::ShowTimes(_)
            | Action::History { .. }
                if self.protocol(id) == Protocol::Plain =>
            {
                self.tell(id, &Words::error("not_connected", "Choose a username first."));
                self.prompt(id);
            }
            Action::SpeakJson => {
                self.decoded_json.retain(|&it| it != id);
                if let Some(client) = self.clients.get_mut(&id) {
                    client.protocol = Protocol::Json;
                }
            }
            Action::Text(name) | Action::Connect(name) => self.choose_name(id, name),
            Action::EmptyLine => self.prompt(id),
            Action::Quit => self.quit(id),
            Action::Close(code) => self.close(id, *code),
            Action::Endless => self.endless(id),
            Action::Wrong(code, sentence) => self.tell(id, &Words::error(code, sentence)),
            Action::Http => {
                let bytes =
                    b"HTTP/1.1 400 This is a chat server: use telnet\r\nConnection: close\r\n\r\n";
                self.told.push(Told { client: id, bytes: bytes.to_vec() });
                self.dismiss(id, None, false);
            }
            Action::Ping => self.tell(id, &pong()),
            other => panic!("the simulation lets nobody without a name do this: {other:?}"),
        }
    }

    fn act_joined(&mut self, id: ClientId, action: &Action) {
        match action {
            Action::Text(text) => self.say(id, None, text),
            Action::Chat { room, text } => self.say(id, Some(room), text),
            Action::Me { room, text } => self.me(id, room.as_deref(), text),
            Action::Private { to, text } => self.private(id, to, text),
            Action::Join(room) => self.join(id, room),
            Action::Part(room) => self.part(id, room.as_deref()),
            Action::Nick(name) => self.nick(id, name),
            Action::Ignore(name) => self.ignore(id, name),
            Action::Unignore(name) => self.unignore(id, name),
            Action::Kick(name) => self.kick(id, name),
            Action::ShowTimes(on) => self.show_times(id, *on),
            Action::Ping => self.tell(id, &pong()),
            Action::Quit => self.quit(id),
            Action::Close(code) => self.close(id, *code),
            Action::Endless => self.endless(id),
            Action::Wrong(code, sentence) => self.tell(id, &Words::error(code, sentence)),
            Action::History { room, which, limit } => {
                self.history(id, room.as_deref(), *which, *limit);
            }
            Action::EmptyLine | Action::SpeakJson => {}
            Action::Http => panic!("only a first line is taken for a request"),
            Action::Connect(_) => {
                let sentence = "You have joined already. /nick NAME changes your name.";
                self.tell(id, &Words::error("already_connected", sentence));
            }
            Action::TooLong => {
                let bytes = if self.protocol(id) == Protocol::Plain { 4_096 } else { 16_384 };
                let sentence =
                    format!("That line was too long and was not said: at most {bytes} bytes.");
                self.tell(id, &Words::error("line_too_long", &sentence));
            }
        }
    }

    // ── Telling ──

    fn tell(&mut self, id: ClientId, words: &Words) {
        let Some(client) = self.clients.get(&id) else {
            return;
        };
        let clock = client.shows_times.then(|| clock(self.ms));
        let bytes = words.bytes(self.spoken(id), self.tag, clock.as_deref());
        if words.is_answer {
            self.tag = None;
        }
        if !bytes.is_empty() {
            self.told.push(Told { client: id, bytes });
        }
    }

    fn tell_all(&mut self, to: &[ClientId], words: &Words) {
        to.iter().for_each(|&id| self.tell(id, words));
    }

    fn prompt(&mut self, id: ClientId) {
        if self.protocol(id) == Protocol::Plain {
            self.tell(id, &Words::sentence("Input username."));
        }
    }

    fn members(&self, room: &str) -> Vec<ClientId> {
        self.rooms.get(room).map_or_else(Vec::new, |room| room.members.clone())
    }

    fn name(&self, id: ClientId) -> String {
        self.clients.get(&id).and_then(|client| client.name.clone()).unwrap_or_default()
    }

    fn holder(&self, name: &str) -> Option<ClientId> {
        let has = |id: &&ClientId| self.clients[id].name.as_deref() == Some(name);
        self.joined.iter().find(has).copied()
    }

    fn is_operator(&self, id: ClientId) -> bool {
        let client = &self.clients[&id];
        client.address.ip().is_loopback() && client.protocol != Protocol::Web
    }
}

/// Everybody on this server will be sent away within this time.
pub fn restart_soon(within: Time) -> Words {
    let seconds = seconds(within);
    let sentence =
        format!("This server restarts: it disconnects you within {seconds}s. Connect again then.");
    let fields = format!(r#","code":"restart","message":"{sentence}","seconds":{seconds}"#);
    Words::sentence(sentence).with_json("notice", fields)
}

fn bye(reason: &str, sentence: &str) -> Words {
    let fields = format!(r#","reason":"{reason}","message":{}"#, quote(sentence));
    Words::sentence(sentence).with_json("bye", fields)
}

fn pong() -> Words {
    Words::sentence("Pong!").with_json("pong", String::new()).answer()
}

fn not_yourself() -> Words {
    Words::error("not_yourself", "You cannot do that to yourself.")
}

/// The farewell of a chat or of a server that ends.
pub fn shut_down() -> Words {
    let text = "The chat has been shut down";
    Words::sentence(text).with_json("shutdown", format!(r#","message":"{text}""#)).last()
}
