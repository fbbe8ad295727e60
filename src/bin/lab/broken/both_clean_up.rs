//! Two threads see the same end, and both clean up.
//!
//! A connection has a reader and a writer. When it ends, both notice, one after the other, and both remove it from a table,
//! by its place. In between somebody else may have come, who was given that place, since it was free: the second removal is
//! theirs. File descriptors are such places, and the same happens where two threads close one; close(2) has a section on
//! it. It takes two events within a moment, so it happens once a week and never in a test, unless a test puts the events
//! in that order, as this one does.
//!
//! By hand: hardly, which is what makes it a bad one. `ls -l /proc/PID/fd` of a server shows that the next who connects is
//! given the smallest number that is free:
//!
//! ```text
//! ls -l /proc/$(pgrep -o chatserv)/fd
//! ```

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use crossbeam_channel::{Receiver, bounded};
use parking_lot::Mutex;

use super::connection::Connection;
use super::{Mistake, Way, Wrong};

/// See the module.
pub const MISTAKE: Mistake = Mistake {
    name: "both-clean-up",
    title: "Two threads clean up after the same client",
    about: &[
        "luca leaves. The reader of the connection sees it and frees luca's place; mia",
        "comes and is given that place; then luca's writer sees it, too, and frees the",
        "place again. Now mia is thrown out. A place is not a person: give everybody",
        "a number that is never given again, and look at it before you clean up.",
        "(Or let one thread only clean up.)",
    ],
    file: "src/bin/lab/broken/both_clean_up.rs",
    place: "fn Table::clean_up",
    sign: "mia was thrown out",
    try_it: check,
};

/// Who sits where.
#[derive(Default)]
struct Table {
    /// A place that is free is given to the next who comes.
    places: Vec<Option<Seat>>,
    last_id: u64,
}

/// Somebody at the table.
struct Seat {
    /// Given once, and never again.
    id: u64,
    socket: TcpStream,
}

/// What both threads of a connection know of it.
#[derive(Debug, Clone, Copy)]
struct Ticket {
    place: usize,
    id: u64,
}

impl Table {
    fn seat(&mut self, socket: TcpStream) -> Ticket {
        self.last_id += 1;
        let id = self.last_id;
        let free = self.places.iter().position(Option::is_none);
        let place = free.unwrap_or(self.places.len());
        if free.is_none() {
            self.places.push(None);
        }
        self.places[place] = Some(Seat { id, socket });
        Ticket { place, id }
    }

    /// Whether whoever was given this ticket still sits in that place.
    fn holds(&self, ticket: Ticket) -> bool {
        let seat = self.places.get(ticket.place).and_then(Option::as_ref);
        seat.is_some_and(|seat| seat.id == ticket.id)
    }

    /// The connection has ended: closes it, for whoever still waits at it, and frees the place.
    fn clean_up(&mut self, way: Way, ticket: Ticket) {
        let place = &mut self.places[ticket.place];
        let left = match way {
            Way::Broken => place.take(),
            Way::Mended => answer(place, ticket),
        };
        if let Some(seat) = left {
            // It fails only where the other end has gone already.
            let _ = seat.socket.shutdown(Shutdown::Both);
        }
    }
}

/// Reads until the connection ends.
fn reader(way: Way, table: &Mutex<Table>, mut socket: &TcpStream, ticket: Ticket) {
    let mut buffer = [0; 512];
    while socket.read(&mut buffer).is_ok_and(|count| count > 0) {}
    table.lock().clean_up(way, ticket);
}

/// Writes lines until there are no more, or the connection has ended.
fn writer(
    way: Way,
    table: &Mutex<Table>,
    mut socket: &TcpStream,
    ticket: Ticket,
    lines: &Receiver<&[u8]>,
) {
    for line in lines {
        if socket.write_all(line).is_err() {
            return table.lock().clean_up(way, ticket);
        }
    }
}

fn check(way: Way) -> Result<(), Wrong> {
    let table = &Mutex::new(Table::default());
    let (luca, mut mia) = (Connection::open()?, Connection::open()?);
    let ticket = table.lock().seat(luca.server.try_clone()?);
    let socket = &luca.server;
    let (lines, inbox) = bounded::<&[u8]>(1);
    let seated = thread::scope(|scope| -> io::Result<Ticket> {
        let reader = scope.spawn(move || reader(way, table, socket, ticket));
        let writer = scope.spawn(move || writer(way, table, socket, ticket, &inbox));
        // luca leaves, and the reader is the first to see it.
        drop(luca.client);
        let _ = reader.join();
        // mia comes, and sits where luca sat.
        let seated = table.lock().seat(mia.server.try_clone()?);
        // The writer is the second, as soon as it has something to write. It may have gone without a look, too.
        let _ = lines.send(b"somebody: hello\r\n");
        drop(lines);
        let _ = writer.join();
        Ok(seated)
    })?;
    // Who never cleans up throws nobody out, but soon has no place left.
    if seated.place != ticket.place {
        return Err(Wrong::new(
            "luca leaves, and mia is given the place that is free now",
            format!("place {}: nobody has freed luca's", seated.place),
        ));
    }
    // mia is still here if what is said to her arrives.
    let expected = "luca leaves, mia comes, and mia hears \"welcome\"";
    let mut heard = String::new();
    let said = mia.server.write_all(b"welcome").is_ok();
    let _ = mia.server.shutdown(Shutdown::Write);
    mia.client.read_to_string(&mut heard)?;
    match heard.as_str() {
        "welcome" if said && table.lock().holds(seated) => Ok(()),
        "" => Err(Wrong::new(expected, format!("nothing: {}", MISTAKE.sign))),
        "welcome" => Err(Wrong::new("mia still has her place", "somebody freed it")),
        _ => Err(Wrong::new(expected, format!("{heard:?}"))),
    }
}

// The answer, for whoever has tried. The server does it so: an id of a client (`ClientId`) is never given again, and only
// the dispatcher removes anybody.

fn answer(place: &mut Option<Seat>, ticket: Ticket) -> Option<Seat> {
    place.take_if(|seat| seat.id == ticket.id)
}
