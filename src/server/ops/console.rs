//! What the program prints for whoever started it.

use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long a stream may take no byte before nothing is written to it.
const STUCK_AFTER: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};

/// Writes a short text, but not where nobody reads and the pipe is full: a write would wait there for ever. A pipe that
/// takes anything takes 4 KiB. An error means that nobody can be told.
pub fn write_unless_stuck(mut stream: impl Write + AsFd, text: &str) {
    let ready = |stream: BorrowedFd<'_>| {
        let mut wanted = [PollFd::from_borrowed_fd(stream, PollFlags::OUT)];
        poll(&mut wanted, Some(&STUCK_AFTER))
    };
    if ready(stream.as_fd()).is_ok_and(|ready| ready > 0) {
        let _ = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush());
    }
}
