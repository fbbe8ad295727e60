//! Redis has lost entries: machines that know them write them again.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::counted::every_line_once;
use crate::proxy::Proxy;
use crate::support::redis::Redis;
use crate::support::{Client, Server, or_skip, until};
use crate::{REWOUND, machine, machine_at};

/// The longest pause when nobody has lost anything.
const PAUSE_MAX: Duration = Duration::from_secs(3);

/// A line comes through within the longest pause.
fn goes_on(speaker: &mut Client, listener: &mut Client, text: &str) {
    let since = Instant::now();
    speaker.say(text);
    listener.skip_to(text);
    assert!(since.elapsed() < PAUSE_MAX, "{:?}", since.elapsed());
}

/// Somebody who has read nothing so far was told of no loss.
fn heard_no_loss(mut witness: Client) {
    witness.say("/who");
    let mut heard = Vec::new();
    witness.skip_to_line(|line| {
        heard.push(line.to_owned());
        line.contains("client(s) connected: ")
    });
    assert!(!heard.iter().any(|line| line == REWOUND), "{heard:?}");
}

#[test]
fn nothing_is_lost_when_redis_forgets_everything() {
    let redis = or_skip!(Redis::start(&[]));
    let servers = [machine(&redis, "a"), machine(&redis, "b")];
    let (mut ann, mut bob) = (Client::join(&servers[0], "ann"), Client::join(&servers[1], "bob"));
    let witness = Client::join(&servers[1], "witness");
    every_line_once(&[&servers[0], &servers[1]], || {
        redis.ask(&["FLUSHALL"]);
        goes_on(&mut ann, &mut bob, "still there?");
        redis.ask(&["FLUSHALL"]);
        goes_on(&mut bob, &mut ann, "here I am");
    });
    // The log is whole: somebody else can start from it.
    let c = machine(&redis, "c");
    let mut cid = Client::connect(&c);
    cid.say("cid");
    cid.skip_to("ann : still there?");
    heard_no_loss(witness);
}

#[test]
fn nothing_is_lost_when_redis_starts_again_without_its_files() {
    let mut redis = or_skip!(Redis::start(&[]));
    let servers = [machine(&redis, "a"), machine(&redis, "b")];
    let (mut ann, mut bob) = (Client::join(&servers[0], "ann"), Client::join(&servers[1], "bob"));
    let witness = Client::join(&servers[1], "witness");
    every_line_once(&[&servers[0], &servers[1]], || {
        redis.kill();
        redis.forget();
        redis.start_again();
        goes_on(&mut ann, &mut bob, "still there?");
    });
    heard_no_loss(witness);
}

#[test]
fn what_redis_has_taken_and_nobody_has_read_is_not_lost() {
    let redis = or_skip!(Redis::start(&[]));
    let proxy = Proxy::start(redis.port);
    let a = machine_at(&proxy.address(), "a", &[]);
    let (mut ann, mut bob) = (Client::join_json(&a, "ann", "dev"), Client::join(&a, "bob"));
    // Bob's `/who` is answered, so everything before has been read.
    bob.say("/join dev");
    bob.skip_to("dev");
    bob.hears_nothing();
    proxy.eat_log(true);
    ann.send_object(&json!({"action": "chat", "room": "dev", "message": "not lost", "id": 1}));
    until("Redis has the line", || {
        redis.ask_for_all(&["XREVRANGE", "{chat}:log", "+", "-", "COUNT", "5"]).contains("not lost")
    });
    redis.ask(&["FLUSHALL"]);
    proxy.eat_log(false);
    assert_eq!(ann.skip_to_action("ack")["id"], 1);
    bob.skip_to("ann : not lost");
    ann.send_object(&json!({"action": "chat", "room": "dev", "message": "the next", "id": 2}));
    assert_eq!(ann.skip_to_action("ack")["message_id"], 2);
    let line = bob.skip_to_line(|line| line.contains(" : "));
    assert_eq!(line, "ann : the next");
}

/// A Redis, a replica of it, and a way to the one that is in charge.
struct Pair {
    first: Redis,
    replica: Redis,
    way: Proxy,
}

impl Pair {
    fn start() -> Option<Self> {
        let first = Redis::start(&[])?;
        let replica = first.replica();
        let way = Proxy::start(first.port);
        Some(Self { first, replica, way })
    }

    fn machine(&self, node: &str) -> Server {
        machine_at(&self.way.address(), node, &[])
    }

    /// The replica gets nothing any more.
    fn part(&self) {
        self.replica.ask(&["REPLICAOF", "NO", "ONE"]);
    }

    /// The first one dies, and the replica is in charge.
    fn promote(&mut self) {
        self.way.lead_to(self.replica.port);
        self.first.kill();
    }
}

