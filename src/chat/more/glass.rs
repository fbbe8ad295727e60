//! The glass view: who may look at the threads, whose names they see, and a line that is followed on its way.

use super::super::client::ClientId;
use super::super::error::ChatError;
use super::super::event::{Effect, Reaction};
use super::super::follow::Moments;
use super::super::glass::GlassView;
use super::super::hub::Hub;
use super::super::log_event::LogEvent;
use super::super::message::Message;
use super::super::request::{Request, Target};
use crate::config::Glass;

impl Hub {
    pub(super) fn glass(&self, client: ClientId, out: &mut Reaction) {
        if self.may_look(client, out) {
            let tag = out.take_tag();
            out.push(Effect::AnswerGlass { client, tag });
        }
    }

    /// Says a line like any other, and has the server report its way. A line that is refused has no recipients.
    pub(super) fn follow(
        &mut self,
        client: ClientId,
        target: Target,
        text: String,
        moments: Moments,
        out: &mut Reaction,
    ) {
        if !self.may_look(client, out) {
            return;
        }
        let before = out.effects().len();
        self.request(client, Request::Chat { target, text, sent_at: None }, out);
        let recipients = out.effects()[before..].iter().find_map(|effect| match effect {
            Effect::Send { to, message: Message::Chat(_) } => Some(to.clone()),
            _ => None,
        });
        let to = recipients.unwrap_or_default();
        out.push(Effect::Follow { client, to, moments: Box::new(moments) });
    }

    /// Whether the client may see the threads. If not, it is told why.
    fn may_look(&self, client: ClientId, out: &mut Reaction) -> bool {
        match self.settings.glass {
            Glass::Everybody => return true,
            Glass::Operators if self.is_operator(client) => return true,
            Glass::Operators => {
                out.log(LogEvent::NotOperator { client });
                out.refuse(client, ChatError::GlassIsOperators);
            }
            Glass::Off => out.refuse(client, ChatError::NoGlass),
        }
        false
    }

    /// Adds names and addresses to a view, as far as the viewer may see them: those of everybody for an operator, and for
    /// others the viewer's own. To be called before the view is sent to anybody.
    pub fn name_readers(&self, viewer: ClientId, view: &mut GlassView) {
        let sees_all = self.is_operator(viewer);
        for reader in &mut view.readers {
            reader.is_own = reader.client == viewer;
            let known = self.people.client(reader.client);
            if let Some(known) = known.filter(|_| sees_all || reader.is_own) {
                reader.name = known.person().map(|person| person.name().clone());
                reader.address = Some(known.address());
            }
        }
    }
}
