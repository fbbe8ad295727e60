//! What is pasted: its line ends send lines, and nothing else in it is a command to the line editor.

use std::mem;
use std::time::Duration;

use rustyline::{KeyCode, KeyEvent, Modifiers};

/// No paste stands still for so long: a key after that was typed.
const PASTE_PAUSE: Duration = Duration::from_secs(1);

/// A paste that is coming in, key by key, between the two marks that a terminal puts around it.
#[derive(Debug, Default)]
pub struct Paste {
    /// What has come since the last line end; none while nobody pastes.
    text: Option<String>,
    /// The key before was a carriage return, which a line feed may follow: together they are one line end.
    after_return: bool,
}

/// What a key within a paste means.
#[derive(Debug, PartialEq, Eq)]
pub enum Pasted {
    /// Nothing yet.
    Nothing,
    /// A line has come to its end; here is its text.
    Line(String),
    /// The paste has ended; here is what came after its last line end.
    End(String),
}

impl Paste {
    /// What the key means if it comes within a paste; none if it was typed. It comes so long after the one before.
    pub fn key(&mut self, key: KeyEvent, pause: Duration) -> Option<Pasted> {
        let KeyEvent(code, modifiers) = key;
        if code == KeyCode::BracketedPasteStart {
            self.text = Some(String::new());
            return Some(Pasted::Nothing);
        }
        let text = self.text.as_mut()?;
        let after_return = mem::replace(&mut self.after_return, code == KeyCode::Enter);
        Some(match (code, modifiers) {
            (KeyCode::BracketedPasteEnd, _) => Pasted::End(self.text.take().unwrap_or_default()),
            // Should the second mark be lost, the keyboard must not be.
            (KeyCode::Char('C'), Modifiers::CTRL) if pause >= PASTE_PAUSE => {
                self.text = None;
                Pasted::Nothing
            }
            (KeyCode::Char('J'), Modifiers::CTRL) if after_return => Pasted::Nothing,
            (KeyCode::Enter, _) | (KeyCode::Char('J'), Modifiers::CTRL) => {
                Pasted::Line(mem::take(text))
            }
            (KeyCode::Tab, _) => {
                text.push(' ');
                Pasted::Nothing
            }
            (KeyCode::Char(letter), Modifiers::NONE) => {
                text.push(letter);
                Pasted::Nothing
            }
            _ => Pasted::Nothing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: KeyEvent = KeyEvent(KeyCode::BracketedPasteStart, Modifiers::NONE);
    const END: KeyEvent = KeyEvent(KeyCode::BracketedPasteEnd, Modifiers::NONE);

    /// What the letters mean, as far as they mean something.
    fn meanings(paste: &mut Paste, text: &str) -> Vec<Pasted> {
        text.chars()
            .filter_map(|letter| paste.key(KeyEvent::from(letter), Duration::ZERO))
            .filter(|pasted| *pasted != Pasted::Nothing)
            .collect()
    }

    fn line(text: &str) -> Pasted {
        Pasted::Line(text.into())
    }

    #[test]
    fn line_ends_of_every_kind_send_lines_and_the_rest_stays() {
        let mut paste = Paste::default();
        assert_eq!(paste.key(START, Duration::ZERO), Some(Pasted::Nothing));
        assert_eq!(
            meanings(&mut paste, "one\rtwo\r\nthree\nfour\n\nsix"),
            ["one", "two", "three", "four", ""].map(line)
        );
        assert_eq!(paste.key(END, Duration::ZERO), Some(Pasted::End("six".into())));
        assert_eq!(paste.key(KeyEvent::from('x'), Duration::ZERO), None, "that was typed");
    }

    #[test]
    fn what_would_command_the_editor_does_nothing() {
        let mut paste = Paste::default();
        paste.key(START, Duration::ZERO);
        assert_eq!(meanings(&mut paste, "a\tb\u{1}\u{4}\u{1b}\u{7f}你"), []);
        assert_eq!(
            paste.key(KeyEvent(KeyCode::Up, Modifiers::NONE), Duration::ZERO),
            Some(Pasted::Nothing)
        );
        assert_eq!(paste.key(KeyEvent::alt('x'), Duration::ZERO), Some(Pasted::Nothing));
        assert_eq!(paste.key(END, Duration::ZERO), Some(Pasted::End("a b你".into())));
    }

    #[test]
    fn the_interrupt_key_ends_a_paste_whose_end_was_lost() {
        let mut paste = Paste::default();
        paste.key(START, Duration::ZERO);
        // Not within the text: terminals need not take it out.
        assert_eq!(meanings(&mut paste, "half\u{3}"), []);
        assert_eq!(paste.key(KeyEvent::from('x'), Duration::ZERO), Some(Pasted::Nothing));
        paste.key(KeyEvent::ctrl('C'), PASTE_PAUSE);
        assert_eq!(paste.key(KeyEvent::from('x'), Duration::ZERO), None);
        assert_eq!(paste.key(END, Duration::ZERO), None);
    }
}
