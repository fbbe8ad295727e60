//! The line editor. It does not use a terminal: keys in, actions out.

use std::collections::VecDeque;
use std::mem;

use chatserv::chat::{Request, parse_line, typed_command};
use chatserv::protocol::clean;

use super::history::{History, is_secret};
use super::keys::Key;
use super::row::Row;
use super::tab::Tab;
use super::typed_line::TypedLine;
use crate::client::complete::Known;
use crate::client::{Event, Line, Prompt, Role};

/// The maximum number of pasted lines that are sent without a question.
const PASTED_LINES_MAX: usize = 3;
/// A tab in a paste. A single blank would lose the indentation of code.
const TAB: &str = "    ";

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
    line: TypedLine,
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
}

/// A search in the history.
#[derive(Debug, Default)]
struct Search {
    text: String,
    /// The entry that is shown. It stays if nothing else contains the text.
    found: Option<usize>,
    has_failed: bool,
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
        self.line.text().is_empty() && self.search.is_none()
    }

    /// The row to be shown.
    pub fn row(&self) -> Row {
        if let Some(search) = &self.search {
            let found = search.found.and_then(|index| self.history.get(index));
            let text = found.unwrap_or_default();
            let failed = if search.has_failed { "failed " } else { "" };
            return Row {
                prompt: format!("({failed}reverse-i-search)`{}': ", search.text),
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
    pub fn key(&mut self, key: Key, known: &Known) -> Vec<Action> {
        let again = mem::take(&mut self.is_leaving);
        if self.is_empty() {
            self.is_answer = self.prompt.question.is_some();
        }
        if self.search.is_some() && self.search_key(key) {
            return Vec::new();
        }
        match key {
            Key::Control('z') => return vec![Action::Suspend],
            Key::Control('\\') => return vec![Action::Quit],
            Key::Enter => return self.enter(),
            Key::Tab if self.is_empty() => return vec![Action::Tell(Event::NextRoom)],
            Key::Alt('a') => return vec![Action::Tell(Event::NextUnseen)],
            Key::PageUp => return vec![Action::Tell(Event::WantsOlder)],
            Key::Tab => return self.complete(false, known),
            Key::BackTab => return self.complete(true, known),
            Key::Control('c') => return self.interrupt(again),
            Key::Control('g') if self.is_asked() => return self.answer(false),
            Key::Control('d') if self.is_empty() => {
                self.has_ended = true;
                return vec![Action::Tell(Event::InputEnded)];
            }
            Key::Control('l') => return vec![Action::ScrollAway],
            Key::Control('r') => {
                let draft = self.line.text().to_owned();
                self.search = Some(Search { draft, ..Search::default() });
            }
            Key::Up | Key::Control('p') => self.browse(true),
            Key::Down | Key::Control('n') => self.browse(false),
            Key::Text(letter) => return self.insert(letter.encode_utf8(&mut [0; 4])),
            key => self.line.edit(key),
        }
        Vec::new()
    }

    /// Handles a paste. A single line is inserted into the typed line, even if it has a line end. Several lines are
    /// sent as text, the last one only if it has a line end. More than [`PASTED_LINES_MAX`] lines are sent together,
    /// after a question. So are commands if the terminal has not marked the paste, since they may have been typed.
    pub fn paste(&mut self, text: &str, is_marked: bool) -> Vec<Action> {
        self.leave_search();
        self.is_leaving = false;
        let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', TAB);
        let mut lines: Vec<String> =
            text.split('\n').map(|line| clean(line.as_bytes()).text).collect();
        // `split` yields an extra line after the last line end.
        let open = if text.ends_with('\n') { lines.pop() } else { None }.is_none();
        let is_command = typed_command(self.line.text()).is_some();
        if lines.len() <= 1 || is_command {
            // Lines after a command belong to it: the second line of a private message must not be sent to the room.
            let line = lines.join(" ");
            let begins = self.line.text().is_empty();
            return self.insert(&(if begins { as_text(line) } else { line }));
        }
        let has_command = || lines.iter().any(|line| as_text(line.clone()) != *line);
        self.given += 1;
        if lines.len() > PASTED_LINES_MAX || !is_marked && has_command() {
            // The half-typed line is not a part of the paste.
            return vec![Action::Tell(Event::PasteOffered(lines))];
        }
        let (before, behind) = self.line.text().split_at(self.line.cursor());
        if let Some(first) = lines.first_mut() {
            first.insert_str(0, before);
        }
        if let Some(last) = lines.last_mut() {
            last.push_str(behind);
        }
        let rest = if open { lines.pop() } else { None };
        let at = rest.as_ref().map_or(0, |rest| rest.len() - behind.len());
        self.line.set(rest.unwrap_or_default(), at);
        self.entered.extend(lines.last().map(|line| (self.given, line.clone())));
        vec![Action::Tell(Event::Pasted(lines))]
    }

    /// The line as the row shows it, and the cursor's place in it. A password is masked: a terminal that becomes
    /// narrower may leave a part of the row on the screen.
    fn shown_line(&self) -> (String, usize) {
        let (line, cursor) = (self.line.text(), self.line.cursor());
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
        let line = self.line.take();
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
            self.line.take();
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
        let (line, cursor) = (self.line.text().to_owned(), self.line.cursor());
        self.tab.backward = backward;
        let choice = self.tab.choose(&line, cursor, |line, cursor| known.complete(line, cursor));
        let Some((start, text)) = choice else {
            return vec![Action::Ring];
        };
        let at = start + text.len();
        self.line.set([&line[..start], &text, &line[cursor..]].concat(), at);
        Vec::new()
    }

    /// Shows the previous or the next entry of the history.
    fn browse(&mut self, back: bool) {
        let (index, draft) = match self.browsed.take() {
            Some(browsed) => browsed,
            None => (self.history.len(), self.line.text().to_owned()),
        };
        let wanted = if back { index.checked_sub(1) } else { Some(index + 1) };
        let line = wanted.and_then(|index| self.history.get(index)).map(str::to_owned);
        match (wanted, line) {
            (Some(wanted), Some(line)) => {
                self.line.set_to_end(line);
                self.browsed = Some((wanted, draft));
            }
            // The typed line comes after the last entry.
            _ if !back => self.line.set_to_end(draft),
            _ => self.browsed = Some((index, draft)),
        }
    }

    /// Handles a key during a search. Returns whether the key belongs to the search; any other key ends it and then has
    /// its usual effect.
    fn search_key(&mut self, key: Key) -> bool {
        let Some(search) = &mut self.search else {
            return false;
        };
        let before = match key {
            Key::Control('r') => search.found.unwrap_or(usize::MAX),
            Key::Control('c' | 'g') | Key::Escape => {
                let draft = mem::take(&mut search.draft);
                self.search = None;
                self.line.set_to_end(draft);
                return true;
            }
            Key::Backspace => {
                search.text.pop();
                usize::MAX
            }
            Key::Text(letter) => {
                search.text.push(letter);
                search.found.map_or(usize::MAX, |index| index + 1)
            }
            _ => {
                self.leave_search();
                return false;
            }
        };
        let found = self.history.find(&search.text, before);
        search.has_failed = found.is_none();
        search.found = found.or(search.found);
        true
    }

    /// Ends the search with the entry found, or with the line that was typed before.
    fn leave_search(&mut self) {
        if let Some(search) = self.search.take() {
            let found = search.found.and_then(|index| self.history.get(index));
            self.line.set_to_end(found.map_or(search.draft, str::to_owned));
        }
    }

    fn insert(&mut self, text: &str) -> Vec<Action> {
        if self.line.insert(text) { Vec::new() } else { vec![Action::Ring] }
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

#[cfg(test)]
mod tests;
