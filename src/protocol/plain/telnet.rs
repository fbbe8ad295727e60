//! Takes telnet's commands out of a connection's bytes and refuses whatever they ask for (RFC 854, RFC 855).
//!
//! Every option is refused, even ECHO and SUPPRESS-GO-AHEAD: whoever agrees to those is sent each key as it is pressed
//! and has to be the person's line editor. A refusal is sent once for each change: two programs that answer each
//! answer never stop (RFC 1143 is about that). And nothing is ever asked or offered here, so that programs which do
//! not speak telnet, such as `nc`, never see a byte of it.

use std::time::Duration;

use crate::chat::Time;
use crate::protocol::{ENDLESS_BYTES_MAX, ordinary_prefix};

/// "Interpret as command": the byte every command begins with. Doubled, it is the data byte 255.
const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
/// Begins a subnegotiation: parameters of an option, up to IAC SE.
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

/// RFC 860. An option that is never on: it asks to be told when all that was sent before it has been processed.
const TIMING_MARK: u8 = 6;

/// How many refusals a connection gets. There are about fifty options; no honest program changes its mind so often.
const REFUSALS_MAX: u8 = 64;

/// How many timing marks and "are you there" are answered in [`ANSWERS_PERIOD`].
const ANSWERS_MAX: usize = 10;
const ANSWERS_PERIOD: Duration = Duration::from_secs(1);

/// More than [`ENDLESS_BYTES_MAX`] bytes of commands in this time are a flood. Fewer are forgiven, since a program that
/// sends a NOP twice a minute to keep the connection alive may do so for months.
const COMMANDS_PERIOD: Duration = Duration::from_secs(10);

/// What the next few bytes came to.
#[derive(Debug)]
pub(super) enum Heard<'a> {
    /// A command, or part of one, that is of no further concern.
    Nothing,
    /// Bytes of the conversation.
    Data(&'a [u8]),
    /// The last letter of the line is to be erased.
    EraseCharacter,
    /// The line is to be erased.
    EraseLine,
    /// A special key was pressed, or GNU telnet took this byte, in the middle of a letter, for one.
    SpecialKey {
        /// The byte that GNU telnet takes for this key.
        mistaken_for: u8,
        /// Whether the key, if it was one, erases the line.
        erases_line: bool,
    },
    /// Nothing more will be said: Ctrl-D, or the end of what PuTTY was given to send.
    EndOfInput,
    /// So many commands, or such a long one, that nobody can mean them.
    TooMuch,
}

/// Telnet's side of one connection.
#[derive(Debug, Default)]
pub(super) struct Telnet {
    state: State,
    /// Made when the first command arrives. Most people's terminals never send one.
    record: Option<Box<Record>>,
}

/// What the bytes until now make of the next one.
#[derive(Debug, Default, Clone, Copy)]
enum State {
    /// It is data.
    #[default]
    Data,
    /// It is a command.
    Command,
    /// It is the option of this verb: DO, DONT, WILL or WONT.
    Option(u8),
    /// It belongs to a subnegotiation.
    Parameters,
    /// It follows an IAC in a subnegotiation. Only SE ends that; a byte with SE's value alone is a parameter.
    ParametersCommand,
}

impl Telnet {
    /// Takes some bytes from the front of `bytes`, and appends what is to be answered to `replies`; `None` when there
    /// are no bytes.
    pub(super) fn step<'a>(
        &mut self,
        bytes: &mut &'a [u8],
        now: Time,
        replies: &mut Vec<u8>,
    ) -> Option<Heard<'a>> {
        let (&first, after_first) = bytes.split_first()?;
        let run = match self.state {
            State::Data | State::Parameters => ordinary_prefix(bytes, |byte| byte != IAC),
            _ => 0,
        };
        let (taken, rest) = if run > 0 {
            bytes.split_at(run)
        } else {
            (&bytes[..1], after_first)
        };
        *bytes = rest;
        if run > 0 && matches!(self.state, State::Data) {
            return Some(Heard::Data(taken));
        }

        let record = self.record.get_or_insert_default();
        if record.commands.add(taken.len(), COMMANDS_PERIOD, now) > ENDLESS_BYTES_MAX {
            return Some(Heard::TooMuch);
        }
        let mut heard = Heard::Nothing;
        self.state = match self.state {
            State::Data => State::Command,
            State::Command => match first {
                SB => State::Parameters,
                WILL | WONT | DO | DONT => State::Option(first),
                _ => {
                    heard = record.command(taken, now, replies);
                    State::Data
                }
            },
            State::Option(verb) => {
                record.negotiate(verb, first, now, replies);
                State::Data
            }
            State::Parameters if first == IAC => State::ParametersCommand,
            State::ParametersCommand if first == SE => State::Data,
            State::Parameters | State::ParametersCommand => State::Parameters,
        };
        Some(heard)
    }

    /// When an answer is owed, if one is.
    pub(super) fn debt_due(&self) -> Option<Time> {
        let record = self.record.as_ref()?;
        record
            .owes_timing_mark
            .then(|| record.answers.began + ANSWERS_PERIOD)
    }

    /// Sends the answer to a timing mark that came when there had been too many. GNU telnet shows nothing from Ctrl-C
    /// until it hears that answer; so whoever held the key down would see no more of the chat if it were just dropped.
    pub(super) fn pay_debt(&mut self, now: Time, replies: &mut Vec<u8>) {
        if let Some(record) = &mut self.record
            && record.owes_timing_mark
        {
            record.answer_timing_mark(now, replies);
        }
    }
}

