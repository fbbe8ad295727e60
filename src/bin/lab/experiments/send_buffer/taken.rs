//! A server that writes to a client which reads nothing, until the kernel takes no more.

use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, SockRef, Socket, Type};

/// What is asked for with SO_SNDBUF, in KiB.
pub const ASKED_KIB: [usize; 5] = [4, 16, 32, 64, 256];

/// The longest segment on an Ethernet: 1,500 bytes without the headers of IP and TCP.
pub const ETHERNET_SEGMENT_BYTES: u32 = 1460;

/// What is written, over and over.
const LINE: [u8; 512] = [b'.'; 512];

/// The kernel moves bytes on by itself; when there was no room for so long, there is none.
const NO_ROOM_FOR: Duration = Duration::from_millis(50);

const KIB: f64 = 1024.0;

/// Where the bytes are that a server has written, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// All of them: for each of them a `write` has returned.
    pub all: usize,
    /// Those that have come into the client's receive buffer. The others are in the server's send buffer.
    pub arrived: usize,
}

impl Taken {
    /// All of them, in KiB.
    pub fn kib(self) -> f64 {
        self.all as f64 / KIB
    }

    /// Those that have arrived, in KiB.
    pub fn arrived_kib(self) -> f64 {
        self.arrived as f64 / KIB
    }
}

/// Writes until there is no room left. Without a size for the send buffer the kernel chooses it, and without one for the
/// segments (both in bytes) they are as long as loopback allows, which is nearly 64 KiB.
///
/// # Errors
/// What the kernel says, but for its having no room.
pub fn taken(send_buffer: Option<usize>, segment: Option<u32>) -> io::Result<Taken> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let client = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    if let Some(segment) = segment {
        // The server learns it from the first packet, so it has to be said before the connection is there.
        client.set_tcp_mss(segment)?;
    }
    client.connect(&SocketAddr::into(listener.local_addr()?))?;
    let (mut server, _) = listener.accept()?;
    server.set_nodelay(true)?;
    server.set_nonblocking(true)?;
    if let Some(bytes) = send_buffer {
        SockRef::from(&server).set_send_buffer_size(bytes)?;
    }
    let mut all = 0;
    loop {
        match server.write(&LINE) {
            Ok(count) => all += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if !has_room_soon(&server)? {
                    break;
                }
            }
            Err(error) => return Err(error),
        }
    }
    let arrived = rustix::io::ioctl_fionread(&client)? as usize;
    Ok(Taken { all, arrived })
}

/// Whether the kernel moves on some of what it has, so that there is room again.
fn has_room_soon(server: &TcpStream) -> io::Result<bool> {
    let wait = Timespec::try_from(NO_ROOM_FOR).map_err(io::Error::other)?;
    let ready = poll(&mut [PollFd::new(server, PollFlags::OUT)], Some(&wait))?;
    Ok(ready > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_has_arrived_or_waits() {
        let taken = taken(Some(64 * 1024), None).unwrap();
        assert!(taken.arrived > 0 && taken.arrived < taken.all);
    }

    #[test]
    fn short_segments_make_short_buffers() {
        let long = taken(None, None).unwrap();
        let short = taken(None, Some(ETHERNET_SEGMENT_BYTES)).unwrap();
        assert!(2 * short.all < long.all);
    }
}
