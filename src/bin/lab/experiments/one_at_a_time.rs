//! The simplest server: three clients connect at once, and each is served when the previous one has left.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::experiment::{Change, Experiment, Outcome, Setting, claims, figure};
use crate::figure::{Axis, Drawing, Figure, Row, Span};
use crate::process::ServerProcess;
use crate::source::Function;

pub const EXPERIMENT: Experiment = Experiment {
    name: "one-at-a-time",
    title: "One at a time: who waits for whom",
    guess: "Three clients connect at once, and each stays for a while. How long does the third wait for its first \
            line, in conversations?",
    takes: Duration::from_secs(3),
    measure,
    why: [
        "A blocking `read` puts its thread to sleep until this one socket has input. This server has no other thread.",
        "So it does not return to `accept` before its client has left.",
        "The others are connected all the same: the kernel completes the handshake and queues them (listen(2), \
         \"backlog\").",
        "The queue is in order, so each client waits for all conversations before its own, even if those are mostly \
         silence.",
        "The server is idle nearly all of this time. It does not lack speed, it lacks a second place to wait.",
    ],
    functions: &[Function::new("src/bin/lab/variants/one_at_a_time.rs", "fn serve(")],
    change: Change {
        file: "src/bin/lab/variants/one_at_a_time.rs",
        line: "let (mut socket, address) = listener.accept()?;",
        try_this: "Below it, add `socket.set_read_timeout(Some(std::time::Duration::from_millis(200)))?;`. A longer \
                   read fails, and the server disconnects the silent client. Now nobody waits as long as before, but \
                   nobody may be silent: the cost has moved to the clients that are served.",
    },
    question: "How many clients can wait like this before the kernel does not answer the next one?",
};

const CLIENTS: usize = 3;

/// How long each client stays.
const STAY: Duration = Duration::from_millis(600);

/// How long the kernel may take to answer. On loopback it answers within microseconds, or not at all.
const ANSWER: Duration = Duration::from_millis(300);

/// The most clients that try to connect.
const QUEUED_MAX: usize = 10_000;

struct Visit {
    connected: Duration,
    served: Duration,
    left: Duration,
}

impl Visit {
    fn waited(&self) -> f64 {
        (self.served - self.connected).as_secs_f64()
    }

    fn stayed(&self) -> f64 {
        (self.left - self.served).as_secs_f64()
    }
}

fn measure(_setting: &Setting) -> io::Result<Outcome> {
    let visits = visits(ServerProcess::start(&["one-at-a-time"])?.address())?;
    let (queued, error) = fill_queue(ServerProcess::start(&["one-at-a-time"])?.address())?;

    let conversation = visits.iter().map(Visit::stayed).sum::<f64>() / visits.len() as f64;
    let last = visits[CLIENTS - 1].waited() / conversation;
    let expected = (CLIENTS - 1) as f64;
    let overlap = visits
        .windows(2)
        .map(|pair| pair[0].left.as_secs_f64() - pair[1].served.as_secs_f64())
        .fold(0.0, f64::max);
    Ok(Outcome {
        finding: format!(
            "With {CLIENTS} clients at once, the last got its first line after {last:.1} conversations of \
             {conversation:.2} s each."
        ),
        measured: format!("{last:.1} conversations"),
        answer: match error {
            None => format!("At least {queued} clients. No more tried."),
            Some(error) if error.kind() == ErrorKind::TimedOut => {
                format!("{queued} clients. The next got no answer.")
            }
            Some(error) => format!("At least {queued} clients. The next failed ({error})."),
        },
        claims: claims! {
            (last - expected).abs() < 0.5 =>
                "The last client waits for all {expected} conversations before its own, give or take half of one \
                 ({last:.2}).";
            overlap < 0.3 * conversation =>
                "Conversations do not overlap. By the clients' clocks they overlap by at most {:.3} of one, which is \
                 less than 0.3.", overlap / conversation;
        },
        figures: vec![plot(&visits)],
    })
}

