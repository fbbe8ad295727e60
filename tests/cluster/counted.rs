//! People who count: every line that was acknowledged is in the history once, in one order for all machines.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::support::{Client, Server, until};

const LINES: usize = 60;

/// Has one person on each of these machines say lines, each as soon as the one before is acknowledged, while `meanwhile`
/// happens to the chat. Then looks at the history on each machine.
pub fn every_line_once(servers: &[&Server], meanwhile: impl FnOnce()) {
    let said = AtomicUsize::new(0);
    // They keep the room open.
    let mut readers: Vec<Client> = (0..servers.len())
        .map(|number| Client::join_json(servers[number], &format!("reader-{number}"), "dev"))
        .collect();
    thread::scope(|scope| {
        for (number, server) in servers.iter().enumerate() {
            let said = &said;
            scope.spawn(move || {
                let mut person = Client::join_json(server, &format!("counter-{number}"), "dev");
                for line in 0..LINES {
                    let text = format!("{number}-{line}");
                    person.send_object(
                        &json!({"action": "chat", "room": "dev", "message": text, "id": line}),
                    );
                    // Lines of others and notices come between.
                    let ack = person.skip_to_action("ack");
                    assert_eq!(ack["id"], line, "{ack}");
                    said.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        until("half of the lines are said", || {
            said.load(Ordering::Relaxed) > servers.len() * LINES / 2
        });
        meanwhile();
    });
    let histories: Vec<Vec<(Value, Value)>> = readers
        .iter_mut()
        .map(|reader| {
            reader.send_object(&json!({"action": "history", "room": "dev", "limit": 200}));
            let history = reader.skip_to_action("history");
            let lines = history["messages"].as_array().unwrap();
            lines.iter().map(|line| (line["message_id"].clone(), line["message"].clone())).collect()
        })
        .collect();
    for history in &histories {
        assert_eq!(history, &histories[0]);
    }
    let ids: Vec<u64> = histories[0].iter().map(|(id, _)| id.as_u64().unwrap()).collect();
    assert!(ids.iter().copied().eq(1..=(servers.len() * LINES) as u64), "{ids:?}");
    for number in 0..servers.len() {
        for line in 0..LINES {
            let text = json!(format!("{number}-{line}"));
            let times = histories[0].iter().filter(|(_, said)| *said == text).count();
            assert_eq!(times, 1, "{text}");
        }
    }
}
