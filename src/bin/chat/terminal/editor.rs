//! The line editor. It does not use a terminal: keys in, actions out.

use std::collections::VecDeque;
use std::mem;

use chatserv::chat::{Request, parse_line, typed_command};
use chatserv::protocol::clean;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tui_input::{Input, InputRequest};

use super::history::{History, is_secret};
use super::row::Row;
use super::tab::Tab;
use crate::client::complete::Known;
use crate::client::{Event, Line, Prompt, Role};

/// The maximum number of pasted lines that are sent without a question.
const PASTED_LINES_MAX: usize = 3;
/// The maximum length of the typed line, which is more than the server accepts.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// A key with its modifiers.
type Key = (KeyCode, KeyModifiers);

/// An action that results from a key or a paste.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Send an event to the session.
    Tell(Event),
    /// Show a line above the prompt.
    Show(Line),
    Ring,
    /// Give the terminal to the shell until it continues the job.
    Suspend,
    /// Quit at once, as SIGQUIT does.
    Quit,
    /// Clear the screen by scrolling it into the scrollback.
    ScrollAway,
}

/// The state of the line editor.
#[derive(Debug, Default)]
pub struct Editor {
    input: Input,
    history: History,
    /// The history entry that is shown, and the line that was typed before.
    browsed: Option<(usize, String)>,
    search: Option<Search>,
    tab: Tab,
    prompt: Prompt,
    /// The typed lines that the session has not processed yet, each with its number.
    entered: VecDeque<(u64, String)>,
    /// The number of lines and pastes that were sent to the session.
    given: u64,
    /// The last key was Ctrl-C on an empty line. The next Ctrl-C leaves.
    is_leaving: bool,
    /// Ctrl-D was pressed, so Ctrl-C leaves at once.
    has_ended: bool,
    /// The line was begun after the question appeared, so it may be the answer.
    is_answer: bool,
    prefix: Prefix,
}

/// The beginning of a key sequence, which may arrive in parts over a slow connection.
#[derive(Debug, Default)]
enum Prefix {
    #[default]
    None,
    /// Esc. The next key is taken with Alt.
    Escape,
    /// Esc and `[` or `O`, followed by these characters.
    Sequence(String),
}

/// A search in the history.
#[derive(Debug)]
struct Search {
    text: String,
    found: Option<usize>,
    /// The line that was typed before the search.
    draft: String,
}

impl Editor {
    pub fn new(history: History) -> Self {
        Self { history, ..Self::default() }
    }

    /// Replaces the prompt.
    pub fn set_prompt(&mut self, prompt: Prompt) {
        self.entered.retain(|(number, _)| *number > prompt.taken);
        self.prompt = prompt;
    }

    pub fn is_empty(&self) -> bool {
        self.input.value().is_empty() && self.search.is_none()
    }

    /// The row to be shown.
    pub fn row(&self) -> Row {
        if let Some(search) = &self.search {
            let found = search.found.and_then(|index| self.history.get(index));
            let text = found.unwrap_or_default();
            return Row {
                prompt: format!("(reverse-i-search)`{}': ", search.text),
                cursor: text.find(&search.text).unwrap_or_default(),
                text: text.to_owned(),
                hint: String::new(),
            };
        }
        let (text, cursor) = self.shown_line();
        if let Some(question) = &self.prompt.question
            && (self.is_answer || text.is_empty())
        {
            return Row { prompt: format!("{question} "), text, cursor, hint: String::new() };
        }
        let waiting = self.prompt.waiting + self.entered.len();
        let is_typing = !self.is_empty();
        let prompt = &self.prompt.text;
        let last = self.entered.back().map(|(_, line)| line).or(self.prompt.last_waiting.as_ref());
        Row {
            prompt: match waiting {
                // A single waiting line is shown as the hint until the user types again.
                0 | 1 if !is_typing || waiting == 0 => prompt.clone(),
                _ => format!("({waiting} waiting) {prompt}"),
            },
            text,
            cursor,
            hint: if is_typing { String::new() } else { last.cloned().unwrap_or_default() },
        }
    }

