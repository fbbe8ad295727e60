//! Machines that may not take part, or not any more.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use crate::support::redis::Redis;
use crate::support::{Client, Program, chatserv, free_port, or_skip};
use crate::{machine, machine_at};

/// The message of a machine that ends with status 1.
pub fn refused(address: &str, node: &str, flags: &[&str]) -> String {
    let all = ["--port", "0", "--cluster", address, "--node", node];
    let ended = Program::start(&mut chatserv(&[&all[..], flags].concat())).wait();
    assert_eq!(ended.status, Some(1), "{}", ended.stderr);
    ended.stderr
}

#[test]
fn a_machine_with_other_settings_is_refused_by_name() {
    let redis = or_skip!(Redis::start(&[]));
    let a = machine(&redis, "a");
    let mut ann = Client::join(&a, "ann");
    let address = redis.address();
    let told = refused(&address, "b", &["--announce-up-to", "7"]);
    assert!(told.contains("announce-up-to is 7 here and 500 on the other machines."), "{told}");
    let told = refused(&address, "b", &["--anonymous"]);
    assert!(told.contains("anonymous is true here and false on the other machines."), "{told}");
    ann.hears_nothing();
    // Settings of one machine alone may differ.
    let b = machine_at(&address, "b", &["--idle-timeout", "5m"]);
    let _bob = Client::join(&b, "bob");
    ann.expect("server: A new client has connected to the chat: id = bob");
}

#[test]
fn a_chat_whose_machines_are_all_dead_takes_other_settings() {
    let redis = or_skip!(Redis::start(&[]));
    let (a, b) = (machine(&redis, "a"), machine(&redis, "b"));
    let mut ann = Client::join(&a, "ann");
    let _bob = Client::join(&b, "bob");
    ann.say("remember me");
    ann.skip_to("id = bob");
    ann.hears_nothing();
    drop((a, b));
    let c = machine_at(&redis.address(), "c", &["--announce-up-to", "7"]);
    let mut cid = Client::connect(&c);
    cid.expect("server: Input username.");
    cid.say("ann");
    cid.skip_to("ann : remember me");
}

#[test]
fn of_two_servers_under_one_name_the_older_ends() {
    let redis = or_skip!(Redis::start(&[]));
    let mut old = machine(&redis, "a");
    let b = machine(&redis, "b");
    let _ann = Client::join(&old, "ann");
    let mut bob = Client::join(&b, "bob");
    let new = machine(&redis, "a");
    let status = old.exit_status();
    assert_eq!(status.code(), Some(1));
    old.log("another server has joined the chat as node a: this one ends. Give each machine its own --node");
    bob.expect("server: 0 clients have connected and 1 has left; 1 are here.");
    let _ann = Client::join(&new, "ann");
    bob.expect("server: A new client has connected to the chat: id = ann");
}

#[test]
fn an_address_at_which_nobody_answers_is_an_error() {
    let told = refused(&format!("redis://127.0.0.1:{}", free_port()), "a", &[]);
    assert!(told.contains("cluster: the log cannot be used: "), "{told}");
    assert!(told.contains("Start Redis, or correct --cluster"), "{told}");
}

/// Something that answers every request as Redis 6.2 answers `INFO server`.
fn old_redis() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = [0; 4096];
            while let Ok(1..) = stream.read(&mut request) {
                let told = "# Server\r\nredis_version:6.2.14\r\n";
                let reply = format!("${}\r\n{told}\r\n", told.len());
                stream.write_all(reply.as_bytes()).unwrap();
            }
        }
    });
    format!("redis://127.0.0.1:{port}")
}

#[test]
fn an_old_redis_is_refused_by_its_version() {
    let told = refused(&old_redis(), "a", &[]);
    let expected =
        "has version 6.2.14: the log needs Redis 7.0 or newer, or Valkey. Install a newer one";
    assert!(told.contains(expected), "{told}");
}
