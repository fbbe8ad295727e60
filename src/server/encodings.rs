//! A message as bytes, once for each view that one of its receivers has.

use crate::chat::View;

/// The bytes of one message at a time. The buffers stay from message to message, so that nothing is allocated for any
/// but the first few.
#[derive(Debug, Default)]
pub struct Encodings {
    /// At each view's index its bytes.
    buffers: [Vec<u8>; View::ALL.len()],
    /// Which of them are those of the present message.
    is_encoded: [bool; View::ALL.len()],
}

impl Encodings {
    /// Begins another message: nothing is encoded yet.
    pub fn begin(&mut self) {
        self.is_encoded = Default::default();
    }

    /// The message as this view shows it; encoded if nobody before had the same view.
    pub fn of(&mut self, view: View, encode: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        let buffer = &mut self.buffers[view.index()];
        if !std::mem::replace(&mut self.is_encoded[view.index()], true) {
            buffer.clear();
            encode(buffer);
        }
        buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_encoded_once_for_each_view_that_somebody_has() {
        let [plain, _, dated, json] = View::ALL;
        let mut encodings = Encodings::default();
        for message in ["one", "two"] {
            let mut encoded = Vec::new();
            encodings.begin();
            for view in [plain, json, plain, plain, dated, json] {
                let bytes = encodings.of(view, |out| {
                    encoded.push(view);
                    out.extend_from_slice(format!("{message} as {view:?}").as_bytes());
                });
                assert_eq!(bytes, format!("{message} as {view:?}").as_bytes());
            }
            assert_eq!(encoded, [plain, json, dated], "{message}");
        }
    }
}
