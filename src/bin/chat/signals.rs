//! The signal thread, which waits for signals and forwards them to the main thread.

use std::io;
use std::process;
use std::sync::Arc;
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};

use chatserv::config::limits::SERVICE_STACK_BYTES;
use chatserv::signal_mask::is_ignored;
use crossbeam_channel::Sender;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::{Handle, Signals};

use crate::client::Event;
use crate::terminal::{Board, is_own_stop, quit};

const ENDING: [i32; 3] = [SIGHUP, SIGINT, SIGTERM];

/// How long an orderly end may take.
const LEAVING_TIME: Duration = Duration::from_secs(5);

/// How often to check meanwhile whether the client has ended. Waiting for a signal has no timeout.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// The thread that waits for signals. Dropping this ends and joins the thread.
pub struct SignalThread {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

/// Turns SIGINT, SIGTERM and SIGHUP into [`Event::Interrupted`]. If the client uses a terminal, the thread also
/// restores the terminal before SIGTSTP stops the process or SIGQUIT ends it, and reconfigures the terminal after
/// SIGCONT.
///
/// A second signal asks to end at once. At a terminal it is one more event, because the main thread never waits for
/// long there and has to restore the terminal. With a pipe, the main thread may be blocked by a reader that does not
/// read, so this thread ends the process: at a second signal, or if the main thread has not ended after
/// [`LEAVING_TIME`].
///
/// # Errors
///
/// A handler cannot be installed, or the thread cannot be started.
pub fn watch(inbox: Sender<Event>, terminal: Option<Arc<Board>>) -> io::Result<SignalThread> {
    // `nohup` ignores SIGHUP, and a shell ignores SIGINT for background jobs. Signals that are ignored stay ignored.
    let mut wanted = ENDING.to_vec();
    if terminal.is_some() {
        wanted.extend([SIGTSTP, SIGCONT, SIGWINCH, SIGQUIT]);
    }
    let mut signals = Signals::new(wanted.into_iter().filter(|&signal| !is_ignored(signal)))?;
    let handle = signals.handle();
    let closed = signals.handle();
    let body = move || {
        let mut insisted = false;
        for signal in signals.forever() {
            if let Some(board) = &terminal {
                match signal {
                    SIGTSTP if is_own_stop() => continue,
                    SIGTSTP => board.suspend(),
                    SIGCONT | SIGWINCH => board.repaint(),
                    // The terminal is restored here, since the screen thread may be stuck.
                    SIGQUIT => quit(),
                    _ => {}
                }
                if !ENDING.contains(&signal) {
                    continue;
                }
            }
            // When a terminal is closed, the shell and the kernel may each send a SIGHUP.
            if insisted && signal == SIGHUP {
                continue;
            }
            // If the inbox is full, the main thread is busy and has received the first signal, or will. This thread
            // blocks on nothing but signals, so that it notices the next one.
            let _ = inbox.try_send(Event::Interrupted);
            insisted = true;
            if terminal.is_none() {
                return end_unless_left(&mut signals, &closed, signal);
            }
        }
    };
    let thread =
        Builder::new().name("signals".into()).stack_size(SERVICE_STACK_BYTES).spawn(body)?;
    Ok(SignalThread { handle, thread: Some(thread) })
}

/// Ends the process, unless the main thread ends in time.
fn end_unless_left(signals: &mut Signals, closed: &Handle, first: i32) {
    let start = Instant::now();
    let mut second = None;
    while second.is_none() && start.elapsed() < LEAVING_TIME {
        if closed.is_closed() {
            return;
        }
        thread::sleep(LOOK_INTERVAL);
        // The second SIGHUP of a terminal that is closed is not a request to end at once.
        second = signals.pending().find(|&signal| signal != SIGHUP);
    }
    // The status by which a shell reports a program that the signal has killed.
    process::exit(128 + second.unwrap_or(first));
}

impl Drop for SignalThread {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
