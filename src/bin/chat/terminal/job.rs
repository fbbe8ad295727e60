//! Job control: stops the job, as Ctrl-Z does, until the shell continues it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{
    Pid, Signal, getpgid, getpgrp, getpid, getppid, getsid, kill_current_process_group,
    kill_process,
};
use signal_hook::consts::SIGCONT;
use signal_hook::{flag, low_level};

use super::tty;

/// How often to check whether the job has been continued. A signal handler cannot wake this thread without the help of
/// another thread.
const STOP_PAUSE: Duration = Duration::from_millis(5);
/// How often to check whether the job is in the foreground again. The system has no notification for this.
const FOREGROUND_PAUSE: Duration = Duration::from_millis(100);

/// The number of stop signals that this process has sent to itself and not handled yet.
static OWN_STOPS: AtomicU32 = AtomicU32::new(0);

/// Returns whether a stop signal was sent by [`stop`]. To be called once for each signal.
pub fn is_own_stop() -> bool {
    let less = |count: u32| count.checked_sub(1);
    OWN_STOPS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
}

/// Stops all processes of the job, as if the terminal had sent the signal. Returns when the job is in the foreground
/// again. Does nothing if there is no shell that could continue the job.
pub fn stop() {
    if !has_shell() {
        return;
    }
    // The signal may not stop all threads of this process at once. A thread that still runs could change the terminal's
    // modes after the shell has set its own, so this thread waits for the SIGCONT by which the shell continues the job.
    let continued = Arc::new(AtomicBool::new(false));
    let watch = flag::register(SIGCONT, Arc::clone(&continued));
    // The other processes of the job get the usual signal. This process has a handler for it, so it uses SIGSTOP, which
    // cannot be handled.
    OWN_STOPS.fetch_add(1, Ordering::SeqCst);
    let _ = kill_current_process_group(Signal::TSTP);
    let stopped = kill_process(getpid(), Signal::STOP);
    while stopped.is_ok() && watch.is_ok() && !continued.load(Ordering::Relaxed) {
        thread::sleep(STOP_PAUSE);
    }
    if let Ok(watch) = watch {
        low_level::unregister(watch);
    }
    // `bg` continues the job too. Then the chat continues in the background, and lines wait to be shown.
    while !tty::is_foreground() {
        thread::sleep(FOREGROUND_PAUSE);
    }
}

/// Returns whether the job has a shell that can continue it: whether another job of the same session has started it.
/// POSIX calls a job without one an orphaned process group, which the kernel does not stop on SIGTSTP.
fn has_shell() -> bool {
    let mut ancestor = getppid();
    while let Some(pid) = ancestor {
        if getsid(Some(pid)) != getsid(None) {
            return false;
        }
        if getpgid(Some(pid)) != Ok(getpgrp()) {
            return true;
        }
        ancestor = parent(pid);
    }
    false
}

/// Returns the parent of a process, from proc(5).
fn parent(pid: Pid) -> Option<Pid> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // The program's name is in parentheses and may contain any character.
    let (_, fields) = stat.rsplit_once(')')?;
    Pid::from_raw(fields.split_whitespace().nth(1)?.parse().ok()?)
}
