//! The port of a server variant.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};

use socket2::SockRef;

use crate::process::WAITING;

/// The kernel reduces this to its own limit.
const BACKLOG: i32 = 4096;

/// The port to listen on, on this machine only. 0 stands for any free port.
pub struct Port {
    pub number: u16,
}

impl Port {
    /// Listens, and prints the port.
    pub fn listen(&self) -> io::Result<TcpListener> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.number))?;
        // The standard library asks for a short backlog.
        rustix::net::listen(&listener, BACKLOG)?;
        // Accepted sockets inherit this. Otherwise a line waits for the acknowledgement of the previous one (RFC 896).
        SockRef::from(&listener).set_tcp_nodelay(true)?;
        announce(listener.local_addr()?.port())?;
        Ok(listener)
    }
}

/// Prints that clients can connect to this port.
pub fn announce(port: u16) -> io::Result<()> {
    let mut stdout = io::stdout();
    writeln!(stdout, "{WAITING}{port}")?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn accepted_sockets_have_nodelay() {
        let listener = Port { number: 0 }.listen().unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        assert!(accepted.nodelay().unwrap());
    }
}
