//! What was typed: something to say, something to do, an answer to a question.

use chatserv::chat::{Request, Timestamps};

use super::outgoing::{Item, Place};
use super::phase::Question;
use super::{ANSWER_WAIT, PROMPT_WAIT, Phase, Session};
use crate::client::wire::{self, Typed};
use crate::client::{Bell, Effect, Now};

/// How many of the lines that wait for an answer are shown with the question.
const HELD_SHOWN_MAX: usize = 5;

impl Session {
    /// A line was typed.
    pub(super) fn typed(&mut self, now: &Now, line: &str, effects: &mut Vec<Effect>) {
        if self.input_ended {
            return;
        }
        self.turn_owed = true;
        // Completion leaves a blank behind a name. What a program writes is passed on as it is.
        let line = if self.settings.interactive {
            line.trim_end()
        } else {
            line
        };
        match self.phase {
            Phase::Naming { connected } if self.was_here => {
                return self.renamed(now, line, connected, effects);
            }
            Phase::Naming { connected } => return self.named(now, line, connected, effects),
            Phase::Asleep => {
                self.understood(now, line, effects);
                return self.connect(effects);
            }
            Phase::Leaving { .. } | Phase::Ended => return,
            _ => {}
        }
        if self.question != Question::None && self.answered_question(line, effects) {
            return;
        }
        self.understood(now, line, effects);
    }

    /// Does what a line means.
    fn understood(&mut self, now: &Now, line: &str, effects: &mut Vec<Effect>) {
        match wire::understand(line) {
            Typed::Nothing => {}
            Typed::Ask(Request::Quit) => self.input_ended(now, effects),
            Typed::Ask(Request::Join { room, .. })
                if !self.outgoing.place_is_open() && self.rooms.switch(&room.text) => {}
            Typed::Ask(request) => self.take(now, line, request, effects),
            Typed::Switch(room) => self.switch(room.as_deref(), effects),
            Typed::Bell(choice) => {
                self.bell = choice.unwrap_or(self.bell);
                let text = match self.bell {
                    Bell::On => "-- The bell rings when somebody speaks to you.",
                    Bell::Off => "-- The bell never rings.",
                    Bell::All => "-- The bell rings whenever somebody says something.",
                };
                Self::tell(text, effects);
            }
            Typed::Timestamps(choice) => self.timestamps(choice, effects),
            Typed::Told(text) => Self::tell(&format!("-- {text}"), effects),
            Typed::Refused(why) => {
                self.refused_something = true;
                Self::complain(&why, effects);
            }
        }
    }

    /// One wants to speak in this room, or in the next one.
    pub(super) fn switch(&mut self, room: Option<&str>, effects: &mut Vec<Effect>) {
        let Some(room) = room else {
            if self.rooms.names().len() < 2 {
                Self::tell(
                    "-- You are in no other room. /join ROOM goes to one.",
                    effects,
                );
            }
            return self.rooms.switch_to_next();
        };
        if !self.rooms.switch(room) {
            let why = format!("You are not in {room}. Type /join {room}.");
            Self::complain(&why, effects);
            if !self.settings.interactive {
                self.rooms.switch_to_none();
            }
        }
    }

    /// Something was typed while somebody else has one's name. It is as likely half of a conversation as a name.
    fn renamed(&mut self, now: &Now, line: &str, connected: bool, effects: &mut Vec<Effect>) {
        match wire::understand(line) {
            Typed::Ask(Request::Nick { name }) => self.named(now, &name.text, connected, effects),
            Typed::Ask(Request::Quit) => self.input_ended(now, effects),
            Typed::Nothing => {}
            _ => {
                Self::complain("You have no name yet. /nick NAME takes one.", effects);
            }
        }
    }

    /// Another name was typed.
    fn named(&mut self, now: &Now, line: &str, connected: bool, effects: &mut Vec<Effect>) {
        let name = line.trim();
        if name.is_empty() {
            return;
        }
        self.me = name.to_owned();
        if connected {
            self.introduce(now, effects);
        } else {
            self.connect(effects);
        }
    }

