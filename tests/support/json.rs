//! Somebody who speaks JSON lines.

use serde_json::{Value, json};

use super::{Client, Server};

impl Client {
    /// Connects, speaks JSON from the first line on, and goes into a room.
    pub fn join_json(server: &Server, name: &str, room: &str) -> Self {
        let mut client = Self::connect(server);
        client.expect("server: Input username.");
        client.ask(&json!({"action": "connect", "username": name}));
        client.hear("connect");
        client.ask(&json!({"action": "joinroom", "room": room}));
        client.hear("joinroom");
        client
    }

    /// Sends an object.
    pub fn ask(&mut self, object: &Value) {
        self.send(format!("{object}\n").as_bytes());
    }

    /// The next object.
    pub fn object(&mut self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Reads objects until one has this action, and returns it.
    pub fn hear(&mut self, action: &str) -> Value {
        loop {
            let object = self.object();
            if object["action"] == action {
                return object;
            }
        }
    }
}
