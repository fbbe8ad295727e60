//! Limits that have no setting, each with its unit and its reason.
//!
//! A time is a `Duration`; the name of any other limit says its unit. Everything that can grow has a limit here. Otherwise
//! the system would set the limit, and enforce it by killing the process.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const GIB: usize = 1024 * MIB;

// ── Settings ──

/// The size of a settings file. The longest useful one is shorter than 2 KiB; a wrong path, such as a log or a film, gives
/// an error and is not read to its end.
pub const CONFIG_FILE_BYTES_MAX: u64 = 64 * 1024;

/// The size of the operator password file: far more than anybody types after `/op`.
pub const PASSWORD_FILE_BYTES_MAX: u64 = 1024;

/// The size of the file with the password of the store of the log.
pub const CLUSTER_PASSWORD_FILE_BYTES_MAX: u64 = 1024;

/// The size of the message of the day. Everybody receives it on joining.
pub const MOTD_BYTES_MAX: u64 = 16 * 1024;

/// The length of the message of the day in lines, for the same reason.
pub const MOTD_LINES_MAX: usize = 50;

/// The size of the file of bans: [`BANS_MAX`] bans of 1.6 KiB. The longest possible ban takes 1.4 KiB: two names of 128
/// bytes and a reason of [`NOTE_BYTES_MAX`], each twice as long if every character needs an escape, and 130 bytes for the
/// rest.
pub const BANS_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

// ── Inbox and batches ──

/// How many events may wait for the dispatcher. Each connection has one event in flight, so a reader has to wait for room
/// only if nearly half of 10,000 people send at the same moment. Then their sockets fill, and TCP slows them down.
pub const INBOX_EVENTS_MAX: usize = 4096;

/// A batch ends when one outbox holds this much. A larger batch saves hardly any system calls and outgrows the processor's
/// cache.
pub const BATCH_OUTBOX_BYTES_MAX: usize = 64 * KIB;

/// A batch ends when all outboxes together hold this much. One line to 10,000 people counts as 1 MiB, and nothing is sent
/// before the batch ends. The outboxes share one copy of the bytes, so this bounds time rather than memory: about 100 ms of
/// sends. With a quarter of it, a delivery to 10,000 people costs 2.5 times as much.
pub const BATCH_TOTAL_BYTES_MAX: usize = 64 * MIB;

/// How much memory to keep in empty buffers, for the next outboxes whose sockets are full.
pub const BUFFERS_KEPT_BYTES_MAX: usize = 16 * MIB;

// ── Reading and writing ──

/// How many inputs a reader decodes before it sends them to the dispatcher. An empty line is one byte before it is decoded
/// and 144 afterwards, so this bounds the memory of a client whose lines are held back.
pub const DECODED_INPUTS_MAX: usize = 256;

/// How many bytes it decodes before it looks at that number.
pub const DECODED_BYTES_MAX: usize = 256;

/// The initial size of a read buffer. Most people type one line at a time.
pub const READ_BUFFER_BYTES_MIN: usize = 512;

/// The largest size of a read buffer, which grows only if reads fill it. With 4 KiB, lines of 512 bytes cost 2.5 times as
/// much; 16 KiB from the start would cost 5 KiB of resident memory for each client.
pub const READ_BUFFER_BYTES_MAX: usize = 16 * KIB;

/// How much a writer thread passes to one blocking send. After each send it checks whether it must stop.
pub const WRITE_CHUNK_BYTES: usize = 16 * KIB;

/// How often the dispatcher checks for stalled clients if nothing else happens. An outbox exceeds `outbox_age` by no more
/// than this.
pub const STALLED_CHECK_EVERY: Duration = Duration::from_millis(250);

/// After how much, as a fraction of `outbox_total`, the dispatcher checks them earlier: at full speed, all outboxes together
/// could grow by a gigabyte in that time.
pub const STALLED_CHECK_SHARE: u64 = 8;

// ── Time ──

