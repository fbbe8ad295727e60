//! The screen thread. It owns the line editor, and only this thread writes to the terminal.

use std::io;
use std::mem;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, never, select};
use parking_lot::Mutex;

use super::editor::{Action, Editor};
use super::keys::{Input, Keys, guess_pastes};
use super::queue::Queue;
use super::row::{ERASE, Row};
use super::{job, tty};
use crate::client::complete::Known;
use crate::client::paint::rows;
use crate::client::{Event, Line, Prompt, Sign};

/// Moves to the last row, whatever the height of the screen.
const LAST_ROW: &str = "\u{1b}[999;1H";
/// The minimum interval between reports of keys to the session.
const NOTE_PAUSE: Duration = Duration::from_secs(10);
/// How far apart the parts of a paste may arrive, and the keys that were typed together with Ctrl-Z.
const BURST_TIME: Duration = Duration::from_millis(20);
/// How far apart a few keys may arrive that are handled together.
const GATHERING_TIME: Duration = Duration::from_millis(2);
/// Nobody types so many keys at once, so they are a paste.
const TYPED_MAX: usize = 32;
/// The maximum number of keys that are handled together.
const GATHERED_MAX: usize = 64 * 1024;
/// How often a background job checks whether it is in the foreground again. The system has no notification for this.
const BACKGROUND_PAUSE: Duration = Duration::from_millis(100);

/// The orders of other threads to the screen thread.
pub struct Board {
    state: Mutex<State>,
    /// A channel of capacity one: a message says that there is something to do, but not what.
    nudges: Sender<()>,
    /// The candidates for completion.
    pub known: Mutex<Known>,
}

#[derive(Default)]
struct State {
    queue: Queue,
    prompt: Option<Prompt>,
    orders: Orders,
}

/// The orders of the signal thread, and the order to close.
#[derive(Debug, Clone, Copy, Default)]
struct Orders {
    suspend: bool,
    repaint: bool,
    close: bool,
}

impl Board {
    pub fn new(nudges: Sender<()>) -> Self {
        Self { state: Mutex::default(), nudges, known: Mutex::default() }
    }

    /// Shows a line. Never blocks on the terminal.
    pub fn show(&self, line: Line) {
        self.change(|state| state.queue.push(line));
    }

    /// Rings the bell. Never blocks on the terminal.
    pub fn ring(&self) {
        self.change(|state| state.queue.ring());
    }

    /// Replaces the prompt. Never blocks on the terminal.
    pub fn set_prompt(&self, prompt: Prompt) {
        self.change(|state| state.prompt = Some(prompt));
    }

    /// Gives the terminal to the shell until it continues the job.
    pub fn suspend(&self) {
        self.change(|state| state.orders.suspend = true);
    }

    /// Sets the terminal's modes and repaints the row, after the job has been continued or the screen resized.
    pub fn repaint(&self) {
        self.change(|state| state.orders.repaint = true);
    }

    /// Shows pending lines and ends the screen thread.
    pub fn close(&self) {
        self.change(|state| state.orders.close = true);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
        // If a nudge is pending already, the screen thread will see this change too.
        let _ = self.nudges.try_send(());
    }
}

/// The state of the screen thread.
pub struct Screen {
    board: Arc<Board>,
    nudges: Receiver<()>,
    /// The events of the terminal. The channel is disconnected when the terminal has gone.
    keys: Receiver<Input>,
    inbox: Sender<Event>,
    colours: bool,
    editor: Editor,
    scroll: usize,
    /// The row on the screen, and the width for which it was painted.
    painted: Option<(Row, usize)>,
    /// The number of rows written.
    written: usize,
    /// The width of the screen when the prompt was first painted.
    first_columns: Option<usize>,
    /// The width of the screen, as the session knows it.
    told_columns: usize,
    /// When the session was last told of a key.
    noted: Option<Instant>,
}

impl Screen {
    pub fn new(
        board: Arc<Board>,
        nudges: Receiver<()>,
        keys: Receiver<Input>,
        inbox: Sender<Event>,
        colours: bool,
        editor: Editor,
    ) -> Self {
        Self {
            board,
            nudges,
            keys,
            inbox,
            colours,
            editor,
            scroll: 0,
            painted: None,
            written: 0,
            first_columns: None,
            told_columns: 0,
            noted: None,
        }
    }

    /// Runs the thread until it is told to close.
    pub fn run(mut self) {
        loop {
            self.paint();
            select! {
                recv(self.nudges) -> nudge => {
                    let orders = mem::take(&mut self.board.state.lock().orders);
                    if nudge.is_err() || orders.close {
                        return self.close();
                    }
                    self.obey(orders);
                }
                recv(self.keys) -> event => match event {
                    Ok(event) => {
                        self.happened(event);
                        // Pending events are handled first, so that one repaint serves all of them.
                        while let Ok(event) = self.keys.try_recv() {
                            self.happened(event);
                        }
                    }
                    Err(_) => {
                        self.keys = never();
                        self.tell(Event::Interrupted);
                    }
                },
            }
        }
    }

