//! There is nothing of this name.

use std::io;

/// What is less alike than this was hardly meant.
const LIKENESS_MIN: f64 = 0.7;

/// Says what there is instead, and what was perhaps meant. `kind` with its article: `an experiment`.
pub fn unknown(kind: &str, name: &str, known: &[&str]) -> io::Error {
    let meant = known
        .iter()
        .map(|known| (strsim::jaro_winkler(&name.to_lowercase(), known), known))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map_or(String::new(), |(_, known)| {
            format!(" Did you mean {known}?")
        });
    let known = known.join(", ");
    io::Error::new(
        io::ErrorKind::NotFound,
        format!("{name:?} is not {kind}.{meant} There are: {known}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_probably_meant_is_suggested() {
        let known = ["stalled-reader", "turns", "costs"];
        let says = |name| unknown("an experiment", name, &known).to_string();
        assert_eq!(
            says("Stalled"),
            "\"Stalled\" is not an experiment. Did you mean stalled-reader? \
             There are: stalled-reader, turns, costs"
        );
        assert!(!says("xyz").contains("mean"));
        assert!(says("\u{1b}[2J").starts_with("\"\\u{1b}"));
    }
}
