//! The order of what happens in a room.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::support::{PATIENCE, Server};
use crate::wire::{Heard, Protocol, Wire};

/// How often a referee looks whether everybody has left.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A line: the visit of its sender, and its number in that visit.
pub type Line = (u32, u32);

/// A room with its referee.
pub struct Room {
    pub name: String,
    seen: Mutex<Seen>,
    changed: Condvar,
    is_closed: AtomicBool,
}

#[derive(Default)]
struct Seen {
    lines: Vec<Line>,
    /// How many lines were said before somebody came, and before they left.
    came: HashMap<String, usize>,
    left: HashMap<String, usize>,
}

impl Room {
    pub fn new(number: usize) -> Self {
        Self {
            name: format!("room{number}"),
            seen: Mutex::default(),
            changed: Condvar::new(),
            is_closed: AtomicBool::new(false),
        }
    }

    /// The referee enters.
    pub fn enter(&self, server: &Server) -> Wire {
        self.is_closed.store(false, Ordering::Relaxed);
        let name = format!("referee-{}", self.name);
        Wire::enter(server, Protocol::Json, &name, &self.name, false).unwrap()
    }

    /// Lets the referee leave.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    /// Sees everything until the room is closed.
    ///
    /// # Errors
    /// A message id is missing or comes twice, or the connection ends.
    pub fn watch(&self, mut wire: Wire) -> Result<(), String> {
        let mut last_id = None;
        while !self.is_closed.load(Ordering::Relaxed) {
            let Some(heard) = wire.hear(LOOK_EVERY)? else {
                continue;
            };
            let mut seen = self.seen.lock();
            let count = seen.lines.len();
            match heard {
                Heard::Line { visit, number, id: Some(id) } => {
                    if last_id.is_some_and(|last| last + 1 != id) {
                        return Err(format!("{}: message {id} follows {last_id:?}", self.name));
                    }
                    last_id = Some(id);
                    seen.lines.push((visit, number));
                }
                Heard::Came(name) => drop(seen.came.insert(name, count)),
                Heard::Left(name) => {
                    seen.left.insert(name, count);
                    self.changed.notify_all();
                }
                other => return Err(format!("the referee of {} heard {other:?}", self.name)),
            }
        }
        // Otherwise its name would be held for it.
        wire.quit()?;
        while !matches!(wire.hear(PATIENCE)?, Some(Heard::End { .. }) | None) {}
        Ok(())
    }

    /// How many lines the referee has seen.
    pub fn line_count(&self) -> u64 {
        self.seen.lock().lines.len() as u64
    }

    /// The lines that were said while this person, who has to leave soon, was here.
    ///
    /// # Errors
    /// They never came, or do not leave.
    pub fn lines_during_visit(&self, name: &str) -> Result<Vec<Line>, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen.lock();
        while !seen.left.contains_key(name) {
            if self.changed.wait_until(&mut seen, deadline).timed_out() {
                return Err("the room did not hear of the leave".to_owned());
            }
        }
        let left = seen.left.remove(name).expect("it was there a moment ago");
        let came = seen.came.remove(name).ok_or("the room did not hear of the arrival")?;
        Ok(seen.lines[came..left].to_vec())
    }
}