/// How often the dispatcher wakes, even if nothing happens, so that the clock goes on.
pub const TICK_EVERY: Duration = Duration::from_millis(250);

/// The most that the time between two ticks of the clock counts. If it is longer, the server did not run, or the machine is
/// so busy that deadlines should be later.
pub const TICK_MAX: Duration = Duration::from_millis(500);

// ── Trace ──

/// The size of a trace: about ten million spans, more than anybody reads. A forgotten trace must not fill the disk.
pub const TRACE_FILE_BYTES_MAX: usize = GIB;

// ── Metrics ──

/// How long a request for the metrics may take, the answer included. The next scraper waits meanwhile; Prometheus waits 10 s.
pub const METRICS_REQUEST_TIME: Duration = Duration::from_secs(2);

/// The size of the head of such a request. That of Prometheus has 200 bytes.
pub const METRICS_HEAD_BYTES_MAX: usize = 8 * KIB;

// ── Threads ──

/// A reader's stack. It is address space, not memory: only touched pages are resident, usually two (8 KiB). The deepest call
/// parses JSON of 16 levels. Small stacks still save memory: one page of a page table maps 2 MiB of addresses, and more
/// small stacks share it. Frames are larger in debug builds.
pub const READER_STACK_BYTES: usize = if cfg!(debug_assertions) { 512 * KIB } else { 128 * KIB };

/// The stack of listeners, writers and other threads with a single job.
pub const SERVICE_STACK_BYTES: usize = if cfg!(debug_assertions) { 512 * KIB } else { 256 * KIB };

/// The dispatcher's stack. There is only one dispatcher, and it runs most of the code.
pub const DISPATCHER_STACK_BYTES: usize = MIB;

/// How many memory mappings a thread takes: its stack and the signal stack for reporting an overflow, each with a guard
/// page. Linux allows a process 65,530.
pub const MAPPINGS_PER_THREAD: usize = 4;

/// The addresses that a thread takes besides its stack: guard pages and its signal stack.
pub const THREAD_ADDRESSES_BYTES: usize = 64 * KIB;

/// How long one look at the threads serves everybody who asks. A look passes over all threads: with 10,000 it takes the
/// dispatcher up to two milliseconds (`scripts/glass-cost`), ten times a second at most, however many people look.
pub const GLASS_LOOK_SHARED: Duration = Duration::from_millis(100);

// ── Limits of the system ──

/// A reserve for a server with this many places: a quarter of them, within these bounds. A small server has to start on a
/// small system.
pub fn reserve(places: usize, min: usize, max: usize) -> usize {
    (places / 4).clamp(min, max)
}

/// How many threads to leave to other programs.
pub fn threads_for_others(places: usize) -> usize {
    reserve(places, 8, 512)
}

/// How many threads the server has besides those of its clients: at most eight listeners, and one each for the dispatcher, the
/// log, signals, Ctrl-C, bans, the trace, metrics, and either the archive and the search of a history or the three of a log on
/// several machines.
pub const OWN_THREADS: usize = 18;

/// How many descriptors to keep for standard streams, listeners, signals, the log and files, besides those of refused sockets.
pub fn descriptors_reserved(places: usize) -> usize {
    reserve(places, 24, 64)
}

/// The memory of a client whose socket takes everything at once: 12 to 18 KiB of the process, mostly its stack and its read
/// buffer, and some 29 of the kernel.
pub const CLIENT_MEMORY_BYTES: usize = 64 * KIB;

/// The memory of a writer: its stack, and what the kernel needs for a thread.
pub const WRITER_MEMORY_BYTES: usize = 32 * KIB;

/// One client in this many may stop reading at the same time, and fill the kernel's send buffer.
pub const STALLED_SHARE: usize = 4;

/// Where the memory is limited, this fraction of it may wait in outboxes. Their buffers grow by doubling, so they take up to twice
/// as much.
pub const OUTBOXES_SHARE: u64 = 8;

