//! Removes telnet commands from a connection's bytes and refuses every option they ask for (RFC 854, RFC 855).
//!
//! Every option is refused, even ECHO and SUPPRESS-GO-AHEAD: a server that agrees to those receives each key as it is
//! pressed and has to edit the line itself. Each change is refused once, since two programs that answer each other's
//! answers never stop (RFC 1143). The server requests and offers nothing itself, so programs that do not speak telnet,
//! such as `nc`, never see a telnet command.

use std::time::Duration;

use super::super::clean::ordinary_prefix;
use super::line::ENDLESS_BYTES_MAX;
use crate::chat::Time;

/// "Interpret as command": the first byte of every command. Doubled, it is the data byte 255.
const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
/// Begins a subnegotiation: an option's parameters, up to IAC SE.
const SB: u8 = 250;
const ERASE_LINE: u8 = 248;
const ERASE_CHARACTER: u8 = 247;
const ARE_YOU_THERE: u8 = 246;
const ABORT_OUTPUT: u8 = 245;
const INTERRUPT_PROCESS: u8 = 244;
const BREAK: u8 = 243;
const SE: u8 = 240;
/// RFC 1184: the key for suspending a process.
const SUSPEND: u8 = 237;
/// RFC 1184: the key for end of file.
const END_OF_FILE: u8 = 236;

/// An honest client sends no more parameters of one option: its terminal's name, its window's size.
const PARAMETERS_BYTES_MAX: u16 = 4096;

/// RFC 860. Not a mode: a request for an answer once everything before it has been processed.
const TIMING_MARK: u8 = 6;

/// How many refusals a connection gets. There are about fifty options, and no honest program changes its mind so often.
const REFUSALS_MAX: u8 = 64;

/// How many timing marks and "are you there" commands are answered in [`ANSWERS_PERIOD`].
const ANSWERS_MAX: usize = 10;
const ANSWERS_PERIOD: Duration = Duration::from_secs(1);

/// More than [`ENDLESS_BYTES_MAX`] bytes of commands in this time are a flood. A limit on the total would not work: some
/// programs send a NOP twice a minute for months to keep the connection alive.
const COMMANDS_PERIOD: Duration = Duration::from_secs(10);

/// The meaning of the next few bytes.
#[derive(Debug)]
pub(super) enum TelnetEvent<'a> {
    /// A command, or part of one, that the caller can ignore.
    Nothing,
    /// Bytes of text.
    Data(&'a [u8]),
    EraseCharacter,
    EraseLine,
    /// A special key; or GNU telnet mistook this byte, in the middle of a letter, for that key.
    SpecialKey {
        mistaken_for: u8,
        erases_line: bool,
    },
    /// The other end will send no more: Ctrl-D, or the end of PuTTY's input.
    EndOfInput,
    /// The client floods the server with commands.
    TooMuch,
}

/// The telnet state of one connection.
#[derive(Debug, Default)]
pub(super) struct Telnet {
    state: State,
    /// Allocated when the first command arrives. Most terminals never send one.
    record: Option<Box<Record>>,
}

/// How to read the next byte.
#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Data,
    Command,
    /// The option of this verb: DO, DONT, WILL or WONT.
    Option(u8),
    /// Part of a subnegotiation. IAC SE ends it. If that does not come, the 255 was no command but a letter in Latin-1,
    /// and what follows must not get lost: the text goes on after some bytes, and at the end of the line at the latest.
    Parameters {
        left: u16,
    },
    /// The byte after an IAC in a subnegotiation.
    ParametersCommand {
        left: u16,
    },
}

impl State {
    /// Whether this byte is text again, because a subnegotiation has gone on for too long.
    fn parameters_end_before(self, byte: u8) -> bool {
        match self {
            State::Parameters { left } => left == 0 || matches!(byte, b'\r' | b'\n'),
            State::ParametersCommand { left } => {
                byte != SE && (left == 0 || matches!(byte, b'\r' | b'\n'))
            }
            _ => false,
        }
    }
}

