//! What one event leads to, while the Hub is at it.

use super::{ChatError, ClientId, DisconnectReason, Effect, LogEvent, Message, Now, Tag};

/// The effects of one event, in the order in which they are to be done.
pub(super) struct Reaction<'e> {
    /// When the event happened.
    pub(super) now: Now,
    /// What the answer is to carry, until there is one: each request has exactly one.
    tag: Option<Tag>,
    effects: &'e mut Vec<Effect>,
}

impl<'e> Reaction<'e> {
    pub(super) fn new(now: Now, effects: &'e mut Vec<Effect>) -> Self {
        Self {
            now,
            tag: None,
            effects,
        }
    }

    /// The event is a request with this tag.
    pub(super) fn asked_with(&mut self, tag: Option<Tag>) {
        self.tag = tag;
    }

    /// Whether an answer would carry a tag.
    pub(super) fn has_tag(&self) -> bool {
        self.tag.is_some()
    }

    /// Answers the one who asked.
    pub(super) fn answer(&mut self, to: ClientId, message: Message) {
        let tag = self.tag.take();
        self.effects.push(Effect::Answer { to, tag, message });
    }

    /// Answers the one who asked that it is not done, and why.
    pub(super) fn refuse(&mut self, to: ClientId, why: ChatError) {
        self.answer(to, Message::Error(why));
    }

    /// Tells somebody something that is no answer.
    pub(super) fn tell(&mut self, client: ClientId, message: Message) {
        self.send(vec![client], message);
    }

    /// Tells several the same.
    pub(super) fn send(&mut self, to: Vec<ClientId>, message: Message) {
        if !to.is_empty() {
            self.effects.push(Effect::Send { to, message });
        }
    }

    pub(super) fn disconnect(&mut self, client: ClientId, reason: DisconnectReason) {
        self.effects.push(Effect::Disconnect { client, reason });
    }

    pub(super) fn log(&mut self, notable: LogEvent) {
        self.effects.push(Effect::Log(notable));
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// The answer is somebody else's to give: what it is to carry.
    pub(super) fn take_tag(&mut self) -> Option<Tag> {
        self.tag.take()
    }
}
