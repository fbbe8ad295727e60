//! The loss of a node or of lines, in a chat on several nodes.

use super::super::client::{ClientId, DisconnectReason};
use super::super::event::Reaction;
use super::super::hub::Hub;
use super::super::message::{LinkNews, Message};

impl Hub {
    /// Lets the clients of a lost node leave. However few they are, one line sums them up. Their names are free at once: the
    /// node was silent for long enough.
    pub(in crate::chat) fn machine_gone(&mut self, starts: &[u64], out: &mut Reaction) {
        out.fold_announcements();
        let clients = self.people.connected().into_iter();
        let lost: Vec<ClientId> = clients.filter(|it| starts.contains(&it.start())).collect();
        for client in lost {
            self.forget(client, DisconnectReason::MachineGone, None, out);
        }
        self.extras.remove_starts(starts);
    }

    /// Tells everybody that lines were lost. Their message ids will be those of other lines, so all rooms get new epochs.
    pub(in crate::chat) fn rewound(&mut self, out: &mut Reaction) {
        self.rooms.renew_epochs(out.now.wall);
        out.send(self.people.everyone().to_vec(), Message::Link(LinkNews::Rewound));
    }
}
