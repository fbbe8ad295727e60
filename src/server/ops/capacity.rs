//! How many clients this machine and its limits can really take, found out at the start and not at the 8,000th client.

use std::fmt;
use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::{Config, DeliveryPolicy, limits};

/// Threads and processes that are not ours are left this much room.
const THREADS_RESERVED: u64 = 512;
/// Descriptors that are not for clients.
const DESCRIPTORS_SPARED: u64 = (limits::DESCRIPTORS_RESERVED + limits::REFUSED_SOCKETS_MAX) as u64;

/// What the system grants, as far as it can be read. `None` means no limit, or none that can be known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SystemLimits {
    /// Open files of this process.
    pub descriptors: Option<u64>,
    /// Memory mappings that this process can still make.
    pub mappings_left: Option<u64>,
    /// Threads that the system, the cgroup or the user can still have.
    pub threads_left: Option<u64>,
}

/// The number of clients in force, and why if it is not the one that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// How many clients fit.
    pub max_clients: usize,
    /// Which limit lowered it.
    pub lowered_by: Option<String>,
}

/// Even the smallest server takes one client, or it would not have to start.
#[derive(Debug)]
pub struct NoCapacity(String);

impl fmt::Display for NoCapacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not even one client fits: {}. Raise that limit", self.0)
    }
}

impl SystemLimits {
    /// Raises the soft limit of descriptors to the hard one and reads what the system grants.
    pub fn raise_and_read() -> Self {
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        // A soft limit is a default that programs may raise; it is low for the sake of `select`, which we do not use.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: maximum,
                maximum,
            },
        );
        let threads_used = read_number("/proc/loadavg", |text| {
            text.split_whitespace()
                .nth(3)?
                .split('/')
                .nth(1)?
                .parse()
                .ok()
        });
        let system = [
            read("/proc/sys/kernel/threads-max"),
            read("/proc/sys/kernel/pid_max"),
        ];
        let system_left = system
            .into_iter()
            .flatten()
            .min()
            .map(|max| max.saturating_sub(threads_used.unwrap_or(0)));
        let cgroup_left = read("/sys/fs/cgroup/pids.max")
            .map(|max| max.saturating_sub(read("/sys/fs/cgroup/pids.current").unwrap_or(0)));
        // An upper bound: how many threads the user has already is not known. One too many is refused when it comes.
        // Root is exempt.
        let user = if rustix::process::geteuid().is_root() {
            None
        } else {
            getrlimit(Resource::Nproc).current
        };
        let mappings_used =
            fs::read_to_string("/proc/self/maps").map_or(0, |maps| maps.lines().count() as u64);
        Self {
            descriptors: getrlimit(Resource::Nofile).current,
            mappings_left: read("/proc/sys/vm/max_map_count")
                .map(|max| max.saturating_sub(mappings_used)),
            threads_left: [system_left, cgroup_left, user].into_iter().flatten().min(),
        }
    }
}

/// A file of the kernel that holds one number. A word such as `max` is no limit.
fn read(path: &str) -> Option<u64> {
    read_number(path, |text| text.trim().parse().ok())
}

fn read_number(path: &str, parse: impl Fn(&str) -> Option<u64>) -> Option<u64> {
    parse(&fs::read_to_string(path).ok()?)
}

/// How many clients fit into `system`, at most as many as the settings ask for.
///
/// # Errors
/// Not even one does.
pub fn capacity(config: &Config, system: SystemLimits) -> Result<Capacity, NoCapacity> {
    // With `--delivery writer` every client has two threads; else only those whose socket is full have a second one.
    let (threads_per_client, spare_writers) = match config.delivery {
        DeliveryPolicy::Writer => (2, 0),
        DeliveryPolicy::DirectThenWriter => (1, config.max_writers as u64),
        DeliveryPolicy::Direct => (1, 0),
    };
    let by_descriptors = system
        .descriptors
        .map(|max| max.saturating_sub(DESCRIPTORS_SPARED));
    // Where mappings run out, a new thread dies by a panic of its own instead of an error here. So these are reckoned
    // with care, those of connections that are just ending among them.
    let spared = THREADS_RESERVED + limits::LINGERING_MAX as u64 + spare_writers;
    let clients_of = |threads: u64| threads.saturating_sub(spared) / threads_per_client;
    let by_mappings = system
        .mappings_left
        .map(|left| clients_of(left / limits::MAPPINGS_PER_THREAD as u64));
    let by_threads = system.threads_left.map(clients_of);
    let tightest = [
        (
            by_descriptors,
            format!("{} file descriptors (ulimit -n)", shown(system.descriptors)),
        ),
        (
            by_mappings,
            format!(
                "{} memory mappings left (sysctl vm.max_map_count)",
                shown(system.mappings_left)
            ),
        ),
        (
            by_threads,
            format!(
                "{} threads left (ulimit -u, pid_max, cgroup pids.max)",
                shown(system.threads_left)
            ),
        ),
    ]
    .into_iter()
    .filter_map(|(clients, why)| Some((usize::try_from(clients?).unwrap_or(usize::MAX), why)))
    .min();
    match tightest {
        Some((0, why)) => Err(NoCapacity(why)),
        Some((fitting, why)) if fitting < config.max_clients => Ok(Capacity {
            max_clients: fitting,
            lowered_by: Some(why),
        }),
        _ => Ok(Capacity {
            max_clients: config.max_clients,
            lowered_by: None,
        }),
    }
}

fn shown(limit: Option<u64>) -> String {
    limit.map_or_else(|| "no limit on".into(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: SystemLimits = SystemLimits {
        descriptors: None,
        mappings_left: None,
        threads_left: None,
    };

    #[test]
    fn without_limits_all_fit() {
        let config = Config::default();
        assert_eq!(
            capacity(&config, PLENTY).unwrap(),
            Capacity {
                max_clients: 10_000,
                lowered_by: None
            }
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
        assert!(
            capacity
                .lowered_by
                .unwrap()
                .contains("2048 file descriptors")
        );
    }

    #[test]
    fn ten_thousand_threads_fit_a_default_linux_and_twice_as_many_do_not() {
        let system = SystemLimits {
            mappings_left: Some(65_530 - 100),
            ..PLENTY
        };
        let mut config = Config::default();
        assert_eq!(capacity(&config, system).unwrap().max_clients, 10_000);
        config.delivery = DeliveryPolicy::Writer;
        let both = capacity(&config, system).unwrap();
        assert!(both.max_clients < 8_179, "{both:?}");
        assert!(both.lowered_by.unwrap().contains("vm.max_map_count"));
    }

    #[test]
    fn a_server_for_nobody_does_not_start() {
        let system = SystemLimits {
            descriptors: Some(60),
            ..PLENTY
        };
        let why = capacity(&Config::default(), system)
            .unwrap_err()
            .to_string();
        assert!(why.contains("60 file descriptors"), "{why}");
    }
}
