//! `--metrics-port`: numbers for Prometheus, and for everything that reads its text format.
//!
//! One thread answers one request after the other. It reads atomics and the system's files, and asks no other thread: it
//! answers while the dispatcher is stuck, which is when the numbers are needed. A scraper that is slow or silent is cut off
//! after [`limits::METRICS_REQUEST_TIME`], so it cannot keep others from theirs for ever.
//!
//! The numbers name no room and no person, and there are as many for ten clients as for ten thousand.

mod counters;
mod process;
mod request;
mod text;

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError};
use jiff::Timestamp;

use counters::BATCH_BOUNDS;
pub use counters::{Counters, RefusalReason};
use text::{CONTENT_TYPE, Text};

use super::bind::listen;
use super::threads::{Activity, Row};
use crate::config::{Config, limits};
use crate::server::admission::Admission;
use crate::server::deadline::{drain_before, read_before, write_before};
use crate::server::error::StartError;
#[cfg(feature = "history")]
use crate::server::history::Gauge;
use crate::server::inbox::Inbox;
use crate::server::listener::ListenerControl;
#[cfg(feature = "cluster")]
use crate::server::order::Lag;

/// Listens for scrapers, if the settings say so.
///
/// # Errors
/// The address is not available.
pub fn bind(config: &Config) -> Result<Option<TcpListener>, StartError> {
    let socket = |port| {
        let address = SocketAddr::new(config.metrics_bind, port);
        listen(address, "--metrics-port", "--metrics-bind")
    };
    config.metrics_port.map(socket).transpose()
}

/// The sources of the numbers.
pub struct Sources<'env, 'scope> {
    pub started: Timestamp,
    pub counters: Arc<Counters>,
    pub admission: &'env Admission,
    /// Nothing is sent on it: it knows its length.
    pub inbox: Inbox<'scope>,
    #[cfg(feature = "history")]
    pub history: Option<Arc<Gauge>>,
    #[cfg(feature = "cluster")]
    pub lag: Option<Lag>,
}

impl Sources<'_, '_> {
    /// All numbers as they are now.
    fn text(&self) -> String {
        let mut text = Text::default();
        let (counters, features) = (&self.counters, FEATURES.concat());
        text.info(
            "chatserv_build_info",
            "The version of the program, and the optional parts that it was built with.",
            &format!(
                "{{version=\"{}\",features=\"{}\"}}",
                env!("CARGO_PKG_VERSION"),
                features.trim()
            ),
        );
        text.gauges(
            "chatserv_clients",
            "Connections that have a place, by the port on which they came.",
            "port",
            self.admission.open(),
        );
        text.counter(
            "chatserv_lines_total",
            "Lines and requests that clients have sent.",
            counters.lines(),
        );
        text.counter(
            "chatserv_deliveries_total",
            "Messages to clients, one for each recipient.",
            counters.deliveries(),
        );
        text.counters(
            "chatserv_disconnects_total",
            "Clients that left, by reason.",
            "reason",
            counters.gone(),
        );
        text.counters(
            "chatserv_refused_total",
            "Connections that were not served, by reason.",
            "reason",
            counters.refused(),
        );
        text.gauge(
            "chatserv_inbox_events",
            "Events that wait for the dispatcher.",
            self.inbox.len(),
        );
        text.gauge(
            "chatserv_outbox_bytes",
            "Bytes that wait for clients whose socket is full, at the last check, four times a second.",
            counters.outbox_bytes(),
        );
        text.gauge(
            "chatserv_writers",
            "Writer threads, one for each full socket.",
            counters.writers(),
        );
        text.histogram(
            "chatserv_dispatch_seconds",
            "How long the dispatcher was busy with a batch of events, until the last socket was served.",
            &BATCH_BOUNDS,
            counters.batches(),
        );
        #[cfg(feature = "history")]
        if let Some(gauge) = &self.history {
            let help = "Lines that wait for the disk.";
            text.gauge("chatserv_history_queue", help, gauge.lines());
        }
        #[cfg(feature = "cluster")]
        if let Some(lag) = &self.lag {
            let help = "Entries of the shared log that this machine has not applied, and events that are in none yet.";
            text.gauge("chatserv_log_lag_entries", help, lag.entries());
        }
        process::append(&mut text, self.started);
        text.finish()
    }
}

