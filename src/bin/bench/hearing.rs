//! What every member has heard, held against what was said.

use std::io;
use std::time::{Duration, Instant};

use crate::payload::{self, Finder, Id};
use crate::stage::{Place, Stage};
use chatserv::load::crowd::says_closed;

/// How deliveries are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ear {
    /// Each receiver has to get as many as were said: the cheapest for the generator.
    Counting,
    /// Each delivery has to be what was said, from whom it was, in the order in which it was said; and how long it took
    /// is known.
    Checking,
    /// The same for some of the members, and the others are counted: where latencies are wanted while as much is said
    /// as a server can take, and to look at each delivery would make the generator the slowest.
    Sampling,
}

/// Every so many members one is listened to letter by letter.
const SAMPLED_EVERY: usize = 8;

/// All that was heard since the beginning of a talk.
pub struct Hearing {
    ear: Ear,
    payload_bytes: usize,
    /// Of all members together.
    pub deliveries: u64,
    /// By member.
    heard: Vec<u64>,
    /// How much each speaker had said before.
    said_before: Vec<u64>,
    /// When each speaker said each of theirs; nothing where it is only counted.
    said_at: Vec<Vec<Instant>>,
    /// By member; none where it is only counted.
    finders: Vec<Option<Finder>>,
    /// By member and speaker, the number that comes next.
    next: Vec<Vec<u64>>,
    wrong: Option<String>,
}

impl Hearing {
    /// Nothing has been heard yet.
    pub fn new(stage: &Stage, payload_bytes: usize, ear: Ear) -> Self {
        let members = stage.crowd.len();
        // From the last, since it is the first who may be made to read nothing.
        let is_checked = |member: usize| match ear {
            Ear::Counting => false,
            Ear::Checking => true,
            Ear::Sampling => (members - 1 - member).is_multiple_of(SAMPLED_EVERY),
        };
        let speakers = stage.said().len();
        Self {
            ear,
            payload_bytes,
            deliveries: 0,
            heard: vec![0; members],
            said_before: stage.said().to_vec(),
            said_at: vec![Vec::new(); speakers],
            finders: (0..members)
                .map(|member| is_checked(member).then(Finder::default))
                .collect(),
            next: vec![stage.said().to_vec(); members],
            wrong: None,
        }
    }

    /// A speaker says so many now.
    pub fn said(&mut self, speaker: usize, count: u64) {
        if self.ear != Ear::Counting {
            let said_at = &mut self.said_at[speaker];
            said_at.resize(said_at.len() + count as usize, Instant::now());
        }
    }

    /// A member has read something; no bytes for the end of the connection. Each delivery that is looked at goes to
    /// `delivered`, with the time since it was said.
    pub fn hear(&mut self, member: usize, bytes: &[u8], mut delivered: impl FnMut(Id, Duration)) {
        if bytes.is_empty() {
            self.wrong.get_or_insert_with(|| says_closed(member));
        }
        let count = payload::count(bytes);
        self.heard[member] += count;
        self.deliveries += count;
        let Some(finder) = &mut self.finders[member] else {
            return;
        };
        let now = Instant::now();
        let next = &mut self.next[member];
        let mut wrong = None;
        let found = finder.feed(bytes, self.payload_bytes, |id| {
            let Some(expected) = next.get_mut(id.speaker) else {
                wrong.get_or_insert(format!("client {member} hears {id:?}, who is nobody"));
                return;
            };
            if id.number != *expected {
                wrong.get_or_insert(format!("client {member} expects {expected}, hears {id:?}"));
                return;
            }
            *expected += 1;
            let at = (id.number - self.said_before[id.speaker]) as usize;
            if let Some(said_at) = self.said_at[id.speaker].get(at) {
                delivered(id, now.duration_since(*said_at));
            }
        });
        let damaged = found.err().map(|damaged| format!("{damaged:?}"));
        self.wrong = self.wrong.take().or(wrong).or(damaged);
    }

    /// How many messages whoever is furthest behind has still to hear.
    pub fn under_way(&self, stage: &Stage) -> u64 {
        let said = self.said_in_all(stage);
        let heard = self.heard.iter().enumerate();
        let missing = heard.map(|(member, &heard)| {
            let expected = self.expected(stage, member, said);
            expected.saturating_sub(heard)
        });
        missing.max().unwrap_or(0)
    }

    /// Whether something was wrong so far. Not what is missing: it may still come.
    ///
    /// # Errors
    /// What was wrong first.
    pub fn check_so_far(&self) -> io::Result<()> {
        match &self.wrong {
            Some(wrong) => Err(io::Error::other(wrong.clone())),
            None => Ok(()),
        }
    }

    /// Whether everybody has heard exactly what they were to hear.
    ///
    /// # Errors
    /// Who has not, and what they heard instead.
    pub fn check(&self, stage: &Stage) -> io::Result<()> {
        self.check_so_far()?;
        for (member, &heard) in self.heard.iter().enumerate() {
            let mut expected = 0;
            let said = stage.said().iter().zip(&self.said_before).enumerate();
            for (speaker, (&now, &before)) in said {
                let last = if stage.hears(member, speaker) {
                    now
                } else {
                    before
                };
                expected += last - before;
                let next = self.next[member][speaker];
                if self.finders[member].is_some() && next != last {
                    let heard = next - before;
                    let expected = last - before;
                    let why = format!(
                        "client {member} heard {heard} messages of speaker {speaker} instead of {expected}"
                    );
                    return Err(io::Error::other(why));
                }
            }
            if heard != expected {
                let why = format!("client {member} heard {heard} messages instead of {expected}");
                return Err(io::Error::other(why));
            }
        }
        Ok(())
    }

    /// What all speakers together have said since the beginning.
    fn said_in_all(&self, stage: &Stage) -> u64 {
        stage.said().iter().sum::<u64>() - self.said_before.iter().sum::<u64>()
    }

    /// How much of it a member was to hear.
    fn expected(&self, stage: &Stage, member: usize, said: u64) -> u64 {
        match stage.place(member) {
            Place::Listener => said,
            Place::Stalled => 0,
            Place::Speaker { hears: false, .. } => 0,
            Place::Speaker { number, .. } => {
                said - (stage.said()[number] - self.said_before[number])
            }
        }
    }
}
