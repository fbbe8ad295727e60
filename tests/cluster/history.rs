//! Each machine keeps what is said in a file of its own.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::proxy::Proxy;
use crate::snapshots::{LINES, fill};
use crate::starts::refused;
use crate::support::directory::Directory;
use crate::support::history::{ask, past};
use crate::support::redis::Redis;
use crate::support::{Client, Program, Server, chatserv, or_skip, until};
use crate::{REWOUND, machine, machine_at};

/// A machine whose file is in this directory.
fn keeper(redis: &Redis, directory: &Directory, node: &str) -> Server {
    machine_at(&redis.address(), node, &["--history", &file(directory, node)])
}

fn file(directory: &Directory, node: &str) -> String {
    directory.path(&format!("{node}.db"))
}

/// Says that many lines, each numbered and acknowledged.
fn talk(person: &mut Client, numbers: std::ops::Range<usize>) {
    for number in numbers.clone() {
        let text = format!("line {number}");
        person
            .send_object(&json!({"action": "chat", "room": "dev", "message": text, "id": number}));
    }
    for number in numbers {
        assert_eq!(person.skip_to_action("ack")["id"], number);
    }
}

/// The texts of all lines of the room, and the gaps.
fn everything(client: &mut Client) -> (Vec<String>, Vec<Value>) {
    let (lines, gaps) = past(client, 0);
    (lines.into_values().collect(), gaps)
}

fn lines(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("line {number}")).collect()
}

/// Leaves the chat in order.
fn leave(mut server: Server) {
    server.signal(Signal::TERM);
    server.ends_well();
}

#[test]
fn every_machine_finds_what_was_said_on_any() {
    let redis = or_skip!(Redis::start(&[]));
    let directory = Directory::new("history-cluster");
    let (a, b) = (keeper(&redis, &directory, "a"), keeper(&redis, &directory, "b"));
    let mut ann = Client::join_json(&a, "ann", "dev");
    let mut bob = Client::join_json(&b, "bob", "dev");
    talk(&mut ann, 1..450);
    talk(&mut bob, 450..460);
    for person in [&mut ann, &mut bob] {
        // Beyond the 200 lines in memory.
        assert_eq!(everything(person), (lines(1..460), vec![]));
        for number in [7, 455] {
            let words = format!("\"line {number}\"");
            let found = ask(person, &json!({"action": "search", "words": words}));
            assert_eq!(found["messages"].as_array().unwrap().len(), 1, "{found}");
        }
    }
    // Many at once, and each gets its own answer, in the order of the requests.
    for (id, number) in [7, 8, 455, 9].into_iter().enumerate() {
        let words = format!("line {number}");
        let request = json!({"action": "search", "words": words, "limit": 1, "id": id});
        bob.send_object(&request);
    }
    for (id, number) in [7, 8, 455, 9].into_iter().enumerate() {
        let found = bob.skip_to_action("search");
        assert_eq!(
            (&found["id"], &found["messages"][0]["message"]),
            (&id.into(), &format!("line {number}").into())
        );
    }
    // Machines go, and nobody is told of a gap.
    leave(a);
    talk(&mut bob, 460..470);
    assert_eq!(everything(&mut bob), (lines(1..470), vec![]));
    leave(b);
    for node in ["a", "b"] {
        let exported =
            Program::start(&mut chatserv(&["export", "--history", &file(&directory, node)])).wait();
        let last = if node == "a" { 459 } else { 469 };
        assert!(
            exported.stdout.ends_with(&format!("line {last}\n")),
            "{node}: {}",
            exported.stdout
        );
        assert_eq!(exported.stdout.lines().count(), last);
    }
}