    fn obey(&mut self, orders: Orders) {
        if orders.suspend {
            self.suspend();
        }
        // A background process that sets the modes is stopped. The shell sends another SIGCONT when it moves the job to
        // the foreground.
        if orders.repaint && tty::is_foreground() {
            let _ = tty::enter();
            self.painted = None;
        }
    }

    fn happened(&mut self, input: Input) {
        let actions = match input {
            Input::Key(key) => {
                self.note_key();
                let known = self.board.known.lock();
                self.editor.key(key, &known)
            }
            Input::Paste { text, is_marked } => {
                self.note_key();
                self.editor.paste(&text, is_marked)
            }
            Input::Focus(true) => return self.tell(Event::Seen(Sign::Focus)),
            Input::Focus(false) => return self.tell(Event::Seen(Sign::NoFocus)),
        };
        for action in actions {
            match action {
                Action::Tell(event) => self.tell(event),
                Action::Show(line) => self.board.show(line),
                Action::Ring => self.board.ring(),
                Action::Suspend => self.suspend(),
                Action::Quit => tty::quit(),
                Action::ScrollAway => {
                    // The screen is scrolled into the terminal's scrollback, where it stays readable.
                    let (_, height) = tty::size();
                    tty::write(&[ERASE, &"\n".repeat(height)].concat());
                    self.painted = None;
                }
            }
        }
    }

    fn note_key(&mut self) {
        let now = Instant::now();
        if self.noted.is_none_or(|last| now - last >= NOTE_PAUSE) {
            self.noted = Some(now);
            self.tell(Event::Seen(Sign::Key));
        }
    }

    fn tell(&self, event: Event) {
        // Sending fails only if the main thread has ended, and then the process is about to end.
        let _ = self.inbox.send(event);
    }

    /// Writes pending lines, and the row if it has changed.
    fn paint(&mut self) {
        let (lines, rings) = {
            let mut state = self.board.state.lock();
            if let Some(prompt) = state.prompt.take() {
                self.editor.set_prompt(prompt);
            }
            state.queue.take()
        };
        let (columns, height) = tty::size();
        if mem::replace(&mut self.told_columns, columns) != columns {
            self.tell(Event::Resized(columns));
        }
        let row = self.editor.row();
        let is_painted =
            self.painted.as_ref().is_some_and(|(old, at)| *old == row && *at == columns);
        let mut text = String::new();
        if !lines.is_empty() || !is_painted {
            // After a resize, a terminal that rewraps its rows may leave the cursor in a row of the conversation, and
            // it reports the new size only later. So the cursor moves to the last row once the screen is full or its
            // width has changed.
            let has_other_width = *self.first_columns.get_or_insert(columns) != columns;
            if has_other_width || self.written + 1 >= height {
                text += LAST_ROW;
            }
            text += ERASE;
            for line in &lines {
                let rows = rows(line, columns, self.colours) + "\n";
                self.written += rows.matches('\n').count();
                text += &rows;
            }
            text += &row.paint(columns, &mut self.scroll, self.colours);
            self.painted = Some((row, columns));
        }
        if rings {
            text.push('\u{7}');
        }
        tty::write(&text);
    }

    /// Gives the terminal to the shell, and returns when the job is in the foreground again.
    fn suspend(&mut self) {
        self.paint();
        tty::write(ERASE);
        // Keys after Ctrl-Z were meant for the shell and are dropped, so that they are not sent to the chat.
        while self.keys.recv_timeout(BURST_TIME).is_ok() {}
        tty::leave();
        job::stop();
        // An error will occur again when keys are read.
        let _ = tty::enter();
        self.painted = None;
    }

    /// Ends the thread. A half-typed line stays on the screen.
    fn close(mut self) {
        self.paint();
        tty::write(if self.editor.is_empty() { ERASE } else { "\n" });
    }
}

/// Reads the terminal's events until the terminal has gone.
pub fn read_keys(sender: &Sender<Input>) -> io::Result<()> {
    let mut keys = Keys::default();
    loop {
        let mut inputs = Vec::new();
        if tty::wait_for_keys(keys.patience())? {
            // A read by a background job would stop the job.
            if !tty::is_foreground() {
                thread::sleep(BACKGROUND_PAUSE);
                continue;
            }
            while inputs.len() < GATHERED_MAX {
                keys.read(&tty::read()?, &mut inputs);
                let is_typed = inputs.len() <= TYPED_MAX;
                let pause = if is_typed { GATHERING_TIME } else { BURST_TIME };
                if !tty::wait_for_keys(Some(pause))? {
                    break;
                }
            }
        } else {
            inputs.extend(keys.give_up());
        }
        for input in guess_pastes(inputs) {
            if sender.send(input).is_err() {
                return Ok(());
            }
        }
    }
}