    /// Handles a key.
    pub fn key(&mut self, key: KeyEvent, known: &Known) -> Vec<Action> {
        if key.kind == KeyEventKind::Release {
            return Vec::new();
        }
        let Some(code) = self.whole_key((key.code, key.modifiers - KeyModifiers::SHIFT)) else {
            return Vec::new();
        };
        let again = mem::take(&mut self.is_leaving);
        if self.is_empty() {
            self.is_answer = self.prompt.question.is_some();
        }
        if self.search.is_some() && self.search_key(code) {
            return Vec::new();
        }
        const NONE: KeyModifiers = KeyModifiers::NONE;
        const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
        match code {
            (KeyCode::Char('z'), CONTROL) => return vec![Action::Suspend],
            // The key `Ctrl-\`, as terminals have sent it since the VT100.
            (KeyCode::Char('4' | '\\'), CONTROL) => return vec![Action::Quit],
            (KeyCode::Enter, _) | (KeyCode::Char('j'), CONTROL) => return self.enter(),
            (KeyCode::Tab, NONE) if self.is_empty() => {
                return vec![Action::Tell(Event::TabPressed)];
            }
            (KeyCode::Tab, NONE) => return self.complete(false, known),
            (KeyCode::BackTab, _) => return self.complete(true, known),
            (KeyCode::Char('c'), CONTROL) => return self.interrupt(again),
            (KeyCode::Char('g'), CONTROL) if self.is_asked() => return self.answer(false),
            (KeyCode::Char('d'), CONTROL) if self.is_empty() => {
                self.has_ended = true;
                return vec![Action::Tell(Event::InputEnded)];
            }
            (KeyCode::Char('l'), CONTROL) => return vec![Action::ScrollAway],
            (KeyCode::Char('r'), CONTROL) => {
                let draft = self.input.value().to_owned();
                self.search = Some(Search { text: String::new(), found: None, draft });
            }
            (KeyCode::Up, _) | (KeyCode::Char('p'), CONTROL) => self.browse(true),
            (KeyCode::Down, _) | (KeyCode::Char('n'), CONTROL) => self.browse(false),
            (KeyCode::Char('t'), CONTROL) => self.transpose(),
            (KeyCode::Char(letter), NONE) => return self.insert(letter.encode_utf8(&mut [0; 4])),
            code => {
                if let Some(request) = request(code) {
                    self.input.handle(request);
                }
            }
        }
        Vec::new()
    }

    /// Handles a paste. A single line is inserted into the typed line, even if it has a line end. Several lines are
    /// sent as text, the last one only if it has a line end. More than [`PASTED_LINES_MAX`] lines are sent together,
    /// after a question by the session.
    pub fn paste(&mut self, text: &str) -> Vec<Action> {
        self.leave_search();
        self.is_leaving = false;
        let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
        let mut lines: Vec<String> =
            text.split('\n').map(|line| clean(line.as_bytes()).text).collect();
        // `split` yields an extra line after the last line end.
        let open = if text.ends_with('\n') { lines.pop() } else { None }.is_none();
        let is_command = typed_command(self.input.value()).is_some();
        if lines.len() <= 1 || is_command {
            // Lines after a command belong to it: the second line of a private message must not be sent to the room.
            let line = lines.join(" ");
            let begins = self.input.value().is_empty();
            return self.insert(&(if begins { as_text(line) } else { line }));
        }
        if lines.len() > PASTED_LINES_MAX {
            // The half-typed line is not a part of the paste.
            self.given += 1;
            return vec![Action::Tell(Event::Pasted(lines))];
        }
        let (before, behind) = self.input.value().split_at(self.cursor());
        if let Some(first) = lines.first_mut() {
            first.insert_str(0, before);
        }
        if let Some(last) = lines.last_mut() {
            last.push_str(behind);
        }
        let rest = if open { lines.pop() } else { None };
        let at = rest.as_ref().map_or(0, |rest| rest.len() - behind.len());
        self.set_line(rest.unwrap_or_default(), at);
        self.given += 1;
        self.entered.extend(lines.last().map(|line| (self.given, line.clone())));
        vec![Action::Tell(Event::Pasted(lines))]
    }

