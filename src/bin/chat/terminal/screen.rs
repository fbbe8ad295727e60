//! The screen thread: it has the typed line, and it alone writes to the terminal.

use std::io;
use std::mem;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, never, select};
use crossterm::event::Event as TerminalEvent;
use parking_lot::Mutex;

use super::editor::{Action, Editor};
use super::queue::Queue;
use super::row::{ERASE, Row};
use super::{job, tty};
use crate::client::complete::Known;
use crate::client::paint::rows;
use crate::client::{Event, Line, Prompt, Sign};

/// Goes to the last row, however many there are.
const LAST_ROW: &str = "\u{1b}[999;1H";
/// The session is told of keys no more often.
const NOTE_PAUSE: Duration = Duration::from_secs(10);
/// The parts of a key come within this time.
const KEY_TIME: Duration = Duration::from_millis(500);
/// How long the keys that were typed together with Ctrl-Z take to get here.
const BURST_TIME: Duration = Duration::from_millis(20);
/// How long to look for further keys. A zero would not look at all.
const GATHERING_TIME: Duration = Duration::from_millis(1);
/// How often a job in the background looks whether it has the terminal again. Nothing tells.
const BACKGROUND_PAUSE: Duration = Duration::from_millis(100);

/// What other threads ask of the screen thread.
pub struct Board {
    state: Mutex<State>,
    /// Holds one message: that there is something to do, not what.
    nudges: Sender<()>,
    /// What a half-typed word could become.
    pub known: Mutex<Known>,
}

#[derive(Default)]
struct State {
    queue: Queue,
    prompt: Option<Prompt>,
    orders: Orders,
}

/// What signals, and the end, want of the screen thread.
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

    /// Shows a line. Never waits for the terminal.
    pub fn show(&self, line: Line) {
        self.change(|state| state.queue.push(line));
    }

    /// Rings the bell. Never waits for the terminal.
    pub fn ring(&self) {
        self.change(|state| state.queue.ring());
    }

    /// Shows this prompt from now on. Never waits for the terminal.
    pub fn set_prompt(&self, prompt: Prompt) {
        self.change(|state| state.prompt = Some(prompt));
    }

    /// Gives the terminal to the shell until it continues the job.
    pub fn suspend(&self) {
        self.change(|state| state.orders.suspend = true);
    }

    /// Sets the modes of the terminal and paints the row again: the job goes on, or the screen has another size.
    pub fn repaint(&self) {
        self.change(|state| state.orders.repaint = true);
    }

    /// Shows what waits, and ends the screen thread.
    pub fn close(&self) {
        self.change(|state| state.orders.close = true);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
        // Where one nudge waits already, the screen thread will see this change too.
        let _ = self.nudges.try_send(());
    }
}

/// The screen thread's own.
pub struct Screen {
    board: Arc<Board>,
    nudges: Receiver<()>,
    /// What happens at the terminal. Disconnected when it has gone.
    keys: Receiver<TerminalEvent>,
    inbox: Sender<Event>,
    colours: bool,
    editor: Editor,
    scroll: usize,
    /// The row on the screen, and the width of the screen when it was painted.
    painted: Option<(Row, usize)>,
    /// So many rows were written.
    written: usize,
    /// The columns of the screen when the prompt was painted first.
    first_columns: Option<usize>,
    /// When the session was last told of a key.
    noted: Option<Instant>,
    last_key: Option<Instant>,
}

impl Screen {
    pub fn new(
        board: Arc<Board>,
        nudges: Receiver<()>,
        keys: Receiver<TerminalEvent>,
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
            noted: None,
            last_key: None,
        }
    }

    /// Runs until it is told to close.
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
                        // One painting is enough for all that has gathered.
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
        // In the background, a process that sets the modes is stopped. The shell continues the job once more when it gives
        // it the terminal.
        if orders.repaint && tty::is_foreground() {
            let _ = tty::enter();
            self.painted = None;
        }
    }

    fn happened(&mut self, event: TerminalEvent) {
        let actions = match event {
            TerminalEvent::Key(key) => {
                if self
                    .last_key
                    .replace(Instant::now())
                    .is_none_or(|last| last.elapsed() > KEY_TIME)
                {
                    self.editor.forget_prefix();
                }
                self.note_key();
                let known = self.board.known.lock();
                self.editor.key(key, &known)
            }
            TerminalEvent::Paste(text) => {
                self.note_key();
                self.editor.paste(&text)
            }
            TerminalEvent::FocusGained => return self.tell(Event::Seen(Sign::Focus)),
            TerminalEvent::FocusLost => return self.tell(Event::Seen(Sign::NoFocus)),
            // The row is painted anew for each width.
            TerminalEvent::Resize(..) | TerminalEvent::Mouse(_) => return,
        };
        for action in actions {
            match action {
                Action::Tell(event) => self.tell(event),
                Action::Show(line) => self.board.show(line),
                Action::Ring => self.board.ring(),
                Action::Suspend => self.suspend(),
                Action::Quit => tty::quit(),
                Action::ScrollAway => {
                    // Into the terminal's own scrollback, where it can be read.
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
        // Without a main thread, the process is about to end.
        let _ = self.inbox.send(event);
    }

    /// Writes what waits, and the row below it if that has changed.
    fn paint(&mut self) {
        let (lines, rings) = {
            let mut state = self.board.state.lock();
            if let Some(prompt) = state.prompt.take() {
                self.editor.set_prompt(prompt);
            }
            state.queue.take()
        };
        let (columns, height) = tty::size();
        let row = self.editor.row();
        let is_painted =
            self.painted.as_ref().is_some_and(|(old, at)| *old == row && *at == columns);
        let mut text = String::new();
        if !lines.is_empty() || !is_painted {
            // When a terminal breaks its rows anew, it can leave the cursor in a row of the conversation, and it tells of the
            // new size only later. So the cursor goes to the last row once the screen is full or has got another width.
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

    /// Gives the terminal to the shell, and returns when the job has it again.
    fn suspend(&mut self) {
        self.paint();
        tty::write(ERASE);
        // What was typed behind Ctrl-Z was meant for the shell, and nobody here is to read it.
        while self.keys.recv_timeout(BURST_TIME).is_ok() {}
        tty::leave();
        job::stop();
        // An error comes again when keys are read.
        let _ = tty::enter();
        self.painted = None;
    }

    /// Leaves a half-typed line where it is.
    fn close(mut self) {
        self.paint();
        tty::write(if self.editor.is_empty() { ERASE } else { "\n" });
    }
}

/// Reads what happens at the terminal until that has gone.
pub fn read_keys(keys: &Sender<TerminalEvent>) -> io::Result<()> {
    loop {
        tty::wait_for_keys()?;
        // In the background, a read would stop the job.
        if !tty::is_foreground() {
            thread::sleep(BACKGROUND_PAUSE);
            continue;
        }
        loop {
            if keys.send(crossterm::event::read()?).is_err() {
                return Ok(());
            }
            // One read may have brought several keys.
            if !crossterm::event::poll(GATHERING_TIME)? {
                break;
            }
        }
    }
}
