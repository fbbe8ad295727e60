//! Step 1 of the path of a message: the reader, the one thread that every connection has.
//!
//! It blocks in `read`, lets the codec decode the bytes, waits for its turn, and sends the inputs of that read to the
//! dispatcher as one event. Its turn comes back when everything that its last event caused has been sent or handed over to
//! writers. So each connection has at most one event in flight: the inbox is bounded, a flood starves nobody, and a client
//! that sends too fast is slowed down by TCP, because its reader stops reading.
//!
//! Five helpers need not be read yet:
//! - [`Turn`](super::turn::Turn), the permission to send. `wait` blocks until the dispatcher gives the turn, and returns
//!   immediately if the connection is closing. `look` reads its state without waiting.
//! - [`Flood`], which says how many lines may pass now.
//! - [`Idle`], which says how long the client may be silent.
//! - [`Decoder`], which turns bytes into inputs however the reads split them.
//! - [`Inbound::pass`], which writes the time on a line whose sender follows it in the glass view.

use std::io::{self, ErrorKind};
use std::mem;
use std::time::Duration;

use super::Activity;
use super::clock::Clock;
use super::connection::Connection;
use super::flood::Flood;
use super::idle::Idle;
use super::inbox::{Inbound, Inbox, InputEnd};
use super::socket::Socket;
use crate::chat::{Input, Station, Time};
use crate::config::{Config, limits};
use crate::protocol::{Decoded, Decoder};

/// Reads one connection until it ends. Contract:
/// 1. it sends nothing before its first turn: the listener reports a connection after it has spawned the reader, and the
///    dispatcher gives the turn when it has taken that report. So no line overtakes the arrival of its sender;
/// 2. its last act is [`Inbound::ReaderEnded`], also after a panic, which ends this thread and no other.
pub fn run<S: Socket>(
    connection: &Connection<S>,
    inbox: Inbox<'_, S>,
    clock: &Clock,
    decoder: Decoder,
    login_deadline: Time,
    config: &Config,
) {
    // Declared first, so dropped last.
    let mut last_act = LastAct { inbox: &inbox, connection, end: InputEnd::Panicked };
    let reader = Reader {
        connection,
        inbox: &inbox,
        clock,
        login_deadline: Some(login_deadline),
        idle: Idle::new(config.idle_timeout),
        read_timeout: None,
        flood: Flood::new(config.rate_limit),
        decoder,
        // Small until reads fill it: most people type, few paste.
        buffer: vec![0; limits::READ_BUFFER_BYTES_MIN],
    };
    last_act.end = reader.run();
}

struct Reader<'r, 's, S> {
    connection: &'r Connection<S>,
    inbox: &'r Inbox<'s, S>,
    clock: &'r Clock,
    /// When the client must have a name; `None` once the dispatcher has been told that it was late.
    login_deadline: Option<Time>,
    idle: Idle,
    /// The socket's read timeout, as far as it is known: setting one is a system call. An accepted socket inherits that
    /// of the listener.
    read_timeout: Option<Option<Duration>>,
    flood: Flood,
    decoder: Decoder,
    buffer: Vec<u8>,
}

/// How a blocking read went.
enum Outcome {
    Bytes(usize),
    /// The decoder has postponed an answer until now.
    AnswerDue,
    EndOfInput,
    LoginTimedOut,
    IdleTooLong,
    Failed,
}

