//! The rules: who one is, where one speaks, what has not arrived yet, when to connect again.
//!
//! | file | what it does |
//! |---|---|
//! | `entering` | from the first attempt to connect to being in all rooms |
//! | `typing` | what was typed: something to say, something to do, an answer to a question |
//! | `prompt` | when a pipe's next line is read, and what stands in the row in which a person types |
//! | `question` | what a person is asked before it is done |
//! | `hearing` | what the server says while one is in the chat |
//! | `movements` | who comes and goes, gathered for a moment |
//! | `presence` | whether the person is at the terminal |
//! | `catching_up` | what was said while one was not there |
//! | `leaving` | a connection that is lost, and the end |
//! | `phase` | where the conversation stands |
//! | `outgoing` | what was typed and is not answered yet |
//! | `rooms` | the rooms one is in, and what one has seen of each |
//! | `wishes` | what one wants again when one comes back |
//! | `pauses` | how long to wait before the next attempt |

mod catching_up;
mod entering;
mod hearing;
mod leaving;
mod movements;
mod outgoing;
mod pauses;
mod phase;
mod presence;
mod prompt;
mod question;
mod rooms;
#[cfg(test)]
mod tests;
mod typing;
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
use wishes::Wishes;

/// How long to wait for any answer. Flood control may hold lines back, but never so few for so long.
const ANSWER_WAIT: Duration = Duration::from_secs(60);

/// The width of the screen, unless it is known.
const COLUMNS: usize = 80;

/// A conversation with one server, over as many connections as it takes.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    phase: Phase,
    /// One's name, as the server writes it.
    me: String,
    rooms: Rooms,
    bell: Bell,
    time: String,
    /// The width of the screen.
    columns: usize,
    next_id: u64,
    /// The client's own requests that are not answered.
    asked: BTreeMap<u64, Purpose>,
    outgoing: Outgoing,
    pauses: Pauses,
    /// When one came into the chat, by this connection.
    here_since: Option<Duration>,
    /// Whether one has ever been in the chat, and so is somebody who comes back.
    was_here: bool,
    /// The word by which to take the name back, if the server has given one.
    reclaim: Option<Secret>,
    /// Since when somebody else has had the name of who comes back.
    name_taken_since: Option<Duration>,
    /// When the connection was lost.
    lost_since: Option<Duration>,
    /// What the server said last before it ended the connection, or why there is none.
    trouble: Option<String>,
    /// Why there is no connection, as it was told last.
    told_trouble: Option<String>,
    /// The unanswered questions. The prompt shows the first one.
    question: VecDeque<Question>,
    /// How many lines and pastes have been taken.
    taken: u64,
    /// The prompt as the terminal last got it.
    prompt: Prompt,
    presence: Presence,
    movements: Movements,
    /// The day of the last message.
    day: Option<Date>,
    /// Somebody has pressed Enter to come back: what is typed now is to be said.
    is_woken: bool,
    /// When it is too late for the next answer that the server owes.
    answer_until: Option<Duration>,
    /// What to ask for again by another connection.
    wishes: Wishes,
    /// The line that the input has sent is not answered by a turn yet.
    turn_owed: bool,
    /// Nothing more will be typed.
    input_ended: bool,
    /// Something that was typed was refused.
    refused_something: bool,
}

impl Session {
    /// A conversation that has not begun. `seed` makes the pauses between attempts differ from those of other clients.
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self {
            phase: Phase::Connecting,
            me: settings.user.clone(),
            rooms: Rooms::new(&settings.rooms),
            bell: settings.bell,
            time: settings.time.clone(),
            columns: COLUMNS,
            next_id: 1,
            asked: BTreeMap::new(),
            outgoing: Outgoing::default(),
            pauses: Pauses::new(seed),
            here_since: None,
            was_here: false,
            reclaim: None,
            name_taken_since: None,
            lost_since: None,
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

    /// Takes one event, and says in `effects` what the world should do about it.
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

    /// When, by [`Now::elapsed`], there will be something to do though nothing has happened.
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

    /// Whether the server has not answered something yet.
    fn is_owed_an_answer(&self) -> bool {
        let is_waiting = !self.asked.is_empty() || self.outgoing.waits_for_answer();
        self.phase == Phase::Here && is_waiting
    }

    /// Whether an answer that is owed has not come in time. Not every event shows that: the answer may wait behind it.
    fn is_late(&self, now: &Now) -> bool {
        let is_over = self.answer_until.is_some_and(|until| now.elapsed >= until);
        is_over && self.is_owed_an_answer()
    }

    /// Does what its time has come for.
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

    /// Waits no longer for this connection.
    fn gives_up(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        effects.push(Effect::Disconnect);
        let reason = format!("{} does not answer.", self.settings.server);
        self.disconnected(now, Some(reason), effects);
    }

    /// Sends what may be sent now, and lets the input go on.
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

    /// Whether one is in the chat, in all rooms, and has seen what one missed.
    fn is_settled(&self) -> bool {
        let is_open = |purpose: &Purpose| *purpose != Purpose::Commands;
        self.phase == Phase::Here && !self.asked.values().any(is_open)
    }

    /// An id for the next request.
    fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Sends a request of the client's own.
    fn ask(&mut self, purpose: Purpose, request: &Request, effects: &mut Vec<Effect>) {
        let id = self.take_id();
        let object = wire::encode(request, None, "", id)
            .expect("what the client asks for itself says all that it needs");
        self.asked.insert(id, purpose);
        effects.push(Effect::Send(object));
    }

    /// Shows what came from the chat.
    fn show(&self, now: &Now, heard: &Heard, effects: &mut Vec<Effect>) {
        // With several rooms, each line says in which it was said.
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

    /// Marks a new day, and the place up to which the person has read, before a message.
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

    /// Tells what goes well.
    fn tell(text: &str, effects: &mut Vec<Effect>) {
        effects.push(Effect::Tell(Line::notice(text)));
    }

    /// Tells what does not.
    fn complain(text: &str, effects: &mut Vec<Effect>) {
        effects.push(Effect::Tell(Line::error(&format!("!! {text}"))));
    }
}
