//! The loss of a machine or of lines, in a chat on several.

use super::super::client::{ClientId, DisconnectReason};
use super::super::event::Reaction;
use super::super::hub::Hub;
use super::super::message::{LinkNews, Message};

impl Hub {
    /// Lets the clients of a lost machine leave. However few they are, one line sums them up. Their names are free at once: the
    /// machine was silent for long enough.
    pub(in crate::chat) fn machine_gone(&mut self, machines: &[u64], out: &mut Reaction) {
        out.fold_announcements();
        let clients = self.people.connected().into_iter();
        let lost: Vec<ClientId> = clients.filter(|it| machines.contains(&it.machine())).collect();
        for client in lost {
            self.forget(client, DisconnectReason::MachineGone, None, out);
        }
        self.extras.remove_machines(machines);
    }

    /// Tells everybody that lines were lost. Their message ids will be those of other lines, so all rooms get new epochs.
    pub(in crate::chat) fn rewound(&mut self, out: &mut Reaction) {
        self.rooms.renew_epochs(out.now.wall);
        out.send(self.people.everyone().to_vec(), Message::Link(LinkNews::Rewound));
    }
}