impl<'s, S: Socket> Reader<'_, 's, S> {
    fn run(mut self) -> InputEnd {
        loop {
            let outcome = self.read();
            if self.connection.turn.look().closing {
                return self.discard_input();
            }
            match outcome {
                Outcome::Bytes(count) => {
                    let now = self.clock.now();
                    self.flood.count_bytes(count, now);
                    self.decode(count, now);
                    if self.flood.has_given_up() {
                        return InputEnd::Failed;
                    }
                    if count == self.buffer.len() && count < limits::READ_BUFFER_BYTES_MAX {
                        self.buffer.resize(2 * count, 0);
                    }
                    self.wait_for_byte_limit();
                }
                Outcome::AnswerDue => self.decode(0, self.clock.now()),
                Outcome::EndOfInput => {
                    // The last line counts without its end: `printf 'bot\nhi' | nc` says hi.
                    let mut decoded = Decoded::default();
                    self.decoder.finish(&mut decoded);
                    self.forward(decoded);
                    return InputEnd::Closed;
                }
                Outcome::LoginTimedOut => self.report_login_timeout(),
                Outcome::IdleTooLong => {
                    let (client, left) = (self.connection.id, self.idle.run_out());
                    self.send(Inbound::IdleTooLong { client, left });
                }
                Outcome::Failed => return InputEnd::Failed,
            }
        }
    }

    /// Blocks in `read` for as long as this client may be silent. Until it has a name that ends at the login deadline,
    /// which is absolute: a byte every few seconds does not move it. Afterwards it ends after the idle time, which starts
    /// with each read: time spent in flood control or waiting for a turn does not count as silence.
    fn read(&mut self) -> Outcome {
        let socket = self.connection.socket();
        self.connection.row.doing(Activity::Reading);
        let began = self.clock.now();
        let mut waited = Duration::ZERO;
        loop {
            // A reader is not woken when its client gets a name, so these are computed anew after each timeout.
            let login = self.time_to_log_in();
            let idle = self.idle.patience().map(|time| time.saturating_sub(waited));
            let answer = self.decoder.answer_due().map(|due| due.saturating_sub(self.clock.now()));
            match (login, idle, answer) {
                (Some(Duration::ZERO), ..) => return Outcome::LoginTimedOut,
                (None, Some(Duration::ZERO), _) => return Outcome::IdleTooLong,
                (.., Some(Duration::ZERO)) => return Outcome::AnswerDue,
                _ => {}
            }
            // A time that is zero here does not apply yet, such as the idle time of a client without a name.
            let times = [login, idle, answer].into_iter().flatten().filter(|left| !left.is_zero());
            if self.set_read_timeout(times.min()).is_err() {
                return Outcome::Failed;
            }
            match socket.read(&mut self.buffer) {
                // Another thread may have been told of the error.
                Ok(0) if self.connection.is_lost() => return Outcome::Failed,
                Ok(0) => return Outcome::EndOfInput,
                Ok(count) => {
                    self.idle.hears();
                    self.connection.row.count_in(count);
                    return Outcome::Bytes(count);
                }
                // The time is over, or a signal interrupted the read. The clock says how much of it counts.
                // (`TimedOut` would mean that the other machine is gone.)
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(_) => return Outcome::Failed,
            }
            waited = self.clock.now().saturating_sub(began);
        }
    }

    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        if self.read_timeout != Some(timeout) {
            self.connection.socket().set_read_timeout(timeout)?;
            self.read_timeout = Some(timeout);
        }
        Ok(())
    }

    /// The time that is left until the login deadline; `None` for a client that has joined.
    fn time_to_log_in(&self) -> Option<Duration> {
        let deadline = self.login_deadline?;
        let admitted = self.connection.turn.look().admitted;
        (!admitted).then(|| deadline.saturating_sub(self.clock.now()))
    }

    /// Decodes the bytes of a read and forwards them, in parts: while flood control holds lines back, those behind them wait
    /// as bytes, which take a hundredth of the memory.
    fn decode(&mut self, count: usize, now: Time) {
        let (mut decoded, mut at) = (Decoded::default(), 0);
        loop {
            let end = count.min(at + limits::DECODED_BYTES_MAX);
            self.decoder.feed(&self.buffer[at..end], now, &mut decoded);
            at = end;
            if at == count || decoded.inputs.len() >= limits::DECODED_INPUTS_MAX {
                self.forward(mem::take(&mut decoded));
            }
            if at == count || self.flood.has_given_up() {
                return;
            }
        }
    }

    /// Sends what was decoded: at once the lines that flood control lets through, the rest bit by bit, reading nothing
    /// meanwhile. Half a line, or a part of a telnet command, produces nothing to send.
    fn forward(&mut self, mut decoded: Decoded) {
        while !decoded.is_empty() {
            let now = self.clock.now();
            let held = decoded.inputs.split_off(self.flood.take_lines(decoded.inputs.len(), now));
            if !held.is_empty()
                && let Some(wait) = self.flood.report(held.len(), now)
            {
                decoded.inputs.push(Input::HeldBack { lines: held.len(), wait });
            }
            if !decoded.is_empty() {
                self.send(Inbound::Received { client: self.connection.id, decoded });
            }
            if held.is_empty() || self.connection.turn.look().closing {
                return;
            }
            self.pause(self.flood.wait(held.len(), now));
            if self.connection.is_lost() && self.flood.gives_up(self.clock.now()) {
                tracing::info!(client = %self.connection.id, lines = held.len(), "lost before its lines passed flood control");
                return;
            }
            decoded = Decoded { inputs: held, replies: Vec::new() };
        }
    }

    /// Waits until flood control allows more bytes to be read.
    fn wait_for_byte_limit(&mut self) {
        let now = self.clock.now();
        let wait = self.flood.wait(0, now);
        if wait.is_zero() {
            return;
        }
        if self.flood.report(0, now).is_some() {
            let inputs = vec![Input::HeldBack { lines: 0, wait }];
            let decoded = Decoded { inputs, replies: Vec::new() };
            self.send(Inbound::Received { client: self.connection.id, decoded });
        }
        self.pause(wait);
    }

    /// Waits, but not beyond the login deadline: flood control gives nobody more time to choose a name.
    fn pause(&mut self, wait: Duration) {
        self.connection.row.doing(Activity::HeldBack);
        let left = self.time_to_log_in().unwrap_or(wait);
        let closing = self.connection.turn.pause(wait.min(left), self.clock);
        if !closing && self.time_to_log_in().is_some_and(|left| left.is_zero()) {
            self.report_login_timeout();
        }
    }

    /// Reports it once. The Hub decides: a name may be on its way.
    fn report_login_timeout(&mut self) {
        self.login_deadline = None;
        self.send(Inbound::LoginTimedOut { client: self.connection.id });
    }

    /// Waits for the turn and sends one event; sends nothing on a connection that is closing. A full inbox blocks the sender
    /// until the dispatcher has taken an event.
    fn send(&self, mut event: Inbound<'s, S>) {
        event.pass(Station::Ready, self.clock);
        self.connection.row.doing(Activity::WaitingForTurn);
        if self.connection.wait_for_turn().closing {
            return;
        }
        event.pass(Station::Sent, self.clock);
        self.connection.row.doing(Activity::SendingToInbox);
        if self.inbox.send(event).is_err() {
            // The dispatcher outlives all readers. Without it, nobody could give a turn.
            self.connection.turn.close();
        }
    }

    /// Reads on for a while and discards the input: closing a socket with unread input sends a reset, which can destroy
    /// the last line on its way to the client. The dispatcher ends this after [`limits::LINGER_TIME`] by shutting the
    /// socket down.
    fn discard_input(&mut self) -> InputEnd {
        let socket = self.connection.socket();
        self.connection.row.doing(Activity::ThrowingAway);
        let _ = socket.set_read_timeout(None);
        let mut left = limits::LINGER_BYTES_MAX;
        while left > 0 {
            match socket.read(&mut self.buffer) {
                Ok(0) => return InputEnd::Closed,
                Ok(count) => left = left.saturating_sub(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return InputEnd::Failed,
            }
        }
        InputEnd::LeftUnread
    }
}

