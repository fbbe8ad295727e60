//! The limits that have no flag, each with its unit and its reason.
//!
//! A time is a `Duration`, which carries its unit; any other limit ends in its unit. Everything that can grow has one,
//! for the alternative to a limit is not "no limit" but the one that the system sets, and enforces by killing.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const GIB: usize = 1024 * MIB;

// ── Settings ──

/// How long a settings file may be. Our longest would be under 2 KiB; a wrong path (a log, a film) is told
/// instead of being read to its end.
pub const CONFIG_FILE_BYTES_MAX: u64 = 64 * 1024;

/// How long the file with the operator password may be: far beyond what anybody types behind `/op`.
pub const PASSWORD_FILE_BYTES_MAX: u64 = 1024;

/// How long the message of the day may be, in bytes and in lines. Everybody who joins is sent it.
pub const MOTD_BYTES_MAX: u64 = 16 * 1024;

/// See [`MOTD_BYTES_MAX`].
pub const MOTD_LINES_MAX: usize = 50;

/// How long the file of bans may be: as many as there may be ([`BANS_MAX`]), and none longer than 1.6 KiB. The longest
/// takes 1.4 KiB: two names of 128 bytes and a reason of [`NOTE_BYTES_MAX`], each twice as long where every character
/// has to be escaped, and 130 bytes for the rest.
pub const BANS_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

// ── Inbox and batches ──

/// How many events wait for the dispatcher. Each connection has one event under way, so more readers than this wait
/// only when nearly half of 10,000 people speak in the same instant; then their sockets fill, and the senders slow
/// down by themselves.
pub const INBOX_EVENTS_MAX: usize = 4096;

/// A batch ends when one outbox holds this much. Larger ones save hardly a system call any more, and what is waiting
/// to be sent should not outgrow the processor's cache.
pub const BATCH_OUTBOX_BYTES_MAX: usize = 64 * KIB;

/// A batch ends when all outboxes together hold this much: one line to 10,000 people is quickly 1 MiB, and nobody is
/// sent anything before the batch has ended. What they hold lies on one tape, so this bounds time rather than memory:
/// some 100 ms of sends. With a quarter of it, a delivery to 10,000 people costs 2.5 times as much.
pub const BATCH_TOTAL_BYTES_MAX: usize = 64 * MIB;

/// So much memory of empty buffers is kept for the next outboxes whose sockets do not take all.
pub const BUFFERS_KEPT_BYTES_MAX: usize = 16 * MIB;

// ── Reading and writing ──

/// A read buffer at first. Most people type a line at a time.
pub const READ_BUFFER_BYTES_MIN: usize = 512;

/// A read buffer at most; it grows only where reads fill it. With 4 KiB, lines of 512 bytes cost 2.5 times as much;
/// 16 KiB for everybody from the start would cost 5 KiB of resident memory a client.
pub const READ_BUFFER_BYTES_MAX: usize = 16 * KIB;

/// How much a writer thread hands to one blocking send. After each it looks whether it has been told to stop.
pub const WRITE_CHUNK_BYTES: usize = 16 * KIB;

/// How often the dispatcher looks at those who are not taking their lines, although nothing happens. An outbox is
/// then never older than its limit by more than this.
pub const STALLED_CHECK_EVERY: Duration = Duration::from_millis(250);

// ── The trace ──

/// How long the file of a trace may be: some ten million spans, more than anybody looks through. A server that is traced
/// and forgotten should not fill the disk.
pub const TRACE_FILE_BYTES_MAX: usize = GIB;

// ── Threads ──

/// A reader's stack. It is address space, not memory: only pages that were touched are resident, and those are two, 8 KiB.
/// The deepest call parses JSON 16 levels deep. But one page of the kernel's tables describes 2 MiB of addresses: the
/// smaller the stacks, the more of them share one. Code that is not optimised has larger frames, hence more in debug
/// builds.
pub const READER_STACK_BYTES: usize = if cfg!(debug_assertions) {
    512 * KIB
} else {
    128 * KIB
};

/// The stack of listeners, writers and the other threads that do one thing.
pub const SERVICE_STACK_BYTES: usize = if cfg!(debug_assertions) {
    512 * KIB
} else {
    256 * KIB
};

/// The dispatcher's stack. There is only one, and everything the chat can do happens on it.
pub const DISPATCHER_STACK_BYTES: usize = MIB;

/// How many of the kernel's memory mappings a thread takes: its stack and the stack on which it would tell of an
/// overflow, each with a guard page that catches it. Linux allows a process 65,530.
pub const MAPPINGS_PER_THREAD: usize = 4;

// ── Listening and accepting ──

/// How many connections the kernel completes for us while we are busy accepting. Linux lowers it to
/// `net.core.somaxconn`, which is 4,096 as well. Ten thousand people may come in one second.
pub const BACKLOG: i32 = 4096;

/// The first pause after a failed accept, such as one without a free descriptor. It doubles from here: trying again
/// at once would burn a core without freeing anything.
pub const ACCEPT_BACKOFF_MIN: Duration = Duration::from_millis(10);

/// The longest such pause. Newcomers wait in the backlog meanwhile, and a second is bearable.
pub const ACCEPT_BACKOFF_MAX: Duration = Duration::from_secs(1);

/// How many descriptors are kept back for what is not a client: standard streams, listeners, the log, files being
/// read. Refused sockets (`REFUSED_SOCKETS_MAX`) come on top.
pub const DESCRIPTORS_RESERVED: usize = 64;

