//! `/history` and `/search`.
//!
//! Memory has the last messages of each room, and the history on disk has all. A request that memory cannot answer becomes
//! an effect, and is answered when the result comes. A client that has such a request under way waits for later answers of
//! this kind behind it, so they come in the order of the requests. The disk is asked one question of each client at a time.

use super::super::client::ClientId;
use super::super::error::ChatError;
use super::super::event::Reaction;
use super::super::hub::Hub;
use super::super::kept::{Fetch, Found, LookupError, Past, Question, Search};
use super::super::message::{Audience, Message};
use super::super::name::NameKey;
use super::super::request::{Moment, Range, RequestError, without_at};
use super::super::state::{Asked, Lookup, Page};
use crate::config::limits::{
    HISTORY_ANSWER_BYTES_MAX, HISTORY_LINES_SHOWN, LIST_ENTRIES_MAX, LOOKUPS_PER_CLIENT_MAX,
    SEARCH_BYTES_MAX,
};

/// A search, as somebody has typed it.
pub(super) struct Typed {
    pub words: String,
    pub from: Option<String>,
    pub room: Option<String>,
    pub before: Option<Moment>,
    pub cursor: Option<u64>,
    pub limit: Option<usize>,
}

impl Hub {
    /// Goes on where the last run of the server ended. From now on, messages to rooms are kept on disk.
    pub fn remember(&mut self, past: Past) {
        self.rooms.remember(past);
    }

    pub(super) fn history(
        &mut self,
        client: ClientId,
        room: Option<String>,
        range: Range,
        limit: Option<usize>,
        out: &mut Reaction,
    ) {
        let Some(id) = self.own_room(client, room, out) else {
            return;
        };
        let are_kept = self.rooms.are_kept();
        if matches!(range, Range::Until(_)) && !are_kept {
            return out.refuse(client, ChatError::NoHistory);
        }
        let limit = limit.unwrap_or(HISTORY_LINES_SHOWN).min(LIST_ENTRIES_MAX);
        let Some((mut page, first_id)) = self.history_page(client, id, range, limit) else {
            return;
        };
        let last_id = self.rooms.get(id).map_or(0, |room| room.history().last_id());
        let disk_has_older = are_kept && first_id > 1;
        // How many messages the disk has to add, and below which id.
        let (wanted, below) = match range {
            // Lines that follow the last one on disk may be from before the moment: they are missing in any case.
            Range::Until(_) => (limit, last_id + 1),
            _ if !disk_has_older => (0, first_id),
            Range::Last | Range::Before(_) if page.more || page.messages.len() == limit => {
                page.more = true;
                (0, first_id)
            }
            Range::Last | Range::Before(_) => (limit - page.messages.len(), first_id),
            Range::After(start) if start.saturating_add(1) < first_id => (limit, first_id),
            Range::After(_) => (0, first_id),
        };
        if wanted == 0 && self.extras.lookups.count(client) == 0 {
            return out.answer(client, page.into_message(out.now.wall));
        }
        let (room, epoch) = (page.room.clone(), page.epoch);
        let used: usize = match range {
            // These messages follow those from the disk, and are cut where they are too many.
            Range::After(_) | Range::Until(_) => 0,
            _ => page.messages.iter().map(|message| message.bytes_in_answer()).sum(),
        };
        let bytes_max = HISTORY_ANSWER_BYTES_MAX.saturating_sub(used);
        self.begin_lookup(client, Asked::Page(page), out, |ticket, hidden| {
            Question::Fetch(Fetch {
                ticket,
                room,
                epoch,
                range,
                below,
                limit: wanted,
                bytes_max,
                hidden,
            })
        });
    }

    pub(super) fn search(&mut self, client: ClientId, typed: Typed, out: &mut Reaction) {
        let Typed { words, from, room, before, cursor, limit } = typed;
        if !self.rooms.are_kept() {
            return out.refuse(client, ChatError::NoHistory);
        }
        if words.len() > SEARCH_BYTES_MAX {
            return out.refuse(client, ChatError::TextTooLong { bytes_max: SEARCH_BYTES_MAX });
        }
        if from.is_none() && !words.contains(char::is_alphanumeric) {
            return out.refuse(client, ChatError::NothingToSearch);
        }
        let ids = match room {
            Some(_) => self.own_room(client, room, out).map(|id| vec![id]),
            None => self.people.person(client).map(|person| person.rooms().to_vec()),
        };
        let Some(ids) = ids else {
            return;
        };
        if ids.is_empty() {
            return out
                .refuse(client, ChatError::Request(RequestError::MissingField("room".into())));
        }
        let sender = from.as_deref().map(|typed| NameKey::of_typed(without_at(typed)));
        if let (Some(typed), Some(None)) = (from, &sender) {
            return out.refuse(client, ChatError::NoSuchPerson(typed));
        }
        let rooms = ids.iter().filter_map(|&id| self.rooms.get(id));
        let (names, rooms) = rooms.map(|room| (room.name().clone(), room.key().clone())).unzip();
        let limit = limit.unwrap_or(HISTORY_LINES_SHOWN).min(LIST_ENTRIES_MAX);
        self.begin_lookup(client, Asked::Words { rooms: names }, out, |ticket, hidden| {
            let bytes_max = HISTORY_ANSWER_BYTES_MAX;
            Question::Search(Search {
                ticket,
                words,
                sender: sender.flatten(),
                rooms,
                before,
                cursor,
                limit,
                bytes_max,
                hidden,
            })
        });
    }

