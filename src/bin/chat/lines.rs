//! Reads lines from a byte stream: a socket or stdin.

use std::io::{self, BufRead, Read};

/// The maximum length of a line in bytes, without its LF. A server sends up to 128 KiB and accepts 16 KiB. This limit
/// only prevents a stream without line ends from filling the memory.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

/// The result of reading a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// A line, without its line end.
    Line(Vec<u8>),
    /// A line that the end of the stream cut off.
    Unfinished(Vec<u8>),
    /// The line has more than [`LINE_BYTES_MAX`] bytes. That many were read and discarded; the rest was not read.
    TooLong,
    End,
}

/// Reads the next line. A line ends with LF or CR LF.
///
/// # Errors
///
/// The source cannot be read. Never `Interrupted`, after which the standard library retries.
pub fn take_line(source: &mut impl BufRead) -> io::Result<Taken> {
    let mut bytes = Vec::new();
    let most = LINE_BYTES_MAX as u64 + 1;
    source.by_ref().take(most).read_until(b'\n', &mut bytes)?;
    let ended = bytes.pop_if(|byte| *byte == b'\n').is_some();
    if !ended && bytes.len() > LINE_BYTES_MAX {
        return Ok(Taken::TooLong);
    }
    if !ended && bytes.is_empty() {
        return Ok(Taken::End);
    }
    bytes.pop_if(|byte| *byte == b'\r');
    Ok(if ended { Taken::Line(bytes) } else { Taken::Unfinished(bytes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns everything that is read from these bytes, up to the end or to a line that is too long.
    fn taken(mut bytes: &[u8]) -> Vec<Taken> {
        let mut all = Vec::new();
        loop {
            let next = take_line(&mut bytes).unwrap();
            let over = matches!(next, Taken::End | Taken::TooLong);
            all.push(next);
            if over {
                return all;
            }
        }
    }

    #[test]
    fn a_line_ends_in_lf_or_cr_lf_and_the_last_one_need_not() {
        let line = |bytes: &[u8]| Taken::Line(bytes.to_vec());
        let cases = [
            (b"".as_slice(), vec![]),
            (b"\n\r\n", vec![line(b""), line(b"")]),
            (b"a\r\nb\rc\n", vec![line(b"a"), line(b"b\rc")]),
            (b"a\nb", vec![line(b"a"), Taken::Unfinished(b"b".to_vec())]),
            (b"\xff\n", vec![line(b"\xff")]),
        ];
        for (bytes, mut expected) in cases {
            expected.push(Taken::End);
            assert_eq!(taken(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_line_may_be_so_long_and_no_longer() {
        let longest = "x".repeat(LINE_BYTES_MAX);
        let line = Taken::Line(longest.clone().into_bytes());
        assert_eq!(taken(format!("{longest}\n").as_bytes()), [line, Taken::End]);
        let unfinished = Taken::Unfinished(longest.clone().into_bytes());
        assert_eq!(taken(longest.as_bytes()), [unfinished, Taken::End]);

        let longer = format!("{longest}x\nnext\n");
        let mut rest = longer.as_bytes();
        assert_eq!(take_line(&mut rest).unwrap(), Taken::TooLong);
        assert_eq!(rest, b"\nnext\n", "what was not read is still there");
    }
}
