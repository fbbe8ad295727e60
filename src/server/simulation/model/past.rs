//! The past of a room.

use super::super::words::{Words, clock};
use super::{ClientId, Model, Past, Protocol, Told, Which};

impl Model {
    pub(super) fn show_history(&mut self, id: ClientId, room: &str) {
        let (past, _) = self.past(id, room, Which::Last, self.history_on_join);
        if !past.is_empty() {
            self.show_past(id, room, &past);
        }
    }

    /// At most `limit` lines of a room's history that the client may see, oldest first, each for people and for programs, and
    /// whether there are more.
    fn past(
        &self,
        id: ClientId,
        room: &str,
        which: Which,
        limit: usize,
    ) -> (Vec<(String, String)>, bool) {
        let ignores = &self.clients[&id].ignores;
        let is_hidden = |past: &Past| {
            ignores.iter().any(|ignored| {
                ignored.client == past.speaker
                    || ignored.before.contains(&past.speaker)
                    || !self.clients.contains_key(&past.speaker) && ignored.name == past.from
            })
        };
        let history = self.rooms.get(room).map(|room| &room.history);
        let mut past: Vec<&Past> = history.into_iter().flatten().collect();
        past.retain(|past| {
            let is_meant = match which {
                Which::Last => true,
                Which::Before(end) => past.message_id < end,
                Which::After(start) => past.message_id > start,
            };
            is_meant && !is_hidden(past)
        });
        let has_more = past.len() > limit;
        if matches!(which, Which::After(_)) {
            past.truncate(limit);
        } else {
            past.drain(..past.len().saturating_sub(limit));
        }
        let lines = past
            .iter()
            .map(|past| (format!("[{}] {}", clock(past.ms), past.said), past.object.clone()));
        (lines.collect(), has_more)
    }

    fn show_past(&mut self, id: ClientId, room: &str, past: &[(String, String)]) {
        let count = past.len();
        self.tell(id, &Words::sentence(format!("The last {count} line(s) in {room}:")));
        // Past lines have their times in any case.
        let lines: String = past.iter().map(|(line, _)| format!("{line}\r\n")).collect();
        self.told.push(Told { client: id, bytes: lines.into_bytes() });
    }

    pub(super) fn history(&mut self, id: ClientId, room: Option<&str>, which: Which, limit: usize) {
        let Some(room) = self.own_room(id, room) else {
            return;
        };
        let (past, has_more) = self.past(id, &room, which, limit);
        if self.protocol(id) != Protocol::Plain {
            let objects: Vec<&str> = past.iter().map(|(_, object)| &**object).collect();
            let epoch = self.rooms.get(&room).map_or(0, |room| room.epoch);
            let fields = format!(
                r#","room":"{room}","messages":[{}],"epoch":{epoch},"more":{has_more}"#,
                objects.join(",")
            );
            self.tell(id, &Words::object("history", fields).answer());
        } else if past.is_empty() {
            self.tell(id, &Words::sentence(format!("No lines yet in {room}.")));
        } else {
            self.show_past(id, &room, &past);
        }
    }
}
