//! One object in the making, field by field: a map would forget the order in which people like to read them.

use serde_json::Value;

/// An object that has been begun.
pub(super) struct Object {
    text: String,
}

impl Object {
    /// Begins one that asks for this.
    pub(super) fn new(action: &str) -> Self {
        let text = format!("{{\"action\":{}", Value::from(action));
        Self { text }
    }

    /// A field. The keys are ours, and need no escaping.
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.text += &format!(",\"{key}\":{}", value.into());
        self
    }

    /// A field, if there is something in it.
    pub(super) fn maybe(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Ends it. The `id` comes back in the answer.
    pub(super) fn end(self, id: u64) -> String {
        self.with("id", id).text + "}"
    }
}
