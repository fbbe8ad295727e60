//! What keys and pastes do to the line that a person types. Without a terminal: keys in, actions out.

use std::collections::VecDeque;
use std::mem;

use chatserv::chat::typed_command;
use chatserv::protocol::clean;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tui_input::{Input, InputRequest};

use super::history::{History, is_secret};
use super::row::Row;
use super::tab::Tab;
use crate::client::complete::Known;
use crate::client::{Event, Line, Prompt, Role};

/// As many lines may be pasted without a question.
const PASTED_LINES_MAX: usize = 3;
/// The line is full at more bytes than the server takes in one line.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// What is to be done about a key or a paste.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Tell the session.
    Tell(Event),
    /// Show a line above the prompt.
    Show(Line),
    Ring,
    /// Give the terminal to the shell until it continues the job.
    Suspend,
    /// End at once, as SIGQUIT does.
    Quit,
    /// Have an empty screen.
    ScrollAway,
}

/// The line that a person types.
#[derive(Debug, Default)]
pub struct Editor {
    input: Input,
    history: History,
    /// The line of the history that is shown, and what was typed before.
    browsed: Option<(usize, String)>,
    search: Option<Search>,
    tab: Tab,
    prompt: Prompt,
    /// The typed lines that the session has not taken yet, each with its number.
    entered: VecDeque<(u64, String)>,
    /// How many lines and pastes have been given to the session.
    given: u64,
    /// Ctrl-C on an empty line was the last key: once more, and it leaves.
    is_leaving: bool,
}

/// A search in the history.
#[derive(Debug)]
struct Search {
    text: String,
    found: Option<usize>,
    /// What was typed before.
    draft: String,
}

impl Editor {
    pub fn new(history: History) -> Self {
        Self { history, ..Self::default() }
    }

    /// The prompt is this from now on.
    pub fn set_prompt(&mut self, prompt: Prompt) {
        self.entered.retain(|(number, _)| *number > prompt.taken);
        self.prompt = prompt;
    }

    pub fn is_empty(&self) -> bool {
        self.input.value().is_empty() && self.search.is_none()
    }

    /// What the row shows.
    pub fn row(&self) -> Row {
        if let Some(search) = &self.search {
            let found = search.found.and_then(|index| self.history.get(index));
            return Row {
                prompt: format!("(reverse-i-search)`{}': ", search.text),
                text: found.unwrap_or_default().to_owned(),
                cursor: 0,
                hint: String::new(),
            };
        }
        if let Some(question) = self.question() {
            return Row { prompt: format!("{question} "), ..Row::default() };
        }
        let waiting = self.prompt.waiting + self.entered.len();
        let is_typing = !self.is_empty();
        let prompt = &self.prompt.text;
        let last = self.entered.back().map(|(_, line)| line).or(self.prompt.last_waiting.as_ref());
        Row {
            prompt: match waiting {
                // A single line stands where it was typed until the next one is.
                0 | 1 if !is_typing || waiting == 0 => prompt.clone(),
                _ => format!("({waiting} waiting) {prompt}"),
            },
            text: self.input.value().to_owned(),
            cursor: self.cursor(),
            hint: if is_typing { String::new() } else { last.cloned().unwrap_or_default() },
        }
    }

