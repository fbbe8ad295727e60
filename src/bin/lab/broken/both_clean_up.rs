//! Two threads see the end of a connection, and both clean up.
//!
//! A seat is an index into a table. File descriptors are such indices too, and the same happens when two threads close
//! one (see close(2)). It takes two events within a moment, so it happens once a week and never in a test, unless a
//! test forces that order, as this one does.
//!
//! It is hard to see by hand, which makes it a bad mistake. `ls -l /proc/PID/fd` shows that a server gives a new client
//! the smallest free descriptor:
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
use super::{Failure, Mistake, Way};

pub const MISTAKE: Mistake = Mistake {
    name: "both-clean-up",
    title: "Two threads clean up after the same client",
    about: "luca leaves. The reader of the connection notices and frees luca's seat. mia joins and gets that seat. \
            Then luca's writer notices too and frees the seat again, so mia is thrown out. A seat is not a person: \
            give each client an id that is never reused, and compare it before you clean up. (Or let only one thread \
            clean up.)",
    place: "fn Table::clean_up",
    sign: "mia was thrown out",
    try_it: check,
};

#[derive(Default)]
struct Table {
    /// A new client gets the first free seat.
    seats: Vec<Option<Seat>>,
    last_id: u64,
}

struct Seat {
    /// Never reused.
    id: u64,
    socket: TcpStream,
}

/// The state that both threads of a connection share.
#[derive(Debug, Clone, Copy)]
struct Ticket {
    seat: usize,
    id: u64,
}

impl Table {
    fn add(&mut self, socket: TcpStream) -> Ticket {
        self.last_id += 1;
        let id = self.last_id;
        let free = self.seats.iter().position(Option::is_none);
        let seat = free.unwrap_or(self.seats.len());
        if free.is_none() {
            self.seats.push(None);
        }
        self.seats[seat] = Some(Seat { id, socket });
        Ticket { seat, id }
    }

    fn holds(&self, ticket: Ticket) -> bool {
        let seat = self.seats.get(ticket.seat).and_then(Option::as_ref);
        seat.is_some_and(|seat| seat.id == ticket.id)
    }

    /// Frees the seat of a connection that has ended, and closes the connection for its other thread.
    fn clean_up(&mut self, way: Way, ticket: Ticket) {
        let seat = &mut self.seats[ticket.seat];
        let freed = match way {
            Way::Broken => seat.take(),
            Way::Fixed => answer(seat, ticket),
        };
        if let Some(seat) = freed {
            // This fails only if the client has closed the connection already.
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

/// Writes lines until there are no more or the connection has ended.
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

fn check(way: Way) -> Result<(), Failure> {
    let table = &Mutex::new(Table::default());
    let (luca, mut mia) = (Connection::open()?, Connection::open()?);
    let ticket = table.lock().add(luca.server.try_clone()?);
    let socket = &luca.server;
    let (lines, inbox) = bounded::<&[u8]>(1);
    let added = thread::scope(|scope| -> io::Result<Ticket> {
        let reader = scope.spawn(move || reader(way, table, socket, ticket));
        let writer = scope.spawn(move || writer(way, table, socket, ticket, &inbox));
        // luca leaves, and the reader notices first.
        drop(luca.client);
        let _ = reader.join();
        // mia joins and gets luca's seat.
        let added = table.lock().add(mia.server.try_clone()?);
        // The writer notices when it writes. A fix may also have ended it already.
        let _ = lines.send(b"somebody: hello\r\n");
        drop(lines);
        let _ = writer.join();
        Ok(added)
    })?;
    // Code that never cleans up throws nobody out, but soon runs out of seats.
    if added.seat != ticket.seat {
        return Err(Failure::new(
            "luca leaves, and mia gets luca's seat",
            format!("seat {}: luca's is not free", added.seat),
        ));
    }
    // mia is still connected if a message reaches her.
    let expected = "luca leaves, mia joins, and mia gets \"welcome\"";
    let mut received = String::new();
    let is_sent = mia.server.write_all(b"welcome").is_ok();
    let _ = mia.server.shutdown(Shutdown::Write);
    mia.client.read_to_string(&mut received)?;
    match received.as_str() {
        "welcome" if is_sent && table.lock().holds(added) => Ok(()),
        "" => Err(Failure::new(expected, format!("nothing: {}", MISTAKE.sign))),
        "welcome" => Err(Failure::new("mia keeps her seat", "her seat is free")),
        _ => Err(Failure::new(expected, format!("{received:?}"))),
    }
}

// The answer. Try it yourself first. The server does the same: a `ClientId` is never reused, and only the dispatcher
// removes clients.

fn answer(seat: &mut Option<Seat>, ticket: Ticket) -> Option<Seat> {
    seat.take_if(|seat| seat.id == ticket.id)
}
