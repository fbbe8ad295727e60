//! The places where the server asks the system: for the time, and to let a thread wait. In a simulation, this module answers.
//!
//! Everything here is of one thread, so several simulations and real servers may run beside each other in one process.

use std::cell::{Cell, RefCell};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use crate::chat::{ClientId, Event, Now, Time};

/// The wall clock at the start of a simulation: 2027-01-15T08:00:00Z.
pub const WALL_START_SECONDS: i64 = 1_800_000_000;

/// The reason why a simulated thread waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// It has not run yet.
    Start,
    /// Bytes from the client, or this moment.
    Read { until: Option<Time> },
    /// Room in its socket.
    Write,
    /// An `unpark`, or this moment.
    Park { until: Option<Time> },
    /// Work from the dispatcher.
    Block,
}

/// An act of the dispatcher in one wake-up.
#[derive(Debug)]
pub enum Act {
    /// The Hub takes an event.
    Takes(Now, Event),
    /// This node takes an event, which waits for its entry in the log.
    #[cfg(feature = "cluster")]
    Submits(Now, Event),
    /// The dispatcher opens the entry at this position of the log. The events that the Hub takes next are of it.
    #[cfg(feature = "cluster")]
    Opens(u64),
    /// Instead of the next entries, the dispatcher has got the state after the one at this position.
    #[cfg(feature = "cluster")]
    Loads(u64),
    /// The state has a client of this node that has no connection any more, and its end is submitted.
    #[cfg(feature = "cluster")]
    Misses(ClientId),
    /// A client that has lost its place has chosen no name in time, and that is submitted.
    #[cfg(feature = "cluster")]
    EndsNameless(Now, ClientId),
    /// A socket of this client has accepted that many bytes in all, and perhaps not everything.
    Sends { client: ClientId, accepted: u64, refused: bool },
    /// A reader gets its turn.
    GivesTurn(ClientId),
}

thread_local! {
    static ELAPSED: Cell<Option<Time>> = const { Cell::new(None) };
    static WAIT: Cell<Wait> = const { Cell::new(Wait::Start) };
    static ACTS: RefCell<Vec<Act>> = const { RefCell::new(Vec::new()) };
}

/// The simulated monotonic time since the start of the simulation that runs in this thread, if one does.
pub fn simulated_time() -> Option<Time> {
    ELAPSED.get()
}

/// The wall clock at that time.
pub fn simulated_wall(elapsed: Time) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_secs(WALL_START_SECONDS as u64) + elapsed
}

/// Sets the time, or ends the simulation in this thread.
pub fn set_elapsed(elapsed: Option<Time>) {
    ELAPSED.set(elapsed);
}

/// Records what the dispatcher does.
pub fn witness(act: Act) {
    if simulated_time().is_some() {
        ACTS.with_borrow_mut(|acts| acts.push(act));
    }
}

/// The dispatcher's acts since the last call.
pub fn take_acts() -> Vec<Act> {
    ACTS.take()
}

/// Whether the dispatcher runs, and no simulated thread.
pub fn is_dispatcher() -> bool {
    !generator::is_generator()
}

/// As [`std::thread::park`].
pub fn park() {
    match simulated_time() {
        Some(_) => block(Wait::Park { until: None }),
        None => thread::park(),
    }
}

/// As [`std::thread::park_timeout`].
pub fn park_timeout(time: Duration) {
    match simulated_time() {
        Some(now) => block(Wait::Park { until: Some(now + time) }),
        None => thread::park_timeout(time),
    }
}

/// Lets the simulated thread that calls this wait. It may be resumed early, as a real thread may wake for no reason.
///
/// Panics outside a simulated thread: the dispatcher, which the scheduler itself runs, may not block.
pub fn block(wait: Wait) {
    assert!(!is_dispatcher(), "the dispatcher blocks: {wait:?}");
    WAIT.set(wait);
    #[expect(
        deprecated,
        reason = "`Scope`, which replaces it, cannot be reached from within a socket"
    )]
    generator::yield_with(());
}

/// The wait of the thread that ran last.
pub fn last_wait() -> Wait {
    WAIT.get()
}