#[test]
fn a_machine_that_was_away_catches_up() {
    let redis = or_skip!(Redis::start(&[]));
    let directory = Directory::new("history-away");
    let (a, b) = (keeper(&redis, &directory, "a"), keeper(&redis, &directory, "b"));
    let mut ann = Client::join_json(&a, "ann", "dev");
    talk(&mut ann, 1..11);
    ask(&mut ann, &json!({"action": "topic", "room": "dev", "topic": "Rust"}));
    leave(b);
    talk(&mut ann, 11..161);
    let b = keeper(&redis, &directory, "b");
    let mut bob = Client::join_json(&b, "bob", "dev");
    talk(&mut ann, 161..401);
    assert_eq!(everything(&mut bob), (lines(1..401), vec![]));
    // With a kill instead of an orderly end, and for longer than memory reaches back.
    b.signal(Signal::KILL);
    drop((b, bob));
    talk(&mut ann, 401..701);
    let b = keeper(&redis, &directory, "b");
    let mut bob = Client::join_json(&b, "bob", "dev");
    let (texts, gaps) = everything(&mut bob);
    assert_eq!(texts[..400], lines(1..401));
    assert_eq!(texts[400..], lines(501..701), "memory has the last 200");
    assert_eq!(gaps, [json!({"first": 401, "last": 500, "cause": "absent"})]);
    // The ids are those of the chat, and no crash of a machine skips any.
    talk(&mut bob, 701..702);
    assert_eq!(everything(&mut ann), (lines(1..702), vec![]));
    let mut cid = Client::join(&b, "cid");
    cid.say("/join dev");
    cid.say("/history 300");
    cid.skip_to("Lines may be missing here: this machine was away.");
    cid.skip_to("line 501");
}

#[test]
fn a_machine_that_trimming_overtook_catches_up_and_refuses_what_it_did_not_see() {
    if !cfg!(debug_assertions) {
        eprintln!("skipped: only a debug build stores a snapshot after so few lines");
        return;
    }
    let redis = or_skip!(Redis::start(&[]));
    let directory = Directory::new("history-overtaken");
    let proxy = Proxy::start(redis.port);
    let a = keeper(&redis, &directory, "a");
    let b = machine_at(&proxy.address(), "b", &["--history", &file(&directory, "b")]);
    let mut bob = Client::join_json(&b, "bob", "dev");
    talk(&mut bob, 0..5);
    // Machine b goes on to append, and does not see the log any more.
    proxy.eat_log(true);
    bob.send_object(&json!({"action": "search", "words": "line", "id": 1}));
    until("the question is in the log", || {
        redis.ask_for_all(&["XRANGE", "{chat}:log", "-", "+"]).contains("\"Search\"")
    });
    fill(&redis, &a);
    proxy.eat_log(false);
    let refused = bob.skip_to_action("error");
    assert_eq!((&refused["code"], &refused["id"]), (&"history_behind".into(), &1.into()));
    let (texts, gaps) = everything(&mut bob);
    assert_eq!(texts[..5], lines(0..5));
    assert_eq!(texts[5..], lines(LINES - 200..LINES), "memory has the last 200");
    assert_eq!(gaps, [json!({"first": 6, "last": LINES + 5 - 200, "cause": "absent"})]);
    let found = ask(&mut bob, &json!({"action": "search", "words": format!("line {}", LINES - 1)}));
    assert_eq!(found["messages"].as_array().unwrap().len(), 1, "{found}");
}

/// Ends the whole chat.
fn shut_down(servers: [Server; 2]) {
    let mut operator = Client::join(&servers[1], "operator");
    operator.say("/shutdown");
    for mut server in servers {
        server.ends_well();
    }
}

/// Joins the room, and returns how the machine describes it.
fn join(server: &Server, name: &str) -> (Client, Value) {
    let mut person = Client::connect(server);
    person.line();
    ask(&mut person, &json!({"action": "connect", "username": name}));
    let joined = ask(&mut person, &json!({"action": "joinroom", "room": "dev"}));
    (person, joined)
}