/// All clients connect before any of them leaves.
fn visits(address: SocketAddr) -> io::Result<Vec<Visit>> {
    let began = Instant::now();
    let mut clients = Vec::new();
    for number in 1..=CLIENTS {
        let socket = TcpStream::connect(address)?;
        let connected = began.elapsed();
        clients.push(thread::spawn(move || visit(&socket, number, began, connected)));
    }
    let visits = clients.into_iter().map(|client| {
        let visit = client.join();
        visit.unwrap_or_else(|_| Err(io::Error::other("a client panicked")))
    });
    visits.collect()
}

/// Waits for the first line, gives a name, stays until it has read nothing for a while, and leaves.
fn visit(
    mut socket: &TcpStream,
    number: usize,
    began: Instant,
    connected: Duration,
) -> io::Result<Visit> {
    let mut reader = BufReader::new(socket);
    reader.read_line(&mut String::new())?;
    let served = began.elapsed();
    write!(socket, "client{number}\r\n")?;
    socket.set_read_timeout(Some(STAY))?;
    // An error means that the time is over.
    if reader.read_to_end(&mut Vec::new()).is_err() {
        socket.shutdown(Shutdown::Write)?;
        reader.read_to_end(&mut Vec::new())?;
    }
    let left = began.elapsed();
    Ok(Visit { connected, served, left })
}

/// Connects clients while one is served, until the kernel does not answer. Returns how many it has queued, and the
/// error that stopped the next one.
fn fill_queue(address: SocketAddr) -> io::Result<(usize, Option<io::Error>)> {
    let served = TcpStream::connect(address)?;
    BufReader::new(&served).read_line(&mut String::new())?;
    let mut queued = Vec::new();
    while queued.len() < QUEUED_MAX {
        match TcpStream::connect_timeout(&address, ANSWER) {
            Ok(socket) => queued.push(socket),
            Err(error) => return Ok((queued.len(), Some(error))),
        }
    }
    Ok((queued.len(), None))
}

fn plot(visits: &[Visit]) -> Figure {
    let span = |from: Duration, to: Duration, what: &str| Span {
        from: from.as_secs_f64(),
        to: to.as_secs_f64(),
        what: what.to_owned(),
        is_wait: what == "waiting",
    };
    let rows = visits.iter().zip(1..).map(|(visit, number)| Row {
        name: format!("client {number}"),
        spans: vec![
            span(visit.connected, visit.served, "waiting"),
            span(visit.served, visit.left, "served"),
        ],
    });
    let drawing = Drawing::Spans { x: Axis::linear("time (s)"), rows: rows.collect() };
    let title = format!("{} clients at once, and one thread for all", visits.len());
    let see = "All clients connect at 0. Each is served as soon as the previous one has left.";
    figure("one-at-a-time", &title, see, drawing)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn all_queued_clients_are_counted() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            socket.write_all(b"Input username.\r\n").unwrap();
            // Blocks until the served client leaves, and then counts the others.
            let _ = socket.read(&mut [0]);
            listener.set_nonblocking(true).unwrap();
            std::iter::from_fn(|| listener.accept().ok()).count()
        });
        let (queued, _) = fill_queue(address).unwrap();
        assert!(queued > 0);
        assert_eq!(server.join().unwrap(), queued);
    }

    #[test]
    fn each_client_has_a_row_with_two_spans() {
        let visit = |served, left| Visit {
            connected: Duration::ZERO,
            served: Duration::from_secs(served),
            left: Duration::from_secs(left),
        };
        let visits = [visit(0, 2), visit(2, 4)];
        assert_eq!((visits[1].waited(), visits[1].stayed()), (2.0, 2.0));
        let Drawing::Spans { rows, .. } = plot(&visits).drawing else {
            unreachable!("it draws spans");
        };
        let spans = rows[1].spans.iter();
        let spans: Vec<_> = spans.map(|span| (span.what.as_str(), span.from, span.to)).collect();
        assert_eq!(spans, [("waiting", 0.0, 2.0), ("served", 2.0, 4.0)]);
    }
}
