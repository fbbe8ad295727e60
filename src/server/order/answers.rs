//! Answers of this node's history to its own clients.
//!
//! Each node asks its own file, and another one may have found something else. So the log tells all nodes only that a lookup
//! has ended, and the content of the answer stays here.

use rustc_hash::FxHashMap;

use crate::chat::{Effect, Event, Fetch, Found, LookupError, Search};

/// The lookups of this node's clients.
#[derive(Default)]
pub struct Answers {
    last: u64,
    /// The tickets of the chat, by those of this process. After a loss, the log may give a ticket of the chat again, and a
    /// late answer to the former question must not be taken for one to the latter.
    asked: FxHashMap<u64, u64>,
    /// The content of answers, by the ticket of the chat, until the log says that the lookup has ended.
    found: FxHashMap<u64, Found>,
}

impl Answers {
    /// Gives a question a ticket of this process. Other effects stay as they are.
    pub fn begin(&mut self, effect: &mut Effect) {
        if let Effect::Fetch(Fetch { ticket, .. }) | Effect::Search(Search { ticket, .. }) = effect
        {
            self.last += 1;
            self.asked.insert(self.last, *ticket);
            *ticket = self.last;
        }
    }

    /// Takes an answer, and returns what the log has to say of it. `None` if nobody waits for it any more.
    pub fn take_in(&mut self, ticket: u64, found: Result<Found, LookupError>) -> Option<Event> {
        let ticket = self.asked.remove(&ticket)?;
        let found = found.and_then(|found| {
            self.found.insert(ticket, found);
            // The other nodes have no content and answer nobody. This one shows the error only if it has lost the content with the
            // question, and finds the question in a state that it loads.
            Err(LookupError::Behind)
        });
        Some(Event::Found { ticket, found })
    }

    /// Puts the content back into an event of this node.
    pub fn complete(&mut self, event: Event) -> Event {
        match event {
            Event::Found { ticket, found } => {
                Event::Found { ticket, found: self.found.remove(&ticket).map_or(found, Ok) }
            }
            other => other,
        }
    }

    /// Compares with the lookups that the chat knows, after entries were skipped. Returns the end of each of which this node does
    /// not know: its question was skipped. The others, whose ends were skipped, are forgotten.
    pub fn compare(&mut self, known: &[u64]) -> Vec<Event> {
        self.asked.retain(|_, ticket| known.contains(ticket));
        self.found.retain(|ticket, _| known.contains(ticket));
        let is_here = |ticket: u64| {
            self.found.contains_key(&ticket) || self.asked.values().any(|it| *it == ticket)
        };
        let unknown = known.iter().filter(|&&ticket| !is_here(ticket));
        let end = |&ticket: &u64| Event::Found { ticket, found: Err(LookupError::Behind) };
        unknown.map(end).collect()
    }

    /// Forgets all lookups: the chat does not know them any more.
    pub fn clear(&mut self) {
        self.asked.clear();
        self.found.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(ticket: u64) -> Effect {
        Effect::Search(Search {
            ticket,
            words: "tea".to_owned(),
            sender: None,
            rooms: Vec::new(),
            before: None,
            cursor: None,
            limit: 10,
            bytes_max: 1_000,
            hidden: Vec::new(),
        })
    }

    fn begin(answers: &mut Answers, ticket: u64) -> u64 {
        let mut effect = question(ticket);
        answers.begin(&mut effect);
        let Effect::Search(search) = effect else { unreachable!() };
        search.ticket
    }

    fn found(cursor: u64) -> Found {
        Found { cursor: Some(cursor), ..Found::default() }
    }

    #[test]
    fn the_log_says_only_that_a_lookup_has_ended() {
        let mut answers = Answers::default();
        let [one, other] = [7, 9].map(|ticket| begin(&mut answers, ticket));
        let told = answers.take_in(other, Ok(found(2))).unwrap();
        assert_eq!(told, Event::Found { ticket: 9, found: Err(LookupError::Behind) });
        assert_eq!(answers.complete(told), Event::Found { ticket: 9, found: Ok(found(2)) });
        let told = answers.take_in(one, Err(LookupError::TooSlow)).unwrap();
        assert_eq!(told, Event::Found { ticket: 7, found: Err(LookupError::TooSlow) });
        assert_eq!(answers.complete(told.clone()), told);
        assert_eq!(answers.take_in(one, Ok(found(1))), None);
    }

    #[test]
    fn a_late_answer_is_not_one_to_another_question_with_the_same_ticket() {
        let mut answers = Answers::default();
        let former = begin(&mut answers, 7);
        answers.clear();
        let latter = begin(&mut answers, 7);
        assert_eq!(answers.take_in(former, Ok(found(1))), None);
        let told = answers.take_in(latter, Ok(found(2))).unwrap();
        assert_eq!(answers.complete(told), Event::Found { ticket: 7, found: Ok(found(2)) });
    }

    #[test]
    fn a_question_that_was_skipped_is_refused_and_an_end_that_was_skipped_is_forgotten() {
        let mut answers = Answers::default();
        let [_, done, over, late] = [7, 8, 4, 5].map(|ticket| begin(&mut answers, ticket));
        for ticket in [done, over] {
            let _ = answers.take_in(ticket, Ok(found(1)));
        }
        let ended = answers.compare(&[7, 8, 9]);
        assert_eq!(ended, [Event::Found { ticket: 9, found: Err(LookupError::Behind) }]);
        assert_eq!(answers.take_in(late, Ok(found(1))), None);
        assert_eq!(answers.found.len(), 1);
    }
}
