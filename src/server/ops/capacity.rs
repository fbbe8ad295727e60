//! How many clients fit into the limits of this system. The server finds out when it starts, not at the 8,000th client.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::{Config, DeliveryPolicy, limits};
use crate::server::error::StartError;

/// Room for threads and processes of other programs.
const THREADS_RESERVED: u64 = 512;
/// Descriptors that are not for clients.
const DESCRIPTORS_RESERVED: u64 =
    (limits::DESCRIPTORS_RESERVED + limits::REFUSED_SOCKETS_MAX) as u64;

/// The limits of the system. `None` means no limit, or an unknown one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SystemLimits {
    /// Open files of this process.
    descriptors: Option<u64>,
    /// Memory mappings that this process can still make.
    mappings_left: Option<u64>,
    /// Threads that the system, the cgroup and the user can still have.
    threads_left: Option<u64>,
}

/// How many clients the server accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    pub max_clients: usize,
    /// The limit that lowered it below the setting.
    pub lowered_by: Option<String>,
}

impl SystemLimits {
    /// Raises the soft limit of descriptors to the hard one, and reads all limits.
    pub fn raise_and_read() -> Self {
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        // The soft limit is low for programs that use `select`, which this one does not.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
        let threads_used = fs::read_to_string("/proc/loadavg").ok().and_then(|text| {
            let threads = text.split_whitespace().nth(3)?.split('/').nth(1)?;
            threads.parse().ok()
        });
        let system = ["/proc/sys/kernel/threads-max", "/proc/sys/kernel/pid_max"];
        let system_left = left(system.into_iter().filter_map(read).min(), threads_used);
        let cgroup_left =
            left(read("/sys/fs/cgroup/pids.max"), read("/sys/fs/cgroup/pids.current"));
        // An upper bound, since the number of the user's threads is unknown: a thread beyond it is refused when it starts.
        let is_root = rustix::process::geteuid().is_root();
        let user = getrlimit(Resource::Nproc).current.filter(|_| !is_root);
        let mappings = fs::read_to_string("/proc/self/maps").ok();
        let mappings_used = mappings.map(|mappings| mappings.lines().count() as u64);
        Self {
            descriptors: getrlimit(Resource::Nofile).current,
            mappings_left: left(read("/proc/sys/vm/max_map_count"), mappings_used),
            threads_left: [system_left, cgroup_left, user].into_iter().flatten().min(),
        }
    }
}

fn left(max: Option<u64>, used: Option<u64>) -> Option<u64> {
    Some(max?.saturating_sub(used.unwrap_or(0)))
}

/// Reads a kernel file that holds one number. A word such as `max` means no limit.
fn read(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// How many clients fit into `system`, at most `max_clients`.
///
/// # Errors
/// No client fits.
pub fn capacity(config: &Config, system: SystemLimits) -> Result<Capacity, StartError> {
    let (threads_per_client, writers) = match config.delivery {
        DeliveryPolicy::Writer => (2, 0),
        DeliveryPolicy::DirectThenWriter => (1, config.max_writers as u64),
        DeliveryPolicy::Direct => (1, 0),
    };
    // Without a mapping, a new thread would panic instead of returning an error, so this counts closing connections too.
    let reserved = THREADS_RESERVED + limits::LINGERING_MAX as u64 + writers;
    let clients_of = |threads: u64| threads.saturating_sub(reserved) / threads_per_client;
    let by_descriptors = system.descriptors.map(|max| {
        let clients = max.saturating_sub(DESCRIPTORS_RESERVED);
        (clients, format!("{max} file descriptors (ulimit -n)"))
    });
    let by_mappings = system.mappings_left.map(|left| {
        let clients = clients_of(left / limits::MAPPINGS_PER_THREAD as u64);
        (clients, format!("{left} memory mappings left (sysctl vm.max_map_count)"))
    });
    let by_threads = system.threads_left.map(|left| {
        (clients_of(left), format!("{left} threads left (ulimit -u, pid_max, cgroup pids.max)"))
    });
    let tightest = [by_descriptors, by_mappings, by_threads].into_iter().flatten().min();
    match tightest {
        Some((0, limit)) => Err(StartError::Capacity(limit)),
        Some((clients, limit)) if clients < config.max_clients as u64 => {
            Ok(Capacity { max_clients: clients as usize, lowered_by: Some(limit) })
        }
        _ => Ok(Capacity { max_clients: config.max_clients, lowered_by: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: SystemLimits =
        SystemLimits { descriptors: None, mappings_left: None, threads_left: None };

    #[test]
    fn without_limits_the_setting_counts() {
        let config = Config::default();
        assert_eq!(
            capacity(&config, PLENTY).unwrap(),
            Capacity { max_clients: 10_000, lowered_by: None }
        );
    }

    #[test]
    fn the_tightest_limit_counts_and_is_named() {
        let system = SystemLimits {
            descriptors: Some(2048),
            mappings_left: Some(65_000),
            threads_left: Some(30_000),
        };
        let capacity = capacity(&Config::default(), system).unwrap();
        assert_eq!(capacity.max_clients, 2048 - 128);
        assert!(capacity.lowered_by.unwrap().contains("2048 file descriptors"));
    }

    #[test]
    fn ten_thousand_threads_fit_a_default_linux_and_twice_as_many_do_not() {
        let system = SystemLimits { mappings_left: Some(65_530 - 100), ..PLENTY };
        let mut config = Config::default();
        assert_eq!(capacity(&config, system).unwrap().max_clients, 10_000);
        config.delivery = DeliveryPolicy::Writer;
        let both = capacity(&config, system).unwrap();
        assert!(both.max_clients < 8_179, "{both:?}");
        assert!(both.lowered_by.unwrap().contains("vm.max_map_count"));
    }

    #[test]
    fn no_room_for_one_client_is_an_error() {
        let system = SystemLimits { descriptors: Some(60), ..PLENTY };
        let reason = capacity(&Config::default(), system).unwrap_err().to_string();
        assert!(reason.contains("60 file descriptors"), "{reason}");
    }
}
