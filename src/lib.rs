//! chatserv is a chat server that anyone can join with `telnet localhost 1337`. It shows how far threads and blocking calls
//! go: every connection has a thread of its own that blocks in `read`, and one dispatcher thread owns all the state.
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
//! | [`server`] | threads and sockets: who blocks where, and who wakes whom |
//! | [`chat`] | the core: events in, effects out; no socket, no thread, no clock |
//! | [`protocol`] | bytes to requests, and messages to bytes: plain text and JSON |
//! | [`config`] | every setting and limit, with its unit and its reason |
//! | [`guide`] | the documentation, for people, programs, operators and teachers |
//!
//! Two more programs live in `src/bin`: `chat`, the terminal client, and `lab`, which measures threading against
//! non-blocking I/O; [`guide::teaching`] leads to its lesson.
//!
//! # The path of a message
//!
//! One line of chat passes through seven files:
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
//! 1. `server/reader.rs`: the connection's reader blocks in `read`. It waits for its turn before it sends. (A listener has
//!    accepted the connection and spawned the reader.)
//! 2. `protocol/plain/decode.rs`: the codec turns the bytes into lines, wherever the reads have split them.
//! 3. `server/dispatcher.rs`: the dispatcher takes the event from the inbox. It blocks nowhere else.
//! 4. `chat/hub.rs`: the Hub, a pure state machine, finds the rule for the event.
//! 5. `chat/say.rs`: the recipients are chosen. The result is an effect: send this message to these clients.
//! 6. `protocol/plain/encode.rs`: the message becomes bytes, once for each view and not once for each recipient.
//! 7. `server/delivery/mod.rs`: each recipient's outbox is flushed with one send that never blocks. A full socket is handed
//!    over to a writer thread; a client that does not read for too long is cut. Then the reader gets its turn back.
//!
//! Keep `chat/event.rs` open beside them: it lists everything that can happen and everything that can be asked for. Each file
//! names the helpers that need not be read yet.
//!
//! # Invariants
//!
//! 1. Only the dispatcher touches the [`Hub`](chat::Hub) and the outboxes. No state of the chat has a lock.
//! 2. The dispatcher blocks in one place. It never sends into the inbox, it never waits for a client's socket or a disk, and
//!    handing over to a writer cannot block. So the graph of who waits for whom has no cycle.
//! 3. One thread at a time may write to a socket: the dispatcher, or the writer that it has handed over to.
//! 4. Each connection has at most one event in flight, besides the report of its end. So the inbox is bounded by the number
//!    of connections, and a client that sends too fast is slowed down by TCP.
//! 5. A thread's last act is an event, sent by the drop of a guard, so it comes after a panic too. No thread ends silently.
//! 6. To end a socket, shut it down: that wakes every thread blocked on it. Dropping a handle wakes nobody.
//! 7. An id is never reused, and only the dispatcher removes a client: a second report of the same end has no effect.
//! 8. A panic in a reader or a writer ends that client: the thread catches it, and its guard reports the end. A panic in the
//!    dispatcher ends the process with status 70.
//! 9. The core never depends on the order of a hash map, on a clock or on an address in memory.

pub mod chat;
pub mod config;
pub mod guide;
pub mod healthcheck;
pub mod inherited;
#[cfg(feature = "load")]
pub mod load;
pub mod protocol;
#[cfg(feature = "server")]
pub mod server;
