//! A simple model of the chat: from the events, in the order in which the Hub took them, it computes what each client should
//! receive. It shares no rule with the Hub, and has none for speed.

#[cfg(feature = "cluster")]
mod machines;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use super::words::{Words, clock, list, moment, pieces, quote, seconds};
use crate::chat::{ClientId, Protocol, Time};
use crate::config::limits;

#[cfg(feature = "cluster")]
pub use machines::News;

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    SpeakJson,
    /// A line of plain text without a slash: a name, or something to say.
    Text(String),
    EmptyLine,
    Connect(String),
    Chat {
        room: String,
        text: String,
    },
    Me {
        room: Option<String>,
        text: String,
    },
    Private {
        to: Vec<String>,
        text: String,
    },
    Join(String),
    Part(Option<String>),
    Nick(String),
    Ignore(String),
    Unignore(String),
    Kick(String),
    ShowTimes(bool),
    History {
        room: Option<String>,
        which: Which,
        limit: usize,
    },
    Ping,
    Quit,
    TooLong,
    /// A line of JSON that is no valid request, with the code and the sentence of the error.
    Wrong(&'static str, &'static str),
    /// A line that never ends.
    Endless,
    /// An HTTP request.
    Http,
    /// The end of a WebSocket, with its code.
    Close(u16),
}

/// What a client asks for with an event, and the tag of the request.
pub type Asked = Option<(Action, Option<u64>)>;

/// Which lines of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Last,
    Before(u64),
    After(u64),
}

/// What a client should receive next, or that nothing more comes.
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

