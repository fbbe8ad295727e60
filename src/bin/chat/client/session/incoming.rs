//! Handles messages from the server.

use super::outgoing::{Item, Task};
use super::rooms::said;
use super::{ANSWER_WAIT, Phase, Purpose, Session};
use crate::client::heard::{self, Joined, Said};
use crate::client::{Bell, Effect, Heard, Line, Now, phrases};
use chatserv::chat::{Request, Secret};

impl Session {
    /// Handles a line of the server.
    pub(super) fn received(&mut self, now: &Now, line: &str, effects: &mut Vec<Effect>) {
        if !line.starts_with('{') {
            if let Phase::Greeting { .. } | Phase::Introduced { .. } = self.phase {
                self.greeted(now, line, effects);
            }
            return;
        }
        match heard::read(line) {
            Ok((heard, id)) => self.hear(now, heard, id, effects),
            Err(error) => {
                let message = format!("The server has sent a line that cannot be read: {error}.");
                let code = "unreadable".to_owned();
                // If the line is an answer, its request must not wait any longer.
                self.hear(now, Heard::Error { code, message }, heard::id(line), effects);
            }
        }
    }

    fn hear(&mut self, now: &Now, heard: Heard, id: Option<u64>, effects: &mut Vec<Effect>) {
        // Any object shows that the server works. The answer may follow it.
        self.answer_until = Some(now.elapsed + ANSWER_WAIT);
        if let Some(purpose) = id.and_then(|id| self.asked.remove(&id)) {
            return self.own_answer(now, purpose, heard, effects);
        }
        match id.and_then(|id| self.outgoing.answered(id)) {
            Some(item) => self.answered(now, item, heard, effects),
            None => self.unasked(now, heard, effects),
        }
    }

    /// Handles the answer to the client's own request.
    fn own_answer(
        &mut self,
        now: &Now,
        purpose: Purpose,
        answer: Heard,
        effects: &mut Vec<Effect>,
    ) {
        match (purpose, answer) {
            (Purpose::Connect, Heard::Connect { from, reclaim, reclaimed }) => {
                self.reclaim = reclaim.map(Secret);
                self.taken_in(now, &from, reclaimed, effects);
            }
            (Purpose::Connect, Heard::Error { code, message }) => {
                self.not_taken_in(now, &code, &message, effects);
            }
            (Purpose::Enter(room), Heard::Error { message, .. }) => {
                Self::complain(&message, effects);
                self.not_entered(&room, effects);
            }
            (Purpose::Enter(room), Heard::JoinRoom(joined)) => {
                self.rooms.set_spelling(&room, &joined.room);
                self.in_room(now, joined, effects);
            }
            // The user saw the answer to the first such request.
            (Purpose::Again | Purpose::Alive, _) => {}
            (Purpose::Older(room), answer) => self.older_told(now, &room, &answer, effects),
            (Purpose::Past(room), answer) => self.past_told(now, &room, &answer, effects),
            (Purpose::Commands, Heard::Help { commands }) => {
                let words = commands.into_iter().map(|command| command.command);
                effects.push(Effect::Commands(words.collect()));
            }
            (_, answer) => self.unasked(now, answer, effects),
        }
    }

    /// Handles the answer to a typed line.
    fn answered(&mut self, now: &Now, item: Item, answer: Heard, effects: &mut Vec<Effect>) {
        match &answer {
            Heard::Error { message, .. } => {
                self.refused_something = true;
                let what = if item.is_said() {
                    format!("Not sent: {} ({message})", item.typed)
                } else {
                    message.clone()
                };
                Self::complain(&what, effects);
                if item.changes_room() {
                    self.drop_misplaced(effects);
                }
                if let Task::Ask(Request::Unignore { name }) = &item.task {
                    self.wishes.forget_ignored(name);
                }
            }
            Heard::Ack { received_at, message_id, to, .. } => {
                let own = |text: &str| Said {
                    from: self.me.clone(),
                    message: text.to_owned(),
                    room: message_id.and(item.room().map(str::to_owned)),
                    message_id: *message_id,
                    to: to.clone(),
                    sent_at: Some(item.sent_at.clone()),
                    received_at: received_at.clone(),
                };
                let Task::Ask(request) = &item.task else {
                    return;
                };
                let own = match request {
                    Request::Chat { text, .. } => Heard::Chat(own(text)),
                    Request::Me { text, .. } => Heard::Me(own(text)),
                    Request::Private { text, .. } | Request::Reply { text } => {
                        Heard::Msg(own(text))
                    }
                    _ => return,
                };
                self.said(now, own, effects);
                // This names the recipients who are not in the chat.
                self.show(now, &answer, effects);
            }
            Heard::JoinRoom(joined) if item.changes_room() => {
                let room = joined.room.clone();
                self.in_room(now, joined.clone(), effects);
                self.rooms.switch(&room);
                self.outgoing.assign_room(self.rooms.current());
            }
            Heard::LeaveRoom { .. } if item.changes_room() => {
                self.unasked(now, answer, effects);
                self.outgoing.assign_room(self.rooms.current());
            }
            Heard::History { messages, room, gaps, .. }
                if messages.is_empty() && gaps.is_empty() =>
            {
                let text = format!("-- Nobody has said anything in {room} yet.");
                effects.push(Effect::Show(Line::notice(&text)));
            }
            // These change more than the screen.
            Heard::Bye { .. } | Heard::Shutdown { .. } | Heard::Nick { .. } => {
                self.unasked(now, answer, effects)
            }
            Heard::History { messages, room, .. } => {
                self.looked_back(room, messages);
                self.show(now, &answer, effects);
            }
            _ => {
                self.wishes.learn(&answer);
                self.show(now, &answer, effects);
            }
        }
    }

