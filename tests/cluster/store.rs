//! Faults of Redis, and of the way there.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::counted::every_line_once;
use crate::proxy::Proxy;
use crate::support::redis::Redis;
use crate::support::{Client, Program, chatserv, or_skip};
use crate::{GOES_ON, WAITING, machine, machine_at};

#[test]
fn nothing_is_lost_or_doubled_when_redis_is_killed() {
    let mut redis = or_skip!(Redis::start(&[]));
    let servers = [machine(&redis, "a"), machine(&redis, "b")];
    let mut ann = Client::join(&servers[0], "ann");
    every_line_once(&[&servers[0], &servers[1]], || {
        redis.kill();
        ann.skip_to(WAITING);
        redis.start_again();
        ann.skip_to(GOES_ON);
    });
}

#[test]
fn a_redis_that_is_stopped_for_long_makes_nobody_leave() {
    let redis = or_skip!(Redis::start(&[]));
    let (a, b) = (machine(&redis, "a"), machine(&redis, "b"));
    let (mut ann, mut bob) = (Client::join(&a, "ann"), Client::join(&b, "bob"));
    ann.expect("server: A new client has connected to the chat: id = bob");
    redis.signal(Signal::STOP);
    ann.skip_to(WAITING);
    bob.skip_to(WAITING);
    bob.say("said meanwhile");
    // A machine that waits is well: to start it again would help nobody.
    let check = chatserv(&["healthcheck", &a.port.to_string()]);
    let checked = Program::start(&mut { check }).wait();
    let told = "The server waits for the other machines of its chat.\n";
    assert_eq!((checked.status, &*checked.stdout), (Some(0), told), "{}", checked.stderr);
    // Longer than a machine may be silent.
    thread::sleep(Duration::from_secs(20));
    redis.signal(Signal::CONT);
    ann.expect(GOES_ON);
    bob.expect(GOES_ON);
    ann.expect("bob : said meanwhile");
    ann.say("/who");
    ann.expect("server: 2 client(s) connected: ann, bob");
}

#[test]
fn lost_replies_double_nothing() {
    let redis = or_skip!(Redis::start(&[]));
    let proxy = Proxy::start(redis.port);
    let (a, b) = (machine_at(&proxy.address(), "a", &[]), machine(&redis, "b"));
    let mut ann = Client::join(&a, "ann");
    every_line_once(&[&a, &b], || {
        proxy.eat_replies(true);
        ann.skip_to(WAITING);
        proxy.eat_replies(false);
        ann.skip_to(GOES_ON);
    });
}

#[test]
fn lost_requests_lose_no_line() {
    let redis = or_skip!(Redis::start(&[]));
    let proxy = Proxy::start(redis.port);
    let (a, b) = (machine_at(&proxy.address(), "a", &[]), machine(&redis, "b"));
    let mut ann = Client::join(&a, "ann");
    every_line_once(&[&a, &b], || {
        proxy.eat_requests(true);
        ann.skip_to(WAITING);
        proxy.eat_requests(false);
        ann.skip_to(GOES_ON);
    });
}

#[test]
fn a_full_redis_makes_people_wait_and_loses_nothing() {
    let redis = or_skip!(Redis::start(&["--maxmemory", "64mb"]));
    let servers = [machine(&redis, "a"), machine(&redis, "b")];
    let mut ann = Client::join(&servers[0], "ann");
    every_line_once(&[&servers[0], &servers[1]], || {
        redis.ask(&["CONFIG", "SET", "maxmemory", "1"]);
        ann.skip_to(WAITING);
        redis.ask(&["CONFIG", "SET", "maxmemory", "64mb"]);
        ann.skip_to(GOES_ON);
    });
}

#[test]
fn a_redis_that_removes_keys_is_refused() {
    let redis = or_skip!(Redis::start(&["--maxmemory-policy", "allkeys-lru"]));
    let told = crate::starts::refused(&redis.address(), "a", &[]);
    assert!(told.contains("maxmemory-policy allkeys-lru. Set it to noeviction"), "{told}");
}
