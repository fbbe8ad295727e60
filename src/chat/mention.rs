//! Finds the mentions at the end of a message, such as `@bob` in `Shall we? @bob`.
//!
//! A mention makes a message private, so a sign too many must not publish it. Punctuation around a name does not count. A
//! word that is not a mention but may be a failed one is doubtful: if somebody by that name is here, the Hub asks instead
//! of saying it to everybody.

use std::iter;

use unicode_normalization::char::is_combining_mark;

use super::punctuation::{MENTION_SIGNS, is_closing, is_comma};
use crate::config::limits::NAMED_MAX;

/// How many signs [`readings`] removes from the end of a word. More are no punctuation.
const SIGNS_MAX: usize = 8;

/// How far into a word [`beginnings`] looks for a name, in bytes: twice the longest name, which may be typed in another
/// normal form.
const NAME_BYTES_MAX: usize = 256;

/// How many doubtful words of one word are noted: as many as make the Hub refuse the message.
const DOUBTFUL_MAX: usize = NAMED_MAX + 1;

/// The people whom the end of a message names, as typed and without the `@`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mentions<'a> {
    /// The run of mentions at the end, in order.
    pub(super) names: Vec<&'a str>,
    /// Words that may have been meant as mentions.
    pub(super) doubtful: Vec<&'a str>,
}

impl<'a> Mentions<'a> {
    /// Finds the mentions in a text. Elsewhere than at its end, an `@` is just text, as in `me@example.org` or in a name
    /// within a sentence.
    pub(super) fn of(text: &'a str) -> Self {
        let mut found = Self::default();
        // Most messages mention nobody, and a search for one byte is much faster than splitting words.
        let may_mention =
            if text.is_ascii() { text.contains('@') } else { text.contains(MENTION_SIGNS) };
        if may_mention {
            found.search(text);
            found.names.reverse();
        }
        found
    }

    /// Searches from the end to the first part that is neither a mention nor decoration.
    fn search(&mut self, text: &'a str) {
        let mut words = text.split_whitespace().rev();
        while let Some(word) = words.next() {
            let mut parts = Some(word);
            while let Some(rest) = parts {
                let (before, part) = match rest.rsplit_once(is_comma) {
                    Some((before, part)) => (Some(before), part),
                    None => (None, rest),
                };
                match Part::of(part) {
                    Part::Mention(name) => self.names.push(name),
                    Part::Decoration => {}
                    Part::Text => return self.doubt(rest, words),
                }
                parts = before;
            }
        }
    }

    /// Notes what may be a failed mention in the word at which the search ended; `before` are the words before it,
    /// backwards. Everybody waits meanwhile, so it passes over the word once, however many signs and commas that has.
    fn doubt(&mut self, word: &'a str, before: impl Iterator<Item = &'a str>) {
        let ends = word.match_indices(is_comma).map(|(at, _)| at).chain([word.len()]);
        let ends: Vec<usize> = ends.collect();
        let (mut next_end, mut full_stop) = (0, 0);
        for (at, sign) in word.match_indices(MENTION_SIGNS) {
            let start = at + sign.len();
            while ends[next_end] < start {
                next_end += 1;
            }
            if full_stop < start {
                full_stop = word[start..].find('.').map_or(word.len(), |it| start + it);
            }
            if is_mail_address(&word[..at], &word[full_stop..]) {
                continue;
            }
            // `@zoe,bob`: one sign for a whole list.
            let others = ends[next_end..].windows(2);
            let others = others.map(|ends| word[ends[0]..ends[1]].trim_start_matches(is_comma));
            let list = iter::once(&word[start..ends[next_end]]).chain(others);
            self.doubtful.extend(list.take(DOUBTFUL_MAX - self.doubtful.len()));
        }
        if !self.names.is_empty() {
            return;
        }
        // `@ bob`, and a list with blanks: `@ann, bob`.
        let mut list = vec![word];
        for word in before {
            let ends_in_comma = word.ends_with(is_comma);
            if word.ends_with(MENTION_SIGNS) || ends_in_comma && word.contains(MENTION_SIGNS) {
                return self.doubtful.append(&mut list);
            }
            if !ends_in_comma {
                return;
            }
            list.push(word);
        }
    }
}

