//! What a process costs, read from /proc (proc(5)).

use std::fs;
use std::io;
use std::time::Duration;

/// The kernel counts processor time in ticks of this length for whoever reads it (`sysconf(_SC_CLK_TCK)` is 100 on
/// every Linux).
const TICK: Duration = Duration::from_millis(10);

/// What one process has used, or holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// User and system time since its start, also of threads that have ended. The kernel rounds each of the two down, so
    /// that a difference is exact to two ticks.
    pub cpu: Duration,
    /// Resident memory, in bytes.
    pub resident_bytes: u64,
    /// Threads that live.
    pub threads: u64,
}

impl Cost {
    /// Of this process now.
    ///
    /// # Errors
    /// It has ended.
    pub fn of(pid: u32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let ticks = ticks(&stat).ok_or(io::ErrorKind::InvalidData)?;
        let field = |name| field(&status, name).ok_or(io::ErrorKind::InvalidData);
        Ok(Self {
            cpu: TICK * ticks,
            resident_bytes: field("VmRSS:")? * 1024,
            threads: field("Threads:")?,
        })
    }
}

/// How many descriptors a process has open.
///
/// # Errors
/// It has ended.
pub fn descriptors(pid: u32) -> io::Result<usize> {
    Ok(fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

/// How often its threads had nothing to do and left their core, all together. Those of a thread are lost when it ends.
///
/// # Errors
/// It has ended.
pub fn switches(pid: u32) -> io::Result<u64> {
    let mut sum = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may have ended since the folder was read.
        if let Ok(status) = fs::read_to_string(thread?.path().join("status")) {
            sum += field(&status, "voluntary_ctxt_switches:").unwrap_or(0);
        }
    }
    Ok(sum)
}

/// What the kernel itself holds for threads, page tables and sockets, in bytes: for the whole machine, since it does not
/// say for whom.
///
/// # Errors
/// There is no /proc.
pub fn kernel_bytes() -> io::Result<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo")?;
    let kib = ["KernelStack:", "PageTables:", "SUnreclaim:"]
        .iter()
        .filter_map(|name| field(&meminfo, name))
        .sum::<u64>();
    Ok(kib * 1024)
}

/// User and system ticks. The second field, the name, may hold blanks and brackets: what counts begins behind its last
/// bracket, with the third field.
fn ticks(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(14 - 3);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// The number behind `name`.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 1 0 0 0 12 30 0 0 20 0 1 0 5 1 1";
        assert_eq!(ticks(stat), Some(42));
        assert_eq!(ticks("7"), None);
    }

    #[test]
    fn a_process_that_works_costs_time_and_memory() {
        let pid = std::process::id();
        let before = Cost::of(pid).unwrap();
        let mut sum = 0_u64;
        let cost = loop {
            sum = (0..1_000_000).fold(sum, |sum, number| std::hint::black_box(sum ^ number));
            let cost = Cost::of(pid).unwrap();
            if cost.cpu > before.cpu {
                break cost;
            }
        };
        assert!(cost.resident_bytes > 0 && cost.threads > 0);
        assert!(descriptors(pid).unwrap() >= 3);
        assert!(kernel_bytes().unwrap() > 0);
        assert!(Cost::of(u32::MAX).is_err());
    }

    #[test]
    fn a_thread_that_waits_switches() {
        let before = switches(std::process::id()).unwrap();
        let (ask, asked) = std::sync::mpsc::channel::<()>();
        let (answer, answered) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || asked.iter().try_for_each(|()| answer.send(())));
        // Each answer takes a switch of the one or of the other: they cannot both go on without waiting.
        for _ in 0..100 {
            ask.send(()).unwrap();
            answered.recv().unwrap();
        }
        assert!(switches(std::process::id()).unwrap() > before);
        drop(ask);
        thread.join().unwrap().unwrap();
        assert!(switches(u32::MAX).is_err());
    }
}
