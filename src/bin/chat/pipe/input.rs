//! The input thread of a pipe. It reads a line only when it gets its turn, so a large file is read no faster than the
//! server accepts the lines, and unread lines take no memory.

use std::io::BufRead;

use crossbeam_channel::{Receiver, Sender};

use crate::charset::Charset;
use crate::client::Event;
use crate::lines::{LINE_BYTES_MAX, Taken, take_line};
use crate::socket::words;

/// Reads lines up to the end, one for each turn. Calls `on_refusal` for a line that cannot be sent, and continues with
/// the next one.
pub fn read(
    mut source: impl BufRead,
    charset: Charset,
    inbox: &Sender<Event>,
    turn: &Receiver<()>,
    mut on_refusal: impl FnMut(&str),
) {
    let mut number = 0;
    // The channel is disconnected when the main thread has ended.
    while turn.recv().is_ok() {
        let event = next(&mut source, charset, &mut number, &mut on_refusal);
        let is_end = event == Event::InputEnded;
        if inbox.send(event).is_err() || is_end {
            return;
        }
    }
}

/// Returns the next line that can be sent, or the end of the input. `number` is the number of the last line read, from
/// 1.
fn next(
    source: &mut impl BufRead,
    charset: Charset,
    number: &mut u64,
    on_refusal: &mut impl FnMut(&str),
) -> Event {
    loop {
        *number += 1;
        let failed = match take_line(source) {
            // The last line may lack a line end: `printf hi | chat …` says hi.
            Ok(Taken::Line(bytes) | Taken::Unfinished(bytes)) => match charset.decode(bytes) {
                // A byte order mark, which some programs write before UTF-8, is not a part of the first line.
                Some(line) if *number == 1 => {
                    return Event::Typed(line.trim_start_matches('\u{feff}').to_owned());
                }
                Some(line) => return Event::Typed(line),
                None => {
                    on_refusal(&format!(
                        "chat: line {number} is not UTF-8 and was not sent. If it is Latin-1, use --from latin1."
                    ));
                    None
                }
            },
            Ok(Taken::End) => return Event::InputEnded,
            Ok(Taken::TooLong) => {
                on_refusal(&format!(
                    "chat: line {number} has more than {LINE_BYTES_MAX} bytes and was not sent."
                ));
                source.skip_until(b'\n').err()
            }
            Err(error) => Some(error),
        };
        if let Some(error) = failed {
            on_refusal(&format!("chat: stdin cannot be read: {}.", words(&error)));
            return Event::InputEnded;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, BufReader, Read};

    use crossbeam_channel::{bounded, unbounded};

    use super::*;

    /// Reads these bytes to the end. Returns all events and all refusals.
    fn events(source: impl BufRead) -> (Vec<Event>, Vec<String>) {
        events_in(Charset::Utf8, source)
    }

    fn events_in(charset: Charset, source: impl BufRead) -> (Vec<Event>, Vec<String>) {
        let (inbox, events) = unbounded();
        let (turns, turn) = unbounded();
        for _ in 0..9 {
            turns.send(()).unwrap();
        }
        let mut refused = Vec::new();
        read(source, charset, &inbox, &turn, |sentence| {
            refused.push(sentence.to_owned());
        });
        drop(inbox);
        (events.iter().collect(), refused)
    }

    fn typed(line: &str) -> Event {
        Event::Typed(line.to_owned())
    }

    #[test]
    fn the_mark_before_utf8_is_no_part_of_the_first_line() {
        let (events, refused) = events("\u{feff}/who\n\u{feff}x".as_bytes());
        assert_eq!(events, [typed("/who"), typed("\u{feff}x"), Event::InputEnded]);
        assert!(refused.is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_told_and_is_the_end() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(rustix::io::Errno::ISDIR.into())
            }
        }
        let (events, refused) = events(BufReader::new(b"one\n".chain(Broken)));
        assert_eq!(events, [typed("one"), Event::InputEnded]);
        assert_eq!(refused, ["chat: stdin cannot be read: Is a directory."]);
    }

    #[test]
    fn no_line_is_read_before_its_turn() {
        let (inbox, events) = bounded(9);
        let (turns, turn) = bounded(0);
        // The main thread ends after one turn.
        let main = std::thread::spawn(move || turns.send(()));
        read(b"one\ntwo\n".as_slice(), Charset::Utf8, &inbox, &turn, |_| ());
        main.join().unwrap().unwrap();
        drop(inbox);
        assert_eq!(events.iter().collect::<Vec<_>>(), [typed("one")]);
    }
}