#[test]
fn a_stale_replica_loses_nothing_while_somebody_knows_more() {
    let mut pair = or_skip!(Pair::start());
    let servers = [pair.machine("a"), pair.machine("b")];
    let (mut ann, mut bob) = (Client::join(&servers[0], "ann"), Client::join(&servers[1], "bob"));
    let witness = Client::join(&servers[1], "witness");
    every_line_once(&[&servers[0], &servers[1]], || {
        pair.part();
        for line in 0..5 {
            ann.say(&format!("late {line}"));
            bob.skip_to(&format!("ann : late {line}"));
        }
        pair.promote();
        goes_on(&mut ann, &mut bob, "still there?");
    });
    bob.say("/history");
    for line in 0..5 {
        bob.skip_to(&format!("ann : late {line}"));
    }
    heard_no_loss(witness);
}

/// The history of the lobby, with its epoch.
fn history(program: &mut Client) -> Value {
    program.send_object(&json!({"action": "history", "room": "lobby", "limit": 500}));
    program.skip_to_action("history")
}

/// A machine that knows only what a stale replica has goes on alone, and somebody there says this many lines before the other
/// comes back. Returns the history afterwards, as text.
fn rewound(lines: usize) -> Option<String> {
    let mut pair = Pair::start()?;
    let (a, b) = (pair.machine("a"), pair.machine("b"));
    let mut programs = [&a, &b].map(|server| {
        let name = format!("program-{}", server.port);
        Client::join_json(server, &name, "lobby")
    });
    let (mut ann, mut bob) = (Client::join(&a, "ann"), Client::join(&b, "bob"));
    ann.skip_to("id = bob");
    ann.say("everybody knows this");
    bob.skip_to("everybody knows this");
    let before = history(&mut programs[0])["epoch"].as_u64().unwrap();
    b.signal(Signal::STOP);
    until("the replica has the line", || {
        let log = pair.replica.ask_for_all(&["XRANGE", "{chat}:log", "-", "+"]);
        log.contains("everybody knows this")
    });
    pair.part();
    for line in 0..10 {
        ann.say(&format!("late {line}"));
        ann.hears_nothing();
    }
    a.signal(Signal::STOP);
    pair.promote();
    b.signal(Signal::CONT);
    for line in 0..lines {
        bob.say(&format!("alone {line}"));
        bob.say("/who");
        bob.skip_to("client(s) connected");
    }
    a.signal(Signal::CONT);
    ann.skip_to(REWOUND);
    bob.skip_to(REWOUND);
    // They have one past and one future.
    goes_on(&mut ann, &mut bob, "still there?");
    goes_on(&mut bob, &mut ann, "here I am");
    let [one, other] = programs.each_mut().map(history);
    assert_eq!(one["messages"], other["messages"]);
    assert!(one["epoch"].as_u64().unwrap() > before, "{one}");
    assert_eq!(one["epoch"], other["epoch"]);
    assert!(one["messages"].to_string().contains("everybody knows this"), "{one}");
    Some(one["messages"].to_string())
}

#[test]
fn a_machine_that_others_have_overtaken_is_told_what_is_lost() {
    let history = or_skip!(rewound(40));
    // The last one may have been appended again, since its acknowledgement was lost.
    assert!(history.contains("alone 39") && !history.contains("late 8"), "{history}");
}

#[test]
fn a_machine_that_knows_more_than_the_others_puts_it_back() {
    let history = or_skip!(rewound(1));
    assert!(history.contains("late 9") && !history.contains("alone"), "{history}");
}

#[test]
fn without_the_machine_that_knows_all_the_next_best_goes_on_and_people_are_told() {
    let redis = or_skip!(Redis::start(&[]));
    let (a, b) = (machine(&redis, "a"), machine(&redis, "b"));
    let (mut ann, mut bob) = (Client::join(&a, "ann"), Client::join(&b, "bob"));
    let mut program = Client::join_json(&b, "program", "lobby");
    ann.skip_to("id = program");
    let before = history(&mut program)["epoch"].as_u64().unwrap();
    ann.say("everybody knows this");
    bob.skip_to("everybody knows this");
    b.signal(Signal::STOP);
    // The request for entries that is under way still has an answer. It is the first of these.
    for text in ["an answer under way", "nobody else knows this"] {
        ann.say(text);
        ann.say("/who");
        ann.skip_to("client(s) connected: ");
    }
    redis.ask(&["FLUSHALL"]);
    until("the store knows what it lacks", || {
        !redis.ask(&["HGET", "{chat}:head", "seen"]).starts_with("$-1")
    });
    let lost = Instant::now();
    drop(a);
    b.signal(Signal::CONT);
    bob.skip_to(REWOUND);
    assert!(lost.elapsed() > Duration::from_secs(4), "{:?}", lost.elapsed());
    let history = history(&mut program);
    assert!(history["epoch"].as_u64().unwrap() > before, "{history}");
    bob.skip_to("1 has left");
    bob.say("here I am");
    bob.hears_nothing();
    let history = history["messages"].to_string();
    assert!(history.contains("everybody") && !history.contains("nobody else"), "{history}");
}

/// A machine `b` whose start only the lost part of the log had, and `a`, which has gone on without it, each with a person.
struct LostStart {
    b: Server,
    bob: Client,
    ann: Client,
    newcomers: Vec<Server>,
    /// Must go on.
    _others: (Server, Pair),
}

