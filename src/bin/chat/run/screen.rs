//! Where lines are shown and typed: a terminal, or pipes.

use jiff::Zoned;

use crate::client::paint::paint;
use crate::client::{Effect, Line};
use crate::log::Log;
use crate::pipe::{Lost, Pipe};
use crate::status::Status;
use crate::terminal::Terminal;

/// Where lines are shown, and how.
pub struct Screen {
    face: Face,
    colours: bool,
    log: Option<Log>,
}

/// What shows lines, and takes those that are typed.
pub enum Face {
    /// A line editor at a terminal.
    Terminal(Terminal),
    /// Stdin, stdout and stderr.
    Pipe(Pipe),
}

impl Screen {
    /// Shows lines there, in colours or without.
    pub fn new(face: Face, colours: bool) -> Self {
        Self { face, colours, log: None }
    }

    /// The same, which also keeps what it shows.
    pub fn logged(self, log: Option<Log>) -> Self {
        Self { log, ..self }
    }

    /// Shows what came from the chat.
    ///
    /// # Errors
    ///
    /// Stdout is lost. A terminal never is: what happens there is an event of its own.
    pub fn show(&mut self, line: &Line) -> Result<(), Lost> {
        self.keep(line);
        match &mut self.face {
            Face::Terminal(terminal) => {
                terminal.show(line.clone());
                Ok(())
            }
            Face::Pipe(pipe) => pipe.show(&paint(line, self.colours)),
        }
    }

    /// Shows a line of the server as it came, where that is wanted.
    ///
    /// # Errors
    ///
    /// Stdout is lost.
    pub fn object(&mut self, line: &str) -> Result<(), Lost> {
        match &mut self.face {
            Face::Terminal(_) => Ok(()),
            Face::Pipe(pipe) => pipe.object(line),
        }
    }

    /// Does whatever else the session wants of a screen.
    pub fn perform(&mut self, effect: Effect) {
        if let Effect::Tell(line) = &effect {
            self.keep(line);
        }
        match &self.face {
            Face::Terminal(terminal) => match effect {
                Effect::Tell(line) => terminal.show(line),
                Effect::Ring => terminal.ring(),
                Effect::Prompt(prompt) => terminal.set_prompt(prompt),
                Effect::Spoke(name) => terminal.known().spoke(&name),
                Effect::Here(name) => terminal.known().here(&name),
                Effect::Gone(name) => terminal.known().gone(&name),
                Effect::Rooms(rooms) => terminal.known().set_rooms(rooms),
                Effect::Commands(commands) => terminal.known().set_commands(commands),
                _ => {}
            },
            Face::Pipe(pipe) => match effect {
                Effect::Tell(line) => pipe.tell(&paint(&line, self.colours)),
                Effect::Turn => pipe.turn(),
                // A script hears no bell and presses no Tab.
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
                Face::Terminal(terminal) => terminal.show(complaint),
                Face::Pipe(pipe) => pipe.tell(&paint(&complaint, self.colours)),
            }
        }
    }

    /// What whoever has started the client is told of its end.
    pub fn status(&self, status: Status) -> Status {
        match &self.face {
            Face::Terminal(_) => status,
            Face::Pipe(pipe) => pipe.status(status),
        }
    }

    /// Brings a terminal back to what it was.
    pub fn close(self) {
        if let Face::Terminal(terminal) = self.face {
            terminal.close();
        }
    }
}
