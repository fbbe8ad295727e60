//! Converts the bytes that a terminal sends to keys, pastes and focus reports.
//!
//! The sequences are those of ECMA-48 and xterm. A key or a paste may arrive in parts, and its end may never come: then
//! the caller waits for [`Keys::patience`] at most and calls [`Keys::give_up`].

use std::mem;
use std::time::Duration;

/// How long the parts of a key may be apart.
const KEY_TIME: Duration = Duration::from_millis(500);
/// How long the parts of a paste may be apart. If the mark of its end is lost, the keyboard works again after this time.
const PASTE_TIME: Duration = Duration::from_secs(2);
const ESCAPE: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";
/// The maximum length of a key sequence. Longer ones are not keys.
const SEQUENCE_BYTES_MAX: usize = 32;
/// The bits of the modifier parameter for Alt and Ctrl (xterm's ctlseqs).
const ALT_OR_CONTROL: u8 = 2 | 4;

/// An event of the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Key(Key),
    /// A text that was pasted.
    Paste {
        text: String,
        /// Whether the terminal has marked it as pasted. Without the marks (bracketed paste), it can only be guessed.
        is_marked: bool,
    },
    /// The window has gained or lost the focus.
    Focus(bool),
}

/// A key, with the modifiers that change its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Text(char),
    /// A key with Ctrl, by its lower-case letter.
    Control(char),
    /// A key with Alt. Backspace is `\x7f` or `\x08`.
    Alt(char),
    Enter,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    /// Left with Ctrl or Alt.
    WordLeft,
    /// Right with Ctrl or Alt.
    WordRight,
    /// Delete with Ctrl or Alt.
    WordDelete,
    /// The Esc key, or the beginning of a key of which the rest has not arrived.
    Escape,
}

/// The state between two reads.
#[derive(Debug, Default)]
pub struct Keys {
    /// The beginning of a key.
    begun: Vec<u8>,
    /// The beginning of a paste, without its mark.
    paste: Option<Vec<u8>>,
}

/// The meaning of a sequence of bytes.
enum Meaning {
    /// More bytes are needed.
    Begun,
    Known(Input),
    PasteBegins,
    Nothing,
}

impl Keys {
    /// Appends the events in these bytes to `inputs`.
    pub fn read(&mut self, bytes: &[u8], inputs: &mut Vec<Input>) {
        inputs.extend(bytes.iter().filter_map(|&byte| self.next(byte)));
        if self.begun == [ESCAPE] {
            inputs.push(Input::Key(Key::Escape));
        }
    }

    /// How long to wait for the rest of what has begun; `None` if nothing has.
    pub fn patience(&self) -> Option<Duration> {
        match &self.paste {
            Some(_) => Some(PASTE_TIME),
            None => (!self.begun.is_empty()).then_some(KEY_TIME),
        }
    }

    /// Ends what has begun. A paste is complete as it is, and the beginning of a key is dropped.
    pub fn give_up(&mut self) -> Option<Input> {
        self.begun.clear();
        self.paste.take().map(pasted)
    }

    fn next(&mut self, byte: u8) -> Option<Input> {
        if let Some(paste) = &mut self.paste {
            paste.push(byte);
            let end = paste.len().saturating_sub(PASTE_END.len());
            if !paste.ends_with(PASTE_END) {
                return None;
            }
            paste.truncate(end);
            return self.paste.take().map(pasted);
        }
        if self.begun == [ESCAPE] && byte == ESCAPE {
            return None;
        }
        self.begun.push(byte);
        match meaning(&self.begun) {
            Meaning::Begun if self.begun.len() < SEQUENCE_BYTES_MAX => return None,
            Meaning::PasteBegins => self.paste = Some(Vec::new()),
            Meaning::Known(input) => {
                self.begun.clear();
                return Some(input);
            }
            // A byte that cannot continue the sequence begins the next one.
            Meaning::Nothing if self.begun.len() > 1 && !self.begun.starts_with(&[ESCAPE]) => {
                self.begun.clear();
                return self.next(byte);
            }
            Meaning::Begun | Meaning::Nothing => {}
        }
        self.begun.clear();
        None
    }
}

fn pasted(bytes: Vec<u8>) -> Input {
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Input::Paste { text, is_marked: true }
}

