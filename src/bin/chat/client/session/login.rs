//! Connecting, logging in, and joining the rooms.

use std::time::Duration;

use chatserv::chat::{self, Request};

use super::{ANSWER_WAIT, Ending, Phase, Purpose, Session};
use crate::client::{Effect, Now};

/// The timeout of the server's greeting. On the main port it comes at once, on the JSON port never.
const GREETING_WAIT: Duration = Duration::from_millis(500);

/// How long the user's own dead connection may hold the name: the server notices later than the client that a connection
/// is dead.
const GHOST_TIME: Duration = Duration::from_secs(60);

/// How often to request the name meanwhile.
const GHOST_PAUSE: Duration = Duration::from_secs(2);

/// The greeting of the main port. It does not answer a request.
const PROMPT: &str = "server: Input username.";

/// The greeting of a server without names.
const ANONYMOUS: &str = "server: Your id is:";

/// The begin of the line for banned users. On the main port it is sent before the client can switch to JSON.
const BANNED: &str = "server: You are banned";

impl Session {
    /// Opens a connection.
    pub(super) fn connect(&mut self, effects: &mut Vec<Effect>) {
        if !self.was_here && self.lost_since.is_none() {
            Self::tell("Connecting to server ...", effects);
        }
        self.phase = Phase::Connecting;
        effects.push(Effect::Connect(self.servers.place()));
    }

    /// The connection is established.
    pub(super) fn connected(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        if !self.was_here {
            let text = "Connection to server established. Sending intro message...";
            Self::tell(text, effects);
        }
        self.trouble = None;
        self.phase = Phase::Greeting { until: now.elapsed + GREETING_WAIT };
    }

    /// The connection could not be established.
    pub(super) fn not_connected(&mut self, now: &Now, reason: String, effects: &mut Vec<Effect>) {
        self.not_admitted(now, Some(reason), effects);
    }

    /// The server has not admitted the user. Tries the next one, now or later, unless the user was never in the chat.
    pub(super) fn not_admitted(
        &mut self,
        now: &Now,
        reason: Option<String>,
        effects: &mut Vec<Effect>,
    ) {
        let default = || format!("{} has closed the connection.", self.servers.current());
        if self.lost_since.is_some() {
            return match self.servers.count_failure() {
                true => self.connect(effects),
                false => self.try_again(now, reason, effects),
            };
        }
        let reason = reason.unwrap_or_else(default);
        if self.servers.count_failure() {
            Self::tell(&format!("-- {reason}"), effects);
            return self.connect(effects);
        }
        Self::complain(&reason, effects);
        self.end_as(Ending::Refused, effects);
    }

    /// Handles a line that is not an object, before the login. It shows what the server is.
    pub(super) fn greeted(&mut self, now: &Now, line: &str, effects: &mut Vec<Effect>) {
        if line == PROMPT {
            // It may come after the timeout.
            if let Phase::Greeting { .. } = self.phase {
                self.introduce(now, effects);
            }
            return;
        }
        let server = self.servers.current();
        let reason = if line.starts_with(ANONYMOUS) {
            let telnet = server.rsplit_once(':').map_or(server.to_owned(), |(host, port)| {
                format!("{} {port}", host.trim_matches(['[', ']']))
            });
            format!("This chat is anonymous, so only telnet can join it: telnet {telnet}")
        } else if let Some(words) = line.strip_prefix("server: ") {
            if line.starts_with(BANNED) {
                effects.push(Effect::Disconnect);
                Self::complain(words, effects);
                return self.end_as(Ending::Refused, effects);
            }
            // This is probably a refusal. If so, the connection will end.
            self.trouble = Some(words.to_owned());
            return;
        } else if line.is_empty() {
            return;
        } else {
            let begin: String = line.chars().take(60).collect();
            format!("{server} is not a chat server. It sends: {begin}")
        };
        effects.push(Effect::Disconnect);
        Self::complain(&reason, effects);
        self.end_as(Ending::Refused, effects);
    }

    /// Sends the user's name.
    pub(super) fn introduce(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        self.phase = Phase::Introduced { until: now.elapsed + ANSWER_WAIT };
        let (name, word) = (Some(as_typed(&self.me)), self.reclaim.clone());
        self.ask(Purpose::Connect, &Request::Connect { name, word }, effects);
    }

