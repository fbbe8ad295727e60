//! The shell of the chat: threads and sockets.
//!
//! # The thread map
//!
//! ```text
//!  telnet ──TCP──▶ listener ── Connected ──────────┐
//!                     │ spawns                     │
//!  telnet ──TCP──▶ reader 1 ── Received ───────────┤
//!  telnet ──TCP──▶ reader n ── Received ───────────┤                    ┌── send, never waits ──▶ every socket
//!         ▲                                        ▼                    │   (the usual path)
//!         └──────── turn ◀──────────  inbox ═▶ dispatcher ═▶ Hub ═▶ outboxes
//!                                  (bounded)   owns ALL state           │
//!                                                  ▲                    └── hand over ──▶ writer k ──▶ socket k
//!  Ctrl-C, signals ──▶ their own channel ─────────▶│                         (only while that socket is full)
//!                                                  └── Drained ◀──────────────────────┘
//! ```
//!
//! | thread | how many | blocks in | woken by | ends when | joined by |
//! |---|---|---|---|---|---|
//! | `main` | 1 | the end of the scope | the last thread's end | all others have ended | the system |
//! | `listener` | 1 for each listening socket (`listener-v4`, `listener-json4`, …) | `accept`; the pause after a failed one; a full inbox | a client; its socket shut down; its stop channel closed; room in the inbox | the dispatcher drops its `ListenerControl` | the scope |
//! | `reader` | 1 for each connection | `read`; a full inbox; waiting for its turn; the pause of flood control | bytes, the end of input, a deadline (to give a name, of being idle), the socket shut down; room in the inbox; a turn; the end of the pause, or a cut | the input ends, or the connection is closing and nothing more comes | the scope |
//! | `dispatcher` | 1 | one `select` over inbox, requests from outside and the nearest deadline | any of them | the chat is shut down and every listener, reader and writer has reported its end | the scope |
//! | `writer` | 1 for each connection whose socket is full | `write`; a full inbox; waiting for a block | room in the socket, the socket shut down; room in the inbox; a block, or no more of them | the dispatcher drops its slot | the scope |
//! | `bans` | 1 with `--state-dir` | its slot; a write to the disk | a new list of bans; no more of them | the dispatcher drops its end of the slot, and what is in there is written | the scope |
//! | `trace` | 1 with `--trace` | its queue; its rest; a write to the disk | a note; the end of its rest | all other threads of the chat have ended, and what they noted is written; or the file is full | the scope around theirs |
//! | `signals` | 1 | waiting for a signal; reading files, when they are to be read again | SIGTERM, SIGHUP, SIGUSR1 | `main` closes it | `main` |
//! | `log` | 1, made by tracing-appender | its queue; a write to stderr | a log line | `main` closes the log | `main`, for a second at most |
//! | `ctrl-c` | 1, made by the ctrlc crate | waiting for Ctrl-C | SIGINT | the process ends | nobody: the one exception |
//!
//! # Invariants
//!
//! 1. Only the dispatcher touches the Hub and the outboxes. No state of the chat has a lock.
//! 2. The dispatcher blocks in one place. It never sends into the inbox, it never waits for a client's socket or a disk,
//!    and handing over to a writer cannot block. So the graph of who waits for whom has no cycle.
//! 3. At any time at most one thread may write to a socket: the dispatcher, or the writer it has handed over to.
//! 4. Each connection has one event under way. A reader reads on, but sends again when what it caused was sent, or
//!    handed over to a writer, and not before, so the inbox is bounded by the number of connections, and a sender who is too fast is slowed down by TCP.
//! 5. A thread's last act is an event; a guard's drop sends it, so it comes after a panic too. Nobody ends silently.
//! 6. To end a socket, shut it down: that wakes whoever is blocked on it. Dropping a handle of it wakes nobody.
//! 7. An id is never used again, and only the dispatcher removes a client: two reports of the same end do no harm.
//! 8. A panic in a reader ends that client. A panic in the dispatcher ends the process with status 70.
//!
//! # Starting and ending
//!
//! The listener spawns the reader and then reports `Connected`; the reader sends nothing before its first turn, so no
//! line can overtake its sender's arrival, and where there is no thread for a reader nobody has heard of the client.
//!
//! Ending: (1) a request comes, and the Hub says farewell to everybody, whatever they are in the middle of. (2) The
//! listeners are stopped; the dispatcher goes on taking events, since a reader may be on its way. (3) What is owed is
//! flushed, for `--shutdown-grace` at the most; then who has not read it is cut. (4) Sockets are shut, readers and writers
//! end and report it. (5) With the last report the dispatcher ends, and the scope has joined everybody.
//!
//! # Settings that change
//!
//! A SIGHUP, where it does not mean that a terminal is gone, has the settings read again, by the `signals` thread: files
//! may be on a slow disk. What was read goes to the dispatcher as one request. It tells the Hub, the outboxes and the
//! door, and leaves the settings in `Welcome` for those who come from then on: the one place where another thread finds
//! them, and a listener looks there once for each connection. Nobody who is connected notices anything.
//!
//! # Reading order
//!
//! `turn`, `reader`, `flood`, `idle`, `clock`, `inbox`, `wake`, `dispatcher`, `effects`: how a line comes in. `run`,
//! `tape`, `peer`, `outbox`, `outbox_limits`, `buffers`, `delivery`, `writer`: how it goes out. `start`, `listener`, `admission`,
//! `connection`: how people come. `closing`: how they go. `signals`, `threads`, `activity`, `trace`, `log`, `console`, `bind`, `capacity`, `loaded`, `remote`,
//! `bans_file`, `bans_toml`: what a server needs besides.
//!
//! # Why the bytes of a batch lie on a tape
//!
//! A message is encoded once for each view that one of its receivers has, and its bytes stay where they are: an outbox
//! knows which part of the tape is its own, and the flush sends it from there. Copied into the outbox of each receiver,
//! the bytes of a batch would lie in memory a thousand times. Only what a socket does not take is copied, and what does
//! not lie in one piece, since somebody got a line of their own in between, or said one: so an outbox keeps its order by itself,
//! and nobody shares a queue.

mod admission;
mod clock;
mod connection;
mod delivery;
mod dispatcher;
mod flood;
mod inbox;
mod listener;
mod ops;
mod reader;
mod start;
mod turn;

pub use ops::activity::Activity;
pub use ops::threads::{Row, ThreadTable};
pub use ops::{console, log, signals};
pub use inbox::Remote;
pub use start::{NoThread, Server, StartError};
