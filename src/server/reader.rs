//! A reader: the thread that each connection has. It blocks in `read`, lets the codec make lines of the bytes, waits for
//! its turn, and sends what one read held as one event.

mod read;

use std::mem;
use std::time::{Duration, Instant};

use super::clock::Clock;
use super::connection::Connection;
use super::flood::Flood;
use super::idle::Idle;
use super::inbox::{Inbound, Inbox, InputEnd};
use super::ops::activity::Activity;
use crate::chat::{Input, Protocol};
use crate::config::{Config, limits};
use crate::protocol::{Decoded, Decoder};
use read::Outcome;

/// Reads one connection until it ends. Contract:
/// 1. it sends nothing before its first turn: the dispatcher knows the connection by then, so no line can overtake
///    its sender's arrival;
/// 2. its last act is [`Inbound::ReaderEnded`], also after a panic.
pub fn run(
    connection: &Connection,
    inbox: Inbox<'_>,
    clock: Clock,
    protocol: Protocol,
    config: &Config,
) {
    // Declared first, hence dropped last: whatever happens below, the dispatcher hears of the end.
    let mut last_act = LastAct {
        inbox: &inbox,
        connection,
        end: InputEnd::Panicked,
    };
    let reader = Reader {
        connection,
        inbox: &inbox,
        clock,
        login_deadline: Some(Instant::now() + config.login_timeout),
        idle: Idle::new(config.idle_timeout),
        // On Linux a socket inherits the listener's, which has one while it keeps refused sockets.
        timeout: None,
        flood: Flood::new(config.rate_limit),
        decoder: Decoder::new(protocol, !config.anonymous),
        // Small until reads fill it: most people type, few paste.
        buffer: vec![0; limits::READ_BUFFER_BYTES_MIN],
    };
    last_act.end = reader.run();
}

struct Reader<'r, 's> {
    connection: &'r Connection,
    inbox: &'r Inbox<'s>,
    clock: Clock,
    /// By when a name has to be given; none once the dispatcher has been told that it was not.
    login_deadline: Option<Instant>,
    idle: Idle,
    /// The socket's read timeout, as soon as it is known. Setting one is a system call, so it is done only where it
    /// changes.
    timeout: Option<Option<Duration>>,
    flood: Flood,
    decoder: Decoder,
    buffer: Vec<u8>,
}

impl<'s> Reader<'_, 's> {
    fn run(mut self) -> InputEnd {
        let mut decoded = Decoded::default();
        loop {
            let outcome = self.read();
            if self.connection.turn.look().closing {
                return self.throw_away();
            }
            match outcome {
                Outcome::Bytes(count) => {
                    let now = self.clock.now();
                    self.flood.count_bytes(count, now);
                    self.decoder.feed(&self.buffer[..count], now, &mut decoded);
                    if count == self.buffer.len() && count < limits::READ_BUFFER_BYTES_MAX {
                        self.buffer.resize(2 * count, 0);
                    }
                    // Half a line, or only the middle of a telnet command: nobody has to hear of it.
                    if !decoded.is_empty() {
                        self.deliver(mem::take(&mut decoded));
                    }
                    self.wait_for_bytes();
                }
                Outcome::EndOfInput => {
                    // The last line counts without its end: `printf 'bot\nhi' | nc` says hi.
                    self.decoder.finish(&mut decoded);
                    if !decoded.is_empty() {
                        self.deliver(decoded);
                    }
                    return InputEnd::Closed;
                }
                Outcome::TooLateToLogIn => self.tell_login_timed_out(),
                Outcome::IdleTooLong => {
                    let left = self.idle.run_out();
                    let client = self.connection.id;
                    self.tell(Inbound::IdleTooLong { client, left });
                }
                Outcome::Failed => return InputEnd::Failed,
            }
        }
    }

    /// Sends what was decoded: at once what flood control lets through, and the rest bit by bit, reading nothing
    /// meanwhile.
    fn deliver(&mut self, mut decoded: Decoded) {
        loop {
            let now = self.clock.now();
            let allowed = self.flood.take_lines(decoded.inputs.len(), now);
            let held = decoded.inputs.split_off(allowed);
            if !held.is_empty()
                && let Some(wait) = self.flood.tell(held.len(), now)
            {
                let lines = held.len();
                decoded.inputs.push(Input::HeldBack { lines, wait });
            }
            if !decoded.is_empty() {
                self.tell(Inbound::Received {
                    client: self.connection.id,
                    decoded,
                });
            }
            if held.is_empty() || self.connection.turn.look().closing {
                return;
            }
            self.pause(self.flood.wait(held.len(), now));
            decoded = Decoded {
                inputs: held,
                replies: Vec::new(),
            };
        }
    }

    /// Waits until so many bytes may be read again.
    fn wait_for_bytes(&mut self) {
        let now = self.clock.now();
        let wait = self.flood.wait(0, now);
        if wait.is_zero() {
            return;
        }
        if self.flood.tell(0, now).is_some() {
            let inputs = vec![Input::HeldBack { lines: 0, wait }];
            let decoded = Decoded {
                inputs,
                replies: Vec::new(),
            };
            self.tell(Inbound::Received {
                client: self.connection.id,
                decoded,
            });
        }
        self.pause(wait);
    }

    /// Waits, but not beyond the login deadline: who is held back has no more time to give a name than others.
    fn pause(&mut self, wait: Duration) {
        self.connection.row.doing(Activity::HeldBack);
        let left = self.time_to_log_in().unwrap_or(wait);
        let closing = self.connection.turn.pause(wait.min(left));
        if !closing && self.time_to_log_in().is_some_and(|left| left.is_zero()) {
            self.tell_login_timed_out();
        }
    }

    /// Tells it once. Whether it is so is for the Hub to say: a name may be on its way.
    fn tell_login_timed_out(&mut self) {
        self.login_deadline = None;
        self.tell(Inbound::LoginTimedOut {
            client: self.connection.id,
        });
    }

    /// Sends one event, as soon as what the last one caused was flushed; none where the connection is closing.
    fn tell(&self, event: Inbound<'s>) {
        self.connection.row.doing(Activity::WaitingForTurn);
        if self.connection.turn.wait().closing {
            return;
        }
        self.connection.row.doing(Activity::SendingToInbox);
        if self.inbox.send(event).is_err() {
            // The dispatcher outlives all readers; were it gone, nobody could give a turn any more.
            self.connection.turn.close();
        }
    }
}

/// Tells the dispatcher, when dropped, that this reader is no more.
struct LastAct<'r, 's> {
    inbox: &'r Inbox<'s>,
    connection: &'r Connection,
    end: InputEnd,
}

impl Drop for LastAct<'_, '_> {
    fn drop(&mut self) {
        // An event like any other: who comes and goes within a moment must have come first.
        self.connection.turn.wait();
        // Without a dispatcher there is nobody left to tell.
        let _ = self.inbox.send(Inbound::ReaderEnded {
            client: self.connection.id,
            end: self.end,
        });
    }
}
