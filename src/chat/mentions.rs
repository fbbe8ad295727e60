//! Whom a message is for: the run of `@name` words that ends it.
//!
//! Only at the end, so that an address such as `me@example.org`, or a name in the middle of a sentence, stays text.

/// What may end a sentence behind a name. A name never ends in one of these, so nothing is lost by ignoring them.
const SENTENCE_ENDS: [char; 6] = [',', '.', '!', '?', ':', ';'];

/// The names, without their `@`, in the order in which they stand; none where the message does not end in one.
pub(super) fn at_the_end_of(text: &str) -> Vec<&str> {
    // Most messages name nobody, and to see that is much faster than to find their words.
    if !text.contains('@') {
        return Vec::new();
    }
    let mut names: Vec<&str> = text
        .split_whitespace()
        .rev()
        .map_while(|word| word.strip_prefix('@'))
        .map(|name| name.trim_end_matches(SENTENCE_ENDS))
        // An `@` alone names nobody, and is no part of the run.
        .take_while(|name| !name.is_empty())
        .collect();
    names.reverse();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_that_ends_a_message_counts() {
        for (text, names) in [
            ("how are you? @sis @mom", &["sis", "mom"][..]),
            ("@sis", &["sis"]),
            ("  @sis   @mom  ", &["sis", "mom"]),
            ("come, @sis, @mom!", &["sis", "mom"]),
            ("really @sis?!", &["sis"]),
            ("@sis how are you?", &[]),
            ("@sis come here @mom", &["mom"]),
            ("write to me@example.org or @sis today", &[]),
            ("write to me@example.org", &[]),
            ("@sis @", &[]),
            ("@ @sis", &["sis"]),
            ("@@sis", &["@sis"]),
            ("@127.0.0.1:36832", &["127.0.0.1:36832"]),
            ("", &[]),
        ] {
            assert_eq!(at_the_end_of(text), names, "{text:?}");
        }
    }
}
