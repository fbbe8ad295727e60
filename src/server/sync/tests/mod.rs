//! Models of the threads of a connection: the code that ships, with loom's primitives. `scripts/model` runs them.
//!
//! | model | threads | holds in every order |
//! |---|---|---|
//! | `turn` | dispatcher, reader | each turn wakes its reader once, with all that happened before it; a close ends every wait |
//! | `handover` | dispatcher, writer | lines keep their order and are whole; the last words come once; the connection ends |
//! | `chat` | dispatcher with the Hub, reader, writer | a client speaks, quits, shuts the chat down, or the last listener ends first: it reads one of the permitted texts, and all threads end |
//!
//! Each model is also run with a [`Fault`] in the primitives, and must fail. So a model that checks nothing shows.
//!
//! The sockets are real ones on loopback. No model lets a thread block in one, which would block all of them: a client has sent
//! everything, and its end, before its reader starts, and what a model sends fits into the buffers. With
//! `--delivery writer`, every block goes to a writer, so no socket needs to be full. So these are not modelled: a write that
//! blocks, and times, such as the age of an outbox. A channel orders a little more than crossbeam's: all that is done to it.

mod chat;
mod handover;
mod turn;

use std::env;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use super::testing::{Fault, set_fault};
use crate::chat::ClientId;
use crate::config::{Config, DeliveryPolicy};
use crate::server::connection::Connection;
use crate::server::ops::threads::ThreadTable;

/// How often a thread may be interrupted where it could go on. Two are enough for nearly all known faults (Musuvathi and
/// Qadeer, 2007: "Iterative context bounding"), and each more multiplies the orders.
const PREEMPTIONS_MAX: usize = 3;

/// Runs a model in every order, or in those with at most so many preemptions, and prints how many there are.
fn explore(
    name: &str,
    preemptions_max: impl Into<Option<usize>>,
    model: impl Fn() + Send + Sync + 'static,
) {
    let preemptions_max = preemptions_max.into();
    let orders = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&orders);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions_max;
    builder.max_branches = 100_000;
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let orders = orders.load(Ordering::Relaxed);
    // Not by `println!`, which shows nothing of a test that passes.
    let bound = preemptions_max
        .map_or("all of them".to_owned(), |max| format!("at most {max} preemptions"));
    let line = format!("{name}: {orders} orders, {bound}\n");
    std::io::stdout().write_all(line.as_bytes()).expect("the test has a standard output");
    assert!(orders > 1, "nothing to choose");
}

/// Tells a test that it is the process in which its model may fail.
const MAY_FAIL: &str = "CHATSERV_MODEL_MAY_FAIL";

/// The same with broken primitives: asserts that the model fails for this reason. It runs in a process of its own, since loom
/// drops the threads of a deadlock as they are, and the last acts of some would wait for others.
fn finds(fault: Fault, reason: &str, model: impl Fn() + Send + Sync + 'static) {
    if env::var_os(MAY_FAIL).is_some() {
        set_fault(Some(fault));
        return explore("with a fault", PREEMPTIONS_MAX, model);
    }
    let name = std::thread::current().name().map(str::to_owned).expect("a test has a name");
    let program = env::current_exe().expect("this program has a path");
    let mut test = Command::new(program);
    test.args([&name, "--exact", "--nocapture"]).env(MAY_FAIL, "1").env("RUST_BACKTRACE", "0");
    let output = test.output().expect("this program can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{fault:?} was not found");
    assert!(said.contains(reason), "{said}");
}

/// The only client of a model.
const CLIENT: ClientId = ClientId(1);

std::thread_local! {
    static LISTENER: TcpListener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
}

/// The settings of a model: every block goes to a writer.
fn config() -> Config {
    static CONFIG: LazyLock<Config> =
        LazyLock::new(|| Config { delivery: DeliveryPolicy::Writer, ..Config::default() });
    CONFIG.clone()
}

/// A connection on loopback, and the client's end.
fn connection(config: &Config) -> (Arc<Connection>, TcpStream) {
    LISTENER.with(|listener| {
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (socket, address) = listener.accept().unwrap();
        let row = ThreadTable::default().row("reader", "reader-1".into());
        (Arc::new(Connection::new(CLIENT, address, socket, config, row).unwrap()), client)
    })
}
