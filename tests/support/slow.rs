//! Two clients who talk, beside others that do not read.

use std::time::{Duration, Instant};

use super::{Client, Server, until};

/// Far more bytes than the kernel holds between a server with `--send-buffer 4KiB` and a [`Client::join_small`].
pub const MORE_THAN_THE_KERNEL_BYTES: usize = 128 * 1024;

/// The length of a line of [`number`] that `ann` says, with her name and the line end.
pub const NUMBERED_BYTES: usize = 1000;

/// A long line with its number in it.
pub fn number(count: usize) -> String {
    let text = NUMBERED_BYTES - "ann : ".len() - "\r\n".len();
    format!("{count:0>8} {}", "x".repeat(text - 9))
}

/// The number of a line of [`number`] that `ann` said, if it is whole.
pub fn numbered(line: &str) -> Option<usize> {
    let text = line.strip_prefix("ann : ")?;
    let count = text.split_once(' ')?.0.parse().ok()?;
    (text == number(count)).then_some(count)
}

/// Expects ann's lines from the first on, whole and in order, with none missing.
pub fn assert_numbered(lines: &[String]) {
    for (count, line) in lines.iter().enumerate() {
        assert_eq!(numbered(line), Some(count), "after {count} lines: {line:?}");
    }
}

/// Ann talks and bob listens.
pub struct Pair {
    pub ann: Client,
    pub bob: Client,
    /// The number of the next line.
    pub next: usize,
}

impl Pair {
    /// Both join.
    pub fn join(server: &Server) -> Self {
        let mut ann = Client::join(server, "ann");
        let bob = Client::join(server, "bob");
        ann.expect("server: A new client has connected to the chat: id = bob");
        Self { ann, bob, next: 0 }
    }

    /// Another client joins and reads nothing from then on.
    pub fn with_stalled(&mut self, server: &Server, name: &str) -> Client {
        let stalled = Client::join_small(server, name);
        let arrival = format!("server: A new client has connected to the chat: id = {name}");
        self.ann.expect(&arrival);
        self.bob.expect(&arrival);
        stalled
    }

    /// Ann says a numbered line and bob hears it. By then the line is on its way to everybody else, too.
    pub fn exchange(&mut self) {
        let line = number(self.next);
        self.ann.say(&line);
        self.bob.expect(&format!("ann : {line}"));
        self.next += 1;
    }

    /// Exchanges at least this many bytes.
    pub fn exchange_bytes(&mut self, bytes: usize) {
        for _ in 0..bytes.div_ceil(NUMBERED_BYTES) {
            self.exchange();
        }
    }

    /// Exchanges this many lines. Returns how long the slowest percent of them took at least.
    pub fn exchange_timed(&mut self, count: usize) -> Duration {
        let times = (0..count).map(|_| {
            let since = Instant::now();
            self.exchange();
            since.elapsed()
        });
        let mut times: Vec<Duration> = times.collect();
        times.sort_unstable();
        times[count * 99 / 100]
    }

    /// Talks until somebody has left or this many bytes are said, and returns the line which reports the leave. Bob hears
    /// that line after all others at the latest, and nothing else.
    pub fn talk_until_somebody_leaves(&mut self, bytes: usize) -> String {
        for _ in 0..bytes.div_ceil(NUMBERED_BYTES) {
            let line = number(self.next);
            self.ann.say(&line);
            self.next += 1;
            let mut left = None;
            let mut heard = self.bob.line();
            if heard.contains("has left the chat") {
                left = Some(std::mem::replace(&mut heard, self.bob.line()));
            }
            assert_eq!(heard, format!("ann : {line}"));
            if let Some(left) = left {
                return left;
            }
        }
        self.bob.line()
    }
}

/// Waits until this many writer threads run, one for each full socket.
pub fn writers_are(server: &Server, count: usize) {
    until("the writer threads are as many as the full sockets", || {
        server.threads_called("writer-") == count
    });
}
