//! The end of the chat, now or later.

use std::time::Duration;

use super::super::client::{ClientId, DisconnectReason};
use super::super::error::ChatError;
use super::super::event::{Effect, Reaction};
use super::super::hub::Hub;
use super::super::log_event::{LogEvent, ShutdownCause};
use super::super::message::Message;
use super::super::state::{People, PlannedShutdown, all_but};
use super::note;

impl Hub {
    /// Shuts down at once, or after a time: `/shutdown`, `/shutdown in 5m a new version`.
    pub(super) fn plan_shutdown(
        &mut self,
        client: ClientId,
        after: Option<Duration>,
        reason: Option<String>,
        out: &mut Reaction,
    ) {
        let reason = match note(reason) {
            Ok(reason) => reason,
            Err(error) => return out.refuse(client, error),
        };
        let Some(by) = self.people.name(client) else {
            return;
        };
        self.log_operation(client, "shutdown", "", reason.clone(), out);
        let now = out.now.time;
        let at = now.saturating_add(after.unwrap_or_default());
        let has_reason = reason.is_some();
        let planned = PlannedShutdown::new(at, reason, by.clone(), now);
        let message = planned.message(now);
        if after.is_some() {
            self.extras.plan_shutdown(planned);
            self.tell_everyone(client, message, out);
        } else {
            if has_reason {
                out.send(self.people.everyone().to_vec(), message);
            }
            self.shut_down(ShutdownCause::Operator(by), Some(client), out);
        }
    }

    pub(super) fn cancel_shutdown(&mut self, client: ClientId, out: &mut Reaction) {
        let Some(by) = self.people.name(client) else {
            return;
        };
        if !self.extras.cancel_shutdown() {
            return out.refuse(client, ChatError::NoShutdownPlanned);
        }
        self.log_operation(client, "shutdown cancel", "", None, out);
        self.tell_everyone(client, Message::ShutdownCancelled { by }, out);
    }

    /// Sends a message to everybody. For the client that made the request, it is the answer.
    fn tell_everyone(&self, client: ClientId, message: Message, out: &mut Reaction) {
        out.send(all_but(self.people.everyone(), Some(client)), message.clone());
        out.answer(client, message);
    }

    /// Carries out a planned shutdown, or reminds everybody of it, if either is due.
    pub(in crate::chat) fn check_planned_shutdown(&mut self, out: &mut Reaction) {
        let Some(planned) = self.extras.planned_shutdown_mut() else {
            return;
        };
        if planned.is_due(out.now.time) {
            let by = planned.by().clone();
            self.shut_down(ShutdownCause::Operator(by), None, out);
        } else if let Some(reminder) = planned.take_reminder(out.now.time) {
            out.send(self.people.everyone().to_vec(), reminder);
        }
    }

    /// Ends the chat. For `asked_by`, the farewell is the answer to the request.
    pub(in crate::chat) fn shut_down(
        &mut self,
        cause: ShutdownCause,
        asked_by: Option<ClientId>,
        out: &mut Reaction,
    ) {
        if std::mem::replace(&mut self.shutting_down, true) {
            return;
        }
        out.log(LogEvent::ShuttingDown { cause, joined: self.people.count() });
        let everybody = self.people.connected();
        out.send(all_but(&everybody, asked_by), Message::ShutDown);
        if let Some(client) = asked_by {
            out.answer(client, Message::ShutDown);
        }
        for client in everybody {
            out.push(Effect::Disconnect { client, reason: DisconnectReason::ServerShutdown });
        }
        out.push(Effect::Shutdown);
        // All leave at once, so there are no announcements of departures, and nothing that is due later has recipients.
        self.people = People::default();
        self.rooms = self.rooms.without_people(out.now.wall);
        self.extras.forget_people();
    }
}
