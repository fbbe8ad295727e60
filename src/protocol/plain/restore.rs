//! Restores a byte that telnet clients swallow.
//!
//! GNU telnet and netkit telnet look only at the low seven bits of a typed byte. They take 0x85, the second half of
//! the Russian `х`, the Arabic `م` and the Polish `ą`, for Ctrl-E, which concerns their own echo, and send nothing in its
//! place. For other keys they send commands, which the decoder turns back into bytes.

use std::borrow::Cow;

const SWALLOWED: u8 = 0x85;

/// Restores the lines of one connection.
#[derive(Debug, Default)]
pub(super) struct Restorer {
    /// The connection has sent letters of UTF-8.
    speaks_utf8: bool,
}

impl Restorer {
    /// Restores the byte where the second half of a letter is missing. In a letter of three bytes, nobody can tell which
    /// of them is missing.
    ///
    /// Latin-1 looks the same: its `Ñ` is the first half of `х`. So a connection must prove that it speaks UTF-8, by an
    /// earlier line or by this one, if other letters on it are whole and nothing else is invalid.
    pub(super) fn restore<'a>(&mut self, line: &'a [u8]) -> Cow<'a, [u8]> {
        if str::from_utf8(line).is_ok() {
            self.speaks_utf8 |= !line.is_ascii();
            return Cow::Borrowed(line);
        }
        let has_letters = line.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
        let is_rest_valid = line.utf8_chunks().all(|chunk| {
            let invalid = chunk.invalid();
            invalid.is_empty() || restored(invalid).is_some()
        });
        self.speaks_utf8 |= has_letters && is_rest_valid;
        if !self.speaks_utf8 {
            return Cow::Borrowed(line);
        }
        let mut whole = Vec::with_capacity(2 * line.len());
        for chunk in line.utf8_chunks() {
            whole.extend_from_slice(chunk.valid().as_bytes());
            match restored(chunk.invalid()) {
                Some(letter) => whole.extend_from_slice(&letter),
                None => whole.extend_from_slice(chunk.invalid()),
            }
        }
        Cow::Owned(whole)
    }
}

/// The letter that an invalid sequence begins, if it lacks only the swallowed byte.
fn restored(invalid: &[u8]) -> Option<[u8; 2]> {
    let &[first] = invalid else {
        return None;
    };
    let letter = [first, SWALLOWED];
    let is_letter = str::from_utf8(&letter).is_ok_and(|text| text.contains(char::is_alphabetic));
    is_letter.then_some(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(restorer: &mut Restorer, sent: &[u8], expected: &[u8]) {
        assert_eq!(restorer.restore(sent), expected, "{}", sent.escape_ascii());
    }

    #[test]
    fn the_swallowed_byte_returns_among_other_letters() {
        for text in ["хочу хлеб", "хххо", "привет х", "مرحبا", "αυτός", "mąż", "Åå"]
        {
            let swallowed: Vec<u8> = text.bytes().filter(|&byte| byte != SWALLOWED).collect();
            assert_ne!(swallowed, text.as_bytes());
            check(&mut Restorer::default(), &swallowed, text.as_bytes());
        }
    }

    #[test]
    fn latin_1_stays_as_it_is() {
        let mut restorer = Restorer::default();
        for text in [&b"\xD1and\xFA"[..], b"\xC4pfel", b"\xC3", b"caf\xE9 \xC5", b"\xC2"] {
            check(&mut restorer, text, text);
        }
    }

    #[test]
    fn a_connection_that_speaks_utf8_keeps_speaking_it() {
        let mut restorer = Restorer::default();
        check(&mut restorer, b"\xD1!", b"\xD1!");
        check(&mut restorer, "да".as_bytes(), "да".as_bytes());
        check(&mut restorer, b"\xD1!", "х!".as_bytes());
        // Controls are no letters, and of three bytes any could be missing.
        check(&mut restorer, b"\xD1 \xC2 \xE5\xA8 \xFE", b"\xD1\x85 \xC2 \xE5\xA8 \xFE");
    }
}