/// Loses the start of a machine. Meanwhile, machines with these names start.
fn lost_start(newcomers: &[&str]) -> Option<LostStart> {
    let mut pair = Pair::start()?;
    let a = pair.machine("a");
    let mut ann = Client::join(&a, "ann");
    ann.say("everybody knows this");
    ann.hears_nothing();
    a.signal(Signal::STOP);
    // The answer to a request for entries that is under way would have the start of b.
    until("no request waits", || {
        pair.first.ask_for_all(&["INFO", "clients"]).contains("blocked_clients:0")
    });
    let position = |redis: &Redis| redis.ask_for_all(&["HGET", "{chat}:head", "n"]);
    until("the replica has everything", || position(&pair.replica) == position(&pair.first));
    pair.part();
    let b = pair.machine("b");
    let mut bob = Client::join(&b, "bob");
    bob.say("late");
    bob.hears_nothing();
    b.signal(Signal::STOP);
    pair.promote();
    a.signal(Signal::CONT);
    let newcomers = newcomers.iter().map(|node| pair.machine(node)).collect();
    // More than b knows.
    for line in 0..40 {
        ann.say(&format!("alone {line}"));
        ann.say("/who");
        ann.skip_to("client(s) connected");
    }
    b.signal(Signal::CONT);
    Some(LostStart { b, bob, ann, newcomers, _others: (a, pair) })
}

#[test]
fn a_machine_whose_start_is_lost_starts_again_and_keeps_its_connections() {
    let LostStart { b, mut bob, mut ann, _others, .. } = or_skip!(lost_start(&[]));
    bob.skip_to("This machine was cut off, and you have left the chat. Join it again.");
    bob.skip_to("Input username.");
    b.log("the log has lost the start of this machine: its people are asked for their names again");
    ann.skip_to(REWOUND);
    bob.say("bob");
    ann.skip_to("id = bob");
    goes_on(&mut ann, &mut bob, "still there?");
    goes_on(&mut bob, &mut ann, "here I am");
    // A machine that starts now gets another number than both.
    let mut cid = Client::join(&b, "cid");
    ann.skip_to("id = cid");
    cid.say("/history");
    cid.skip_to("ann : alone 39");
    drop(b);
    ann.skip_to("0 clients have connected and 2 have left; 1 are here.");
}

/// The log keeps its first start, and loses that it was given up and came back.
#[test]
fn a_machine_whose_second_start_is_lost_starts_a_third_time() {
    let mut pair = or_skip!(Pair::start());
    let (a, b) = (pair.machine("a"), pair.machine("b"));
    let (mut ann, mut bob) = (Client::join(&a, "ann"), Client::join(&b, "bob"));
    ann.skip_to("id = bob");
    a.signal(Signal::STOP);
    b.signal(Signal::STOP);
    let position = |redis: &Redis| redis.ask_for_all(&["HGET", "{chat}:head", "n"]);
    until("no request waits", || {
        pair.first.ask_for_all(&["INFO", "clients"]).contains("blocked_clients:0")
    });
    until("the replica has everything", || position(&pair.replica) == position(&pair.first));
    pair.part();
    let c = pair.machine("c");
    let mut cid = Client::join(&c, "cid");
    cid.skip_to("0 clients have connected and 2 have left; 1 are here.");
    b.signal(Signal::CONT);
    bob.skip_to("Join it again.");
    bob.skip_to("Input username.");
    bob.say("bob");
    cid.skip_to("id = bob");
    b.signal(Signal::STOP);
    drop(c);
    pair.promote();
    a.signal(Signal::CONT);
    for line in 0..60 {
        ann.say(&format!("alone {line}"));
        ann.say("/who");
        ann.skip_to("client(s) connected");
    }
    b.signal(Signal::CONT);
    bob.skip_to("Join it again.");
    bob.skip_to("Input username.");
    bob.say("bob");
    ann.skip_to("id = bob");
    goes_on(&mut ann, &mut bob, "still there?");
    goes_on(&mut bob, &mut ann, "here I am");
}

#[test]
fn a_machine_whose_start_is_lost_ends_if_another_has_its_number() {
    let lost = or_skip!(lost_start(&["c"]));
    let LostStart { mut b, mut bob, mut ann, newcomers, _others } = lost;
    let status = b.exit_status();
    assert_eq!(status.code(), Some(1), "{}", b.log_so_far());
    b.log("the log has lost the start of this machine: start it again");
    let heard = bob.rest();
    assert!(!heard.iter().any(|line| line.contains("alone")), "{heard:?}");
    let mut cid = Client::join(&newcomers[0], "cid");
    ann.skip_to("id = cid");
    goes_on(&mut cid, &mut ann, "all is well");
}

#[test]
fn a_start_goes_on_with_what_there_is_when_nobody_knows_more() {
    let redis = or_skip!(Redis::start(&[]));
    let a = machine(&redis, "a");
    let mut ann = Client::join(&a, "ann");
    ann.say("remember me");
    ann.hears_nothing();
    drop(a);
    redis.ask(&["HINCRBY", "{chat}:head", "seen", "7"]);
    let a = machine(&redis, "a");
    a.log("no machine knows them: the log goes on without them");
    let mut bob = Client::connect(&a);
    bob.say("bob");
    bob.skip_to("ann : remember me");
}