#[test]
fn after_a_shutdown_the_next_chat_goes_on() {
    let redis = or_skip!(Redis::start(&[]));
    let directory = Directory::new("history-shutdown");
    let servers = [keeper(&redis, &directory, "a"), keeper(&redis, &directory, "b")];
    let mut ann = Client::join_json(&servers[0], "ann", "dev");
    talk(&mut ann, 1..301);
    ask(&mut ann, &json!({"action": "topic", "room": "dev", "topic": "Rust"}));
    // One machine has left before, and is the first that comes again.
    let [a, b] = servers;
    leave(a);
    let mut bob = Client::join_json(&b, "bob", "dev");
    talk(&mut bob, 301..311);
    shut_down([keeper(&redis, &directory, "c"), b]);
    let servers = [keeper(&redis, &directory, "a"), keeper(&redis, &directory, "b")];
    let (mut bob, joined) = join(&servers[0], "bob");
    assert_eq!((&joined["topic"], &joined["last_message_id"]), (&"Rust".into(), &310.into()));
    talk(&mut bob, 311..312);
    assert_eq!(everything(&mut bob), (lines(1..312), vec![]));
    let mut cid = Client::join_json(&servers[1], "cid", "dev");
    assert_eq!(everything(&mut cid), (lines(1..312), vec![]));
}

#[test]
fn a_chat_of_which_redis_knows_nothing_begins_with_the_file_of_the_first_machine() {
    let redis = or_skip!(Redis::start(&[]));
    let directory = Directory::new("history-anew");
    // The history of a chat on one machine.
    let mut alone = Server::start(&["--history", &file(&directory, "a")]);
    let mut ann = Client::join_json(&alone, "ann", "dev");
    talk(&mut ann, 1..11);
    let mut operator = Client::join(&alone, "operator");
    operator.say("/shutdown");
    alone.ends_well();
    let servers = [keeper(&redis, &directory, "a"), keeper(&redis, &directory, "b")];
    let (mut ann, joined) = join(&servers[1], "ann");
    assert_eq!(joined["last_message_id"], 10, "nobody else can have given an id");
    talk(&mut ann, 11..301);
    ask(&mut ann, &json!({"action": "topic", "room": "dev", "topic": "Rust"}));
    assert_eq!(everything(&mut ann), (lines(1..301), vec![]));
    shut_down(servers);
    // Nobody knows whether others were there that went on.
    redis.ask(&["FLUSHALL"]);
    let servers = [keeper(&redis, &directory, "a"), keeper(&redis, &directory, "c")];
    let (mut bob, joined) = join(&servers[0], "bob");
    let last_id = joined["last_message_id"].as_u64().unwrap();
    assert!(joined["topic"] == "Rust" && last_id > 1 << 20, "{joined}");
    talk(&mut bob, 301..302);
    let may_be_missing = json!({"first": 301, "last": last_id, "cause": "absent"});
    assert_eq!(everything(&mut bob), (lines(1..302), vec![may_be_missing.clone()]));
    // The new machine has what the first one has brought along.
    let mut cid = Client::join_json(&servers[1], "cid", "dev");
    let before = json!({"first": 1, "last": 100, "cause": "absent"});
    assert_eq!(everything(&mut cid), (lines(101..302), vec![before, may_be_missing]));
}

