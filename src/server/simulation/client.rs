//! A simulated client: what it asks for, and the bytes in which it says so.

use std::collections::VecDeque;

use super::dice::Dice;
use super::model::{Action, Which};
use super::words::quote;
use crate::chat::{
    CloseCode, Input, Line, Protocol, Range, Request, RequestError, Stranger, Tag, Target,
};

/// The language of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Json,
    /// A program on the port for plain text.
    Switching,
    #[cfg(feature = "web")]
    Web,
}

impl Kind {
    pub const ALL: &[Self] = &[
        Self::Plain,
        Self::Plain,
        Self::Plain,
        Self::Json,
        Self::Switching,
        #[cfg(feature = "web")]
        Self::Web,
    ];

    /// The protocol of the port.
    pub fn protocol(self) -> Protocol {
        match self {
            Self::Plain | Self::Switching => Protocol::Plain,
            Self::Json => Protocol::Json,
            #[cfg(feature = "web")]
            Self::Web => Protocol::Web,
        }
    }

    fn is_web(self) -> bool {
        self.protocol() == Protocol::Web
    }
}

/// Something that a client has sent, as the server should decode it and as the model understands it.
#[derive(Debug)]
pub struct Intent {
    pub input: Input,
    pub action: Action,
    pub tag: Option<u64>,
}

/// The sending half of a client.
#[derive(Debug)]
pub struct Client {
    pub kind: Kind,
    /// The inputs that the server has to decode next.
    pub intents: VecDeque<Intent>,
    /// Answers on another layer than that of lines, which are due: to telnet's options and to pings.
    pub replies: VecDeque<Vec<u8>>,
    /// The length of all replies that were ever due.
    pub reply_bytes: u64,
    has_switched: bool,
    options_asked: u8,
    next_tag: u64,
    /// The server takes nothing more from it.
    pub is_finished: bool,
}

/// Knowledge shared by the clients of one chat.
#[derive(Debug)]
pub struct Topics {
    /// Names that somebody has or had, the newest last.
    pub names: VecDeque<String>,
    names_made: usize,
    texts_made: usize,
    /// The length of the longest texts, in words.
    pub words_max: usize,
}

pub const ROOMS: [&str; 3] = ["lobby", "dev", "tea"];

const WORDS: [&str; 12] = [
    "hello",
    "grüße",
    "日本語",
    "\"quoted\"",
    "back\\slash",
    "ok",
    "naïve",
    "{}",
    "a,b;c",
    "Привет",
    "x",
    "server:",
];

impl Topics {
    pub fn new(words_max: usize) -> Self {
        Self { names: VecDeque::new(), names_made: 0, texts_made: 0, words_max }
    }

    /// A name that nobody has had, and that looks like no other.
    pub fn new_name(&mut self) -> String {
        self.names_made += 1;
        let (mut number, mut name) = (self.names_made, String::new());
        while name.len() < 6 || number > 0 {
            name.push(char::from(b"bdfgkpstz"[number % 9]));
            name.push(char::from(b"aeou"[number / 9 % 4]));
            number /= 36;
        }
        if self.names.len() == 24 {
            self.names.pop_front();
        }
        self.names.push_back(name.clone());
        name
    }

    fn some_name(&mut self, dice: &mut Dice) -> String {
        let count = self.names.len();
        // The newest are more likely to be here.
        let back = dice.below(count.max(1)).min(dice.below(count.max(1)));
        self.names.get(count.wrapping_sub(back + 1)).cloned().unwrap_or_else(|| "nobody".to_owned())
    }

    /// A text that no other line has.
    fn text(&mut self, dice: &mut Dice) -> String {
        self.texts_made += 1;
        let mut text = format!("m{}", self.texts_made);
        let most = if dice.once_in(20) { self.words_max } else { 6.min(self.words_max) };
        for _ in 0..dice.below(most + 1) {
            text.push(' ');
            text.push_str(dice.pick(&WORDS));
        }
        text
    }
}

fn line(text: &str) -> Line {
    Line { text: text.to_owned(), altered: false }
}

