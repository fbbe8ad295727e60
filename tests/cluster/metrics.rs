//! The metrics of one of several machines.

use rustix::process::Signal;

use crate::support::redis::Redis;
use crate::support::{Client, or_skip, scrape, until};
use crate::{WAITING, machine_at};

#[test]
fn the_lag_behind_the_log_is_shown() {
    let redis = or_skip!(Redis::start(&[]));
    let machine = machine_at(&redis.address(), "a", &["--metrics-port", "0"]);
    let port = scrape::port(&machine);
    let lag = || scrape::value(port, "chatserv_log_lag_entries");
    let mut ann = Client::join(&machine, "ann");
    until("everything is applied", || lag() == 0.0);
    redis.signal(Signal::STOP);
    ann.say("a line that waits");
    let newcomers: Vec<Client> = (0..10).map(|_| Client::connect(&machine)).collect();
    ann.skip_to(WAITING);
    // Also what is in the entry that the store does not take.
    until("a line and ten arrivals wait", || lag() >= 11.0);
    redis.signal(Signal::CONT);
    until("everything is applied again", || lag() == 0.0);
    drop(newcomers);
}