/// Where the memory is limited, history may take this fraction of it.
pub const HISTORY_SHARE: u64 = 16;

/// How much limited memory newcomers leave alone: this fraction, within the bounds below. It holds what no other limit counts:
/// closing connections, input that is being decoded, and fragmentation.
pub const MEMORY_RESERVE_SHARE: u64 = 8;

/// See [`MEMORY_RESERVE_SHARE`].
pub const MEMORY_RESERVE_BYTES_MIN: u64 = 8 * MIB as u64;

/// See [`MEMORY_RESERVE_SHARE`].
pub const MEMORY_RESERVE_BYTES_MAX: u64 = 64 * MIB as u64;

// ── Listening and accepting ──

/// How many completed connections the kernel queues until the server accepts them. Linux caps this at `net.core.somaxconn`,
/// which is 4,096 by default. Ten thousand people may come in one second.
pub const BACKLOG: i32 = 4096;

/// The first pause after a failed accept, for instance for want of a descriptor. Each further failure doubles it: retrying
/// at once would burn a core.
pub const ACCEPT_BACKOFF_MIN: Duration = Duration::from_millis(10);

/// The longest such pause. New clients wait in the backlog meanwhile.
pub const ACCEPT_BACKOFF_MAX: Duration = Duration::from_secs(1);

/// The pause after an accept that failed for a reason which concerns one connection.
pub const ACCEPT_RETRY: Duration = Duration::from_millis(1);

/// How many refused sockets each listener keeps open for a moment. Closing one with unread input would send a reset, which can
/// destroy the line that gives the reason.
pub fn refused_sockets_max(places: usize) -> usize {
    reserve(places, 4, 64)
}

// ── Browsers ──

/// The size of the head of an HTTP request. A browser's is a few hundred bytes, and cookies of other servers on this machine
/// come on top.
pub const HTTP_HEAD_BYTES_MAX: usize = 8 * KIB;

/// How many header fields it may have.
pub const HTTP_HEADERS_MAX: usize = 64;

/// The initial size of the buffer for a WebSocket's frames. Most messages fit.
pub const FRAME_BUFFER_BYTES: usize = 512;

// ── Ending a connection ──

/// How much input a reader discards before it closes the socket. As above, unread input would cause a reset.
pub const LINGER_BYTES_MAX: usize = 64 * KIB;

/// How long a reader discards input, and how long a refused socket stays open. A farewell that has not arrived by then
/// never will.
pub const LINGER_TIME: Duration = Duration::from_secs(1);

/// How many connections there may be beyond `--max-clients`, which counts only clients that are still in the chat: those that
/// linger, and those whose last lines a full socket does not take. Without a bound, clients that connect and leave in a loop
/// could hold thousands of threads.
pub fn leaving_max(places: usize) -> usize {
    (places / 8).clamp(16, 512)
}

// ── Keeping a connection ──

/// After this much silence the kernel probes whether the other machine is still there. A person may be silent for an hour;
/// a machine without power is silent for ever.
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

/// The time between two probes.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// How many unanswered probes end the connection: two minutes after the last sign of life.
pub const KEEPALIVE_TRIES: u32 = 4;

/// How long sent bytes may stay unacknowledged, beyond `outbox_age`. With its default, this is two minutes as well. By default
/// Linux retransmits for a quarter of an hour.
pub const USER_TIMEOUT: Duration = Duration::from_secs(90);

/// The most of `outbox_age` that counts there: Linux takes 24 days at most.
pub const USER_TIMEOUT_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

// ── The conversation ──

/// How long lines that flood control holds back are still said after their connection was lost: long enough for a script
/// that sends three hundred lines and ends. Without an end, a client that is gone could talk for hours.
pub const HELD_BACK_AFTER_LOSS_MAX: Duration = Duration::from_secs(60);

/// How many bytes one connection may send in a burst before flood control delays it: about the longest paste that the rate
/// limit on lines allows.
pub const FLOOD_BYTES_BURST: u32 = 64 * 1024;

