//! Signals. `ctrlc` has a thread for Ctrl-C that lives as long as the process; a thread of the server's own blocks until
//! SIGTERM, SIGHUP, SIGUSR1 or SIGUSR2 comes.
//!
//! A signal handler may do almost nothing, since the code that it interrupts may hold any lock. So both crates only wake a
//! thread, and that thread does the work.
//!
//! The same thread reads the files for a reload, and waits for the disk. If the disk never answers, SIGTERM has no effect
//! any more; Ctrl-C (SIGINT) still has.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};
use signal_hook::iterator::{Handle, Signals};

use super::log::PanicEndsProcess;
use super::threads::Activity;
use crate::chat::ShutdownCause;
use crate::config::{ConfigError, Outcome, limits};
use crate::server::inbox::Remote;
use crate::signal_mask::is_ignored;

/// The thread that waits for signals. Its drop ends and joins it.
pub struct SignalThread {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

/// Lets signals control the server: Ctrl-C and SIGTERM end the chat, SIGUSR2 sends the clients
/// away one after the other before, SIGUSR1 logs the table of threads, and SIGHUP ends the chat if the server has a terminal, which is then gone, and otherwise reloads the settings by calling `settings`.
///
/// # Errors
/// A handler cannot be installed, or a thread cannot be started.
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
    let mut wanted = vec![SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ];
    // `nohup` has us ignore SIGHUP to survive the terminal, and a handler would undo that.
    if !is_ignored(SIGHUP) {
        wanted.push(SIGHUP);
    }
    // With a terminal, SIGHUP means that it was closed. Without one, as in a service, it asks for a reload.
    let has_terminal = fs::File::open("/dev/tty").is_ok();
    let mut signals = Signals::new(wanted)?;
    let handle = signals.handle();
    let row = remote.threads().row("signals", "signals".into());
    let body = move || {
        // Without this thread nobody could end the server but by SIGKILL.
        let _guard = PanicEndsProcess;
        let _listed = remote.threads().list(&row);
        row.doing(Activity::WaitingForSignals);
        for signal in signals.forever() {
            match signal {
                SIGTERM => stop(&remote, &stopping, SIGTERM, "SIGTERM"),
                SIGUSR2 if is_first(&stopping, SIGUSR2) => remote.drain(),
                SIGUSR2 => {}
                SIGHUP if has_terminal => stop(&remote, &stopping, SIGHUP, "SIGHUP"),
                SIGHUP => {
                    row.doing(Activity::ReadingSettings);
                    reload(&remote, &settings);
                    row.doing(Activity::WaitingForSignals);
                }
                // Under `ulimit -f` a write fails, and the one who writes reports it. Unhandled, this would end the chat.
                SIGXFSZ => {}
                _ => remote.threads().log(),
            }
        }
    };
    let thread = Builder::new()
        .name("signals".into())
        .stack_size(limits::SERVICE_STACK_BYTES)
        .spawn(body)?;
    Ok(SignalThread { handle, thread: Some(thread) })
}

/// Reads the settings again and has the server apply them. If anything is wrong with them, nothing changes.
fn reload(remote: &Remote, settings: impl Fn() -> Result<Outcome, ConfigError>) {
    let reloaded = settings().and_then(|outcome| match outcome {
        Outcome::Run(config) => remote.reload(config),
        // The same arguments have started the server.
        Outcome::Check(_)
        | Outcome::Healthcheck(..)
        | Outcome::Print(_)
        | Outcome::Export(_)
        | Outcome::Forget(_) => Ok(()),
    });
    if let Err(error) = reloaded {
        tracing::error!("SIGHUP: nothing was reloaded: {error}");
    }
}

/// Asks for an orderly end the first time, and ends at once the second time.
fn stop(remote: &Remote, stopping: &AtomicBool, number: i32, name: &'static str) {
    if is_first(stopping, number) {
        remote.shut_down(ShutdownCause::Signal(name.into()));
    }
}

/// Whether this is the first signal that asks for the end. The second one ends the process here, except for a SIGHUP: when a
/// terminal is closed, the shell and the kernel may each send one.
fn is_first(stopping: &AtomicBool, number: i32) -> bool {
    let is_first = !stopping.swap(true, Ordering::SeqCst);
    if !is_first && number != SIGHUP {
        // The status that a shell reports for a program killed by this signal.
        std::process::exit(128 + number);
    }
    is_first
}

impl Drop for SignalThread {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