#[test]
fn what_redis_has_lost_is_on_disk_and_the_room_goes_on() {
    let redis = or_skip!(Redis::start(&[]));
    let directory = Directory::new("history-rewound");
    let a = keeper(&redis, &directory, "a");
    let mut ann = Client::join_json(&a, "ann", "dev");
    talk(&mut ann, 1..251);
    let stale = redis.replica();
    assert_eq!(stale.ask(&["REPLICAOF", "NO", "ONE"]), "+OK");
    talk(&mut ann, 251..261);
    ask(&mut ann, &json!({"action": "search", "words": "line"}));
    // The only machine that knows more dies, too; but its file has it. Another one is there before it comes again.
    drop((a, ann));
    let b = keeper(&stale, &directory, "b");
    let mut bob = Client::join_json(&b, "bob", "dev");
    talk(&mut bob, 261..281);
    let a = keeper(&stale, &directory, "a");
    a.log("the log has lost lines that are in the history on disk");
    bob.skip_to(REWOUND.strip_prefix("server: ").unwrap());
    let (mut cid, joined) = join(&a, "cid");
    talk(&mut cid, 281..291);
    let kept: Vec<String> = [lines(1..251), lines(261..291)].concat();
    let (texts, gaps) = everything(&mut cid);
    assert_eq!((texts, gaps), (kept, vec![]));
    let found = ask(&mut cid, &json!({"action": "search", "words": "line", "limit": 500}));
    let messages = found["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 290, "each of them once");
    let other = messages.iter().filter(|message| message["epoch"] != joined["epoch"]);
    assert_eq!(other.count(), 10, "those that Redis has lost");
    // And after another start of all.
    leave(b);
    leave(a);
    let a = keeper(&stale, &directory, "a");
    let (mut dan, _) = join(&a, "dan");
    assert_eq!(everything(&mut dan).0.len(), 280);
}

#[test]
fn a_damaged_file_does_not_keep_a_machine_from_starting() {
    let redis = or_skip!(Redis::start(&[]));
    let directory = Directory::new("history-damaged");
    let (a, b) = (keeper(&redis, &directory, "a"), keeper(&redis, &directory, "b"));
    let mut ann = Client::join_json(&a, "ann", "dev");
    talk(&mut ann, 1..11);
    leave(b);
    // Whatever the pages of its tables held.
    let path = file(&directory, "b");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let b = keeper(&redis, &directory, "b");
    b.log("the history begins anew");
    let mut bob = Client::join_json(&b, "bob", "dev");
    assert_eq!(everything(&mut bob), (lines(1..11), vec![]));
}

#[test]
fn all_machines_have_a_history_or_none() {
    let redis = or_skip!(Redis::start(&[]));
    let directory = Directory::new("history-misfit");
    let address = redis.address();
    let a = machine(&redis, "a");
    let _ann = Client::join(&a, "ann");
    let told = refused(&address, "b", &["--history", &file(&directory, "b")]);
    assert!(told.contains("this machine has a history on disk, and the others have none. Start all of them with --history, each with a file of its own, or none"), "{told}");
    // One that is alone decides: the chat has a history from now on, and then none.
    drop(a);
    let a = keeper(&redis, &directory, "a");
    let mut ann = Client::join_json(&a, "ann", "dev");
    talk(&mut ann, 1..3);
    let told = refused(&address, "b", &[]);
    assert!(
        told.contains("the other machines have a history on disk, and this one has none."),
        "{told}"
    );
    assert_eq!(everything(&mut ann).0, lines(1..3));
    leave(a);
    let a = machine(&redis, "a");
    let mut ann = Client::join_json(&a, "ann", "dev");
    ann.send_object(&json!({"action": "search", "words": "line", "id": 1}));
    assert_eq!(ann.skip_to_action("error")["code"], "no_history");
}

#[test]
fn a_person_is_forgotten_on_the_machine_whose_file_is_named() {
    let redis = or_skip!(Redis::start(&[]));
    let directory = Directory::new("history-forget");
    let servers = [keeper(&redis, &directory, "a"), keeper(&redis, &directory, "b")];
    let mut ann = Client::join_json(&servers[0], "ann", "dev");
    talk(&mut ann, 1..251);
    let mut bob = Client::join_json(&servers[1], "bob", "dev");
    for (node, person) in [("a", &mut ann), ("b", &mut bob)] {
        assert_eq!(everything(person).0.len(), 250, "{node}");
        let file = file(&directory, node);
        let mut forget = chatserv(&["forget", "--history", &file, "--from", "ann"]);
        let forgotten = Program::start(&mut forget).wait();
        assert_eq!(forgotten.status, Some(0), "{}", forgotten.stderr);
        until("memory has forgotten, too", || everything(person).0.is_empty());
    }
}
