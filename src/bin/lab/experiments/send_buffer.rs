//! How much the kernel takes for somebody who never reads.
//!
//! `write` returns when the kernel has the bytes, and not when the client has them. Here a server writes line after line
//! to a client that reads nothing, until the kernel says that it would have to wait (EAGAIN): with send buffers of
//! several sizes, and with the one that Linux chooses where nobody asks.

mod taken;

use std::io;
use std::time::Duration;

use crate::experiment::{Change, Claim, Experiment, Outcome, Setting};
use crate::figure::{Axis, Drawing, Figure};
use taken::{ASKED_KIB, ETHERNET_SEGMENT_BYTES, Taken, taken};

/// See the module.
pub const EXPERIMENT: Experiment = Experiment {
    name: "send-buffer",
    title: "Where did the bytes go?",
    guess: "How many KiB does the kernel take for a client that never reads, if nobody sets SO_SNDBUF?",
    takes: Duration::from_secs(2),
    measure,
    why: [
        "A write copies its bytes into the send buffer of the socket, and returns: whether the client has read any of them, it does not say.",
        "TCP moves them on into the receive buffer of the client's kernel, until that one is full and announces a window of zero.",
        "From then on they gather in the send buffer, and only when that is full too does a write block, or say EAGAIN on a non-blocking socket.",
        "Left to itself Linux lets a send buffer hold twice the congestion window, up to the last number of net.ipv4.tcp_wmem; that window is counted in segments, which have 64 KiB on loopback and 1.4 KiB on Ethernet.",
        "A server that sets SO_SNDBUF learns earlier that somebody does not read, and what it then keeps for them itself it can count, and limit.",
    ],
    change: Change {
        file: "src/bin/lab/experiments/send_buffer/taken.rs",
        line: "pub const ASKED_KIB: [usize; 5]",
        try_this: "Make 16384 of the 256 at the end. The bar does not become 64 times as long: setsockopt says yes, and silently grants no more than net.core.wmem_max.",
    },
    question: "Of what the kernel took with the smallest send buffer, how much had already come to the client's side?",
};

fn measure(_setting: &Setting) -> io::Result<Outcome> {
    let asked = ASKED_KIB
        .iter()
        .map(|&kib| Ok((kib, taken(Some(kib * 1024), None)?)))
        .collect::<io::Result<Vec<(usize, Taken)>>>()?;
    let unset = taken(None, None)?;
    let ethernet = taken(None, Some(ETHERNET_SEGMENT_BYTES))?;
    let (smallest_kib, smallest) = asked[0];
    let (largest_kib, largest) = asked[asked.len() - 1];
    let figure = figure(&asked, unset, ethernet);
    Ok(Outcome {
        figures: vec![figure],
        found: format!(
            "With SO_SNDBUF at {smallest_kib} KiB the kernel takes {:.0} KiB before it says EAGAIN; left to itself \
             {:.0} KiB, and {:.0} KiB where segments are as short as on Ethernet.",
            smallest.kib(),
            unset.kib(),
            ethernet.kib(),
        ),
        guessed: format!("{:.0} KiB", unset.kib()),
        answer: format!(
            "{:.0} KiB of {:.0} KiB. The client's receive buffer fills first, however small the server's send buffer is.",
            smallest.arrived_kib(),
            smallest.kib(),
        ),
        claims: vec![
            Claim {
                says: format!(
                    "Asked for {largest_kib} KiB, the kernel takes {:.0} KiB: at least 1.5 times the {:.0} KiB for {smallest_kib} KiB.",
                    largest.kib(),
                    smallest.kib(),
                ),
                holds: largest.kib() >= 1.5 * smallest.kib(),
            },
            Claim {
                says: format!(
                    "Left to itself on loopback it takes {:.0} KiB: at least 5 times the {:.0} KiB for {smallest_kib} KiB.",
                    unset.kib(),
                    smallest.kib(),
                ),
                holds: unset.kib() >= 5.0 * smallest.kib(),
            },
        ],
    })
}

fn figure(asked: &[(usize, Taken)], unset: Taken, ethernet: Taken) -> Figure {
    let mut bars: Vec<(String, f64)> = asked
        .iter()
        .map(|(kib, taken)| (format!("{kib} KiB"), taken.kib()))
        .collect();
    bars.push(("not set".to_owned(), unset.kib()));
    bars.push(("not set, Ethernet".to_owned(), ethernet.kib()));
    Figure {
        name: "send-buffer".to_owned(),
        title: "What the kernel takes for a client that never reads, by SO_SNDBUF".to_owned(),
        see: "All these bytes were written successfully, and the client has read none of them."
            .to_owned(),
        drawing: Drawing::Bars {
            y: Axis::linear("taken by the kernel (KiB)"),
            bars,
        },
    }
}
