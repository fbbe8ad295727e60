//! Output for the terminal that started the server.

use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;

/// How long a stream may accept nothing before a text is given up.
const STUCK_AFTER: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// Writes a short text, unless the stream is a full pipe that nobody reads: a write would block for ever. (A pipe that is
/// ready at all takes 4 KiB.) Ignores errors, as there is nobody to report them to.
pub fn write_unless_stuck(mut stream: impl Write + AsFd, text: &str) {
    let ready = |stream: BorrowedFd<'_>| {
        let mut wanted = [PollFd::from_borrowed_fd(stream, PollFlags::OUT)];
        // A signal, such as that the terminal's window changes, says nothing about the stream.
        retry_on_intr(|| poll(&mut wanted, Some(&STUCK_AFTER)))
    };
    if ready(stream.as_fd()).is_ok_and(|ready| ready > 0) {
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    }
}
