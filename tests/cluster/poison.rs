//! An entry at which every server ends.

use serde_json::{Value, json};

use crate::machine;
use crate::support::redis::Redis;
use crate::support::{Client, Server, or_skip};

/// Appends an entry as the append script does.
const APPEND: &str = "
local head = redis.call('HMGET', KEYS[2], 'n', 'last')
local node, incarnation = head[2]:match('([^:]+):([^:]+)')
local by = node .. ':' .. incarnation .. ':999999'
redis.call('XADD', KEYS[1], (head[1] + 1) .. '-0', 'prev', head[2], 'by', by, 'ms', '0', 'events', ARGV[1])
redis.call('HSET', KEYS[2], 'n', head[1] + 1, 'last', by .. '@0')
return head[1] + 1
";

/// Events of a client that connects a second time before it has left: it would enter the lobby twice. No server appends that, and
/// a debug build stops at it.
fn poison() -> Value {
    let client = 1_u64 << 32 | 999_999;
    let connected = json!({"Connected": {
        "client": client, "address": "192.0.2.1:40000", "protocol": "Plain", "word": {"Hashed": vec![0; 20]},
        "by_proxy": false,
    }});
    let line = |text: &str| json!({"Received": {"client": client, "input": {"Line": {"text": text, "altered": false}}}});
    json!({"Events": [connected, line("ghost"), line("I am in the same entry"), connected, line("poison")]})
}

#[test]
fn a_poison_event_ends_all_machines_once_and_is_then_left_out() {
    if !cfg!(debug_assertions) {
        eprintln!("skipped: only a debug build stops at this event");
        return;
    }
    let redis = or_skip!(Redis::start(&[]));
    let mut servers = [machine(&redis, "a"), machine(&redis, "b")];
    let mut ann = Client::join(&servers[0], "ann");
    ann.say("remember me");
    ann.hears_nothing();
    let log = ["{chat}:log", "{chat}:head"];
    let position = redis.ask(&["EVAL", APPEND, "2", log[0], log[1], &poison().to_string()]);
    let position = position.strip_prefix(':').unwrap_or_else(|| panic!("{position}"));
    for server in &mut servers {
        assert_eq!(server.exit_status().code(), Some(70), "{}", server.log_so_far());
        server.log(&format!(
            "entry {position} of the log holds an event at which this server ends. It is noted"
        ));
    }
    let noted = redis.ask_for_all(&["SMEMBERS", "{chat}:poison"]);
    assert!(noted.contains(&format!("{position}:4\r\n")), "{noted}");
    drop(servers);
    let servers: [Server; 2] = [machine(&redis, "a"), machine(&redis, "b")];
    for server in &servers {
        server.log(&format!("left out an event of entry {position} of the log"));
    }
    // Nothing else is lost.
    let mut ann = Client::connect(&servers[0]);
    ann.say("ann");
    ann.skip_to("ann : remember me");
    ann.skip_to("ghost : I am in the same entry");
    let mut bob = Client::join(&servers[1], "bob");
    bob.say("all is well");
    ann.skip_to("bob : all is well");
}
