//! A server that does as a test says.

use std::net::{Ipv4Addr, TcpListener};

use serde_json::{Value, json};

use super::Client;
use super::process::until;

/// Somebody who listens on a port, and is no chat server unless a test makes one of it.
pub struct Fake(TcpListener);

impl Fake {
    /// Listens on a port of its own.
    pub fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        // So that a client that never comes fails the test instead of holding it up.
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// Takes a connection, and says nothing.
    pub fn accepts(&self) -> Client {
        let mut taken = None;
        until("somebody connects", || {
            taken = self.0.accept().ok();
            taken.is_some()
        });
        let (stream, _) = taken.expect("the loop above has taken one");
        stream.set_nonblocking(false).unwrap();
        Client::over(stream)
    }

    /// Takes a connection and answers as a chat server does, until its client is in a room.
    pub fn welcomes(&self) -> Client {
        let mut client = self.accepts();
        client.send(b"server: Input username.\r\n");
        loop {
            let asked = client.object();
            let (action, id) = (&asked["action"], &asked["id"]);
            let mut answer = match action.as_str() {
                Some("connect") => {
                    let name = &asked["username"];
                    json!({"action": action, "from": name, "address": "127.0.0.1:1", "clients": 1})
                }
                Some("joinroom") => json!({
                    "action": action, "room": asked["room"], "from": "luca", "members": ["luca"], "total": 1,
                    "epoch": 1, "last_message_id": 0,
                }),
                _ => json!({"action": "error", "code": "unknown_action", "message": "No."}),
            };
            if !id.is_null() {
                answer["id"] = id.clone();
            }
            client.ask(&answer);
            if action == "joinroom" {
                return client;
            }
        }
    }
}

/// A line that somebody says in the lobby.
pub fn said(from: &str, message: &str, message_id: u64) -> Value {
    json!({
        "action": "chat", "room": "lobby", "message_id": message_id, "message": message, "from": from,
        "received_at": "2026-11-20T11:03:04.000Z",
    })
}
