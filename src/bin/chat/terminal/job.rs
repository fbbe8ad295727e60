//! Stopping the job, as Ctrl-Z does, until the shell continues it.

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

/// How often to look whether the job goes on. A handler of a signal cannot wake this thread without another one.
const STOP_PAUSE: Duration = Duration::from_millis(5);
/// How often to look whether the shell has given the terminal back. Nothing tells.
const FOREGROUND_PAUSE: Duration = Duration::from_millis(100);

/// How many signals to stop this process has sent to itself, and not noticed yet.
static OWN_STOPS: AtomicU32 = AtomicU32::new(0);

/// Whether a signal to stop is one that [`stop`] has sent. Asked once for each.
pub fn is_own_stop() -> bool {
    let less = |count: u32| count.checked_sub(1);
    OWN_STOPS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
}

/// Stops all processes of the job, as if the terminal had sent the signal, and returns when the job has the terminal
/// again. Without a shell that could continue it, the job is not stopped.
pub fn stop() {
    if !has_shell() {
        return;
    }
    // The signal stops some thread of this process first. Whoever goes on before could set the terminal's modes under the
    // shell's hands; so this waits for the signal by which the shell continues the job.
    let continued = Arc::new(AtomicBool::new(false));
    let watch = flag::register(SIGCONT, Arc::clone(&continued));
    // The others of the job stop by the usual signal. This process has a handler for it, so it takes the one that nobody
    // can handle.
    OWN_STOPS.fetch_add(1, Ordering::SeqCst);
    let _ = kill_current_process_group(Signal::TSTP);
    let stopped = kill_process(getpid(), Signal::STOP);
    while stopped.is_ok() && watch.is_ok() && !continued.load(Ordering::Relaxed) {
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

/// Whether a process of the same session, but of another job, started this job: a shell that can continue it. POSIX calls
/// a job without one an orphaned process group, and the kernel does not stop it by SIGTSTP.
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

/// The parent of a process, by proc(5).
fn parent(pid: Pid) -> Option<Pid> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // The name of the program is in parentheses and can contain any character.
    let (_, fields) = stat.rsplit_once(')')?;
    Pid::from_raw(fields.split_whitespace().nth(1)?.parse().ok()?)
}
