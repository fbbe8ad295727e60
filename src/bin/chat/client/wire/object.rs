//! Builds one object field by field. Unlike a map, it keeps the order of the fields, which helps people who read the
//! objects.

use serde_json::Value;

/// An object under construction.
pub(super) struct Object {
    text: String,
}

impl Object {
    /// Begins an object with this action.
    pub(super) fn new(action: &str) -> Self {
        let text = format!("{{\"action\":{}", Value::from(action));
        Self { text }
    }

    /// Adds a field. The keys are constants and need no escaping.
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.text += &format!(",\"{key}\":{}", value.into());
        self
    }

    /// Adds a field, unless its value is `None`.
    pub(super) fn maybe(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Completes the object. The answer will carry the `id`.
    pub(super) fn end(self, id: u64) -> String {
        self.with("id", id).text + "}"
    }
}
