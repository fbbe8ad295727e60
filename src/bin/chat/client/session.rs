//! The state machine: the user's name and rooms, unacknowledged lines, reconnecting.
//!
//! | file | what it holds |
//! |---|---|
//! | `login` | connecting, logging in, and joining the rooms |
//! | `input` | typed and pasted lines |
//! | `prompt` | when a pipe's next line is read, and the prompt of the input row |
//! | `question` | questions to the user |
//! | `incoming` | messages from the server, to a user who is in the chat |
//! | `movements` | joins and leaves, collected for a short time |
//! | `presence` | whether the user is at the terminal |
//! | `missed` | messages that the user has missed |
//! | `scrollback` | older messages that the user wants to see |
//! | `disconnect` | a lost connection, and the end |
//! | `phase` | the state of the session |
//! | `outgoing` | unacknowledged lines |
//! | `rooms` | the user's rooms, and what the user has seen of each |
//! | `wishes` | the user's settings on the server, to be restored after a reconnect |
//! | `servers` | the addresses of the chat |
//! | `pauses` | the delay before a reconnect |

mod disconnect;
mod incoming;
mod input;
mod login;
mod missed;
mod movements;
mod outgoing;
mod pauses;
mod phase;
mod presence;
mod prompt;
mod question;
mod rooms;
mod scrollback;
mod servers;
#[cfg(test)]
mod tests;
mod wishes;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use chatserv::chat::{Request, Secret};
use jiff::civil::Date;

use super::phrases;
use super::{Bell, Effect, Ending, Event, Heard, Line, Now, Prompt, Settings, Viewer, wire};
use movements::Movements;
use outgoing::Outgoing;
use pauses::Pauses;
use phase::{Phase, Purpose};
use presence::Presence;
pub use presence::Sign;
use question::Question;
use rooms::Rooms;
use servers::Servers;
use wishes::Wishes;

/// The timeout of any answer. Flood control delays lines, but never so few for so long.
const ANSWER_WAIT: Duration = Duration::from_secs(60);

/// The width of the screen, unless it is known.
const COLUMNS: usize = 80;

/// A session with one chat, over as many connections as it takes.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    servers: Servers,
    phase: Phase,
    /// The user's name, as the server writes it.
    me: String,
    rooms: Rooms,
    bell: Bell,
    time: String,
    /// The width of the screen.
    columns: usize,
    next_id: u64,
    /// The client's own unanswered requests.
    asked: BTreeMap<u64, Purpose>,
    /// The rooms whose past is still to be requested.
    pasts: VecDeque<(String, Request)>,
    outgoing: Outgoing,
    pauses: Pauses,
    /// When the user joined the chat, by this connection.
    here_since: Option<Duration>,
    /// Whether the user has been in the chat before, so that this is a reconnect.
    was_here: bool,
    /// The word by which to take the name back, if the server has given one.
    reclaim: Option<Secret>,
    /// Since when somebody else has had the user's name, at a reconnect.
    name_taken_since: Option<Duration>,
    /// When the connection was lost.
    lost_since: Option<Duration>,
    /// The server has sent the user away, and no other attempt has failed yet.
    is_moving: bool,
    /// The last error of the server before the connection ended, which explains the end.
    trouble: Option<String>,
    /// The reason for the lost connection that was shown last.
    told_trouble: Option<String>,
    /// The unanswered questions. The prompt shows the first one.
    question: VecDeque<Question>,
    /// The number of typed lines and pastes that were processed.
    taken: u64,
    /// The prompt that was shown last.
    prompt: Prompt,
    presence: Presence,
    movements: Movements,
    /// The day of the last message.
    day: Option<Date>,
    /// The user has pressed Enter to reconnect, so what is typed now is to be sent.
    is_woken: bool,
    /// The timeout of the next answer that the server owes.
    answer_until: Option<Duration>,
    wishes: Wishes,
    /// The input thread waits for its next turn.
    turn_owed: bool,
    /// The input has ended.
    input_ended: bool,
    /// A typed line was refused.
    refused_something: bool,
}

