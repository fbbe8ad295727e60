//! The screen, which shows lines and takes typed ones: a terminal or pipes.

use jiff::Zoned;

use crate::client::paint::paint;
use crate::client::{Effect, Line};
use crate::log::Log;
use crate::pipe::{Lost, Pipe};
use crate::status::Status;
use crate::terminal::Terminal;

/// The screen, its colours, and the log.
pub struct Screen {
    face: Face,
    colours: bool,
    log: Option<Log>,
}

/// The device behind the screen.
pub enum Face {
    Terminal(Terminal),
    Pipe(Pipe),
}

impl Screen {
    /// Creates a screen without a log.
    pub fn new(face: Face, colours: bool) -> Self {
        Self { face, colours, log: None }
    }

    /// Adds a log of the lines that are shown.
    pub fn logged(self, log: Option<Log>) -> Self {
        Self { log, ..self }
    }

    /// Shows a line of the chat.
    ///
    /// # Errors
    ///
    /// Stdout cannot be written to. A terminal returns no error: it reports its end as an event.
    pub fn show(&mut self, line: &Line) -> Result<(), Lost> {
        self.keep(line);
        match &mut self.face {
            Face::Terminal(terminal) => {
                terminal.board().show(line.clone());
                Ok(())
            }
            Face::Pipe(pipe) => pipe.show(&paint(line, self.colours)),
        }
    }

    /// Prints an object of the server, if objects were requested.
    ///
    /// # Errors
    ///
    /// Stdout cannot be written to.
    pub fn object(&mut self, line: &str) -> Result<(), Lost> {
        match &mut self.face {
            Face::Terminal(_) => Ok(()),
            Face::Pipe(pipe) => pipe.object(line),
        }
    }

    /// Performs the other effects that concern the screen.
    pub fn perform(&mut self, effect: Effect) {
        if let Effect::Tell(line) = &effect {
            self.keep(line);
        }
        match &self.face {
            Face::Terminal(terminal) => {
                let board = terminal.board();
                match effect {
                    Effect::Tell(line) => board.show(line),
                    Effect::Ring => board.ring(),
                    Effect::Prompt(prompt) => board.set_prompt(prompt),
                    Effect::Spoke(name) => board.known.lock().spoke(&name),
                    Effect::Here(name) => board.known.lock().here(&name),
                    Effect::Gone(name) => board.known.lock().gone(&name),
                    Effect::Rooms(rooms) => board.known.lock().set_rooms(rooms),
                    Effect::Commands(commands) => board.known.lock().set_commands(commands),
                    _ => {}
                }
            }
            Face::Pipe(pipe) => match effect {
                Effect::Tell(line) => pipe.tell(&paint(&line, self.colours)),
                Effect::Turn => pipe.turn(),
                // A script needs neither the bell nor completion.
                _ => {}
            },
        }
    }

    /// Writes a line to the log.
    fn keep(&mut self, line: &Line) {
        let Some(log) = &mut self.log else {
            return;
        };
        if let Err(reason) = log.write(&line.text(), &Zoned::now()) {
            let complaint = Line::error(&format!("!! {reason}"));
            match &self.face {
                Face::Terminal(terminal) => terminal.board().show(complaint),
                Face::Pipe(pipe) => pipe.tell(&paint(&complaint, self.colours)),
            }
        }
    }

    /// The exit status for a session that ended with `status`.
    pub fn status(&self, status: Status) -> Status {
        match &self.face {
            Face::Terminal(_) => status,
            Face::Pipe(pipe) => pipe.status(status),
        }
    }

    /// Restores the terminal, if there is one.
    pub fn close(self) {
        if let Face::Terminal(terminal) = self.face {
            terminal.close();
        }
    }
}