/// The least number of bytes a second that it may send after the burst: four of the longest lines.
pub const FLOOD_BYTES_PER_SECOND_MIN: u32 = 16 * 1024;

/// How many bytes a second each line of the rate limit allows, if that gives more: the size of an ordinary line as JSON.
/// Without it, a limit of 1,000 lines a second would allow a program only 150.
pub const FLOOD_BYTES_PER_LINE: u32 = 256;

/// How many refused names close a connection. A person needs fewer tries, and a program must not guess names for ever.
pub const NAME_REFUSALS_MAX: u32 = 4;

/// How long before the end of `idle_timeout` a client is warned. The warning comes halfway if `idle_timeout` is less than
/// twice this.
pub const IDLE_WARNING: Duration = Duration::from_secs(30);

/// How often one line sums up arrivals and departures where they have more than `announce_up_to` recipients.
pub const ANNOUNCE_EVERY: Duration = Duration::from_secs(5);

/// The send buffer of a client that is disconnected as too slow: room for the chunk in which its writer is blocked, the end
/// of a line, and the reason. A larger buffer is doubled, as far as Linux grants it: 208 KiB or more (`net.core.wmem_max`).
pub const LAST_WORDS_SEND_BUFFER_BYTES: usize = 128 * KIB;

/// How long the name of somebody who has lost the connection is held for the word of `/reclaim`: longer than a program takes to
/// notice the loss and connect again, and not so long that others wait for it.
pub const NAME_HELD_FOR: Duration = Duration::from_secs(60);

/// How many names are held at once; beyond it, the one that is free next is free now. As many as there are clients by default:
/// all may lose the connection together.
pub const HELD_NAMES_MAX: usize = 10_000;

/// How many of the lines that somebody has missed are shown when they take their name back on plain text.
pub const RECLAIM_LINES_MAX: usize = 100;

// ── Rooms and history ──

/// How many rooms one JSON client may be in. (A plain-text client is in one.)
pub const ROOMS_PER_CLIENT_MAX: usize = 64;

/// How many rooms there may be. An empty room is small, but clients must not decide how much memory the server uses.
pub const ROOMS_MAX: usize = 10_000;

/// How many lines of history a room keeps.
pub const HISTORY_LINES_MAX: usize = 200;

/// How many bytes of history a room keeps: even as encoded, well below `outbox_bytes`.
pub const HISTORY_ROOM_BYTES_MAX: usize = 64 * KIB;

/// How much history one answer shows, measured as JSON: less than the 128 KiB of a JSON answer, and well below
/// `outbox_bytes`.
pub const HISTORY_ANSWER_BYTES_MAX: usize = 120 * KIB;

/// How much history all rooms keep together. Beyond it, the rooms that have been silent for longest lose theirs first.
pub const HISTORY_TOTAL_BYTES_MAX: usize = 64 * MIB;

/// How many lines `/history` shows without a number: about a screen.
pub const HISTORY_LINES_SHOWN: usize = 20;

/// How many rooms that are empty are remembered where there is a history on disk. Beyond it, the one that has been empty for
/// longest is forgotten; its lines stay on disk.
pub const ROOMS_ASLEEP_MAX: usize = ROOMS_MAX;

/// How many lines of all rooms together a server reads at its start. It takes a second on a slow machine; the rooms in which
/// somebody has spoken last come first, and the others have their lines on disk.
pub const HISTORY_LOADED_LINES_MAX: usize = 50_000;

/// How many lines of its own file a machine brings into a new chat on several machines: they are a part of one entry of the log.
pub const HISTORY_BROUGHT_LINES_MAX: usize = 2_000;

/// How many bytes these lines may have.
pub const HISTORY_BROUGHT_BYTES_MAX: usize = 4 * MIB;

/// How many lines may wait for the disk. Beyond it, lines are not kept on disk.
pub const HISTORY_QUEUE_LINES_MAX: usize = 8_192;

