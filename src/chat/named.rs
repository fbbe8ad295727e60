//! The people whom a message names, by `@name`, by `/msg` or by a list in JSON. A part of the [`Hub`].

use std::sync::Arc;

use super::client::ClientId;
use super::error::ChatError;
use super::hub::Hub;
use super::mention::{Mentions, beginnings, readings};
use super::name::NameKey;
use super::punctuation::is_closing;
use super::request::without_at;
use crate::config::limits::{NAMED_BYTES_MAX, NAMED_MAX};

/// The people whom a message names, each once and without the sender.
#[derive(Default)]
pub(super) struct Named {
    pub(super) present: Vec<(ClientId, Arc<str>)>,
    /// Names of nobody who is here, as typed.
    pub(super) absent: Vec<String>,
    pub(super) includes_sender: bool,
}

impl Named {
    /// Names one person, who is here.
    pub(super) fn one(client: ClientId, name: Arc<str>) -> Self {
        Self { present: vec![(client, name)], ..Self::default() }
    }
}

impl Hub {
    /// Looks up names as typed.
    ///
    /// # Errors
    /// There are too many names, or too long ones. A look-up costs far more than a delivery, so one line could keep everybody waiting.
    pub(super) fn look_up(&self, sender: ClientId, names: &[&str]) -> Result<Named, ChatError> {
        if names.len() > NAMED_MAX {
            return Err(ChatError::TooManyRecipients);
        }
        let mut named = Named::default();
        let (mut tries_left, mut bytes_left) = (NAMED_MAX, NAMED_BYTES_MAX);
        for name in names {
            let mut found = self.find_named(name, &mut bytes_left)?;
            let mut others = readings(name).take_while(|_| {
                tries_left = tries_left.saturating_sub(1);
                tries_left > 0
            });
            while found.is_none()
                && let Some(other) = others.next()
            {
                found = self.find_named(other, &mut bytes_left)?;
            }
            match found {
                Some((found, _)) if found == sender => named.includes_sender = true,
                Some(found) if !named.present.contains(&found) => named.present.push(found),
                Some(_) => {}
                None => {
                    let typed = without_at(name);
                    let bare = typed.trim_end_matches(is_closing);
                    let absent = if bare.is_empty() { typed } else { bare }.to_owned();
                    if !named.absent.contains(&absent) {
                        named.absent.push(absent);
                    }
                }
            }
        }
        Ok(named)
    }

    /// Looks up the people whom the end of a message mentions.
    ///
    /// # Errors
    /// Nobody whom it mentions is here, but one of its words may have been meant for somebody who is. Or there are too many
    /// names and such words to look up, or too long ones.
    pub(super) fn mentioned(&self, sender: ClientId, text: &str) -> Result<Named, ChatError> {
        let mentions = Mentions::of(text);
        let named = self.look_up(sender, &mentions.names)?;
        if !named.present.is_empty() {
            return Ok(named);
        }
        let words = mentions.doubtful.iter().chain(&mentions.names);
        let mut bytes_left = NAMED_BYTES_MAX;
        for (tried, reading) in words.flat_map(|word| beginnings(word)).enumerate() {
            if tried >= NAMED_MAX {
                return Err(ChatError::TooManyRecipients);
            }
            match self.find_named(reading, &mut bytes_left)? {
                Some((found, name)) if found != sender => {
                    return Err(ChatError::UnclearMention(name));
                }
                _ => {}
            }
        }
        Ok(named)
    }

    /// Finds the person whose name was typed. `bytes_left` is how much more the names of a message may have.
    ///
    /// # Errors
    /// They have more.
    fn find_named(
        &self,
        typed: &str,
        bytes_left: &mut usize,
    ) -> Result<Option<(ClientId, Arc<str>)>, ChatError> {
        let Some(key) = NameKey::of_typed(without_at(typed)) else {
            return Ok(None);
        };
        // The key tells the work: one letter of Arabic has eighteen in it.
        let bytes = typed.len().max(key.as_str().len());
        *bytes_left = bytes_left.checked_sub(bytes).ok_or(ChatError::TooManyRecipients)?;
        let holder = self.people.holder(&key);
        Ok(holder.and_then(|client| Some((client, self.people.name(client)?))))
    }
}
