//! Handles typed lines: messages, commands, and answers to questions.

use chatserv::chat::{Request, Target, Timestamps};
use chatserv::protocol::{clean, is_blank};

use super::outgoing::{Item, Place, Task};
use super::question::{Question, is_final};
use super::{ANSWER_WAIT, Phase, Session};
use crate::client::wire::{self, Typed};
use crate::client::{Bell, Effect, Line, Now};

impl Session {
    /// Handles a typed line.
    pub(super) fn typed(&mut self, now: &Now, line: &str, effects: &mut Vec<Effect>) {
        self.taken += 1;
        if self.input_ended {
            return;
        }
        self.turn_owed = true;
        // Completion leaves a blank after a name. Lines of a program are not changed.
        let line = if self.settings.interactive { line.trim_end() } else { line };
        match self.phase {
            Phase::Naming { connected } if self.was_here => {
                return self.renamed(now, line, connected, effects);
            }
            Phase::Naming { connected } => return self.named(now, line, connected, effects),
            Phase::Asleep => {
                self.is_woken = true;
                self.understood(now, line, effects);
                self.lost_since = Some(now.elapsed);
                return self.connect(effects);
            }
            Phase::Leaving { .. } | Phase::Ended => return,
            _ => {}
        }
        // A user who types something else has not agreed, and a later `y` may be meant for another person.
        if let Some(Question::Confirm(..)) = self.question.front() {
            self.answered_question(now, false, effects);
        }
        self.understood(now, line, effects);
    }

    /// Executes a parsed line.
    fn understood(&mut self, now: &Now, line: &str, effects: &mut Vec<Effect>) {
        match wire::understand_as(line, self.settings.reading) {
            Typed::Nothing => {}
            Typed::Ask(Request::Quit) => self.input_ended(now, effects),
            Typed::Ask(Request::Join { room, .. })
                if !self.outgoing.place_is_open() && self.rooms.switch(&room.text) =>
            {
                self.switched(effects);
            }
            Typed::Ask(request) if self.settings.interactive && is_final(&request) => {
                self.question.push_back(Question::Confirm(line.to_owned(), request));
            }
            Typed::Ask(request) => self.take(now, line, request, effects),
            Typed::Switch(room) => self.switch_in_order(now, line, room, effects),
            Typed::Bell(choice) => {
                self.bell = choice.unwrap_or(self.bell);
                let text = match self.bell {
                    Bell::On => "-- The bell rings when somebody mentions you or writes to you.",
                    Bell::Off => "-- The bell never rings.",
                    Bell::All => "-- The bell rings for every message.",
                };
                Self::tell(text, effects);
            }
            Typed::Timestamps(choice) => self.timestamps(choice, effects),
            Typed::Told(text) => {
                effects.push(Effect::Show(Line::notice(&format!("-- {text}"))));
            }
            Typed::Refused(reason) => {
                self.refused_something = true;
                Self::complain(&reason, effects);
            }
        }
    }

    /// Handles pasted lines, without the blank ones. If `asks`, the user is asked first.
    pub(super) fn pasted(
        &mut self,
        now: &Now,
        mut lines: Vec<String>,
        asks: bool,
        effects: &mut Vec<Effect>,
    ) {
        self.taken += 1;
        lines.retain(|line| !is_blank(line));
        match self.phase {
            Phase::Naming { .. } => {
                Self::complain("You have no name yet. Nothing was sent.", effects);
            }
            Phase::Leaving { .. } | Phase::Ended => {}
            _ if asks => self.question.push_back(Question::Pasted(lines)),
            _ => self.say_lines(now, lines, effects),
        }
    }

    /// Sends lines as text, even if they look like commands.
    pub(super) fn say_lines(&mut self, now: &Now, lines: Vec<String>, effects: &mut Vec<Effect>) {
        for line in lines {
            let text = clean(line.as_bytes()).text;
            let request = Request::Chat { target: Target::Here, text, sent_at: None };
            self.take(now, &line, request, effects);
        }
    }

    /// Drops the messages that wait to be sent.
    pub(super) fn drop_waiting(&mut self, effects: &mut Vec<Effect>) {
        let text = match self.outgoing.drop_waiting() {
            0 => "-- Everything has already been sent. Press Ctrl-C again to leave.".to_owned(),
            1 => "-- 1 line was not sent.".to_owned(),
            count => format!("-- {count} lines were not sent."),
        };
        Self::tell(&text, effects);
    }

