//! The costs of a process, read from /proc (proc(5)).

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// /proc shows processor time in ticks of this length (`sysconf(_SC_CLK_TCK)` is 100 on every Linux).
const TICK: Duration = Duration::from_millis(10);

/// Resources that a process has used or holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// User and system time since its start, including threads that have ended. The kernel rounds both down: a difference
    /// is exact to two ticks.
    pub cpu: Duration,
    /// The system time alone.
    pub system: Duration,
    /// Resident memory, in bytes.
    pub resident_bytes: u64,
    /// Reserved addresses, with or without memory behind them, in bytes.
    pub virtual_bytes: u64,
    /// Page tables, in bytes.
    pub page_table_bytes: u64,
    /// Live threads.
    pub threads: u64,
}

impl Cost {
    /// The costs of a process so far.
    ///
    /// # Errors
    /// It has ended.
    pub fn of(pid: u32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let (user, system) = ticks(&stat).ok_or(io::ErrorKind::InvalidData)?;
        let field = |name| field(&status, name).ok_or(io::ErrorKind::InvalidData);
        Ok(Self {
            cpu: TICK * (user + system),
            system: TICK * system,
            resident_bytes: field("VmRSS:")? * 1024,
            virtual_bytes: field("VmSize:")? * 1024,
            page_table_bytes: field("VmPTE:")? * 1024,
            threads: field("Threads:")?,
        })
    }
}

/// The processor time of the live threads of a process in nanoseconds, for measurements in which [`Cost::cpu`] counts only
/// a few ticks. The last tick of a running thread is missing.
///
/// # Errors
/// It has ended, or the kernel lacks these statistics (`CONFIG_SCHED_INFO`).
pub fn exact_cpu(pid: u32) -> io::Result<Duration> {
    let mut sum = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may have ended since the folder was read.
        sum += Thread(thread?.path()).cpu().unwrap_or_default();
    }
    if sum.is_zero() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    Ok(sum)
}

/// A thread of a process.
#[derive(Debug)]
pub struct Thread(PathBuf);

impl Thread {
    /// The first thread with this name, if there is one.
    ///
    /// # Errors
    /// The process has ended.
    pub fn named(pid: u32, name: &str) -> io::Result<Option<Self>> {
        for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
            let path = thread?.path();
            if fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim_end() == name) {
                return Ok(Some(Self(path)));
            }
        }
        Ok(None)
    }

    /// Its processor time. The last tick of a running thread is missing.
    ///
    /// # Errors
    /// It has ended, or the kernel lacks these statistics (`CONFIG_SCHED_INFO`).
    pub fn cpu(&self) -> io::Result<Duration> {
        let schedstat = fs::read_to_string(self.0.join("schedstat"))?;
        let nanoseconds = schedstat.split_whitespace().next();
        let nanoseconds = nanoseconds.and_then(|number| number.parse().ok());
        nanoseconds.map(Duration::from_nanos).ok_or(io::ErrorKind::InvalidData.into())
    }
}

/// The memory mappings of a process: files, heaps, and the stack and the guard of each thread. Linux allows 65,530 by
/// default, and some distributions 1,048,576 (`vm.max_map_count`).
///
/// # Errors
/// It has ended.
pub fn mappings(pid: u32) -> io::Result<usize> {
    Ok(fs::read_to_string(format!("/proc/{pid}/maps"))?.lines().count())
}

/// The kernel stacks of all threads of the machine, in bytes.
///
/// # Errors
/// There is no /proc.
pub fn kernel_stack_bytes() -> io::Result<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo")?;
    let kib = field(&meminfo, "KernelStack:").ok_or(io::ErrorKind::InvalidData)?;
    Ok(kib * 1024)
}

/// The open descriptors of a process.
///
/// # Errors
/// It has ended.
pub fn descriptors(pid: u32) -> io::Result<usize> {
    Ok(fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

/// The voluntary context switches of the live threads of a process.
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

/// The memory of the kernel for threads, page tables and sockets of the whole machine, in bytes.
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

/// User and system ticks. The second field, the name, may contain spaces and parentheses: the third field follows the last
/// parenthesis.
fn ticks(stat: &str) -> Option<(u32, u32)> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(14 - 3);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some((user, system))
}

/// The number after `name`.
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
        assert_eq!(ticks(stat), Some((12, 30)));
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
        assert!(cost.cpu >= cost.system && cost.threads > 0);
        assert!(cost.virtual_bytes > cost.resident_bytes && cost.resident_bytes > 0);
        assert!(cost.page_table_bytes > 0 && kernel_stack_bytes().unwrap() > 0);
        assert!(exact_cpu(pid).unwrap() > Duration::ZERO && exact_cpu(u32::MAX).is_err());
        assert!(mappings(pid).unwrap() > 1);
        assert!(descriptors(pid).unwrap() >= 3);
        assert!(kernel_bytes().unwrap() > 0);
        assert!(Cost::of(u32::MAX).is_err());
    }

    #[test]
    fn a_thread_is_found_by_its_name() {
        let pid = std::process::id();
        let (sender, receiver) = std::sync::mpsc::channel();
        let (done, is_done) = std::sync::mpsc::channel::<()>();
        let work = move || {
            let mut sum = 0_u64;
            let used = || rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
            while used().tv_nsec < 20_000_000 {
                sum = (0..1_000_000).fold(sum, |sum, number| std::hint::black_box(sum ^ number));
            }
            sender.send(()).unwrap();
            is_done.recv().unwrap_or_default();
        };
        let thread = std::thread::Builder::new().name("by its name".into()).spawn(work).unwrap();
        receiver.recv().unwrap();
        let named = Thread::named(pid, "by its name").unwrap().unwrap();
        // The last tick of a running thread is missing.
        assert!(named.cpu().unwrap() >= Duration::from_millis(10));
        assert!(Thread::named(pid, "no such name").unwrap().is_none());
        drop(done);
        thread.join().unwrap();
        assert!(Thread::named(u32::MAX, "by its name").is_err());
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
