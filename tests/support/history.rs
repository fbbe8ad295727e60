//! A program that asks for the past of a room.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Client;

/// The answer to a request, which may come after other objects.
pub fn ask(client: &mut Client, request: &Value) -> Value {
    client.send_object(request);
    client.skip_to_action(request["action"].as_str().unwrap())
}

/// All lines of the room `dev` after this id, by their ids, and the gaps.
pub fn past(client: &mut Client, start: u64) -> (BTreeMap<u64, String>, Vec<Value>) {
    let (mut after, mut lines, mut gaps) = (start, BTreeMap::new(), Vec::new());
    loop {
        let request = json!({"action": "history", "room": "dev", "after": after, "limit": 500});
        let page = ask(client, &request);
        for message in page["messages"].as_array().unwrap() {
            after = message["message_id"].as_u64().unwrap();
            lines.insert(after, message["message"].as_str().unwrap().to_owned());
        }
        gaps.extend(page["gaps"].as_array().cloned().unwrap_or_default());
        if page["more"] == false {
            return (lines, gaps);
        }
    }
}