    /// Switches the current room to this or the next one, after unacknowledged `/join`s and `/part`s.
    pub(super) fn switch_in_order(
        &mut self,
        now: &Now,
        line: &str,
        room: Option<String>,
        effects: &mut Vec<Effect>,
    ) {
        if self.outgoing.place_is_open() {
            let item = self.item(now, line, Task::Switch(room));
            self.outgoing.push(item);
        } else {
            self.switch(room.as_deref(), effects);
        }
    }

    /// Makes the next room with unseen messages the current one.
    pub(super) fn switch_to_unseen(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        match self.rooms.next_unseen() {
            Some(room) => self.switch_in_order(now, "", Some(room), effects),
            None => Self::tell("-- There is nothing new in your other rooms.", effects),
        }
    }

    /// Makes this room the current one, or the next room if there is none.
    fn switch(&mut self, room: Option<&str>, effects: &mut Vec<Effect>) {
        let Some(room) = room else {
            if self.rooms.names().len() < 2 {
                let text = "-- You are in no other room. /join ROOM joins one.";
                Self::tell(text, effects);
            }
            self.rooms.switch_to_next();
            return self.switched(effects);
        };
        if self.rooms.switch(room) {
            return self.switched(effects);
        }
        self.refused_something = true;
        let reason = format!("You are not in {room}. /join {room} joins it.");
        Self::complain(&reason, effects);
        self.drop_misplaced(effects);
    }

    fn switched(&mut self, effects: &mut Vec<Effect>) {
        self.outgoing.assign_room(self.rooms.current());
        if self.settings.interactive
            && self.rooms.names().len() > 1
            && let Some(room) = self.rooms.current()
        {
            Self::tell(&format!("-- You are now in {room}."), effects);
        }
    }

    /// Handles a line that was typed while the user's name is taken. The line may be a new name, or a part of a
    /// conversation.
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

    /// Handles a new name.
    fn named(&mut self, now: &Now, line: &str, connected: bool, effects: &mut Vec<Effect>) {
        let name = line.trim();
        if name.is_empty() {
            return;
        }
        if wire::understand(name) == Typed::Ask(Request::Quit) {
            return self.input_ended(now, effects);
        }
        self.me = name.to_owned();
        if connected {
            self.introduce(now, effects);
        } else {
            self.connect(effects);
        }
    }

    /// Queues a request.
    pub(super) fn take(
        &mut self,
        now: &Now,
        line: &str,
        request: Request,
        effects: &mut Vec<Effect>,
    ) {
        let item = self.item(now, line, Task::Ask(request));
        // A user who presses Enter to reconnect wants the line to be sent.
        if self.phase == Phase::Here
            || self.is_woken
            || self.is_moving
            || !self.was_here
            || !self.settings.interactive
        {
            self.outgoing.push(item);
        } else if item.is_said() {
            self.outgoing.hold(item);
            let text = "-- You are not connected. Your line is kept.";
            Self::tell(text, effects);
        } else {
            let typed = item.typed;
            let reason = format!("You are not connected, so this was not done: {typed}");
            Self::complain(&reason, effects);
        }
    }

    /// Creates an item for a line that was just typed.
    fn item(&self, now: &Now, line: &str, task: Task) -> Item {
        // A line with a password is not shown again.
        let typed = match task {
            Task::Ask(Request::Op { .. }) => "/op",
            _ => line.trim(),
        };
        let place = if self.outgoing.place_is_open() {
            Place::Next
        } else {
            Place::In(self.rooms.current().map(str::to_owned))
        };
        Item {
            typed: typed.to_owned(),
            task,
            place,
            sent_at: now.wall.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
            sent_as: None,
        }
    }

    /// Sends an item.
    pub(super) fn send_item(&mut self, now: &Now, item: Item, effects: &mut Vec<Effect>) {
        if item.may_be_said_twice() {
            let text = format!("-- Sent again, since it may not have arrived: {}", item.typed);
            Self::tell(&text, effects);
        }
        let request = match &item.task {
            Task::Ask(request) => request,
            Task::Switch(room) => return self.switch(room.as_deref(), effects),
        };
        let id = self.take_id();
        let object = match wire::encode(request, item.room(), &item.sent_at, id) {
            Ok(object) => object,
            Err(reason) => {
                self.refused_something = true;
                Self::complain(&reason, effects);
                if item.changes_room() {
                    self.drop_misplaced(effects);
                }
                return;
            }
        };
        if !self.outgoing.waits_for_answer() {
            self.answer_until = Some(now.elapsed + ANSWER_WAIT);
        }
        self.outgoing.sent(id, object.len(), item);
        effects.push(Effect::Send(object));
    }

    /// Shows or changes how times are shown.
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
            "-- Times are shown, by the sender's clock."
        };
        Self::tell(text, effects);
    }
}
