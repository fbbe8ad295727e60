//! A write that may block, under a lock that everybody needs.
//!
//! The textbook chat server has a map of sockets under a lock, and each speaker writes to all of them. Exercise 8.15 of
//! "The Go Programming Language" is about this.
//!
//! By hand: start `lab serve threads`, run the line below in three terminals, and give a name in each. Press Ctrl-Z in
//! the first, and talk in the second: paste a lot, because the kernel keeps megabytes for a client that does not read.
//! Then the third hears nothing more, and nobody else can join.
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
use super::{Failure, Mistake, Way};

pub const MISTAKE: Mistake = Mistake {
    name: "write-under-lock",
    title: "A write that may block, under a lock that everybody needs",
    about: "A speaker locks the list of people and writes to each of them. One of them does not read, so its socket \
            fills, and the write to it blocks with the lock held. From then on nobody hears anything, and nobody can \
            join or leave. Under a lock, do only what cannot block: use a send that never does, and decide what \
            happens to a client whose socket is full.",
    place: "fn Room::send",
    sign: "the lock is held",
    try_it: check,
};

/// The check sends enough to fill a socket many times.
const LINES: usize = 1000;
const LINE: [u8; 1024] = [b'x'; 1024];

/// How long the check waits for a line, which takes less than a thousandth of this.
const PATIENCE: Duration = Duration::from_secs(2);

struct Room {
    people: Mutex<Vec<TcpStream>>,
}

impl Room {
    /// Sends a line to everybody, and removes those whose connection is broken.
    fn send(&self, way: Way, line: &[u8]) {
        let mut people = self.people.lock();
        match way {
            Way::Broken => people.retain_mut(|socket| socket.write_all(line).is_ok()),
            Way::Fixed => answer(&mut people, line),
        }
    }
}

fn check(way: Way) -> Result<(), Failure> {
    let stalled = Connection::narrow()?;
    let mut reading = Connection::open()?;
    reading.client.set_read_timeout(Some(PATIENCE))?;
    let room = &Room { people: Mutex::new(vec![stalled.server, reading.server]) };
    thread::scope(|scope| {
        // The speaker sends a line when the reader has the previous one, so only the other socket can fill.
        let (go_ahead, turns) = bounded::<()>(1);
        scope.spawn(move || {
            for () in turns {
                room.send(way, &LINE);
            }
        });
        for received in 0..LINES {
            // If the speaker has panicked, this fails, and no line arrives.
            let _ = go_ahead.send(());
            if reading.client.read_exact(&mut [0; LINE.len()]).is_err() {
                let is_locked = room.people.try_lock().is_none();
                // This makes the blocked write fail and ends the speaker's thread.
                drop(stalled.client);
                let lock = if is_locked { MISTAKE.sign } else { "the lock is free" };
                return Err(Failure::new(
                    format!("one client does not read, and the other gets all {LINES} lines"),
                    format!("the other got {received} and no more, and {lock}"),
                ));
            }
        }
        Ok(())
    })
}

// The answer. Try it yourself first. It disconnects a client that does not take a line at once. (Our server keeps data
// for such a client, up to a limit: see `unbounded_queue.rs`.)

fn answer(people: &mut Vec<TcpStream>, line: &[u8]) {
    people.retain(|socket| send_now(socket, line).is_ok_and(|sent| sent == line.len()));
}
