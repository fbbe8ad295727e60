//! The settings file: from TOML to plain pairs of key and value, without a look at what the keys are.

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
    let table = parse(&text(path)?).map_err(|what| in_file(path, &what))?;
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
pub(super) fn in_file(path: &Path, what: &str) -> ConfigError {
    ConfigError::new(format!("{}: {what}", path.display()))
}

fn text(path: &Path) -> Result<String, ConfigError> {
    let mut bytes = Vec::new();
    // One byte more than is allowed tells a file that is too long from one that just fits, and /dev/zero ends too.
    let read = File::open(path)
        .and_then(|file| file.take(CONFIG_FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
    read.map_err(|error| in_file(path, &format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > CONFIG_FILE_BYTES_MAX {
        let what =
            format!("is longer than {CONFIG_FILE_BYTES_MAX} bytes, which no settings file is");
        return Err(in_file(path, &what));
    }
    String::from_utf8(bytes).map_err(|_| in_file(path, "is not UTF-8 text"))
}

/// Reads TOML; an error is the parser's reason and the place, on one line. (Its own text is a drawing of four lines.)
fn parse(text: &str) -> Result<Table, String> {
    text.parse().map_err(|error: toml::de::Error| {
        let Some(span) = error.span() else {
            return error.message().to_owned();
        };
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        match text.get(span).map(str::trim) {
            None | Some("") => format!("line {line}: {}", error.message()),
            Some(place) => format!("line {line}: {} at {}", error.message(), quote(place)),
        }
    })
}
