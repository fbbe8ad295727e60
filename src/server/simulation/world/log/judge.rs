//! The fate of the entries: whether the dispatcher opens them as it should, and what this machine tells its own people.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::Ordering;

use super::super::super::link::{Link, Standing, UnderWay, client_of, line_of};
use super::super::super::model::{Asked, News, shut_down};
use super::super::super::peer::{Peer, Stage};
use super::super::super::report::{Check, Finding};
use super::super::super::store::{Logged, Sender};
use super::super::super::words::Words;
use super::super::{Sent, World};
use super::{NODE, Reading};
use crate::chat::{ClientId, Event, Input, Now, Protocol, Time};
use crate::config::limits;
use crate::server::inbox::Inbound;
use crate::server::order::Ordered;
use crate::server::order::parts::Content;

impl World<'_> {
    fn tell_one(&mut self, client: ClientId, words: &Words) {
        let now = self.server_time;
        let peer = self.peers.iter_mut().find(|peer| peer.id == client);
        if let Some(peer) = peer.filter(|peer| peer.is_served_here()) {
            let bytes = words.bytes(peer.protocol, None, None);
            if !bytes.is_empty() {
                peer.expect(&bytes, now);
            }
        }
    }

    /// The dispatcher has taken an event of this node.
    pub(in super::super) fn submits(&mut self, now: Now, event: &Event) -> Result<(), Finding> {
        let asked = self.notices(now, event)?;
        self.tell(|| format!("the dispatcher takes {event:?}"));
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        if let Event::Received { client, input: Input::SpeaksJson } = event {
            self.model.decodes_json(*client);
        }
        let has_ended = log.link.standing == Standing::Ended;
        if let Event::Connected { client, .. } = event
            && log.link.is_waiting
            && !has_ended
        {
            self.tell_one(*client, &News::Waiting.words());
        }
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        match (event, log.link.standing) {
            (Event::DeadlineReached, _) => self.link_deadline(now.time),
            (Event::ShutdownRequested { .. }, Standing::Here | Standing::GivenUp) => {
                log.link.standing = Standing::Leaving(now.time + limits::LEAVE_WAIT_MAX);
            }
            (Event::ShutdownRequested { .. }, _) => {}
            (event, Standing::Here | Standing::Leaving(_)) => {
                let client = client_of(event);
                let is_arrival = matches!(event, Event::Connected { .. });
                let is_return = is_arrival && log.returning.iter().any(|it| Some(*it) == client);
                log.returning.retain(|it| !is_return || Some(*it) != client);
                let is_end = matches!(event, Event::Disconnected { .. });
                let input = match event {
                    Event::Received { input, .. } => Some(input.clone()),
                    _ => None,
                };
                log.link.submit(UnderWay {
                    client,
                    input,
                    line: line_of(event),
                    asked,
                    has_reader: !is_return && !is_end && client.is_some(),
                    is_void: false,
                });
            }
            (Event::Reloaded { .. }, Standing::GivenUp) => log.held_back += 1,
            (event, Standing::GivenUp) => {
                if let (Some(client), Some(line)) = (client_of(event), line_of(event)) {
                    self.report.count("a line is lost, and its sender is told");
                    self.tell_one(client, &News::NotSaid(line).words());
                }
            }
            (Event::Connected { client, .. }, Standing::Ended) => self.farewell(Some(*client)),
            (_, Standing::Ended) => {}
        }
        Ok(())
    }

    /// A deadline of the link has come.
    fn link_deadline(&mut self, now: Time) {
        let Some(log) = &mut self.log else { return };
        if !log.link.is_waiting && log.link.waits_from() <= now {
            log.link.is_waiting = true;
            self.report.count("everybody is told that the chat waits");
            self.tell_own(&News::Waiting.words());
        }
        if let Some(log) = &self.log
            && let Standing::Leaving(until) = log.link.standing
            && until <= now
        {
            let lines = log.link.unsaid();
            self.node_ends(lines);
        }
    }

    /// This node has left the chat, or has waited long enough for that. Nobody here knows that these lines have been said.
    fn node_ends(&mut self, lines: Vec<(ClientId, String)>) {
        let Some(log) = &mut self.log else { return };
        log.link.standing = Standing::Ended;
        log.link.give_up();
        for (client, line) in lines {
            self.report.count("a line is lost, and its sender is told");
            self.tell_one(client, &News::NotSaid(line).words());
        }
        self.shut_down_at.get_or_insert(self.server_time);
        self.farewell(None);
    }

    /// This client of the server reads that it ends, or all do.
    fn farewell(&mut self, only: Option<ClientId>) {
        let now = self.server_time;
        let is_meant = |id: ClientId| only.is_none_or(|only| only == id);
        for peer in self.peers.iter_mut().filter(|it| it.is_served_here() && is_meant(it.id)) {
            peer.expect(&shut_down().bytes(peer.protocol, None, None), now);
            peer.stage = Stage::Ended;
            peer.is_deaf = true;
        }
    }

    /// The dispatcher opens an entry.
    pub(in super::super) fn opens(&mut self, position: u64) -> Result<(), Finding> {
        self.closes_entry()?;
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        let Some(logged) = log.store.entry(position) else {
            return Finding::of(Check::Log, format!("there is no entry {position}"));
        };
        let was_here = log.ledger.incarnation(NODE).is_some();
        let opened = log.ledger.open(&logged.entry);
        let is_here = log.ledger.incarnation(NODE).is_some();
        let lines = if is_here { Vec::new() } else { log.link.unsaid() };
        let (sender, author) = (logged.sender, logged.entry.author.clone());
        let mut asked: VecDeque<Asked> = match sender {
            Sender::Other => logged.asked.clone().into(),
            Sender::Own => own_asked(&mut log.link, logged)?,
            Sender::Copy => VecDeque::new(),
        };
        let barrier = match logged.entry.content {
            Content::Barrier(number) if sender == Sender::Own && opened.counts => Some(number),
            _ => None,
        };
        if !opened.counts {
            asked.clear();
        }
        let starts_again = sender == Sender::Own && opened.start.is_some();
        self.report.count(match (sender, opened.counts) {
            (Sender::Own, true) => "an entry of this machine counts",
            (Sender::Other, true) => "an entry of another machine counts",
            (Sender::Copy, _) => "a copy of an entry is opened",
            (_, false) => "an entry of a machine that is given up is opened",
        });
        let (now, is_new) = (opened.now.time, opened.counts);
        log.link.heard = self.server_time;
        log.reading = Some(Reading {
            position,
            opened,
            asked,
            is_deadline_due: self.model.has_folded_due(now),
            has_begun: false,
        });
        if sender == Sender::Copy && is_new {
            // A copy that overtakes is the first of the two.
            return Finding::of(Check::Log, format!("entry {position} is a copy and counts"));
        }
        let goes_on = mem::take(&mut log.link.is_waiting);
        let standing = log.link.standing;
        self.tell(|| format!("the dispatcher opens entry {position} of {author}"));
        if goes_on {
            self.report.count("everybody is told that the chat goes on");
            self.tell_own(&News::GoesOn.words());
        }
        match standing {
            Standing::Here if was_here && !is_here => self.is_given_up(lines),
            Standing::Leaving(_) if !is_here => self.node_ends(lines),
            Standing::GivenUp if starts_again => self.starts_again(),
            _ => {}
        }
        if let Some(number) = barrier {
            self.settles(number);
        }
        Ok(())
    }

    /// All events of this node up to this number are in the log. Clients that the chat still does not know have lost their places.
    fn settles(&mut self, number: u64) {
        let Some(log) = &mut self.log else { return };
        let Some(settling) = log.link.settling.take_if(|it| it.number == number) else { return };
        let strangers = settling.strangers;
        let is_lost = |peer: &Peer<'_>| {
            peer.is_served_here() && strangers.contains(&peer.id) && !self.model.knows(peer.id)
        };
        let lost: Vec<ClientId> =
            self.peers.iter().filter(|peer| is_lost(peer)).map(|peer| peer.id).collect();
        for &client in &lost {
            self.report.count("a client has lost its place while entries were skipped");
            self.tell_one(client, &News::PlaceLost.words());
        }
        self.start_over(|peer| lost.contains(&peer.id));
    }

    /// The dispatcher has got a state instead of the next entries.
    pub(in super::super) fn loads(&mut self, position: u64) -> Result<(), Finding> {
        self.closes_entry()?;
        self.tell(|| format!("the dispatcher loads the state after entry {position}"));
        self.report.count("entries are skipped, and a state is loaded");
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        let lines = log.link.unsaid();
        log.link.heard = self.server_time;
        let goes_on = mem::take(&mut log.link.is_waiting);
        while let Some(log) = &mut self.log
            && log.ledger.position() < position
        {
            self.skips()?;
        }
        if goes_on {
            self.tell_own(&News::GoesOn.words());
        }
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        let is_here = log.ledger.incarnation(NODE).is_some();
        match log.link.standing {
            Standing::Here if !is_here => self.is_given_up(lines),
            Standing::Leaving(_) if !is_here => self.node_ends(lines),
            Standing::GivenUp if is_here => self.starts_again(),
            Standing::Here | Standing::Leaving(_) => self.is_introduced(lines),
            Standing::GivenUp | Standing::Ended => {}
        }
        Ok(())
    }

    /// An entry is skipped: nobody on this server hears of it.
    fn skips(&mut self) -> Result<(), Finding> {
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        let position = log.ledger.position() + 1;
        let Some(logged) = log.store.entry(position) else {
            return Finding::of(Check::Log, format!("there is no entry {position}"));
        };
        let opened = log.ledger.open(&logged.entry);
        let mut asked = match logged.sender {
            Sender::Other => logged.asked.clone().into(),
            Sender::Own => own_asked(&mut log.link, logged)?,
            Sender::Copy => VecDeque::new(),
        };
        if self.model.has_folded_due(opened.now.time) {
            self.applies(opened.now, Event::DeadlineReached, None);
        }
        let first = opened.events.len() - opened.own;
        for (at, event) in opened.events.into_iter().enumerate() {
            let asked = if at < first { None } else { asked.pop_front().flatten() };
            self.applies(opened.now, event, asked);
        }
        drop(self.model.take_told());
        self.model.ended.clear();
        Ok(())
    }

    /// The server speaks to its clients as the loaded state knows them.
    fn is_introduced(&mut self, lines: Vec<(ClientId, String)>) {
        let Self { log: Some(log), peers, model, .. } = self else { return };
        let mut strangers = Vec::new();
        let mut joined = Vec::new();
        for peer in peers.iter_mut().filter(|peer| peer.is_served_here()) {
            if model.knows(peer.id) {
                peer.protocol = model.spoken(peer.id);
            } else {
                strangers.push(peer.id);
            }
            if model.has_joined(peer.id) {
                joined.push(peer.id);
            }
        }
        log.link.load(strangers, lines);
        joined.iter().for_each(|&client| self.tell_one(client, &News::Skipped.words()));
    }

    /// The loaded state has a client whose connection is over.
    pub(in super::super) fn misses(&mut self, client: ClientId) {
        self.tell(|| format!("the state has {client}, who is gone"));
        let Some(log) = &mut self.log else { return };
        log.link.submit(UnderWay::of_server(Some(client)));
        if let Some(settling) = &mut log.link.settling {
            settling.number += 1;
        }
    }

    /// A client of this node was asked for its name again, and has chosen none.
    pub(in super::super) fn ends_nameless(
        &mut self,
        now: Now,
        client: ClientId,
    ) -> Result<(), Finding> {
        let peer = self.peers.iter().find(|peer| peer.id == client);
        let is_early = peer.is_none_or(|peer| {
            let most = self.plan.config.login_timeout;
            // Somebody whose connection is broken is not asked again.
            !peer.wire.lock().client_reset
                && peer.asked_again_at.is_none_or(|at| now.time < at + most)
        });
        if is_early {
            return Finding::of(Check::Limits, format!("{client} had more time to log in again"));
        }
        self.tell(|| format!("{client} has not given its name again"));
        self.report.count("a client gives no name in time, after it has lost its place");
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        log.link.submit(UnderWay::of_server(Some(client)));
        Ok(())
    }

    /// At the end, all copies of the chat are equal.
    pub(in super::super) fn check_copies(&mut self) -> Result<(), Finding> {
        let Some(state) = self.log.as_ref().and_then(|log| log.store.state()) else {
            return Ok(());
        };
        let (sender, copies) = crossbeam_channel::bounded(1);
        let wanted = Inbound::Ordered(Ordered::StateWanted(sender));
        assert!(self.inbox.try_send(wanted).is_ok(), "a settled inbox has room");
        self.sent.push_back(Sent::Other);
        while self.dispatcher_runs()? {}
        self.report.count("the copies of the chat are compared");
        match copies.try_recv() {
            Ok(copy) if copy.encode() == state => Ok(()),
            Ok(_) => Finding::of(Check::Log, "the copies of the chat are not equal"),
            Err(_) => Finding::of(Check::Log, "the dispatcher gives no copy of the chat"),
        }
    }

    /// The other nodes have given this one up. Nobody here knows that these lines have been said.
    fn is_given_up(&mut self, lines: Vec<(ClientId, String)>) {
        let Some(log) = &mut self.log else { return };
        self.report.count("this machine is given up");
        log.link.standing = Standing::GivenUp;
        log.link.give_up();
        for (client, line) in lines {
            self.report.count("a line is lost, and its sender is told");
            self.tell_one(client, &News::NotSaid(line).words());
        }
        self.tell_own(&News::PlaceLost.words());
    }

    /// This node takes part again. People are asked for their names, and programs connect anew.
    fn starts_again(&mut self) {
        let Some(log) = &mut self.log else { return };
        self.report.count("this machine takes part again");
        log.link.standing = Standing::Here;
        for _ in 0..mem::take(&mut log.held_back) {
            log.link.submit(UnderWay::of_server(None));
        }
        self.start_over(|_| true);
    }

    fn start_over(&mut self, is_forgotten: impl Fn(&Peer<'_>) -> bool) {
        let Some(log) = &mut self.log else { return };
        for peer in self.peers.iter_mut().filter(|it| it.is_served_here() && is_forgotten(it)) {
            if peer.protocol == Protocol::Plain {
                peer.asked_again_at = Some(self.server_time);
                log.returning.push(peer.id);
            } else {
                peer.stage = Stage::Ended;
                peer.is_deaf = true;
            }
        }
    }

    /// The copy of the chat takes an event, which has to be the next one of the entry.
    pub(in super::super) fn takes_of_log(&mut self, now: Now, event: Event) -> Result<(), Finding> {
        let Some(reading) = self.log.as_mut().and_then(|log| log.reading.as_mut()) else {
            return Finding::of(Check::Log, format!("no entry has {event:?}"));
        };
        let (position, due) = (reading.position, reading.opened.now);
        if now != due {
            let text = format!("it is {now:?} instead of {due:?} in entry {position}");
            return Finding::of(Check::Clock, text);
        }
        let is_first = !mem::replace(&mut reading.has_begun, true);
        if is_first && event == Event::DeadlineReached {
            // A name that is free again is a deadline, too.
            reading.is_deadline_due = false;
            self.happened(now, event, None);
            return Ok(());
        }
        if is_first && reading.is_deadline_due {
            return Finding::of(Check::Log, format!("entry {position} comes before a deadline"));
        }
        let own = reading.opened.own;
        let is_own = reading.opened.events.len() <= own;
        match reading.opened.events.pop_front() {
            Some(next) if next == event => {
                let asked = if is_own { reading.asked.pop_front().flatten() } else { None };
                self.happened(now, event, asked);
                Ok(())
            }
            next => {
                let text = format!("entry {position} brings {event:?} instead of {next:?}");
                Finding::of(Check::Log, text)
            }
        }
    }

    /// The dispatcher has applied everything that the last entry brings about.
    fn closes_entry(&mut self) -> Result<(), Finding> {
        let Some(reading) = self.log.as_mut().and_then(|log| log.reading.take()) else {
            return Ok(());
        };
        let position = reading.position;
        if let Some(event) = reading.opened.events.front() {
            return Finding::of(Check::Log, format!("entry {position} did not bring {event:?}"));
        }
        if reading.is_deadline_due && !reading.has_begun {
            return Finding::of(Check::Log, format!("a deadline is due at entry {position}"));
        }
        Ok(())
    }

    /// The conditions that hold whenever the dispatcher sleeps.
    pub(in super::super) fn check_log(&mut self) -> Result<(), Finding> {
        self.closes_entry()?;
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        let lost = |client: &ClientId| {
            let peer = self.peers.iter().find(|peer| peer.id == *client);
            peer.is_none_or(|peer| peer.wire.lock().client_reset)
        };
        if let Some(client) = mem::take(&mut log.returning).iter().find(|client| !lost(client)) {
            return Finding::of(Check::Log, format!("{client} is not asked for its name again"));
        }
        let now = self.server_time;
        let is_over = log.has_ended();
        if !is_over && !log.link.is_waiting && log.link.waits_from() <= now {
            return Finding::of(Check::Log, "nobody is told that the chat waits");
        }
        let first = self.shared.next_id.load(Ordering::Relaxed);
        self.next_client = self.next_client.max(first);
        Ok(())
    }
}

/// The requests in an entry of this node. Its events are those that the node has submitted, in their order.
fn own_asked(link: &mut Link, logged: &Logged) -> Result<VecDeque<Asked>, Finding> {
    let Content::Events(events) = &logged.entry.content else {
        return Ok(VecDeque::new());
    };
    let taken = link.take(events.len());
    let differs = |(event, taken): (&Event, &UnderWay)| !taken.is(event);
    if taken.len() != events.len() || events.iter().zip(&taken).any(differs) {
        let text = format!("{events:?} are appended, but {taken:?} came before");
        return Finding::of(Check::Log, text);
    }
    Ok(taken.into_iter().map(|event| event.asked).collect())
}
