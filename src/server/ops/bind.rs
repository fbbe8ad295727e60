//! The listening sockets: which addresses, which ports, and what is said when one cannot be had.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use rustix::io::Errno;
use socket2::{Domain, Socket, Type};

use crate::chat::Protocol;
use crate::config::{Bind, Config, limits};

/// How many times a port is chosen anew, where the one the system gave for IPv4 is taken for IPv6.
const PORT_TRIES_MAX: u32 = 10;

/// An address that cannot be listened on.
#[derive(Debug)]
pub struct BindError {
    address: SocketAddr,
    protocol: Protocol,
    error: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flag = match self.protocol {
            Protocol::Plain => "--port",
            Protocol::Json => "--json-port",
        };
        write!(f, "cannot listen on {}: ", self.address)?;
        match self.error.kind() {
            ErrorKind::AddrInUse => {
                write!(
                    f,
                    "another program uses this port. Stop it, or choose another with {flag}"
                )
            }
            ErrorKind::PermissionDenied => {
                write!(
                    f,
                    "ports below 1024 are the system's. Choose a higher one with {flag}"
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

/// The sockets that listen for one protocol, and the one port they listen on.
#[derive(Debug)]
pub struct Bound {
    /// What is spoken there.
    pub protocol: Protocol,
    /// One, or for `localhost` one for each family.
    pub sockets: Vec<TcpListener>,
    /// The same for all; where 0 was asked for, the one the system chose.
    pub port: u16,
}

/// Listens where the settings say: on the port for people first in the list, then on the one for JSON, if there is one.
///
/// # Errors
/// The first address that cannot be had.
pub fn bind_all(config: &Config) -> Result<Vec<Bound>, BindError> {
    let json = config.json_port.map(|port| (Protocol::Json, port));
    let mut wanted = vec![(Protocol::Plain, config.port)];
    wanted.extend(json);
    // A port that the system chooses comes last: it could be the other one.
    wanted.sort_by_key(|&(_, port)| port == 0);
    let bound = |(protocol, port)| bind(config.bind, port, protocol);
    let mut all = wanted
        .into_iter()
        .map(bound)
        .collect::<Result<Vec<Bound>, BindError>>()?;
    all.sort_by_key(|bound| bound.protocol == Protocol::Json);
    Ok(all)
}

/// Listens on one port.
///
/// `localhost` is never looked up: it is 127.0.0.1 and, on the same port, ::1. A machine without IPv6 is fine.
fn bind(bind: Bind, port: u16, protocol: Protocol) -> Result<Bound, BindError> {
    let address = match bind {
        Bind::Address(address) => address,
        Bind::Localhost => return bind_localhost(port, protocol),
    };
    let socket = listen(SocketAddr::new(address, port), protocol)?;
    Ok(Bound {
        protocol,
        port: port_of(&socket, port),
        sockets: vec![socket],
    })
}

fn bind_localhost(port: u16, protocol: Protocol) -> Result<Bound, BindError> {
    let mut tries = 1;
    loop {
        let v4 = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), protocol)?;
        let chosen = port_of(&v4, port);
        let bound = |sockets| Bound {
            protocol,
            sockets,
            port: chosen,
        };
        match listen(SocketAddr::from((Ipv6Addr::LOCALHOST, chosen)), protocol) {
            Ok(v6) => return Ok(bound(vec![v4, v6])),
            Err(BindError { error, .. }) if is_without_ipv6(&error) => {
                tracing::info!(%error, "no IPv6 on this machine: 127.0.0.1 only");
                return Ok(bound(vec![v4]));
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

fn listen(address: SocketAddr, protocol: Protocol) -> Result<TcpListener, BindError> {
    let open = || {
        let tcp = Some(socket2::Protocol::TCP);
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, tcp)?;
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
    open().map_err(|error| BindError {
        address,
        protocol,
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(port: u16, json_port: Option<u16>) -> Result<Vec<Bound>, BindError> {
        bind_all(&Config {
            port,
            json_port,
            bind: Bind::Address(Ipv4Addr::LOCALHOST.into()),
            ..Config::default()
        })
    }

    #[test]
    fn each_protocol_has_a_port_of_its_own_and_people_come_first() {
        let both = on(0, Some(0)).unwrap();
        let protocols: Vec<Protocol> = both.iter().map(|bound| bound.protocol).collect();
        assert_eq!(protocols, [Protocol::Plain, Protocol::Json]);
        assert_ne!(both[0].port, both[1].port);
        for bound in &both {
            assert_eq!(bound.sockets[0].local_addr().unwrap().port(), bound.port);
        }
        // A fixed one is taken before one is chosen, and still comes second.
        let port = both[1].port;
        drop(both);
        assert_eq!(on(0, Some(port)).unwrap()[1].port, port);
        assert_eq!(on(0, None).unwrap().len(), 1);
    }

    #[test]
    fn a_port_that_is_taken_is_told_with_its_flag() {
        let taken = on(0, None).unwrap();
        let error = on(0, Some(taken[0].port)).unwrap_err().to_string();
        assert!(
            error.ends_with("choose another with --json-port"),
            "{error}"
        );
        let error = on(taken[0].port, Some(0)).unwrap_err().to_string();
        assert!(error.ends_with("choose another with --port"), "{error}");
    }
}
