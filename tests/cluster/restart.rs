//! A rolling restart: the machines of a chat restart one after the other, and nobody loses a line or a name.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::machine;
use crate::support::redis::Redis;
use crate::support::{Client, Ended, Program, Server, chatserv, command, or_skip, until};

const DRAIN: &str = "2s";

/// A machine on this port; 0 lets the system choose one.
fn machine_on(redis: &Redis, node: &str, port: u16) -> Server {
    let (address, port) = (redis.address(), port.to_string());
    let all = ["--port", &port, "--cluster", &address, "--node", node, "--drain", DRAIN];
    Server::start_by(&mut chatserv(&all))
}

/// The real client in pipes, with these machines in this order.
fn chat(name: &str, servers: &[&Server]) -> Program {
    let addresses: Vec<String> =
        servers.iter().map(|server| server.address().to_string()).collect();
    let mut command = command(env!("CARGO_BIN_EXE_chat"));
    command
        .args([name, &format!("chat://{}", addresses.join(","))])
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("XDG_STATE_HOME", "/nonexistent")
        .stdin(std::process::Stdio::piped());
    Program::start(&mut command)
}

/// The numbers of the lines of this person that a program has printed.
fn heard(ended: &Ended, from: &str) -> Vec<usize> {
    let begin = format!("{from}: line ");
    let numbers = ended.stdout.lines().filter_map(|line| line.split_once(&begin));
    numbers.map(|(_, number)| number.parse().unwrap()).collect()
}

/// Six people on three machines talk all the time, each as fast as the acknowledgements come. Every machine restarts. In the
/// end each of them has heard every line of the five others once and in order, and every line was acknowledged.
#[test]
fn three_machines_restart_one_after_the_other_and_no_line_is_lost_or_doubled() {
    const PEOPLE: usize = 6;
    let redis = or_skip!(Redis::start(&[]));
    let mut machines = ["a", "b", "c"].map(|node| machine_on(&redis, node, 0));
    let names: Vec<String> = (0..PEOPLE).map(|number| format!("person-{number}")).collect();
    let people: Vec<Program> = (0..PEOPLE)
        .map(|number| {
            let mut servers: Vec<&Server> = machines.iter().collect();
            servers.rotate_left(number % 3);
            chat(&names[number], &servers)
        })
        .collect();
    for person in &people {
        person.stderr.wait_for(|line| line.contains("Ready for messaging"));
    }
    let mut observer = Client::join_json(&machines[2], "observer", "lobby");
    until("everybody is in the lobby", || {
        observer.send_object(&json!({"action": "who", "room": "lobby"}));
        observer.skip_to_action("who")["total"] == PEOPLE + 1
    });
    drop(observer);
    let is_over = AtomicBool::new(false);
    let ended: Vec<(usize, Ended)> = thread::scope(|scope| {
        let talks: Vec<_> = people
            .into_iter()
            .map(|mut person| {
                let is_over = &is_over;
                scope.spawn(move || {
                    let mut lines = 0;
                    while !is_over.load(Ordering::Relaxed) {
                        person.types(&format!("line {lines}\n"));
                        lines += 1;
                        // A room keeps 200 lines for those who come back.
                        thread::sleep(Duration::from_millis(20));
                    }
                    // Without waiting for the others it would leave before it has heard them.
                    (lines, person)
                })
            })
            .collect();
        for number in 0..machines.len() {
            let (node, port) = (["a", "b", "c"][number], machines[number].port);
            machines[number].signal(Signal::USR2);
            machines[number].ends_well();
            let log = machines[number].log_so_far();
            assert!(log.contains("draining") && !log.contains("panicked"), "{log}");
            machines[number] = machine_on(&redis, node, port);
        }
        is_over.store(true, Ordering::Relaxed);
        let people: Vec<(usize, Program)> =
            talks.into_iter().map(|talk| talk.join().unwrap()).collect();
        for (number, (_, listener)) in people.iter().enumerate() {
            for (other, (lines, _)) in people.iter().enumerate() {
                if other != number {
                    let last = format!("{}: line {}", names[other], lines - 1);
                    listener.stdout.wait_for(|line| line.ends_with(&last));
                }
            }
        }
        people.into_iter().map(|(lines, person)| (lines, person.end())).collect()
    });
    let mut moves = 0;
    for (number, (_, person)) in ended.iter().enumerate() {
        assert_eq!(person.status, Some(0), "{person:?}");
        moves += person.stderr.matches("Moving to").count();
        for trouble in ["taken", "no longer available", "lost", "Not sent"] {
            assert!(!person.stderr.contains(trouble), "{}", person.stderr);
        }
        for (other, (lines, _)) in ended.iter().enumerate() {
            if other != number {
                let heard = heard(person, &names[other]);
                assert!(heard.iter().copied().eq(0..*lines), "{number} of {other}: {heard:?}");
            }
        }
    }
    // Everybody's machine has restarted, and those of the first one twice, since they had moved to the second one.
    assert!(moves >= PEOPLE, "{moves}");
}

#[test]
fn somebody_on_telnet_goes_on_elsewhere_and_others_notice_nothing() {
    let redis = or_skip!(Redis::start(&[]));
    let (a, mut b) = (machine(&redis, "a"), machine_on(&redis, "b", 0));
    let mut ann = Client::join(&a, "ann");
    let mut bob = Client::join(&b, "bob");
    ann.expect("server: A new client has connected to the chat: id = bob");
    let _cid = Client::join(&b, "cid");
    ann.expect("server: A new client has connected to the chat: id = cid");
    bob.say("/join dev");
    ann.expect("server: bob has left room lobby");
    b.signal(Signal::USR2);
    bob.skip_to("give this as your name:");
    let word = bob.line();
    let mut bob = Client::connect(&a);
    bob.expect("server: Input username.");
    bob.say(word.strip_prefix("server: ").unwrap());
    bob.skip_to("You are bob again, in room dev.");
    b.ends_well();
    // Only the one who has not come back is missed, and the machine that has left took nobody along.
    ann.expect("server: 0 clients have connected and 1 has left; 2 are here.");
    ann.hears_nothing();
    bob.say("/whois bob");
    bob.skip_to_line(|line| line.contains("machine") && line.ends_with(" a"));
}

/// A private line that nobody can receive is refused, and its sender knows.
#[test]
fn nothing_private_is_lost_on_the_way() {
    let redis = or_skip!(Redis::start(&[]));
    let (a, mut b) = (machine(&redis, "a"), machine_on(&redis, "b", 0));
    let mut ann = Client::join_json(&a, "ann", "lobby");
    let mut bob = Client::join_json(&b, "bob", "lobby");
    ann.skip_to_action("joinroom");
    b.signal(Signal::USR2);
    assert_eq!(bob.skip_to_action("bye")["reason"], "restart");
    bob.expect_end();
    ann.send_object(&json!({"action": "msg", "to": ["bob"], "message": "hi", "id": 1}));
    assert_eq!(ann.skip_to_action("error")["id"], 1);
    b.ends_well();
}
