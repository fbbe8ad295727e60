//! When something was said, by its sender's clock.

/// Whether this is a `strftime` pattern for a time of day.
///
/// # Errors
///
/// It is none; here is why.
pub fn check(pattern: &str) -> Result<(), String> {
    let noon = jiff::civil::time(12, 0, 0, 0);
    jiff::fmt::strtime::format(pattern, noon)
        .map(|_| ())
        .map_err(|error| error.to_string())
}
