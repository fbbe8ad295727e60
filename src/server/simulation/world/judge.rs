//! Whether the promises hold: for each event that the Hub takes, and after each batch.

use std::mem;
use std::sync::Arc;

use super::super::model::{Action, Asked};
use super::super::peer::Stage;
use super::super::plan::Cause;
use super::super::report::{Check, Finding};
use super::super::seam;
use super::{LATE_MAX, World, word_of};
use crate::chat::{ClientId, DisconnectReason, Event, Input, Line, Now, Protocol, Time};
use crate::config::{DeliveryPolicy, RateLimit, limits};

/// While several clients are cut, one after the other, those who are left are told of each: more than these lines take.
const CUT_LINES_BYTES_MAX: u64 = 4 << 10;

impl World<'_> {
    /// This server has an event, which the Hub takes now or later: checks what can be known of it here. Returns what the client
    /// asks for.
    pub(super) fn notices(&mut self, now: Now, event: &Event) -> Result<Asked, Finding> {
        if now.time != self.server_time {
            let text = format!("it is {:?} instead of {:?}", now.time, self.server_time);
            return Finding::of(Check::Clock, text);
        }
        match *event {
            Event::Connected { client, .. } => {
                if let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == client) {
                    peer.has_arrived = true;
                }
            }
            Event::Received { client, ref input } => return self.decoded(client, input, now.time),
            Event::LoginTimedOut { client } => {
                if let Some(peer) = self.peers.iter().find(|peer| peer.id == client)
                    && now.time < peer.connected + self.plan.config.login_timeout
                {
                    return Finding::of(Check::Limits, format!("{client} had more time to log in"));
                }
                self.report.count("a client gives no name in time");
            }
            Event::IdleTooLong { client, .. } => {
                let half = self.plan.config.idle_timeout.unwrap_or_default() / 2;
                if let Some(peer) = self.peers.iter().find(|peer| peer.id == client)
                    // A reader reads on while its last event waits for the dispatcher.
                    && now.time + LATE_MAX < peer.last_input + half
                {
                    return Finding::of(Check::Limits, format!("{client} is not that idle"));
                }
                self.report.count("a client is idle");
            }
            Event::Disconnected { client, reason } => {
                self.disconnected(client, reason, now.time)?;
            }
            Event::Reloaded { .. } => {
                self.plan.config = self.reloads.pop_front().unwrap_or_default();
                self.lenient_until = now.time + LATE_MAX;
                self.report.count("the settings are loaded again");
            }
            _ => {}
        }
        Ok(None)
    }

    /// The Hub has taken an event, in which a client may have asked for something.
    pub(super) fn happened(&mut self, now: Now, event: Event, asked: Asked) {
        self.applies(now, event, asked);
        for client in mem::take(&mut self.model.ended) {
            if let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == client)
                && peer.stage == Stage::Open
            {
                peer.stage = Stage::Ended;
            }
        }
        self.take_told(self.shared.clock.now());
    }

    /// The model takes an event.
    pub(super) fn applies(&mut self, now: Now, event: Event, asked: Asked) {
        let since_start = now.wall.duration_since(seam::simulated_wall(Time::ZERO));
        self.tell(|| format!("the Hub takes {event:?}"));
        self.model.set_time(Time::try_from(since_start).unwrap_or_default(), now.time);
        match event {
            Event::Connected { client, address, protocol, .. } => {
                self.model.connected(client, address, protocol, word_of(client));
            }
            Event::Received { client, input } => self.received(client, &input, asked),
            Event::LoginTimedOut { client } => self.model.login_timed_out(client),
            Event::IdleTooLong { client, left } => self.model.idle(client, left),
            Event::Disconnected { client, .. } => self.model.disconnected(client),
            Event::ShutdownRequested { .. } => {
                self.shut_down_at.get_or_insert(now.time);
                self.model.shut_down();
            }
            Event::DeadlineReached => {
                if self.model.deadline_reached() {
                    self.report.count("announcements are folded into one");
                }
            }
            Event::Reloaded { settings } => {
                self.model.reloaded(settings.history_on_join, settings.announce_up_to);
            }
            #[cfg(feature = "cluster")]
            Event::MachineCame { .. } => {}
            #[cfg(feature = "cluster")]
            Event::MachineGone { starts } => {
                self.report.count("a machine is gone, and its people with it");
                self.model.machine_gone(&starts);
            }
            Event::Dismissed { clients } => {
                self.report.count("clients are sent away before a restart");
                self.model.sent_away(&clients);
            }
            other => panic!("the simulation has no such event: {other:?}"),
        }
    }

    /// Passes on what the model has clients receive.
    pub(super) fn take_told(&mut self, now: Time) {
        for told in self.model.take_told() {
            let peer = self.peers.iter_mut().find(|peer| peer.id == told.client);
            if let Some(peer) = peer.filter(|peer| !peer.is_deaf) {
                peer.expect(&told.bytes, now);
            }
        }
    }

    /// A decoder has decoded an input. Returns what the client asks for with it.
    fn decoded(&mut self, client: ClientId, input: &Input, now: Time) -> Result<Asked, Finding> {
        if let Input::HeldBack { .. } = input {
            self.report.count("lines are held back");
            return Ok(None);
        }
        // A chat that has been shut down knows nobody, and learns nothing of anybody.
        let is_heard = self.has_log() || self.model.knows(client);
        let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == client) else {
            return Finding::of(Check::Input, format!("{client} is gone and says {input:?}"));
        };
        if peer.stage == Stage::Cut && peer.wire.lock().both_shut {
            // Half a line, which the server itself has ended. Nobody takes it.
            return Ok(None);
        }
        peer.inputs += 1;
        peer.last_input = now;
        // A connection keeps this setting, and no reload changes it here.
        if let RateLimit::Lines { burst, per_second } = self.plan.config.rate_limit {
            let time = now.saturating_sub(peer.connected).as_secs_f64();
            let most = f64::from(burst) + time * f64::from(per_second) + 1.0;
            if peer.inputs as f64 > most {
                let text = format!("{} lines of {client} in {time:.3} s", peer.inputs);
                return Finding::of(Check::Flood, text);
            }
        }
        let Some(intent) = peer.client.intents.pop_front() else {
            return Finding::of(Check::Input, format!("{client} did not send {input:?}"));
        };
        if intent.input != *input {
            let text = format!("{client} sent {:?}, which became {input:?}", intent.input);
            return Finding::of(Check::Input, text);
        }
        self.report.count(counted(&intent.action));
        if *input == Input::SpeaksJson && is_heard {
            peer.protocol = Protocol::Json;
        }
        Ok(Some((intent.action, intent.tag)))
    }

    /// The Hub has taken an input.
    fn received(&mut self, client: ClientId, input: &Input, asked: Asked) {
        match (input, asked) {
            (&Input::HeldBack { lines, wait }, _) => self.model.held_back(client, lines, wait),
            (input, Some((action, tag))) if self.model.knows(client) => {
                let is_altered = matches!(input, Input::Line(Line { altered: true, .. }));
                self.model.act(client, &action, tag, is_altered);
                if self.model.knows(client)
                    && let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == client)
                {
                    peer.protocol = self.model.protocol(client);
                }
            }
            _ => {}
        }
    }

    fn disconnected(
        &mut self,
        client: ClientId,
        reason: DisconnectReason,
        now: Time,
    ) -> Result<(), Finding> {
        if reason == DisconnectReason::SlowReader {
            self.check_cut(client, now)?;
        }
        let Some(at) = self.peers.iter().position(|peer| peer.id == client) else {
            return Ok(());
        };
        let is_ending = self.model.is_over || self.has_left();
        let peer = &mut self.peers[at];
        let was_open = peer.stage == Stage::Open;
        peer.is_deaf = true;
        let was_reset = peer.wire.lock().client_reset;
        match reason {
            DisconnectReason::SlowReader => {
                peer.stage = Stage::Cut;
                peer.cut_at = Some(self.time);
                let mut replies = peer.client.replies.iter();
                peer.had_lf_in_reply = replies.any(|reply| reply.contains(&b'\n'));
                let words = self.model.last_words(peer.protocol, is_ending);
                let lines = words.split_inclusive(|&byte| byte == b'\n');
                peer.last_words = lines.map(<[u8]>::to_vec).collect();
            }
            DisconnectReason::EndOfInput if was_open && !was_reset => {
                if let Some(intent) = peer.client.intents.front() {
                    let text = format!("{client} sent {:?}, which never came", intent.input);
                    return Finding::of(Check::Input, text);
                }
            }
            DisconnectReason::ReaderPanicked => {
                return Finding::of(Check::Panic, format!("the reader of {client} panicked"));
            }
            _ => {}
        }
        if peer.stage == Stage::Open {
            peer.stage = Stage::Left;
        }
        Ok(())
    }

    /// Whether there is a reason to cut this client. What its socket would have accepted is none.
    fn check_cut(&mut self, client: ClientId, now: Time) -> Result<(), Finding> {
        // Nothing waits any more for clients that are cut already.
        let others = self.peers.iter().filter(|peer| peer.stage != Stage::Cut);
        let total = others.map(|peer| peer.pending(peer.accepted_before).1).sum();
        let Some(at) = self.peers.iter().position(|peer| peer.id == client) else {
            return Finding::of(Check::Limits, format!("{client} was cut and is gone"));
        };
        let (accepted, free) = {
            let state = self.peers[at].wire.lock();
            (state.accepted_before_growth.unwrap_or(state.accepted), state.free_before_growth)
        };
        // The dispatcher cannot have tried a socket of which a writer has the right to write.
        let free = if self.peers[at].writers.is_empty() { free as u64 } else { 0 };
        let Some(cause) = self.cause_of_cut(at, accepted + free, total, now) else {
            let (pending, _) = self.peers[at].pending(accepted);
            let before = self.peers[at].accepted_before;
            let check = match self.cause_of_cut(at, before, total, now) {
                Some(_) => Check::ReaderCut,
                None => Check::Limits,
            };
            let text = format!(
                "{client} was cut with {pending} bytes of {total}, and its socket takes {free}"
            );
            return Finding::of(check, text);
        };
        if cause == Cause::Total {
            self.check_largest(at, accepted, now)?;
        }
        let peer = &self.peers[at];
        let is_for_all = matches!(cause, Cause::Grace | Cause::Direct);
        if peer.was_prompt && !peer.is_done && !is_for_all && self.plan.protects_readers(cause) {
            let text = format!("{client} reads, and was cut: {cause:?}");
            return Finding::of(Check::ReaderCut, text);
        }
        self.report.count(match cause {
            Cause::Bytes => "a client is cut: too many bytes",
            Cause::Age => "a client is cut: too old",
            Cause::Direct => "a client is cut: its socket is full, and the policy is direct",
            Cause::Total => "a client is cut: too many bytes for all",
            Cause::Grace => "a client is cut: the grace is over",
        });
        Ok(())
    }

    /// For what waits for all together, nobody is cut while more waits for somebody else.
    fn check_largest(&mut self, at: usize, accepted: u64, now: Time) -> Result<(), Finding> {
        if self.cause_of_cut(at, accepted, 0, now).is_some() {
            return Ok(());
        }
        let (_, pending) = self.peers[at].pending(accepted);
        let larger = self.peers.iter().find(|peer| {
            let (least, _) = peer.pending(peer.accepted_now);
            let state = peer.wire.lock();
            let is_broken = state.client_reset || state.server_ended.is_some();
            peer.stage != Stage::Cut && !is_broken && least > pending + CUT_LINES_BYTES_MAX
        });
        match larger {
            Some(larger) => {
                let (least, _) = larger.pending(larger.accepted_now);
                let (cut, kept) = (self.peers[at].id, larger.id);
                let text =
                    format!("{cut} is cut with {pending} bytes, {kept} is kept with {least}");
                Finding::of(Check::Limits, text)
            }
            None => Ok(()),
        }
    }

    /// Why this client may be cut, if that many bytes were accepted.
    fn cause_of_cut(&mut self, at: usize, accepted: u64, total: u64, now: Time) -> Option<Cause> {
        let config = Arc::clone(&self.plan.config);
        let peer = &mut self.peers[at];
        let (_, pending) = peer.pending(accepted);
        // It is not known when a reply was appended.
        let has_replies = pending > 0 && !peer.client.replies.is_empty();
        let oldest =
            if has_replies { Some(peer.connected) } else { peer.possibly_oldest(accepted) };
        let age = oldest.map_or(Time::ZERO, |time| now.saturating_sub(time));
        // The age is measured in tenths of a second.
        let is_old = age + Time::from_millis(101) > config.outbox_age;
        let grace_is_over = self.shut_down_at.is_some_and(|at| now >= at + config.shutdown_grace);
        if pending > config.outbox_bytes as u64 {
            Some(Cause::Bytes)
        } else if config.delivery == DeliveryPolicy::Direct && pending > 0 {
            Some(Cause::Direct)
        } else if pending > 0 && total > config.outbox_total as u64 {
            Some(Cause::Total)
        } else if grace_is_over {
            Some(Cause::Grace)
        } else {
            // Last, because it is possible most often.
            is_old.then_some(Cause::Age)
        }
    }

    /// A reader gets its turn: nothing that this wake-up has caused may wait for another flush, only for room in a socket.
    pub(super) fn check_turn(&self, client: ClientId) -> Result<(), Finding> {
        if self.waits_for_log(client) {
            let text = format!("{client} gets its turn before its event has come back");
            return Finding::of(Check::Turns, text);
        }
        // In a crowded chat, the writers of connections that were shut down a moment ago may not have ended.
        let lacks_writer = self.plan.config.delivery == DeliveryPolicy::Writer
            && (self.plan.writer_failure_in.is_some() || self.plan.is_crowded);
        for peer in &self.peers {
            let was_told = peer.expected_bytes > peer.expected_before;
            let waits = peer.pending(peer.accepted_now).0 > 0;
            // A writer may have it, or a socket that takes no more.
            let is_flushed = !peer.writers.is_empty() || peer.refused_now || lacks_writer;
            if !was_told || !waits || is_flushed || peer.stage == Stage::Cut {
                continue;
            }
            let state = peer.wire.lock();
            if !state.client_reset && state.server_ended.is_none() {
                let text = format!(
                    "{client} gets its turn before {} is sent {} bytes",
                    peer.id,
                    peer.pending(peer.accepted_now).0
                );
                return Finding::of(Check::Turns, text);
            }
        }
        Ok(())
    }

    /// How many clients of this server are surely in a chat on several machines, and how many may be: those who have reset their
    /// connections, which the server may know or not.
    fn count_here(&self) -> (usize, usize) {
        let arrived = self.peers.iter().filter(|peer| peer.has_arrived);
        let (lost, others): (Vec<_>, Vec<_>) =
            arrived.partition(|peer| peer.wire.lock().client_reset);
        (others.iter().filter(|peer| peer.stage == Stage::Open).count(), lost.len())
    }

    /// A client that has left the chat has given its place back.
    pub(super) fn check_places(&self) -> Result<(), Finding> {
        let held: u64 = self.shared.admission.open().map(|(_, count)| count).sum();
        let arriving = self.peers.iter().filter(|peer| !peer.has_arrived).count();
        let (here, lost) = match self.has_log() {
            true => self.count_here(),
            false => (self.model.count(), 0),
        };
        let due = (here + arriving) as u64;
        if !(due..=due + lost as u64).contains(&held) {
            return Finding::of(
                Check::Ending,
                format!("{held} places are taken, by {due} clients"),
            );
        }
        Ok(())
    }

    /// Nobody may stay who is silent for too long, or gives no name in time.
    fn check_silence(&mut self, now: Time) -> Result<(), Finding> {
        let passed = now - mem::replace(&mut self.checked_at, now);
        let (takes_part, has_log) = (self.takes_part(), self.has_log());
        let under_way: Vec<bool> =
            self.peers.iter().map(|peer| self.is_under_way(peer.id)).collect();
        for (peer, waits) in self.peers.iter_mut().zip(under_way) {
            if !peer.is_served_here() {
                continue;
            }
            let has_joined = self.model.has_joined(peer.id);
            // Its last event may still be on its way.
            peer.wait_for_it(if waits { Time::ZERO } else { passed }, has_joined);
            // Held back lines of a lost connection have a limit of their own.
            if !takes_part || peer.wire.lock().client_reset {
                peer.forgive_silence();
            }
            let (silence, unnamed) = peer.silence();
            let config = &self.plan.config;
            // A reader that waits until the login deadline is not woken when the log has the name at last.
            let slack = if has_log { config.login_timeout } else { Time::ZERO } + 2 * LATE_MAX;
            if config.idle_timeout.is_some_and(|most| silence > most + slack) && has_joined {
                let text = format!("{} is kept, and has been silent for {silence:?}", peer.id);
                return Finding::of(Check::Limits, text);
            }
            if unnamed > config.login_timeout + 2 * LATE_MAX {
                let text = format!("{} is kept, and has had no name for {unnamed:?}", peer.id);
                return Finding::of(Check::Limits, text);
            }
        }
        Ok(())
    }

    /// Connections are bounded, whether they have a place or not. Only when there are too many, one without a place is shut
    /// down before everything is sent.
    fn check_connections(&mut self) -> Result<(), Finding> {
        let places = self.plan.config.max_clients;
        let most = places + limits::leaving_max(places);
        let (mut open, mut all, mut shut) = (0, 0, Vec::new());
        for peer in self.peers.iter_mut().filter(|peer| peer.has_arrived) {
            let state = peer.wire.lock();
            let (is_broken, is_shut, accepted) =
                (state.client_reset, state.both_shut, state.accepted);
            let has_ended = state.server_ended.is_some();
            drop(state);
            // A writer that is about to end keeps no connection open.
            let is_over = has_ended && peer.reader.is_none();
            let is_there = peer.connection.strong_count() > 0 && !is_over;
            all += usize::from(is_there);
            if !is_shut {
                open += usize::from(is_there && !is_broken);
            } else if peer.pending(accepted).1 > 0 && !peer.is_shut_unsent {
                shut.push(peer);
            }
        }
        if open > most {
            let text = format!("{open} connections are open, with {places} places");
            return Finding::of(Check::Limits, text);
        }
        // Some may have come and gone in one batch.
        if all + 4 > most {
            shut.into_iter().for_each(|peer| peer.is_shut_unsent = true);
        }
        Ok(())
    }

    /// Nobody may be kept beyond the limits.
    pub(super) fn check_limits(&mut self) -> Result<(), Finding> {
        let now = self.shared.clock.now();
        self.check_silence(now)?;
        self.check_connections()?;
        let config = &self.plan.config;
        let waits_for_log = self.has_log();
        let mut total = 0;
        for peer in &mut self.peers {
            // Its lines may be held back for so long, and each for some seconds more.
            let is_long_ago = |at: Time| now > at + limits::HELD_BACK_AFTER_LOSS_MAX + 5 * LATE_MAX;
            if peer.stage == Stage::Open && peer.reset_at.is_some_and(is_long_ago) && !waits_for_log
            {
                let text = format!("{} is in the chat long after it reset the connection", peer.id);
                return Finding::of(Check::Ending, text);
            }
            let (accepted, is_empty, is_broken) = {
                let state = peer.wire.lock();
                let is_broken = state.client_reset || state.server_ended.is_some();
                (state.accepted, state.to_client.is_empty(), is_broken)
            };
            if is_broken || peer.stage == Stage::Cut {
                continue;
            }
            let (pending, _) = peer.pending(accepted);
            total += pending;
            // New limits hold from the next check on.
            let is_lenient = now < self.lenient_until;
            if pending > config.outbox_bytes as u64 && !is_lenient {
                let text = format!("{} is kept with {pending} bytes waiting", peer.id);
                return Finding::of(Check::Limits, text);
            }
            // With this policy, nobody else writes while there is no thread.
            let lacks_writer =
                config.delivery == DeliveryPolicy::Writer && self.plan.writer_failure_in.is_some();
            if pending == 0 || !is_empty || lacks_writer {
                peer.starved_since = None;
            } else if now > *peer.starved_since.get_or_insert(now) + LATE_MAX {
                let text = format!("{} has read everything, and {pending} bytes wait", peer.id);
                return Finding::of(Check::Stalled, text);
            }
            peer.forget_accepted(accepted);
            let age =
                peer.surely_oldest(accepted).map_or(Time::ZERO, |time| now.saturating_sub(time));
            if age > config.outbox_age + LATE_MAX && !is_lenient {
                let text = format!("{} is kept with bytes that are {age:?} old", peer.id);
                return Finding::of(Check::Limits, text);
            }
        }
        if total <= config.outbox_total as u64 {
            self.over_total_since = None;
        } else if now > *self.over_total_since.get_or_insert(now) + LATE_MAX {
            let text = format!("{total} bytes wait for all together");
            return Finding::of(Check::Limits, text);
        }
        Ok(())
    }
}

/// The name under which a report counts an input.
fn counted(action: &Action) -> &'static str {
    match action {
        Action::SpeakJson => "input: a first brace",
        Action::Text(_) => "input: a typed line",
        Action::EmptyLine => "input: an empty line",
        Action::Connect(_) => "input: connect",
        Action::Chat { .. } => "input: chat",
        Action::Me { .. } => "input: me",
        Action::Private { .. } => "input: msg",
        Action::Join(_) => "input: join",
        Action::Part(_) => "input: part",
        Action::Nick(_) => "input: nick",
        Action::Ignore(_) => "input: ignore",
        Action::Unignore(_) => "input: unignore",
        Action::Kick(_) => "input: kick",
        Action::ShowTimes(_) => "input: timestamp",
        Action::Ping => "input: ping",
        Action::Quit => "input: quit",
        Action::TooLong => "input: a line that is too long",
        Action::History { .. } => "input: history",
        Action::Wrong(..) => "input: an invalid request",
        Action::Endless => "input: a line without an end",
        Action::Http => "input: an HTTP request",
        Action::Close(1_000) => "input: a close frame",
        Action::Close(_) => "input: a frame that breaks the protocol",
    }
}
