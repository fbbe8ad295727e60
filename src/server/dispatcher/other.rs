//! Effects that the classic chat does not have.

use super::Dispatcher;
use crate::chat::{Effect, Message};
use crate::server::delivery::Writers;
use crate::server::ops;

impl<W: Writers> Dispatcher<'_, W> {
    /// Answers what only the dispatcher knows; `ops` carries out the rest.
    pub(super) fn carry_out_other(&mut self, effect: &Effect) {
        match effect {
            Effect::AnswerThreads { client, tag } => {
                self.shared.count_queue();
                let (waiting, unsent) = (self.channels.waiting(), self.delivery.unsent());
                let message = self.shared.threads.message(waiting, &unsent);
                self.send(&[*client], tag.as_ref(), [&message]);
            }
            Effect::AnswerGlass { client, tag } => {
                let waiting = || (self.channels.look(), self.delivery.unsent());
                let mut view = self.shared.threads.look(waiting);
                view.followed = self.delivery.take_followed(*client);
                self.order.name_readers(*client, &mut view);
                self.send(&[*client], tag.as_ref(), [&Message::Glass(Box::new(view))]);
            }
            Effect::Follow { client, to, moments } => {
                self.delivery.follow(*client, to, moments, self.shared.clock.now());
            }
            other => ops::carry_out(other, &self.shared),
        }
    }
}
