//! One client, from its first line to the end of the chat, with the real dispatcher, reader and writer.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Shutdown, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use parking_lot::{Mutex, RwLock};

use super::super::channel;
use super::super::testing::Fault;
use super::super::thread::{self, Scope};
use super::{CLIENT, config, connection, explore, finds};
use crate::chat::{Hub, Protocol, Time};
use crate::protocol::Decoder;
use crate::server::admission::Admission;
use crate::server::clock::Clock;
use crate::server::delivery::{Delivery, WriterThreads};
use crate::server::dispatcher::Dispatcher;
use crate::server::inbox::{Channels, Inbound};
use crate::server::listener::Listener;
use crate::server::ops::capacity::{Capacity, SystemLimits};
use crate::server::ops::reload::Loaded;
use crate::server::ops::threads::ThreadTable;
use crate::server::order::Order;
use crate::server::port_kind::PortKind;
use crate::server::reader;
use crate::server::shared::Shared;

/// Interrupting a thread once already covers each pair of steps of two threads.
const PREEMPTIONS_MAX: usize = 1;

/// When the only listener ends, and with it the chat, unless it has been shut down already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ListenerEnds {
    /// Right after it has accepted the client.
    First,
    /// After the client's reader.
    Last,
}

/// A chat with one client whose input is `said` and its end. Returns what the client reads.
fn chat(said: &str, listener_ends: ListenerEnds) -> String {
    let config = config();
    let (connection, mut client) = connection(&config);
    client.write_all(said.as_bytes()).unwrap();
    client.shutdown(Shutdown::Write).unwrap();

    let scope: &'static Scope<'static, 'static> = Box::leak(Box::new(Scope::new()));
    let admission: &'static Admission = Box::leak(Box::new(Admission::new(1, None, None)));
    let next_id: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(2)));
    let (inbox, events) = channel::bounded(1);
    let threads = Arc::new(ThreadTable::default());
    let capacity = Capacity::of(&config, &SystemLimits::raise_and_read()).unwrap();
    let loaded = Loaded::read(config.clone()).unwrap();
    let shared = Arc::new(Shared {
        settings: RwLock::new(Arc::new(config.clone())),
        capacity,
        admission,
        next_id,
        threads: Arc::clone(&threads),
        clock: Clock::new(),
        bans_slot: None,
        counters: Arc::default(),
        #[cfg(feature = "web")]
        telnet_port: 1337,
        #[cfg(feature = "history")]
        history: None,
    });
    let hub = Hub::new(loaded.hub_settings(), Vec::new(), Timestamp::UNIX_EPOCH);
    let writers =
        WriterThreads::new(scope, Arc::clone(&threads), Arc::default(), inbox.clone(), &config);
    let delivery = Delivery::new(writers, &config);
    let row = threads.row("dispatcher", "dispatcher".into());
    let order = Order::Local(Box::new(hub));
    // The server holds the sender until all is over. Nobody asks for anything.
    let (control, requests) = channel::unbounded();
    let channels = Channels::new(events, requests, None);
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (listener, control_of_listener) =
        Listener::new(scope, Arc::clone(&shared), inbox.clone(), socket, PortKind::Plain);
    let dispatcher = Dispatcher::new(
        order,
        delivery,
        channels,
        vec![control_of_listener],
        Arc::clone(&shared),
        TimeZone::UTC,
        row,
    );

    // As the listener does: the reader is there before the dispatcher hears of the connection. The last act of the listener is
    // a report, too.
    let place =
        admission.enter(IpAddr::V4(Ipv4Addr::LOCALHOST), PortKind::Plain, Time::ZERO).unwrap();
    let (first, last) = match listener_ends {
        ListenerEnds::First => (Some(listener), None),
        ListenerEnds::Last => (None, Some(listener)),
    };
    let (theirs, their_inbox) = (Arc::clone(&connection), inbox.clone());
    let row = threads.client_row("reader", CLIENT);
    let reader = threads.spawn(scope, row, 0, move |_| {
        let decoder = Decoder::new(Protocol::Plain, true);
        let deadline = Time::from_secs(86_400);
        reader::run(&theirs, their_inbox, &shared.clock, decoder, deadline, &config);
        drop(last);
    });
    let mut running = scope.start();
    connection.turn.belongs_to(reader.unwrap());
    let dispatcher = thread::spawn(move || {
        dispatcher.run();
        scope.close();
    });
    inbox.send(Inbound::Connected { connection, place, protocol: Protocol::Plain }).unwrap();
    drop(first);
    running.extend(scope.start_all());
    running.push(dispatcher);
    running.into_iter().for_each(|thread| thread.join().unwrap());
    drop(control);
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    text
}

