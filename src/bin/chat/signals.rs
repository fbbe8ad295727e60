//! Signals: a thread that blocks until one comes, and tells the main thread.

use std::io;
use std::process;
use std::thread::{Builder, JoinHandle};

use chatserv::config::limits::SERVICE_STACK_BYTES;
use chatserv::server::signals::is_ignored;
use crossbeam_channel::Sender;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use crate::client::Event;

/// The thread that waits for signals. Dropping it ends and joins the thread.
pub struct SignalThread {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

/// Turns SIGINT, SIGTERM and SIGHUP into [`Event::Interrupted`].
///
/// Whoever sends a second signal does not want to wait. At a terminal it is one more event: the main thread never waits
/// for long there, and it has to bring the terminal back to what it was. Through a pipe the main thread may be waiting
/// for somebody who does not read, so there the process ends from here.
///
/// # Errors
///
/// A handler cannot be installed, or there is no thread.
pub fn watch(inbox: Sender<Event>, terminal: bool) -> io::Result<SignalThread> {
    // `nohup` has SIGHUP ignored, and a shell SIGINT for what runs in the background. That is meant to stay so.
    let wanted = [SIGHUP, SIGINT, SIGTERM];
    let mut signals = Signals::new(wanted.into_iter().filter(|&signal| !is_ignored(signal)))?;
    let handle = signals.handle();
    let body = move || {
        let mut insisted = false;
        for signal in signals.forever() {
            // Where a terminal is closed, the shell and the kernel may each send a SIGHUP, and neither insists.
            if insisted && signal == SIGHUP {
                continue;
            }
            if insisted && !terminal {
                // As a shell tells it of a program that the signal has killed.
                process::exit(128 + signal);
            }
            // A full inbox means that the main thread is busy and has heard the first one, or will. This thread waits
            // for nothing but signals, so that the next one is heard.
            let _ = inbox.try_send(Event::Interrupted);
            insisted = true;
        }
    };
    let thread = Builder::new()
        .name("signals".into())
        .stack_size(SERVICE_STACK_BYTES)
        .spawn(body)?;
    Ok(SignalThread {
        handle,
        thread: Some(thread),
    })
}

impl Drop for SignalThread {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
