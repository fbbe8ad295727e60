//! What the Hub wants is done here, and sent: the other half of the [`Dispatcher`].

use std::mem;
use std::sync::Arc;

use super::dispatcher::Dispatcher;
use super::ops::activity::Activity;
use super::ops::loaded::{Loaded, Reload};
use super::ops::log;
use crate::chat::{ChatMessage, ClientId, Effect, Event, Message, Now, Tag};
use crate::protocol;

impl Dispatcher<'_, '_> {
    /// One event through the Hub, and its effects into the world.
    pub(super) fn step(&mut self, event: Event, now: Now) {
        let mut effects = mem::take(&mut self.effects);
        self.hub.step(now, event, &mut effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::Send {
                    to,
                    message: Message::Chat(said),
                } => self.say(to, said),
                other => {
                    // What was said before comes before, whatever it is; only the log sends nobody anything.
                    if !matches!(other, Effect::Log(_)) {
                        self.end_run();
                    }
                    self.carry_out(other, now);
                }
            }
        }
        self.effects = effects;
    }

    /// Any effect but a message from somebody.
    fn carry_out(&mut self, effect: Effect, now: Now) {
        match effect {
            Effect::Send { to, message } => self.send(&to, None, &message),
            Effect::Answer { to, tag, message } => self.send(&[to], tag.as_ref(), &message),
            Effect::TellThreads { client, tag } => {
                self.count_queues();
                let message = self.welcome.threads.message();
                self.send(&[client], tag.as_ref(), &message);
            }
            Effect::Show { client, view } => {
                if let Some(peer) = self.delivery.peer(client) {
                    peer.view = view;
                }
            }
            Effect::Admit { client } => {
                if let Some(peer) = self.delivery.peer(client) {
                    peer.admitted = true;
                }
            }
            Effect::KeepBans(bans) => {
                if let Some(keeper) = &self.keeper {
                    keeper.keep(bans);
                }
            }
            Effect::Disconnect { client, .. } => self.delivery.end_after_flush(client),
            Effect::Shutdown => {
                self.is_ending = true;
                let grace = self.welcome.settings.read().shutdown_grace;
                self.grace_ends = Some(now.time + grace);
                self.listeners.clear();
            }
            Effect::Log(notable) => log::notable(&notable),
        }
    }

    /// Notes what waits for each, for the table of threads.
    fn count_queues(&self) {
        // A thread may outlive its peer for a moment. Nothing waits for it any more.
        for row in self.welcome.threads.snapshot() {
            row.set_queue(0);
        }
        self.row.set_queue(self.channels.inbox.len() as u64);
        for peer in self.delivery.peers.values() {
            peer.connection.row.set_queue(peer.pending());
        }
    }

    /// A message from somebody waits for others to the same people.
    fn say(&mut self, to: Vec<ClientId>, said: Arc<ChatMessage>) {
        if !self.run.goes_with(&to) {
            self.end_run();
            self.run.begin(to);
        }
        self.run.add(said);
    }

    /// Appends what waits in the run to the outboxes.
    pub(super) fn end_run(&mut self) {
        let Self {
            delivery,
            zone,
            run,
            ..
        } = self;
        delivery.append(run.to(), |view, out| run.encode(view, zone, out));
        run.begin(Vec::new());
    }

    /// Flushes until nothing is left to flush: who is cut leaves the chat, and the others are sent a line about it.
    pub(super) fn flush_outboxes(&mut self, now: Now) {
        loop {
            self.end_run();
            self.row.doing(Activity::Sending);
            let slow = self.delivery.flush(now.time);
            self.row.doing(Activity::Dispatching);
            if slow.is_empty() {
                return;
            }
            self.cut(slow, now);
        }
    }

    /// Appends one message to the outboxes.
    fn send(&mut self, to: &[ClientId], tag: Option<&Tag>, message: &Message) {
        let Self { delivery, zone, .. } = self;
        delivery.append(to, |view, out| {
            protocol::encode(message, tag, view, zone, out)
        });
    }

    /// Goes on by other settings: the Hub, the outboxes and the door at once, and those who come from now on. What was
    /// read comes here whole, so whatever was wrong with it has stopped it before.
    pub(super) fn reload(&mut self, reload: Reload, now: Now) {
        let Reload { mut loaded, bans } = reload;
        let in_force = Arc::clone(&self.welcome.settings.read());
        let wanted = loaded.config.clone();
        loaded.config = in_force.changed_to(loaded.config);
        log::set_level(loaded.config.log_level);
        self.delivery.limit(&loaded.config);
        self.welcome.admission.limit_addresses(
            loaded.config.connections_per_address.at_most(),
            loaded.config.connections_per_minute.at_most(),
        );
        *self.welcome.settings.write() = Arc::new(loaded.config.clone());
        let settings = Box::new(loaded.hub_settings());
        let read_bans = bans.is_some();
        self.step(Event::Reloaded { settings, bans }, now);
        // Last: whoever reads it can rely on it.
        let unchanged = wanted.differences(&loaded.config);
        if !unchanged.is_empty() {
            tracing::warn!(
                "these settings cannot change while the chat runs: {}",
                unchanged.join(", ")
            );
        }
        log_reload(&in_force.differences(&loaded.config), &loaded, read_bans);
    }
}

/// Says what a reload has brought.
fn log_reload(changed: &[String], loaded: &Loaded, read_bans: bool) {
    let changed = match changed {
        [] => "no setting has changed".to_owned(),
        keys => format!("changed settings: {}", keys.join(", ")),
    };
    let texts = [
        ("the message of the day", loaded.motd.is_some()),
        ("the operator password", loaded.operator_password.is_some()),
        ("bans that somebody has changed", read_bans),
    ];
    let read: Vec<&str> = texts
        .iter()
        .filter_map(|&(text, was_read)| was_read.then_some(text))
        .collect();
    if read.is_empty() {
        tracing::info!("reloaded: {changed}");
    } else {
        tracing::info!("reloaded: {changed}; read again: {}", read.join(", "));
    }
}
