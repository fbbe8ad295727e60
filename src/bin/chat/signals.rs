//! Signals: a thread that blocks until one comes, and tells the main thread.

use std::io;
use std::process;
use std::sync::Arc;
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};

use chatserv::config::limits::SERVICE_STACK_BYTES;
use chatserv::inherited::is_ignored;
use crossbeam_channel::Sender;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::{Handle, Signals};

use crate::client::Event;
use crate::terminal::{Board, is_own_stop, quit};

/// The signals that end the client.
const ENDING: [i32; 3] = [SIGHUP, SIGINT, SIGTERM];

/// How long leaving in good order may take.
const LEAVING_TIME: Duration = Duration::from_secs(5);

/// How often to look meanwhile whether it has been done. There is no way to wait for a signal for a limited time.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// The thread that waits for signals. Dropping it ends and joins the thread.
pub struct SignalThread {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

/// Turns SIGINT, SIGTERM and SIGHUP into [`Event::Interrupted`]. At a terminal, the terminal is also given
/// back before SIGTSTP stops the process or SIGQUIT ends it, and taken again after SIGCONT.
///
/// Whoever sends a second signal does not want to wait. At a terminal it is one more event: the main thread never waits
/// for long there, and it has to bring the terminal back to what it was. Through a pipe the main thread may be waiting
/// for somebody who does not read, so there the process ends from here: at a second signal, or when the main thread has
/// not left in [`LEAVING_TIME`].
///
/// # Errors
///
/// A handler cannot be installed, or there is no thread.
pub fn watch(inbox: Sender<Event>, terminal: Option<Arc<Board>>) -> io::Result<SignalThread> {
    // `nohup` has SIGHUP ignored, and a shell SIGINT for what runs in the background. That is meant to stay so.
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
                    // From here, since the screen thread may be stuck.
                    SIGQUIT => quit(),
                    _ => {}
                }
                if !ENDING.contains(&signal) {
                    continue;
                }
            }
            // Where a terminal is closed, the shell and the kernel may each send a SIGHUP, and neither insists.
            if insisted && signal == SIGHUP {
                continue;
            }
            // A full inbox means that the main thread is busy and has heard the first one, or will. This thread waits
            // for nothing but signals, so that the next one is heard.
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

/// Ends the process, unless the main thread has left in time.
fn end_unless_left(signals: &mut Signals, closed: &Handle, first: i32) {
    let start = Instant::now();
    let mut second = None;
    while second.is_none() && start.elapsed() < LEAVING_TIME {
        if closed.is_closed() {
            return;
        }
        thread::sleep(LOOK_INTERVAL);
        // Where a terminal is closed, the shell and the kernel may each send a SIGHUP, and neither insists.
        second = signals.pending().find(|&signal| signal != SIGHUP);
    }
    // As a shell tells it of a program that the signal has killed.
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
