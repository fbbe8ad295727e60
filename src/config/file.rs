//! The settings file: from TOML to plain pairs of key and value, without a look at what the keys are. And what it has
//! in common with other files that are written by hand: a length that it cannot exceed, and errors that say where.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use toml::{Table, Value};

use super::error::{ConfigError, name, quote};
use super::limits::CONFIG_FILE_BYTES_MAX;

/// Reads a file into (key, value) pairs, each value as it would be written after `--key=`.
///
/// # Errors
/// A file that cannot be read, is too long or is no TOML, and a value that is no string, whole number or boolean.
pub(super) fn read(path: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    let text = read_text(path, CONFIG_FILE_BYTES_MAX, "settings file")?;
    let table: Table = text
        .parse()
        .map_err(|error| in_file(path, &toml_reason(&text, &error)))?;
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

/// An error that names the file.
pub(crate) fn in_file(path: &Path, what: &str) -> ConfigError {
    ConfigError::new(format!("{}: {what}", path.display()))
}

/// Reads a whole file of text. `kind` is what it is for people: a "settings file".
///
/// # Errors
/// It cannot be read, is longer than `bytes_max`, or is not UTF-8.
pub(crate) fn read_text(path: &Path, bytes_max: u64, kind: &str) -> Result<String, ConfigError> {
    let mut bytes = Vec::new();
    // One byte more than is allowed tells a file that is too long from one that just fits, and /dev/zero ends too.
    let read = File::open(path).and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes));
    read.map_err(|error| in_file(path, &format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > bytes_max {
        let what = format!("is longer than {bytes_max} bytes, which no {kind} is");
        return Err(in_file(path, &what));
    }
    String::from_utf8(bytes).map_err(|_| in_file(path, "is not UTF-8 text"))
}

/// What a TOML parser has against a text, and where, on one line. (Its own words are a drawing of four lines.)
pub(crate) fn toml_reason(text: &str, error: &toml::de::Error) -> String {
    let Some(span) = error.span() else {
        return error.message().to_owned();
    };
    let line = line_of(text, span.start);
    match text.get(span).map(str::trim) {
        None | Some("") => format!("line {line}: {}", error.message()),
        Some(place) => format!("line {line}: {} at {}", error.message(), quote(place)),
    }
}

/// The number of the line, counted from 1, in which this byte of a text stands.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|&b| b == b'\n').count() + 1
}
