//! The text of a message. It names its sender and its number, so that each receiver can check it.

use std::io::Write;

/// The first byte of a payload. Neither it nor the last occurs elsewhere in what a server sends. (The length of a WebSocket's
/// frame may be any byte. With a payload for which it is the last one, the counts differ and the measurement fails.)
const BEGIN: u8 = b'[';
/// The last byte of a payload: counting these counts deliveries.
const END: u8 = b'^';

/// The shortest payload: begin, speaker, number, end.
pub const BYTES_MIN: usize = 1 + 4 + 10 + 1;

const SPEAKERS_MAX: usize = 10_000;

/// The identity of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id {
    /// The number of its speaker, from 0 to 9,999.
    pub speaker: usize,
    /// Its number among the messages of this speaker, from 0.
    pub number: u64,
}

/// Appends the payload with this id, `length` bytes long.
pub fn write(id: Id, length: usize, out: &mut Vec<u8>) {
    debug_assert!(length >= BYTES_MIN && id.speaker < SPEAKERS_MAX);
    let end = out.len() + length - 1;
    write!(out, "[{:04}{:010}", id.speaker, id.number).expect("writing to a Vec<u8> never fails");
    let mut letter = (id.number % 26) as u8;
    while out.len() < end {
        out.push(b'a' + letter);
        letter = (letter + 1) % 26;
    }
    out.push(END);
}

/// The number of payloads that end in these bytes.
pub fn count(bytes: &[u8]) -> u64 {
    // The count of a chunk fits into a byte, so that the compiler can compare many bytes at once: the generator shares
    // the machine with the server it measures.
    let ends = |chunk: &[u8]| chunk.iter().fold(0_u8, |ends, &byte| ends + u8::from(byte == END));
    bytes.chunks(255).map(|chunk| u64::from(ends(chunk))).sum()
}

/// Finds payloads in a stream, however the reads split it.
#[derive(Debug, Default, Clone)]
pub struct Finder {
    incomplete: Vec<u8>,
}

/// A delivery that is not the payload of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged(pub String);

impl Finder {
    /// Passes the id of each payload that ends in `bytes` to `found`.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        length: usize,
        mut found: impl FnMut(Id),
    ) -> Result<(), Damaged> {
        for piece in bytes.split_inclusive(|&byte| byte == END) {
            if piece.last() != Some(&END) {
                self.incomplete.extend_from_slice(piece);
            } else if self.incomplete.is_empty() {
                found(read(piece, length)?);
            } else {
                self.incomplete.extend_from_slice(piece);
                found(read(&self.incomplete, length)?);
                self.incomplete.clear();
            }
        }
        Ok(())
    }
}

/// The id of the payload at the end of `piece`. What comes before the payload is the server's framing.
fn read(piece: &[u8], length: usize) -> Result<Id, Damaged> {
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse::<u64>().ok();
    let id_of = |payload: &[u8]| {
        Some(Id {
            speaker: number(payload.get(1..5)?)? as usize,
            number: number(payload.get(5..15)?)?,
        })
    };
    let begin = piece.iter().rposition(|&byte| byte == BEGIN);
    let payload = begin.map_or(&[][..], |at| &piece[at..]);
    let mut expected = Vec::with_capacity(length);
    let id = id_of(payload).inspect(|id| write(*id, length, &mut expected));
    match id {
        Some(id) if payload == expected => Ok(id),
        _ => Err(Damaged(String::from_utf8_lossy(piece).into_owned())),
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
    fn payloads_are_found_however_the_reads_split_them() {
        let id = |at: usize| Id { speaker: at % 3, number: 999_999_998 + at as u64 };
        let ids: Vec<Id> = (0..5).map(id).collect();
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
    fn every_altered_byte_is_noticed() {
        let id = Id { speaker: 1, number: 7 };
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