/// Reports the end of this reader when it is dropped.
struct LastAct<'r, 's, S> {
    inbox: &'r Inbox<'s, S>,
    connection: &'r Connection<S>,
    end: InputEnd,
}

impl<S> Drop for LastAct<'_, '_, S> {
    fn drop(&mut self) {
        // It needs a turn like any other event: a client's arrival must come before its end.
        self.connection.turn.wait();
        // Without a dispatcher there is nobody to tell.
        let _ = self.inbox.send(Inbound::ReaderEnded { client: self.connection.id, end: self.end });
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    //! A reader with a real socket; the test plays the dispatcher.

    use std::io::Write;
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::sync::Arc;
    use std::thread;
    use std::time::Instant;

    use crossbeam_channel::Receiver;
    use socket2::SockRef;

    use super::*;
    use crate::chat::{ClientId, Protocol};
    use crate::config::RateLimit;
    use crate::server::ops::threads::ThreadTable;

    /// How long a test waits for an event before it fails.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// The client and the dispatcher's side of a connection whose reader runs.
    struct Reading<'a> {
        client: TcpStream,
        connection: Arc<Connection>,
        clock: &'a Clock,
        events: Receiver<Inbound<'a>>,
    }

    impl<'a> Reading<'a> {
        fn event(&self) -> Inbound<'a> {
            let end = Instant::now() + PATIENCE;
            loop {
                self.clock.tick();
                if let Ok(event) = self.events.recv_timeout(limits::TICK_EVERY / 10) {
                    return event;
                }
                assert!(Instant::now() < end, "no event in time");
            }
        }

        /// Gives the turn; the next event is a report of silence.
        fn idles(&self) -> Option<Duration> {
            self.connection.turn.give(true);
            let Inbound::IdleTooLong { left, .. } = self.event() else {
                panic!("something else happened");
            };
            left
        }