/// What has to be remembered of a connection that speaks telnet.
#[derive(Debug, Default)]
struct Record {
    /// What the other end wants to do and we have forbidden: WILL, answered with DONT.
    forbidden: OptionSet,
    /// What the other end wants us to do and we have declined: DO, answered with WONT.
    declined: OptionSet,
    /// How many refusals have been sent in all.
    refusals: u8,
    /// Timing marks and "are you there".
    answers: Window,
    /// Whether the last timing mark has not been answered.
    owes_timing_mark: bool,
    /// Bytes of commands.
    commands: Window,
}

impl Record {
    /// A command of two bytes, of which `code` holds the second.
    fn command<'a>(&mut self, code: &'a [u8], now: Time, replies: &mut Vec<u8>) -> Heard<'a> {
        match code {
            // The other end doubled an IAC that is data, as it must. Nor is a line end ever a command: before it, 255
            // was a letter of somebody who does not speak telnet, and sends Latin-1.
            [IAC | b'\r' | b'\n'] => Heard::Data(code),
            [ERASE_CHARACTER] => Heard::EraseCharacter,
            [ERASE_LINE] => Heard::EraseLine,
            // GNU telnet compares what is typed with its keys by seven bits only. So 0x83, the second half of the
            // Russian `у`, is Ctrl-C to it; 0x8F is Ctrl-O, 0x9A Ctrl-Z and 0x9C Ctrl-\.
            // There is no process to interrupt. Who presses Ctrl-C in the middle of a line does not want to say it.
            [INTERRUPT_PROCESS] => Heard::SpecialKey {
                mistaken_for: 0x83,
                erases_line: true,
            },
            [ABORT_OUTPUT] => Heard::SpecialKey {
                mistaken_for: 0x8F,
                erases_line: false,
            },
            [SUSPEND] => Heard::SpecialKey {
                mistaken_for: 0x9A,
                erases_line: false,
            },
            [BREAK] => Heard::SpecialKey {
                mistaken_for: 0x9C,
                erases_line: false,
            },
            [END_OF_FILE] => Heard::EndOfInput,
            [ARE_YOU_THERE] => {
                if self.answers.add(1, ANSWERS_PERIOD, now) <= ANSWERS_MAX {
                    replies.extend_from_slice(b"server: Yes, I am here.\r\n");
                }
                Heard::Nothing
            }
            _ => Heard::Nothing,
        }
    }

    /// A wish about an option.
    fn negotiate(&mut self, verb: u8, option: u8, now: Time, replies: &mut Vec<u8>) {
        let (refused, refusal) = match verb {
            DO if option == TIMING_MARK => return self.answer_timing_mark(now, replies),
            // It says that an option stays off, or goes off, which is what we want anyway: nothing to answer. The next
            // wish to have it on is a change again.
            DONT => return self.declined.remove(option),
            WONT => return self.forbidden.remove(option),
            DO => (&mut self.declined, WONT),
            _ => (&mut self.forbidden, DONT),
        };
        if self.refusals < REFUSALS_MAX && refused.insert(option) {
            self.refusals += 1;
            replies.extend_from_slice(&[IAC, refusal, option]);
        }
    }

    /// WONT is an answer as good as WILL (RFC 860), and the only one whose meaning is the same in both directions.
    fn answer_timing_mark(&mut self, now: Time, replies: &mut Vec<u8>) {
        self.owes_timing_mark = self.answers.add(1, ANSWERS_PERIOD, now) > ANSWERS_MAX;
        if !self.owes_timing_mark {
            replies.extend_from_slice(&[IAC, WONT, TIMING_MARK]);
        }
    }
}

/// A set of options, of which there can be 256.
#[derive(Debug, Default)]
struct OptionSet([u64; 4]);

impl OptionSet {
    /// Whether it was not there before.
    fn insert(&mut self, option: u8) -> bool {
        let (word, bit) = Self::place(option);
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }

    fn remove(&mut self, option: u8) {
        let (word, bit) = Self::place(option);
        self.0[word] &= !bit;
    }

    fn place(option: u8) -> (usize, u64) {
        (usize::from(option / 64), 1 << (option % 64))
    }
}

/// Counts what happens within a period of time, and begins anew with the first thing that happens after it.
#[derive(Debug, Default)]
struct Window {
    began: Time,
    count: usize,
}

impl Window {
    /// Adds to the count, and returns it.
    fn add(&mut self, amount: usize, period: Duration, now: Time) -> usize {
        if self.count == 0 || now.saturating_sub(self.began) >= period {
            *self = Window {
                began: now,
                count: 0,
            };
        }
        self.count += amount;
        self.count
    }
}
