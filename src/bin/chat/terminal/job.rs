//! Ctrl-Z: the job stops, and goes on when the shell says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_current_process_group};
use signal_hook::consts::SIGCONT;
use signal_hook::{flag, low_level};

use super::tty;

/// A job that has not stopped by then cannot: no shell waits for it, and the kernel stops only what can be continued.
const STOP_TIME: Duration = Duration::from_millis(500);
/// How often to look whether it goes on. A handler of a signal cannot wake this thread without another one.
const STOP_PAUSE: Duration = Duration::from_millis(5);
/// How often to look whether the shell has given the terminal back. Nothing tells.
const FOREGROUND_PAUSE: Duration = Duration::from_millis(100);

/// Stops all processes of the job, as if the terminal had sent the signal, and returns when the job has the terminal
/// again.
pub fn stop() {
    // The signal reaches some thread of this process at some time. Who goes on before might set the terminal's modes
    // under the shell's hands; so what is awaited is the signal by which the shell continues the job.
    let continued = Arc::new(AtomicBool::new(false));
    let watch = flag::register(SIGCONT, Arc::clone(&continued));
    let _ = kill_current_process_group(Signal::TSTP);
    let begin = Instant::now();
    while !continued.load(Ordering::Relaxed) && begin.elapsed() < STOP_TIME {
        thread::sleep(STOP_PAUSE);
    }
    if let Ok(watch) = watch {
        low_level::unregister(watch);
    }
    // `bg` continues it too. Then the chat goes on, and the lines wait.
    while !tty::is_foreground() {
        thread::sleep(FOREGROUND_PAUSE);
    }
}
