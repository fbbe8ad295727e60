//! How one talks to this chat: plain text.

use super::dialect::{Dialect, Role};

/// A name, then lines.
#[derive(Debug)]
pub struct Names;

impl Dialect for Names {
    fn log_in(
        &self,
        step: usize,
        name: &str,
        _role: Role,
        out: &mut Vec<u8>,
    ) -> Option<&'static [u8]> {
        match step {
            0 => Some(b"Input username.\r\n"),
            1 => {
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(b"\r\n");
                Some(b" client(s) connected to this server.\r\n")
            }
            _ => None,
        }
    }

    fn say(&self, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(payload);
        out.extend_from_slice(b"\r\n");
    }

    fn speakers_hear(&self) -> bool {
        true
    }
}