    /// Answers with what was found. A client that has gone hears nothing; one that has left the room since is answered.
    pub(in crate::chat) fn found(
        &mut self,
        ticket: u64,
        found: Result<Found, LookupError>,
        out: &mut Reaction,
    ) {
        let Some((lookup, next)) = self.extras.lookups.end(ticket) else {
            return;
        };
        next.into_iter().for_each(|question| out.push(question.into()));
        let Lookup { client, tag, asked, .. } = lookup;
        if !self.people.knows(client) {
            return;
        }
        out.set_tag(tag);
        match (found, asked) {
            (Err(error), _) => out.refuse(client, error.into()),
            (Ok(found), Asked::Page(page)) => {
                out.answer(client, join(found, page).into_message(out.now.wall));
            }
            (Ok(Found { lines, more, cursor, .. }), Asked::Words { rooms }) => {
                let now = out.now.wall;
                out.answer(client, Message::Found { rooms, lines, more, cursor, now });
            }
        }
    }

    /// Begins a lookup, unless too many are under way.
    fn begin_lookup(
        &mut self,
        client: ClientId,
        asked: Asked,
        out: &mut Reaction,
        question: impl FnOnce(u64, Vec<NameKey>) -> Question,
    ) {
        let (lookups, ignores) = (&mut self.extras.lookups, &self.extras.ignores);
        if lookups.count(client) >= LOOKUPS_PER_CLIENT_MAX {
            return out.refuse(client, ChatError::TooManySearches);
        }
        let hidden = ignores.keys(client, &self.people);
        let lookup = Lookup::new(client, out.take_tag(), asked);
        let now = lookups.begin(lookup, |ticket| question(ticket, hidden));
        now.into_iter().for_each(|question| out.push(question.into()));
    }
}

/// Puts what the disk has before what memory has.
fn join(found: Found, page: Page) -> Page {
    let is_forward = matches!(page.range, Range::After(_));
    let lines = found.lines.into_iter().map(|line| line.message);
    let mut joined = Page { messages: lines.collect(), gaps: found.gaps, ..page };
    joined.more |= found.more;
    if is_forward && found.more {
        return joined;
    }
    let mut bytes: usize = joined.messages.iter().map(|it| it.bytes_in_answer()).sum();
    for message in page.messages {
        bytes += message.bytes_in_answer();
        // Backwards, the disk was asked for no more than there is room for.
        let is_full = joined.messages.len() == page.limit || bytes > HISTORY_ANSWER_BYTES_MAX;
        if is_forward && is_full {
            joined.more = true;
            // The next page begins behind the last message, so all gaps before it belong to this one.
            if let Some(Audience::Room { message_id: last, .. }) =
                joined.messages.last().map(|message| &message.to)
            {
                joined.gaps.extend(page.gaps.into_iter().filter(|gap| gap.first <= *last));
            }
            return joined;
        }
        joined.messages.push(message);
    }
    joined.gaps.extend(page.gaps);
    joined
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::super::super::message::{ChatMessage, Gap, Loss, Manner};
    use super::*;
    use crate::chat::KeptLine;

    fn message(message_id: u64) -> Arc<ChatMessage> {
        Arc::new(ChatMessage {
            from: "ann".into(),
            to: Audience::Room { room: "dev".into(), message_id },
            manner: Manner::Chat,
            text: "x".into(),
            sent_at: None,
            received_at: Timestamp::UNIX_EPOCH,
        })
    }

    #[test]
    fn a_page_that_is_full_within_memory_has_the_gaps_before_its_end() {
        let gap = |first, last| Gap { first, last, cause: Loss::Full };
        let lines = vec![KeptLine { epoch: 1, message: message(1) }];
        let found = Found { lines, gaps: vec![gap(2, 2)], ..Found::default() };
        let page = Page {
            room: "dev".into(),
            epoch: 1,
            range: Range::After(0),
            limit: 3,
            messages: [3, 6, 9].map(message).into(),
            more: false,
            gaps: vec![gap(4, 5), gap(7, 8)],
        };
        let joined = join(found, page);
        assert_eq!((joined.messages.len(), joined.more), (3, true));
        assert_eq!(joined.gaps, [gap(2, 2), gap(4, 5)], "the next page has the last one");
    }
}
