//! A server whose dispatcher is stuck: the metrics answer all the same. A program of its own, because the dispatcher is held
//! in the log, of which a process has one.

#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test, an unwrap is an assertion, and a skipped one says so"
)]

#[path = "support/mod.rs"]
mod support;

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;

use chatserv::chat::ShutdownCause;
use chatserv::config::Config;
use chatserv::server::{PortKind, Server};
use parking_lot::{Condvar, Mutex};
use support::{Client, scrape, until};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Holds the dispatcher in its next line of the log while it is closed.
#[derive(Default)]
struct Barrier {
    /// Whether it is closed, and whether the dispatcher stands before it.
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

struct Log(Arc<Barrier>);

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        if thread::current().name() == Some("dispatcher") {
            let mut state = self.0.state.lock();
            while state.0 {
                state.1 = true;
                self.0.changed.wait(&mut state);
            }
            state.1 = false;
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn the_metrics_answer_while_the_dispatcher_is_stuck() {
    let barrier = Arc::new(Barrier::default());
    tracing::subscriber::set_global_default(Log(Arc::clone(&barrier))).unwrap();
    let config = Config {
        port: 0,
        metrics_port: Some(0),
        rate_limit: chatserv::config::RateLimit::Off,
        ..Config::default()
    };
    let server = Server::start(config).unwrap();
    let port = |of| server.ports().find(|&(kind, _)| kind == of).unwrap().1;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port(PortKind::Plain)));
    let metrics = server.metrics().unwrap();
    let metrics = metrics.split([':', '/']).nth(4).unwrap().parse().unwrap();
    let remote = server.remote();
    let running = thread::spawn(move || server.run(|| {}));
    let join = || Client::over(TcpStream::connect(address).unwrap());
    let mut ann = join();
    ann.expect("server: Input username.");
    ann.say("ann");
    ann.skip_to("client(s) connected to this server.");

    barrier.state.lock().0 = true;
    // The dispatcher logs who comes.
    let mut bob = join();
    bob.say("bob");
    until("the dispatcher is held", || barrier.state.lock().1);
    let waiting = || scrape::value(metrics, "chatserv_inbox_events");
    // Each has one event under way.
    let others: Vec<Client> = (0..5).map(|_| join()).collect();
    until("events wait", || waiting() >= 5.0);
    assert_eq!(scrape::value(metrics, "chatserv_clients{port=\"plain\"}"), 7.0);
    assert!(barrier.state.lock().1, "the dispatcher is held no more");

    barrier.state.lock().0 = false;
    barrier.changed.notify_all();
    bob.skip_to("client(s) connected to this server.");
    until("nothing waits", || waiting() == 0.0);
    drop(others);
    remote.shut_down(ShutdownCause::Program);
    running.join().unwrap().unwrap();
}