/// One part of a message, between blanks and commas.
enum Part<'a> {
    /// A name behind an `@`, perhaps with punctuation around both.
    Mention(&'a str),
    /// Punctuation, an emoji or an emoticon, which does not end the run of mentions.
    Decoration,
    Text,
}

impl<'a> Part<'a> {
    fn of(part: &'a str) -> Self {
        let Some((before, name)) = part.split_once(MENTION_SIGNS) else {
            return if is_decoration(part) { Self::Decoration } else { Self::Text };
        };
        let is_sign = |c: char| c.is_ascii_punctuation() || is_closing(c);
        if before.contains(is_of_word) {
            Self::Text
        } else if name.chars().all(is_sign) {
            Self::Decoration
        } else {
            Self::Mention(name.trim_end_matches(is_closing))
        }
    }
}

/// The names that a typed name may stand for, with less and less punctuation around it. A name may end in signs such as `#`, so
/// only those that none ends in are removed together.
pub(super) fn readings(typed: &str) -> impl Iterator<Item = &str> {
    let shorten = |text: &&'_ str| {
        let last = text.chars().next_back().filter(|&c| !is_of_word(c))?;
        let open = text.trim_end_matches(is_closing);
        Some(if open.len() < text.len() { open.len() } else { text.len() - last.len_utf8() })
    };
    let ends = iter::successors(Some(typed), move |text| Some(&typed[..shorten(text)?]));
    let ends = ends.take(SIGNS_MAX);
    let start = typed.len() - typed.trim_start_matches(|c| !is_of_word(c)).len();
    let opened = ends.clone().filter_map(move |text| text.get(start..)).filter(move |_| start > 0);
    ends.skip(1).chain(opened).filter(|text| !text.is_empty())
}

/// The names with which a word may begin, as far as [`NAME_BYTES_MAX`]: first those of the whole word, then those behind the signs before it.
pub(super) fn beginnings(word: &str) -> impl Iterator<Item = &str> {
    let near = |&(at, _): &(usize, char)| at <= NAME_BYTES_MAX;
    let first = word.char_indices().take_while(near).find(|&(_, c)| is_of_word(c));
    let bare = first.map_or("", |(at, _)| &word[at..]);
    let starts = [word, bare].into_iter().take(if bare.len() < word.len() { 2 } else { 1 });
    starts.flat_map(move |word| {
        let neighbours = word.chars().zip(word.char_indices().skip(1).take_while(near));
        let ends = neighbours.filter(|&(before, (_, after))| may_part(before, after));
        let ends = ends.map(|(_, (at, _))| at);
        ends.chain([word.len()]).map(|end| &word[..end])
    })
}

/// Whether a name may end between these characters: not in a word of a script with capitals, or before a mark. Other
/// scripts may join a word to a name without a blank, as in `@小明你好`.
fn may_part(before: char, after: char) -> bool {
    #[cfg(test)]
    super::work::add(1);
    let keeps_together =
        |c: char| c.is_lowercase() || c.is_uppercase() || c.is_numeric() || is_combining_mark(c);
    !(is_combining_mark(after) || keeps_together(before) && keeps_together(after))
}

