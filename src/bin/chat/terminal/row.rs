//! Rendering of the input row.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::client::paint::GREY;

/// Moves to the beginning of the row, and erases it and everything below it. After a resize, the terminal may have
/// wrapped the row, and then only its second half is below it.
pub const ERASE: &str = "\r\u{1b}[J";
/// Switches off automatic wrapping (DECAWM). Even if the terminal assumes another width for a character, the text
/// cannot spoil another row.
const WRAP_OFF: &str = "\u{1b}[?7l";
const WRAP_ON: &str = "\u{1b}[?7h";
/// Moves to the beginning of the row.
const BEGIN: &str = "\r";
/// Marks text that was cut off.
const CUT: &str = "…";
/// The width of the prompt's end that is always shown, such as `(y/n) `.
const END_COLUMNS: usize = 7;

/// The content of the row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The text before the typed line.
    pub prompt: String,
    pub text: String,
    /// The cursor's byte offset in the text.
    pub cursor: usize,
    /// Grey text after the typed line.
    pub hint: String,
}

impl Row {
    /// Renders the row, which has been erased, on a screen of this width. `scroll` is the number of columns that are
    /// scrolled off to the left. It changes only if the cursor would leave the screen.
    pub fn paint(&self, columns: usize, scroll: &mut usize, colours: bool) -> String {
        // One column stays free for the cursor after the last character.
        let columns = columns.saturating_sub(1);
        // A question may fill the whole row.
        let whole = self.text.is_empty() && self.hint.is_empty();
        let prompt_columns = if whole { columns.saturating_sub(1) } else { columns / 2 };
        let prompt = &shortened(&self.prompt, prompt_columns);
        let room = columns.saturating_sub(prompt.width()).max(1);
        let (before, behind) = self.text.split_at_checked(self.cursor).unwrap_or((&self.text, ""));
        let (cursor, all) = (before.width(), self.text.width());
        if all <= room {
            *scroll = 0;
        } else if cursor <= *scroll || cursor > *scroll + room {
            // Scrolling leaves a third of the screen before the cursor, or after it.
            let third = room / 3;
            let wanted = if cursor <= *scroll { third } else { room - third };
            *scroll = cursor.saturating_sub(wanted).min(all - room);
        }
        let (mark, hidden) = if *scroll > 0 { (CUT, *scroll + 1) } else { ("", 0) };
        let before = without_columns(before, hidden);
        let behind = first_columns(behind, (*scroll + room).saturating_sub(cursor));
        let free = room.saturating_sub(mark.width() + before.width() + behind.width());
        let hint = match (colours, self.hint.is_empty()) {
            (_, true) => String::new(),
            (true, _) => format!("\u{1b}[{GREY}m{}\u{1b}[0m", first_columns(&self.hint, free)),
            (false, _) => first_columns(&format!("(sending) {}", self.hint), free).to_owned(),
        };
        // The text before the cursor is written again to place the cursor. So the cursor is right even if the widths
        // are not, and it stays in this row even if the screen is resized meanwhile.
        let begin = [prompt, mark, before].concat();
        [WRAP_OFF, &begin, behind, &hint, BEGIN, &begin, WRAP_ON].concat()
    }
}

/// The characters of the text that begin at or after this column.
fn without_columns(text: &str, columns: usize) -> &str {
    let mut column = 0;
    for (at, letter) in text.grapheme_indices(true) {
        if column >= columns {
            return &text[at..];
        }
        column += letter.width();
    }
    ""
}

/// The longest beginning of the text that fits.
fn first_columns(text: &str, columns: usize) -> &str {
    let mut column = 0;
    for (at, letter) in text.grapheme_indices(true) {
        column += letter.width();
        if column > columns {
            return &text[..at];
        }
    }
    text
}

