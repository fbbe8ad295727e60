//! One thread, and poll(2): it sleeps until one of its sockets has something, and the kernel says which.
//!
//! The kernel is told about all sockets each time, and looks at all of them: a turn costs as much as there are connections,
//! however few have something. Whoever does not read is not written to until there is room in their socket again, so
//! they keep nobody waiting; what they are to get piles up.

use std::io;
use std::net::{TcpListener, TcpStream};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::non_blocking::{Connection, accepted};
use super::{Knobs, Variant, cannot};
use crate::chat::Chat;
use crate::serve::Port;

/// See the module.
pub const VARIANT: Variant = Variant {
    name: "readiness-poll",
    about: "one thread that sleeps in poll(2) until a socket has something",
    cannot: &[
        "It ends where the system has no descriptor left.",
        cannot::KEEP_LITTLE,
        cannot::LIMIT,
        cannot::CHOOSE,
        cannot::HURRY,
        cannot::LINGER,
    ],
    serve,
};

fn serve(port: Port, _knobs: &Knobs) -> io::Result<()> {
    let listener = port.listen()?;
    listener.set_nonblocking(true)?;
    let mut chat = Chat::new();
    let mut connections: Vec<Connection<TcpStream>> = Vec::new();
    let mut buffer = [0; 4096];
    while !chat.is_over() || !connections.is_empty() {
        let ready = wait(&listener, &connections, &chat)?;
        let (somebody_new, others) = ready
            .split_first()
            .expect("the listener is asked first, so the first answer is its");
        for (connection, flags) in connections.iter_mut().zip(others) {
            // A connection that is broken can be read and written: both tell of the error, and wait for nothing.
            let is_broken = flags.intersects(PollFlags::ERR | PollFlags::HUP);
            if is_broken || flags.contains(PollFlags::IN) {
                connection.read(&mut chat, &mut buffer);
            }
            if is_broken || flags.contains(PollFlags::OUT) {
                connection.is_full = false;
            }
        }
        while somebody_new.contains(PollFlags::IN)
            && !chat.is_over()
            && let Some((socket, address)) = accepted(listener.accept())?
        {
            socket.set_nonblocking(true)?;
            connections.push(Connection::new(chat.connected(address), socket));
        }
        chat.deadline_reached();
        connections.retain_mut(|connection| connection.flush(&mut chat));
        // It need not know whom there is something for: it has just gone through all of them.
        chat.take_touched();
    }
    Ok(())
}

/// Sleeps until something can be done, or the chat's next deadline. Says what, for the listener and then for each
/// connection.
fn wait(
    listener: &TcpListener,
    connections: &[Connection<TcpStream>],
    chat: &Chat,
) -> io::Result<Vec<PollFlags>> {
    let mut wanted = PollFlags::empty();
    // Whoever comes after the end is let wait: to be told of them would be a busy loop.
    wanted.set(PollFlags::IN, !chat.is_over());
    let mut asked = vec![PollFd::new(listener, wanted)];
    asked.extend(connections.iter().map(|connection| {
        let mut wanted = PollFlags::empty();
        wanted.set(PollFlags::IN, !chat.is_ending(connection.client));
        // Nearly always there is room, so to ask for it without need would be a busy loop.
        wanted.set(PollFlags::OUT, connection.is_full);
        PollFd::new(&connection.socket, wanted)
    }));
    // A time that does not fit is longer than anybody waits.
    let left = chat
        .time_left()
        .and_then(|left| Timespec::try_from(left).ok());
    match poll(&mut asked, left.as_ref()) {
        // A signal came first. Then nothing is ready, and it is asked again.
        Ok(_) | Err(Errno::INTR) => Ok(asked.iter().map(PollFd::revents).collect()),
        Err(error) => Err(error.into()),
    }
}