impl Session {
    /// Creates a session. The `seed` makes the delays between reconnects differ from those of other clients.
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self {
            phase: Phase::Connecting,
            servers: Servers::new(&settings.servers),
            me: settings.user.clone(),
            rooms: Rooms::new(&settings.rooms),
            bell: settings.bell,
            time: settings.time.clone(),
            columns: COLUMNS,
            next_id: 1,
            asked: BTreeMap::new(),
            pasts: VecDeque::new(),
            outgoing: Outgoing::default(),
            pauses: Pauses::new(seed),
            here_since: None,
            was_here: false,
            reclaim: None,
            name_taken_since: None,
            lost_since: None,
            is_moving: false,
            trouble: None,
            told_trouble: None,
            question: VecDeque::new(),
            taken: 0,
            prompt: Prompt::default(),
            presence: Presence::default(),
            movements: Movements::default(),
            day: None,
            is_woken: false,
            answer_until: None,
            wishes: Wishes::default(),
            // The input waits for its first turn from the start.
            turn_owed: true,
            input_ended: false,
            refused_something: false,
            settings,
        }
    }

    /// Handles one event, and appends the effects that the caller has to perform.
    pub fn step(&mut self, now: &Now, event: Event, effects: &mut Vec<Effect>) {
        if self.phase == Phase::Ended {
            return;
        }
        let begin = effects.len();
        match event {
            Event::Started => self.connect(effects),
            Event::Connected => self.connected(now, effects),
            Event::NotConnected(reason) => self.not_connected(now, reason, effects),
            Event::Received(line) => self.received(now, &line, effects),
            Event::Disconnected(reason) => self.disconnected(now, reason, effects),
            Event::Typed(line) => self.typed(now, &line, effects),
            Event::Pasted(lines) => self.pasted(now, lines, false, effects),
            Event::PasteOffered(lines) => self.pasted(now, lines, true, effects),
            Event::Answered(yes) => self.answered_question(now, yes, effects),
            Event::NextRoom => self.switch_in_order(now, "", None, effects),
            Event::NextUnseen => self.switch_to_unseen(now, effects),
            Event::WantsOlder => self.look_back(effects),
            Event::Resized(columns) => self.columns = columns,
            Event::Dropped => self.drop_waiting(effects),
            Event::Seen(sign) => self.presence.learn(sign, now.elapsed),
            Event::InputEnded => self.input_ended(now, effects),
            Event::Interrupted => self.interrupted(now, effects),
            Event::TimePassed if self.is_late(now) => self.gives_up(now, effects),
            Event::TimePassed => {}
        }
        self.look_at_the_clock(now, effects);
        self.go_on(now, effects);
        self.show_movements(now, begin, effects);
    }

    /// When, by [`Now::elapsed`], to send [`Event::TimePassed`] if no other event has happened.
    pub fn deadline(&self) -> Option<Duration> {
        let phase = match self.phase {
            Phase::Greeting { until }
            | Phase::Introduced { until }
            | Phase::Waiting { until }
            | Phase::Leaving { until } => Some(until),
            Phase::Connecting
            | Phase::Naming { .. }
            | Phase::Here
            | Phase::Asleep
            | Phase::Ended => None,
        };
        let answer = self.answer_until.filter(|_| self.is_owed_an_answer());
        phase.into_iter().chain(answer).chain(self.movements.deadline()).min()
    }

    /// Returns whether a request is unanswered.
    fn is_owed_an_answer(&self) -> bool {
        let is_waiting = !self.asked.is_empty() || self.outgoing.waits_for_answer();
        self.phase == Phase::Here && is_waiting
    }

    /// Returns whether an answer has timed out. Only [`Event::TimePassed`] shows that: the answer may wait behind any other
    /// event.
    fn is_late(&self, now: &Now) -> bool {
        let is_over = self.answer_until.is_some_and(|until| now.elapsed >= until);
        is_over && self.is_owed_an_answer()
    }

    /// Handles timeouts.
    fn look_at_the_clock(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        let is_over = |until: Duration| now.elapsed >= until;
        match self.phase {
            Phase::Greeting { until } if is_over(until) => self.introduce(now, effects),
            Phase::Introduced { until } if is_over(until) => self.gives_up(now, effects),
            Phase::Waiting { until } if is_over(until) => self.connect(effects),
            Phase::Leaving { until } if is_over(until) => self.end(effects),
            _ => {}
        }
    }

    /// Ends a connection whose server does not answer.
    fn gives_up(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        effects.push(Effect::Disconnect);
        let reason = format!("{} does not answer.", self.servers.current());
        self.disconnected(now, Some(reason), effects);
    }

    /// Sends the lines that may be sent now, and lets the input continue.
    fn go_on(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        if self.is_settled() {
            self.ask_about_held(effects);
            while let Some(item) = self.outgoing.next() {
                self.send_item(now, item, effects);
            }
            if self.input_ended && self.outgoing.is_idle() {
                self.quit(now, effects);
            }
        }
        if self.settings.interactive {
            self.show_prompt(effects);
        } else {
            self.give_turn(effects);
        }
    }

    /// Returns whether the user is in the chat and all rooms, and has seen the missed messages.
    fn is_settled(&self) -> bool {
        let is_open = |purpose: &Purpose| !matches!(purpose, Purpose::Commands | Purpose::Older(_));
        self.phase == Phase::Here && !self.asked.values().any(is_open)
    }

    /// Returns an id for the next request.
    fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Sends a request of the client's own.
    fn ask(&mut self, purpose: Purpose, request: &Request, effects: &mut Vec<Effect>) {
        let id = self.take_id();
        let object = wire::encode(request, None, "", id)
            .expect("the client's own requests name their room and are short");
        self.asked.insert(id, purpose);
        effects.push(Effect::Send(object));
    }

    /// Shows an object of the server.
    fn show(&self, now: &Now, heard: &Heard, effects: &mut Vec<Effect>) {
        // With several rooms, each line names its room.
        let only = self.rooms.current().filter(|_| self.rooms.names().len() == 1);
        let viewer = Viewer {
            me: &self.me,
            room: only,
            now: &now.wall,
            columns: self.columns,
            time: &self.time,
        };
        effects.extend(phrases::lines(heard, viewer).into_iter().map(Effect::Show));
    }

    /// Shows the marks before a message: a new day, and the place up to which the user has read.
    fn mark(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        let today = now.wall.date();
        if self.day.replace(today).is_some_and(|day| day != today) && self.settings.interactive {
            Self::tell(&format!("-- {}", today.strftime("%A, %-d %B %Y")), effects);
        }
        if self.settings.interactive && self.presence.marks(now.elapsed) {
            Self::tell("-- You have read up to here.", effects);
        }
    }

    /// Shows joins and leaves, if it is time or if this step, whose effects begin at `begin`, shows something.
    fn show_movements(&mut self, now: &Now, begin: usize, effects: &mut Vec<Effect>) {
        let is_due = self.movements.deadline().is_some_and(|until| now.elapsed >= until);
        let is_shown = |effect: &Effect| matches!(effect, Effect::Show(_) | Effect::Tell(_));
        if is_due || effects[begin..].iter().any(is_shown) {
            let lines = self.movements.take().map(|text| Effect::Tell(Line::aside(&text)));
            effects.splice(begin..begin, lines);
        }
    }

    /// Shows a message of the client.
    fn tell(text: &str, effects: &mut Vec<Effect>) {
        effects.push(Effect::Tell(Line::notice(text)));
    }

    /// Shows an error message of the client.
    fn complain(text: &str, effects: &mut Vec<Effect>) {
        effects.push(Effect::Tell(Line::error(&format!("!! {text}"))));
    }
}
