//! No descriptor left: what a new client sees at a server without a plan for this case, and at one with a plan.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::experiment::{Change, Experiment, Outcome, Setting, claims, line_plot};
use crate::figure::{Axis, Figure, Series};
use crate::process::{ServerProcess, read_some};
use crate::source::Function;

pub const EXPERIMENT: Experiment = Experiment {
    name: "limits",
    title: "Limits: no descriptor is left for a new client",
    guess: "200 clients connect to a server with a limit of 160 descriptors. How many of them get no word from it?",
    takes: Duration::from_secs(4),
    measure,
    why: [
        "Each connection needs a descriptor, and a process has a limit for them (`ulimit -n`; RLIMIT_NOFILE in \
         getrlimit(2)).",
        "When none is left, `accept` fails with EMFILE. The connection stays in the queue, with its handshake \
         completed.",
        "So the client is connected and gets nothing, as from a busy server, and no error tells it to go elsewhere.",
        "At its start, `chatserv` computes how many clients its limits allow (`src/server/ops/capacity.rs`), and \
         reserves some descriptors. It admits fewer clients here than `threads`, but can still accept every other one \
         and say that the chat is full.",
        "Calling `accept` again at once fails again at once. Without a pause, the loop takes a whole core.",
    ],
    functions: &[Function::new("src/bin/lab/variants/locked.rs", "fn accept(")],
    change: Change {
        file: "src/bin/lab/variants/locked.rs",
        line: "const PAUSE: Duration = Duration::from_millis(100);",
        try_this: "Set it to `Duration::ZERO`, and look at the processor time in the result: no client is accepted \
                   sooner, and from the moment when no descriptor is left, the server takes all time that it gets.",
    },
    question: "When 20 clients have left, how many of those that were waiting in silence get a word?",
};

const CLIENTS: usize = 200;

/// The limit of the server: fewer than all clients need.
const DESCRIPTORS: usize = 160;

/// How many clients leave in the end.
const LEAVING: usize = 20;

/// How long each client waits for a word before the next connects.
const TURN: Duration = Duration::from_millis(10);

/// How long all silent clients wait together.
const PATIENCE: Duration = Duration::from_millis(1_000);

/// The lines that a client has received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// The prompt for a name.
    Welcome,
    /// The chat is full.
    Full,
    Silence,
}

struct Client {
    /// In the order of the connections, from 1.
    number: usize,
    socket: TcpStream,
    connected: Instant,
    answer: Answer,
    /// The time until the answer, or the silence so far.
    silence: Duration,
}

struct Arrivals {
    clients: Vec<Client>,
    /// How many silent clients got a welcome after others had left.
    welcomed_later: usize,
    /// The cost of the server while they waited.
    core_percent: f64,
}

fn measure(_setting: &Setting) -> io::Result<Outcome> {
    let naive = Arrivals::measure("threads")?;
    let ours = Arrivals::measure("threads-dispatcher")?;
    let (silent, told) = (naive.with(Answer::Silence).count(), ours.with(Answer::Full).count());
    let left_silent = ours.with(Answer::Silence).count();
    Ok(Outcome {
        finding: format!(
            "With {DESCRIPTORS} descriptors, `threads` accepted {} of {CLIENTS} clients and left {silent} without a \
             word, and took {:.0} % of a core meanwhile. `threads-dispatcher` accepted {}, told {told} that the chat \
             is full, and left {left_silent} without a word.",
            naive.with(Answer::Welcome).count(),
            naive.core_percent,
            ours.with(Answer::Welcome).count(),
        ),
        measured: format!("{silent} clients"),
        answer: format!(
            "{} clients, for {LEAVING} that have left. The others still wait in the kernel's queue.",
            naive.welcomed_later
        ),
        claims: claims! {
            10 * silent >= CLIENTS =>
                "The naive server leaves at least one of ten without a word ({silent} of {CLIENTS}).";
            left_silent == 0 && 3 * told >= CLIENTS =>
                "Ours leaves none without a word, and tells at least a third of them that the chat is full ({told} of \
                 {CLIENTS}).";
        },
        figures: vec![plot(&naive, &ours)],
    })
}

