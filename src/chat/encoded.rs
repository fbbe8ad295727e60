//! The state of the chat as bytes. A part of the [`Hub`].

use super::hub::Hub;

impl Hub {
    /// Encodes the whole state as JSON. Equal states have equal bytes, whatever has happened to their hash maps.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("the state has no map in JSON whose keys are not numbers")
    }

    /// The chat that [`Hub::encode`] has encoded, by the same rules.
    ///
    /// # Errors
    /// The bytes are no JSON, or not that of a chat.
    pub fn restore(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}