    /// Drops the beginning of a key sequence that has timed out.
    pub fn forget_prefix(&mut self) {
        self.prefix = Prefix::None;
    }

    /// Assembles a key that arrives in parts. Returns `None` if it is incomplete.
    fn whole_key(&mut self, (code, modifiers): Key) -> Option<Key> {
        match (mem::take(&mut self.prefix), code) {
            (Prefix::None, KeyCode::Esc) => {
                self.prefix = Prefix::Escape;
                // A lone Esc ends a search.
                self.search.is_some().then_some((code, modifiers))
            }
            (Prefix::None, KeyCode::Char('[' | 'O')) if modifiers == KeyModifiers::ALT => {
                self.prefix = Prefix::Sequence(String::new());
                None
            }
            (Prefix::None, _) => Some((code, modifiers)),
            (Prefix::Escape, KeyCode::Char('[' | 'O')) => {
                self.prefix = Prefix::Sequence(String::new());
                None
            }
            (Prefix::Escape, _) => Some((code, modifiers | KeyModifiers::ALT)),
            (Prefix::Sequence(mut begun), KeyCode::Char(letter)) => {
                begun.push(letter);
                let code = match &*begun {
                    "A" => KeyCode::Up,
                    "B" => KeyCode::Down,
                    "C" => KeyCode::Right,
                    "D" => KeyCode::Left,
                    "H" | "1~" | "7~" => KeyCode::Home,
                    "F" | "4~" | "8~" => KeyCode::End,
                    "3~" => KeyCode::Delete,
                    _ if letter.is_ascii_digit() || letter == ';' => {
                        self.prefix = Prefix::Sequence(begun);
                        return None;
                    }
                    // The key has no meaning here.
                    _ => return None,
                };
                Some((code, KeyModifiers::NONE))
            }
            (Prefix::Sequence(_), _) => Some((code, modifiers)),
        }
    }

    /// The line as the row shows it, and the cursor's place in it. A password is masked: a terminal that becomes
    /// narrower may leave a part of the row on the screen.
    fn shown_line(&self) -> (String, usize) {
        let (line, cursor) = (self.input.value(), self.cursor());
        match line.split_once(' ') {
            Some((command, _)) if is_secret(line) => {
                let shown = |text: &str| {
                    let letters = text.char_indices();
                    let hide = |(at, letter)| if at > command.len() { '*' } else { letter };
                    letters.map(hide).collect::<String>()
                };
                (shown(line), shown(&line[..cursor]).len())
            }
            _ => (line.to_owned(), cursor),
        }
    }

    /// Returns whether the row shows a question and the line is empty.
    fn is_asked(&self) -> bool {
        self.prompt.question.is_some() && self.is_empty()
    }

    fn answer(&mut self, yes: bool) -> Vec<Action> {
        // The session receives the answer before it sends the next prompt.
        self.prompt.question = None;
        vec![Action::Tell(Event::Answered(yes))]
    }

