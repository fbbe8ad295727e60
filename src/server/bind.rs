//! The listening sockets: which addresses, which port, and what is said when one cannot be had.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::config::{Bind, limits};

/// How many times a port is chosen anew, where the one the system gave for IPv4 is taken for IPv6.
const PORT_TRIES_MAX: u32 = 10;

/// An address that cannot be listened on.
#[derive(Debug)]
pub struct BindError {
    address: SocketAddr,
    error: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}: ", self.address)?;
        match self.error.kind() {
            ErrorKind::AddrInUse => {
                write!(
                    f,
                    "another program uses this port. Stop it, or choose another with --port"
                )
            }
            ErrorKind::PermissionDenied => {
                write!(
                    f,
                    "ports below 1024 are the system's. Choose a higher one with --port"
                )
            }
            ErrorKind::AddrNotAvailable => {
                write!(
                    f,
                    "this machine has no such address. Choose one of its own with --bind, or 0.0.0.0 for all"
                )
            }
            _ => write!(f, "{}", self.error),
        }
    }
}

impl std::error::Error for BindError {}

/// The sockets that listen, and the one port they listen on.
#[derive(Debug)]
pub struct Bound {
    /// One, or for `localhost` one for each family.
    pub sockets: Vec<TcpListener>,
    /// The same for all; where 0 was asked for, the one the system chose.
    pub port: u16,
}

/// Listens where the settings say.
///
/// `localhost` is never looked up: it is 127.0.0.1 and, on the same port, ::1. A machine without IPv6 is fine.
///
/// # Errors
/// The first address that cannot be had.
pub fn bind(bind: Bind, port: u16) -> Result<Bound, BindError> {
    let address = match bind {
        Bind::Address(address) => address,
        Bind::Localhost => return bind_localhost(port),
    };
    let socket = listen(SocketAddr::new(address, port))?;
    let port = port_of(&socket, port);
    Ok(Bound {
        sockets: vec![socket],
        port,
    })
}

fn bind_localhost(port: u16) -> Result<Bound, BindError> {
    let mut tries = 1;
    loop {
        let v4 = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let chosen = port_of(&v4, port);
        match listen(SocketAddr::from((Ipv6Addr::LOCALHOST, chosen))) {
            Ok(v6) => {
                return Ok(Bound {
                    sockets: vec![v4, v6],
                    port: chosen,
                });
            }
            Err(BindError { error, .. }) if is_without_ipv6(&error) => {
                tracing::info!(%error, "no IPv6 on this machine: 127.0.0.1 only");
                return Ok(Bound {
                    sockets: vec![v4],
                    port: chosen,
                });
            }
            // The system gave a port that is free for IPv4 only: another one will be free for both.
            Err(_) if port == 0 && tries < PORT_TRIES_MAX => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// The kernel has no IPv6, or no address of it.
fn is_without_ipv6(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error())
}

fn port_of(socket: &TcpListener, asked: u16) -> u16 {
    socket.local_addr().map_or(asked, |address| address.port())
}

fn listen(address: SocketAddr) -> Result<TcpListener, BindError> {
    let open = || {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        // A restart must not wait until the connections of the last run are forgotten.
        socket.set_reuse_address(true)?;
        if let IpAddr::V6(v6) = address.ip() {
            // `::` is everything, IPv4 too; ::1 leaves 127.0.0.1 to its own socket.
            socket.set_only_v6(!v6.is_unspecified())?;
        }
        socket.bind(&address.into())?;
        // std listens with a backlog of 128: too few when thousands come back at once after a restart.
        socket.listen(limits::BACKLOG)?;
        Ok(socket.into())
    };
    open().map_err(|error| BindError { address, error })
}
