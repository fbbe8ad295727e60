//! The screen thread: it has the typed line, and it alone writes to the terminal.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, never, select};
use crossterm::event::Event as TerminalEvent;
use parking_lot::Mutex;
use signal_hook::consts::SIGQUIT;
use signal_hook::low_level::emulate_default_handler;

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
/// A signal to stop that comes so soon after the job was continued is the one that stopped it.
const STOP_PAUSE: Duration = Duration::from_millis(200);

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
    order: Option<Order>,
}

/// What signals, and the end, want of the screen thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Suspend,
    /// The job goes on, by whoever it was stopped: the terminal may have other modes and another screen.
    Resume,
    Quit,
    Close,
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

    /// Has the screen thread do this. Nothing takes the place of [`Order::Close`].
    pub fn order(&self, order: Order) {
        self.change(|state| match state.order {
            Some(Order::Close) => {}
            _ => state.order = Some(order),
        });
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
    /// The columns and rows of the screen when the prompt was painted first.
    first_size: Option<(usize, usize)>,
    /// The prompt is in the last row of the screen from now on.
    is_at_bottom: bool,
    /// When the session was last told of a key.
    noted: Option<Instant>,
    resumed: Option<Instant>,
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
            first_size: None,
            is_at_bottom: false,
            noted: None,
            resumed: None,
        }
    }

    /// Runs until it is told to close.
    pub fn run(mut self) {
        loop {
            self.paint();
            select! {
                recv(self.nudges) -> nudge => {
                    let order = self.board.state.lock().order.take();
                    if nudge.is_err() || order == Some(Order::Close) {
                        return self.close();
                    }
                    self.obey(order);
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

    fn obey(&mut self, order: Option<Order>) {
        match order {
            Some(Order::Suspend) => {
                let is_new = self.resumed.is_none_or(|resumed| resumed.elapsed() >= STOP_PAUSE);
                if is_new {
                    self.suspend();
                }
            }
            // In the background, whoever touches the modes is stopped. The shell continues the job once more when it
            // gives it the terminal.
            Some(Order::Resume) if tty::is_foreground() => {
                let _ = tty::enter();
                self.painted = None;
            }
            Some(Order::Quit) => self.quit(),
            Some(Order::Resume | Order::Close) | None => {}
        }
    }

    fn happened(&mut self, event: TerminalEvent) {
        let actions = match event {
            TerminalEvent::Key(key) => {
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
                Action::Quit => self.quit(),
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
            // After a resize, a terminal can leave the cursor in a row of the conversation, and tell of the new size only
            // later. So the cursor goes to the last row, once the screen is full or has got another size.
            let first_size = *self.first_size.get_or_insert((columns, height));
            self.is_at_bottom |= self.written + 1 >= height || first_size != (columns, height);
            if self.is_at_bottom {
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
        tty::leave();
        job::stop();
        // An error comes again when keys are read.
        let _ = tty::enter();
        self.painted = None;
        self.resumed = Some(Instant::now());
    }

    fn quit(&self) {
        tty::write(ERASE);
        tty::leave();
        let _ = emulate_default_handler(SIGQUIT);
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
        let event = crossterm::event::read()?;
        if keys.send(event).is_err() {
            return Ok(());
        }
    }
}