fn meaning(bytes: &[u8]) -> Meaning {
    match bytes {
        [ESCAPE] | [ESCAPE, b'[' | b'O'] | [ESCAPE, b'[', b'['] => Meaning::Begun,
        // The Enter key of the number pad.
        [ESCAPE, b'O', b'M'] => known(Some(Key::Enter)),
        [ESCAPE, b'O', last] => known(cursor_key(*last, false)),
        // A report of the mouse, which another program may have switched on.
        [ESCAPE, b'[', b'M', rest @ ..] if rest.len() < 3 => Meaning::Begun,
        [ESCAPE, b'[', b'M', ..] => Meaning::Nothing,
        // A function key of the Linux console.
        [ESCAPE, b'[', b'[', _] => Meaning::Nothing,
        [ESCAPE, b'[', .., last @ 0x20..=0x3f] if last.is_ascii() => Meaning::Begun,
        [ESCAPE, b'[', parameters @ .., last] => sequence(parameters, *last),
        [ESCAPE, rest @ ..] => character(rest, |letter| match letter {
            '\u{8}' | ' '.. => Some(Key::Alt(letter)),
            letter => key(letter),
        }),
        _ => character(bytes, key),
    }
}

fn known(key: Option<Key>) -> Meaning {
    key.map_or(Meaning::Nothing, |key| Meaning::Known(Input::Key(key)))
}

/// The meaning of a character in UTF-8, which may be incomplete.
fn character(bytes: &[u8], key: impl FnOnce(char) -> Option<Key>) -> Meaning {
    match str::from_utf8(bytes) {
        Ok(text) => known(text.chars().next().and_then(key)),
        Err(error) if error.error_len().is_none() => Meaning::Begun,
        Err(_) => Meaning::Nothing,
    }
}

fn key(letter: char) -> Option<Key> {
    Some(match letter {
        '\r' | '\n' => Key::Enter,
        '\t' => Key::Tab,
        '\u{8}' | '\u{7f}' => Key::Backspace,
        // The control characters are 64 below the upper-case letters and the signs around them.
        '\0'..='\u{1f}' => Key::Control(char::from(letter as u8 + 64).to_ascii_lowercase()),
        // The terminal would obey it when the row is painted.
        letter if letter.is_control() => return None,
        letter => Key::Text(letter),
    })
}

/// The meaning of a control sequence: `ESC [`, parameters separated by semicolons, and a last byte.
fn sequence(parameters: &[u8], last: u8) -> Meaning {
    let numbers = str::from_utf8(parameters).unwrap_or_default().split(';');
    let numbers: Vec<u8> = numbers.map(|number| number.parse().unwrap_or_default()).collect();
    let modifiers = numbers.get(1).map_or(0, |number| number.saturating_sub(1));
    let by_word = modifiers & ALT_OR_CONTROL != 0;
    match (last, numbers.first()) {
        (b'I' | b'O', _) => Meaning::Known(Input::Focus(last == b'I')),
        (b'Z', _) => known(Some(Key::BackTab)),
        (b'~', Some(200)) => Meaning::PasteBegins,
        (b'~', Some(1 | 7)) => known(Some(Key::Home)),
        (b'~', Some(4 | 8)) => known(Some(Key::End)),
        (b'~', Some(5)) => known(Some(Key::PageUp)),
        (b'~', Some(3)) => known(Some(if by_word { Key::WordDelete } else { Key::Delete })),
        _ => known(cursor_key(last, by_word)),
    }
}

fn cursor_key(last: u8, by_word: bool) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' if by_word => Key::WordRight,
        b'C' => Key::Right,
        b'D' if by_word => Key::WordLeft,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        _ => return None,
    })
}

/// Replaces keys that arrived at once by a paste, if nobody types like this: a further line begins behind two ends of
/// lines. Not every terminal marks what is pasted.
pub fn guess_pastes(inputs: Vec<Input>) -> Vec<Input> {
    let mut guessed = Vec::new();
    let mut run = Vec::new();
    for input in inputs {
        if letter(&input).is_some() {
            run.push(input);
            continue;
        }
        end_run(mem::take(&mut run), &mut guessed);
        guessed.push(input);
    }
    end_run(run, &mut guessed);
    guessed
}

fn end_run(run: Vec<Input>, guessed: &mut Vec<Input>) {
    let text: String = run.iter().filter_map(letter).collect();
    let is_typed = text.split('\n').skip(2).all(str::is_empty);
    if is_typed {
        guessed.extend(run);
    } else {
        guessed.push(Input::Paste { text, is_marked: false });
    }
}

