//! A server that a test plays.

use std::net::{Ipv4Addr, TcpListener};

use serde_json::{Value, json};

use crate::support::{Client, until};

/// A listener on a port of its own.
pub struct Fake(TcpListener);

impl Fake {
    pub fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        // A client that never comes fails the test instead of blocking it.
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// Accepts a connection and says nothing.
    pub fn accept(&self) -> Client {
        let mut taken = None;
        until("a client connects", || {
            taken = self.0.accept().ok();
            taken.is_some()
        });
        let (stream, _) = taken.expect("the loop above ends with a connection");
        stream.set_nonblocking(false).unwrap();
        Client::over(stream)
    }

    /// Accepts a connection and answers like a chat server until the client is in a room.
    pub fn welcome(&self) -> Client {
        let mut client = self.accept();
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
            client.send_object(&answer);
            if action == "joinroom" {
                return client;
            }
        }
    }
}

/// The object for a message in the lobby.
pub fn said(from: &str, message: &str, message_id: u64) -> Value {
    json!({
        "action": "chat", "room": "lobby", "message_id": message_id, "message": message, "from": from,
        "received_at": "2026-11-20T11:03:04.000Z",
    })
}
