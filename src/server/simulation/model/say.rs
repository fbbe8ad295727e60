//! Messages, in a room or to single people.

use super::super::words::{Words, list, moment, pieces, quote};
use super::{ClientId, Model, Past, not_yourself};
use crate::config::limits;

impl Model {
    pub(super) fn say(&mut self, id: ClientId, room: Option<&str>, text: &str) {
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

    pub(super) fn me(&mut self, id: ClientId, room: Option<&str>, text: &str) {
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

    pub(super) fn private(&mut self, id: ClientId, to: &[String], text: &str) {
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
}