/// How many lines the history writes in one transaction. In larger ones a line costs less, but fewer would find room in the
/// queue while one is written.
pub const HISTORY_BATCH_LINES: usize = 2_048;

/// How many lines make a busy batch: so many go to the backlog, and into the table and the index later.
pub const HISTORY_BUSY_LINES: usize = 512;

/// How long a line may wait for others of its transaction. A crash loses these lines.
pub const HISTORY_COMMIT_EVERY: Duration = Duration::from_millis(250);

/// How many lines may be in the backlog. Their index takes 13 to 18 seconds. If it is full before the chat is
/// calm, lines are lost.
pub const HISTORY_BACKLOG_LINES_MAX: usize = 1_000_000;

/// How much weaker the priority of the thread that writes the history is: against busy threads it gets a quarter of a
/// processor.
pub const HISTORY_NICE: i32 = 5;

/// The size of the write-ahead log of the history that stays after a long search has made it grow.
pub const HISTORY_JOURNAL_BYTES_MAX: i64 = 64 * MIB as i64;

/// The size at which SQLite empties the write-ahead log of the history into the file, in pages of 4 KiB: 32 MiB.
pub const HISTORY_CHECKPOINT_PAGES: i64 = 8 * 1024;

/// The memory for pages of the history, for each of its two threads: 8 MiB. SQLite takes a negative number for KiB.
pub const HISTORY_CACHE_KIB: i64 = -8 * 1024;

/// The stack of the threads of the history. SQLite needs more than threads with a single job.
pub const HISTORY_STACK_BYTES: usize = MIB;

/// How long a search may take. Those of other clients wait behind it.
pub const SEARCH_TIME_MAX: Duration = Duration::from_secs(2);

/// How many searches of all clients may be under way.
pub const LOOKUPS_MAX: usize = 256;

/// How many searches of one client may be under way.
pub const LOOKUPS_PER_CLIENT_MAX: usize = 4;

/// The length of the words that a search may look for. Each word costs a look into the index.
pub const SEARCH_BYTES_MAX: usize = NOTE_BYTES_MAX;

/// How many entries a list of people, rooms, bans or threads has.
pub const LIST_ENTRIES_MAX: usize = 500;

/// The length of a topic, a reason or an away message.
pub const NOTE_BYTES_MAX: usize = 400;

/// How many people one message may name.
pub const NAMED_MAX: usize = 100;

/// How many bytes the names in one message may have together, in every reading of each and as they are compared: far more than
/// [`NAMED_MAX`] names have, and looked up in less than a millisecond.
pub const NAMED_BYTES_MAX: usize = 16 * KIB;

/// How many earlier connections of an ignored person to remember, to hide past messages from them.
pub const IGNORED_BEFORE_MAX: usize = 16;

/// How many people one client may ignore.
pub const IGNORED_MAX: usize = 200;

/// How many people to remember who have been told that somebody is away. Beyond it, they are told once more.
pub const AWAY_NOTIFIED_MAX: usize = 100;

// ── Operators ──

/// How many wrong operator passwords one connection may give.
pub const OPERATOR_TRIES_PER_CONNECTION_MAX: u32 = 3;

/// How many wrong operator passwords one address may give within [`OPERATOR_TRIES_WINDOW`]. A class may share an address, and one
/// student must not lock the teacher out.
pub const OPERATOR_TRIES_PER_ADDRESS_MAX: u32 = 30;

/// The time over which wrong operator passwords are counted.
pub const OPERATOR_TRIES_WINDOW: Duration = Duration::from_secs(60 * 60);

/// How many addresses with wrong passwords to remember. More than this is a distributed guess, and new addresses have to
/// wait.
pub const OPERATOR_TRIES_ADDRESSES_MAX: usize = 10_000;

/// How many bans there may be.
pub const BANS_MAX: usize = 10_000;

/// How many names may be muted.
pub const MUTED_MAX: usize = 10_000;