    /// Drops the lines that were typed after a `/join`, `/part` or `/switch` that has failed: their room is unknown.
    pub(super) fn drop_misplaced(&mut self, effects: &mut Vec<Effect>) {
        for item in self.outgoing.take_misplaced() {
            let what = format!("Not sent, since you are not in that room: {}", item.typed);
            Self::complain(&what, effects);
        }
        // A script does not see the prompt, and its next lines are not meant for the previous room.
        if !self.settings.interactive {
            self.rooms.switch_to_none();
        }
    }

    /// The user has joined a room on request.
    fn in_room(&mut self, now: &Now, joined: Joined, effects: &mut Vec<Effect>) {
        for name in joined.members.iter().flatten() {
            effects.push(Effect::Here(name.clone()));
        }
        self.entered(now, &joined, effects);
        // An empty lobby is not worth a line.
        if joined.room != "lobby" || joined.total != Some(1) {
            self.tell_heard(now, &Heard::JoinRoom(joined), effects);
        }
        effects.push(Effect::Rooms(self.rooms.names()));
    }

    /// Handles an object that answers no request.
    fn unasked(&mut self, now: &Now, heard: Heard, effects: &mut Vec<Effect>) {
        match &heard {
            Heard::Chat(_) | Heard::Me(_) | Heard::Msg(_) => {
                return self.said(now, heard, effects);
            }
            Heard::JoinRoom(joined) => {
                effects.push(Effect::Here(joined.from.clone()));
                if self.settings.interactive && joined.members.is_none() {
                    return self.moved(now, heard);
                }
            }
            Heard::LeaveRoom { room, from, .. } if *from == self.me => {
                self.rooms.leave(room);
                effects.push(Effect::Rooms(self.rooms.names()));
            }
            // With several rooms, the person may still be in another.
            Heard::LeaveRoom { from, reason, .. } => {
                if self.rooms.names().len() == 1 {
                    effects.push(Effect::Gone(from.clone()));
                }
                if self.settings.interactive && reason.is_none() {
                    return self.moved(now, heard);
                }
            }
            Heard::Nick { from, username } if *from == self.me => self.me = username.clone(),
            Heard::Nick { from, username } => {
                self.wishes.renamed(from, username);
                effects.push(Effect::Gone(from.clone()));
                effects.push(Effect::Here(username.clone()));
            }
            Heard::Error { code, message } => {
                if let Phase::Greeting { .. } | Phase::Introduced { .. } = self.phase {
                    return self.not_taken_in(now, code, message, effects);
                }
                return Self::complain(message, effects);
            }
            Heard::Notice { code: Some(code), .. } if code == "idle" && self.stays(now) => {
                return self.ask(Purpose::Alive, &Request::Ping, effects);
            }
            // It goes on by itself, so nothing is left to do for the user.
            Heard::Notice { code: Some(code), .. }
                if code == "restart" && self.settings.reconnect =>
            {
                return;
            }
            Heard::Bye { reason, message } => {
                return self.good_bye(now, reason, message, effects);
            }
            Heard::Shutdown { message } => {
                self.trouble = Some(message.clone());
                return;
            }
            _ => {}
        }
        self.tell_heard(now, &heard, effects);
    }

    /// Collects a join or leave, to be shown with others.
    fn moved(&mut self, now: &Now, heard: Heard) {
        if !self.settings.quiet {
            self.movements.push(heard, now.elapsed);
        }
    }

    /// Returns whether the user is still there, although nothing was typed for long: at the terminal, or behind an open
    /// pipe.
    fn stays(&self, now: &Now) -> bool {
        let is_here = self.presence.stays(now.elapsed) || !self.settings.interactive;
        is_here && !self.input_ended
    }

    /// Shows an object that is neither a message nor an answer.
    pub(super) fn tell_heard(&self, now: &Now, heard: &Heard, effects: &mut Vec<Effect>) {
        if self.settings.quiet && phrases::comes_or_goes(heard, &self.me) {
            return;
        }
        let before = effects.len();
        self.show(now, heard, effects);
        for effect in &mut effects[before..] {
            if let Effect::Show(line) = effect {
                *effect = Effect::Tell(std::mem::take(line));
            }
        }
    }

    /// Returns whether messages of this person are shown.
    pub(super) fn is_wanted(&self, from: &str) -> bool {
        // A program knows its own messages.
        let is_known = from == self.me && !self.settings.interactive;
        !is_known && !self.wishes.ignores(from)
    }

    /// Handles a message, perhaps of the user.
    pub(super) fn said(&mut self, now: &Now, heard: Heard, effects: &mut Vec<Effect>) {
        let Some(message) = said(&heard) else { return };
        let id = message.message_id;
        let room = message.room.as_deref().and_then(|room| self.rooms.find(room));
        let heard = match room {
            Some(room) => match room.receive(id, heard) {
                Some(heard) => heard,
                None if room.waits_too_long() => return self.gives_up(now, effects),
                None => return,
            },
            None => heard,
        };
        let from = said(&heard).map_or("", |message| &message.from);
        if !self.is_wanted(from) {
            return;
        }
        let from = from.to_owned();
        let calls = phrases::calls(&heard, &self.me);
        if from != self.me {
            self.mark(now, effects);
            effects.push(Effect::Spoke(from));
            let room = said(&heard).and_then(|message| message.room.as_deref());
            if let Some(room) = room.and_then(|room| self.rooms.find(room)) {
                room.count_unseen(calls);
            }
        }
        self.show(now, &heard, effects);
        let rings = match self.bell {
            Bell::On => calls,
            Bell::All => phrases::speaks(&heard, &self.me),
            Bell::Off => false,
        };
        if rings {
            effects.push(Effect::Ring);
        }
    }
}