fn plot(naive: &Arrivals, ours: &Arrivals) -> Figure {
    let series = [
        ("threads: accepted", naive, Answer::Welcome),
        ("threads: no word so far", naive, Answer::Silence),
        ("threads-dispatcher: accepted", ours, Answer::Welcome),
        ("threads-dispatcher: told \"full\"", ours, Answer::Full),
    ];
    let series = series.map(|(name, arrivals, answer)| Series {
        name: name.to_owned(),
        points: arrivals.points(answer),
    });
    let title = format!("What each of {CLIENTS} clients gets, with {DESCRIPTORS} descriptors");
    let see =
        "When the descriptors run out, one server falls silent, and the other says so at once.";
    line_plot(
        "limits",
        &title,
        see,
        Axis::linear("clients, in the order of their connections"),
        Axis::logarithmic("time without a word (ms)"),
        series.into_iter().filter(|series| !series.points.is_empty()).collect(),
    )
}

impl Arrivals {
    fn measure(variant: &str) -> io::Result<Self> {
        let server = ServerProcess::start_with_descriptors(DESCRIPTORS, &[variant])?;
        let clients = (1..=CLIENTS).map(|number| Client::connect(number, server.address()));
        let mut clients = clients.collect::<io::Result<Vec<Client>>>()?;
        let (before, began) = (server.cost()?.cpu, Instant::now());
        let is_silent = |client: &Client| client.answer == Answer::Silence;
        let time_left = |began: Instant| PATIENCE.saturating_sub(began.elapsed());
        for client in clients.iter_mut().filter(|client| is_silent(client)) {
            client.listen(time_left(began))?;
        }
        let used = server.cost()?.cpu - before;
        let core_percent = 100.0 * used.as_secs_f64() / began.elapsed().as_secs_f64();
        let mut arrivals = Self { clients, welcomed_later: 0, core_percent };
        for client in arrivals.with(Answer::Welcome).take(LEAVING) {
            client.socket.shutdown(Shutdown::Both)?;
        }
        let began = Instant::now();
        let mut answers = Vec::new();
        for client in arrivals.with(Answer::Silence) {
            answers.push(answer(&client.socket, time_left(began))?);
        }
        let welcomes = answers.iter().filter(|&&answer| answer == Answer::Welcome);
        arrivals.welcomed_later = welcomes.count();
        Ok(arrivals)
    }

    fn with(&self, answer: Answer) -> impl Iterator<Item = &Client> {
        let clients = self.clients.iter();
        clients.filter(move |client| client.answer == answer)
    }

    /// The numbers of the clients with this answer, and their silences in ms.
    fn points(&self, answer: Answer) -> Vec<(f64, f64)> {
        let silence = |client: &Client| client.silence.as_secs_f64() * 1e3;
        let points = self.with(answer).map(|client| (client.number as f64, silence(client)));
        points.collect()
    }
}

impl Client {
    fn connect(number: usize, address: SocketAddr) -> io::Result<Self> {
        let mut client = Self {
            number,
            socket: TcpStream::connect(address)?,
            connected: Instant::now(),
            answer: Answer::Silence,
            silence: Duration::ZERO,
        };
        client.listen(TURN)?;
        Ok(client)
    }

    fn listen(&mut self, patience: Duration) -> io::Result<()> {
        self.answer = answer(&self.socket, patience)?;
        self.silence = self.connected.elapsed();
        Ok(())
    }
}

/// Waits for the first line of the server.
fn answer(socket: &TcpStream, patience: Duration) -> io::Result<Answer> {
    // A timeout of zero is an error.
    socket.set_read_timeout(Some(patience.max(Duration::from_millis(1))))?;
    let mut text = [0; 256];
    match read_some(socket, &mut text)? {
        None => Ok(Answer::Silence),
        Some(0) => Err(io::Error::other("a connection ended in silence")),
        Some(_) if text.starts_with(b"server: Input username.") => Ok(Answer::Welcome),
        Some(_) => Ok(Answer::Full),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_first_line_is_the_answer_and_the_end_is_none() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        for (line, expected) in [
            ("server: Input username.\r\n", Answer::Welcome),
            ("server: The chat is full.\r\n", Answer::Full),
            ("", Answer::Silence),
        ] {
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut accepted, _) = listener.accept().unwrap();
            accepted.write_all(line.as_bytes()).unwrap();
            assert_eq!(answer(&client, Duration::from_millis(50)).unwrap(), expected);
            drop(accepted);
            assert!(answer(&client, Duration::from_secs(20)).is_err());
        }
    }
}
