//! One blocking read, in all the ways in which it can end.

use std::io::{self, ErrorKind, Read};
use std::time::{Duration, Instant};

use super::Reader;
use crate::config::limits;
use crate::server::inbox::InputEnd;
use crate::server::ops::activity::Activity;

/// How one read went.
pub(super) enum Outcome {
    /// So many bytes; none where the decoder owes an answer.
    Bytes(usize),
    EndOfInput,
    /// None until the login deadline.
    TooLateToLogIn,
    /// None for as long as somebody with a name may be silent.
    IdleTooLong,
    Failed,
}

impl Reader<'_, '_> {
    /// One blocking read, for as long as this client may take. Before the name is given it ends with the login deadline,
    /// which is absolute: a byte every few seconds does not put it off. Afterwards it ends when nothing has come for the
    /// idle time, which each read begins anew: what is spent elsewhere, held back or waiting for a turn, does not count.
    pub(super) fn read(&mut self) -> Outcome {
        let mut socket = self.connection.socket();
        self.connection.row.doing(Activity::Reading);
        let began = Instant::now();
        let mut waited = Duration::ZERO;
        loop {
            // Looked at each time: the name may have been taken while this read waited, and nobody wakes it for that. So
            // until it is known to be, the read ends with whichever comes first: who says nothing after the name wakes
            // once at the login deadline, for nothing.
            let login = self.time_to_log_in();
            let idle = self.idle.patience().map(|time| time.saturating_sub(waited));
            match (login, idle) {
                (Some(Duration::ZERO), _) => return Outcome::TooLateToLogIn,
                (None, Some(Duration::ZERO)) => return Outcome::IdleTooLong,
                _ => {}
            }
            let answer = self
                .decoder
                .answer_due()
                .map(|due| due.saturating_sub(self.clock.now()));
            if answer.is_some_and(|left| left.is_zero()) {
                return Outcome::Bytes(0);
            }
            let times = [login, idle, answer].into_iter().flatten();
            if self
                .set_timeout(times.filter(|left| !left.is_zero()).min())
                .is_err()
            {
                return Outcome::Failed;
            }
            match socket.read(&mut self.buffer) {
                Ok(0) => return Outcome::EndOfInput,
                Ok(count) => {
                    self.idle.heard();
                    self.connection.row.count_in(count);
                    return Outcome::Bytes(count);
                }
                // A timeout: the loop looks at the clock again.
                Err(error) if is_timeout(&error) => {}
                // A signal interrupts a read that has a timeout. It is no error: go on with the time that is left.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Outcome::Failed,
            }
            waited = began.elapsed();
        }
    }

    fn set_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        if self.timeout != Some(timeout) {
            self.connection.socket().set_read_timeout(timeout)?;
            self.timeout = Some(timeout);
        }
        Ok(())
    }

    /// How much of the login deadline is left; none for whoever is in the chat, as far as the dispatcher has told.
    pub(super) fn time_to_log_in(&self) -> Option<Duration> {
        let deadline = self.login_deadline?;
        let admitted = self.connection.turn.look().admitted;
        (!admitted).then(|| deadline.saturating_duration_since(Instant::now()))
    }

    /// Reads on for a while and throws it away. Closing a socket with unread
    /// input sends a reset, and a reset can destroy the last line on its way to the client. The dispatcher ends this
    /// after [`limits::LINGER_TIME`] by shutting the socket down.
    pub(super) fn throw_away(&mut self) -> InputEnd {
        let mut socket = self.connection.socket();
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

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    //! A reader with a real socket, and the test in the dispatcher's place.

    use std::io::Write;
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::sync::Arc;
    use std::thread;

    use crossbeam_channel::Receiver;

    use super::*;
    use crate::chat::{ClientId, Protocol};
    use crate::config::Config;
    use crate::server::clock::Clock;
    use crate::server::connection::Connection;
    use crate::server::inbox::Inbound;
    use crate::server::ops::threads::ThreadTable;
    use crate::server::reader::run;

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
            // After the first line the reader knows that the client is in the chat; the second read waits accordingly.
            reading.hears_a_line();
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
}
