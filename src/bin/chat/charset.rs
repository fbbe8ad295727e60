//! How the bytes of a pipe are read as text.

use clap::ValueEnum;

/// What Windows writes for the bytes from 0x80 to 0x9F, and calls Latin-1 too. The Encoding Standard of the WHATWG reads
/// them the same way. As ISO 8859-1 they would be control characters, which no text contains.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

/// The encoding of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Charset {
    Utf8,
    Latin1,
}

impl Charset {
    /// The text of these bytes, if they are one.
    pub fn decode(self, bytes: Vec<u8>) -> Option<String> {
        match self {
            Self::Utf8 => String::from_utf8(bytes).ok(),
            Self::Latin1 => Some(bytes.into_iter().map(latin1).collect()),
        }
    }
}

/// The character of a byte in Latin-1.
fn latin1(byte: u8) -> char {
    let of_windows = match byte {
        0x80..=0x9f => WINDOWS.chars().nth(usize::from(byte - 0x80)),
        _ => None,
    };
    of_windows.unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_text_in_one_encoding_or_the_other() {
        for (bytes, utf8, latin1) in [
            (b"hi".as_slice(), Some("hi"), "hi"),
            (b"", Some(""), ""),
            ("é".as_bytes(), Some("é"), "Ã©"),
            (b"caf\xe9", None, "café"),
            (b"\x80 \x93x\x94 \x9f\xa0\xff", None, "€ “x” Ÿ\u{a0}ÿ"),
            (b"\x81", None, "\u{81}"),
        ] {
            assert_eq!(Charset::Utf8.decode(bytes.to_vec()).as_deref(), utf8, "{bytes:?}");
            assert_eq!(
                Charset::Latin1.decode(bytes.to_vec()).as_deref(),
                Some(latin1),
                "{bytes:?}"
            );
        }
        assert_eq!(WINDOWS.chars().count(), 0x20);
    }
}
