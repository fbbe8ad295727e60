//! What is said: a text that says who said it and which of theirs it is, so that whoever hears it can check that it is
//! whole, in order and unchanged.

use std::io::Write;

/// Begins a payload. In what comes behind, nothing else holds this byte or the next.
const BEGIN: u8 = b'[';
/// Ends a payload, and is the last byte of it: to count the deliveries is to count these.
const END: u8 = b'^';

/// The shortest payload: begin, speaker, number, end.
pub const BYTES_MIN: usize = 1 + 2 + 10 + 1;

/// Which payload it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id {
    /// Who said it, from 0; at most 99.
    pub speaker: usize,
    /// Which of what they said, from 0.
    pub number: u64,
}

/// Appends the payload of this id, `length` bytes long.
pub fn write(id: Id, length: usize, out: &mut Vec<u8>) {
    debug_assert!(length >= BYTES_MIN && id.speaker < 100);
    let end = out.len() + length - 1;
    write!(out, "[{:02}{:010}", id.speaker, id.number).expect("writing to a Vec<u8> never fails");
    let mut letter = (id.number % 26) as u8;
    while out.len() < end {
        out.push(b'a' + letter);
        letter = (letter + 1) % 26;
    }
    out.push(END);
}

/// How many payloads end in these bytes. Looked at in chunks whose count fits one byte, which the compiler turns into
/// wide comparisons: the generator shares the machine with whom it measures.
pub fn count(bytes: &[u8]) -> u64 {
    let ends = |chunk: &[u8]| {
        chunk
            .iter()
            .fold(0_u8, |ends, &byte| ends + u8::from(byte == END))
    };
    bytes.chunks(255).map(|chunk| u64::from(ends(chunk))).sum()
}

/// Finds payloads in a stream, wherever the reads have split it.
#[derive(Debug, Default, Clone)]
pub struct Finder {
    begun: Vec<u8>,
}

/// A delivery that is none of what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged(pub String);

impl Finder {
    /// Hands each payload that ends in `bytes` to `found`.
    ///
    /// # Errors
    /// The first that is not `length` bytes long, or not what [`write()`] makes.
    pub fn feed(
        &mut self,
        mut bytes: &[u8],
        length: usize,
        mut found: impl FnMut(Id),
    ) -> Result<(), Damaged> {
        while let Some(end) = bytes.iter().position(|&byte| byte == END) {
            let (piece, rest) = bytes.split_at(end + 1);
            bytes = rest;
            let id = if self.begun.is_empty() {
                read(piece, length)?
            } else {
                self.begun.extend_from_slice(piece);
                let id = read(&self.begun, length)?;
                self.begun.clear();
                id
            };
            found(id);
        }
        self.begun.extend_from_slice(bytes);
        Ok(())
    }
}

/// The payload that `piece` ends with; what comes before it is the server's.
fn read(piece: &[u8], length: usize) -> Result<Id, Damaged> {
    let damaged = || Damaged(String::from_utf8_lossy(piece).into_owned());
    let begin = piece.iter().rposition(|&byte| byte == BEGIN);
    let payload = begin.map(|at| &piece[at..]).ok_or_else(damaged)?;
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse::<u64>().ok();
    let (speaker, count) = (payload.get(1..3), payload.get(3..13));
    let id = speaker
        .and_then(number)
        .zip(count.and_then(number))
        .map(|(speaker, number)| Id {
            speaker: speaker as usize,
            number,
        })
        .ok_or_else(damaged)?;
    let mut expected = Vec::with_capacity(length);
    write(id, length, &mut expected);
    if payload == expected {
        Ok(id)
    } else {
        Err(damaged())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(ids: &[Id], length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for &id in ids {
            bytes.extend_from_slice(b"s00001 : ");
            write(id, length, &mut bytes);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes
    }

    #[test]
    fn payloads_are_found_wherever_the_reads_split_them() {
        let ids: Vec<Id> = (0..5)
            .map(|at| Id {
                speaker: at % 3,
                number: 999_999_998 + at as u64,
            })
            .collect();
        for length in [BYTES_MIN, 64, 512] {
            let bytes = stream(&ids, length);
            assert_eq!(count(&bytes), 5);
            for size in [1, 7, length, 10_000] {
                let (mut finder, mut found) = (Finder::default(), Vec::new());
                for read in bytes.chunks(size) {
                    finder.feed(read, length, |id| found.push(id)).unwrap();
                }
                assert_eq!(found, ids, "{length} {size}");
            }
        }
    }

    #[test]
    fn what_was_not_said_is_noticed() {
        let id = Id {
            speaker: 1,
            number: 7,
        };
        let whole = stream(&[id], 64);
        for at in whole.iter().position(|&byte| byte == BEGIN).unwrap()..whole.len() - 3 {
            let mut bytes = whole.clone();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            assert!(Finder::default().feed(&bytes, 64, |_| {}).is_err(), "{at}");
            bytes.remove(at);
            assert!(Finder::default().feed(&bytes, 64, |_| {}).is_err(), "{at}");
        }
    }
}
