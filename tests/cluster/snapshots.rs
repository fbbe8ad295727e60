//! The state of the chat is stored now and then, and the log is trimmed.

use serde_json::json;

use crate::proxy::Proxy;
use crate::support::redis::Redis;
use crate::support::{Client, Server, or_skip, until};
use crate::{GOES_ON, WAITING, machine, machine_at};

/// More entries than there are between three snapshots of a debug build.
pub const LINES: usize = 450;

/// Has somebody say so many lines that nobody needs the first ones any more, each as soon as the one before is acknowledged.
pub fn fill(redis: &Redis, server: &Server) {
    let mut person = Client::join_json(server, "filler", "dev");
    for line in 0..LINES {
        let text = format!("line {line}");
        person.send_object(&json!({"action": "chat", "room": "dev", "message": text, "id": line}));
        assert_eq!(person.skip_to_action("ack")["id"], line);
    }
    until("the log is trimmed", || first_position(redis) > 1);
}

/// The position of the first entry that the log still has.
fn first_position(redis: &Redis) -> u64 {
    let first = redis.ask_for_all(&["XRANGE", "{chat}:log", "-", "+", "COUNT", "1"]);
    let id = first.lines().find_map(|line| line.strip_suffix("-0"));
    id.unwrap_or_else(|| panic!("{first}")).parse().unwrap()
}

#[test]
fn a_machine_starts_from_the_last_snapshot() {
    if !cfg!(debug_assertions) {
        eprintln!("skipped: only a debug build stores a snapshot after so few lines");
        return;
    }
    let redis = or_skip!(Redis::start(&[]));
    let (a, b) = (machine(&redis, "a"), machine(&redis, "b"));
    let mut ann = Client::join(&a, "ann");
    ann.say("/topic tea");
    ann.say("remember me");
    let _stays = Client::join_json(&b, "stays", "dev");
    fill(&redis, &a);
    // Machines take turns.
    a.log("stored a snapshot of the chat");
    b.log("stored a snapshot of the chat");
    let kept: u64 = redis
        .ask_for_all(&["HGET", "{chat}:head", "kept"])
        .lines()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    // The entries since the snapshot before the last one are there, for machines that still read them.
    let first = first_position(&redis);
    assert!(first > 1 && first < kept, "{first} {kept}");
    let c = machine(&redis, "c");
    let mut cid = Client::connect(&c);
    cid.expect("server: Input username.");
    cid.say("cid");
    cid.skip_to("ann : remember me");
    cid.say("/topic");
    cid.skip_to("tea");
    ann.skip_to("id = cid");
    // All machines end, and the chat is still there.
    drop((a, b, c));
    let a = machine(&redis, "a");
    let mut bob = Client::connect(&a);
    bob.expect("server: Input username.");
    bob.say("bob");
    bob.skip_to("ann : remember me");
}

#[test]
fn a_machine_that_trimming_overtook_skips_lines_and_loses_none() {
    if !cfg!(debug_assertions) {
        eprintln!("skipped: only a debug build stores a snapshot after so few lines");
        return;
    }
    let redis = or_skip!(Redis::start(&[]));
    let proxy = Proxy::start(redis.port);
    let (a, b) = (machine(&redis, "a"), machine_at(&proxy.address(), "b", &[]));
    let (mut ann, mut bob) = (Client::join(&a, "ann"), Client::join(&b, "bob"));
    ann.skip_to("id = bob");
    let mut dan = Client::join(&b, "dan");
    ann.skip_to("id = dan");
    bob.skip_to("id = dan");
    // Machine b goes on to append, and does not see the log any more.
    proxy.eat_log(true);
    bob.say("can you hear me?");
    ann.skip_to("bob : can you hear me?");
    ann.say("yes");
    ann.say("/kick dan");
    bob.skip_to(WAITING);
    // Her arrival is in the log, and b does not know.
    let mut eve = Client::connect(&b);
    eve.say("eve");
    fill(&redis, &a);
    proxy.eat_log(false);
    bob.skip_to_line(|line| line == GOES_ON);
    bob.expect("server: This machine was too slow, and some lines were skipped. See /history.");
    b.log("this machine was too slow for the log");
    // Its turn came, and so did those of the others.
    bob.say("/history");
    bob.skip_to("bob : can you hear me?");
    bob.skip_to("ann : yes");
    eve.skip_to("client(s) connected");
    eve.say("here I am");
    ann.skip_to("eve : here I am");
    bob.skip_to("eve : here I am");
    // The kick was skipped: the chat does not know this connection any more.
    dan.skip_to("Join it again.");
    dan.skip_to("Input username.");
    dan.say("dan");
    ann.skip_to("id = dan");
}
