//! A simulated client with its connection, and what the model has it receive.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use super::client::Client;
use super::report::{Check, Finding};
use super::seam::Wait;
use super::task::Task;
use super::wire::{ServerEnd, Wire};
use super::words::CLOSE_NORMAL;
use crate::chat::{ClientId, Protocol, Time};
use crate::server::connection::Connection;
use crate::server::turn::Turn;

/// How a client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadSpeed {
    /// Whatever there is, as soon as there is something.
    Prompt,
    /// A few bytes now and then.
    Slow,
    /// Almost nothing.
    Stalled,
    /// Nothing.
    Never,
}

/// How far the chat is with a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Open,
    /// It has ended its input, and still gets what is due.
    Left,
    /// The server ends the connection after the last line.
    Ended,
    Cut,
}

pub struct Peer<'a> {
    pub id: ClientId,
    pub client: Client,
    pub wire: Arc<Wire>,
    pub connection: Weak<Connection<ServerEnd>>,
    pub reader: Option<Task<'a>>,
    pub writers: Vec<Task<'a>>,
    pub read_speed: ReadSpeed,
    /// It has always read promptly.
    pub was_prompt: bool,
    pub stage: Stage,
    /// When the client reset the connection, by the server's clock.
    pub reset_at: Option<Time>,
    /// When it was cut, by the system's clock.
    pub cut_at: Option<Time>,
    /// When it was cut, it had not received a reply with an LF.
    pub had_lf_in_reply: bool,
    pub protocol: Protocol,
    /// When it connected and last sent something that was decoded, by the clock of the server.
    pub connected: Time,
    pub last_input: Time,
    pub inputs: u64,
    /// It says nothing more, whether it has a name or not.
    pub is_silent: bool,
    /// For how long its reader has waited for bytes since it got some, and has had no name; by the clock of the server, and
    /// without the time in which the reader waited for its turn.
    silence: Time,
    unnamed: Time,
    /// How many bytes the reader had got when that was last added up.
    taken_before: u64,
    /// The Hub knows of its arrival.
    pub has_arrived: bool,
    /// It has asked for a name, and knows that it has one.
    pub has_asked: bool,
    pub has_joined: bool,
    /// It knows that it has lost its place, and waits to be asked for a name again.
    has_lost_place: bool,
    /// When it was last asked for its name again, by the server's clock.
    #[cfg(feature = "cluster")]
    pub asked_again_at: Option<Time>,
    /// The server says nothing more to it, whatever is said in the chat.
    pub is_deaf: bool,
    /// It has left, and the server has shut its connection down before everything was sent, because there were too many.
    pub is_shut_unsent: bool,
    /// The client's side is over: it has seen the end, or has reset the connection.
    pub is_done: bool,
    /// The lines that it should receive, each with its end, such as CR LF or a whole frame.
    pub expected: VecDeque<Vec<u8>>,
    /// How many bytes the model had it receive, and at which count and time each message ended that is not accepted.
    pub expected_bytes: u64,
    unaccepted: VecDeque<(u64, Time)>,
    /// Since when its socket has been empty although something waits.
    pub starved_since: Option<Time>,
    /// How much of it was due, and was accepted, before the dispatcher woke up.
    pub expected_before: u64,
    pub accepted_before: u64,
    /// How much was accepted since then, as far as the dispatcher's acts are replayed, and whether it was not everything.
    pub accepted_now: u64,
    pub refused_now: bool,
    pub last_words: Vec<Vec<u8>>,
    pub has_heard_last_words: bool,
    /// Received, but not yet a line.
    partial: Vec<u8>,
    /// The last lines that it received.
    received: VecDeque<Vec<u8>>,
    /// A later line came before these, which are lost unless they come now.
    skipped: Option<Skipped>,
}

struct Skipped {
    lines: VecDeque<Vec<u8>>,
    /// How many lines have come since.
    lines_since: usize,
    finding: Finding,
}

/// A line that is as late as this is lost.
const LATE_LINES_MAX: usize = 8;