    /// Something is to be said or done.
    fn take(&mut self, now: &Now, line: &str, request: Request, effects: &mut Vec<Effect>) {
        // A line with a password is not shown again.
        let typed = match request {
            Request::Op { .. } => "/op",
            _ => line.trim(),
        };
        let place = if self.outgoing.place_is_open() {
            Place::Next
        } else {
            Place::In(self.rooms.current().map(str::to_owned))
        };
        let item = Item {
            typed: typed.to_owned(),
            request,
            place,
            sent_as: None,
            sent_at: now.wall.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
        };
        // Whoever presses Enter to come back wants the line to be said.
        let is_wanted = matches!(self.phase, Phase::Here | Phase::Asleep);
        if is_wanted || !self.settings.interactive {
            self.outgoing.push(item);
        } else if item.is_said() {
            self.outgoing.hold(item);
            let text = "-- There is no connection. The line waits until there is one.";
            Self::tell(text, effects);
        } else {
            let why = format!("There is no connection, so this cannot be done: {typed}");
            Self::complain(&why, effects);
        }
    }

    /// Sends something that was typed.
    pub(super) fn send_item(&mut self, now: &Now, item: Item, effects: &mut Vec<Effect>) {
        let id = self.take_id();
        if item.may_be_said_twice() {
            let text = format!(
                "-- Sent again, since nobody knows if it arrived: {}",
                item.typed
            );
            Self::tell(&text, effects);
        }
        let object = match wire::encode(&item.request, item.room(), &item.sent_at, id) {
            Ok(object) => object,
            Err(why) => {
                self.refused_something = true;
                return Self::complain(&why, effects);
            }
        };
        if !self.outgoing.waits_for_answer() {
            self.answer_until = Some(now.elapsed + ANSWER_WAIT);
        }
        if item.changes_room() && self.turn_owed && self.settings.interactive {
            self.turn_waits = Some((id, now.elapsed + PROMPT_WAIT));
        }
        self.outgoing.sent(id, object.len(), item);
        effects.push(Effect::Send(object));
    }

    /// Asks whether what was typed without a connection should still be sent.
    pub(super) fn ask_about_held(&mut self, effects: &mut Vec<Effect>) {
        let held = self.outgoing.held();
        let count = held.len();
        if count == 0 || self.question != Question::None {
            return;
        }
        let lines = if count == 1 {
            "1 line"
        } else {
            &format!("{count} lines")
        };
        let text = format!("-- Not sent while there was no connection, or perhaps not: {lines}:");
        Self::tell(&text, effects);
        let shown: Vec<_> = held
            .take(HELD_SHOWN_MAX)
            .map(|item| item.typed.clone())
            .collect();
        for typed in &shown {
            Self::tell(&format!("--   {typed}"), effects);
        }
        if count > shown.len() {
            Self::tell(&format!("--   and {} more", count - shown.len()), effects);
        }
        Self::tell("-- Send them now? Type y or n.", effects);
        self.question = Question::Told;
    }

    /// Takes the answer to that question. Somebody who was typing when it came may finish that line first; from then on
    /// the prompt asks, and nothing else is an answer.
    fn answered_question(&mut self, line: &str, effects: &mut Vec<Effect>) -> bool {
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => self.outgoing.release(),
            "n" | "no" => {
                self.outgoing.forget_held();
                Self::tell("-- They are not sent.", effects);
            }
            _ if self.question == Question::Told => {
                self.question = Question::InPrompt;
                return false;
            }
            _ => {
                Self::complain("Please type y or n.", effects);
                return true;
            }
        }
        self.question = Question::None;
        true
    }

    /// How times are shown from now on.
    fn timestamps(&mut self, choice: Option<Timestamps>, effects: &mut Vec<Effect>) {
        match choice {
            None => {}
            Some(Timestamps::Off) => self.time.clear(),
            Some(Timestamps::Time) => "%H:%M".clone_into(&mut self.time),
            Some(Timestamps::Date) => "%Y-%m-%d %H:%M".clone_into(&mut self.time),
        }
        let text = if self.time.is_empty() {
            "-- Times are not shown."
        } else {
            "-- Times are shown, by the clock of whoever speaks."
        };
        Self::tell(text, effects);
    }
}