    /// A key was pressed.
    pub fn key(&mut self, key: KeyEvent, known: &Known) -> Vec<Action> {
        if key.kind == KeyEventKind::Release {
            return Vec::new();
        }
        let again = mem::take(&mut self.is_leaving);
        let code = (key.code, key.modifiers - KeyModifiers::SHIFT);
        if self.search.is_some() && self.search_key(code) {
            return Vec::new();
        }
        const NONE: KeyModifiers = KeyModifiers::NONE;
        const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
        match code {
            (KeyCode::Char('z'), CONTROL) => return vec![Action::Suspend],
            // The key `Ctrl-\`, as terminals have sent it since VT100 times.
            (KeyCode::Char('4' | '\\'), CONTROL) => return vec![Action::Quit],
            _ if self.question().is_some() => return self.question_key(code),
            (KeyCode::Enter, _) | (KeyCode::Char('j'), CONTROL) => return self.enter(),
            (KeyCode::Tab, NONE) if self.is_empty() => {
                return vec![Action::Tell(Event::TabPressed)];
            }
            (KeyCode::Tab, NONE) => return self.complete(false, known),
            (KeyCode::BackTab, _) => return self.complete(true, known),
            (KeyCode::Char('c'), CONTROL) => return self.interrupt(again),
            (KeyCode::Char('d'), CONTROL) if self.is_empty() => {
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

    /// A text was pasted. One line goes into the typed line, whatever its end. Several are sent as text, the last one only
    /// if it has an end. More than [`PASTED_LINES_MAX`] are sent together, after a question of the session.
    pub fn paste(&mut self, text: &str) -> Vec<Action> {
        self.leave_search();
        self.is_leaving = false;
        let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
        let mut lines: Vec<String> =
            text.split('\n').map(|line| clean(line.as_bytes()).text).collect();
        // `split` finds one more line behind the last line end.
        let open = if text.ends_with('\n') { lines.pop() } else { None }.is_none();
        let is_command = typed_command(self.input.value()).is_some();
        if lines.len() <= 1 || is_command {
            // What follows a command belongs to it: nobody else may read the second line of a private message.
            let line = lines.join(" ");
            let begins = self.input.value().is_empty();
            return self.insert(&(if begins { as_text(line) } else { line }));
        }
        let (before, behind) = self.input.value().split_at(self.cursor());
        if let Some(first) = lines.first_mut() {
            first.insert_str(0, before);
        }
        if let Some(last) = lines.last_mut() {
            last.push_str(behind);
        }
        let rest = if open && lines.len() <= PASTED_LINES_MAX { lines.pop() } else { None };
        let at = rest.as_ref().map_or(0, |rest| rest.len() - behind.len());
        self.set_line(rest.unwrap_or_default(), at);
        self.given += 1;
        self.entered.extend(lines.last().map(|line| (self.given, line.clone())));
        vec![Action::Tell(Event::Pasted(lines))]
    }

    /// The question that keys answer now. A typed line is finished before.
    fn question(&self) -> Option<&str> {
        self.prompt.question.as_deref().filter(|_| self.is_empty())
    }

    fn question_key(&mut self, code: (KeyCode, KeyModifiers)) -> Vec<Action> {
        let yes = match code {
            (KeyCode::Char('y' | 'Y'), KeyModifiers::NONE) => true,
            (KeyCode::Char('n' | 'N'), KeyModifiers::NONE)
            | (KeyCode::Char('c' | 'g'), KeyModifiers::CONTROL)
            | (KeyCode::Esc, _) => false,
            (KeyCode::Char('d'), KeyModifiers::CONTROL) => {
                return vec![Action::Tell(Event::InputEnded)];
            }
            _ => return vec![Action::Ring],
        };
        // The session has the answer before its next prompt comes.
        self.prompt.question = None;
        vec![Action::Tell(Event::Answered(yes))]
    }

    fn enter(&mut self) -> Vec<Action> {
        self.leave_search();
        let line = self.input.value_and_reset();
        self.browsed = None;
        self.given += 1;
        let mut actions = Vec::new();
        if let Err(complaint) = self.history.add(&line) {
            actions.push(Action::Show(Line::notice(&complaint)));
        }
        if typed_command(&line).is_some() {
            // A command stays on the screen, since what it does may not show that it was given.
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

    /// Ctrl-C clears the line. On an empty one it drops what waits, or says how to leave, and then leaves.
    fn interrupt(&mut self, again: bool) -> Vec<Action> {
        self.browsed = None;
        if !self.is_empty() {
            self.search = None;
            self.input.reset();
            return Vec::new();
        }
        if self.prompt.waiting > 1 {
            return vec![Action::Tell(Event::Dropped)];
        }
        if again {
            return vec![Action::Tell(Event::Interrupted)];
        }
        self.is_leaving = true;
        vec![Action::Show(Line::notice("-- Ctrl-C again, or Ctrl-D, leaves."))]
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

    /// Shows the line of the history before the one that is shown, or the one behind it.
    fn browse(&mut self, back: bool) {
        let (index, draft) = match self.browsed.take() {
            Some(browsed) => browsed,
            None => (self.history.len(), self.input.value().to_owned()),
        };
        let wanted = if back { index.checked_sub(1) } else { Some(index + 1) };
        let line = wanted.and_then(|index| self.history.get(index)).map(str::to_owned);
        match (wanted, line) {
            (Some(wanted), Some(line)) => {
                self.input = Input::new(line);
                self.browsed = Some((wanted, draft));
            }
            // Behind the last one is what was typed.
            _ if !back => self.input = Input::new(draft),
            _ => self.browsed = Some((index, draft)),
        }
    }

    /// Returns whether the key belongs to the search. Any other key ends it and then does what it does.
    fn search_key(&mut self, code: (KeyCode, KeyModifiers)) -> bool {
        let Some(search) = &mut self.search else {
            return false;
        };
        let before = match code {
            (KeyCode::Char('r'), KeyModifiers::CONTROL) => search.found.unwrap_or(usize::MAX),
            (KeyCode::Char('c' | 'g'), KeyModifiers::CONTROL) | (KeyCode::Esc, _) => {
                self.input = Input::new(mem::take(&mut search.draft));
                self.search = None;
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
        if let Some(found) = self.history.find(&search.text, before) {
            search.found = Some(found);
        }
        true
    }

    /// Takes the line that was found, or what was typed before.
    fn leave_search(&mut self) {
        if let Some(search) = self.search.take() {
            let found = search.found.and_then(|index| self.history.get(index));
            self.input = Input::new(found.map_or(search.draft, str::to_owned));
        }
    }

    /// Exchanges the letters on both sides of the cursor, or the last two.
    fn transpose(&mut self) {
        let end = self.input.value().chars().count();
        let at =
            if self.input.cursor() == end { end.saturating_sub(1) } else { self.input.cursor() };
        let mut letters: Vec<char> = self.input.value().chars().collect();
        if at > 0 && end > 1 {
            letters.swap(at - 1, at);
            self.input = Input::new(letters.into_iter().collect()).with_cursor(at + 1);
        }
    }

    fn insert(&mut self, text: &str) -> Vec<Action> {
        if self.input.value().len() + text.len() > LINE_BYTES_MAX {
            return vec![Action::Ring];
        }
        let (before, behind) = self.input.value().split_at(self.cursor());
        let line = [before, text, behind].concat();
        let at = before.len() + text.len();
        // Not by `InsertChar` for each letter, which would take a paste's length squared. What was cut is kept.
        self.set_line(line, at);
        Vec::new()
    }

    /// Replaces the line, but not what was cut; `at` is the cursor's place in bytes.
    fn set_line(&mut self, line: String, at: usize) {
        let cursor = line[..at].chars().count();
        self.input = mem::take(&mut self.input).with_value(line).with_cursor(cursor);
    }

    /// The place of the cursor in bytes.
    fn cursor(&self) -> usize {
        let value = self.input.value();
        value.char_indices().nth(self.input.cursor()).map_or(value.len(), |(at, _)| at)
    }
}

/// The line as it is typed to be said: two slashes say a line that begins with one.
fn as_text(mut line: String) -> String {
    let is_slash = |letter: char| typed_command(&format!("{letter}x")).is_some();
    if let Some(at) = line.find(is_slash)
        && typed_command(&[&line[..at], "/x"].concat()).is_some()
    {
        line.insert(at, '/');
    }
    line
}

/// The keys of Emacs, as shells have them.
fn request((code, modifiers): (KeyCode, KeyModifiers)) -> Option<InputRequest> {
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
