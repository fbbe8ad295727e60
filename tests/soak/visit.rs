//! A visit: somebody comes, hears and talks, and goes in one of many ways.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use crate::Soak;
use crate::referee::{Line, Room};
use crate::support::{PATIENCE, Server};
use crate::wire::{Heard, Protocol, Wire, text};

/// How a visit ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// By `/quit`.
    Quit,
    /// By the end of the client's own side, which then reads to the end.
    HalfClosed,
    /// By a reset.
    Reset,
    /// By closing in the middle of a line.
    HalfLine,
    /// By the server, since the client did not read.
    Cut,
}

impl Ending {
    pub const ALL: [Self; 5] =
        [Self::Quit, Self::HalfClosed, Self::Reset, Self::HalfLine, Self::Cut];

    /// Whether every line that was sent to the visitor has to have arrived, and every line of theirs in the room.
    fn is_whole(self) -> bool {
        matches!(self, Self::Quit | Self::HalfClosed)
    }

    /// Whether the log may have this end for the connection. Somebody who does not read may be cut at any time, even after they have
    /// left the chat and while the server still sends what they are owed.
    fn may_be(self, logged: &Logged<'_>, stalls: bool) -> bool {
        match (self, logged.reason) {
            (Self::Cut, _) => logged.was_cut && stalls,
            (Self::Reset | Self::HalfLine, _) if logged.was_cut => stalls,
            (Self::Quit, "quit") | (Self::HalfClosed, "closed by the client") => !logged.was_cut,
            // What a client has not read becomes a reset when it closes.
            (Self::Reset | Self::HalfLine, "closed by the client" | "connection lost") => true,
            _ => false,
        }
    }
}

/// The end of a visit's connection in the log.
#[derive(Debug, Default)]
struct Logged<'l> {
    reason: &'l str,
    was_cut: bool,
}

/// The end of each visit's connection in the log.
fn logged(log: &str) -> HashMap<u32, Logged<'_>> {
    let cut =
        log.lines().filter_map(|line| line.split_once("cut: does not read what is sent client="));
    let cut: HashSet<&str> = cut.filter_map(|(_, client)| client.split(' ').next()).collect();
    let left = log.lines().filter_map(|line| {
        let (client, after) = line.split_once(" left client=")?.1.split_once(" name=\"p")?;
        let (visit, reason) = after.split_once("\" reason=\"")?;
        let logged = Logged { reason: reason.strip_suffix('"')?, was_cut: cut.contains(client) };
        Some((visit.parse().ok()?, logged))
    });
    left.collect()
}

/// A visit that is over.
pub struct Visit {
    visit: u32,
    stalls: bool,
    pub ending: Ending,
    /// How many lines the visitor has sent.
    sent: u64,
    /// How many of them the room has heard.
    said: u64,
    /// How many lines of others the visitor has heard, and how many were said meanwhile.
    heard: u64,
    to_hear: u64,
}

/// Compares all visits with the log and with what the referees have seen. Returns the sums for people, and all that does not fit.
pub fn compare(visits: &[Visit], log: &str, seen_lines: u64) -> (String, Vec<String>) {
    let logged = logged(log);
    let mut faults = Vec::new();
    for Visit { visit, stalls, ending, .. } in visits {
        match logged.get(visit) {
            Some(logged) if ending.may_be(logged, *stalls) => {}
            logged => faults.push(format!(
                "p{visit}, who stalls: {stalls}, left by {ending:?}, and the log has {logged:?}"
            )),
        }
    }
    let sum = |whole: bool, of: fn(&Visit) -> u64| -> u64 {
        visits.iter().filter(|visit| !whole || visit.ending.is_whole()).map(of).sum()
    };
    let whole = visits.iter().filter(|visit| visit.ending.is_whole()).count();
    let [sent, said] = [sum(true, |visit| visit.sent), sum(true, |visit| visit.said)];
    let [heard, to_hear] = [sum(true, |visit| visit.heard), sum(true, |visit| visit.to_hear)];
    let [all_said, all_heard] = [sum(false, |visit| visit.said), sum(false, |visit| visit.heard)];
    for (what, got, wanted) in [
        ("lines of whole visits were said", said, sent),
        ("lines of whole visits were heard", heard, to_hear),
        ("lines of the referees belong to a visit", all_said, seen_lines),
    ] {
        if got != wanted {
            faults.push(format!("{got} of {wanted} {what}"));
        }
    }
    let sums = format!(
        "{whole} whole visits sent {sent} lines, of which {said} were said, and heard {heard} of {to_hear} lines of others; \
         all visits: {all_said} of the {seen_lines} lines of the referees, {all_heard} lines of others heard, \
         each once and in order"
    );
    (sums, faults)
}

