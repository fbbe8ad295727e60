//! The right to write, handed over to a writer and back.

use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loom::thread::JoinHandle;
use socket2::SockRef;

use super::super::channel::{self, Receiver};
use super::super::testing::Fault;
use super::super::thread::{self, Scope};
use super::{CLIENT, PREEMPTIONS_MAX, config, connection, explore, finds};
use crate::chat::{Protocol, Time};
use crate::config::{Config, limits};
use crate::server::admission::Admission;
use crate::server::delivery::{Delivery, WriterThreads};
use crate::server::inbox::{Inbound, InputEnd};
use crate::server::port_kind::PortKind;

/// The dispatcher's side of one connection; the writers are threads of loom.
struct Shell {
    delivery: Delivery<'static, WriterThreads<'static, 'static>>,
    events: Receiver<Inbound<'static>>,
    scope: &'static Scope<'static, 'static>,
    writers: Vec<JoinHandle<()>>,
    client: TcpStream,
}

impl Shell {
    fn new(config: &Config) -> Self {
        // The server lends these to its threads. Here they live as long as the program.
        let scope: &'static Scope<'static, 'static> = Box::leak(Box::new(Scope::new()));
        let admission: &'static Admission = Box::leak(Box::new(Admission::new(1, None, None)));
        let place = admission.enter(IpAddr::V4(Ipv4Addr::LOCALHOST), PortKind::Plain, Time::ZERO);
        let (inbox, events) = channel::bounded(1);
        let writers = WriterThreads::new(scope, Arc::default(), Arc::default(), inbox, config);
        let mut delivery = Delivery::new(writers, config);
        let (connection, client) = connection(config);
        delivery.add(connection, place.unwrap(), Protocol::Plain, Time::ZERO);
        Self { delivery, events, scope, writers: Vec::new(), client }
    }

    fn send(&mut self, text: &str) {
        self.delivery.append(&[CLIENT], |_, out| out.extend_from_slice(text.as_bytes()));
        self.flush();
    }

    fn flush(&mut self) {
        assert!(self.delivery.flush(Time::ZERO).is_empty(), "nobody is slow");
        self.writers.extend(self.scope.start());
    }

    fn cut(&mut self, words: &str) {
        let write = |_, out: &mut Vec<u8>| out.extend_from_slice(words.as_bytes());
        self.delivery.cut(CLIENT, write, Time::ZERO);
    }

    /// Ends the connection as after its reader, takes events until all is over, and returns what the client has read.
    fn finish(mut self) -> String {
        self.delivery.end_after_flush(CLIENT);
        self.delivery.reader_ended(CLIENT, InputEnd::Closed);
        self.flush();
        while !self.delivery.is_over() {
            match self.events.recv().unwrap() {
                Inbound::Drained { client, block, outcome } => {
                    self.delivery.take_back(client, block, outcome, Time::ZERO);
                }
                Inbound::WriterEnded { client, lost_block } => {
                    assert!(!lost_block, "a writer has panicked");
                    self.delivery.writer_ended(client, lost_block, Time::ZERO);
                }
                _ => panic!("nobody else is there"),
            }
            self.flush();
        }
        self.writers.into_iter().for_each(|writer| writer.join().unwrap());
        let mut text = String::new();
        // After a reset there is nothing to read.
        let _ = self.client.read_to_string(&mut text);
        text
    }
}

/// Runs the dispatcher's side in a thread with a large stack, which the first thread of a model does not have.
fn on_its_own(dispatcher: impl FnOnce() + Send + 'static) {
    thread::spawn(dispatcher).join().unwrap();
}

/// Lines come while a writer has the right to write.
fn three_lines() {
    let mut shell = Shell::new(&config());
    shell.send("one\n");
    shell.send("two\n");
    shell.send("three\n");
    assert_eq!(shell.finish(), "one\ntwo\nthree\n");
}

/// A cut comes while a writer may be writing a line that takes it two calls.
fn a_cut(dropped: &AtomicUsize) {
    let long = "x".repeat(limits::WRITE_CHUNK_BYTES + 10) + "\n";
    let mut shell = Shell::new(&Config { send_buffer: 256 * 1024, ..config() });
    shell.send(&(long.clone() + "second\n"));
    shell.cut("bye\n");
    let text = shell.finish();
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let (last, lines) = lines.split_last().unwrap();
    assert_eq!(*last, "bye\n", "the last words come last");
    let whole = [&[][..], &[long.as_str()], &[long.as_str(), "second\n"]];
    assert!(whole.contains(&lines), "a torn line, or words twice");
    dropped.fetch_add(usize::from(lines.len() < 2), Ordering::Relaxed);
}

/// The client has gone with a reset: the writer finds out.
fn a_broken_socket() {
    let mut shell = Shell::new(&config());
    SockRef::from(&shell.client).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    let (_, other) = connection(&config());
    drop(std::mem::replace(&mut shell.client, other));
    shell.send("one\n");
    shell.send("two\n");
    // Nobody reads: the other connection is only there to have one.
    shell.client.set_nonblocking(true).unwrap();
    assert_eq!(shell.finish(), "");
}

#[test]
fn lines_keep_their_order_and_nothing_is_left() {
    explore("three lines", PREEMPTIONS_MAX, || on_its_own(three_lines));
}

#[test]
fn three_lines_with_a_writer_that_keeps_the_right() {
    finds(Fault::LostMessage, "deadlock", || on_its_own(three_lines));
}

#[test]
fn the_last_words_of_a_cut_come_once_and_tear_no_line() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&dropped);
    explore("a cut", PREEMPTIONS_MAX, move || {
        let counted = Arc::clone(&counted);
        on_its_own(move || a_cut(&counted));
    });
    assert!(dropped.load(Ordering::Relaxed) > 0, "no order cut the writer short");
}

#[test]
fn a_cut_whose_words_are_not_ordered() {
    finds(Fault::RelaxedOnceLock, "a value is seen before it is made", || {
        on_its_own(|| a_cut(&AtomicUsize::new(0)))
    });
}

#[test]
fn a_broken_socket_ends_the_connection() {
    explore("a broken socket", PREEMPTIONS_MAX, || on_its_own(a_broken_socket));
}

#[test]
fn a_broken_socket_with_a_writer_that_keeps_the_right() {
    finds(Fault::LostMessage, "deadlock", || on_its_own(a_broken_socket));
}
