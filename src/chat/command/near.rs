//! Words that resemble one another.

/// How many letters may be swapped, wrong, missing or superfluous in a mistyped word.
const DISTANCE_MAX: usize = 2;

/// Whether `typed` is the beginning of this word. The empty text begins none.
pub(super) fn begins(typed: &str, word: &str) -> bool {
    !typed.is_empty() && word.starts_with(typed)
}

/// The word that somebody probably meant by `typed`, which is in lower case.
pub fn near_word(typed: &str, words: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let near = words.filter_map(|word| Some((distance(typed, word)?, word)));
    near.min_by_key(|&(distance, _)| distance)
        .map(|(_, word)| word)
}

/// How many letters are wrong if `word` was probably meant: at most two, and fewer than half of them.
pub(super) fn distance(typed: &str, word: &str) -> Option<usize> {
    let letters = typed.chars().count();
    // Each letter more or less is at least one step, so only words of about this length need the costly comparison.
    if word.len().abs_diff(letters) > DISTANCE_MAX {
        return None;
    }
    let distance = strsim::osa_distance(typed, word);
    (distance <= DISTANCE_MAX && 2 * distance < letters).then_some(distance)
}