/// How fast it goes.
pub struct Pace {
    /// How long people stay, in milliseconds.
    stay: Range<u64>,
    /// The time between two lines of one person.
    talk: Range<u64>,
    /// How long somebody does not read.
    stall: Range<u64>,
    pub outbox_age_seconds: u64,
}

impl Pace {
    pub const SHORT: Self =
        Self { stay: 200..1_500, talk: 100..600, stall: 1_000..3_500, outbox_age_seconds: 2 };
    pub const LONG: Self =
        Self { stay: 500..20_000, talk: 500..8_000, stall: 5_000..30_000, outbox_age_seconds: 5 };
}

/// More than the burst of the rate limit.
const PASTED_LINES: u32 = 30;

/// Enough to read all that gathers during a stall.
const READ_ON: Duration = Duration::from_secs(2);

/// Numbers that look random, the same ones for the same visit (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    fn milliseconds(&mut self, range: &Range<u64>) -> Duration {
        Duration::from_millis(range.start + self.below(range.end - range.start))
    }
}

/// Somebody in a room.
struct Visitor<'s> {
    server: &'s Server,
    room: &'s Room,
    pace: &'s Pace,
    visit: u32,
    wire: Wire,
    dice: Dice,
    stalls: bool,
    sent: u32,
    heard: Vec<Line>,
    was_told_slow: bool,
    was_told_bye: bool,
    was_reset: bool,
    has_ended: bool,
}

impl Soak {
    /// One visit, which begins to end at `end` at the latest.
    ///
    /// # Errors
    /// A line is missing, comes twice or in another order, or the server ends the connection without a reason.
    pub fn visit(&self, visit: u32, end: Instant) -> Result<(), String> {
        let mut dice = Dice(visit.into());
        let room = &self.rooms[dice.below(self.rooms.len() as u64) as usize];
        let kinds = [Protocol::Plain, Protocol::Json, Protocol::Web];
        let protocol = kinds[dice.below(3) as usize];
        let stalls = dice.below(6) == 0;
        let name = format!("p{visit}");
        let wire = Wire::enter(&self.server, protocol, &name, &room.name, stalls)?;
        let stay = dice.milliseconds(&self.pace.stay);
        let mut visitor = Visitor {
            server: &self.server,
            room,
            pace: &self.pace,
            visit,
            wire,
            dice,
            stalls,
            sent: 0,
            heard: Vec::new(),
            was_told_slow: false,
            was_told_bye: false,
            was_reset: false,
            has_ended: false,
        };
        visitor.stay(end.min(Instant::now() + stay))?;
        if stalls {
            thread::sleep(visitor.dice.milliseconds(&self.pace.stall));
            visitor.read_on()?;
        }
        let done = visitor.leave().map_err(|fault| format!("{protocol:?}: {fault}"))?;
        self.visits.lock().push(done);
        Ok(())
    }
}

