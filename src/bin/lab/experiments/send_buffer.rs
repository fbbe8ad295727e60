//! How much the kernel takes for a client that never reads.
//!
//! `write` returns when the kernel has the bytes, not when the client has them. Here a server writes line after line to
//! a client that reads nothing, until the kernel has no more room (EAGAIN): with send buffers of several sizes, and
//! with the one that Linux chooses itself.

use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, SockRef, Socket, Type};

use crate::experiment::{Change, Experiment, Outcome, Setting, claims, figure};
use crate::figure::{Axis, Drawing};
use crate::source::Function;

pub const EXPERIMENT: Experiment = Experiment {
    name: "send-buffer",
    title: "Where did the bytes go?",
    guess: "How many KiB does the kernel take for a client that never reads, if the server does not set SO_SNDBUF?",
    takes: Duration::from_secs(2),
    measure,
    why: [
        "A write copies its bytes into the send buffer and returns. It does not say whether the client has read any of \
         them.",
        "TCP moves them into the receive buffer of the client's kernel, until that is full and announces a window of \
         zero.",
        "Then the send buffer fills. When it is full too, a write blocks, or returns EAGAIN on a non-blocking socket.",
        "By default Linux lets a send buffer hold twice the congestion window, up to the last number of \
         net.ipv4.tcp_wmem. That window is counted in segments, which have 64 KiB on loopback and 1.4 KiB on Ethernet.",
        "A server that sets SO_SNDBUF notices earlier that a client does not read. It can count and limit what it \
         keeps itself.",
    ],
    functions: &[Function::new("src/bin/lab/experiments/send_buffer.rs", "fn fill(")],
    change: Change {
        file: "src/bin/lab/experiments/send_buffer.rs",
        line: "const ASKED_KIB: [usize; 5]",
        try_this: "Replace the 256 at the end with 16384. The bar does not become 64 times as long: setsockopt succeeds, \
                   and silently grants no more than net.core.wmem_max.",
    },
    question: "With the smallest send buffer, how much of what the kernel took had already arrived at the client?",
};

/// The sizes for SO_SNDBUF.
const ASKED_KIB: [usize; 5] = [4, 16, 32, 64, 256];

/// The longest segment on an Ethernet: 1,500 bytes without the headers of IP and TCP.
const ETHERNET_SEGMENT_BYTES: u32 = 1460;

const LINE: [u8; 512] = [b'.'; 512];

/// The kernel moves bytes on by itself. After this time without room, there is none.
const NO_ROOM: Duration = Duration::from_millis(50);

/// Where the written bytes are, in KiB.
#[derive(Debug, Clone, Copy)]
struct Taken {
    all: f64,
    /// The part in the client's receive buffer. The rest is in the server's send buffer.
    arrived: f64,
}

fn measure(_setting: &Setting) -> io::Result<Outcome> {
    let asked = ASKED_KIB.map(|kib| fill(Some(kib * 1024), None));
    let asked = asked.into_iter().collect::<io::Result<Vec<Taken>>>()?;
    let unset = fill(None, None)?.all;
    let ethernet = fill(None, Some(ETHERNET_SEGMENT_BYTES))?.all;
    let (smallest_kib, largest_kib) = (ASKED_KIB[0], ASKED_KIB[ASKED_KIB.len() - 1]);
    let Taken { all: smallest, arrived } = asked[0];
    let largest = asked[asked.len() - 1].all;

    let bars = ASKED_KIB.iter().zip(&asked);
    let mut bars: Vec<(String, f64)> =
        bars.map(|(kib, taken)| (format!("{kib} KiB"), taken.all)).collect();
    bars.push(("not set".to_owned(), unset));
    bars.push(("not set, Ethernet".to_owned(), ethernet));
    let y = Axis::linear("taken by the kernel (KiB)");
    let title = "What the kernel takes for a client that never reads, by SO_SNDBUF";
    let see = "All these bytes were written successfully, and the client has read none of them.";
    Ok(Outcome {
        finding: format!(
            "With SO_SNDBUF at {smallest_kib} KiB, the kernel takes {smallest:.0} KiB before it returns EAGAIN. By \
             default it takes {unset:.0} KiB, and {ethernet:.0} KiB with segments as short as on Ethernet."
        ),
        measured: format!("{unset:.0} KiB"),
        answer: format!(
            "{arrived:.0} of {smallest:.0} KiB. The client's receive buffer fills first, however small the server's \
             send buffer is."
        ),
        claims: claims! {
            largest >= 1.5 * smallest =>
                "With {largest_kib} KiB the kernel takes {largest:.0} KiB, at least 1.5 times the {smallest:.0} KiB \
                 for {smallest_kib} KiB.";
            unset >= 5.0 * smallest =>
                "By default it takes {unset:.0} KiB on loopback, at least 5 times the {smallest:.0} KiB for \
                 {smallest_kib} KiB.";
        },
        figures: vec![figure("send-buffer", title, see, Drawing::Bars { y, bars })],
    })
}

/// Writes to a client that reads nothing until there is no room left. Without sizes in bytes, the kernel chooses the
/// send buffer, and segments are as long as loopback allows, which is nearly 64 KiB.
fn fill(send_buffer: Option<usize>, segment: Option<u32>) -> io::Result<Taken> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let client = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    if let Some(segment) = segment {
        // The first packet tells the server, so this has to come before the connection.
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
    Ok(Taken {
        all: all as f64 / 1024.0,
        arrived: rustix::io::ioctl_fionread(&client)? as f64 / 1024.0,
    })
}

fn has_room_soon(server: &TcpStream) -> io::Result<bool> {
    let wait = Timespec::try_from(NO_ROOM).map_err(io::Error::other)?;
    let ready = poll(&mut [PollFd::new(server, PollFlags::OUT)], Some(&wait))?;
    Ok(ready > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_bytes_arrive_and_some_wait() {
        let taken = fill(Some(64 * 1024), None).unwrap();
        assert!(taken.arrived > 0.0 && taken.arrived < taken.all);
    }

    #[test]
    fn short_segments_make_short_buffers() {
        let long = fill(None, None).unwrap();
        let short = fill(None, Some(ETHERNET_SEGMENT_BYTES)).unwrap();
        assert!(2.0 * short.all < long.all);
    }
}