/// The optional parts of this program.
const FEATURES: [&str; 3] = [
    if cfg!(feature = "web") { "web " } else { "" },
    if cfg!(feature = "history") { "history " } else { "" },
    if cfg!(feature = "cluster") { "cluster " } else { "" },
];

/// The thread that answers scrapers.
pub struct Metrics<'env, 'scope> {
    socket: Arc<TcpListener>,
    stop: Receiver<Infallible>,
    sources: Sources<'env, 'scope>,
}

impl<'env, 'scope> Metrics<'env, 'scope> {
    /// A thread that is about to start. The drop of the control ends it.
    pub fn new(socket: TcpListener, sources: Sources<'env, 'scope>) -> (Self, ListenerControl) {
        let socket = Arc::new(socket);
        let (control, stop) = ListenerControl::new(Arc::clone(&socket));
        (Self { socket, stop, sources }, control)
    }

    /// Answers until told to stop.
    pub fn run(&self, row: &Row) {
        while !self.is_stopping() {
            row.doing(Activity::Accepting);
            match self.socket.accept() {
                Ok((scraper, address)) => {
                    if let Err(error) = self.answer(&scraper, row) {
                        tracing::debug!(%address, %error, "no metrics for a scraper");
                    }
                }
                Err(_) if self.is_stopping() => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a scraper");
                    row.doing(Activity::BackingOff);
                    let _ = self.stop.recv_timeout(limits::ACCEPT_BACKOFF_MAX);
                }
            }
        }
    }

    fn is_stopping(&self) -> bool {
        self.stop.try_recv() == Err(TryRecvError::Disconnected)
    }

    /// Reads one request and answers it. Takes no longer than the time for a request.
    fn answer(&self, scraper: &TcpStream, row: &Row) -> io::Result<()> {
        let end = Instant::now() + limits::METRICS_REQUEST_TIME;
        let left = || self.slice_until(end);
        row.doing(Activity::Reading);
        let (mut head, mut buffer) = (Vec::new(), [0; 1024]);
        let parsed = loop {
            if let Some(parsed) = request::parse(&head) {
                break parsed;
            }
            match read_before(scraper, &mut buffer, left)? {
                None => return Err(ErrorKind::TimedOut.into()),
                Some(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Some(count) => head.extend_from_slice(&buffer[..count]),
            }
        };
        let (status, fields, kind, body) = match parsed {
            Ok(()) => ("200 OK", "", CONTENT_TYPE, self.sources.text()),
            Err(refusal) => {
                let (status, fields, sentence) = refusal.parts();
                (status, fields, "text/plain; charset=utf-8", format!("{sentence}\n"))
            }
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\n{fields}Content-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        row.doing(Activity::Writing);
        if write_before(scraper, answer.as_bytes(), left)? < answer.len() {
            return Err(ErrorKind::TimedOut.into());
        }
        scraper.shutdown(Shutdown::Write)?;
        // Unread input, such as the body of a POST, would turn the end into a reset that can destroy the answer.
        row.doing(Activity::ThrowingAway);
        drain_before(scraper, limits::METRICS_HEAD_BYTES_MAX, left);
        Ok(())
    }

    /// How long the next system call may block: a part of the time that is left, so that a shutdown need not wait for it.
    fn slice_until(&self, end: Instant) -> Duration {
        if self.is_stopping() {
            return Duration::ZERO;
        }
        end.saturating_duration_since(Instant::now()).min(limits::TICK_EVERY)
    }
}
