//! The input thread: it waits for its turn, lets a line be edited, and says what was typed.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use chatserv::chat::typed_command;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use rustyline::config::{BellStyle, ColorMode, CompletionType};
use rustyline::error::ReadlineError;
use rustyline::{Config, Editor, Event as Key, EventHandler};

use super::desk::{Desk, Finish};
use super::history::{self, Keeper, is_secret};
use super::keys::Keys;
use super::painter::{LineEditor, Painter};
use super::tty;
use crate::client::Event;

/// An Escape that nothing follows for so long, in milliseconds, is the key of that name. Other keys are sent as an Escape
/// and some letters. While rustyline waits for those, it shows no messages: so long at most for the first one, but without
/// end where a sequence breaks off after it, as with Alt and `[` or `O`. Then messages are shown with the next key.
const ESCAPE_MILLISECONDS: u16 = 100;
/// After so long a wait for the turn, Ctrl-C becomes a signal: a server that does not answer must not lock people in.
/// Shorter waits are usual, and there it would end the client of somebody who only wanted to clear the next line.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is told of bytes that are no text.
const NO_TEXT: &str = "-- What was typed or pasted there is no UTF-8, and was dropped.";

/// What the input thread needs.
pub struct Input {
    /// The line editor.
    pub editor: LineEditor,
    /// What it shares.
    pub desk: Arc<Desk>,
    /// Where the lines it has read are remembered.
    pub keeper: Keeper,
    /// Its turns, each with the prompt. It ends with them.
    pub turns: Receiver<String>,
    /// Where it says what was typed.
    pub inbox: Sender<Event>,
}

/// Makes a line editor for this desk.
///
/// # Errors
///
/// What rustyline says.
pub fn editor(desk: &Arc<Desk>) -> rustyline::Result<LineEditor> {
    let config = Config::builder()
        .max_history_size(history::LINES_MAX)?
        .keyseq_timeout(Some(ESCAPE_MILLISECONDS))
        .completion_type(CompletionType::List)
        .bell_style(BellStyle::Audible)
        // Without it rustyline calls no painter. What that paints has colours or has none.
        .color_mode(ColorMode::Forced)
        // The modes are set once, and not for each line: see `tty`.
        .bracketed_paste(false)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(Painter::new(Arc::clone(desk))));
    let keys = Keys::new(Arc::clone(desk));
    editor.bind_sequence(Key::Any, EventHandler::Conditional(Box::new(keys)));
    Ok(editor)
}

impl Input {
    /// Reads a line each turn. Contract: its last act is to leave the screen to the printer thread, however it ends.
    pub fn run(mut self) {
        let _last_act = LastAct { desk: Arc::clone(&self.desk), inbox: self.inbox.clone() };
        if let Err(sentence) = self.keeper.load(&mut self.editor) {
            self.desk.screen.notice(&sentence);
        }
        while let Some(prompt) = self.wait_for_turn() {
            let event = self.read(&prompt);
            self.desk.screen.give_to_printer();
            let (event, goes_on) = match event {
                Ok(event) => (event, true),
                // A signal, or the terminal has gone.
                Err(_) => (Event::Interrupted, false),
            };
            if self.inbox.send(event).is_err() || !goes_on {
                return;
            }
        }
    }

    /// The prompt, as soon as there is a turn; none if there will be no more.
    fn wait_for_turn(&self) -> Option<String> {
        match self.turns.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Timeout) => {
                tty::allow_interrupt();
                self.turns.recv().ok()
            }
            turn => turn.ok(),
        }
    }

    /// Lets one line be edited, and says how it came to its end.
    fn read(&mut self, prompt: &str) -> rustyline::Result<Event> {
        self.desk.screen.give_to_editor();
        tty::enter()?;
        let mut half_typed = (String::new(), String::new());
        loop {
            self.desk.begin_line();
            let (before, behind) = &half_typed;
            let result = self.editor.readline_with_initial(prompt, (before, behind));
            match result {
                // Bytes that are no UTF-8 are no keys. What was typed before them stays; what came together with them,
                // rustyline has thrown away.
                Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    // It waits no longer, and a message that wakes it now would be lost.
                    self.desk.screen.give_to_editor();
                    half_typed = self.desk.half_typed();
                    self.desk.erase_line();
                    self.desk.screen.notice(NO_TEXT);
                }
                Err(error) => {
                    // Half a line stays, below what was said last. An empty prompt would wait for nobody.
                    if self.desk.is_empty() {
                        self.desk.erase_line();
                    }
                    return Err(error);
                }
                Ok(line) => {
                    self.desk.erase_line();
                    return Ok(self.finished(prompt, line));
                }
            }
        }
    }

    fn finished(&mut self, prompt: &str, line: String) -> Event {
        let finish = self.desk.finish.lock().take();
        match finish.unwrap_or(Finish::Line(line)) {
            Finish::Tab => Event::TabPressed,
            Finish::Ended => Event::InputEnded,
            Finish::Interrupted => Event::Interrupted,
            Finish::Line(line) => {
                if stays(&line) {
                    tty::write(&format!("{prompt}{line}\n"));
                }
                if let Err(sentence) = self.keeper.keep(&mut self.editor, &line) {
                    self.desk.screen.notice(&sentence);
                }
                Event::Typed(line)
            }
        }
    }
}

/// What is left to do, when dropped, wherever the input thread has ended. A panic does not come so far in the program:
/// its hook ends the process before anything is dropped. Where there is no such hook, as in a test, the main thread hears
/// of it and does not wait for ever.
struct LastAct {
    desk: Arc<Desk>,
    inbox: Sender<Event>,
}

impl Drop for LastAct {
    fn drop(&mut self) {
        self.desk.screen.give_to_printer();
        if thread::panicking() {
            // Where the inbox has gone too, there is nobody to tell.
            let _ = self.inbox.send(Event::Interrupted);
        }
    }
}

/// Whether the line stays on the screen: a command does, since what it does may not show that it was given. What is said
/// comes back as everybody sees it.
fn stays(line: &str) -> bool {
    typed_command(line).is_some() && !is_secret(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_stay_on_the_screen_and_passwords_do_not() {
        for line in ["/who", " /join dev", "/", "／who"] {
            assert!(stays(line), "{line}");
        }
        for line in ["hello", "//etc", "", "  ", "/op word"] {
            assert!(!stays(line), "{line}");
        }
    }
}