impl Client {
    pub fn new(kind: Kind) -> Self {
        let (intents, replies) = (VecDeque::new(), VecDeque::new());
        Self {
            kind,
            intents,
            replies,
            reply_bytes: 0,
            has_switched: false,
            options_asked: 0,
            next_tag: 1,
            is_finished: false,
        }
    }

    fn await_reply(&mut self, reply: Vec<u8>) {
        self.reply_bytes += reply.len() as u64;
        self.replies.push_back(reply);
    }

    /// Asks for a name, and returns the bytes.
    pub fn choose_name(&mut self, name: &str, dice: &mut Dice) -> Vec<u8> {
        if self.kind == Kind::Plain {
            return self.type_line(name, Action::Text(name.to_owned()), dice);
        }
        let request = Request::Connect { name: Some(line(name)), word: None };
        let fields = format!(r#""action":"connect","username":{}"#, quote(name));
        self.request(&fields, request, Action::Connect(name.to_owned()), dice)
    }

    /// Does something that somebody does who has joined.
    pub fn do_something(&mut self, topics: &mut Topics, dice: &mut Dice) -> Vec<u8> {
        let room = dice.pick(&ROOMS).to_owned();
        let action = match dice.below(100) {
            0..=59 => Action::Chat { room, text: topics.text(dice) },
            60..=66 => {
                let mut text = topics.text(dice);
                for _ in 0..dice.between(1, 3) {
                    text = format!("{text} @{}", topics.some_name(dice));
                }
                Action::Chat { room, text }
            }
            67..=69 => Action::Me { room: Some(room), text: topics.text(dice) },
            70..=74 => {
                let to = (0..dice.between(1, 3)).map(|_| topics.some_name(dice)).collect();
                Action::Private { to, text: topics.text(dice) }
            }
            75..=82 => Action::Join(room),
            83..=85 => Action::Part(Some(room)),
            86..=87 => Action::Nick(topics.new_name()),
            88 => Action::Nick(topics.some_name(dice)),
            89..=90 => Action::Ignore(topics.some_name(dice)),
            91..=92 => Action::Unignore(topics.some_name(dice)),
            93 => Action::Kick(topics.some_name(dice)),
            94..=95 => Action::ShowTimes(dice.once_in(2)),
            96 => Action::Ping,
            97 => Action::EmptyLine,
            98 if dice.once_in(2) => Action::TooLong,
            98 => {
                let which = match dice.below(3) {
                    0 => Which::Before(dice.below(40) as u64),
                    1 => Which::After(dice.below(40) as u64),
                    _ => Which::Last,
                };
                Action::History { room: Some(room), which, limit: dice.between(1, 20) }
            }
            _ if dice.once_in(2) => return self.misbehave(dice),
            _ if dice.once_in(4) => Action::Quit,
            _ => Action::Ping,
        };
        if self.kind == Kind::Plain {
            self.as_person(action, dice)
        } else {
            self.as_program(action, dice)
        }
    }

    fn as_person(&mut self, action: Action, dice: &mut Dice) -> Vec<u8> {
        let typed = match &action {
            Action::Chat { text, .. } => {
                let text = text.clone();
                return self.type_line(&text, Action::Text(text.clone()), dice);
            }
            Action::Me { text, .. } => {
                let (text, room) = (text.clone(), None);
                return self.type_line(&format!("/me {text}"), Action::Me { room, text }, dice);
            }
            Action::Part(_) => return self.type_line("/part", Action::Part(None), dice),
            Action::Private { to, text } => format!("/msg {} {text}", to.join(",")),
            Action::Join(room) => format!("/join {room}"),
            Action::Nick(name) => format!("/nick {name}"),
            Action::Ignore(name) => format!("/ignore {name}"),
            Action::Unignore(name) => format!("/unignore {name}"),
            Action::Kick(name) => format!("/kick {name}"),
            Action::ShowTimes(true) => "/timestamp time".to_owned(),
            Action::ShowTimes(false) => "/timestamp off".to_owned(),
            Action::Quit => "/quit".to_owned(),
            Action::History { limit, .. } => {
                let (room, which, limit) = (None, Which::Last, *limit);
                let action = Action::History { room, which, limit };
                return self.type_line(&format!("/history {limit}"), action, dice);
            }
            Action::TooLong => {
                self.intents.push_back(Intent { input: Input::LineTooLong, action, tag: None });
                let mut bytes = vec![b'x'; 4_097 + dice.below(500)];
                bytes.extend(line_end(dice));
                return bytes;
            }
            _ => return self.type_line("", Action::EmptyLine, dice),
        };
        self.type_line(&typed, action, dice)
    }

    /// Sends what no client should send, and what has a known answer.
    fn misbehave(&mut self, dice: &mut Dice) -> Vec<u8> {
        let is_rare = dice.once_in(4);
        match self.kind {
            Kind::Plain | Kind::Switching if is_rare => self.endless_line(dice),
            Kind::Plain => self.type_line("", Action::EmptyLine, dice),
            #[cfg(feature = "web")]
            Kind::Web if is_rare => self.break_frames(dice),
            _ => self.wrong_request(dice),
        }
    }

    fn wrong_request(&mut self, dice: &mut Dice) -> Vec<u8> {
        let (text, reason, code, sentence) = match dice.below(5) {
            0 => (
                r#"{"action":"xyzzyx"}"#,
                RequestError::UnknownAction { action: "xyzzyx".into(), near: None },
                "unknown_action",
                "There is no action `xyzzyx`. The documentation lists all actions.",
            ),
            1 => (
                "[1,2]",
                RequestError::NotAnObject,
                "not_an_object",
                "This is JSON but not an object. Send one object on one line, such as {\"action\":\"ping\"}.",
            ),
            2 => (
                r#"{"action":"ping"} {}"#,
                RequestError::SeveralObjects,
                "several_objects",
                "Something follows the object. Send one object on one line, and a line end after it.",
            ),
            3 => (
                r#"{"username":"x"}"#,
                RequestError::MissingAction,
                "missing_action",
                "There is no field `action`. Send one that says what to do, such as {\"action\":\"ping\"}.",
            ),
            _ => (
                r#"{"action":"joinroom"}"#,
                RequestError::MissingField("room".into()),
                "missing_field",
                "The field `room` is missing. This action needs it.",
            ),
        };
        let (input, action) =
            (Input::BadRequest { reason, tag: None }, Action::Wrong(code, sentence));
        self.intents.push_back(Intent { input, action, tag: None });
        if self.kind.is_web() {
            return self.in_frames(text.as_bytes(), dice);
        }
        [text.as_bytes(), b"\n"].concat()
    }

    fn endless_line(&mut self, dice: &mut Dice) -> Vec<u8> {
        self.is_finished = true;
        let (input, action) = (Input::LineTooLong, Action::TooLong);
        self.intents.push_back(Intent { input, action, tag: None });
        let (input, action) = (Input::LineEndless, Action::Endless);
        self.intents.push_back(Intent { input, action, tag: None });
        vec![b'x'; 65_537 + dice.below(500)]
    }

    /// An HTTP request instead of a name.
    pub fn ask_for_page(&mut self) -> Vec<u8> {
        self.is_finished = true;
        let (input, action) = (Input::Stranger(Stranger::Http), Action::Http);
        self.intents.push_back(Intent { input, action, tag: None });
        b"POST /chat HTTP/1.1\r\nHost: localhost:1337\r\n\r\nSHUTDOWN\r\n".to_vec()
    }

    /// Ends a WebSocket by a frame that has no meaning here.
    #[cfg(feature = "web")]
    fn break_frames(&mut self, dice: &mut Dice) -> Vec<u8> {
        self.is_finished = true;
        let mut bytes = Vec::new();
        let code = match dice.below(3) {
            0 => {
                masked(0x82, b"binary", dice, &mut bytes);
                CloseCode::Unsupported
            }
            1 => {
                masked(0x81, b"\xc3\x28", dice, &mut bytes);
                CloseCode::InvalidText
            }
            _ => {
                // A reserved opcode.
                masked(0x83, b"x", dice, &mut bytes);
                CloseCode::ProtocolError
            }
        };
        let (input, action) = (Input::Closed(code), Action::Close(code as u16));
        self.intents.push_back(Intent { input, action, tag: None });
        bytes
    }

    /// A line of plain text, with what telnet sends besides.
    fn type_line(&mut self, text: &str, action: Action, dice: &mut Dice) -> Vec<u8> {
        let is_said = matches!(action, Action::Text(_)) && text.starts_with('m');
        let mut input = line(text);
        let mut bytes = Vec::new();
        match dice.below(20) {
            // An escape sequence, a bell, and a sign that turns text around, none of which reaches anybody.
            2 if is_said => {
                input.altered = true;
                bytes.extend_from_slice(dice.pick(&[
                    &b"\x1b[31m"[..],
                    b"\x07",
                    "\u{202e}".as_bytes(),
                ]));
            }
            // A subnegotiation, whole.
            3 => bytes.extend([255, 250, 24, 0, b'x', 255, 240]),
            // One that the end of a line ends, and the line with it.
            4 if is_said => {
                let (input, action) = (Input::Line(line("")), Action::EmptyLine);
                self.intents.push_back(Intent { input, action, tag: None });
                bytes.extend_from_slice(b"\xff\xfa\x18\0x\r\n");
            }
            // No operation.
            0 => bytes.extend([255, 241]),
            // DO and WILL, which are answered by WONT and DONT. Option 6 is no option.
            1 if self.options_asked < 30 => {
                self.options_asked += 1;
                let option = self.options_asked + 6;
                let (verb, answer) = if dice.once_in(2) { (253, 252) } else { (251, 254) };
                bytes.extend([255, verb, option]);
                self.await_reply(vec![255, answer, option]);
            }
            _ => {}
        }
        self.intents.push_back(Intent { input: Input::Line(input), action, tag: None });
        bytes.extend_from_slice(text.as_bytes());
        // An LF alone would belong to a CR before it.
        bytes.extend(if text.is_empty() { b"\r\n" } else { line_end(dice) });
        bytes
    }

    fn as_program(&mut self, action: Action, dice: &mut Dice) -> Vec<u8> {
        let (fields, request) = match &action {
            Action::Chat { room, text } => {
                let (target, text) = (Target::Room(room.clone()), text.clone());
                let fields =
                    format!(r#""action":"chat","room":{},"message":{}"#, quote(room), quote(&text));
                (fields, Request::Chat { target, text, sent_at: None })
            }
            Action::Me { room, text } => {
                let room = room.clone().unwrap_or_default();
                let fields =
                    format!(r#""message":{},"action":"me","room":{}"#, quote(text), quote(&room));
                let (target, text) = (Target::Room(room), text.clone());
                (fields, Request::Me { target, text, sent_at: None })
            }
            Action::Private { to, text } => {
                let names = super::words::list(to);
                let fields = format!(r#""action":"msg","to":{names},"message":{}"#, quote(text));
                let (to, text) = (to.clone(), text.clone());
                (fields, Request::Private { to, text, sent_at: None })
            }
            Action::Join(room) => {
                let fields = format!(r#""action":"joinroom","room":{}"#, quote(room));
                (fields, Request::Join { room: line(room), history: Some(0) })
            }
            Action::Part(room) => {
                let room = room.clone().unwrap_or_default();
                let fields = format!(r#""action":"leaveroom","room":{}"#, quote(&room));
                (fields, Request::Part { room: Some(room) })
            }
            Action::Nick(name) => {
                let fields = format!(r#""action":"nick","username":{}"#, quote(name));
                (fields, Request::Nick { name: line(name) })
            }
            Action::Ignore(name) => {
                let fields = format!(r#""action":"ignore","username":{}"#, quote(name));
                (fields, Request::Ignore { name: Some(name.clone()) })
            }
            Action::Unignore(name) => {
                let fields = format!(r#""action":"unignore","username":{}"#, quote(name));
                (fields, Request::Unignore { name: name.clone() })
            }
            Action::Kick(name) => {
                let fields = format!(r#""action":"kick","username":{}"#, quote(name));
                (fields, Request::Kick { name: name.clone(), reason: None })
            }
            Action::Quit => (r#""action":"quit""#.to_owned(), Request::Quit),
            Action::History { room, which, limit } => {
                let room = room.clone().unwrap_or_default();
                let (range, field) = match which {
                    Which::Last => (Range::Last, String::new()),
                    Which::Before(end) => (Range::Before(*end), format!(r#","before":{end}"#)),
                    Which::After(start) => (Range::After(*start), format!(r#","after":{start}"#)),
                };
                let quoted = quote(&room);
                let fields =
                    format!(r#""action":"history","room":{quoted}{field},"limit":{limit}"#);
                (fields, Request::History { room: Some(room), range, limit: Some(*limit) })
            }
            Action::TooLong if !self.kind.is_web() => {
                self.intents.push_back(Intent { input: Input::LineTooLong, action, tag: None });
                let mut bytes = b"{\"action\":\"".to_vec();
                bytes.resize(16_385 + dice.below(500), b'x');
                bytes.push(b'\n');
                return bytes;
            }
            _ => {
                let ping = (r#""action":"ping""#.to_owned(), Request::Ping);
                return self.request(&ping.0, ping.1, Action::Ping, dice);
            }
        };
        self.request(&fields, request, action, dice)
    }

    fn request(
        &mut self,
        fields: &str,
        request: Request,
        action: Action,
        dice: &mut Dice,
    ) -> Vec<u8> {
        if self.kind == Kind::Switching && !std::mem::replace(&mut self.has_switched, true) {
            let (input, action) = (Input::SpeaksJson, Action::SpeakJson);
            self.intents.push_back(Intent { input, action, tag: None });
        }
        let number = (!dice.once_in(3)).then_some(self.next_tag);
        self.next_tag += 1;
        let tag = number.map(|number| Tag(number.to_string().into()));
        self.intents.push_back(Intent {
            input: Input::Request { request, tag },
            action,
            tag: number,
        });
        let tag = number.map_or_else(String::new, |number| format!(r#","id":{number}"#));
        let object = format!("{{{fields}{tag}}}");
        if self.kind.is_web() {
            return self.in_frames(object.as_bytes(), dice);
        }
        let end = if dice.once_in(4) { "\r\n" } else { "\n" };
        (object + end).into_bytes()
    }

    /// Text in one frame or two, perhaps with a ping before, between or after them.
    fn in_frames(&mut self, text: &[u8], dice: &mut Dice) -> Vec<u8> {
        let mut bytes = Vec::new();
        let first = if dice.once_in(4) { dice.below(text.len() + 1) } else { text.len() };
        self.maybe_ping(&mut bytes, dice);
        let is_whole = first == text.len();
        masked(if is_whole { 0x81 } else { 0x01 }, &text[..first], dice, &mut bytes);
        if !is_whole {
            self.maybe_ping(&mut bytes, dice);
            masked(0x80, &text[first..], dice, &mut bytes);
        }
        bytes
    }

    fn maybe_ping(&mut self, bytes: &mut Vec<u8>, dice: &mut Dice) {
        if dice.once_in(6) {
            let payload: Vec<u8> = (0..dice.below(12)).map(|_| dice.pick(b"\n\rab\0")).collect();
            masked(0x89, &payload, dice, bytes);
            let mut pong = vec![0x8a, payload.len() as u8];
            pong.extend(payload);
            self.await_reply(pong);
        }
    }

    /// Says goodbye as a browser does, if it is one.
    pub fn close(&mut self, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.kind.is_web() {
            let (input, action) = (Input::Closed(CloseCode::Normal), Action::Close(1_000));
            self.intents.push_back(Intent { input, action, tag: None });
            masked(0x88, &[0x03, 0xe8], dice, &mut bytes);
        }
        bytes
    }
}

fn line_end(dice: &mut Dice) -> &'static [u8] {
    dice.pick(&[&b"\r\n"[..], b"\r\n", b"\r\n", b"\n", b"\r\0", b"\r"])
}

/// A frame from a client, which is masked.
fn masked(opcode: u8, payload: &[u8], dice: &mut Dice, bytes: &mut Vec<u8>) {
    bytes.push(opcode);
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | length as u8),
        length => bytes.extend([0x80 | 126, (length >> 8) as u8, length as u8]),
    }
    let mask = (dice.number() as u32).to_be_bytes();
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}
