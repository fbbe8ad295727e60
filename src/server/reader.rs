//! A reader: the thread that each connection has. It blocks in `read`, lets the codec make lines of the bytes, sends
//! what one read held as one event, and waits for its turn before it reads again.

mod read;

use std::mem;
use std::time::{Duration, Instant};

use super::activity::Activity;
use super::clock::Clock;
use super::connection::Connection;
use super::flood::Flood;
use super::idle::Idle;
use super::inbox::{Inbound, Inbox, InputEnd};
use super::turn::Permit;
use crate::chat::{ClientId, Input, Protocol};
use crate::config::{Config, limits};
use crate::protocol::{Decoded, Decoder};
use read::Outcome;

/// Reads one connection until it ends. Contract:
/// 1. it reads nothing before its first turn: the dispatcher knows the connection by then, so no line can overtake
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
        client: connection.id,
        end: InputEnd::Panicked,
    };
    let reader = Reader {
        connection,
        inbox: &inbox,
        clock,
        login_deadline: Instant::now() + config.login_timeout,
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
    login_deadline: Instant,
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
        let mut permit = self.wait_for_turn();
        while !permit.closing {
            let outcome = self.read(permit.admitted);
            if self.connection.turn.is_closing() {
                break;
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
                        permit = self.deliver(mem::take(&mut decoded), permit);
                    }
                    permit = self.wait_for_bytes(permit);
                }
                Outcome::EndOfInput => {
                    // The last line counts without its end: `printf 'bot\nhi' | nc` says hi.
                    self.decoder.finish(&mut decoded);
                    if !decoded.is_empty() {
                        self.deliver(decoded, permit);
                    }
                    return InputEnd::Closed;
                }
                Outcome::OutOfTime => {
                    let client = self.connection.id;
                    let event = if permit.admitted {
                        let left = self.idle.run_out();
                        Inbound::IdleTooLong { client, left }
                    } else {
                        Inbound::LoginTimedOut { client }
                    };
                    permit = self.tell(event);
                }
                Outcome::Failed => return InputEnd::Failed,
            }
        }
        self.throw_away()
    }

    /// Sends what was decoded: at once what flood control lets through, and the rest bit by bit, reading nothing
    /// meanwhile.
    fn deliver(&mut self, mut decoded: Decoded, mut permit: Permit) -> Permit {
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
                permit = self.tell(Inbound::Received {
                    client: self.connection.id,
                    decoded,
                });
            }
            if held.is_empty() || permit.closing {
                return permit;
            }
            permit = self.pause(self.flood.wait(held.len(), now), permit);
            decoded = Decoded {
                inputs: held,
                replies: Vec::new(),
            };
        }
    }

    /// Waits until so many bytes may be read again.
    fn wait_for_bytes(&mut self, permit: Permit) -> Permit {
        let now = self.clock.now();
        let wait = self.flood.wait(0, now);
        if permit.closing || wait.is_zero() {
            return permit;
        }
        if self.flood.tell(0, now).is_none() {
            return self.pause(wait, permit);
        }
        let inputs = vec![Input::HeldBack { lines: 0, wait }];
        let decoded = Decoded {
            inputs,
            replies: Vec::new(),
        };
        let permit = self.tell(Inbound::Received {
            client: self.connection.id,
            decoded,
        });
        self.pause(wait, permit)
    }

    /// Waits, but not beyond the login deadline: who is held back has no more time to give a name than others.
    fn pause(&self, wait: Duration, permit: Permit) -> Permit {
        self.connection.row.doing(Activity::HeldBack);
        let left = self.time_left(permit.admitted).unwrap_or(wait);
        let closing = self.connection.turn.pause(wait.min(left));
        if closing {
            return Permit { closing, ..permit };
        }
        if wait >= left && !permit.admitted {
            return self.tell(Inbound::LoginTimedOut {
                client: self.connection.id,
            });
        }
        permit
    }

    /// Sends one event and waits until what it caused was flushed.
    fn tell(&self, event: Inbound<'s>) -> Permit {
        self.connection.row.doing(Activity::SendingToInbox);
        // The dispatcher outlives all readers; were it gone, nobody could give a turn any more.
        if self.inbox.send(event).is_err() {
            return Permit {
                admitted: false,
                closing: true,
            };
        }
        self.wait_for_turn()
    }

    fn wait_for_turn(&self) -> Permit {
        self.connection.row.doing(Activity::WaitingForTurn);
        self.connection.turn.wait()
    }
}

/// Tells the dispatcher, when dropped, that this reader is no more.
struct LastAct<'r, 's> {
    inbox: &'r Inbox<'s>,
    client: ClientId,
    end: InputEnd,
}

impl Drop for LastAct<'_, '_> {
    fn drop(&mut self) {
        // Without a dispatcher there is nobody left to tell.
        let _ = self.inbox.send(Inbound::ReaderEnded {
            client: self.client,
            end: self.end,
        });
    }
}
