//! The listening sockets.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};

use rustix::io::Errno;
use socket2::{Domain, Socket, Type};

use crate::config::{Bind, Config, limits};
use crate::server::error::StartError;
use crate::server::port_kind::PortKind;

/// How many ports are tried if the one that the system chooses for IPv4 is taken for IPv6.
const PORT_TRIES_MAX: u32 = 10;

/// The listening sockets of one port.
#[derive(Debug)]
pub struct Bound {
    pub kind: PortKind,
    /// One socket, or one for each family for `localhost`.
    pub sockets: Vec<TcpListener>,
    /// The port of all sockets, chosen by the system if the setting is 0.
    pub port: u16,
}

/// Listens as the settings say: first the port for plain text, then the others, if there are such.
///
/// # Errors
/// The first address that is not available.
pub fn bind_all(config: &Config) -> Result<Vec<Bound>, StartError> {
    let mut wanted = vec![(PortKind::Plain, config.port)];
    wanted.extend(config.json_port.map(|port| (PortKind::Json, port)));
    wanted.extend(config.web_port.map(|port| (PortKind::Web, port)));
    wanted.extend(config.proxy_port.map(|port| (PortKind::Proxied, port)));
    // A port that the system chooses is bound last: it could otherwise be the fixed port of another.
    wanted.sort_by_key(|&(_, port)| port == 0);
    let bound = |(kind, port)| bind(config.bind, port, kind);
    let mut all = wanted.into_iter().map(bound).collect::<Result<Vec<Bound>, StartError>>()?;
    all.sort_by_key(|bound| bound.kind);
    Ok(all)
}

/// Listens on one port. `localhost` is not looked up: it is 127.0.0.1 and ::1, or 127.0.0.1 alone on a machine without IPv6.
fn bind(bind: Bind, port: u16, kind: PortKind) -> Result<Bound, StartError> {
    let address = match bind {
        Bind::Address(address) => address,
        Bind::Localhost => return bind_localhost(port, kind),
    };
    let socket = listen_for(SocketAddr::new(address, port), kind)?;
    Ok(Bound { kind, port: port_of(&socket, port), sockets: vec![socket] })
}

fn bind_localhost(port: u16, kind: PortKind) -> Result<Bound, StartError> {
    let mut tries = 1;
    loop {
        let v4 = listen_for(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), kind)?;
        let chosen = port_of(&v4, port);
        let bound = |sockets| Bound { kind, sockets, port: chosen };
        match listen_for(SocketAddr::from((Ipv6Addr::LOCALHOST, chosen)), kind) {
            Ok(v6) => return Ok(bound(vec![v4, v6])),
            Err(StartError::Bind { error, .. }) if is_without_ipv6(&error) => {
                tracing::info!(%error, "no IPv6 on this machine: 127.0.0.1 only");
                return Ok(bound(vec![v4]));
            }
            // The system chose a port that is free for IPv4 only.
            Err(_) if port == 0 && tries < PORT_TRIES_MAX => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Whether the kernel has no IPv6, or no IPv6 address.
fn is_without_ipv6(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error())
}

fn port_of(socket: &TcpListener, asked: u16) -> u16 {
    socket.local_addr().map_or(asked, |address| address.port())
}

fn listen_for(address: SocketAddr, kind: PortKind) -> Result<TcpListener, StartError> {
    listen(address, kind.flag(), "--bind")
}

/// Listens on one address, which these flags have set.
///
/// # Errors
/// The address is not available.
pub fn listen(
    address: SocketAddr,
    port_flag: &'static str,
    bind_flag: &'static str,
) -> Result<TcpListener, StartError> {
    let open = || {
        let tcp = Some(socket2::Protocol::TCP);
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, tcp)?;
        // Otherwise a restart waits until the kernel forgets the connections of the last run.
        socket.set_reuse_address(true)?;
        if let IpAddr::V6(v6) = address.ip() {
            // `::` includes IPv4; ::1 leaves 127.0.0.1 to its own socket.
            socket.set_only_v6(!v6.is_unspecified())?;
        }
        socket.bind(&address.into())?;
        // std has a backlog of 128: too small when thousands reconnect at once after a restart.
        socket.listen(limits::BACKLOG)?;
        Ok(socket.into())
    };
    open().map_err(|error| StartError::Bind { address, port_flag, bind_flag, error })
}

/// The host to type in a browser: for all addresses, the one by which this machine reaches others.
pub fn host(bind: Bind) -> String {
    let shown = |address: IpAddr| match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    };
    match bind {
        Bind::Address(address) if !address.is_unspecified() => shown(address),
        Bind::Address(_) => outward().map_or_else(|_| "localhost".to_owned(), shown),
        Bind::Localhost => "localhost".to_owned(),
    }
}

/// The address of this machine for others. To connect a UDP socket sends nothing; it only looks up the route.
fn outward() -> io::Result<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    // An address for documentation, which is nobody's (RFC 5737).
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_for_browsers_can_be_typed() {
        let host = |address: &str| host(Bind::Address(address.parse().unwrap()));
        assert_eq!(super::host(Bind::Localhost), "localhost");
        assert_eq!((host("127.0.0.2"), host("::1")), ("127.0.0.2".into(), "[::1]".into()));
        let all = host("0.0.0.0");
        assert!(
            all == "localhost" || all.parse::<Ipv4Addr>().is_ok_and(|own| !own.is_unspecified()),
            "{all}"
        );
    }

    fn on(port: u16, json_port: Option<u16>) -> Result<Vec<Bound>, StartError> {
        bind_all(&Config {
            port,
            json_port,
            bind: Bind::Address(Ipv4Addr::LOCALHOST.into()),
            ..Config::default()
        })
    }

    #[test]
    fn each_protocol_has_its_own_port_and_plain_text_comes_first() {
        let both = on(0, Some(0)).unwrap();
        let kinds: Vec<PortKind> = both.iter().map(|bound| bound.kind).collect();
        assert_eq!(kinds, [PortKind::Plain, PortKind::Json]);
        assert_ne!(both[0].port, both[1].port);
        for bound in &both {
            assert_eq!(bound.sockets[0].local_addr().unwrap().port(), bound.port);
        }
        // A fixed port is bound before one is chosen, and still comes second in the list.
        let port = both[1].port;
        drop(both);
        assert_eq!(on(0, Some(port)).unwrap()[1].port, port);
        assert_eq!(on(0, None).unwrap().len(), 1);
    }

    #[test]
    fn the_error_for_a_taken_port_names_the_flag() {
        let taken = on(0, None).unwrap();
        let error = on(0, Some(taken[0].port)).unwrap_err().to_string();
        assert!(error.ends_with("choose another with --json-port"), "{error}");
        let error = on(taken[0].port, Some(0)).unwrap_err().to_string();
        assert!(error.ends_with("choose another with --port"), "{error}");
    }
}