    fn enter(&mut self) -> Vec<Action> {
        self.leave_search();
        let line = self.input.value_and_reset();
        self.browsed = None;
        if self.is_answer && self.prompt.question.is_some() {
            match line.trim().to_lowercase().as_str() {
                "y" | "yes" => return self.answer(true),
                "n" | "no" => return self.answer(false),
                // The line is a message and not an answer.
                _ => {}
            }
        }
        self.given += 1;
        let mut actions = Vec::new();
        if let Err(complaint) = self.history.add(&line) {
            actions.push(Action::Show(Line::notice(&complaint)));
        }
        if typed_command(&line).is_some() {
            // A command stays on the screen, since its effect may not show that it was given.
            if !is_secret(&line) {
                actions.push(Action::Show(Line::of(
                    Role::Text,
                    &format!("{}{line}", self.prompt.text),
                )));
            }
        } else if !line.trim().is_empty() {
            self.entered.push_back((self.given, line.clone()));
        }
        actions.push(Action::Tell(Event::Typed(line)));
        actions
    }

    /// Handles Ctrl-C, which clears the line. On an empty line, it answers no, drops waiting lines, or says how to
    /// leave. Another Ctrl-C leaves.
    fn interrupt(&mut self, again: bool) -> Vec<Action> {
        self.browsed = None;
        if !self.is_empty() {
            self.search = None;
            self.set_line(String::new(), 0);
            return Vec::new();
        }
        if again || self.has_ended {
            return vec![Action::Tell(Event::Interrupted)];
        }
        if self.is_asked() {
            return self.answer(false);
        }
        self.is_leaving = true;
        if self.prompt.waiting > 1 {
            return vec![Action::Tell(Event::Dropped)];
        }
        vec![Action::Show(Line::notice("-- Press Ctrl-C again, or Ctrl-D, to leave."))]
    }

    fn complete(&mut self, backward: bool, known: &Known) -> Vec<Action> {
        let (line, cursor) = (self.input.value().to_owned(), self.cursor());
        self.tab.backward = backward;
        let choice = self.tab.choose(&line, cursor, |line, cursor| known.complete(line, cursor));
        let Some((start, text)) = choice else {
            return vec![Action::Ring];
        };
        let at = start + text.len();
        self.set_line([&line[..start], &text, &line[cursor..]].concat(), at);
        Vec::new()
    }

    /// Shows the previous or the next entry of the history.
    fn browse(&mut self, back: bool) {
        let (index, draft) = match self.browsed.take() {
            Some(browsed) => browsed,
            None => (self.history.len(), self.input.value().to_owned()),
        };
        let wanted = if back { index.checked_sub(1) } else { Some(index + 1) };
        let line = wanted.and_then(|index| self.history.get(index)).map(str::to_owned);
        match (wanted, line) {
            (Some(wanted), Some(line)) => {
                self.set_line_to_end(line);
                self.browsed = Some((wanted, draft));
            }
            // The typed line comes after the last entry.
            _ if !back => self.set_line_to_end(draft),
            _ => self.browsed = Some((index, draft)),
        }
    }

    /// Handles a key during a search. Returns whether the key belongs to the search; any other key ends it and then has
    /// its usual effect.
    fn search_key(&mut self, code: Key) -> bool {
        let Some(search) = &mut self.search else {
            return false;
        };
        let before = match code {
            (KeyCode::Char('r'), KeyModifiers::CONTROL) => search.found.unwrap_or(usize::MAX),
            (KeyCode::Char('c' | 'g'), KeyModifiers::CONTROL) | (KeyCode::Esc, _) => {
                let draft = mem::take(&mut search.draft);
                self.search = None;
                self.set_line_to_end(draft);
                return true;
            }
            (KeyCode::Backspace, _) => {
                search.text.pop();
                usize::MAX
            }
            (KeyCode::Char(letter), KeyModifiers::NONE) => {
                search.text.push(letter);
                search.found.map_or(usize::MAX, |index| index + 1)
            }
            _ => {
                self.leave_search();
                return false;
            }
        };
        search.found = self.history.find(&search.text, before);
        true
    }

    /// Ends the search with the entry found, or with the line that was typed before.
    fn leave_search(&mut self) {
        if let Some(search) = self.search.take() {
            let found = search.found.and_then(|index| self.history.get(index));
            self.set_line_to_end(found.map_or(search.draft, str::to_owned));
        }
    }

