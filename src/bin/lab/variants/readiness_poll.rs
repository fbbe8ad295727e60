//! One thread, and poll(2): it sleeps until one of its sockets has something, and the kernel says which.
//!
//! The kernel is told about all sockets each time, and looks at all of them: a turn costs as much as there are connections,
//! however few have something. Whoever does not read is not written to until there is room in their socket again, so
//! they keep nobody waiting; what they are to get piles up.

use std::collections::BTreeMap;
use std::io;
use std::net::{TcpListener, TcpStream};

use chatserv::chat::ClientId;
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

/// A connection, and what the kernel is asked about it. That changes only when something was done for it, so for all who
/// are idle nothing is looked up: what they cost is poll's.
struct Watched {
    connection: Connection<TcpStream>,
    wanted: PollFlags,
}

impl Watched {
    /// Sends what the socket takes, and says whether the connection is to be kept.
    fn flush(&mut self, chat: &mut Chat) -> bool {
        let connection = &mut self.connection;
        let is_kept = connection.flush(chat);
        let mut wanted = PollFlags::empty();
        wanted.set(PollFlags::IN, !chat.is_ending(connection.client));
        // Nearly always there is room, so to ask for it without need would be a busy loop.
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
        let (is_somebody_new, ready) = wait(&listener, &connections, &chat)?;
        let mut with_room = Vec::new();
        for (client, flags) in ready {
            let Some(Watched { connection, .. }) = connections.get_mut(&client) else {
                continue;
            };
            // A connection that is broken can be read and written: both tell of the error, and wait for nothing.
            let is_broken = flags.intersects(PollFlags::ERR | PollFlags::HUP);
            if is_broken || flags.contains(PollFlags::IN) {
                connection.read(&mut chat, &mut buffer);
            }
            if is_broken || flags.contains(PollFlags::OUT) {
                connection.is_full = false;
                with_room.push(client);
            }
        }
        while is_somebody_new
            && !chat.is_over()
            && let Some((socket, address)) = accepted(listener.accept())?
        {
            socket.set_nonblocking(true)?;
            let client = chat.connected(address);
            let watched = Watched {
                connection: Connection::new(client, socket),
                wanted: PollFlags::IN,
            };
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

/// Sleeps until something can be done, or the chat's next deadline. Says whether somebody new waits, and what can be done
/// for whom: everybody is asked about, and everybody's answer is looked at, to find the few that say something.
fn wait(
    listener: &TcpListener,
    connections: &BTreeMap<ClientId, Watched>,
    chat: &Chat,
) -> io::Result<(bool, Vec<(ClientId, PollFlags)>)> {
    let mut wanted = PollFlags::empty();
    // Whoever comes after the end is let wait: to be told of them would be a busy loop.
    wanted.set(PollFlags::IN, !chat.is_over());
    let mut asked = Vec::with_capacity(1 + connections.len());
    asked.push(PollFd::new(listener, wanted));
    let watched = connections.values();
    asked.extend(watched.map(|watched| PollFd::new(&watched.connection.socket, watched.wanted)));
    // A time that does not fit is longer than anybody waits.
    let left = chat
        .time_left()
        .and_then(|left| Timespec::try_from(left).ok());
    match poll(&mut asked, left.as_ref()) {
        // A signal came first. Then nothing is ready, and it is asked again.
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut answers = asked.iter().map(PollFd::revents);
    let is_somebody_new = (answers.next()).is_some_and(|flags| flags.contains(PollFlags::IN));
    let answers = connections.keys().copied().zip(answers);
    let ready = answers.filter(|(_, flags)| !flags.is_empty()).collect();
    Ok((is_somebody_new, ready))
}
