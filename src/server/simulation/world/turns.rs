//! One turn of a thread, of a client, or of the network.

use std::mem;

use super::super::model::restart_soon;
use super::super::peer::{ReadSpeed, Stage};
use super::super::report::{Check, Finding};
use super::super::seam::{self, Act, Wait};
use super::super::words::Words;
use super::{Sent, World};
use crate::chat::Protocol;
use crate::config::limits;
use crate::server::inbox::Control;

impl World<'_> {
    pub(super) fn client_acts(&mut self, at: usize) -> bool {
        let Self { peers, dice, topics, model, report, .. } = self;
        let peer = &mut peers[at];
        {
            let state = peer.wire.lock();
            let ends = state.client_ended || peer.client.is_finished;
            if peer.is_done || peer.is_silent || ends || state.to_server.len() > 32 * 1024 {
                return false;
            }
        }
        let bytes = if peer.has_joined {
            report.count("a client asks for something");
            let mut bytes = peer.client.do_something(topics, dice);
            if dice.once_in(32) {
                report.count("a client pastes");
                for _ in 0..dice.below(40) {
                    if peer.client.is_finished {
                        break;
                    }
                    bytes.extend(peer.client.do_something(topics, dice));
                }
            }
            bytes
        } else if peer.has_asked || dice.once_in(8) {
            return false;
        } else if peer.protocol == Protocol::Plain && peer.inputs == 0 && dice.once_in(40) {
            peer.has_asked = true;
            peer.client.ask_for_page()
        } else {
            peer.has_asked = true;
            report.count("a client asks for a name");
            // Only a name that surely is free may be followed by more at once.
            let is_taken = dice.once_in(10);
            let taken = model.names().nth(dice.below(8)).filter(|_| is_taken).cloned();
            let pipes = taken.is_none() && dice.once_in(4);
            let name = taken.unwrap_or_else(|| topics.new_name());
            let mut bytes = peer.client.choose_name(&name, dice);
            if pipes {
                // Nobody else may take it before.
                topics.names.retain(|it| *it != name);
                bytes.extend(peer.client.do_something(topics, dice));
            }
            bytes
        };
        peer.wire.lock().client_sends(&bytes);
        true
    }

    pub(super) fn network_carries(&mut self, at: usize) -> bool {
        let count = match self.dice.below(4) {
            0 => self.dice.between(1, 4),
            1 => self.dice.between(1, 64),
            _ => usize::MAX,
        };
        let did = self.peers[at].wire.lock().carry(count);
        if did {
            let split = count < usize::MAX;
            self.report.count(if split {
                "the network brings a part"
            } else {
                "the network brings all"
            });
        }
        did
    }

    pub(super) fn reader_runs(&mut self, at: usize) -> Result<bool, Finding> {
        let peer = &mut self.peers[at];
        if !peer.can_read(self.time) {
            return Ok(false);
        }
        let before = self.inbox.len();
        let Some(reader) = &mut peer.reader else {
            return Ok(false);
        };
        let has_ended = reader.resume();
        let id = peer.id;
        if has_ended {
            peer.reader = None;
        }
        let sent = self.inbox.len() - before;
        for _ in 0..sent {
            // Besides the report of its end.
            if !has_ended && (self.sent.contains(&Sent::Reader(id)) || self.waits_for_log(id)) {
                return Finding::of(Check::Turns, format!("{id} has two events under way"));
            }
            self.sent.push_back(Sent::Reader(id));
        }
        self.report.count("a reader runs");
        Ok(true)
    }

    pub(super) fn writers_run(&mut self, at: usize) -> Result<bool, Finding> {
        let Self { peers, report, inbox, sent, .. } = self;
        let peer = &mut peers[at];
        let mut did = false;
        let wire = &peer.wire;
        peer.writers.retain_mut(|writer| {
            if writer.wait == Wait::Write && !wire.lock().is_writable() {
                return true;
            }
            let (before, wait) = (inbox.len(), writer.wait);
            let has_ended = writer.resume();
            let count = inbox.len() - before;
            sent.extend((0..count).map(|_| Sent::Other));
            did |= count > 0 || has_ended || wait != writer.wait || wait == Wait::Write;
            !has_ended
        });
        if did {
            report.count("a writer runs");
        }
        Ok(did)
    }

    pub(super) fn client_reads(&mut self, at: usize, eagerly: bool) -> Result<bool, Finding> {
        let Self { peers, dice, report, .. } = self;
        let peer = &mut peers[at];
        if peer.is_done {
            return Ok(false);
        }
        let (available, has_ended, was_reset, since) = {
            let state = peer.wire.lock();
            let length = state.to_client.len();
            (length, state.server_ended, state.server_reset, state.server_ended)
        };
        if was_reset {
            peer.is_done = true;
            peer.wire.lock().client_ended = true;
            report.count("a client finds its connection reset");
            let since = peer.cut_at.or(since).unwrap_or_default();
            let waited = self.time.saturating_sub(since);
            // A second, in which the client may read; or it is gone itself.
            let has_right = peer.stage != Stage::Left && !peer.is_shut_unsent;
            if waited < limits::LINGER_TIME && has_right {
                let state = peer.wire.lock();
                let (unread, ended) = (state.to_server.len(), state.client_ended);
                let text = format!(
                    "{} lost its last lines after {waited:?}, with {unread} bytes unread (ended: {ended})",
                    peer.describe()
                );
                drop(state);
                return Finding::of(Check::Closing, text);
            }
            return Ok(true);
        }
        if available == 0 {
            if has_ended.is_none() {
                return Ok(false);
            }
            report.count(match peer.stage {
                Stage::Open => "a client is closed for no reason",
                Stage::Left => "a client has left and reads the end",
                Stage::Ended => "a client is sent away and reads the end",
                Stage::Cut if peer.has_heard_last_words => "a client is cut and reads why",
                Stage::Cut => "a client is cut without room for a word",
            });
            peer.end_received()?;
            return Ok(true);
        }
        let count = match peer.read_speed {
            ReadSpeed::Never if !eagerly => return Ok(false),
            // Somebody looks after it now and then, perhaps just before it is cut.
            ReadSpeed::Stalled if !eagerly && !dice.once_in(24) => return Ok(false),
            ReadSpeed::Stalled if !eagerly => dice.between(1, available),
            ReadSpeed::Slow if !eagerly => {
                if !dice.once_in(8) {
                    return Ok(false);
                }
                dice.between(1, 64)
            }
            _ if eagerly || dice.once_in(2) => usize::MAX,
            _ => dice.between(1, available),
        };
        let protocol = peer.protocol;
        let mut digest = |bytes: &[u8]| report.digest(bytes);
        let lines = peer.receive(count, &mut digest)?;
        report.count_many(
            match protocol {
                Protocol::Plain => "lines received, plain text",
                Protocol::Json => "lines received, JSON",
                Protocol::Web => "lines received, WebSocket",
            },
            lines,
        );
        Ok(true)
    }

    // ── The dispatcher ──

    pub(super) fn dispatcher_runs(&mut self) -> Result<bool, Finding> {
        let is_due = self.wakes_at <= self.time;
        if self.inbox.is_empty() && self.requests.is_empty() && !is_due {
            return Ok(false);
        }
        // The server's time, reckoned anew: it goes on by half a second at most between two wake-ups.
        let since_tick = self.time - self.ticked_at;
        self.server_time += since_tick.min(limits::TICK_MAX);
        self.ticked_at = self.time;
        for peer in &mut self.peers {
            let mut state = peer.wire.lock();
            state.refused = false;
            (peer.accepted_before, peer.accepted_now) = (state.accepted, state.accepted);
            (peer.expected_before, peer.refused_now) = (peer.expected_bytes, false);
        }
        let before = self.inbox.len();
        let request = self.requests.pop_front();
        if matches!(request, Some(Control::Drain)) && self.shut_down_at.is_none() {
            self.tell_own(&restart_soon(self.plan.config.drain));
        }
        self.dispatcher.wake(request);
        let sleeps = self.dispatcher.next_deadline().saturating_sub(self.shared.clock.now());
        self.wakes_at = self.time + sleeps;
        let taken = before - self.inbox.len();
        self.sent.drain(..taken);
        self.report.count(match taken {
            0 => "the dispatcher wakes for a deadline or a request",
            1 => "the dispatcher takes one event",
            _ => "the dispatcher takes a batch",
        });
        let started = mem::take(&mut *self.started.lock());
        for (client, writer) in started {
            self.report.count("a full socket is handed to a writer");
            if let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == client) {
                peer.writers.push(writer);
            }
        }
        for act in seam::take_acts() {
            match act {
                Act::Takes(now, event) if self.has_log() => self.takes_of_log(now, event)?,
                Act::Takes(now, event) => {
                    let asked = self.notices(now, &event)?;
                    self.happened(now, event, asked);
                }
                #[cfg(feature = "cluster")]
                Act::Submits(now, event) => self.submits(now, &event)?,
                #[cfg(feature = "cluster")]
                Act::Opens(position) => self.opens(position)?,
                #[cfg(feature = "cluster")]
                Act::Loads(position) => self.loads(position)?,
                #[cfg(feature = "cluster")]
                Act::Misses(client) => self.misses(client),
                #[cfg(feature = "cluster")]
                Act::EndsNameless(now, client) => self.ends_nameless(now, client)?,
                Act::Sends { client, accepted, refused } => {
                    if let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == client) {
                        peer.accepted_now = accepted;
                        peer.refused_now |= refused;
                    }
                }
                Act::GivesTurn(client) => self.check_turn(client)?,
            }
        }
        self.check_log()?;
        self.check_places()?;
        self.check_limits()?;
        Ok(true)
    }

    /// Tells everybody who is connected to this server.
    pub(super) fn tell_own(&mut self, words: &Words) {
        let now = self.shared.clock.now();
        for peer in self.peers.iter_mut().filter(|peer| peer.is_served_here()) {
            let bytes = words.bytes(peer.protocol, None, None);
            if !bytes.is_empty() {
                peer.expect(&bytes, now);
            }
        }
    }
}