    /// Transposes the characters around the cursor, or the last two.
    fn transpose(&mut self) {
        let end = self.input.value().chars().count();
        let at =
            if self.input.cursor() == end { end.saturating_sub(1) } else { self.input.cursor() };
        let mut letters: Vec<char> = self.input.value().chars().collect();
        if at > 0 && end > 1 {
            letters.swap(at - 1, at);
            let at = letters[..=at].iter().map(|letter| letter.len_utf8()).sum();
            self.set_line(letters.into_iter().collect(), at);
        }
    }

    fn insert(&mut self, text: &str) -> Vec<Action> {
        if self.input.value().len() + text.len() > LINE_BYTES_MAX {
            return vec![Action::Ring];
        }
        let (before, behind) = self.input.value().split_at(self.cursor());
        let line = [before, text, behind].concat();
        let at = before.len() + text.len();
        // `InsertChar` for each character would take quadratic time. `set_line` keeps the text that was cut.
        self.set_line(line, at);
        Vec::new()
    }

    fn set_line_to_end(&mut self, line: String) {
        let end = line.len();
        self.set_line(line, end);
    }

    /// Replaces the line and keeps the text that was cut. `at` is the cursor's byte offset.
    fn set_line(&mut self, line: String, at: usize) {
        let cursor = line[..at].chars().count();
        self.input = mem::take(&mut self.input).with_value(line).with_cursor(cursor);
    }

    /// The cursor's byte offset.
    fn cursor(&self) -> usize {
        let value = self.input.value();
        value.char_indices().nth(self.input.cursor()).map_or(value.len(), |(at, _)| at)
    }
}

/// Escapes a line so that it is sent as text: a second slash before a line that begins with one, and a blank before the
/// word `SHUTDOWN`.
fn as_text(mut line: String) -> String {
    if matches!(parse_line(clean(line.as_bytes()), true), Ok(Some(Request::Shutdown { .. }))) {
        line.insert(0, if typed_command(&line).is_some() { '/' } else { ' ' });
        return line;
    }
    let is_slash = |letter: char| typed_command(&format!("{letter}x")).is_some();
    if let Some(at) = line.find(is_slash)
        && typed_command(&[&line[..at], "/x"].concat()).is_some()
    {
        line.insert(at, '/');
    }
    line
}

/// The key bindings of Emacs, as in shells.
fn request((code, modifiers): Key) -> Option<InputRequest> {
    use InputRequest::*;
    let (control, alt) = (KeyModifiers::CONTROL, KeyModifiers::ALT);
    let by_word = modifiers == control || modifiers == alt;
    Some(match code {
        KeyCode::Left if by_word => GoToPrevWord,
        KeyCode::Right if by_word => GoToNextWord,
        KeyCode::Left => GoToPrevChar,
        KeyCode::Right => GoToNextChar,
        KeyCode::Home => GoToStart,
        KeyCode::End => GoToEnd,
        KeyCode::Backspace if modifiers == alt => DeletePrevWord,
        KeyCode::Backspace => DeletePrevChar,
        KeyCode::Delete if by_word => DeleteNextWord,
        KeyCode::Delete => DeleteNextChar,
        KeyCode::Char(letter) if modifiers == control => match letter {
            'a' => GoToStart,
            'b' => GoToPrevChar,
            'd' => DeleteNextChar,
            'e' => GoToEnd,
            'f' => GoToNextChar,
            'h' => DeletePrevChar,
            'k' => DeleteTillEnd,
            'u' => DeleteFromStart,
            'w' => DeletePrevWord,
            'y' => Yank,
            _ => return None,
        },
        KeyCode::Char(letter) if modifiers == alt => match letter.to_ascii_lowercase() {
            'b' => GoToPrevWord,
            'd' => DeleteNextWord,
            'f' => GoToNextWord,
            _ => return None,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
