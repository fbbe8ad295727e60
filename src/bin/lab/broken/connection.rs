//! Real connections on 127.0.0.1.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use rustix::io::Errno;
use rustix::net::SendFlags;
use socket2::{Domain, SockRef, Socket, Type};

/// The send and receive buffers of a narrow connection. Linux doubles it, for its own records.
const NARROW_BYTES: usize = 4096;

/// Both ends of one.
pub struct Connection {
    /// The end that `accept` returned.
    pub server: TcpStream,
    /// The end that has connected.
    pub client: TcpStream,
}

impl Connection {
    /// With the buffers that everybody has: the kernel lets them grow to megabytes.
    pub fn open() -> io::Result<Self> {
        Self::with(|_| Ok(()))
    }

    /// With small buffers, so that a client who does not read is noticed after a few KiB.
    pub fn narrow() -> io::Result<Self> {
        Self::with(|socket| {
            socket.set_send_buffer_size(NARROW_BYTES)?;
            socket.set_recv_buffer_size(NARROW_BYTES)
        })
    }

    fn with(prepare: impl Fn(&Socket) -> io::Result<()>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let client = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        // Before it connects: the two ends agree on the size of the window then.
        prepare(&client)?;
        let address: SocketAddr = listener.local_addr()?;
        client.connect(&address.into())?;
        let (server, _) = listener.accept()?;
        prepare(&SockRef::from(&server))?;
        Ok(Self {
            server,
            client: client.into(),
        })
    }
}

/// Gives the kernel what it takes at once, and says how much that was; none where the socket is full. It never waits,
/// and changes nothing for anybody else who uses this socket: `MSG_DONTWAIT` holds for this one call.
///
/// # Errors
/// The connection is broken.
pub fn send_now(socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    match rustix::net::send(socket, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
        Err(Errno::AGAIN | Errno::INTR) => Ok(0),
        sent => Ok(sent?),
    }
}