    /// The user is in the chat, with this name. If the user has reclaimed it, the server still has the user's settings, but
    /// not the operator rights.
    pub(super) fn taken_in(
        &mut self,
        now: &Now,
        name: &str,
        reclaimed: bool,
        effects: &mut Vec<Effect>,
    ) {
        let text = match self.was_here {
            true if self.servers.are_several() => {
                format!("-- Reconnected, to {}.", self.servers.current())
            }
            true => "-- Reconnected.".to_owned(),
            false => "Registration successful.  Ready for messaging!".to_owned(),
        };
        Self::tell(&text, effects);
        self.servers.reset_failures();
        self.phase = Phase::Here;
        self.me = name.to_owned();
        self.here_since = Some(now.elapsed);
        self.name_taken_since = None;
        if self.wishes.take_operator() {
            Self::tell("-- You are no longer an operator. /op makes you one again.", effects);
        }
        // Settings come first, so that nothing unwanted is heard in a room.
        if reclaimed {
            self.rooms.taken_back();
        } else {
            for request in self.wishes.again() {
                self.ask(Purpose::Again, &request, effects);
            }
        }
        for room in self.rooms.names() {
            self.ask_to_enter(room, effects);
        }
        self.answer_until = Some(now.elapsed + ANSWER_WAIT);
        if self.settings.interactive && !self.was_here {
            self.ask(Purpose::Commands, &Request::Help { about: None }, effects);
        }
        self.was_here = true;
        self.is_woken = false;
        self.is_moving = false;
        self.lost_since = None;
    }

    fn ask_to_enter(&mut self, room: String, effects: &mut Vec<Effect>) {
        let request = Request::Join { room: as_typed(&room), history: None };
        self.ask(Purpose::Enter(room), &request, effects);
    }

    /// The server has refused the login.
    pub(super) fn not_taken_in(
        &mut self,
        now: &Now,
        code: &str,
        message: &str,
        effects: &mut Vec<Effect>,
    ) {
        // The word is wrong if somebody else has taken the name, perhaps after a restart of the server.
        let is_wrong_word = ["wrong_reclaim", "too_many_reclaims"].contains(&code);
        if is_wrong_word {
            self.reclaim = None;
        }
        let code = if is_wrong_word { "name_taken" } else { code };
        if code == "name_taken" && self.was_here {
            let since = *self.name_taken_since.get_or_insert_with(|| {
                let seconds = GHOST_TIME.as_secs();
                let text = format!(
                    "-- {} is taken, perhaps by your own lost connection. Trying again for {seconds} s ...",
                    self.me
                );
                Self::tell(&text, effects);
                now.elapsed
            });
            if now.elapsed < since + GHOST_TIME {
                effects.push(Effect::Disconnect);
                self.phase = Phase::Waiting { until: now.elapsed + GHOST_PAUSE };
                return;
            }
        }
        match code {
            "name_taken" | "name_refused" | "name_banned" if self.settings.interactive => {
                Self::complain(message, effects);
                if self.was_here {
                    Self::tell("-- /nick NAME takes another name.", effects);
                }
                self.phase = Phase::Naming { connected: true };
            }
            // The server ends the connection, too, and then the client reconnects or ends.
            "full" | "too_many_connections" | "no_thread" | "banned" => {
                self.trouble = Some(message.to_owned());
            }
            _ => {
                Self::complain(message, effects);
                effects.push(Effect::Disconnect);
                self.end_as(Ending::Refused, effects);
            }
        }
    }

    /// The user could not join one of the first rooms.
    pub(super) fn not_entered(&mut self, room: &str, effects: &mut Vec<Effect>) {
        self.rooms.leave(room);
        effects.push(Effect::Rooms(self.rooms.names()));
        // The lines of a pipe may be meant for that room.
        if !self.settings.interactive {
            effects.push(Effect::Disconnect);
            self.end_as(Ending::Refused, effects);
        }
    }
}

/// A name as it was typed. The server checks it.
fn as_typed(name: &str) -> chat::Line {
    chat::Line { text: name.to_owned(), altered: false }
}