/// The character that a key would have in a paste.
fn letter(input: &Input) -> Option<char> {
    match input {
        Input::Key(Key::Text(letter)) => Some(*letter),
        Input::Key(Key::Enter) => Some('\n'),
        Input::Key(Key::Tab) => Some('\t'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Input> {
        let mut inputs = Vec::new();
        Keys::default().read(bytes, &mut inputs);
        inputs
    }

    fn paste(text: &str, is_marked: bool) -> Input {
        Input::Paste { text: text.into(), is_marked }
    }

    #[test]
    fn each_key_has_its_bytes() {
        for (bytes, key) in [
            (b"a".as_slice(), Key::Text('a')),
            ("é".as_bytes(), Key::Text('é')),
            ("🎉".as_bytes(), Key::Text('🎉')),
            (b"\r", Key::Enter),
            (b"\n", Key::Enter),
            (b"\x1bOM", Key::Enter),
            (b"\t", Key::Tab),
            (b"\x1b[Z", Key::BackTab),
            (b"\x7f", Key::Backspace),
            (b"\x08", Key::Backspace),
            (b"\x01", Key::Control('a')),
            (b"\x1a", Key::Control('z')),
            (b"\x1c", Key::Control('\\')),
            (b"\0", Key::Control('@')),
            (b"\x1bf", Key::Alt('f')),
            (b"\x1b\x7f", Key::Alt('\u{7f}')),
            (b"\x1b\x03", Key::Control('c')),
            ("\u{1b}é".as_bytes(), Key::Alt('é')),
            (b"\x1b[A", Key::Up),
            (b"\x1bOB", Key::Down),
            (b"\x1b\x1b[C", Key::Right),
            (b"\x1b[1;5D", Key::WordLeft),
            (b"\x1b[1;3C", Key::WordRight),
            (b"\x1b[1;2C", Key::Right),
            (b"\x1b[H", Key::Home),
            (b"\x1b[7~", Key::Home),
            (b"\x1b[4~", Key::End),
            (b"\x1b[3~", Key::Delete),
            (b"\x1b[3;5~", Key::WordDelete),
            (b"\x1b", Key::Escape),
        ] {
            assert_eq!(read(bytes), [Input::Key(key)], "{bytes:?}");
        }
        assert_eq!(read(b"\x1b[I\x1b[O"), [Input::Focus(true), Input::Focus(false)]);
        // F1 in three ways, two reports of a mouse, and below a sequence that is too long.
        let long = [b"\x1b[".as_slice(), &[b'1'; 31], b"x"].concat();
        for bytes in [b"\x1bOP".as_slice(), b"\x1b[[A", b"\x1b[11~", b"\x1b[<0;3;4M", b"\x1b[M a\r"]
        {
            assert_eq!(read(bytes), [], "{bytes:?}");
        }
        assert_eq!(
            read(&long).last(),
            Some(&Input::Key(Key::Text('x'))),
            "the keyboard still works"
        );
        // Bytes of another encoding are dropped, and what follows them is not.
        assert_eq!(read(b"\xe9a\xff\xc2\x9b"), [Input::Key(Key::Text('a'))]);
    }

    #[test]
    fn a_key_or_a_paste_may_come_in_parts() {
        let mut keys = Keys::default();
        let bytes = "é\u{1b}[D\u{1b}[200~two\r日本\u{1b}[2D\u{1b}[201~x";
        let mut inputs = Vec::new();
        for byte in bytes.bytes() {
            keys.read(&[byte], &mut inputs);
        }
        inputs.retain(|input| *input != Input::Key(Key::Escape));
        let expected = [
            Input::Key(Key::Text('é')),
            Input::Key(Key::Left),
            paste("two\r日本\u{1b}[2D", true),
            Input::Key(Key::Text('x')),
        ];
        assert_eq!(inputs, expected);
        assert_eq!(keys.patience(), None);
    }

    #[test]
    fn what_has_no_end_does_not_keep_the_keyboard() {
        let mut keys = Keys::default();
        let mut inputs = Vec::new();
        keys.read(b"\x1b[", &mut inputs);
        assert_eq!(keys.patience(), Some(KEY_TIME));
        assert_eq!(keys.give_up(), None);
        keys.read(b"A\x1b[200~lost\x1b[20", &mut inputs);
        assert_eq!(inputs, [Input::Key(Key::Text('A'))]);
        assert_eq!(keys.patience(), Some(PASTE_TIME));
        assert_eq!(keys.give_up(), Some(paste("lost\u{1b}[20", true)));
        keys.read(b"B\x1b[201~", &mut inputs);
        assert_eq!(inputs[1..], [Input::Key(Key::Text('B'))]);
    }

    #[test]
    fn lines_that_come_at_once_are_a_paste() {
        let guessed = |bytes: &[u8]| guess_pastes(read(bytes));
        for text in ["a\rb\rc", "/who\r\rb\r", "a\r\tb\r日"] {
            assert_eq!(
                guessed(text.as_bytes()),
                [paste(&text.replace('\r', "\n"), false)],
                "{text}"
            );
        }
        // These may have been typed while the client was busy.
        for typed in [
            b"one\r".as_slice(),
            b"one\rtwo\r",
            b"one\rtwo",
            b"\r\r\r",
            b"one\r\r\r",
            b"a\x15b\rc\r",
        ] {
            assert_eq!(guessed(typed), read(typed), "{typed:?}");
        }
        let both = guessed(b"\x15a\rb\rc\r\x1b[A");
        let ends = [Input::Key(Key::Control('u')), paste("a\nb\nc\n", false), Input::Key(Key::Up)];
        assert_eq!(both, ends);
    }
}