/// Who hears an announcement: everybody on plain text, or the people or the programs in the room with this number.
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

    /// What the last events have clients receive, in order.
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

    // ── Coming and going ──

    fn choose_name(&mut self, id: ClientId, name: &str) {
        let is_plain = self.protocol(id) == Protocol::Plain;
        if self.refuse_name(id, name) {
            return self.ask_again(id);
        }
        if is_plain {
            self.tell(id, &Words::sentence(format!("Your username is {name}.")));
        }
        self.recognise(id, name);
        self.joined.push(id);
        let count = self.joined.len();
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.name = Some(name.to_owned());
        if is_plain {
            self.enter(id, LOBBY);
            let congratulations = "Congratulations! You've successfully joined the chat server.";
            self.tell(id, &Words::sentence(congratulations));
            self.show_history(id, LOBBY);
            let sentence = format!("There are {count} client(s) connected to this server.");
            self.tell(id, &Words::sentence(sentence));
        } else {
            let (address, word) = (client.address, client.word);
            let fields = format!(
                r#","from":"{name}","address":"{address}","clients":{count},"reclaim":"{word:032x}""#
            );
            self.tell(id, &Words::object("connect", fields).answer());
            if let Some(client) = self.clients.get_mut(&id) {
                client.knows_word = true;
            }
        }
        let text = format!("A new client has connected to the chat: id = {name}");
        self.announce(Scope::Chat, true, Some(id), &Words::sentence(text));
        if let Some(number) = self.number(LOBBY).filter(|_| is_plain) {
            self.announce_move(id, LOBBY, "joinroom", &[Scope::Programs(number)]);
        }
    }

    fn refuse(&mut self, id: ClientId, sentence: &str) {
        self.tell(id, &Words::error("invalid_name", sentence));
        self.ask_again(id);
    }

    /// A name was refused: the client may try another one, unless it has tried too many.
    fn ask_again(&mut self, id: ClientId) {
        if let Some(client) = self.clients.get_mut(&id) {
            client.refusals += 1;
            if client.refusals == 4 {
                let sentence = "Too many attempts. Connect again with another name.";
                self.tell(id, &bye("too_many_names", sentence).last());
                return self.dismiss(id, None, false);
            }
        }
        self.prompt(id);
    }

    fn quit(&mut self, id: ClientId) {
        self.tell(id, &bye("quit", "Bye!").answer().last());
        self.dismiss(id, None, false);
    }

    fn close(&mut self, id: ClientId, code: u16) {
        let bytes = [&[0x88, 2], &code.to_be_bytes()[..]].concat();
        self.told.push(Told { client: id, bytes });
        self.dismiss(id, None, code == 1_000);
    }

    fn endless(&mut self, id: ClientId) {
        let sentence = "That line is too long: 65536 bytes without an end. Goodbye.";
        self.tell(id, &bye("endless_line", sentence).last());
        self.dismiss(id, None, false);
    }

    /// The server ends the connection, perhaps for somebody who has kicked the client.
    fn dismiss(&mut self, id: ClientId, kicked_by: Option<&str>, may_come_back: bool) {
        self.ended.push(id);
        self.leave(id, kicked_by, may_come_back);
    }

    fn leave(&mut self, id: ClientId, kicked_by: Option<&str>, may_come_back: bool) {
        let Some(client) = self.clients.remove(&id) else {
            return;
        };
        let Some(name) = client.name else {
            return;
        };
        self.joined.retain(|&other| other != id);
        for room in &client.rooms {
            self.remove_member(room, id);
        }
        let why = kicked_by.map_or_else(String::new, |by| format!(": kicked by {by}"));
        let words = Words::sentence(format!("{name} has left the chat{why}"));
        self.announce(Scope::Chat, false, None, &words);
        let why =
            kicked_by.map_or_else(String::new, |by| format!(r#","reason":"kicked","by":"{by}""#));
        for room in &client.rooms {
            let fields = format!(r#","room":"{room}","from":"{name}"{why}"#);
            if let Some(number) = self.number(room) {
                let words = Words::object("leaveroom", fields);
                self.announce(Scope::Programs(number), false, None, &words);
            }
        }
        client.rooms.iter().for_each(|room| self.close_if_empty(room));
        if may_come_back && client.knows_word {
            self.held.insert(name, self.now + limits::NAME_HELD_FOR);
        }
    }

    /// Refuses a name that somebody else has or may still take back. Returns whether it did.
    fn refuse_name(&mut self, id: ClientId, name: &str) -> bool {
        let held = self.held.get(name).map(|until| until.saturating_sub(self.now));
        let sentence = match held.filter(|left| !left.is_zero()) {
            Some(left) => format!(
                "{name} has lost the connection: the name is held for {} s. Choose another.",
                seconds(left)
            ),
            None if self.holder(name).is_some_and(|holder| holder != id) => {
                format!("{name} is taken. Choose another name.")
            }
            None => return false,
        };
        let mut words = Words::error("name_taken", &sentence);
        let hint = format!("If you are {name}, type {name} and the word that /reclaim showed.");
        words.plain.push(hint);
        self.tell(id, &words);
        true
    }

    fn kick(&mut self, id: ClientId, name: &str) {
        if !self.is_operator(id) {
            let sentence = "Only an operator of this chat may do that. See /help.";
            return self.tell(id, &Words::error("not_operator", sentence));
        }
        let Some(found) = self.someone_else(id, name) else {
            return;
        };
        let by = self.name(id);
        let sentence = format!("You were kicked by {by}. You may connect again.");
        let fields = format!(r#","reason":"kicked","by":"{by}","message":"{sentence}""#);
        self.tell(found, &Words::sentence(sentence).with_json("bye", fields).last());
        self.dismiss(found, Some(&by), false);
        let fields = format!(r#","username":"{name}""#);
        let words = Words::sentence(format!("{name} was kicked.")).with_json("kick", fields);
        self.tell(id, &words.answer());
    }

    /// The person with this name, unless there is none or it is the client itself; then the request is refused.
    fn someone_else(&mut self, id: ClientId, name: &str) -> Option<ClientId> {
        match self.holder(name) {
            None => {
                let sentence = format!("Nobody here is called {name}. /who shows who is here.");
                self.tell(id, &Words::error("no_such_person", &sentence));
                None
            }
            Some(found) if found == id => {
                self.tell(id, &not_yourself());
                None
            }
            found => found,
        }
    }

    fn nick(&mut self, id: ClientId, to: &str) {
        if self.refuse_name(id, to) {
            return;
        }
        if self.holder(to).is_none() {
            self.recognise(id, to);
        }
        let from = self.name(id);
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.name = Some(to.to_owned());
        let mut companions: Vec<ClientId> = Vec::new();
        for room in client.rooms.clone() {
            let members = self.members(&room);
            let new = members.into_iter().filter(|&it| it != id);
            companions.extend(new);
        }
        companions.sort_unstable();
        companions.dedup();
        let fields = format!(r#","from":"{from}","username":"{to}""#);
        let sentence = format!("{from} is now known as {to}");
        let words = Words::sentence(sentence).with_json("nick", fields);
        self.tell_all(&companions, &words);
        self.tell(id, &words.answer());
    }

    fn show_times(&mut self, id: ClientId, on: bool) {
        if let Some(client) = self.clients.get_mut(&id) {
            client.shows_times = on;
        }
        let text = if on {
            "Lines are shown with their time. /timestamp off hides it."
        } else {
            "Lines are shown without their time. /timestamp time shows it."
        };
        self.tell(id, &Words::sentence(text));
    }

    // ── Rooms ──

    fn open(&mut self, room: &str) {
        let now = super::seam::WALL_START_SECONDS as u64 * 1_000 + self.ms;
        self.last_epoch = now.max(self.last_epoch + 1);
        let (epoch, history) = (self.last_epoch, VecDeque::new());
        self.rooms_opened += 1;
        let opened = Room {
            number: self.rooms_opened,
            awaited: 0,
            members: Vec::new(),
            epoch,
            last_id: 0,
            history,
            history_bytes: 0,
        };
        self.rooms.insert(room.to_owned(), opened);
    }

    fn enter(&mut self, id: ClientId, room: &str) {
        if !self.rooms.contains_key(room) {
            self.open(room);
        }
        if let (Some(entered), Some(client)) = (self.rooms.get_mut(room), self.clients.get_mut(&id))
        {
            entered.members.push(id);
            client.rooms.push(room.to_owned());
        }
    }

    fn remove_member(&mut self, room: &str, id: ClientId) {
        if let Some(room) = self.rooms.get_mut(room) {
            room.members.retain(|&member| member != id);
        }
        if let Some(client) = self.clients.get_mut(&id) {
            client.rooms.retain(|it| it != room);
        }
    }

    fn close_if_empty(&mut self, room: &str) {
        let is_awaited = self.rooms.get(room).is_some_and(|room| room.awaited > 0);
        if room != LOBBY && self.members(room).is_empty() && !is_awaited {
            self.rooms.remove(room);
        }
    }

    fn exit(&mut self, id: ClientId, room: &str) {
        self.remove_member(room, id);
        self.announce_move_to_all(id, room, "leaveroom");
        self.close_if_empty(room);
    }

    fn number(&self, room: &str) -> Option<u64> {
        self.rooms.get(room).map(|room| room.number)
    }

    /// Who hears the announcements of a scope.
    fn audience(&self, scope: Scope) -> Vec<ClientId> {
        let is_person = |id: &ClientId| self.protocol(*id) == Protocol::Plain;
        let members = |number: u64| {
            let room = self.rooms.values().find(|room| room.number == number);
            room.map_or_else(Vec::new, |room| room.members.clone())
        };
        match scope {
            Scope::Chat => self.joined.iter().copied().filter(is_person).collect(),
            Scope::People(number) => members(number).into_iter().filter(is_person).collect(),
            Scope::Programs(number) => {
                members(number).into_iter().filter(|id| !is_person(id)).collect()
            }
        }
    }

    /// Announces that somebody has come or gone, or counts it if too many would hear it.
    fn announce(&mut self, scope: Scope, has_come: bool, except: Option<ClientId>, words: &Words) {
        let mut audience = self.audience(scope);
        audience.retain(|&id| Some(id) != except);
        if audience.len() <= self.announce_up_to && !self.folds_all {
            return self.tell_all(&audience, words);
        }
        let counts = self.folded.entry(scope).or_default();
        *(if has_come { &mut counts.came } else { &mut counts.went }) += 1;
        self.folded_due.get_or_insert(self.now + limits::ANNOUNCE_EVERY);
    }

    fn announce_move_to_all(&mut self, id: ClientId, room: &str, action: &'static str) {
        if let Some(number) = self.number(room) {
            let scopes = [Scope::People(number), Scope::Programs(number)];
            self.announce_move(id, room, action, &scopes);
        }
    }

    fn announce_move(&mut self, id: ClientId, room: &str, action: &'static str, scopes: &[Scope]) {
        let name = self.name(id);
        let verb = if action == "joinroom" { "joined" } else { "left" };
        let fields = format!(r#","room":"{room}","from":"{name}""#);
        let words = Words::sentence(format!("{name} has {verb} room {room}"));
        let words = words.with_json(action, fields);
        for &scope in scopes {
            self.announce(scope, action == "joinroom", Some(id), &words);
        }
    }

    fn join(&mut self, id: ClientId, room: &str) {
        let rooms = self.clients[&id].rooms.clone();
        if rooms.iter().any(|it| it == room) {
            return self.answer_in_room(id, room);
        }
        // Before the last room is left, which may close.
        if !self.rooms.contains_key(room) {
            self.open(room);
        }
        if self.protocol(id) == Protocol::Plain {
            rooms.iter().for_each(|current| self.exit(id, current));
        }
        self.enter_and_tell(id, room);
        if self.protocol(id) == Protocol::Plain {
            self.show_history(id, room);
        }
    }

    fn enter_and_tell(&mut self, id: ClientId, room: &str) {
        self.enter(id, room);
        self.answer_in_room(id, room);
        self.announce_move_to_all(id, room, "joinroom");
    }

    fn part(&mut self, id: ClientId, room: Option<&str>) {
        let is_plain = self.protocol(id) == Protocol::Plain;
        let Some(room) = self.own_room(id, room) else {
            return;
        };
        if is_plain && room == LOBBY {
            return self.answer_in_room(id, LOBBY);
        }
        self.exit(id, &room);
        if is_plain {
            return self.enter_and_tell(id, LOBBY);
        }
        let fields = format!(r#","room":"{room}","from":"{}""#, self.name(id));
        self.tell(id, &Words::object("leaveroom", fields).answer());
    }

    /// The room that is named, or the one that somebody on plain text is in. Refuses the request if the client is not in it.
    fn own_room(&mut self, id: ClientId, room: Option<&str>) -> Option<String> {
        let rooms = &self.clients[&id].rooms;
        let found = match room {
            Some(room) => rooms.iter().find(|it| *it == room).cloned(),
            None => rooms.first().cloned(),
        };
        if found.is_none() {
            let room = room.unwrap_or_default();
            let sentence = format!("You are not in room {room}. /join {room} goes there.");
            self.tell(id, &Words::error("not_in_room", &sentence));
        }
        found
    }

    fn answer_in_room(&mut self, id: ClientId, room: &str) {
        let members: Vec<String> =
            self.members(room).iter().map(|&member| self.name(member)).collect();
        let name = self.name(id);
        let others: Vec<String> =
            members.iter().filter(|member| **member != name).cloned().collect();
        let words = if others.is_empty() {
            Words::sentence(format!("You are in room {room} alone."))
        } else {
            let mut sentence = vec![format!("You are in room {room} with")];
            sentence.extend(pieces("", &others, "."));
            Words::wrapped(&sentence)
        };
        let (epoch, last_id) =
            self.rooms.get(room).map_or((0, 0), |room| (room.epoch, room.last_id));
        let fields = format!(
            r#","room":"{room}","from":"{name}","members":{},"total":{},"epoch":{epoch},"last_message_id":{last_id}"#,
            list(&members),
            members.len()
        );
        self.tell(id, &words.with_json("joinroom", fields).answer());
    }

    fn show_history(&mut self, id: ClientId, room: &str) {
        let (past, _) = self.past(id, room, Which::Last, self.history_on_join);
        if !past.is_empty() {
            self.show_past(id, room, &past);
        }
    }

    /// At most `limit` lines of a room's history that the client may see, oldest first, each for people and for programs, and
    /// whether there are more.
    fn past(
        &self,
        id: ClientId,
        room: &str,
        which: Which,
        limit: usize,
    ) -> (Vec<(String, String)>, bool) {
        let ignores = &self.clients[&id].ignores;
        let is_hidden = |past: &Past| {
            ignores.iter().any(|ignored| {
                ignored.client == past.speaker
                    || ignored.before.contains(&past.speaker)
                    || !self.clients.contains_key(&past.speaker) && ignored.name == past.from
            })
        };
        let history = self.rooms.get(room).map(|room| &room.history);
        let mut past: Vec<&Past> = history.into_iter().flatten().collect();
        past.retain(|past| {
            let is_meant = match which {
                Which::Last => true,
                Which::Before(end) => past.message_id < end,
                Which::After(start) => past.message_id > start,
            };
            is_meant && !is_hidden(past)
        });
        let has_more = past.len() > limit;
        if matches!(which, Which::After(_)) {
            past.truncate(limit);
        } else {
            past.drain(..past.len().saturating_sub(limit));
        }
        let lines = past
            .iter()
            .map(|past| (format!("[{}] {}", clock(past.ms), past.said), past.object.clone()));
        (lines.collect(), has_more)
    }

    fn show_past(&mut self, id: ClientId, room: &str, past: &[(String, String)]) {
        let count = past.len();
        self.tell(id, &Words::sentence(format!("The last {count} line(s) in {room}:")));
        // Past lines have their times in any case.
        let lines: String = past.iter().map(|(line, _)| format!("{line}\r\n")).collect();
        self.told.push(Told { client: id, bytes: lines.into_bytes() });
    }

    fn history(&mut self, id: ClientId, room: Option<&str>, which: Which, limit: usize) {
        let Some(room) = self.own_room(id, room) else {
            return;
        };
        let (past, has_more) = self.past(id, &room, which, limit);
        if self.protocol(id) != Protocol::Plain {
            let objects: Vec<&str> = past.iter().map(|(_, object)| &**object).collect();
            let epoch = self.rooms.get(&room).map_or(0, |room| room.epoch);
            let fields = format!(
                r#","room":"{room}","messages":[{}],"epoch":{epoch},"more":{has_more}"#,
                objects.join(",")
            );
            self.tell(id, &Words::object("history", fields).answer());
        } else if past.is_empty() {
            self.tell(id, &Words::sentence(format!("No lines yet in {room}.")));
        } else {
            self.show_past(id, &room, &past);
        }
    }

    // ── Saying ──

    fn say(&mut self, id: ClientId, room: Option<&str>, text: &str) {
        let Some(room) = self.own_room(id, room) else {
            return;
        };
        let mentions: Vec<String> = {
            let words = text.split(' ').rev();
            let names = words.map_while(|word| word.strip_prefix('@'));
            let mut names: Vec<String> = names.map(str::to_owned).collect();
            names.reverse();
            names
        };
        let (present, absent) = self.look_up(id, &mentions);
        if present.is_empty() {
            self.say_in_room(id, &room, absent, "chat", text);
        } else {
            self.say_to(id, &present, &absent, "chat", text);
        }
    }

    fn me(&mut self, id: ClientId, room: Option<&str>, text: &str) {
        if let Some(room) = self.own_room(id, room) {
            self.say_in_room(id, &room, Vec::new(), "me", text);
        }
    }

    /// The people with these names and without the client, and the names of nobody.
    fn look_up(&self, id: ClientId, names: &[String]) -> (Vec<ClientId>, Vec<String>) {
        let (mut present, mut absent) = (Vec::new(), Vec::new());
        for name in names {
            match self.holder(name) {
                Some(found) if found == id || present.contains(&found) => {}
                Some(found) => present.push(found),
                None if absent.contains(name) => {}
                None => absent.push(name.clone()),
            }
        }
        (present, absent)
    }

    fn say_in_room(
        &mut self,
        id: ClientId,
        room: &str,
        absent: Vec<String>,
        action: &'static str,
        text: &str,
    ) {
        let (from, ms) = (self.name(id), self.ms);
        let Some(spoken_in) = self.rooms.get_mut(room) else {
            return;
        };
        spoken_in.last_id += 1;
        let message_id = spoken_in.last_id;
        let said = match action {
            "me" => format!("* {from} {text}"),
            _ => format!("{from} : {text}"),
        };
        let fields = format!(
            r#","room":"{room}","message_id":{message_id},"message":{},"from":"{from}","received_at":{}"#,
            quote(text),
            moment(ms)
        );
        let bytes = 160 + text.len() + from.len();
        spoken_in.history_bytes += bytes;
        let past = Past {
            speaker: id,
            from: from.clone(),
            said: said.clone(),
            message_id,
            object: format!(r#"{{"action":"{action}"{fields}}}"#),
            ms,
            bytes,
        };
        spoken_in.history.push_back(past);
        while spoken_in.history.len() > limits::HISTORY_LINES_MAX
            || spoken_in.history_bytes > limits::HISTORY_ROOM_BYTES_MAX
        {
            let oldest = spoken_in.history.pop_front();
            spoken_in.history_bytes -= oldest.map_or(0, |past| past.bytes);
        }
        let mut words = Words::sentence(said).with_json(action, fields);
        words.is_said = true;
        let mut to = self.members(room);
        to.retain(|&other| other != id && !self.ignores(other, id));
        self.tell_all(&to, &words);
        if !absent.is_empty() || self.tag.is_some() {
            let mut sentence = pieces("Nobody here is called ", &absent, ":");
            if !absent.is_empty() {
                sentence.push(format!("said to everybody in {room}."));
            }
            let ids = format!(r#","message_id":{message_id}"#);
            self.delivered(id, &sentence, ids, &absent);
        }
    }

    /// Tells the sender who has got a message. `sentence` is for people.
    fn delivered(&mut self, id: ClientId, sentence: &[String], more: String, absent: &[String]) {
        let words = Words::wrapped(sentence);
        let mut fields = format!(r#","received_at":{}{more}"#, moment(self.ms));
        if !absent.is_empty() {
            fields += &format!(r#","absent":{}"#, list(absent));
        }
        let words = match self.tag {
            Some(_) => words.with_json("ack", fields),
            None if absent.is_empty() => words,
            None => {
                let sentence = quote(&sentence.join(" "));
                words.with_json("notice", format!(r#","code":"not_here","message":{sentence}"#))
            }
        };
        self.tell(id, &words.answer());
    }

    fn say_to(
        &mut self,
        id: ClientId,
        present: &[ClientId],
        absent: &[String],
        action: &'static str,
        text: &str,
    ) {
        let from = self.name(id);
        let names: Vec<String> = present.iter().map(|&it| self.name(it)).collect();
        let said = match action {
            "msg" => format!("{from} -> {} : {text}", names.join(", ")),
            _ => format!("{from} : {text}"),
        };
        let fields = format!(
            r#","to":{},"message":{},"from":"{from}","received_at":{}"#,
            list(&names),
            quote(text),
            moment(self.ms)
        );
        let mut words = Words::sentence(said).with_json(action, fields);
        words.is_said = true;
        let mut to = present.to_vec();
        to.retain(|&other| !self.ignores(other, id));
        self.tell_all(&to, &words);
        let mut sentence = pieces("Delivered to ", &names, ".");
        sentence.extend(pieces("Not here: ", absent, "."));
        self.delivered(id, &sentence, format!(r#","to":{}"#, list(&names)), absent);
    }

    fn private(&mut self, id: ClientId, to: &[String], text: &str) {
        let (present, absent) = self.look_up(id, to);
        if !present.is_empty() {
            self.say_to(id, &present, &absent, "msg", text);
        } else if absent.is_empty() {
            self.tell(id, &not_yourself());
        } else {
            let mut sentence = pieces("Nobody here is called ", &absent, ".");
            sentence.push("/who shows who is here.".to_owned());
            let error = Words::error("no_such_person", &sentence.join(" "));
            self.tell(id, &Words { plain: Words::wrapped(&sentence).plain, ..error });
        }
    }

    // ── Ignoring ──

    fn ignores(&self, id: ClientId, other: ClientId) -> bool {
        self.clients[&id].ignores.iter().any(|ignored| ignored.client == other)
    }

    fn ignore(&mut self, id: ClientId, name: &str) {
        let Some(found) = self.someone_else(id, name) else {
            return;
        };
        if !self.ignores(id, found)
            && let Some(client) = self.clients.get_mut(&id)
        {
            client.ignores.retain(|ignored| ignored.name != name);
            let (name, before) = (name.to_owned(), Vec::new());
            client.ignores.push(Ignored { name, client: found, before });
        }
        let sentence = format!("You now ignore {name}. /unignore {name} undoes this.");
        let fields = format!(r#","username":"{name}""#);
        self.tell(id, &Words::sentence(sentence).with_json("ignore", fields).answer());
    }

    fn unignore(&mut self, id: ClientId, name: &str) {
        let holder = self.holder(name);
        let ignores = &self.clients[&id].ignores;
        let by_client = ignores.iter().position(|ignored| Some(ignored.client) == holder);
        let at = by_client.or_else(|| ignores.iter().position(|ignored| ignored.name == name));
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Some(at) = at else {
            let sentence =
                format!("You do not ignore {name}. /ignore lists the people you ignore.");
            return self.tell(id, &Words::error("not_ignored", &sentence));
        };
        let ignored = client.ignores.remove(at);
        let now = Some(self.name(ignored.client)).filter(|name| !name.is_empty());
        let name = now.unwrap_or(ignored.name);
        let sentence = format!("You no longer ignore {name}.");
        let fields = format!(r#","username":"{name}""#);
        self.tell(id, &Words::sentence(sentence).with_json("unignore", fields).answer());
    }

    /// Somebody takes a name: those who ignored somebody of that name who is gone now ignore them.
    fn recognise(&mut self, id: ClientId, name: &str) {
        let here: Vec<ClientId> = self.clients.keys().copied().collect();
        for (&ignoring, client) in &mut self.clients {
            let is_meant = |it: &Ignored| it.name == name && !here.contains(&it.client);
            let Some(at) = client.ignores.iter().position(is_meant).filter(|_| ignoring != id)
            else {
                continue;
            };
            let same = client.ignores.remove(at);
            match client.ignores.iter_mut().find(|ignored| ignored.client == id) {
                Some(own) => own.before.extend(same.before.iter().chain([&same.client])),
                None => {
                    let mut before = same.before;
                    before.push(same.client);
                    client.ignores.insert(at, Ignored { name: same.name, client: id, before });
                }
            }
        }
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
