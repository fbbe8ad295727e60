//! One thread and poll(2): it sleeps until a socket is ready, and the kernel says which.
//!
//! Each call passes all sockets to the kernel, which looks at all of them, so the cost of a call grows with the number
//! of connections. The program does not write to a full socket until there is room again, so a client that does not
//! read delays nobody, but its outbox grows.

use std::collections::BTreeMap;
use std::io;
use std::net::{TcpListener, TcpStream};

use chatserv::chat::ClientId;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::non_blocking::{Connection, accepted};
use super::{Knobs, Variant, cannot};
use crate::chat::Chat;
use crate::port::Port;

pub const VARIANT: Variant = Variant {
    name: "readiness-poll",
    about: "one thread that sleeps in poll(2) until a socket is ready",
    cannot: &[cannot::DESCRIPTORS, cannot::BOUND, cannot::HURRY],
    serve,
};

/// A connection, and what to ask the kernel about it. Only a flush changes that, so an idle connection costs nothing
/// but its part of the poll(2) call.
struct Watched {
    connection: Connection<TcpStream>,
    wanted: PollFlags,
}

impl Watched {
    /// Sends what the socket takes, and returns whether to keep the connection.
    fn flush(&mut self, chat: &mut Chat) -> bool {
        let connection = &mut self.connection;
        let is_kept = connection.flush(chat);
        let mut wanted = PollFlags::empty();
        wanted.set(PollFlags::IN, !chat.is_ending(connection.client));
        // A socket nearly always has room, so asking for it without need would make a busy loop.
        wanted.set(PollFlags::OUT, connection.is_full);
        self.wanted = wanted;
        is_kept
    }
}

fn serve(port: Port, _knobs: &Knobs) -> io::Result<()> {
    let listener = port.listen()?;
    listener.set_nonblocking(true)?;
    let mut chat = Chat::new();
    let mut connections: BTreeMap<ClientId, Watched> = BTreeMap::new();
    let mut buffer = [0; 4096];
    while !chat.is_over() || !connections.is_empty() {
        let (is_client_waiting, ready) = wait(&listener, &connections, &chat)?;
        let mut with_room = Vec::new();
        for (client, flags) in ready {
            let Some(Watched { connection, .. }) = connections.get_mut(&client) else {
                continue;
            };
            // On a broken connection, both calls return the error and do not block.
            let is_broken = flags.intersects(PollFlags::ERR | PollFlags::HUP);
            if is_broken || flags.contains(PollFlags::IN) {
                connection.read(&mut chat, &mut buffer);
            }
            if is_broken || flags.contains(PollFlags::OUT) {
                connection.is_full = false;
                with_room.push(client);
            }
        }
        while is_client_waiting
            && !chat.is_over()
            && let Some((socket, address)) = accepted(listener.accept())?
        {
            socket.set_nonblocking(true)?;
            let client = chat.connected(address);
            let watched =
                Watched { connection: Connection::new(client, socket), wanted: PollFlags::IN };
            connections.insert(client, watched);
        }
        chat.deadline_reached();
        for client in chat.take_touched().into_iter().chain(with_room) {
            if let Some(watched) = connections.get_mut(&client)
                && !watched.flush(&mut chat)
            {
                connections.remove(&client);
            }
        }
    }
    Ok(())
}

/// Sleeps until a socket is ready, or until the chat's next deadline. It returns whether a new client waits, and which
/// clients are ready. To find these few, it passes all sockets to the kernel and looks through all answers.
fn wait(
    listener: &TcpListener,
    connections: &BTreeMap<ClientId, Watched>,
    chat: &Chat,
) -> io::Result<(bool, Vec<(ClientId, PollFlags)>)> {
    let mut wanted = PollFlags::empty();
    // After the end of the chat, a waiting client would make a busy loop.
    wanted.set(PollFlags::IN, !chat.is_over());
    let mut polled = Vec::with_capacity(1 + connections.len());
    polled.push(PollFd::new(listener, wanted));
    let watched = connections.values();
    polled.extend(watched.map(|watched| PollFd::new(&watched.connection.socket, watched.wanted)));
    // A time that does not fit is as good as none.
    let left = chat.time_left().and_then(|left| Timespec::try_from(left).ok());
    match poll(&mut polled, left.as_ref()) {
        // After a signal nothing is ready, and the loop polls again.
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut answers = polled.iter().map(PollFd::revents);
    let is_client_waiting = (answers.next()).is_some_and(|flags| flags.contains(PollFlags::IN));
    let answers = connections.keys().copied().zip(answers);
    let ready = answers.filter(|(_, flags)| !flags.is_empty()).collect();
    Ok((is_client_waiting, ready))
}