        /// Gives the turn and sends a line; it is the next event.
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
        let connection = Connection::new(ClientId(1), address, socket, config, row).unwrap();
        let connection = Arc::new(connection);
        let (inbox, events) = crossbeam_channel::bounded(1);
        let clock = &Clock::new();
        thread::scope(|scope| {
            let theirs = Arc::clone(&connection);
            let decoder = Decoder::new(Protocol::Plain, true);
            let deadline = clock.now() + config.login_timeout;
            let reader = scope.spawn(move || run(&theirs, inbox, clock, decoder, deadline, config));
            connection.turn.belongs_to(reader.thread().clone());
            let _ends = Ends(&connection);
            conversation(Reading { client, connection: Arc::clone(&connection), clock, events });
        });
    }

    /// Ends the reader when it is dropped, by a failed assertion too.
    struct Ends<'a>(&'a Connection);

    impl Drop for Ends<'_> {
        fn drop(&mut self) {
            self.0.turn.close();
            self.0.shut_down();
        }
    }

    fn idle_after(timeout: Duration) -> Config {
        Config { idle_timeout: Some(timeout), ..Config::default() }
    }

    #[test]
    fn silence_is_reported_twice_and_a_byte_restarts_the_time() {
        let timeout = Duration::from_millis(200);
        with_reader(&idle_after(timeout), |mut reading| {
            let began = Instant::now();
            assert_eq!(reading.idles(), Some(timeout / 2));
            assert!(began.elapsed() >= timeout / 2);
            assert_eq!(reading.idles(), None);
            assert!(began.elapsed() >= timeout);
            // The connection was not ended, so the time restarts.
            assert_eq!(reading.idles(), Some(timeout / 2));
            // Half a line is no event, but it restarts the time.
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

    /// Each input takes 144 bytes, and flood control may hold it back for an hour.
    #[test]
    fn a_read_of_empty_lines_is_decoded_in_parts() {
        const LINES: usize = limits::READ_BUFFER_BYTES_MAX;
        let config = Config { rate_limit: RateLimit::Off, ..Config::default() };
        with_reader(&config, |mut reading| {
            // Longer lines first, so that one read has room for all of it.
            for length in [1, 2, 4, 8, 16] {
                reading.client.write_all(&[b'x'; 1024].repeat(length)).unwrap();
            }
            reading.client.write_all(b"\n").unwrap();
            let mut lines = 0;
            let mut sent = false;
            while lines < LINES {
                reading.connection.turn.give(true);
                let Inbound::Received { decoded, .. } = reading.event() else {
                    panic!("something else happened");
                };
                let count = decoded.inputs.len();
                assert!(count < limits::DECODED_INPUTS_MAX + limits::DECODED_BYTES_MAX, "{count}");
                if std::mem::replace(&mut sent, true) {
                    lines += count;
                } else {
                    reading.client.write_all(&[b'\n'; LINES]).unwrap();
                }
            }
            assert_eq!(lines, LINES);
        });
    }

    #[test]
    fn a_lost_connection_is_no_end_of_input() {
        with_reader(&Config::default(), |mut reading| {
            reading.hears_a_line();
            reading.client.write_all(b"another line\nhalf a li").unwrap();
            let Reading { client, connection, events, .. } = reading;
            let until = |what: &str, holds: &dyn Fn() -> bool| {
                let end = Instant::now() + PATIENCE;
                while !holds() {
                    assert!(Instant::now() < end, "waited in vain until {what}");
                    thread::yield_now();
                }
            };
            // Until it has its turn the reader does not read, so another thread is told of the reset.
            until("the reader waits", &|| connection.row.to_string().contains("its turn"));
            SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
            drop(client);
            until("the reset has come", &|| connection.socket().take_error().unwrap().is_some());
            let inputs = |event| match event {
                Inbound::Received { decoded, .. } => decoded.inputs.len(),
                _ => panic!("something else happened"),
            };
            connection.turn.give(true);
            assert_eq!(inputs(events.recv_timeout(PATIENCE).unwrap()), 1);
            connection.turn.give(true);
            // Half a line is not said: nobody ended it.
            match events.recv_timeout(PATIENCE).unwrap() {
                Inbound::ReaderEnded { end, .. } => assert_eq!(end, InputEnd::Failed),
                other => panic!("{} inputs", inputs(other)),
            }
        });
    }

    #[test]
    fn the_read_timeout_is_set_only_when_it_changes() {
        with_reader(&idle_after(Duration::from_secs(3600)), |mut reading| {
            let connection = Arc::clone(&reading.connection);
            let timeout = || connection.socket().read_timeout().unwrap();
            // After the first line the reader knows that the client has joined; the second read waits accordingly.
            reading.hears_a_line();
            reading.hears_a_line();
            assert_eq!(timeout(), Some(Duration::from_secs(3570)));
            // A value set behind the reader's back stays.
            let other = Some(Duration::from_secs(99));
            connection.socket().set_read_timeout(other).unwrap();
            for _ in 0..3 {
                reading.hears_a_line();
            }
            assert_eq!(timeout(), other);
        });
    }
}
