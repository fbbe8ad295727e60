//! The end of the chat, at once or planned. A further part of [`Hub`].

use std::sync::Arc;
use std::time::Duration;

use super::announcing::others;
use super::membership::Membership;
use super::reaction::Reaction;
use super::rooms::Rooms;
use super::typed::note;
use super::{
    ChatError, ClientId, DisconnectReason, Effect, Hub, LogEvent, Message, ShutdownCause, Time,
};
use crate::config::limits::SHUTDOWN_REMINDERS;

/// That the chat will end.
#[derive(Debug)]
pub(super) struct PlannedEnd {
    at: Time,
    why: Option<Arc<str>>,
    by: Arc<str>,
    /// When everybody is told again, the next time last.
    reminders: Vec<Time>,
}

impl PlannedEnd {
    /// When the Hub has to look at it.
    pub(super) fn next(&self) -> Time {
        self.reminders.last().copied().unwrap_or(self.at)
    }

    /// How it is told.
    pub(super) fn told(&self, now: Time) -> Message {
        Message::ShutdownPlanned {
            left: self.at.saturating_sub(now),
            why: self.why.clone(),
            by: self.by.clone(),
        }
    }
}

impl Hub {
    /// `/shutdown`, `/shutdown in 5m a new version`.
    pub(super) fn plan_end(
        &mut self,
        client: ClientId,
        after: Option<Duration>,
        why: Option<String>,
        out: &mut Reaction,
    ) {
        let why = match note(why) {
            Ok(why) => why,
            Err(refusal) => return out.refuse(client, refusal),
        };
        let Some(by) = self.name_of(client) else {
            return;
        };
        self.log_operation(client, "shutdown", "", why.clone(), out);
        let at = out.now.time.saturating_add(after.unwrap_or_default());
        let reminders = SHUTDOWN_REMINDERS.into_iter().rev();
        let planned = PlannedEnd {
            at,
            reminders: reminders
                .filter_map(|before| at.checked_sub(before))
                .filter(|&reminder| reminder > out.now.time)
                .collect(),
            why,
            by: by.clone(),
        };
        let told = planned.told(out.now.time);
        if after.is_some() {
            self.planned_end = Some(planned);
            self.tell_all(client, told, out);
        } else {
            if planned.why.is_some() {
                out.send(self.membership.everyone().to_vec(), told);
            }
            self.shut_down(ShutdownCause::Operator(by), Some(client), out);
        }
    }

    pub(super) fn cancel_end(&mut self, client: ClientId, out: &mut Reaction) {
        let Some(by) = self.name_of(client) else {
            return;
        };
        if self.planned_end.take().is_none() {
            return out.refuse(client, ChatError::NoShutdownPlanned);
        }
        self.log_operation(client, "shutdown cancel", "", None, out);
        self.tell_all(client, Message::ShutdownCancelled { by }, out);
    }

    /// Tells everybody in the chat, which for the one who wanted it is the answer.
    fn tell_all(&self, client: ClientId, message: Message, out: &mut Reaction) {
        out.send(
            others(self.membership.everyone(), Some(client)),
            message.clone(),
        );
        out.answer(client, message);
    }

    /// Tells of the planned end, or brings it.
    pub(super) fn look_at_planned_end(&mut self, out: &mut Reaction) {
        let now = out.now.time;
        let Some(planned) = &mut self.planned_end else {
            return;
        };
        if planned.at <= now {
            let by = planned.by.clone();
            return self.shut_down(ShutdownCause::Operator(by), None, out);
        }
        if planned.next() <= now {
            planned.reminders.retain(|&reminder| reminder > now);
            let message = planned.told(now);
            out.send(self.membership.everyone().to_vec(), message);
        }
    }

    /// The end. `asked_by` is who hears it as an answer.
    pub(super) fn shut_down(
        &mut self,
        cause: ShutdownCause,
        asked_by: Option<ClientId>,
        out: &mut Reaction,
    ) {
        if std::mem::replace(&mut self.shutting_down, true) {
            return;
        }
        out.log(LogEvent::ShuttingDown {
            cause,
            joined: self.membership.count(),
        });
        // Everybody who is connected, with a name or without one, in the order in which they came.
        let mut everybody: Vec<ClientId> = self.clients.keys().copied().collect();
        everybody.sort_unstable();
        out.send(others(&everybody, asked_by), Message::ShutDown);
        if let Some(client) = asked_by {
            out.answer(client, Message::ShutDown);
        }
        for client in everybody {
            out.disconnect(client, DisconnectReason::ServerShutdown);
        }
        out.push(Effect::Shutdown);
        // Nobody hears anybody leave: all leave at once. What is folded or planned has nobody to hear of it.
        self.clients.clear();
        self.membership = Membership::default();
        self.ignored_names.clear();
        self.rooms = Rooms::new(out.now.wall);
        self.fold_due = None;
        self.planned_end = None;
    }
}
