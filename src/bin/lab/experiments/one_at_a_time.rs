//! The for-loop server: three clients come at once, and each is served when the one before has gone.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::experiment::{Change, Claim, Experiment, Outcome, Setting};
use crate::figure::{Axis, Drawing, Figure, Row, Span};
use crate::serving::Serving;

/// See the module.
pub const EXPERIMENT: Experiment = Experiment {
    name: "one-at-a-time",
    title: "One at a time: who waits behind whom",
    guess: "Three clients come at once, and each stays for a while. How long does the third wait until it is spoken to, in \
            conversations?",
    takes: Duration::from_secs(3),
    measure,
    why: [
        "A blocking `read` puts its thread to sleep in the kernel until this one socket has something, and this server has \
         no other thread.",
        "So it does not come back to `accept` before the one it talks with has gone.",
        "Those who wait are connected all the same: the kernel answers the handshake itself and queues them for `accept` \
         (listen(2), \"backlog\").",
        "The queue is served in the order in which they came, so each waits for all conversations before its own, and it \
         makes no difference that most of a conversation is silence.",
        "The server is idle nearly all of this time: what is missing is not speed but a second place in which to wait.",
    ],
    change: Change {
        file: "src/bin/lab/variants/one_at_a_time.rs",
        line: "let (mut socket, address) = listener.accept()?;",
        try_this: "Behind it, write `socket.set_read_timeout(Some(std::time::Duration::from_millis(200)))?;`: a read that waits \
                   longer fails, and the server lets go of whoever is silent. Nobody waits as long as before, and nobody \
                   may be silent any more: the price has moved to those who are served.",
    },
    question: "How many clients can wait like that before the kernel does not answer the next one?",
};

/// How many come at once.
const CLIENTS: usize = 3;

/// How long each of them stays once it is spoken to.
const STAYS: Duration = Duration::from_millis(600);

/// The kernel answers on this machine within microseconds, or not at all.
const ANSWER: Duration = Duration::from_millis(300);

/// More than this do not knock.
const KNOCKS_MAX: usize = 10_000;

/// One client's time at the server.
struct Visit {
    came: Duration,
    served: Duration,
    left: Duration,
}

impl Visit {
    fn waited(&self) -> f64 {
        (self.served - self.came).as_secs_f64()
    }

    fn stayed(&self) -> f64 {
        (self.left - self.served).as_secs_f64()
    }
}

fn measure(_setting: &Setting) -> io::Result<Outcome> {
    let visits = visits(Serving::start(&["one-at-a-time"])?.address())?;
    let (queued, end) = knock(Serving::start(&["one-at-a-time"])?.address())?;

    let conversation = visits.iter().map(Visit::stayed).sum::<f64>() / visits.len() as f64;
    let waited: Vec<f64> = visits
        .iter()
        .map(|visit| visit.waited() / conversation)
        .collect();
    let last = waited[CLIENTS - 1];
    let expected = (CLIENTS - 1) as f64;
    let overlap = visits
        .windows(2)
        .map(|pair| pair[0].left.as_secs_f64() - pair[1].served.as_secs_f64())
        .fold(0.0, f64::max);
    Ok(Outcome {
        found: format!(
            "With {CLIENTS} clients at once the last was spoken to after {last:.1} conversations of {conversation:.2} s each."
        ),
        guessed: format!("{last:.1} conversations"),
        answer: match end {
            End::NoAnswer => {
                format!("{queued} clients: so many the kernel queued, and the next got no answer")
            }
            End::Enough => format!("at least {queued} clients: more did not try"),
            End::Failed(error) => {
                format!("at least {queued} clients: then the next could not try ({error})")
            }
        },
        claims: vec![
            Claim {
                says: format!(
                    "The last client waits for all {expected} conversations before its own, to a half of one ({last:.2})."
                ),
                holds: (last - expected).abs() < 0.5,
            },
            Claim {
                says: format!(
                    "No conversation begins before the one before it has ended: by the clients' clocks, each read when its thread \
                     has a core, at the most {:.3} of one overlap, less than 0.3.",
                    overlap / conversation
                ),
                holds: overlap < 0.3 * conversation,
            },
        ],
        figures: vec![figure(&visits)],
    })
}

