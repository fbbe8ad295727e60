//! The input thread of a pipe: it reads a line when it is its turn, and no earlier. So a file of many lines is read no
//! faster than the server takes them, and what has not been read needs no memory here.

use std::io::BufRead;

use crossbeam_channel::{Receiver, Sender};

use crate::client::Event;
use crate::lines::{LINE_BYTES_MAX, Taken, take_line};
use crate::socket::words;

/// Reads lines up to the end, each at its turn. What cannot be read is told by `on_refusal`, and the rest goes on.
pub fn read(
    mut source: impl BufRead,
    inbox: &Sender<Event>,
    turn: &Receiver<()>,
    mut on_refusal: impl FnMut(&str),
) {
    // Without a main thread there is no turn any more, nor anybody to send to.
    while turn.recv().is_ok() {
        let event = next(&mut source, &mut on_refusal);
        let is_end = event == Event::InputEnded;
        if inbox.send(event).is_err() || is_end {
            return;
        }
    }
}

/// The next line that can be said, or the end.
fn next(source: &mut impl BufRead, on_refusal: &mut impl FnMut(&str)) -> Event {
    loop {
        let failed = match take_line(source) {
            // The last line counts without its end: `printf hi | chat …` says hi.
            Ok(Taken::Line(line) | Taken::Unfinished(line)) => return Event::Typed(line),
            Ok(Taken::End) => return Event::InputEnded,
            Ok(Taken::TooLong) => {
                on_refusal(&format!(
                    "chat: a line of more than {LINE_BYTES_MAX} bytes was not sent."
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

    /// All events that come of these bytes where every turn is given, and what was refused.
    fn events(source: impl BufRead) -> (Vec<Event>, Vec<String>) {
        let (inbox, events) = unbounded();
        let (turns, turn) = unbounded();
        for _ in 0..9 {
            turns.send(()).unwrap();
        }
        let mut refused = Vec::new();
        read(source, &inbox, &turn, |sentence| {
            refused.push(sentence.to_owned());
        });
        drop(inbox);
        (events.iter().collect(), refused)
    }

    fn typed(line: &str) -> Event {
        Event::Typed(line.to_owned())
    }

    #[test]
    fn every_line_is_typed_and_the_last_one_needs_no_end() {
        let (events, refused) = events(b"one\r\n\ntwo \xff\nlast".as_slice());
        let lines = [typed("one"), typed(""), typed("two \u{fffd}"), typed("last")];
        assert_eq!(events, [&lines[..], &[Event::InputEnded]].concat());
        assert!(refused.is_empty());
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_and_the_rest_goes_on() {
        let long = "x".repeat(3 * LINE_BYTES_MAX);
        let (events, refused) = events(format!("one\n{long}\ntwo\n{long}").as_bytes());
        assert_eq!(events, [typed("one"), typed("two"), Event::InputEnded]);
        let sentence = "chat: a line of more than 1048576 bytes was not sent.";
        assert_eq!(refused, [sentence, sentence]);
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
        // The main thread is gone after one turn.
        let main = std::thread::spawn(move || turns.send(()));
        read(b"one\ntwo\n".as_slice(), &inbox, &turn, |_| ());
        main.join().unwrap().unwrap();
        drop(inbox);
        assert_eq!(events.iter().collect::<Vec<_>>(), [typed("one")]);
    }
}