/// Whether a character belongs to a word, unlike punctuation and blanks.
fn is_of_word(c: char) -> bool {
    #[cfg(test)]
    super::work::add(1);
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Emoticons that begin with a letter or look like one.
const EMOTICONS: [&str; 8] = ["<3", "xD", "XD", "8)", "8-)", "T_T", "^o^", "o_O"];

/// Whether a text without an `@` has no word, or is an emoticon such as `:D`.
fn is_decoration(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    letters == 0 || letters == 1 && text.starts_with([':', ';', '=']) || EMOTICONS.contains(&text)
}

/// Whether an `@` is in an address such as `me@example.org`. `end` begins with the first full stop behind the `@`, if there is
/// one.
fn is_mail_address(before: &str, end: &str) -> bool {
    let is_alphanumeric = |c: char| c.is_ascii_alphanumeric();
    before.ends_with(is_alphanumeric)
        && end.strip_prefix('.').is_some_and(|domain| domain.starts_with(is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, names: &[&str], doubtful: &[&str]) {
        let expected = Mentions { names: names.to_vec(), doubtful: doubtful.to_vec() };
        assert_eq!(Mentions::of(text), expected, "{text:?}");
    }

    #[test]
    fn only_the_mentions_at_the_end_count() {
        for (text, names) in [
            ("how are you? @sis @mom", &["sis", "mom"][..]),
            ("@sis", &["sis"]),
            ("  @sis   @mom  ", &["sis", "mom"]),
            ("come, @sis, @mom!", &["sis", "mom"]),
            ("@sis how are you?", &[]),
            ("@sis come here @mom", &["mom"]),
            ("write to me@example.org or @sis today", &[]),
            ("write to me@example.org", &[]),
            ("@ @sis", &["sis"]),
            ("@@sis", &["@sis"]),
            ("@127.0.0.1:36832", &["127.0.0.1:36832"]),
            ("@[::1]:36832", &["[::1]:36832"]),
            ("", &[]),
        ] {
            check(text, names, &[]);
        }
    }

    #[test]
    fn punctuation_around_a_mention_does_not_count() {
        for (text, names) in [
            ("really @sis?!", &["sis"][..]),
            ("@sis,@mom", &["sis", "mom"]),
            ("@sis,@mom, @dad", &["sis", "mom", "dad"]),
            ("@小明、@小红。", &["小明", "小红"]),
            ("（＠小明）", &["小明"]),
            ("\"@sis\"", &["sis"]),
            ("„@sis“ »@mom«", &["sis", "mom"]),
            ("¿@sis?", &["sis"]),
            ("@sis !", &["sis"]),
            ("@sis …", &["sis"]),
            ("@sis 👍🏽 :-)", &["sis"]),
            ("@sis :D", &["sis"]),
            ("@sis ;-P", &["sis"]),
            ("@sis =42", &[]),
            ("@sis @", &["sis"]),
            ("@sis @.", &["sis"]),
            ("@sis , @mom", &["sis", "mom"]),
            ("@C#", &["C#"]),
            ("@🦀", &["🦀"]),
        ] {
            check(text, names, &[]);
        }
    }

    #[test]
    fn what_may_be_a_failed_mention_is_doubtful() {
        for (text, names, doubtful) in [
            ("你好@小明", &[][..], &["小明"][..]),
            ("hi@bob", &[], &["bob"]),
            ("hi@bob @cid", &["cid"], &["bob"]),
            ("@bob,ok?", &[], &["bob", "ok?"]),
            ("x @zoe,bob", &[], &["zoe", "bob"]),
            ("x @ ann, cid, bob", &[], &["bob", "cid,", "ann,"]),
            ("x @bob <3", &["bob"], &[]),
            ("psst @ bob", &[], &["bob"]),
            ("psst@ bob", &[], &["bob"]),
            ("psst @ann, bob", &[], &["bob"]),
            ("a@b@bob", &[], &["b@bob", "bob"]),
        ] {
            check(text, names, doubtful);
        }
    }

    #[test]
    fn a_name_is_read_with_less_and_less_punctuation() {
        for (typed, expected) in [
            ("bob", &[][..]),
            ("C#", &["C"]),
            ("C#!?", &["C#", "C"]),
            ("bob~*", &["bob~", "bob"]),
            ("(bob)", &["(bob", "bob)", "bob"]),
            ("[::1]:40002)", &["[::1]:40002", "1]:40002)", "1]:40002"]),
            ("!!!", &[]),
        ] {
            assert_eq!(readings(typed).collect::<Vec<_>>(), expected, "{typed:?}");
        }
    }

    #[test]
    fn a_name_may_begin_a_word() {
        for (word, expected) in [
            ("bobby2", &["bobby2"][..]),
            ("bob's", &["bob", "bob'", "bob's"]),
            ("bob/@cid", &["bob", "bob/", "bob/@", "bob/@cid"]),
            ("bobさん", &["bob", "bobさ", "bobさん"]),
            ("小明你", &["小", "小明", "小明你"]),
            ("zoe\u{308}y", &["zoe\u{308}y"]),
            ("\"bob\"x", &["\"", "\"bob", "\"bob\"", "\"bob\"x", "bob", "bob\"", "bob\"x"]),
        ] {
            assert_eq!(beginnings(word).collect::<Vec<_>>(), expected, "{word:?}");
        }
    }
}
