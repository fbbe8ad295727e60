//! Memory that the system limits. Rust ends the process when an allocation fails, and the kernel ends a process whose control
//! group is full, so the server refuses newcomers while a reserve is left.

use std::fs;
use std::io;

use rustix::process::{Resource, getrlimit};

use super::cgroup::{self, Controller, GroupLimit};
use crate::config::limits;

/// The limits on the memory of this process. A limit that does not exist is `None`, or not in the list.
#[derive(Debug, Clone, Default)]
pub struct MemoryLimits {
    address_space: Option<u64>,
    data: Option<u64>,
    groups: Vec<GroupLimit>,
}

/// Memory that is left below one of these limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryLeft {
    /// How much.
    pub bytes: u64,
    /// Whether addresses count, and not the memory behind them: then a thread takes its whole stack.
    pub counts_addresses: bool,
    /// The limit, for people.
    pub limit: &'static str,
}

impl MemoryLimits {
    /// Reads the limits of this process.
    pub fn read() -> Self {
        Self {
            address_space: getrlimit(Resource::As).current,
            data: getrlimit(Resource::Data).current,
            groups: cgroup::limits(Controller::Memory),
        }
    }

    /// The bytes that are left below each limit.
    pub fn left(&self) -> Vec<MemoryLeft> {
        self.measure(GroupLimit::left_without_cache)
    }

    fn measure(&self, left_of_group: fn(&GroupLimit) -> Option<u64>) -> Vec<MemoryLeft> {
        let status = match (self.address_space, self.data) {
            (None, None) => String::new(),
            _ => fs::read_to_string("/proc/self/status").unwrap_or_default(),
        };
        let of_process = |max: Option<u64>, used: &str, limit| {
            let bytes = max?.saturating_sub(kibibytes(&status, used)? * 1024);
            Some(MemoryLeft { bytes, counts_addresses: true, limit })
        };
        let of_groups = self.groups.iter().filter_map(left_of_group).min();
        let limit = "memory.max of the control group";
        [
            of_process(self.address_space, "VmSize:", "ulimit -v"),
            of_process(self.data, "VmData:", "ulimit -d"),
            of_groups.map(|bytes| MemoryLeft { bytes, counts_addresses: false, limit }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// A number of kibibytes in `/proc/self/status`.
pub fn kibibytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// Refuses threads while little memory is left.
#[derive(Debug, Default)]
pub struct MemoryGuard {
    limits: MemoryLimits,
    reserve_bytes: u64,
}

impl MemoryGuard {
    /// Threads that serve newcomers leave this much to the people who are here.
    pub fn new(limits: MemoryLimits, reserve_bytes: u64) -> Self {
        Self { limits, reserve_bytes }
    }

    /// Whether a thread with such a stack may start now. Without limits this costs nothing.
    ///
    /// # Errors
    /// Too little memory is left. A thread that started all the same could end the process: it panics before it runs if it
    /// finds no memory for its signal stack.
    pub fn check(&self, stack_bytes: usize, serves_newcomer: bool) -> io::Result<()> {
        let reserve = if serves_newcomer { self.reserve_bytes } else { self.reserve_bytes / 4 };
        let is_short = |left: &MemoryLeft| {
            let thread =
                if left.counts_addresses { stack_bytes } else { limits::CLIENT_MEMORY_BYTES };
            left.bytes < reserve + thread as u64
        };
        // The exact number costs more, and is seldom needed.
        if !self.limits.measure(GroupLimit::left).iter().any(is_short) {
            return Ok(());
        }
        match self.limits.left().into_iter().find(is_short) {
            None => Ok(()),
            Some(MemoryLeft { bytes, limit, .. }) => {
                let text = format!("only {} KiB of memory are left ({limit})", bytes / 1024);
                Err(io::Error::new(io::ErrorKind::OutOfMemory, text))
            }
        }
    }
}

/// Runs this program again, in the same process, with one arena of malloc, if its address space is limited. Returns if there is
/// nothing to do. glibc reserves 64 MiB of addresses for each of up to eight arenas per processor, as soon as threads start:
/// under `ulimit -v 307200` that leaves room for some 150 threads. The number of arenas is read from the environment at the
/// start of a process and nowhere else.
pub fn share_one_arena() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        use std::env;
        use std::os::unix::process::CommandExt;
        use std::process::Command;
        use std::thread::available_parallelism;

        const VARIABLE: &str = "MALLOC_ARENA_MAX";
        const ARENA_BYTES: u64 = 64 * 1024 * 1024;
        let arenas = 8 * available_parallelism().map_or(1, |count| count.get() as u64);
        // With twice the addresses of all arenas, half of them are left.
        let is_short =
            getrlimit(Resource::As).current.is_some_and(|max| max < 2 * arenas * ARENA_BYTES);
        if !is_short || env::var_os(VARIABLE).is_some() {
            return;
        }
        if let Ok(program) = env::current_exe() {
            let mut words = env::args_os();
            let mut command = Command::new(program);
            if let Some(name) = words.next() {
                command.arg0(name);
            }
            // Returns only if it fails. Then the server runs as it is, and the guard above holds all the same.
            let _ = command.args(words).env(VARIABLE, "1").exec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_is_read_from_the_kernel() {
        let limits = MemoryLimits { address_space: Some(1 << 50), ..MemoryLimits::default() };
        let [left] = limits.left()[..] else { panic!("one limit") };
        let used = (1 << 50) - left.bytes;
        assert!((1 << 20..1 << 45).contains(&used), "{used}");
        assert!(MemoryLimits::default().left().is_empty());
        assert_eq!(kibibytes("VmPeak:\t 9 kB\nVmSize:\t  1234 kB\n", "VmSize:"), Some(1234));
        assert_eq!(kibibytes("VmSize:\n", "VmSize:"), None);
    }

    #[test]
    fn newcomers_are_refused_before_others() {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let used = kibibytes(&status, "VmSize:").unwrap() * 1024;
        let guard = |left: u64, reserve: u64| {
            let limits =
                MemoryLimits { address_space: Some(used + left), ..MemoryLimits::default() };
            MemoryGuard::new(limits, reserve)
        };
        // Other tests run in this process and take memory, so the numbers are large.
        const GIB: u64 = 1 << 30;
        let enough = guard(100 * GIB, 10 * GIB);
        assert!(enough.check(1 << 20, true).is_ok());
        let little = guard(20 * GIB, 40 * GIB);
        let error = little.check(1 << 20, true).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
        assert!(error.to_string().contains("ulimit -v"), "{error}");
        assert!(little.check(1 << 20, false).is_ok());
        let nothing = guard(0, 40 * GIB);
        assert!(nothing.check(1 << 20, false).is_err());
        assert!(MemoryGuard::default().check(1 << 20, true).is_ok());
    }
}