/// Shortens the text in the middle, if it does not fit.
fn shortened(text: &str, columns: usize) -> String {
    let width = text.width();
    if width <= columns {
        return text.to_owned();
    }
    let end = without_columns(text, width - columns.min(END_COLUMNS));
    let begin = columns.saturating_sub(end.width() + CUT.width());
    let cut = if begin == 0 { "" } else { CUT };
    [first_columns(text, begin), cut, end].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The row as a screen shows it, with `|` for the cursor.
    fn shown(row: &Row, columns: usize, scroll: &mut usize) -> String {
        let painted = row.paint(columns, scroll, false);
        let painted = painted.strip_prefix(WRAP_OFF).unwrap();
        let (all, begin) = painted.strip_suffix(WRAP_ON).unwrap().split_once(BEGIN).unwrap();
        format!("{begin}|{}", all.strip_prefix(begin).unwrap())
    }

    fn row(text: &str) -> Row {
        let cursor = text.find('|').unwrap();
        Row { prompt: "> ".into(), text: text.replacen('|', "", 1), cursor, hint: String::new() }
    }

    #[test]
    fn a_short_text_stands_behind_its_prompt() {
        assert_eq!(shown(&row("hel|lo"), 20, &mut 0), "> hel|lo");
        assert_eq!(shown(&row("|"), 20, &mut 9), "> |");
        let waiting = Row { hint: "hello to you all".into(), ..row("|") };
        assert_eq!(shown(&waiting, 40, &mut 0), "> |(sending) hello to you all");
        assert_eq!(shown(&waiting, 15, &mut 0), "> |(sending) he");
        let dimmed = waiting.paint(40, &mut 0, true);
        assert!(dimmed.contains("> \u{1b}[38;5;244mhello to you all\u{1b}[0m"), "{dimmed:?}");
    }

    #[test]
    fn a_long_text_moves_only_if_the_cursor_would_leave_the_screen() {
        let mut scroll = 0;
        let text = "abcdefghijklmnopqrstuvwxyz";
        let at = |cursor: usize| Row { cursor, ..row(&format!("{text}|")) };
        assert_eq!(shown(&at(0), 15, &mut scroll), "> |abcdefghijkl");
        assert_eq!(shown(&at(12), 15, &mut scroll), "> abcdefghijkl|");
        assert_eq!(shown(&at(13), 15, &mut scroll), "> …ghijklm|nopq");
        assert_eq!(shown(&at(8), 15, &mut scroll), "> …gh|ijklmnopq");
        assert_eq!(shown(&at(26), 15, &mut scroll), "> …pqrstuvwxyz|");
        assert_eq!(shown(&at(3), 15, &mut scroll), "> abc|defghijkl");
    }

    #[test]
    fn no_row_is_wider_than_the_screen() {
        let texts =
            ["|", "日本語の|チャット🎉🎉🎉", "👩\u{200d}👩\u{200d}👧 🇩🇪 e\u{301}|xyz", "ab|"];
        for text in texts {
            for columns in 2..30 {
                for prompt in ["", "> ", "a long room [ops 3, lab 1!]> "] {
                    let row = Row { prompt: prompt.into(), hint: "waiting".into(), ..row(text) };
                    let shown = shown(&row, columns, &mut 0);
                    assert!(
                        shown.replacen('|', "", 1).width() < columns.max(3),
                        "{columns}: {shown}"
                    );
                }
            }
        }
    }

    #[test]
    fn of_a_long_prompt_the_begin_and_the_end_are_shown() {
        let asks = Row { prompt: "/kick bob for being very rude? (y/n) ".into(), ..Row::default() };
        assert_eq!(shown(&asks, 60, &mut 0), "/kick bob for being very rude? (y/n) |");
        assert_eq!(shown(&asks, 24, &mut 0), "/kick bob for … (y/n) |");
        assert_eq!(shown(&asks, 8, &mut 0), "(y/n) |");
    }

    #[test]
    fn letters_are_never_cut() {
        let family = "👩\u{200d}👩\u{200d}👧";
        let row = Row { prompt: String::new(), ..row(&format!("{}|", family.repeat(20))) };
        for columns in 2..30 {
            let shown = shown(&row, columns, &mut 0);
            assert_eq!(shown.replace(family, "").trim_matches(['…', '|']), "", "{columns}");
        }
    }
}
