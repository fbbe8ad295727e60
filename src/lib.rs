//! chatserv is a chat server that anyone can join with `telnet localhost 1337`. It shows how far threads and blocking calls
//! can go: every connection has its own thread, which blocks in `read`, and one dispatcher thread owns all state.
//!
//! # The map
//!
//! ```text
//!  telnet ─TCP─▶ listener ─ Connected ┐
//!                   │ spawns          │
//!  telnet ─TCP─▶ reader 1 ─ Received ─┤
//!  telnet ─TCP─▶ reader n ─ Received ─┤
//!                   ▲                 ▼
//!                   │               inbox (bounded)     ┌─ send, never waits ─▶ every socket
//!                   │                 ▼                 │  (the usual path)
//!                   └──── turn ◀─ dispatcher ═▶ Hub ═▶ outboxes
//!                          owns ALL state               │  (while that socket is full)
//!                                     ▲  ▲              └─ hand over ─▶ writer k ─▶ socket k
//!  Ctrl-C, signals ─▶ own channel ────┘  └─ Drained ◀──────────────────────┘
//! ```
//!
//! | folder | what it holds |
//! |---|---|
//! | [`server`] | threads and sockets: which thread blocks where, and what wakes it |
//! | [`chat`] | the core: events in, effects out; no socket, no thread, no clock |
//! | [`protocol`] | bytes to requests, and messages to bytes: plain text and JSON |
//! | [`config`] | every setting and limit, with its unit and its reason |
//! | [`healthcheck`] | `chatserv healthcheck`, which tells Docker or a load balancer whether a server works |
//! | [`guide`] | the documentation, for people, programs, operators and teachers |
//! | `load` | the load generator and the plots of the benchmark and the lab |
//! | `mutants` | mistakes that the simulation has to find |
//! | [`signal_mask`] | which signals a process inherits as ignored |
//!
//! Four more programs live in `src/bin`: `chat`, the terminal client; `lab`, which compares threads with non-blocking I/O
//! (with its [lesson](../lab/index.html)); `bench`, which compares the server with others ([`guide::measurements`]); and
//! `simulate`, which runs the server with simulated sockets and time.
//!
//! # The path of a message
//!
//! Seven files tell the story of a line of chat:
//!
//! ```text
//!            bytes        lines                event         effects
//!  socket ─▶ ① reader ─▶ ② decode ─▶ inbox ─▶ ③ dispatcher ─▶ ④ hub ─▶ ⑤ say
//!               ▲                                │   ▲                    │
//!               │                                │   └────── effects ─────┘
//!               │                                ▼
//!               │                            ⑥ encode ─▶ outboxes
//!               │                                           ▼
//!               └── turn ─────────────────────────────── ⑦ delivery ─▶ sockets
//! ```
//!
//! 1. `server/reader.rs`: the connection's reader blocks in `read`, and waits for its turn before it sends an event. (A
//!    listener has accepted the connection and spawned the reader.)
//! 2. `protocol/plain/decode.rs`: the decoder turns the bytes into lines, wherever the reads have split them.
//! 3. `server/dispatcher.rs`: the dispatcher takes the event from the inbox. It blocks only in the `select` over its channels.
//! 4. `chat/hub.rs`: the Hub, a pure state machine, finds the rule for the event.
//! 5. `chat/say.rs`: the Hub chooses the recipients. The result is an effect: send this message to these clients.
//! 6. `protocol/plain/encode.rs`: the message becomes bytes, once per view and not once per recipient.
//! 7. `server/delivery/mod.rs`: one non-blocking send flushes each recipient's outbox. A writer thread takes over a full
//!    socket, and a client that does not read for too long is disconnected. Then the reader gets its turn back.
//!
//! Keep `chat/event.rs` open beside them: it lists everything that can happen and everything that the Hub can ask for. Each
//! file names the helpers that you can skip at first.
//!
//! # Invariants
//!
//! 1. Only the dispatcher touches the live [`Hub`](chat::Hub) and the outboxes. No chat state is behind a lock. (With
//!    `--cluster`, other threads have copies of the Hub.)
//! 2. The dispatcher blocks in one place. It never sends into the inbox, never waits for a client's socket or a disk, and
//!    never blocks when it hands over to a writer. So the wait-for graph has no cycle.
//! 3. One thread at a time may write to a socket: before the client arrives its reader, which answers HTTP; then the
//!    dispatcher, or the writer that it has handed over to.
//! 4. Each connection has at most one event in flight, besides the report of its end. So the number of connections bounds
//!    the inbox, and TCP slows down a client that sends too fast.
//! 5. Each listener and writer, and the reader of each client that has arrived, sends an event as its last act. A guard
//!    sends it on drop, so it comes after a panic too: no such thread ends silently.
//! 6. To end a socket, shut it down: that wakes every thread blocked on it. Dropping a handle wakes nobody.
//! 7. An id is never reused, and only the dispatcher removes a client. A second report of the same end has no effect.
//! 8. A panic in a reader or a writer ends that client: the thread catches it, and its guard reports the end. A panic in a
//!    thread that serves everybody ends the process with status 70.
//! 9. The core never depends on the order of a hash map, on a clock or on a memory address.
//! 10. In a chat on several machines, only entries of the log change the state, and every machine applies all of them in
//!     the same order. A reader gets its turn when its own event has come back.

// `mutant!(…)` marks the place of a mutation, for the tests of the simulation; it is `false` in everything that is shipped.
#[macro_use]
pub mod mutants;

pub mod chat;
pub mod config;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
#[path = "../tests/fuzz/properties/mod.rs"]
pub mod fuzzing;
pub mod guide;
pub mod healthcheck;
#[cfg(feature = "load")]
pub mod load;
pub mod protocol;
#[cfg(feature = "server")]
pub mod server;
pub mod signal_mask;