impl Telnet {
    /// Takes some bytes from the front of `bytes`, or returns `None` if there are none. Appends any answer to `replies`.
    pub(super) fn step<'a>(
        &mut self,
        bytes: &mut &'a [u8],
        now: Time,
        replies: &mut Vec<u8>,
    ) -> Option<TelnetEvent<'a>> {
        let (&first, after_first) = bytes.split_first()?;
        if self.state.parameters_end_before(first) || mutant!(TelnetForgetsVerb) {
            self.state = State::Data;
        }
        let run = match self.state {
            State::Data => ordinary_prefix(bytes, |byte| byte != IAC),
            State::Parameters { left } => {
                let within = &bytes[..bytes.len().min(left.into())];
                ordinary_prefix(within, |byte| !matches!(byte, IAC | b'\r' | b'\n'))
            }
            _ => 0,
        };
        let (taken, rest) = if run > 0 { bytes.split_at(run) } else { (&bytes[..1], after_first) };
        *bytes = rest;
        if run > 0 && matches!(self.state, State::Data) {
            return Some(TelnetEvent::Data(taken));
        }

        let record = self.record.get_or_insert_default();
        if record.commands.add(taken.len(), COMMANDS_PERIOD, now) > ENDLESS_BYTES_MAX {
            return Some(TelnetEvent::TooMuch);
        }
        let mut event = TelnetEvent::Nothing;
        self.state = match self.state {
            State::Data => State::Command,
            State::Command => match first {
                SB => State::Parameters { left: PARAMETERS_BYTES_MAX },
                WILL | WONT | DO | DONT => State::Option(first),
                _ => {
                    event = record.command(taken, now, replies);
                    State::Data
                }
            },
            State::Option(verb) => {
                record.negotiate(verb, first, now, replies);
                State::Data
            }
            State::ParametersCommand { .. } if first == SE => State::Data,
            State::Parameters { left } if first == IAC => {
                State::ParametersCommand { left: left - 1 }
            }
            State::Parameters { left } => State::Parameters { left: left - taken.len() as u16 },
            State::ParametersCommand { left } => State::Parameters { left: left - 1 },
        };
        Some(event)
    }

    /// When a postponed answer is due.
    pub(super) fn answer_due(&self) -> Option<Time> {
        let record = self.record.as_ref()?;
        record.owes_timing_mark.then(|| record.answers.began + ANSWERS_PERIOD)
    }

    /// Sends a postponed answer to a timing mark, if the rate limit now allows it. After Ctrl-C, GNU telnet shows nothing
    /// until it gets its answer. If that were dropped, a person who held the key down would never see the chat again.
    pub(super) fn send_postponed_answer(&mut self, now: Time, replies: &mut Vec<u8>) {
        if let Some(record) = &mut self.record
            && record.owes_timing_mark
        {
            record.answer_timing_mark(now, replies);
        }
    }
}

/// The negotiations of a connection that speaks telnet.
#[derive(Debug, Default)]
struct Record {
    /// The refusals in force, WONT or DONT with an option: at most [`REFUSALS_MAX`].
    refused: Vec<(u8, u8)>,
    /// How many refusals have been sent in all.
    refusals: u8,
    /// Counts answers to timing marks and "are you there".
    answers: Window,
    owes_timing_mark: bool,
    /// Counts bytes of commands.
    commands: Window,
}

impl Record {
    /// Handles a command of two bytes. `code` is the slice with the second.
    fn command<'a>(&mut self, code: &'a [u8], now: Time, replies: &mut Vec<u8>) -> TelnetEvent<'a> {
        // GNU telnet compares typed bytes with its keys by seven bits only: to it 0x83, the second half of the Russian
        // `у`, is Ctrl-C; 0x8F is Ctrl-O, 0x9A Ctrl-Z and 0x9C Ctrl-\.
        let key = |mistaken_for| TelnetEvent::SpecialKey { mistaken_for, erases_line: false };
        match code {
            // A doubled IAC is data. A line end is never a command: the 255 before it was a letter in Latin-1, from a
            // program that does not speak telnet.
            [IAC | b'\r' | b'\n'] => TelnetEvent::Data(code),
            [ERASE_CHARACTER] => TelnetEvent::EraseCharacter,
            [ERASE_LINE] => TelnetEvent::EraseLine,
            // There is no process to interrupt. Ctrl-C in the middle of a line discards it.
            [INTERRUPT_PROCESS] => {
                TelnetEvent::SpecialKey { mistaken_for: 0x83, erases_line: true }
            }
            [ABORT_OUTPUT] => key(0x8F),
            [SUSPEND] => key(0x9A),
            [BREAK] => key(0x9C),
            [END_OF_FILE] => TelnetEvent::EndOfInput,
            [ARE_YOU_THERE] => {
                if self.answers.add(1, ANSWERS_PERIOD, now) <= ANSWERS_MAX {
                    replies.extend_from_slice(b"server: Yes, I am here.\r\n");
                }
                TelnetEvent::Nothing
            }
            _ => TelnetEvent::Nothing,
        }
    }

    /// Answers a request about an option.
    fn negotiate(&mut self, verb: u8, option: u8, now: Time, replies: &mut Vec<u8>) {
        if (verb, option) == (DO, TIMING_MARK) {
            return self.answer_timing_mark(now, replies);
        }
        let refusal = if matches!(verb, DO | DONT) { WONT } else { DONT };
        let is_refused = self.refused.contains(&(refusal, option));
        if matches!(verb, DONT | WONT) {
            // The option is off, as it should be, so this needs no answer. The next request for it is a change again.
            self.refused.retain(|one| *one != (refusal, option));
        } else if !is_refused && self.refusals < REFUSALS_MAX {
            self.refused.push((refusal, option));
            self.refusals += 1;
            replies.extend_from_slice(&[IAC, refusal, option]);
        }
    }

    /// Answers a timing mark, or postpones that. WONT is as good an answer as WILL (RFC 860), and agrees to nothing.
    fn answer_timing_mark(&mut self, now: Time, replies: &mut Vec<u8>) {
        self.owes_timing_mark = self.answers.add(1, ANSWERS_PERIOD, now) > ANSWERS_MAX;
        if !self.owes_timing_mark {
            replies.extend_from_slice(&[IAC, WONT, TIMING_MARK]);
        }
    }
}

/// Counts within a period of time. The first addition after its end begins a new period.
#[derive(Debug, Default)]
struct Window {
    began: Time,
    count: usize,
}

impl Window {
    /// Adds to the count and returns it.
    fn add(&mut self, amount: usize, period: Duration, now: Time) -> usize {
        if self.count == 0 || now.saturating_sub(self.began) >= period {
            *self = Window { began: now, count: 0 };
        }
        self.count += amount;
        self.count
    }
}
