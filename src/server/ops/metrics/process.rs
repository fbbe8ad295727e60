//! What the system knows of this process, under the names that all programs use for it. A name that this system does not
//! know is left out.

use std::fs;
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::text::Text;
use crate::server::ops::memory::kibibytes;

/// Appends the families. `started` is the time of the start.
pub fn append(text: &mut Text, started: Timestamp) {
    let used = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default();
    text.counter(
        "process_cpu_seconds_total",
        "Processor time of all threads, of the kernel's part too.",
        used.as_secs_f64(),
    );
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(resident) = kibibytes(&status, "VmRSS:") {
        let help = "Memory that is resident.";
        text.gauge("process_resident_memory_bytes", help, resident * 1024);
    }
    if let Some(size) = kibibytes(&status, "VmSize:") {
        let help = "Address space, whether there is memory behind it or not.";
        text.gauge("process_virtual_memory_bytes", help, size * 1024);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // Without the one that reads the folder.
        let help = "Open file descriptors.";
        text.gauge("process_open_fds", help, open.count().saturating_sub(1));
    }
    if let Some(max) = getrlimit(Resource::Nofile).current {
        text.gauge("process_max_fds", "The limit on open file descriptors.", max);
    }
    let threads = status.lines().find_map(|line| line.strip_prefix("Threads:"));
    if let Some(threads) = threads.and_then(|count| count.trim().parse::<u64>().ok()) {
        text.gauge("process_threads", "Threads of the process.", threads);
    }
    let started = started.as_duration().as_secs_f64();
    text.gauge("process_start_time_seconds", "When the server started, in Unix time.", started);
}