/// How long before a planned shutdown everybody is reminded.
pub const SHUTDOWN_REMINDERS: [Duration; 3] =
    [Duration::from_secs(10 * 60), Duration::from_secs(60), Duration::from_secs(10)];

// ── Several machines ──

/// How much one entry of the log holds. What gathers meanwhile is the next entry.
pub const LOG_ENTRY_BYTES_MAX: usize = 64 * KIB;

/// How many entries one request for the log returns.
pub const LOG_READ_MAX: usize = 64;

/// How long a request for the log waits for the next entry. Shorter than [`STORE_WAIT_MAX`].
pub const LOG_READ_WAIT: Duration = Duration::from_secs(1);

/// How long the store of the log may take to answer.
pub const STORE_WAIT_MAX: Duration = Duration::from_secs(2);

/// The shortest pause before the next try to reach the store.
pub const STORE_BACKOFF_MIN: Duration = Duration::from_millis(100);

/// The longest pause before the next try to reach the store.
pub const STORE_BACKOFF_MAX: Duration = Duration::from_secs(2);

/// A node that has nothing to say appends an entry this often, to show that it is alive.
pub const BEAT_EVERY: Duration = Duration::from_secs(1);

/// The most by which one entry moves the time of the log. A store that did not answer makes nobody silent.
pub const LOG_TICK_MAX: Duration = Duration::from_secs(2);

/// After so long without an entry of a node, by the time of the log, its people leave the chat.
pub const NODE_SILENT_MAX: Duration = Duration::from_secs(10);

/// How long no entry may come before people are told: two seconds after the next beat was due.
pub const LINK_SILENT_MAX: Duration = Duration::from_secs(3);

/// The least time between two groups of clients that a server sends away before its restart: of 10,000 clients in 30 s, 34 go
/// together.
pub const DRAIN_STEP: Duration = Duration::from_millis(100);

/// How long a node that leaves waits for its last entry.
pub const LEAVE_WAIT_MAX: Duration = Duration::from_secs(2);

/// After so many entries of the log, a node stores the state of the chat, unless the last snapshot has more bytes than they. Few
/// in debug builds, so that every test of several machines has snapshots.
pub const SNAPSHOT_ENTRIES: u64 = if cfg!(debug_assertions) { 100 } else { 10_000 };

/// After so many bytes of entries, a node stores the state of the chat, unless the last snapshot has more.
pub const SNAPSHOT_LOG_BYTES: usize = if cfg!(debug_assertions) { 128 * KIB } else { 16 * MIB };

/// How many bytes an entry takes in the log besides its content: its author, its time, and those of the one before.
pub const LOG_ENTRY_OVERHEAD_BYTES: usize = 128;

/// How many bytes each person takes in the stored state, besides what they have said.
pub const SNAPSHOT_PERSON_BYTES: usize = 512;

/// How many of the last entries each node remembers, to write them again if the store has lost them.
pub const ENTRIES_RECALLED_MAX: usize = 256;

/// How many bytes these entries have together. The last one is remembered whatever its size.
pub const BYTES_RECALLED_MAX: usize = MIB;

/// How long after a loss of the store the node that knows most writes it again: all nodes have said by then what they know.
pub const RESEED_AFTER: Duration = Duration::from_millis(1_200);

/// How long after a loss somebody writes it again who knows less than another node did.
pub const RESEED_WITH_LOSS_AFTER: Duration = Duration::from_secs(5);

/// How long after a loss the store remembers how much a node knows that has asked: a node that is there asks again within that.
pub const RESEED_BEST_FOR: Duration = Duration::from_secs(3);

/// How long a node that starts waits for the others to do that, before it goes on with what the store has.
pub const RESEED_AT_START_AFTER: Duration = Duration::from_secs(10);

/// The pause between two looks at a store that has lost entries.
pub const RESEED_LOOK_EVERY: Duration = Duration::from_millis(200);

/// Within this time of the log, people are told once that lines were lost.
pub const REWOUND_TOLD_FOR: Duration = Duration::from_secs(5);
