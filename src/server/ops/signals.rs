//! Signals: Ctrl-C by `ctrlc`, whose thread lives as long as the process, and SIGTERM, SIGHUP and SIGUSR1 by a thread
//! that blocks until one of them comes.
//!
//! A handler of a signal may hardly do anything: whatever the interrupted code had locked is locked still. So both
//! crates only wake a thread, and the work is done there, where everything is allowed.
//!
//! A reload is done by the same thread as the rest, so that what it reads is what was there when it was asked for. It
//! waits for nothing but the disk, since only regular files are read. Should the disk never answer, SIGTERM is not heard
//! any more; Ctrl-C (SIGINT) still is, by its thread.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::{Handle, Signals};

use super::activity::Activity;
use crate::chat::ShutdownCause;
use crate::config::{ConfigError, Outcome, limits};
use crate::inherited::is_ignored;
use crate::server::Remote;

/// The thread that waits for signals. Dropping it ends and joins the thread.
pub struct SignalThread {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

/// Lets signals steer the server: Ctrl-C and SIGTERM end the chat, SIGUSR1 writes the table of threads to the log, and
/// SIGHUP ends the chat where it means that the terminal is gone, and otherwise has it go on by what `settings` finds.
///
/// # Errors
/// A handler cannot be installed, or there is no thread.
pub fn watch(
    remote: Remote,
    settings: impl Fn() -> Result<Outcome, ConfigError> + Send + 'static,
) -> io::Result<SignalThread> {
    let stopping = Arc::new(AtomicBool::new(false));
    {
        let (remote, stopping) = (remote.clone(), Arc::clone(&stopping));
        ctrlc::set_handler(move || stop(&remote, &stopping, SIGINT, "SIGINT"))
            .map_err(io::Error::other)?;
    }
    let mut wanted = vec![SIGTERM, SIGUSR1];
    // Whoever started us with `nohup` wants us to survive the terminal. That setting would be gone with a handler.
    if !is_ignored(SIGHUP) {
        wanted.push(SIGHUP);
    }
    // With a terminal, SIGHUP says that it was closed. A service has none, and there it asks for a reload.
    let has_terminal = fs::File::open("/dev/tty").is_ok();
    let mut signals = Signals::new(wanted)?;
    let handle = signals.handle();
    let row = remote.threads().row("signals", "signals".into());
    let body = move || {
        let _listed = remote.threads().list(&row);
        row.doing(Activity::WaitingForSignals);
        for signal in signals.forever() {
            match signal {
                SIGTERM => stop(&remote, &stopping, SIGTERM, "SIGTERM"),
                SIGHUP if has_terminal => stop(&remote, &stopping, SIGHUP, "SIGHUP"),
                SIGHUP => {
                    row.doing(Activity::ReadingSettings);
                    reload(&remote, &settings);
                    row.doing(Activity::WaitingForSignals);
                }
                _ => remote.threads().log(),
            }
        }
    };
    let thread = Builder::new()
        .name("signals".into())
        .stack_size(limits::SERVICE_STACK_BYTES)
        .spawn(body)?;
    Ok(SignalThread {
        handle,
        thread: Some(thread),
    })
}

/// Reads the settings again and has the server go on by them. Whatever is wrong with them, the chat goes on as it is.
fn reload(remote: &Remote, settings: impl Fn() -> Result<Outcome, ConfigError>) {
    let reloaded = settings().and_then(|outcome| match outcome {
        Outcome::Run(config) => remote.reload(config),
        // The same arguments have said before that the server is to run.
        Outcome::Check(_) | Outcome::Healthcheck(_) | Outcome::Print(_) => Ok(()),
    });
    if let Err(error) = reloaded {
        tracing::error!("SIGHUP: nothing was reloaded: {error}");
    }
}

/// The first time asks for an orderly end, the second time ends at once: whoever repeats it does not want to wait. But
/// where a terminal is closed, the shell and the kernel may each send a SIGHUP, and neither insists.
fn stop(remote: &Remote, stopping: &AtomicBool, number: i32, name: &'static str) {
    if stopping.swap(true, Ordering::SeqCst) {
        if number == SIGHUP {
            return;
        }
        // As a shell tells it of a program that the signal has killed.
        std::process::exit(128 + number);
    }
    remote.shut_down(ShutdownCause::Signal(name));
}

impl Drop for SignalThread {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
