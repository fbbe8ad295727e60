//! Faults of the machines of a chat.

use std::net::{Ipv4Addr, TcpStream};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::proxy::Proxy;
use crate::support::directory::Directory;
use crate::support::redis::Redis;
use crate::support::{Client, Server, behind, find, or_skip};
use crate::{WAITING, machine, machine_at};

#[test]
fn the_people_of_a_killed_machine_leave_and_their_names_are_free() {
    let redis = or_skip!(Redis::start(&[]));
    let (a, b) = (machine(&redis, "a"), machine(&redis, "b"));
    let mut ann = Client::join(&a, "ann");
    let _people = ["bob", "cid"].map(|name| Client::join(&b, name));
    ann.skip_to("id = cid");
    let killed = Instant::now();
    drop(b);
    // One line for both.
    ann.expect("server: 0 clients have connected and 2 have left; 1 are here.");
    // Ten seconds of silence, and the time until such lines are due.
    assert!(killed.elapsed() > Duration::from_secs(9), "{:?}", killed.elapsed());
    let _bob = Client::join(&a, "bob");
    ann.expect("server: A new client has connected to the chat: id = bob");
}

#[test]
fn a_machine_that_was_stopped_asks_its_people_for_their_names_again() {
    let redis = or_skip!(Redis::start(&[]));
    let (a, b) = (machine(&redis, "a"), machine(&redis, "b"));
    let (mut ann, mut bob) = (Client::join(&a, "ann"), Client::join(&b, "bob"));
    ann.expect("server: A new client has connected to the chat: id = bob");
    let mut program = Client::join_json(&b, "program", "dev");
    ann.expect("server: A new client has connected to the chat: id = program");
    b.signal(Signal::STOP);
    bob.say("did anybody hear this?");
    ann.expect("server: 0 clients have connected and 2 have left; 1 are here.");
    // Somebody else may take the name meanwhile.
    let mut other = Client::join(&a, "bob");
    ann.expect("server: A new client has connected to the chat: id = bob");
    b.signal(Signal::CONT);
    bob.skip_to("This machine was cut off, and you have left the chat. Join it again.");
    // Nobody asks a program for its name. It comes back when its connection ends.
    let last = program.rest().pop().unwrap();
    assert!(last.contains("place_lost"), "{last}");
    bob.skip_to("Input username.");
    bob.say("bob");
    bob.skip_to("is taken");
    bob.skip_to("Input username.");
    bob.say("rob");
    bob.skip_to("client(s) connected to this server.");
    other.skip_to("id = rob");
    bob.say("here again");
    other.expect("rob : here again");
    ann.skip_to("rob : here again");
    // The connection of the machine's people counts among its own: they leave with it.
    drop(b);
    ann.expect("server: 0 clients have connected and 1 has left; 2 are here.");
}

#[test]
fn a_machine_that_was_cut_off_gives_back_what_its_people_said() {
    let redis = or_skip!(Redis::start(&[]));
    let proxy = Proxy::start(redis.port);
    let (a, b) = (machine(&redis, "a"), machine_at(&proxy.address(), "b", &[]));
    let (mut ann, mut bob) = (Client::join(&a, "ann"), Client::join(&b, "bob"));
    ann.expect("server: A new client has connected to the chat: id = bob");
    proxy.eat_requests(true);
    bob.say("did anybody hear this?");
    bob.skip_to(WAITING);
    ann.expect("server: 0 clients have connected and 1 has left; 1 are here.");
    proxy.eat_requests(false);
    bob.skip_to("Nobody received this, say it again: did anybody hear this?");
    bob.skip_to("Join it again.");
    bob.skip_to("Input username.");
    bob.say("bob");
    ann.expect("server: A new client has connected to the chat: id = bob");
}

#[test]
fn a_reload_on_one_machine_is_one_for_all() {
    let redis = or_skip!(Redis::start(&[]));
    let directory = Directory::new("reload");
    directory.write("motd", "first");
    let flags = ["--motd", &directory.path("motd")];
    // With a terminal, it would end at the signal.
    or_skip!(find("setsid"));
    let address = redis.address();
    let all = [&["--port", "0", "--cluster", &address, "--node", "a"][..], &flags].concat();
    let a = Server::start_by(&mut behind(&["setsid"], &all));
    let b = machine_at(&address, "b", &flags);
    let _bob = Client::join(&b, "bob");
    directory.write("motd", "second");
    a.signal(Signal::HUP);
    a.log("reloaded: ");
    let mut cid = Client::connect(&b);
    cid.expect("server: Input username.");
    cid.say("cid");
    cid.skip_to("second");
}

#[test]
fn a_machine_that_is_told_to_end_says_goodbye_to_its_own_people_only() {
    let redis = or_skip!(Redis::start(&[]));
    let (a, mut b) = (machine(&redis, "a"), machine(&redis, "b"));
    let (mut ann, mut bob) = (Client::join(&a, "ann"), Client::join(&b, "bob"));
    ann.expect("server: A new client has connected to the chat: id = bob");
    b.signal(Signal::TERM);
    bob.ends_with("server: The chat has been shut down");
    b.ends_well();
    ann.expect("server: 0 clients have connected and 1 has left; 1 are here.");
    ann.hears_nothing();
    let b = machine(&redis, "b");
    let _bob = Client::join(&b, "bob");
    ann.expect("server: A new client has connected to the chat: id = bob");
}