/// Runs the chat, and asserts that the client reads one of these. Notes which.
fn reads(
    said: &'static str,
    listener_ends: ListenerEnds,
    possible: &'static [&'static [&'static str]],
    seen: &Seen,
) {
    let seen = Arc::clone(seen);
    let server = thread::spawn(move || {
        let text = chat(said, listener_ends);
        let lines: Vec<_> = text.split_terminator("\r\n").collect();
        let found = possible.iter().position(|possible| **possible == lines);
        seen.lock().insert(found.unwrap_or_else(|| panic!("{text}")));
    });
    server.join().unwrap();
}

/// The numbers of the outcomes that some order has.
type Seen = Arc<Mutex<BTreeSet<usize>>>;

const JOINS: [&str; 4] = [
    "server: Input username.",
    "server: Your username is ann.",
    "server: Congratulations! You've successfully joined the chat server.",
    "server: There are 1 client(s) connected to this server.",
];
const QUITS: [&str; 5] = [JOINS[0], JOINS[1], JOINS[2], JOINS[3], "server: Bye!"];
const SHUTS_DOWN: [&str; 5] =
    [JOINS[0], JOINS[1], JOINS[2], JOINS[3], "server: The chat has been shut down"];
const UNNAMED: [&str; 2] = [JOINS[0], SHUTS_DOWN[4]];

/// Gives its name, says a line and ends.
fn a_client_speaks(seen: &Seen) {
    reads("ann\nhello\n", ListenerEnds::Last, &[&JOINS], seen);
}

/// Leaves, and more input follows.
fn a_client_quits(seen: &Seen) {
    reads("ann\n/quit\nlate\n", ListenerEnds::Last, &[&QUITS], seen);
}

/// Ends the chat, and more input follows.
fn a_client_shuts_down(seen: &Seen) {
    reads("ann\nSHUTDOWN\nlate\n", ListenerEnds::Last, &[&SHUTS_DOWN], seen);
}

/// The chat ends while the reader waits for its turn: before the client has joined, afterwards, or when it has left.
fn the_chat_ends_first(seen: &Seen) {
    reads("ann\nhello\n", ListenerEnds::First, &[&UNNAMED, &SHUTS_DOWN, &JOINS], seen);
}

/// Explores a model, and asserts that so many outcomes are possible.
fn explore_outcomes(name: &str, count: usize, model: fn(&Seen)) {
    let seen = Seen::default();
    let noted = Arc::clone(&seen);
    explore(name, PREEMPTIONS_MAX, move || model(&noted));
    assert_eq!(seen.lock().len(), count, "outcomes");
}

#[test]
fn a_client_that_speaks_and_ends() {
    explore_outcomes("a client speaks", 1, a_client_speaks);
}

#[test]
fn a_client_that_quits_before_the_end_of_its_input() {
    explore_outcomes("a client quits", 1, a_client_quits);
}

#[test]
fn a_client_that_shuts_the_chat_down() {
    explore_outcomes("a client shuts down", 1, a_client_shuts_down);
}

#[test]
fn a_chat_that_ends_before_its_client_has_a_turn() {
    explore_outcomes("the chat ends first", 3, the_chat_ends_first);
}

#[test]
fn a_client_speaks_with_a_reader_that_is_not_woken() {
    finds(Fault::NoUnpark, "deadlock", || a_client_speaks(&Seen::default()));
}

#[test]
fn a_client_quits_with_a_writer_that_keeps_the_right() {
    finds(Fault::LostMessage, "deadlock", || a_client_quits(&Seen::default()));
}

#[test]
fn a_client_shuts_down_with_a_reader_that_is_not_woken() {
    finds(Fault::NoUnpark, "deadlock", || a_client_shuts_down(&Seen::default()));
}

#[test]
fn the_chat_ends_first_with_a_reader_that_is_not_woken() {
    finds(Fault::NoUnpark, "deadlock", || the_chat_ends_first(&Seen::default()));
}
