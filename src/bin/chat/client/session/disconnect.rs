//! Lost connections, and the end.

use std::time::Duration;

use chatserv::chat::Request;

use super::question::Question;
use super::{Phase, Session};
use crate::client::phrases::counted;
use crate::client::{Effect, Ending, Now, wire};

/// The timeout of the server's goodbye.
const GOOD_BYE_WAIT: Duration = Duration::from_secs(2);

/// A connection that has lasted this long resets the delay before a reconnect.
const GOOD_TIME: Duration = Duration::from_secs(10);

/// How long a pipe tries to reconnect, since a script must not hang forever.
const PIPE_PATIENCE: Duration = Duration::from_secs(120);

impl Session {
    /// The connection has ended.
    pub(super) fn disconnected(
        &mut self,
        now: &Now,
        reason: Option<String>,
        effects: &mut Vec<Effect>,
    ) {
        match self.phase {
            Phase::Leaving { .. } => self.end(effects),
            Phase::Naming { .. } => self.phase = Phase::Naming { connected: false },
            Phase::Asleep | Phase::Waiting { .. } | Phase::Ended => {}
            Phase::Here => self.lost(now, reason, effects),
            Phase::Connecting | Phase::Greeting { .. } | Phase::Introduced { .. } => {
                self.asked.clear();
                let reason = self.trouble.take().or(reason);
                self.not_admitted(now, reason, effects);
            }
        }
    }

    /// The user was in the chat, and the connection is lost.
    fn lost(&mut self, now: &Now, reason: Option<String>, effects: &mut Vec<Effect>) {
        self.forget_connection(effects);
        if self.input_ended && self.settings.interactive {
            return self.end(effects);
        }
        let was_good = |since: Duration| now.elapsed >= since + GOOD_TIME;
        if self.here_since.take().is_some_and(was_good) {
            self.pauses.reset();
        }
        let reason = match self.trouble.take().or(reason) {
            Some(reason) => format!("The connection is lost: {}.", reason.trim_end_matches('.')),
            None => "The connection is lost.".into(),
        };
        if !self.settings.reconnect {
            Self::complain(&reason, effects);
            return self.end_as(Ending::Refused, effects);
        }
        Self::complain(&format!("{reason} Trying again ..."), effects);
        self.lost_since = Some(now.elapsed);
        self.servers.go_on();
        self.try_again(now, None, effects);
    }

    /// The server is about to restart and has sent the user away: connects to the next one at once. The server has answered
    /// everything that it took, so what is unanswered has not arrived, and is sent there.
    fn move_on(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        effects.push(Effect::Disconnect);
        self.forget_requests();
        self.outgoing.sent_away();
        self.here_since = None;
        self.pauses.reset();
        self.lost_since = Some(now.elapsed);
        self.is_moving = true;
        let from = self.servers.current().to_owned();
        self.servers.go_on();
        let to = self.servers.current();
        let text = match self.servers.are_several() {
            true => format!("-- {from} restarts. Moving to {to} ..."),
            false => format!("-- {from} restarts. Connecting again ..."),
        };
        Self::tell(&text, effects);
        self.connect(effects);
    }

    /// Resets what ended with the connection, and keeps unacknowledged messages.
    fn forget_connection(&mut self, effects: &mut Vec<Effect>) {
        self.forget_requests();
        for item in self.outgoing.lost(&self.me) {
            self.refused_something = true;
            let what = format!("The connection was lost before the answer to {}", item.typed);
            Self::complain(&what, effects);
        }
        if self.settings.interactive {
            self.outgoing.hold_all();
        }
    }

    /// Resets what ended with the connection, except for the user's lines.
    fn forget_requests(&mut self) {
        self.asked.clear();
        self.pasts.clear();
        // It will be asked again, about all lines that are held by then.
        self.question.retain(|question| *question != Question::Held);
        self.is_woken = false;
        self.answer_until = None;
        self.rooms.lost();
    }