impl<'a> Peer<'a> {
    pub fn new(
        connection: &Arc<Connection<ServerEnd>>,
        wire: Arc<Wire>,
        client: Client,
        reader: Task<'a>,
        read_speed: ReadSpeed,
        now: Time,
    ) -> Self {
        Self {
            id: connection.id,
            protocol: client.kind.protocol(),
            client,
            wire,
            connection: Arc::downgrade(connection),
            reader: Some(reader),
            writers: Vec::new(),
            read_speed,
            was_prompt: read_speed == ReadSpeed::Prompt,
            stage: Stage::Open,
            reset_at: None,
            cut_at: None,
            had_lf_in_reply: false,
            connected: now,
            last_input: now,
            inputs: 0,
            is_silent: false,
            silence: Time::ZERO,
            unnamed: Time::ZERO,
            taken_before: 0,
            has_arrived: false,
            has_asked: false,
            has_joined: false,
            has_lost_place: false,
            #[cfg(feature = "cluster")]
            asked_again_at: None,
            is_deaf: false,
            is_shut_unsent: false,
            is_done: false,
            expected: VecDeque::new(),
            expected_bytes: 0,
            unaccepted: VecDeque::new(),
            starved_since: None,
            expected_before: 0,
            accepted_before: 0,
            accepted_now: 0,
            refused_now: false,
            last_words: Vec::new(),
            has_heard_last_words: false,
            partial: Vec::new(),
            received: VecDeque::new(),
            skipped: None,
        }
    }

    /// Whether the server counts it among its clients, and says to it what there is to say.
    pub fn is_served_here(&self) -> bool {
        self.has_arrived && self.stage == Stage::Open && !self.is_deaf
    }

    /// Whether the reader can go on at this time.
    pub fn can_read(&self, now: Time) -> bool {
        let is_due = |until: Option<Time>| until.is_some_and(|until| until <= now);
        self.reader.as_ref().is_some_and(|reader| match reader.wait {
            Wait::Start => true,
            Wait::Read { until } => is_due(until) || self.wire.lock().is_readable(),
            Wait::Park { until } => {
                let turn = |is_set: fn(&Turn) -> bool| {
                    self.connection.upgrade().is_some_and(|it| is_set(&it.turn))
                };
                // A pause ends only early if the connection is closing.
                let is_woken =
                    until.map_or_else(|| turn(Turn::is_set), |_| turn(|it| it.look().closing));
                is_due(until) || is_woken
            }
            Wait::Write | Wait::Block => false,
        })
    }

    /// Adds to the time in which it was silent, and in which it had no name.
    pub fn wait_for_it(&mut self, passed: Time, has_joined: bool) {
        let taken = self.wire.lock().taken;
        let is_new = std::mem::replace(&mut self.taken_before, taken) != taken;
        let wait = self.reader.as_ref().map(|reader| reader.wait);
        match wait {
            _ if is_new => self.silence = Time::ZERO,
            Some(Wait::Read { .. }) => self.silence += passed,
            _ => {}
        }
        match wait {
            _ if has_joined => self.unnamed = Time::ZERO,
            Some(Wait::Read { .. } | Wait::Park { until: Some(_) }) => self.unnamed += passed,
            _ => {}
        }
    }

    /// Nobody can hold its silence against it, such as in a chat that it has just lost.
    pub fn forgive_silence(&mut self) {
        (self.silence, self.unnamed) = (Time::ZERO, Time::ZERO);
    }

    /// How long it has been silent, and without a name.
    pub fn silence(&self) -> (Time, Time) {
        (self.silence, self.unnamed)
    }

