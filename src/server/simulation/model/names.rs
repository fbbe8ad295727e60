//! Names, coming and going.

use super::super::words::{Words, seconds};
use super::{ClientId, LOBBY, Model, Protocol, Scope, Told, bye, not_yourself};
use crate::config::limits;

impl Model {
    pub(super) fn choose_name(&mut self, id: ClientId, name: &str) {
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

    pub(super) fn refuse(&mut self, id: ClientId, sentence: &str) {
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

    pub(super) fn quit(&mut self, id: ClientId) {
        self.tell(id, &bye("quit", "Bye!").answer().last());
        self.dismiss(id, None, false);
    }

    pub(super) fn close(&mut self, id: ClientId, code: u16) {
        let bytes = [&[0x88, 2], &code.to_be_bytes()[..]].concat();
        self.told.push(Told { client: id, bytes });
        self.dismiss(id, None, code == 1_000);
    }

    pub(super) fn endless(&mut self, id: ClientId) {
        let sentence = "That line is too long: 65536 bytes without an end. Goodbye.";
        self.tell(id, &bye("endless_line", sentence).last());
        self.dismiss(id, None, false);
    }

    /// The server ends the connection, perhaps for somebody who has kicked the client.
    pub(super) fn dismiss(&mut self, id: ClientId, kicked_by: Option<&str>, may_come_back: bool) {
        self.ended.push(id);
        self.leave(id, kicked_by, may_come_back);
    }

    pub(super) fn leave(&mut self, id: ClientId, kicked_by: Option<&str>, may_come_back: bool) {
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

    pub(super) fn kick(&mut self, id: ClientId, name: &str) {
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
    pub(super) fn someone_else(&mut self, id: ClientId, name: &str) -> Option<ClientId> {
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

    pub(super) fn nick(&mut self, id: ClientId, to: &str) {
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

    pub(super) fn show_times(&mut self, id: ClientId, on: bool) {
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
}
