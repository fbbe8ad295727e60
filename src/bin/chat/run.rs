//! The main loop: it waits for an event, passes it to the session, and performs the effects.

mod screen;

use std::collections::VecDeque;
use std::mem;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, after, never, select};
use jiff::Zoned;

use crate::client::{Effect, Ending, Event, Now, Session};
use crate::pipe::Lost;
use crate::socket::{Connection, Route, why_not};
use crate::status::Status;
pub use screen::{Face, Screen};

/// The capacity of the main thread's inbox. A pipe sends one line at a time, so it never fills the inbox.
pub const INBOX_EVENTS_MAX: usize = 64;

/// Runs a session with the servers at the ends of these routes, in the order of the session's settings. The caller keeps at
/// least one sender of `inbox` alive meanwhile.
pub fn run(
    session: &mut Session,
    routes: &[Route],
    screen: &mut Screen,
    inbox: &Receiver<Event>,
) -> Status {
    let mut shell = Shell::new(routes, screen, inbox);
    let mut effects = Vec::new();
    let mut event = Event::Started;
    while !shell.insists(&event) {
        session.step(&shell.now(), event, &mut effects);
        for effect in effects.drain(..) {
            if let Some(ending) = shell.perform(effect) {
                return shell.screen.status(ending.into());
            }
        }
        event = shell.next(session.deadline());
    }
    shell.screen.status(Status::AtOnce)
}

/// The connection and the screen, on which the session's effects act.
struct Shell<'a> {
    routes: &'a [Route],
    screen: &'a mut Screen,
    inbox: &'a Receiver<Event>,
    connection: Option<Connection>,
    /// Events that occurred on this thread while it performed an effect.
    own: VecDeque<Event>,
    /// Whether the user has asked to end.
    interrupted: bool,
    start: Instant,
}

impl<'a> Shell<'a> {
    fn new(routes: &'a [Route], screen: &'a mut Screen, inbox: &'a Receiver<Event>) -> Self {
        Self {
            routes,
            screen,
            inbox,
            connection: None,
            own: VecDeque::new(),
            interrupted: false,
            start: Instant::now(),
        }
    }

    fn now(&self) -> Now {
        Now { elapsed: self.start.elapsed(), wall: Zoned::now() }
    }

    /// Returns whether the user asks to end for the second time, and so does not want to wait for an orderly end.
    fn insists(&mut self, event: &Event) -> bool {
        *event == Event::Interrupted && mem::replace(&mut self.interrupted, true)
    }

    /// Waits for the next event, at most until `deadline`.
    fn next(&mut self, deadline: Option<Duration>) -> Event {
        if let Some(event) = self.own.pop_front() {
            return event;
        }
        // `select` picks any of several ready channels. So neither a server that sends without pause nor a user who
        // types without pause can starve the others or the deadline.
        let time = deadline.map_or_else(never, |at| after(at.saturating_sub(self.start.elapsed())));
        let silence = never();
        let connection = self.connection.as_ref().map_or(&silence, Connection::events);
        select! {
            recv(self.inbox) -> event => {
                event.expect("the caller of `run` keeps a sender of the inbox alive meanwhile")
            }
            // The thread reports its end, unless it has panicked, and a panic ends the process.
            recv(connection) -> event => self.heard(event.unwrap_or(Event::Disconnected(None))),
            // An event that came meanwhile may be the one that the session waits for.
            recv(time) -> _ => match connection.try_recv() {
                Ok(event) => self.heard(event),
                Err(_) => Event::TimePassed,
            },
        }
    }

    /// Inspects an event of the connection before the session receives it.
    fn heard(&mut self, event: Event) -> Event {
        match &event {
            Event::Received(line) => {
                let printed = self.screen.object(line);
                self.unless_lost(printed);
            }
            Event::NotConnected(_) => self.connection = None,
            Event::Disconnected(reason) => {
                let ended = self.connection.take();
                let broken = ended.and_then(|ended| ended.broken().map(str::to_owned));
                return Event::Disconnected(broken.or_else(|| reason.clone()));
            }
            _ => {}
        }
        event
    }

    /// Performs an effect. The last effect of a session returns how it ended.
    fn perform(&mut self, effect: Effect) -> Option<Ending> {
        match effect {
            Effect::Connect(place) => {
                let route = &self.routes[place];
                match Connection::open(route.clone()) {
                    Ok(connection) => self.connection = Some(connection),
                    Err(error) => {
                        let sentence = why_not(&route.server, &error);
                        self.own.push_back(Event::NotConnected(sentence));
                    }
                }
            }
            Effect::Send(object) => {
                if let Some(connection) = &mut self.connection {
                    connection.send(&object);
                }
            }
            Effect::Disconnect => self.connection = None,
            Effect::Show(line) => {
                let shown = self.screen.show(&line);
                self.unless_lost(shown);
            }
            Effect::End(ending) => return Some(ending),
            other => self.screen.perform(other),
        }
        None
    }

    /// Interrupts the client if stdout is lost: without a reader of stdout, it has nothing left to do.
    fn unless_lost(&mut self, written: Result<(), Lost>) {
        if written.is_err() {
            self.own.push_back(Event::Interrupted);
        }
    }
}

#[cfg(test)]
mod tests;
