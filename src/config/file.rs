//! Reads the settings file into pairs of key and value. Other files that people write share its limit on length and its
//! errors, which say where the mistake is.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;
use toml::{Table, Value};

use super::error::{ConfigError, name, quote};
use super::limits::CONFIG_FILE_BYTES_MAX;

/// Marks a text file as Unicode. It is no part of the text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads a file into (key, value) pairs, each value as it would follow `--key=`. The caller checks the keys.
///
/// # Errors
/// The file cannot be read, is too long or is not TOML, or a value is not a string, a whole number or a boolean.
pub(super) fn read(path: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    let text = read_text(path, CONFIG_FILE_BYTES_MAX, "settings file")?;
    let table: Table = text.parse().map_err(|error| in_file(path, &toml_reason(&text, &error)))?;
    let pair = |(key, value): (String, Value)| match value {
        Value::String(text) => Ok((key, text)),
        Value::Integer(number) => Ok((key, number.to_string())),
        Value::Boolean(boolean) => Ok((key, boolean.to_string())),
        other => {
            let what = format!(
                "{}: got a value of type {}, expected a string, a whole number, true or false",
                name(&key),
                other.type_str()
            );
            Err(in_file(path, &what))
        }
    };
    table.into_iter().map(pair).collect()
}

/// An error about a file.
pub(crate) fn in_file(path: &Path, what: &str) -> ConfigError {
    ConfigError::new(format!("{}: {what}", path.display()))
}

/// Reads a whole text file, without the byte order mark that some editors put at its beginning. `kind` says what it is, such
/// as "settings file".
///
/// # Errors
/// The file cannot be read, is not a regular file, is longer than `bytes_max`, or is not UTF-8.
pub fn read_text(path: &Path, bytes_max: u64, kind: &str) -> Result<String, ConfigError> {
    let unusable = |what: &str| in_file(path, what).about_a_file();
    let unreadable = |error: io::Error| unusable(&format!("cannot be read: {error}"));
    // Without NONBLOCK, opening a FIFO waits for a writer, and this may be the thread that handles SIGTERM. The flag has no
    // effect on a regular file. The type is checked after the open, since the path could change between the two.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(unusable("is a directory, a pipe or a device, expected a regular file"));
    }
    let mut bytes = Vec::new();
    // One byte over the limit shows that the file is too long.
    let read = file.take(bytes_max + 1).read_to_end(&mut bytes);
    read.map_err(unreadable)?;
    if bytes.len() as u64 > bytes_max {
        return Err(unusable(&format!("is longer than {bytes_max} bytes, which no {kind} is")));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| unusable("is not UTF-8 text"))?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

/// Formats an error of the TOML parser on one harmless line, with its place. (The parser's own text takes four lines, and quotes
/// the file as it is.)
pub(crate) fn toml_reason(text: &str, error: &toml::de::Error) -> String {
    let message = ConfigError::new(error.message().to_owned());
    let Some(span) = error.span() else {
        return message.to_string();
    };
    let line = line_of(text, span.start);
    match text.get(span).map(str::trim) {
        None | Some("") => format!("line {line}: {message}"),
        Some(place) => format!("line {line}: {message} at {}", quote(place)),
    }
}

/// The line of a text, counted from 1, that contains this byte.
pub fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|&b| b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn only_regular_files_are_read_and_opening_never_blocks() {
        let name = format!("chatserv-fifo-{}", std::process::id());
        let fifo = std::env::temp_dir().join(name);
        let _ = fs::remove_file(&fifo);
        // A FIFO without a writer.
        mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        for path in [fifo.as_path(), Path::new("/dev/zero"), Path::new("/")] {
            let error = read_text(path, 9, "test").unwrap_err().to_string();
            let what = "is a directory, a pipe or a device, expected a regular file";
            assert_eq!(error, format!("{}: {what}", path.display()));
        }
        fs::remove_file(&fifo).unwrap();
    }
}