#[test]
fn a_machine_ends_though_the_log_does_not_answer() {
    let redis = or_skip!(Redis::start(&[]));
    let mut a = machine(&redis, "a");
    let mut ann = Client::join(&a, "ann");
    redis.signal(Signal::STOP);
    ann.skip_to(WAITING);
    a.signal(Signal::TERM);
    let told = Instant::now();
    ann.ends_with("server: The chat has been shut down");
    a.ends_well();
    // Two seconds for the last entry, two for the request on its way, and some for a busy machine.
    assert!(told.elapsed() < Duration::from_secs(8), "{:?}", told.elapsed());
}

#[test]
fn shutdown_ends_the_chat_everywhere_and_the_next_start_begins_another() {
    let redis = or_skip!(Redis::start(&[]));
    let (mut a, mut b) = (machine(&redis, "a"), machine(&redis, "b"));
    let (mut ann, mut bob) = (Client::join(&a, "ann"), Client::join(&b, "bob"));
    bob.say("/ban mallory");
    bob.skip_to("mallory is banned");
    bob.say("SHUTDOWN");
    ann.ends_with("server: The chat has been shut down");
    bob.ends_with("server: The chat has been shut down");
    a.ends_well();
    b.ends_well();
    let b = machine_at(&redis.address(), "b", &["--announce-up-to", "7"]);
    let mut bob = Client::join(&b, "bob");
    bob.hears_nothing();
    bob.say("/bans");
    bob.skip_to("mallory");
}

#[test]
fn people_learn_on_which_machine_somebody_is() {
    let redis = or_skip!(Redis::start(&[]));
    let (a, b) = (machine(&redis, "berlin"), machine(&redis, "paris"));
    let (mut ann, _bob) = (Client::join(&a, "ann"), Client::join(&b, "bob"));
    ann.expect("server: A new client has connected to the chat: id = bob");
    ann.say("/whois bob");
    ann.skip_to_line(|line| line.contains("machine") && line.ends_with("paris"));
    ann.say("/threads");
    ann.skip_to("log-writer berlin");
    let mut program = Client::join_json(&b, "program", "dev");
    program.send(b"{\"action\":\"who\"}\n");
    let who = program.skip_to_action("who");
    let machines: Vec<_> =
        who["clients"].as_array().unwrap().iter().map(|it| &it["machine"]).collect();
    assert_eq!(machines, ["berlin", "paris", "paris"]);
}

/// A proxy tells each of two machines of a client with the same address.
#[test]
fn anonymous_people_with_the_same_address_on_two_machines_have_different_ids() {
    let redis = or_skip!(Redis::start(&[]));
    let flags = ["--anonymous", "--proxy-port", "0"];
    let servers = ["a", "b"].map(|node| machine_at(&redis.address(), node, &flags));
    let mut people = servers.each_ref().map(|server| {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.proxy_port())).unwrap();
        let mut client = Client::over(stream);
        client.send(b"PROXY TCP4 192.0.2.7 127.0.0.1 40000 1337\r\n");
        let told = client.skip_to("server: Your id is: ");
        client.skip_to("client(s) connected to this server.");
        (client, told)
    });
    assert!(people[0].1.ends_with("'192.0.2.7:40000'."), "{}", people[0].1);
    assert!(people[1].1.ends_with("'192.0.2.7:40000-2'."), "{}", people[1].1);
    let [(one, _), (other, _)] = &mut people;
    one.skip_to("id = 192.0.2.7:40000-2");
    other.say("we are two");
    one.expect("192.0.2.7:40000-2 : we are two");
    one.say("so we are @192.0.2.7:40000-2");
    other.skip_to("so we are");
}

/// On each of two machines, somebody claims each of a thousand names at the same moment.
#[test]
fn a_name_that_two_machines_claim_has_one_winner() {
    const NAMES: usize = 1_000;
    let redis = or_skip!(Redis::start(&[]));
    let servers = [machine(&redis, "a"), machine(&redis, "b")];
    let start = Barrier::new(2);
    let claim = |server: &Server| -> Vec<bool> {
        let mut client = Client::connect(server);
        client.expect("server: Input username.");
        client.send(b"{\"action\":\"connect\",\"username\":\"x\"}\n");
        let first = client.object()["action"] == "connect";
        let spare = if first { "y" } else { "z" };
        if !first {
            client
                .send(format!("{{\"action\":\"connect\",\"username\":\"{spare}\"}}\n").as_bytes());
            assert_eq!(client.object()["action"], "connect");
        }
        (0..NAMES)
            .map(|name| {
                start.wait();
                client.send(
                    format!("{{\"action\":\"nick\",\"username\":\"name-{name}\"}}\n").as_bytes(),
                );
                let has_won = client.object()["action"] == "nick";
                // Nobody gives the name up before the other has been answered.
                start.wait();
                has_won
            })
            .collect()
    };
    let [ours, theirs] = thread::scope(|scope| {
        let claims = [&servers[0], &servers[1]].map(|server| scope.spawn(|| claim(server)));
        claims.map(|claim| claim.join().unwrap())
    });
    for (name, won) in ours.iter().zip(&theirs).enumerate() {
        assert_eq!(u8::from(*won.0) + u8::from(*won.1), 1, "name-{name}");
    }
}
