//! One of the servers, and all who are there.

use std::io;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use chatserv::load::Names;
use chatserv::load::crowd::Crowd;
use chatserv::load::dialect::Role;

use super::others::Others;
use super::stalled::{Fate, Stalled};
use crate::serving::Serving;
use crate::talk::Talk;

/// When one person stops to read.
pub const STALLS_AT: Duration = Duration::from_secs(1);

/// For the other question, what is lost although everybody reads: so many lines are said at once, by all together.
pub const BURST_LINES: usize = 3000;

/// How long each of these lines is. All of them, with the name before each, are less than our server keeps for one person.
const BURST_LINE_BYTES: usize = 60;

/// When nothing has come for so long, nothing will come: a machine that is busy may keep everybody waiting for a while.
const SILENCE: Duration = Duration::from_secs(2);

/// How long one look for what has come waits.
const TURN: Duration = Duration::from_millis(10);

/// A server, and a crowd that is in its chat.
pub struct Server {
    serving: Serving,
    crowd: Crowd,
    /// Who reads on.
    hearers: usize,
}

/// What came of it.
pub struct Measured {
    /// What those heard who read on.
    pub others: Others,
    /// How many lines were said.
    pub lines: usize,
    /// What became of the one who did not.
    pub fate: Fate,
}

impl Server {
    /// Starts it, and brings so many people in. The last of them is the speaker.
    ///
    /// # Errors
    /// It does not start, or does not let them in.
    pub fn start(arguments: &[&str], people: usize) -> io::Result<Self> {
        let serving = Serving::start(arguments)?;
        let mut crowd = Crowd::new()?;
        // One place is the one's who will not read, one the speaker's.
        let hearers = people - 2;
        crowd.bring_in(serving.address(), &Names, Role::Listener, hearers, hearers)?;
        crowd.bring_in(serving.address(), &Names, Role::Speaker, 1, 1)?;
        Ok(Self {
            serving,
            crowd,
            hearers,
        })
    }

    /// Everybody reads, and all talk at once. Returns how many deliveries were due, and how many of them were lost.
    ///
    /// # Errors
    /// The load fails.
    pub fn burst(mut self) -> io::Result<(usize, usize)> {
        let mut line = vec![b'#'];
        line.resize(BURST_LINE_BYTES, b'.');
        line.extend_from_slice(b"\r\n");
        let people = self.crowd.len();
        let each = BURST_LINES / people;
        let lines = line.repeat(each);
        (0..people).for_each(|member| self.crowd.send(member, &lines));
        let due = each * people * (people - 1);
        let mut heard = 0;
        let mut last = Instant::now();
        while heard < due {
            // Before the turn: where this process had no core for a while, what came meanwhile is still to be read.
            let is_silent = last.elapsed() >= SILENCE;
            let before = heard;
            self.crowd.turn(TURN, |_, bytes| {
                heard += bytes.iter().filter(|&&byte| byte == b'#').count();
                last = Instant::now();
            })?;
            if is_silent && heard == before {
                break;
            }
        }
        Ok((due, due - heard))
    }

    /// One more comes in, and stops to read while the speaker talks.
    ///
    /// # Errors
    /// The load fails.
    pub fn stall(mut self, talk: &Talk) -> io::Result<Measured> {
        let talk = Talk {
            speaker: self.hearers,
            ..*talk
        };
        let stalled = Stalled::join(self.serving.address())?;
        let mut others = Others::new(self.hearers);
        let (resume, resumed) = channel();
        thread::scope(|scope| {
            let stalled = scope.spawn(move || stalled.live(STALLS_AT, &resumed));
            let told = talk.run(&mut self.crowd, self.hearers, |heard| others.hear(heard));
            // It stays true to its word also where the talk has failed.
            drop(resume);
            let told = told?;
            others.finish(told);
            while !stalled.is_finished() {
                self.crowd.turn(TURN, |_, _| {})?;
            }
            let fate = stalled
                .join()
                .expect("reading from a socket never panics")?;
            Ok(Measured {
                others,
                lines: told.lines,
                fate,
            })
        })
    }
}
