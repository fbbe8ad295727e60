//! The entry by which a node starts to take part.

use serde::{Deserialize, Serialize};

use crate::chat::{Ban, HubSettings, Past, RULES};

/// A node that starts to take part, and what all nodes must have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeUp {
    pub rules: String,
    /// Without the operator password.
    pub settings: HubSettings,
    /// How much history the node can hold, in bytes. The smallest node decides.
    pub history_bytes: usize,
    /// The bans in the node's own file, with which a new chat begins.
    pub bans: Vec<Ban>,
    /// The rooms in the node's own file, if a chat begins of which the log knows nothing; otherwise empty. `None` without a history
    /// on disk.
    pub past: Option<Past>,
    /// The numbers of earlier starts of the same process. Its connections have ids of those times.
    pub starts: Vec<u64>,
}

impl NodeUp {
    /// A node that brings nothing along but its settings.
    pub fn new(settings: HubSettings, history_bytes: usize) -> Self {
        let (rules, bans, past, starts) = (Self::rules(), Vec::new(), None, Vec::new());
        Self { rules, settings, history_bytes, bans, past, starts }
    }

    /// The rules of this program. Names depend on the version of Unicode.
    pub fn rules() -> String {
        let (major, minor, update) = unicode_normalization::UNICODE_VERSION;
        let (core_major, core_minor, core_update) = char::UNICODE_VERSION;
        format!(
            "{RULES}, Unicode {major}.{minor}.{update} and {core_major}.{core_minor}.{core_update}"
        )
    }

    /// The reason why this node cannot take part in a chat with these rules and settings, which is kept on disk or not, and
    /// what to do; `None` if nothing does. The message of the day may differ, since operators change it.
    pub fn misfit(&self, rules: &str, chat: &HubSettings, is_kept: bool) -> Option<String> {
        if self.rules != rules {
            return Some(format!(
                "this program has other rules ({}) than the chat ({rules}). Run versions with the same rules on all machines",
                self.rules
            ));
        }
        if self.past.is_some() != is_kept {
            let here = if is_kept {
                "the other machines have a history on disk, and this one has none"
            } else {
                "this machine has a history on disk, and the others have none"
            };
            return Some(format!(
                "{here}. Start all of them with --history, each with a file of its own, or none"
            ));
        }
        let ours = &self.settings;
        let is_set = |settings: &HubSettings| match &settings.operator_password {
            Some(_) => "set",
            None => "none",
        };
        let compared = [
            ("anonymous", format!("{}", ours.anonymous), format!("{}", chat.anonymous)),
            ("operators", format!("{:?}", ours.operators), format!("{:?}", chat.operators)),
            ("glass", format!("{:?}", ours.glass), format!("{:?}", chat.glass)),
            ("operator-password-file", is_set(ours).to_owned(), is_set(chat).to_owned()),
            ("announce-up-to", ours.announce_up_to.to_string(), chat.announce_up_to.to_string()),
            ("history-on-join", ours.history_on_join.to_string(), chat.history_on_join.to_string()),
            ("log-messages", ours.log_messages.to_string(), chat.log_messages.to_string()),
        ];
        let (key, here, there) = compared.into_iter().find(|(_, here, there)| here != there)?;
        Some(format!(
            "{key} is {} here and {} on the other machines. Start all of them with the same value",
            here.to_lowercase(),
            there.to_lowercase()
        ))
    }
}
