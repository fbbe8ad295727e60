//! Threads and sockets: the shell of the chat. The [crate] has the map, the invariants and the path of a message.
//!
//! # Threads
//!
//! | thread | how many | blocks in | is woken by | ends when | is joined by |
//! |---|---|---|---|---|---|
//! | `main` | 1 | the end of the scope | the end of the last thread | all others have ended | the system |
//! | `listener` | 1 for each listening socket | `accept`; its pause after a failure; a full inbox | a client; a shutdown of its socket; room in the inbox | the dispatcher drops its `ListenerControl` | the scope |
//! | `reader` | 1 for each connection | `read`; waiting for its turn; a full inbox; the pause of flood control | bytes, the end of input, a deadline, a shutdown of the socket; its turn; room in the inbox | the input ends, or the connection is closing | the scope |
//! | `dispatcher` | 1 | one `select` over inbox, requests and the nearest deadline, which is a tick of the clock at the latest | any of them | the chat is shut down and every listener, reader and writer has reported its end | the scope |
//! | `writer` | 1 for each connection whose socket is full, up to `--max-writers` | `write`; a full inbox; waiting for a block | room in the socket, a shutdown of it; room in the inbox; a block | the dispatcher drops its slot | the scope |
//! | `bans` | 1 with `--state-dir` | its slot; the disk | a new list of bans | the dispatcher is gone and the last list is written | the scope |
//! | `archive` | 1 with `--history` | its queue, for a second at most; gathering a batch; the disk | a line; a full batch or a question; the end of a quarter of a second | the dispatcher is gone and the last line is written | the scope |
//! | `search` | 1 with `--history` | its queue; the disk | a question | the archive is gone | the scope |
//! | `log-writer` | 1 with `--cluster` | its queue; a request to the store of the log, or the pause after a failed one; after a loss of the store, the dispatcher's answer | an event of this node; the time for a sign of life; an answer | the dispatcher is gone | the scope |
//! | `log-reader` | 1 with `--cluster` | a request for the next entries or a snapshot, or the pause after a failed one; a full inbox | an entry; a second without one; room in the inbox | the dispatcher is gone | the scope |
//! | `snapshot` | 1 with `--cluster` | its queue; requests to the store of the log | a copy of the chat, when it is this node's turn | the dispatcher is gone | the scope |
//! | `metrics` | 1 with `--metrics-port` | `accept`; the request of a scraper, for two seconds at most | a scraper; its bytes; a shutdown of the socket | the dispatcher is gone | the scope |
//! | `trace` | 1 with `--trace` | its queue; its rest; the disk | a span; the end of its rest | all others have ended and their spans are written, or the file is full | the scope around theirs |
//! | `signals` | 1 | waiting for a signal; reading files on SIGHUP | SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 | `main` closes it | `main` |
//! | `log` | 1 | its queue; a write to stderr; its rest | a log line | `main` closes the log | `main`, for a second at most |
//! | `ctrl-c` | 1, of the ctrlc crate | waiting for Ctrl-C | SIGINT | the process ends | nobody: the one exception |
//!
//! # Files
//!
//! | file | what it holds |
//! |---|---|
//! | `reader`, `turn`, `flood`, `idle` | how input comes in: the blocking read, the permission to send, flood control, the end of silence |
//! | `inbox`, `dispatcher`, `clock` | what reaches the dispatcher, and what it does about it |
//! | `delivery/` | how output goes out: outboxes, the tape they share, writers, the end of a connection, and lines that are followed |
//! | `start`, `error`, `port_kind`, `listener`, `shared`, `admission`, `connection` | from settings to running threads; how connections come |
//! | `pending_connection`, `pending`, `proxied` | what a reader does before its client arrives; the header of a proxy |
//! | `deadline` | blocking reads and writes that end at a deadline |
//! | `order/` | in which order events reach the chat: at once, or by a log that several machines share |
//! | `web/` | the page for browsers: HTTP before the arrival, WebSocket frames afterwards |
//! | `history/` | what people say, on disk, with `--history` |
//! | `socket` | what the server asks of a connection's socket, as a trait |
//! | `simulation/` | the server with simulated sockets, threads and time, decided by a seed |
//! | `sync` | the waiting primitives of a connection's threads; loom replaces them |
//! | `fuzzing` | the doors for the fuzzer |
//! | `ops/` | what a server needs besides: the log, signals, the table of threads and the look at it that browsers get, metrics, limits of the system, bans on disk |
//!
//! # Starting and ending
//!
//! The listener spawns the reader and then reports `Connected`. The reader sends nothing before its first turn, so no line
//! overtakes the arrival of its sender, and if no reader can be started, the dispatcher never hears of the client.
//!
//! A browser's reader first reads an HTTP request. Most requests end there. Only the one that opens a WebSocket is reported
//! as `Connected`, by the reader itself; and a listener that ends waits for the readers which are not that far. The reader of
//! a client behind a proxy does the same with the proxy's header.
//!
//! The end has five steps. (1) A request comes, and the Hub says farewell to everybody. (2) The listeners are stopped; the
//! dispatcher goes on taking events, since a reader may be on its way. (3) The outboxes are flushed, for `--shutdown-grace` at
//! most; then the clients that have not read everything are cut. (4) Sockets are shut down; readers and writers end and report it.
//! (5) With the last report the dispatcher ends, and the scope has joined every thread.
//!
//! Before a restart, SIGUSR2 puts a drain before the first step: the listeners are stopped, and the clients are sent away one
//! after the other, in the order in which they came. They know where to go on.
//!
//! # Settings that change
//!
//! On SIGHUP the `signals` thread reads the settings again, because files may be on a slow disk, and sends them to the
//! dispatcher as one request. The dispatcher passes them to the Hub, the delivery and the admission, and stores them
//! in `Shared::settings`, which a listener reads once for each new connection.

// First: the other modules use its macro.
#[macro_use]
mod witness;

mod admission;
mod clock;
mod connection;
mod deadline;
mod delivery;
mod dispatcher;
mod error;
mod flood;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
#[cfg(feature = "history")]
pub mod history;
mod idle;
mod inbox;
mod listener;
mod ops;
mod order;
mod pending;
mod pending_connection;
mod port_kind;
mod proxied;
mod reader;
mod shared;
#[cfg(all(any(test, feature = "simulation"), not(loom)))]
pub mod simulation;
mod socket;
mod start;
mod sync;
mod turn;
#[cfg(feature = "web")]
mod web;

pub use error::StartError;
pub use inbox::Remote;
pub use ops::threads::{Activity, Row, ThreadTable};
pub use ops::{console, log, memory, signals};
pub use port_kind::PortKind;
pub use start::Server;
