//! Finds the word that somebody probably meant.

/// How many letters of a mistyped word may be swapped, wrong, missing or superfluous.
const DISTANCE_MAX: usize = 2;

/// Whether `typed` is a prefix of this word, and not empty.
pub(super) fn begins(typed: &str, word: &str) -> bool {
    !typed.is_empty() && word.starts_with(typed)
}

/// The word that somebody probably meant by `typed`, which is in lower case.
pub fn near_word(typed: &str, words: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let near = words.filter_map(|word| Some((distance(typed, word)?, word)));
    near.min_by_key(|&(distance, _)| distance).map(|(_, word)| word)
}

/// How many letters are wrong, or `None` if `word` was probably not meant: at most two may be wrong, and fewer than half.
pub(super) fn distance(typed: &str, word: &str) -> Option<usize> {
    let letters = typed.chars().count();
    #[cfg(test)]
    crate::chat::work::add(letters);
    // Each additional or missing letter counts, so only words of about this length need the costly comparison.
    if word.len().abs_diff(letters) > DISTANCE_MAX {
        return None;
    }
    let distance = strsim::osa_distance(typed, word);
    (distance <= DISTANCE_MAX && 2 * distance < letters).then_some(distance)
}
