//! Makes a connection, or says why there is none and what to do.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use chatserv::config::limits::{KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_TRIES, USER_TIMEOUT};
use chatserv::healthcheck::Address;
use socket2::{SockRef, TcpKeepalive};

use super::{SEND_TIMEOUT, words};

/// How long one address of a host may take.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(5);
/// How long all of them together may take. (To look up the host's name takes as long as the system lets it.)
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Connects to the first address of the host that lets it.
///
/// # Errors
///
/// No address of the server does: a sentence that says why, and what to do.
pub(super) fn connect(address: &Address) -> Result<TcpStream, String> {
    let candidates = address.candidates().map_err(|error| {
        let words = words(&error);
        // The system's own reason stands behind a phrase of the standard library.
        let reason = words.rsplit(": ").next().unwrap_or_default();
        format!("The host of {address} cannot be found: {reason}. Is it spelled right?")
    })?;
    let socket = first_of(&candidates).map_err(|error| why_not(address, &error))?;
    prepare(&socket).map_err(|error| why_not(address, &error))?;
    Ok(socket)
}

fn first_of(candidates: &[SocketAddr]) -> io::Result<TcpStream> {
    let end = Instant::now() + CONNECT_TIMEOUT;
    let mut kept = io::Error::from(ErrorKind::NotFound);
    for candidate in candidates {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(candidate, left.min(ADDRESS_TIMEOUT)) {
            Ok(socket) if is_itself(&socket) => kept = ErrorKind::ConnectionRefused.into(),
            Ok(socket) => return Ok(socket),
            // Of several errors a refusal says most: there is a machine. On one without IPv6, say, it is the first of
            // two errors for localhost, and the second says nothing about the server.
            Err(_) if kept.kind() == ErrorKind::ConnectionRefused => {}
            Err(error) => kept = error,
        }
    }
    Err(kept)
}

/// Whether a socket is connected to itself. Where nobody listens on a port of this machine, and the port is one of those
/// that the system gives to clients, it may give just this one, and both ends of a connection are the same socket.
fn is_itself(socket: &TcpStream) -> bool {
    match (socket.local_addr(), socket.peer_addr()) {
        (Ok(local), Ok(peer)) => local == peer,
        _ => false,
    }
}

/// Sets the options of a connected socket.
fn prepare(socket: &TcpStream) -> io::Result<()> {
    // A typed line is small and must not wait for the acknowledgement of the one before.
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(SEND_TIMEOUT))?;
    let options = SockRef::from(socket);
    // Finds out that the server's machine is gone although nobody says anything, as the server does with its clients.
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_TRIES);
    options.set_tcp_keepalive(&keepalive)?;
    // The same while something is on its way.
    #[cfg(target_os = "linux")]
    options.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
    Ok(())
}

/// Why there is no connection, and what to do.
pub fn why_not(address: &Address, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => {
            format!("Nobody listens at {address}. Is the server running?")
        }
        ErrorKind::TimedOut | ErrorKind::WouldBlock => format!(
            "{address} does not answer. Is the address right, and does every firewall on the way let you through?"
        ),
        ErrorKind::NetworkUnreachable
        | ErrorKind::HostUnreachable
        | ErrorKind::AddrNotAvailable => format!(
            "There is no way to {address}: {}. Is this machine connected to a network?",
            words(error)
        ),
        ErrorKind::NotFound => {
            format!("The host of {address} has no address. Is it spelled right?")
        }
        _ => format!("There is no connection to {address}: {}.", words(error)),
    }
}
