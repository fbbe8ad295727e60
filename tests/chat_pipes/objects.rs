//! What `--json` prints, for scripts.

use serde_json::Value;

use crate::pipe::{Pipe, chat, url};
use crate::support::{Client, Server};

#[test]
fn every_line_is_an_object() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let mut bot = Pipe::start(&mut chat(&["bot", &url(&server), "--json"]));
    bob.skip_to("bot has joined room lobby");
    bob.say("hello \"bot\" \\ 日本");
    bot.stdout.wait_for(|line| line.contains("hello"));
    bot.types("/who\nhi\n");
    bob.skip_to("bot : hi");
    let ended = bot.ends();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let objects: Vec<Value> = ended
        .stdout
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert!(objects.iter().all(Value::is_object), "{ended:?}");
    let actions: Vec<&str> = objects
        .iter()
        .filter_map(|object| object["action"].as_str())
        .collect();
    for action in ["connect", "joinroom", "chat", "who", "ack"] {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
    let said = objects
        .iter()
        .find(|object| object["action"] == "chat")
        .unwrap();
    assert_eq!(said["message"], "hello \"bot\" \\ 日本");
    assert_eq!(said["from"], "bob");
}
