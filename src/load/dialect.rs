//! The protocol of a server, as far as a load generator needs it: logging in, and sending a message to a room.

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
    /// The number of its room, from 0.
    pub room: usize,
}

/// The protocol of a server.
pub trait Dialect: Sync {
    /// One step of the login: appends what to send, and returns the reply to wait for before the next step; none when the
    /// client is logged in. Step 0 comes right after the connection.
    fn log_in(&self, step: usize, client: &Identity, out: &mut Vec<u8>) -> Option<&'static [u8]>;

    /// Appends what a speaker sends to deliver `payload` to all others in this room, its own.
    fn say(&self, room: usize, payload: &[u8], out: &mut Vec<u8>);

    /// Whether speakers receive the messages of other speakers, as in a chat.
    fn speakers_hear(&self) -> bool {
        false
    }
}

/// The plain text of this project's server: a name, then lines.
#[derive(Debug)]
pub struct Names;

/// The name of a room of this project's server. The first one is the lobby, in which everybody begins.
pub fn room_name(room: usize) -> String {
    match room {
        0 => "lobby".to_owned(),
        _ => format!("room{room}"),
    }
}

impl Dialect for Names {
    fn log_in(&self, step: usize, client: &Identity, out: &mut Vec<u8>) -> Option<&'static [u8]> {
        match step {
            0 => Some(b"Input username.\r\n"),
            1 => {
                out.extend_from_slice(client.name.as_bytes());
                out.extend_from_slice(b"\r\n");
                Some(b" client(s) connected to this server.\r\n")
            }
            2 if client.room > 0 => {
                out.extend_from_slice(format!("/join {}\r\n", room_name(client.room)).as_bytes());
                Some(b"server: You are in room ")
            }
            _ => None,
        }
    }

    fn say(&self, _: usize, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(payload);
        out.extend_from_slice(b"\r\n");
    }

    fn speakers_hear(&self) -> bool {
        true
    }
}
