//! Each server, its settings and its dialect: four people come in, two speak, and who has to hear it hears it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use super::{ALL, Demand, Peer, floor};
use crate::floor::{Floor, Sends};
use chatserv::config::DeliveryPolicy as Delivery;
use chatserv::load::dialect::{Dialect, Role};

const PATIENCE: Duration = Duration::from_secs(10);

struct Person {
    dialect: &'static dyn Dialect,
    socket: TcpStream,
    /// What has come and was not looked for yet.
    heard: Vec<u8>,
}

impl Person {
    fn enter(address: SocketAddr, dialect: &'static dyn Dialect, name: &str, role: Role) -> Self {
        let socket = TcpStream::connect(address).expect("the server takes connections");
        socket
            .set_read_timeout(Some(PATIENCE))
            .expect("the timeout is not zero");
        let mut person = Self {
            dialect,
            socket,
            heard: Vec::new(),
        };
        for step in 0.. {
            let mut out = Vec::new();
            let awaited = dialect.log_in(step, name, role, &mut out);
            person.send(&out);
            match awaited {
                Some(awaited) => person.hears(awaited),
                None => break,
            }
        }
        person
    }

    fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).expect("the server listens");
    }

    fn says(&mut self, payload: &[u8]) {
        let mut out = Vec::new();
        self.dialect.say(payload, &mut out);
        self.send(&out);
    }

    /// Reads until `awaited` has come, and forgets it and all before it.
    fn hears(&mut self, awaited: &[u8]) {
        let mut buffer = [0; 4096];
        loop {
            if let Some(at) = position(&self.heard, awaited) {
                self.heard.drain(..at + awaited.len());
                return;
            }
            let read = self.socket.read(&mut buffer);
            let count = read.unwrap_or_else(|error| panic!("{error} after {}", self.text()));
            assert_ne!(count, 0, "the connection has ended after {}", self.text());
            self.heard.extend_from_slice(&buffer[..count]);
        }
    }

    /// Leaves, and looks at all that has come until the server has let go of the connection.
    fn has_not_heard(mut self, unwanted: &[u8]) {
        self.socket
            .shutdown(Shutdown::Write)
            .expect("the connection is open");
        self.socket
            .read_to_end(&mut self.heard)
            .expect("the server closes in turn");
        assert_eq!(position(&self.heard, unwanted), None, "{}", self.text());
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.heard).into_owned()
    }
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// The conversation.
fn talk(address: SocketAddr, dialect: &'static dyn Dialect) {
    let enter = |name, role| Person::enter(address, dialect, name, role);
    let mut listeners = [
        enter("u00001", Role::Listener),
        enter("u00002", Role::Listener),
    ];
    let mut first = enter("s00001", Role::Speaker);
    let mut second = enter("s00002", Role::Speaker);
    let payloads = [b"1 first payload".as_slice(), b"2 second payload"];
    first.says(payloads[0]);
    for listener in &mut listeners {
        listener.hears(payloads[0]);
    }
    second.says(payloads[1]);
    for listener in &mut listeners {
        listener.hears(payloads[1]);
    }
    if dialect.speakers_hear() {
        second.hears(payloads[0]);
        first.hears(payloads[1]);
    } else {
        second.has_not_heard(payloads[0]);
        first.has_not_heard(payloads[1]);
    }
}

#[allow(
    clippy::print_stdout,
    reason = "cargo test shows it to whoever asks with --nocapture"
)]
fn check(peer: Peer) {
    if let Err(missing) = peer.version() {
        println!("skipped: {missing}");
        return;
    }
    let demand = Demand {
        people: 4,
        payload_bytes: 64,
    };
    assert_eq!(peer.cannot(demand), None);
    let running = peer.start(demand).expect("the server begins");
    talk(running.address(), peer.dialect());
}

#[test]
fn ours_is_understood_whoever_writes() {
    check(Peer::Ours(Delivery::DirectThenWriter));
    check(Peer::Ours(Delivery::Direct));
    check(Peer::Ours(Delivery::Writer));
}

#[test]
fn redis_is_understood() {
    check(Peer::Redis);
}

#[test]
fn nats_is_understood() {
    check(Peer::Nats);
}

#[test]
fn ncat_is_understood() {
    check(Peer::Ncat);
}

#[test]
fn ngircd_is_understood() {
    check(Peer::Ngircd);
}

#[test]
fn inspircd_is_understood() {
    check(Peer::Inspircd);
}

/// In a thread, since the program of a test is not the benchmark.
#[test]
fn the_floors_are_understood() {
    for sends in [Sends::Gathered, Sends::Each] {
        let floor = Floor::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), sends)
            .expect("a port of one's own machine is free");
        let address = floor.address().expect("it is bound");
        thread::spawn(|| floor.run());
        talk(address, &floor::Lines);
    }
}

#[test]
fn no_two_servers_have_the_same_label() {
    for (at, peer) in ALL.iter().enumerate() {
        assert!(
            ALL[..at].iter().all(|other| other.label() != peer.label()),
            "{peer:?}"
        );
    }
}