impl Visitor<'_> {
    /// Hears and talks until `end`.
    fn stay(&mut self, end: Instant) -> Result<(), String> {
        let mut next_line = Instant::now() + self.dice.milliseconds(&self.pace.talk);
        while Instant::now() < end {
            let wait = end.min(next_line).saturating_duration_since(Instant::now());
            self.hear(wait)?;
            if self.has_ended {
                return Err("the server has ended the connection of somebody who reads".to_owned());
            }
            if Instant::now() >= next_line {
                next_line = Instant::now() + self.dice.milliseconds(&self.pace.talk);
                let count = if self.dice.below(50) == 0 { PASTED_LINES } else { 1 };
                let filler = self.dice.below(1_000) as usize;
                let lines = self.sent..self.sent + count;
                let lines: Vec<String> =
                    lines.map(|number| text(self.visit, number, filler)).collect();
                self.sent += count;
                self.wire.say(&lines)?;
            }
        }
        Ok(())
    }

    /// Reads what has come meanwhile: to the end, if the server has cut the connection. (Whoever sends to a closed connection gets
    /// a reset, which discards what is not read yet.)
    fn read_on(&mut self) -> Result<(), String> {
        let end = Instant::now() + READ_ON;
        while !self.has_ended && Instant::now() < end && self.hear(READ_ON / 4)? {}
        match self.has_ended && !self.was_told_slow && !self.was_reset {
            true => Err("the server has ended the connection and did not say why".to_owned()),
            false => Ok(()),
        }
    }

    /// Hears what comes within `wait`, or one event.
    fn hear(&mut self, wait: Duration) -> Result<bool, String> {
        let heard = self.wire.hear(wait)?;
        match &heard {
            Some(Heard::Line { visit, number, .. }) => self.heard.push((*visit, *number)),
            Some(Heard::Slow) => self.was_told_slow = true,
            Some(Heard::Bye) => self.was_told_bye = true,
            Some(Heard::End { reset }) => {
                self.has_ended = true;
                self.was_reset = *reset;
            }
            _ => {}
        }
        Ok(heard.is_some())
    }

    /// Whether the log says that this client was cut. Waits for it as long as that may still come.
    ///
    /// # Errors
    /// The log has no end of this connection.
    fn was_cut(&self, patience: Duration) -> Result<bool, String> {
        let deadline = Instant::now() + patience;
        loop {
            let log = self.server.log_so_far();
            let is_late = Instant::now() > deadline;
            match logged(&log).get(&self.visit) {
                Some(Logged { was_cut: true, .. }) => return Ok(true),
                Some(_) if is_late => return Ok(false),
                None if is_late => return Err("the log has no end of the connection".to_owned()),
                _ => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Leaves, and compares what was heard with what was said meanwhile.
    fn leave(mut self) -> Result<Visit, String> {
        let wanted =
            if self.has_ended { Ending::Cut } else { Ending::ALL[self.dice.below(4) as usize] };
        // Fails if the server has cut the connection.
        let asked = match wanted {
            Ending::Quit => self.wire.quit(),
            Ending::HalfClosed => self.wire.half_close(),
            // Of a person, the last line counts without its end.
            Ending::HalfLine => {
                self.sent += 1;
                self.wire.send_half(&text(self.visit, self.sent - 1, 0))
            }
            Ending::Reset | Ending::Cut => Ok(()),
        };
        if wanted.is_whole() {
            while !self.has_ended && self.hear(PATIENCE)? {}
            if !self.has_ended {
                return Err(format!("{wanted:?}: the server does not close"));
            }
        }
        let mut ending = wanted;
        // The server may have cut the connection just before. The answer to what was sent then is a reset, which discards the
        // reason if it is not read yet. The log always has it, and it is the only excuse for a visit that is not whole.
        let must_be_cut = wanted == Ending::Cut || asked.is_err() || self.was_told_slow;
        if must_be_cut || self.was_reset {
            let patience = if must_be_cut { PATIENCE } else { Duration::from_secs(1) };
            ending = match self.was_cut(patience)? {
                true if !self.stalls => {
                    return Err(format!("{wanted:?}: somebody who reads was cut"));
                }
                true => Ending::Cut,
                false if must_be_cut => {
                    return Err(format!("{wanted:?}: cut, and the log has no cut"));
                }
                false => wanted,
            };
        }
        if ending == Ending::Quit && !self.was_told_bye {
            return Err("the server closes and does not say goodbye".to_owned());
        }
        let Self { room, visit, stalls, sent, heard, was_told_slow, wire, .. } = self;
        match ending {
            Ending::Reset => wire.reset(),
            _ => drop(wire),
        }
        let during = room.lines_during_visit(&format!("p{visit}"))?;
        let (own, others): (Vec<Line>, Vec<Line>) =
            during.into_iter().partition(|&(from, _)| from == visit);
        let is_whole = ending.is_whole();
        let fault = |what: &str| {
            let same = heard.iter().zip(&others).take_while(|(a, b)| a == b).count();
            Err(format!(
                "{wanted:?} became {ending:?}, told that it was slow: {was_told_slow}: {what}: {} of {} lines heard, the first \
                 {same} as said, then {:?} instead of {:?}; {} of its {sent} lines were said",
                heard.len(),
                others.len(),
                heard.get(same..(same + 3).min(heard.len())),
                others.get(same..(same + 3).min(others.len())),
                own.len(),
            ))
        };
        if !own.iter().map(|&(_, number)| number).eq(0..own.len() as u32) {
            return fault("own lines are out of order");
        }
        // A reset may overtake the last lines.
        if own.len() > sent as usize || is_whole && own.len() < sent as usize {
            return fault("own lines are lost");
        }
        if !others.starts_with(&heard) || is_whole && others.len() != heard.len() {
            return fault("lines of others are lost");
        }
        let [said, heard, to_hear] = [&own, &heard, &others].map(|lines| lines.len() as u64);
        Ok(Visit { visit, stalls, ending, sent: sent.into(), said, heard, to_hear })
    }
}