    /// Schedules the next attempt to connect.
    pub(super) fn try_again(
        &mut self,
        now: &Now,
        reason: Option<String>,
        effects: &mut Vec<Effect>,
    ) {
        // From now on it is a lost connection like any other.
        if std::mem::take(&mut self.is_moving) && self.settings.interactive {
            self.outgoing.hold_all();
        }
        let since = *self.lost_since.get_or_insert(now.elapsed);
        if !self.settings.interactive && now.elapsed >= since + PIPE_PATIENCE {
            let seconds = PIPE_PATIENCE.as_secs();
            let text = format!("The server could not be reached for {seconds} seconds.");
            Self::complain(&text, effects);
            return match self.outgoing.undelivered() {
                0 => self.end_as(Ending::Refused, effects),
                _ => self.end(effects),
            };
        }
        // The same reason every half minute would only fill the screen.
        if reason.is_some() && reason != self.told_trouble {
            let text = format!("-- {}", reason.as_deref().unwrap_or_default());
            Self::tell(&text, effects);
            self.told_trouble = reason;
        }
        self.phase = Phase::Waiting { until: now.elapsed + self.pauses.next() };
    }

    /// The server has announced that it closes the connection.
    pub(super) fn good_bye(
        &mut self,
        now: &Now,
        reason: &str,
        message: &str,
        effects: &mut Vec<Effect>,
    ) {
        match reason {
            "restart" if self.settings.reconnect && self.phase == Phase::Here => {
                self.move_on(now, effects);
            }
            "quit" => self.end(effects),
            "idle" if self.settings.reconnect => {
                effects.push(Effect::Disconnect);
                self.forget_connection(effects);
                let text = if self.settings.interactive {
                    format!("-- {message} You were idle too long. Press Enter to reconnect.")
                } else {
                    format!("-- {message} The pipe was idle too long. Its next line reconnects.")
                };
                Self::tell(&text, effects);
                self.phase = Phase::Asleep;
                self.pauses.reset();
            }
            // After `reclaimed`, a new attempt would take the name from the user's other client.
            "idle" | "kicked" | "banned" | "reclaimed" => {
                effects.push(Effect::Disconnect);
                Self::complain(&self.trouble.take().unwrap_or(message.to_owned()), effects);
                self.end_as(Ending::Refused, effects);
            }
            // An error with more details may have come before.
            _ => {
                self.trouble.get_or_insert(message.to_owned());
            }
        }
    }

    /// The input has ended.
    pub(super) fn input_ended(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        self.input_ended = true;
        let on_their_way = !self.outgoing.is_idle();
        if self.phase == Phase::Here {
            if self.settings.interactive && on_their_way {
                let text = "-- Some lines are still on their way. Ctrl-C leaves at once.";
                Self::tell(text, effects);
            }
        } else if self.settings.interactive || !on_their_way {
            self.interrupted(now, effects);
        }
    }

    /// The user wants the client to end now.
    pub(super) fn interrupted(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Here => self.quit(now, effects),
            _ => self.end(effects),
        }
    }

    /// Tells the server that the user leaves.
    pub(super) fn quit(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        let id = self.take_id();
        if let Ok(object) = wire::encode(&Request::Quit, None, "", id) {
            effects.push(Effect::Send(object));
        }
        self.phase = Phase::Leaving { until: now.elapsed + GOOD_BYE_WAIT };
    }

    /// Ends the session on the user's request.
    pub(super) fn end(&mut self, effects: &mut Vec<Effect>) {
        effects.push(Effect::Disconnect);
        // A pipe that waits for its turn may have more lines.
        let is_unread = self.turn_owed && !self.input_ended;
        if is_unread && !self.settings.interactive {
            self.refused_something = true;
            Self::complain("The rest of the input was not read.", effects);
        }
        let ending = match self.outgoing.undelivered() {
            0 if self.refused_something && !self.settings.interactive => Ending::Undelivered,
            0 => Ending::Left,
            _ => Ending::Undelivered,
        };
        self.end_as(ending, effects);
    }

    /// Ends the session with this result, and reports undelivered lines.
    pub(super) fn end_as(&mut self, ending: Ending, effects: &mut Vec<Effect>) {
        let undelivered = self.outgoing.undelivered();
        if undelivered > 0 {
            let lines = counted(undelivered, "line", "lines");
            Self::complain(&format!("{lines} may not have been delivered."), effects);
        }
        self.phase = Phase::Ended;
        effects.push(Effect::End(ending));
    }
}
