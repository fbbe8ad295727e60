//! A reader with a real socket, and the test in the dispatcher's place.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::Receiver;

use super::*;
use crate::server::threads::ThreadTable;

/// How long a test waits for an event before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a test has of a connection whose reader runs.
struct Reading<'a> {
    client: TcpStream,
    connection: Arc<Connection>,
    events: Receiver<Inbound<'a>>,
}

impl<'a> Reading<'a> {
    fn event(&self) -> Inbound<'a> {
        let event = self.events.recv_timeout(PATIENCE);
        event.unwrap_or_else(|_| panic!("nothing was told in time"))
    }

    /// Gives the turn, and the next event is a silence.
    fn idles(&self) -> Option<Duration> {
        self.connection.turn.give(true);
        let Inbound::IdleTooLong { left, .. } = self.event() else {
            panic!("something else happened");
        };
        left
    }

    /// Gives the turn and says a line, which is the next event.
    fn hears_a_line(&mut self) {
        self.connection.turn.give(true);
        self.client.write_all(b"a line\n").unwrap();
        let Inbound::Received { decoded, .. } = self.event() else {
            panic!("something else happened");
        };
        assert_eq!(decoded.inputs.len(), 1);
    }
}

/// Runs a reader with these settings until `conversation` is over.
fn with_reader(config: &Config, conversation: impl FnOnce(Reading<'_>)) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (socket, address) = listener.accept().unwrap();
    let row = ThreadTable::default().row("reader", "reader-1".into());
    let connection = Connection::new(ClientId(1), address, socket, 4096, row).unwrap();
    let connection = Arc::new(connection);
    let (inbox, events) = crossbeam_channel::bounded(1);
    thread::scope(|scope| {
        let theirs = Arc::clone(&connection);
        let reader =
            scope.spawn(move || run(&theirs, inbox, Clock::new(), Protocol::Plain, config));
        connection.turn.belongs_to(reader.thread().clone());
        conversation(Reading {
            client,
            connection: Arc::clone(&connection),
            events,
        });
        connection.turn.close();
        connection.shut_down();
    });
}

fn idle_after(timeout: Duration) -> Config {
    Config {
        idle_timeout: Some(timeout),
        ..Config::default()
    }
}

#[test]
fn who_types_nothing_is_told_of_twice_and_a_byte_begins_all_anew() {
    let timeout = Duration::from_millis(200);
    with_reader(&idle_after(timeout), |mut reading| {
        let began = Instant::now();
        assert_eq!(reading.idles(), Some(timeout / 2));
        assert!(began.elapsed() >= timeout / 2);
        assert_eq!(reading.idles(), None);
        assert!(began.elapsed() >= timeout);
        // Nobody has ended the connection, so the time begins anew.
        assert_eq!(reading.idles(), Some(timeout / 2));
        // Half a line is no event, but a sign of life: what comes next is a first warning again.
        reading.client.write_all(b"half a l").unwrap();
        assert_eq!(reading.idles(), Some(timeout / 2));
        assert_eq!(reading.idles(), None);
    });
}

#[test]
fn the_login_deadline_holds_until_the_name_is_given_and_not_after() {
    let config = Config {
        login_timeout: Duration::from_millis(100),
        ..idle_after(Duration::from_secs(3600))
    };
    with_reader(&config, |mut reading| {
        reading.connection.turn.give(false);
        let Inbound::LoginTimedOut { .. } = reading.event() else {
            panic!("something else happened");
        };
        reading.hears_a_line();
    });
}

#[test]
fn the_read_timeout_is_set_where_it_changes_only() {
    with_reader(&idle_after(Duration::from_secs(3600)), |mut reading| {
        let connection = Arc::clone(&reading.connection);
        let timeout = || connection.socket().read_timeout().unwrap();
        reading.hears_a_line();
        assert_eq!(timeout(), Some(Duration::from_secs(3570)));
        // One that is put there behind the reader's back stays, since its own has not changed.
        let other = Some(Duration::from_secs(99));
        connection.socket().set_read_timeout(other).unwrap();
        for _ in 0..3 {
            reading.hears_a_line();
        }
        assert_eq!(timeout(), other);
    });
}
