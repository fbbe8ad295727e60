//! The protocol of a server, as far as a load generator needs it: logging in, and sending a message to all.

/// The purpose of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It receives messages.
    Listener,
    /// It sends messages. In a chat it also receives those of others.
    Speaker,
}

/// The identity of a client.
#[derive(Debug)]
pub struct Identity {
    /// A unique name of ASCII letters and digits.
    pub name: String,
    /// Its purpose.
    pub role: Role,
}

/// The protocol of a server.
pub trait Dialect: Sync {
    /// One step of the login: appends what to send, and returns the reply to wait for before the next step; none when the
    /// client is logged in. Step 0 comes right after the connection.
    fn log_in(&self, step: usize, client: &Identity, out: &mut Vec<u8>) -> Option<&'static [u8]>;

    /// Appends what a speaker sends to deliver `payload` to all.
    fn say(&self, payload: &[u8], out: &mut Vec<u8>);

    /// Whether speakers receive the messages of other speakers, as in a chat.
    fn speakers_hear(&self) -> bool {
        false
    }
}

/// The plain text of this project's server: a name, then lines.
#[derive(Debug)]
pub struct Names;

impl Dialect for Names {
    fn log_in(&self, step: usize, client: &Identity, out: &mut Vec<u8>) -> Option<&'static [u8]> {
        match step {
            0 => Some(b"Input username.\r\n"),
            1 => {
                out.extend_from_slice(client.name.as_bytes());
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
