//! One client, from its first line to the end of the chat, with the real dispatcher, reader and writer.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Shutdown, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use parking_lot::RwLock;

use super::super::channel::{self, Receiver};
use super::super::testing::Fault;
use super::super::thread::{self, Scope};
use super::{CLIENT, config, connection, explore, finds};
use crate::chat::{Event, Hub, Protocol, ShutdownCause, Time};
use crate::protocol::Decoder;
use crate::server::admission::Admission;
use crate::server::clock::Clock;
use crate::server::delivery::{Delivery, Writers};
use crate::server::dispatcher::Dispatcher;
use crate::server::inbox::{Channels, Control, Inbound};
use crate::server::listener::Listener;
use crate::server::ops::capacity::{Capacity, SystemLimits};
use crate::server::ops::reload::Loaded;
use crate::server::ops::threads::ThreadTable;
use crate::server::order::Order;
use crate::server::reader;
use crate::server::shared::Shared;

/// Interrupting a thread once already covers each pair of steps of two threads.
const PREEMPTIONS_MAX: usize = 1;

/// A client whose input is `said` and its end, in a chat that gets these requests and has no listener any more. Returns what the
/// client reads.
fn chat(said: &str, requests: Receiver<Control>) -> String {
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
        #[cfg(feature = "web")]
        telnet_port: 1337,
        #[cfg(feature = "history")]
        history: None,
    });
    let hub = Hub::new(loaded.hub_settings(), Vec::new(), Timestamp::UNIX_EPOCH);
    let writers = Writers::new(scope, Arc::clone(&threads), inbox.clone(), &config);
    let delivery = Delivery::new(writers, &config);
    let row = threads.row("dispatcher", "dispatcher".into());
    let order = Order::Local(Box::new(hub));
    let channels = Channels::new(events, requests);
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (listener, control_of_listener) =
        Listener::new(scope, Arc::clone(&shared), inbox.clone(), socket, Protocol::Plain);
    let dispatcher = Dispatcher::new(
        order,
        delivery,
        channels,
        vec![control_of_listener],
        Arc::clone(&shared),
        TimeZone::UTC,
        row,
    );

    // As the listener does: the reader is there before the dispatcher hears of the connection.
    let place = admission.enter(IpAddr::V4(Ipv4Addr::LOCALHOST), Time::ZERO).unwrap();
    let (theirs, their_inbox, their_config) =
        (Arc::clone(&connection), inbox.clone(), config.clone());
    let their_shared = Arc::clone(&shared);
    let row = threads.client_row("reader", CLIENT);
    let reader = threads.spawn(scope, row, 0, move |_| {
        let decoder = Decoder::new(Protocol::Plain, true);
        let deadline = Time::from_secs(86_400);
        reader::run(&theirs, their_inbox, &their_shared.clock, decoder, deadline, &their_config);
    });
    connection.turn.belongs_to(reader.unwrap());
    let dispatcher = thread::spawn(move || {
        dispatcher.run();
        scope.close();
    });
    inbox.send(Inbound::Connected { connection, place, protocol: Protocol::Plain }).unwrap();
    // Its last act is its report, which comes after those of its connections.
    drop(listener);
    let mut running = scope.start_all();
    running.push(dispatcher);
    running.into_iter().for_each(|thread| thread.join().unwrap());
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    text
}

/// Runs a chat with one client while a signal shuts it down, and checks what the client reads: whole lines, and one goodbye as
/// the last.
fn chat_that_ends(said: &'static str, goodbyes: &'static [&'static str]) {
    let (control, requests) = channel::unbounded();
    let server = thread::spawn(move || {
        let text = chat(said, requests);
        let lines: Vec<_> = text.split_inclusive("\r\n").collect();
        let is_whole = |line: &&str| line.starts_with("server: ") && line.ends_with("\r\n");
        assert!(lines.iter().all(is_whole), "{text}");
        let is_goodbye = |line: &&str| goodbyes.contains(&line.trim_end());
        assert!(lines.last().is_some_and(is_goodbye), "{text}");
        assert_eq!(lines.iter().copied().filter(is_goodbye).count(), 1, "{text}");
    });
    let cause = ShutdownCause::Program;
    control.send(Control::Event(Event::ShutdownRequested { cause })).unwrap();
    server.join().unwrap();
}

const SHUT_DOWN: &str = "server: The chat has been shut down";
const BYE: &str = "server: Bye!";

/// The client gives its name and says a line.
fn a_shutdown_meets_a_line() {
    chat_that_ends("ann\nhello\n", &[SHUT_DOWN]);
}

/// The client leaves, and more input follows.
fn a_shutdown_meets_a_departure() {
    chat_that_ends("ann\n/quit\nlate\n", &[SHUT_DOWN, BYE]);
}

#[test]
fn a_shutdown_ends_all_threads_and_says_goodbye_once() {
    explore("a shutdown meets a line", PREEMPTIONS_MAX, a_shutdown_meets_a_line);
}

#[test]
fn a_shutdown_with_a_reader_that_is_not_woken() {
    finds(Fault::NoUnpark, "deadlock", a_shutdown_meets_a_line);
}

#[test]
fn a_shutdown_of_somebody_who_leaves_ends_all_threads_too() {
    explore("a shutdown meets a departure", PREEMPTIONS_MAX, a_shutdown_meets_a_departure);
}

#[test]
fn a_departure_with_a_writer_that_keeps_the_right() {
    finds(Fault::LostMessage, "deadlock", a_shutdown_meets_a_departure);
}
