//! Connects to a server, and explains failures.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use chatserv::config::limits::{KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_TRIES, USER_TIMEOUT};
use chatserv::healthcheck::Address;
use socket2::{SockRef, TcpKeepalive};

use super::{SEND_TIMEOUT, words};

/// The timeout for one address of a host.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout for all addresses together. The name lookup has only the system's own timeout.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Connects to the first address of the host that accepts.
///
/// # Errors
///
/// No address of the server accepts. The message says why, and what to do.
pub(super) fn connect(address: &Address) -> Result<TcpStream, String> {
    let candidates = address.candidates().map_err(|error| {
        let words = words(&error);
        // The standard library puts a phrase before the system's reason.
        let reason = words.rsplit(": ").next().unwrap_or_default();
        format!("The host of {address} cannot be found: {reason}. Is it spelled correctly?")
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
            // Of several errors, a refusal is the most informative: the machine exists. Without IPv6, for example,
            // localhost yields a refusal and then an error that says nothing about the server.
            Err(_) if kept.kind() == ErrorKind::ConnectionRefused => {}
            Err(error) => kept = error,
        }
    }
    Err(kept)
}

/// Returns whether a socket is connected to itself. If no server listens on an ephemeral port of this machine, the
/// system may choose that very port for the client, and both ends of the connection are the same socket.
fn is_itself(socket: &TcpStream) -> bool {
    match (socket.local_addr(), socket.peer_addr()) {
        (Ok(local), Ok(peer)) => local == peer,
        _ => false,
    }
}

/// Sets the options of a connected socket.
fn prepare(socket: &TcpStream) -> io::Result<()> {
    // Typed lines are small and must not wait for the acknowledgement of the previous one (Nagle's algorithm).
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(SEND_TIMEOUT))?;
    let options = SockRef::from(socket);
    // Keepalive detects that the server's machine is gone while the connection is idle. The server does the same with
    // its clients.
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_TRIES);
    options.set_tcp_keepalive(&keepalive)?;
    // The same while sent data is unacknowledged.
    #[cfg(target_os = "linux")]
    options.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
    Ok(())
}

/// Explains why the connection failed, and what to do.
pub fn why_not(address: &Address, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => {
            format!("No server is listening at {address}. Is it running?")
        }
        ErrorKind::TimedOut | ErrorKind::WouldBlock => format!(
            "{address} does not answer. Is the address right, and do all firewalls let you through?"
        ),
        ErrorKind::NetworkUnreachable
        | ErrorKind::HostUnreachable
        | ErrorKind::AddrNotAvailable => format!(
            "{address} cannot be reached: {}. Is this machine connected to a network?",
            words(error)
        ),
        ErrorKind::NotFound => {
            format!("The host of {address} has no address. Is it spelled correctly?")
        }
        _ => format!("The connection to {address} failed: {}.", words(error)),
    }
}
