//! People who are ignored.

use super::super::words::Words;
use super::{ClientId, Ignored, Model};

impl Model {
    pub(super) fn ignores(&self, id: ClientId, other: ClientId) -> bool {
        self.clients[&id].ignores.iter().any(|ignored| ignored.client == other)
    }

    pub(super) fn ignore(&mut self, id: ClientId, name: &str) {
        let Some(found) = self.someone_else(id, name) else {
            return;
        };
        if !self.ignores(id, found)
            && let Some(client) = self.clients.get_mut(&id)
        {
            client.ignores.retain(|ignored| ignored.name != name);
            let (name, before) = (name.to_owned(), Vec::new());
            client.ignores.push(Ignored { name, client: found, before });
        }
        let sentence = format!("You now ignore {name}. /unignore {name} undoes this.");
        let fields = format!(r#","username":"{name}""#);
        self.tell(id, &Words::sentence(sentence).with_json("ignore", fields).answer());
    }

    pub(super) fn unignore(&mut self, id: ClientId, name: &str) {
        let holder = self.holder(name);
        let ignores = &self.clients[&id].ignores;
        let by_client = ignores.iter().position(|ignored| Some(ignored.client) == holder);
        let at = by_client.or_else(|| ignores.iter().position(|ignored| ignored.name == name));
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Some(at) = at else {
            let sentence =
                format!("You do not ignore {name}. /ignore lists the people you ignore.");
            return self.tell(id, &Words::error("not_ignored", &sentence));
        };
        let ignored = client.ignores.remove(at);
        let now = Some(self.name(ignored.client)).filter(|name| !name.is_empty());
        let name = now.unwrap_or(ignored.name);
        let sentence = format!("You no longer ignore {name}.");
        let fields = format!(r#","username":"{name}""#);
        self.tell(id, &Words::sentence(sentence).with_json("unignore", fields).answer());
    }

    /// Somebody takes a name: those who ignored somebody of that name who is gone now ignore them.
    pub(super) fn recognise(&mut self, id: ClientId, name: &str) {
        let here: Vec<ClientId> = self.clients.keys().copied().collect();
        for (&ignoring, client) in &mut self.clients {
            let is_meant = |it: &Ignored| it.name == name && !here.contains(&it.client);
            let Some(at) = client.ignores.iter().position(is_meant).filter(|_| ignoring != id)
            else {
                continue;
            };
            let same = client.ignores.remove(at);
            match client.ignores.iter_mut().find(|ignored| ignored.client == id) {
                Some(own) => own.before.extend(same.before.iter().chain([&same.client])),
                None => {
                    let mut before = same.before;
                    before.push(same.client);
                    client.ignores.insert(at, Ignored { name: same.name, client: id, before });
                }
            }
        }
    }
}
