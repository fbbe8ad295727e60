//! Character encodings of piped input.

use clap::ValueEnum;

/// Windows-1252 for the bytes from 0x80 to 0x9F. The WHATWG Encoding Standard decodes Latin-1 in this way too. In ISO
/// 8859-1 these bytes are control characters, which no text contains.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Charset {
    Utf8,
    Latin1,
}

impl Charset {
    /// Decodes the bytes, or returns `None` if they are not valid in this encoding.
    pub fn decode(self, bytes: Vec<u8>) -> Option<String> {
        match self {
            Self::Utf8 => String::from_utf8(bytes).ok(),
            Self::Latin1 => Some(bytes.into_iter().map(latin1).collect()),
        }
    }
}

/// Decodes a byte of Latin-1.
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