/// All connect before any of them is served; what each then lives through, in this order.
fn visits(address: SocketAddr) -> io::Result<Vec<Visit>> {
    let began = Instant::now();
    let mut clients = Vec::new();
    for number in 1..=CLIENTS {
        let socket = TcpStream::connect(address)?;
        let came = began.elapsed();
        clients.push(thread::spawn(move || visit(&socket, number, began, came)));
    }
    clients
        .into_iter()
        .map(|client| {
            client
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("a client has panicked")))
        })
        .collect()
}

/// Waits to be spoken to, says a name, stays until it has heard nothing for a while, or is let go, and leaves.
fn visit(
    mut socket: &TcpStream,
    number: usize,
    began: Instant,
    came: Duration,
) -> io::Result<Visit> {
    let mut heard = BufReader::new(socket);
    heard.read_line(&mut String::new())?;
    let served = began.elapsed();
    write!(socket, "client{number}\r\n")?;
    socket.set_read_timeout(Some(STAYS))?;
    // What it is told is not looked at, and that it fails says that the time is over.
    if heard.read_to_end(&mut Vec::new()).is_err() {
        socket.shutdown(Shutdown::Write)?;
        heard.read_to_end(&mut Vec::new())?;
    }
    let left = began.elapsed();
    Ok(Visit { came, served, left })
}

/// Why nobody knocked any more.
#[derive(Debug)]
enum End {
    /// The kernel did not answer.
    NoAnswer,
    /// [`KNOCKS_MAX`] have knocked.
    Enough,
    /// No descriptor is left, mostly.
    Failed(io::Error),
}

/// While one is served, others connect until the kernel does not answer: how many it has queued, and why they ended.
fn knock(address: SocketAddr) -> io::Result<(usize, End)> {
    let served = TcpStream::connect(address)?;
    BufReader::new(&served).read_line(&mut String::new())?;
    let mut queued = Vec::new();
    while queued.len() < KNOCKS_MAX {
        match TcpStream::connect_timeout(&address, ANSWER) {
            Ok(socket) => queued.push(socket),
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                return Ok((queued.len(), End::NoAnswer));
            }
            Err(error) => return Ok((queued.len(), End::Failed(error))),
        }
    }
    Ok((queued.len(), End::Enough))
}

fn figure(visits: &[Visit]) -> Figure {
    let span = |from: Duration, to: Duration, what: &str| Span {
        from: from.as_secs_f64(),
        to: to.as_secs_f64(),
        what: what.to_owned(),
    };
    let rows = visits.iter().zip(1..).map(|(visit, number)| Row {
        name: format!("client {number}"),
        spans: vec![
            span(visit.came, visit.served, "waiting"),
            span(visit.served, visit.left, "served"),
        ],
    });
    Figure {
        name: "one-at-a-time".to_owned(),
        title: format!("{} clients at once, and one thread for all", visits.len()),
        see: "All are connected at 0, and each is served from the moment in which the one before has left.".to_owned(),
        drawing: Drawing::Spans {
            x: Axis::linear("time (s)"),
            rows: rows.collect(),
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn who_knocks_counts_those_that_were_queued() {
        // Whether the queue is full first or the descriptors are used up: whoever was queued is counted.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            socket.write_all(b"Input username.\r\n").unwrap();
            // Blocks until the one who is served leaves, as one-at-a-time does, and counts those who waited.
            let _ = socket.read(&mut [0]);
            listener.set_nonblocking(true).unwrap();
            std::iter::from_fn(|| listener.accept().ok()).count()
        });
        let (queued, _) = knock(address).unwrap();
        assert!(queued > 0);
        assert_eq!(server.join().unwrap(), queued);
    }

    #[test]
    fn each_client_has_a_row_that_waits_and_is_served() {
        let visit = |served, left| Visit {
            came: Duration::ZERO,
            served: Duration::from_secs(served),
            left: Duration::from_secs(left),
        };
        let visits = [visit(0, 2), visit(2, 4)];
        assert_eq!((visits[1].waited(), visits[1].stayed()), (2.0, 2.0));
        let Drawing::Spans { rows, .. } = figure(&visits).drawing else {
            unreachable!("it draws spans");
        };
        let spans: Vec<_> = rows[1]
            .spans
            .iter()
            .map(|span| (span.what.as_str(), span.from, span.to))
            .collect();
        assert_eq!(spans, [("waiting", 0.0, 2.0), ("served", 2.0, 4.0)]);
    }
}
