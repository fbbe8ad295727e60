//! One thread and epoll(7), through mio: the kernel keeps the list of sockets and returns those that are ready.
//!
//! The program registers each socket once, so the cost of a call does not depend on the number of connections. The
//! kernel reports each change once (edge-triggered), so the program must remember which sockets it has not read to the
//! end. It does not write to a full socket until there is room again, so a client that does not read delays nobody, but
//! its outbox grows. An async runtime works like this below its `await`.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, ErrorKind};
use std::time::Duration;

use chatserv::chat::ClientId;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use super::non_blocking::{Connection, accepted};
use super::{Knobs, Variant, cannot};
use crate::chat::Chat;
use crate::port::Port;

pub const VARIANT: Variant = Variant {
    name: "readiness",
    about: "one thread that sleeps in epoll(7) until a socket is ready",
    cannot: &[cannot::DESCRIPTORS, cannot::BOUND, cannot::HURRY],
    serve,
};

/// The token of the listener. Clients use their ids, which begin with 1.
const LISTENER: Token = Token(0);

/// The most events of one call. The next call returns the rest.
const EVENTS_MAX: usize = 1024;

fn serve(port: Port, _knobs: &Knobs) -> io::Result<()> {
    let listener = port.listen()?;
    listener.set_nonblocking(true)?;
    let mut listener = TcpListener::from_std(listener);
    let mut poll = Poll::new()?;
    let registry = poll.registry();
    registry.register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(EVENTS_MAX);
    let mut chat = Chat::new();
    let mut connections: HashMap<ClientId, Connection<TcpStream>> = HashMap::new();
    // The clients whose sockets may hold more input.
    let mut unread: BTreeSet<ClientId> = BTreeSet::new();
    let mut buffer = [0; 4096];
    while !chat.is_over() || !connections.is_empty() {
        let left = if unread.is_empty() { chat.time_left() } else { Some(Duration::ZERO) };
        match poll.poll(&mut events, left) {
            // A signal interrupted the call, and there are no events.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            polled => polled?,
        }
        let mut with_room = Vec::new();
        for event in &events {
            if event.token() == LISTENER {
                accept_all(&listener, &poll, &mut chat, &mut connections)?;
                continue;
            }
            let client = ClientId(event.token().0 as u64);
            if event.is_readable() {
                unread.insert(client);
            }
            if event.is_writable()
                && let Some(connection) = connections.get_mut(&client)
            {
                connection.is_full = false;
                with_room.push(client);
            }
        }
        unread.retain(|client| {
            let connection = connections.get_mut(client);
            connection.is_some_and(|connection| connection.read(&mut chat, &mut buffer))
        });
        chat.deadline_reached();
        for client in chat.take_touched().into_iter().chain(with_room) {
            if let Some(connection) = connections.get_mut(&client)
                && !connection.flush(&mut chat)
            {
                // Closing the socket also removes it from the kernel's list.
                connections.remove(&client);
            }
        }
    }
    Ok(())
}

/// Accepts all waiting clients, because the kernel reports them once.
fn accept_all(
    listener: &TcpListener,
    poll: &Poll,
    chat: &mut Chat,
    connections: &mut HashMap<ClientId, Connection<TcpStream>>,
) -> io::Result<()> {
    while !chat.is_over()
        && let Some((mut socket, address)) = accepted(listener.accept())?
    {
        let client = chat.connected(address);
        let interests = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut socket, Token(client.0 as usize), interests)?;
        connections.insert(client, Connection::new(client, socket));
    }
    Ok(())
}