/// How many refused sockets are kept open for a moment. Closing at once while input is unread would make the kernel
/// send a reset, which can destroy the line that says why.
pub const REFUSED_SOCKETS_MAX: usize = 64;

// ── Ending a connection ──

/// How much a reader still takes in and throws away before it closes, for the same reason.
pub const LINGER_BYTES_MAX: usize = 64 * KIB;

/// How long it does so, and how long a refused socket is kept. A farewell that has not arrived by then will not.
pub const LINGER_TIME: Duration = Duration::from_secs(1);

/// How many connections may be in that last second at once. A place is free as soon as its client has left the chat,
/// so places do not bound them; whoever came and went in a circle would hold thousands of threads.
pub const LINGERING_MAX: usize = 512;

// ── Keeping a connection ──

/// After this silence the kernel asks whether the other machine is still there. A person may be silent for an hour,
/// a machine that has lost its power for ever.
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

/// The time between two such questions.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// How many of them go unanswered before the connection is lost: two minutes after the last sign of life.
pub const KEEPALIVE_TRIES: u32 = 4;

/// How long bytes that were sent may stay unacknowledged. Without it Linux sends them again for a quarter of an hour.
pub const USER_TIMEOUT: Duration = Duration::from_secs(30);

// ── The conversation ──

/// How many bytes one connection may send at once before flood control slows it down: the longest paste that the lines
/// of a rate limit let through, nearly.
pub const FLOOD_BYTES_BURST: u32 = 64 * 1024;

/// And how many a second from then on, at the least: four of the longest lines.
pub const FLOOD_BYTES_PER_SECOND_MIN: u32 = 16 * 1024;

/// Where a rate limit lets more lines through than that, so many bytes for each of them: an ordinary line as JSON. Or
/// 1,000 lines a second would be 150 of a program's.
pub const FLOOD_BYTES_PER_LINE: u32 = 256;

/// How many refused names one connection may give; this one closes it. A person gets it right sooner, and a program
/// that tries out names should not be served for ever.
pub const NAME_REFUSALS_MAX: u32 = 4;

/// How long before the end of `idle_timeout` somebody is warned; half of it where it is under twice this.
pub const IDLE_WARNING: Duration = Duration::from_secs(30);

/// How often the folded line about who came and who left goes out, once more people hear it than `announce_up_to`.
pub const ANNOUNCE_EVERY: Duration = Duration::from_secs(5);

/// The send buffer of a client that is being cut, instead of `send_buffer`: room for the piece that its writer is
/// blocked in, the end of a line, and the reason. Linux grants 208 KiB or more (`net.core.wmem_max`).
pub const LAST_WORDS_SEND_BUFFER_BYTES: usize = 128 * KIB;

// ── Rooms and what is kept ──

/// How many rooms one client may be in. (Plain text: one at a time.)
pub const ROOMS_PER_CLIENT_MAX: usize = 64;

/// How many rooms there may be. A name and an empty history are small, but whoever opens rooms without end should not
/// decide how much memory the server takes.
pub const ROOMS_MAX: usize = 10_000;

/// How many lines of its past a room keeps.
pub const HISTORY_LINES_MAX: usize = 200;

/// And how many bytes of it: with what a protocol adds, all of it is still well below what may wait for one client.
pub const HISTORY_ROOM_BYTES_MAX: usize = 64 * KIB;

/// How much past is shown in one answer, reckoned as JSON: below the 128 KiB that a JSON answer may have, and well below
/// what may wait for one client.
pub const HISTORY_ANSWER_BYTES_MAX: usize = 120 * KIB;

/// How much the past of all rooms takes; beyond it, the rooms where nobody has spoken for longest forget first.
pub const HISTORY_TOTAL_BYTES_MAX: usize = 64 * MIB;

/// How many lines `/history` shows where no number is given: a screen.
pub const HISTORY_LINES_SHOWN: usize = 20;

/// How many entries an answer that is a list holds: people, rooms, bans, threads.
pub const LIST_ENTRIES_MAX: usize = 500;

/// How long a topic, the reason for something, or a state of being away may be.
pub const NOTE_BYTES_MAX: usize = 400;

/// How many people one message may name.
pub const NAMED_MAX: usize = 100;

/// Of somebody who is ignored and has come back: how many of their connections are remembered, to hide what they said.
pub const IGNORED_BEFORE_MAX: usize = 16;

/// How many people one client may ignore.
pub const IGNORED_MAX: usize = 200;

// ── Operators ──

/// How many wrong operator words one address may give in [`OPERATOR_TRIES_WINDOW`].
pub const OPERATOR_TRIES_MAX: u32 = 3;

/// Over which time they are counted.
pub const OPERATOR_TRIES_WINDOW: Duration = Duration::from_secs(60 * 60);

/// From how many addresses wrong words are remembered. Should more come in that time, they are guessing together, and
/// all of them have to wait.
pub const OPERATOR_TRIES_ADDRESSES_MAX: usize = 10_000;

/// How many bans there may be.
pub const BANS_MAX: usize = 10_000;

/// When the end of the chat that was planned is told again, before it comes.
pub const SHUTDOWN_REMINDERS: [Duration; 3] = [
    Duration::from_secs(10 * 60),
    Duration::from_secs(60),
    Duration::from_secs(10),
];