    /// Adds a message to what it should receive.
    pub fn expect(&mut self, bytes: &[u8], now: Time) {
        if self.protocol == Protocol::Web && bytes.last() != Some(&b'\n') {
            let (lines, close) = bytes.split_at(bytes.len() - CLOSE_NORMAL.len());
            self.expected.extend(lines.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec));
            self.expected.push_back(close.to_vec());
        } else {
            self.expected.extend(bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec));
        }
        self.expected_bytes += bytes.len() as u64;
        self.unaccepted.push_back((self.expected_bytes, now));
    }

    /// How many bytes wait for it, if `accepted` were accepted: at least and at most, since it is not known where the replies
    /// are.
    pub fn pending(&self, accepted: u64) -> (u64, u64) {
        let least = self.expected_bytes.saturating_sub(accepted);
        (least, (self.expected_bytes + self.client.reply_bytes).saturating_sub(accepted))
    }

    /// Forgets when messages were due that surely are accepted.
    pub fn forget_accepted(&mut self, accepted: u64) {
        let surely = accepted.saturating_sub(self.client.reply_bytes);
        while self.unaccepted.front().is_some_and(|&(end, _)| end <= surely) {
            self.unaccepted.pop_front();
        }
    }

    /// Since when the oldest of them may have waited.
    pub fn possibly_oldest(&self, accepted: u64) -> Option<Time> {
        let surely = accepted.saturating_sub(self.client.reply_bytes);
        self.unaccepted.iter().find(|&&(end, _)| end > surely).map(|&(_, time)| time)
    }

    /// Since when the oldest of them has surely waited.
    pub fn surely_oldest(&self, accepted: u64) -> Option<Time> {
        self.unaccepted.iter().find(|&&(end, _)| end > accepted).map(|&(_, time)| time)
    }

    /// Reads up to `count` bytes. Returns the number of lines.
    pub fn receive(
        &mut self,
        count: usize,
        digest: &mut impl FnMut(&[u8]),
    ) -> Result<u64, Finding> {
        {
            let mut state = self.wire.lock();
            let count = count.min(state.to_client.len());
            self.partial.extend(state.to_client.drain(..count));
        }
        let mut lines = 0;
        let mut partial = std::mem::take(&mut self.partial);
        let mut rest = partial.as_slice();
        while let Some(length) = self.first_line(rest) {
            let (line, after) = rest.split_at(length);
            digest(line);
            self.take_line(line)?;
            lines += 1;
            rest = after;
        }
        let used = partial.len() - rest.len();
        partial.drain(..used);
        self.partial = partial;
        Ok(lines)
    }

    /// The length of the first whole line or frame.
    fn first_line(&self, bytes: &[u8]) -> Option<usize> {
        let length = match (self.protocol, bytes.first()?) {
            (Protocol::Plain, 0xff) => 3,
            (Protocol::Web, 0x88) => 4,
            (Protocol::Web, 0x8a) => 2 + usize::from(*bytes.get(1)?),
            _ => return bytes.iter().position(|&byte| byte == b'\n').map(|at| at + 1),
        };
        (length <= bytes.len()).then_some(length)
    }

    fn take_line(&mut self, line: &[u8]) -> Result<(), Finding> {
        let is_reply = match self.protocol {
            Protocol::Plain => line[0] == 0xff,
            Protocol::Json => false,
            Protocol::Web => line[0] == 0x8a,
        };
        if is_reply {
            return match self.client.replies.front() {
                Some(reply) if reply == line => {
                    self.client.replies.pop_front();
                    Ok(())
                }
                other => Finding::of(
                    Check::Damage,
                    format!("{} got the reply {line:?} instead of {other:?}", self.id),
                ),
            };
        }
        if let Some(skipped) = &mut self.skipped {
            skipped.lines_since += 1;
            if skipped.lines.iter().any(|late| late == line) {
                return Finding::of(Check::Order, skipped.finding.text.clone());
            }
            if skipped.lines_since > LATE_LINES_MAX {
                return Err(skipped.finding.clone());
            }
        }
        if self.expected.front().is_some_and(|expected| expected == line) {
            self.note_answer(line);
            // The farewell of a shutdown is both.
            self.has_heard_last_words |= self.last_words.first().is_some_and(|it| it == line);
            self.expected.pop_front();
            self.remember(line);
            return Ok(());
        }
        if self.stage == Stage::Cut && self.last_words.first().is_some_and(|words| words == line) {
            self.has_heard_last_words = true;
            self.last_words.remove(0);
            // Nothing else may follow.
            self.expected = std::mem::take(&mut self.last_words).into();
            self.remember(line);
            return Ok(());
        }
        self.skip_to(line)
    }

    /// Looks on if this line was due later: if those before it come as well, the order is wrong; otherwise, they are lost.
    fn skip_to(&mut self, line: &[u8]) -> Result<(), Finding> {
        let finding = self.diagnose(line);
        let at = self.expected.iter().position(|due| due == line);
        match at.filter(|_| self.skipped.is_none()) {
            Some(at) => {
                let lines = self.expected.drain(..=at).take(at).collect();
                self.skipped = Some(Skipped { lines, lines_since: 0, finding });
                self.remember(line);
                Ok(())
            }
            None => Err(self.missing().err().unwrap_or(finding)),
        }
    }

    /// Whether lines were skipped and did not come later.
    pub fn missing(&self) -> Result<(), Finding> {
        self.skipped.as_ref().map_or(Ok(()), |skipped| Err(skipped.finding.clone()))
    }

    /// Notes what a client learns from a line.
    fn note_answer(&mut self, line: &[u8]) {
        let has = |words: &[u8]| line.windows(words.len()).any(|part| part == words);
        if line.starts_with(b"server: This machine was cut off") {
            self.has_lost_place = true;
        } else if self.has_lost_place && line.starts_with(b"server: Input username.") {
            (self.has_lost_place, self.has_joined, self.has_asked) = (false, false, false);
        }
        if self.has_joined {
            return;
        }
        // The answer may have been skipped, and this is told only those who have joined.
        if has(b"server: There are ")
            || has(b"This machine was too slow")
            || has(br#""action":"connect""#)
        {
            self.has_joined = true;
        } else if has(b" is taken. ") {
            self.has_asked = false;
        }
    }

    fn remember(&mut self, line: &[u8]) {
        if self.received.len() == 64 {
            self.received.pop_front();
        }
        self.received.push_back(line.to_vec());
    }

    /// The check that a line breaks if it is not the next one.
    fn diagnose(&self, line: &[u8]) -> Finding {
        let show = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        let expected = self.expected.front().map_or("nothing".into(), |line| show(line));
        // The next lines show whether those before it are lost or late.
        let check = if self.expected.iter().any(|due| due == line) {
            Check::Missing
        } else if self.received.iter().any(|before| before == line) {
            Check::Twice
        } else if self.expected.front().is_some_and(|due| is_damaged(due, line)) {
            Check::Damage
        } else {
            Check::Foreign
        };
        let text = format!(
            "{} ({:?}, {:?}) got {:?} instead of {expected:?}",
            self.id,
            self.protocol,
            self.stage,
            show(line)
        );
        Finding { check, text }
    }

    /// The client has read the end of the connection.
    pub fn end_received(&mut self) -> Result<(), Finding> {
        self.is_done = true;
        self.missing()?;
        let (refused, accepted) = {
            let mut state = self.wire.lock();
            state.client_ended = true;
            (state.refused_last_words, state.accepted)
        };
        let id = self.id;
        let partial = || String::from_utf8_lossy(&self.partial).into_owned();
        match self.stage {
            Stage::Open => Finding::of(Check::Ending, format!("{id} was closed for no reason")),
            Stage::Left | Stage::Ended | Stage::Cut if self.is_shut_unsent => Ok(()),
            Stage::Left | Stage::Ended if !self.expected.is_empty() || !self.partial.is_empty() => {
                let due = self.expected.front().map(|line| String::from_utf8_lossy(line));
                let text = format!(
                    "{id} was closed after {accepted} bytes and {:?} before {due:?}",
                    partial()
                );
                Finding::of(Check::Missing, text)
            }
            // Behind a pong with an LF, which may be a part of it, the server says no more.
            Stage::Cut if self.had_lf_in_reply => Ok(()),
            Stage::Cut if !self.partial.is_empty() && !refused => {
                Finding::of(Check::Damage, format!("{id} was cut within {:?}", partial()))
            }
            Stage::Cut if !self.has_heard_last_words && !refused => {
                Finding::of(Check::LastWords, format!("{id} was cut without a word"))
            }
            Stage::Left | Stage::Ended | Stage::Cut => Ok(()),
        }
    }

    /// Whether nothing is due any more to a client that is in the chat.
    pub fn is_served(&self) -> bool {
        self.expected.is_empty()
            && self.partial.is_empty()
            && self.client.intents.is_empty()
            && self.client.replies.is_empty()
    }

    pub fn describe(&self) -> String {
        format!(
            "{} ({:?}, {:?}): {} lines and {} replies due, {} inputs not decoded, {:?} begun",
            self.id,
            self.protocol,
            self.stage,
            self.expected.len(),
            self.client.replies.len(),
            self.client.intents.len(),
            String::from_utf8_lossy(&self.partial)
        )
    }
}

/// Whether a line looks like another one with bytes changed, lost or added.
fn is_damaged(due: &[u8], line: &[u8]) -> bool {
    let same_start = due.iter().zip(line).take_while(|(a, b)| a == b).count();
    let same_end = due.iter().rev().zip(line.iter().rev()).take_while(|(a, b)| a == b).count();
    same_start + same_end >= due.len().max(line.len()) / 2
}
