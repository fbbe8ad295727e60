//! A write that may wait, under a lock that all need.
//!
//! The school form of a chat server: a map of sockets under a lock, and whoever says something writes to all of them. A
//! blocking write waits when its socket is full, which it is when somebody does not read. Then it waits with the lock in
//! its hand, and all others wait for the lock. Exercise 8.15 of "The Go Programming Language" is about this.
//!
//! By hand: `lab serve threads`, and in three terminals the line below; give each a name. Press Ctrl-Z in one, and
//! let the second talk: paste much, since the kernel keeps megabytes for whoever does not read. Then the third hears nothing
//! more, and nobody else can come in.
//!
//! ```text
//! nc localhost 1337
//! ```

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crossbeam_channel::bounded;
use parking_lot::Mutex;

use super::connection::{Connection, send_now};
use super::{Mistake, Way, Wrong};

/// See the module.
pub const MISTAKE: Mistake = Mistake {
    name: "write-under-lock",
    title: "A write that may wait, under a lock that all need",
    about: &[
        "Whoever talks locks the list of people and writes to each of them. One does",
        "not read, their socket fills, and the write to them waits, with the lock in",
        "its hand. From then on nobody hears anything, and nobody can come or go.",
        "Under a lock, do only what cannot wait: use a send that never does, and decide",
        "what becomes of somebody whose socket is full.",
    ],
    file: "src/bin/lab/broken/write_under_lock.rs",
    place: "fn Room::say",
    sign: "the lock is held",
    try_it: check,
};

/// So much is said in the check that a socket that nobody reads from fills many times.
const LINES: usize = 1000;
const LINE: [u8; 1024] = [b'x'; 1024];

/// How long the one who reads waits for a line, which takes less than a thousandth of this.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who is in the chat.
struct Room {
    people: Mutex<Vec<TcpStream>>,
}

impl Room {
    /// Says a line to all. Whose connection does not work any more leaves the room.
    fn say(&self, way: Way, line: &[u8]) {
        let mut people = self.people.lock();
        match way {
            Way::Broken => people.retain_mut(|socket| socket.write_all(line).is_ok()),
            Way::Mended => answer(&mut people, line),
        }
    }
}

fn check(way: Way) -> Result<(), Wrong> {
    let stalled = Connection::narrow()?;
    let mut reading = Connection::open()?;
    reading.client.set_read_timeout(Some(PATIENCE))?;
    let room = &Room {
        people: Mutex::new(vec![stalled.server, reading.server]),
    };
    thread::scope(|scope| {
        // The talker says a line when the one who reads has the line before: so only the other one's socket can fill.
        let (go_ahead, turns) = bounded::<()>(1);
        scope.spawn(move || {
            for () in turns {
                room.say(way, &LINE);
            }
        });
        for heard in 0..LINES {
            // Nobody takes it only where the talker has panicked; then no line comes.
            let _ = go_ahead.send(());
            if reading.client.read_exact(&mut [0; LINE.len()]).is_err() {
                let is_locked = room.people.try_lock().is_none();
                // With this connection gone, the write that waits fails, and the talker's thread ends.
                drop(stalled.client);
                let after = if is_locked {
                    MISTAKE.sign
                } else {
                    "the lock is free"
                };
                return Err(Wrong::new(
                    format!("one does not read, and the other hears all {LINES} lines"),
                    format!("the other heard {heard} and no more, and {after}"),
                ));
            }
        }
        Ok(())
    })
}

// The answer, for whoever has tried: who does not take a line at once is let go. (Our server is kinder, and keeps 256 KiB
// for them: see `unbounded_queue.rs`.)

fn answer(people: &mut Vec<TcpStream>, line: &[u8]) {
    people.retain(|socket| send_now(socket, line).is_ok_and(|sent| sent == line.len()));
}
