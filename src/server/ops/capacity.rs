//! How many clients fit into the limits of this system. The server finds out when it starts, not at the 8,000th client.

use std::fs;

use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};

use super::cgroup::{self, Controller, GroupLimit, read_number};
use super::memory::{MemoryGuard, MemoryLimits};
use crate::config::{Bind, Config, DeliveryPolicy, limits, show_size};
use crate::server::error::StartError;

/// A resource that the server needs for each client and that the system may limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Descriptors,
    /// Memory mappings.
    Mappings,
    Threads,
    /// Bytes of addresses, whether there is memory behind them or not.
    Addresses,
    /// Bytes of memory.
    Memory,
}

/// The amount of a resource that the system still has.
#[derive(Debug, Clone, Copy)]
struct Limit {
    need: Need,
    left: u64,
    /// The remedy, for people.
    name: &'static str,
}

impl Limit {
    fn text(self) -> String {
        let Self { need, left, name } = self;
        let mebibytes = left >> 20;
        match need {
            Need::Descriptors => format!("{left} file descriptors ({name})"),
            Need::Mappings => format!("{left} memory mappings left ({name})"),
            Need::Threads => format!("{left} threads left ({name})"),
            Need::Addresses => format!("{mebibytes} MiB of address space left ({name})"),
            Need::Memory => format!("{mebibytes} MiB of memory left ({name})"),
        }
    }
}

/// The limits of the system.
#[derive(Debug, Default)]
pub struct SystemLimits {
    known: Vec<Limit>,
    memory: MemoryLimits,
}

/// The numbers that fit into the limits of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// The largest values for the settings of these names.
    max_clients: usize,
    max_writers: usize,
    outbox_total: usize,
    /// The settings that were lowered: from, to, and why.
    lowered: Vec<String>,
    history_bytes: usize,
    memory_reserve: u64,
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
        let system_left = |path| left(read_number(path), threads_used);
        let groups = cgroup::limits(Controller::Pids);
        let group_left = groups.iter().filter_map(GroupLimit::left).min();
        // An upper bound, since the number of the user's threads is unknown: a thread beyond it is refused when it starts.
        let user = getrlimit(Resource::Nproc).current.filter(|_| !is_real_root());
        let mappings = fs::read_to_string("/proc/self/maps").ok();
        let mappings_used = mappings.map(|mappings| mappings.lines().count() as u64);
        let mappings_left = left(read_number("/proc/sys/vm/max_map_count"), mappings_used);
        let limit = |need, left: Option<u64>, name| Some(Limit { need, left: left?, name });
        let memory = MemoryLimits::read();
        let of_memory = memory.left().into_iter().map(|left| Limit {
            need: if left.counts_addresses { Need::Addresses } else { Need::Memory },
            left: left.bytes,
            name: left.limit,
        });
        let others = [
            limit(Need::Descriptors, getrlimit(Resource::Nofile).current, "ulimit -n"),
            limit(Need::Mappings, mappings_left, "sysctl vm.max_map_count"),
            limit(
                Need::Threads,
                system_left("/proc/sys/kernel/threads-max"),
                "sysctl kernel.threads-max",
            ),
            limit(Need::Threads, system_left("/proc/sys/kernel/pid_max"), "sysctl kernel.pid_max"),
            limit(Need::Threads, group_left, "pids.max of the control group"),
            limit(Need::Threads, user, "ulimit -u"),
        ];
        Self { known: others.into_iter().flatten().chain(of_memory).collect(), memory }
    }

    /// Refuses threads when less than the reserve is left.
    pub fn into_guard(self, capacity: &Capacity) -> MemoryGuard {
        MemoryGuard::new(self.memory, capacity.memory_reserve)
    }
}

fn left(max: Option<u64>, used: Option<u64>) -> Option<u64> {
    Some(max?.saturating_sub(used.unwrap_or(0)))
}

/// Whether this is the machine's root, whose threads the kernel does not limit. Root in a container may be another user outside.
fn is_real_root() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let first: Vec<&str> = map.lines().next().unwrap_or_default().split_whitespace().collect();
    geteuid().is_root() && first.get(..2).is_none_or(|ids| ids == ["0", "0"])
}

impl Capacity {
    /// How much fits into `system` of what the settings ask for.
    ///
    /// # Errors
    /// No client fits.
    pub fn of(config: &Config, system: &SystemLimits) -> Result<Self, StartError> {
        let is_memory = |limit: &&Limit| [Need::Addresses, Need::Memory].contains(&limit.need);
        let memory = system.known.iter().filter(is_memory).min_by_key(|limit| limit.left);
        let share = |share: u64| {
            memory.map_or(usize::MAX, |limit| (limit.left / share).try_into().unwrap_or(usize::MAX))
        };
        let mut capacity = Self {
            max_clients: usize::MAX,
            // One for each connection is enough, and the arithmetic counts no more.
            max_writers: config.max_clients,
            outbox_total: share(limits::OUTBOXES_SHARE),
            lowered: Vec::new(),
            history_bytes: share(limits::HISTORY_SHARE).min(limits::HISTORY_TOTAL_BYTES_MAX),
            memory_reserve: memory.map_or(0, |limit| {
                let bounds = (limits::MEMORY_RESERVE_BYTES_MIN, limits::MEMORY_RESERVE_BYTES_MAX);
                (limit.left / limits::MEMORY_RESERVE_SHARE).clamp(bounds.0, bounds.1)
            }),
        };
        let fitting = |limit: &Limit| (capacity.most_clients(config, limit), *limit);
        let tightest = system.known.iter().map(fitting).min_by_key(|&(clients, _)| clients);
        if let Some((clients, limit)) = tightest
            && clients < config.max_clients
        {
            if clients == 0 {
                return Err(StartError::Capacity(limit.text()));
            }
            (capacity.max_clients, capacity.max_writers) = (clients, clients);
            let (from, why) = (config.max_clients, limit.text());
            capacity.lowered.push(format!("max-clients lowered from {from} to {clients}: {why}"));
        }
        if let Some(limit) = memory
            && capacity.outbox_total < config.outbox_total
        {
            let (from, to) = (show_size(config.outbox_total), capacity.outbox_total >> 20);
            let why = limit.text();
            capacity.lowered.push(format!("outbox-total lowered from {from} to {to}MiB: {why}"));
        }
        Ok(capacity)
    }

    /// The settings that were lowered, and why: a line each.
    pub fn lowered(&self) -> &[String] {
        &self.lowered
    }

    /// Lowers settings to what fits.
    pub fn limit(&self, config: &mut Config) {
        config.max_clients = config.max_clients.min(self.max_clients);
        config.max_writers = config.max_writers.min(self.max_writers);
        config.outbox_total = config.outbox_total.min(self.outbox_total);
        config.outbox_bytes = config.outbox_bytes.min(self.outbox_total);
    }

    /// How much history all rooms may keep together.
    pub fn history_bytes(&self) -> usize {
        self.history_bytes
    }

    /// The most clients that fit below a limit, up to those that the settings ask for.
    fn most_clients(&self, config: &Config, limit: &Limit) -> usize {
        let fits = |clients: usize| self.needed(config, limit.need, clients) <= limit.left;
        let (mut fitting, mut too_many) = (0, config.max_clients + 1);
        while too_many - fitting > 1 {
            let middle = fitting.midpoint(too_many);
            if fits(middle) {
                fitting = middle;
            } else {
                too_many = middle;
            }
        }
        fitting
    }

    /// How much of something the server needs for this many clients, its reserves included. Grows with the clients.
    fn needed(&self, config: &Config, need: Need, clients: usize) -> u64 {
        let readers = clients + limits::leaving_max(clients);
        let threads = limits::OWN_THREADS + readers + writers(config, clients);
        let count = match need {
            Need::Descriptors => {
                let refused = listeners(config) * limits::refused_sockets_max(clients);
                clients + refused + limits::descriptors_reserved(clients)
            }
            // Without a mapping, a new thread would panic instead of returning an error, so this counts all that there may be.
            Need::Mappings => threads * limits::MAPPINGS_PER_THREAD,
            Need::Threads => threads + limits::threads_for_others(clients),
            Need::Addresses => {
                let stack = |bytes| bytes + limits::THREAD_ADDRESSES_BYTES;
                limits::OWN_THREADS * stack(limits::SERVICE_STACK_BYTES)
                    + clients * (stack(limits::READER_STACK_BYTES) + limits::CLIENT_MEMORY_BYTES)
                    + writers(config, clients) * stack(limits::SERVICE_STACK_BYTES)
            }
            Need::Memory => {
                // Linux doubles the size of a send buffer.
                let stalled = 2 * config.send_buffer / limits::STALLED_SHARE;
                clients * (limits::CLIENT_MEMORY_BYTES + stalled)
                    + writers(config, clients) * limits::WRITER_MEMORY_BYTES
            }
        };
        let memory = match need {
            Need::Addresses | Need::Memory => {
                let outboxes = 2 * config.outbox_total.min(self.outbox_total);
                self.memory_reserve + (outboxes + self.history_bytes) as u64
            }
            Need::Descriptors | Need::Mappings | Need::Threads => 0,
        };
        count as u64 + memory
    }
}

/// How many writers this many clients can have.
fn writers(config: &Config, clients: usize) -> usize {
    match config.delivery {
        // Those that have left and do not read keep theirs.
        DeliveryPolicy::Writer => clients + limits::leaving_max(clients),
        DeliveryPolicy::DirectThenWriter => config.max_writers.min(clients),
        DeliveryPolicy::Direct => 0,
    }
}

/// How many listening sockets there are at most.
fn listeners(config: &Config) -> usize {
    let families = if config.bind == Bind::Localhost { 2 } else { 1 };
    let others = [config.json_port, config.web_port, config.proxy_port];
    families * (1 + others.iter().flatten().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// A system with these limits and no others.
    fn system(limits: &[(Need, u64)]) -> SystemLimits {
        let known = limits.iter().map(|&(need, left)| Limit { need, left, name: "test" });
        SystemLimits { known: known.collect(), ..SystemLimits::default() }
    }

    /// The settings that hold for this many clients on this system.
    fn lowered(max_clients: usize, limits: &[(Need, u64)]) -> (Config, Vec<String>) {
        let mut config = Config { max_clients, ..Config::default() };
        let capacity = Capacity::of(&config, &system(limits)).unwrap();
        capacity.limit(&mut config);
        (config, capacity.lowered)
    }

    #[test]
    fn without_limits_the_settings_count() {
        assert_eq!(lowered(10_000, &[]), (Config::default(), Vec::new()));
    }

    #[test]
    fn the_tightest_limit_counts_and_is_named() {
        let limits = [(Need::Descriptors, 2048), (Need::Mappings, 65_000), (Need::Threads, 30_000)];
        let (config, lowered) = lowered(10_000, &limits);
        // Two listeners keep 64 refused sockets each.
        assert_eq!(config.max_clients, 2048 - 64 - 2 * 64);
        let told = "max-clients lowered from 10000 to 1856: 2048 file descriptors (test)";
        assert_eq!(lowered, [told]);
    }

    #[test]
    fn ten_thousand_threads_fit_a_default_linux_and_twice_as_many_do_not() {
        let default = [(Need::Mappings, 65_530 - 100)];
        assert_eq!(lowered(10_000, &default).0.max_clients, 10_000);
        let config = Config { delivery: DeliveryPolicy::Writer, ..Config::default() };
        let both = Capacity::of(&config, &system(&default)).unwrap();
        assert!((7_000..8_179).contains(&both.max_clients), "{both:?}");
    }

    #[test]
    fn reserves_grow_with_the_clients() {
        // The limits of podman, of a user on a shared machine, and of a careful one.
        let podman = [(Need::Threads, 2_048)];
        let user = [(Need::Threads, 1_024)];
        let few_files = [(Need::Descriptors, 128)];
        for limits in [podman, user] {
            assert_eq!(lowered(50, &limits), lowered(50, &[]));
            let (config, told) = lowered(10_000, &limits);
            assert!((250..1_000).contains(&config.max_clients), "{config:?}");
            assert!(told[0].contains("threads left (test)"), "{told:?}");
            // The reserves fit beside them.
            let threads = 2 * config.max_clients + limits::leaving_max(config.max_clients);
            assert!((threads as u64) < limits[0].1, "{config:?}");
        }
        assert_eq!(lowered(5, &few_files), lowered(5, &[]));
        assert!(lowered(10_000, &few_files).0.max_clients >= 50);
        // A quarter of the clients never needs more than all of them.
        let config = Config::default();
        let capacity = Capacity::of(&config, &system(&[])).unwrap();
        for need in
            [Need::Descriptors, Need::Mappings, Need::Threads, Need::Addresses, Need::Memory]
        {
            let needed = |clients| capacity.needed(&config, need, clients);
            assert!((1..2_000).all(|clients| needed(clients) < needed(clients + 1)), "{need:?}");
        }
    }

    #[test]
    fn no_room_for_one_client_is_an_error() {
        let config = Config::default();
        for limit in [
            (Need::Descriptors, 20),
            (Need::Threads, 20),
            (Need::Mappings, 20),
            (Need::Addresses, 8 * MIB),
            (Need::Memory, 8 * MIB),
        ] {
            let error = Capacity::of(&config, &system(&[limit])).unwrap_err().to_string();
            assert!(error.contains("left (test)") || error.contains("20 file"), "{error}");
        }
    }

    #[test]
    fn memory_is_shared_by_clients_outboxes_and_history() {
        for need in [Need::Addresses, Need::Memory] {
            let mut before = 0;
            for mebibytes in [32, 64, 128, 280, 512, 1024, 2048] {
                let limit = [(need, mebibytes * MIB)];
                let mut config = Config::default();
                let capacity = Capacity::of(&config, &system(&limit)).unwrap();
                capacity.limit(&mut config);
                let clients = config.max_clients;
                assert!(clients > before || clients == 10_000, "{mebibytes}: {clients}");
                before = clients;
                let shares = (2 * config.outbox_total + capacity.history_bytes()) as u64;
                let rest = mebibytes * MIB - shares - capacity.memory_reserve;
                assert!((clients * limits::CLIENT_MEMORY_BYTES) as u64 <= rest, "{mebibytes}");
                assert!(config.outbox_bytes <= config.outbox_total);
                let is_told = capacity.lowered.iter().any(|told| told.starts_with("outbox-total "));
                assert_eq!(is_told, mebibytes < 2048, "{:?}", capacity.lowered);
            }
        }
        // A thousand people fit into 288 mebibytes, and ten thousand into two gibibytes.
        for (clients, mebibytes) in [(1_000, 288), (10_000, 2048)] {
            let (config, _) = lowered(clients, &[(Need::Memory, mebibytes * MIB)]);
            assert_eq!(config.max_clients, clients);
        }
        // The smaller one of two limits counts, and 50 people fit into a small container.
        let two = [(Need::Memory, 64 * MIB), (Need::Addresses, 4096 * MIB)];
        assert_eq!(lowered(50, &two).0.max_clients, 50);
    }

    #[test]
    fn lowered_settings_stay_lowered_when_they_are_read_again() {
        let mut config = Config::default();
        let capacity = Capacity::of(&config, &system(&[(Need::Memory, 100 * MIB)])).unwrap();
        capacity.limit(&mut config);
        let mut again = Config::default();
        capacity.limit(&mut again);
        assert_eq!(again, config);
        // More clients than at the start are another setting, if nothing was lowered.
        let small = Config { max_clients: 50, ..Config::default() };
        let capacity = Capacity::of(&small, &system(&[])).unwrap();
        let mut more = Config { max_clients: 60, ..Config::default() };
        capacity.limit(&mut more);
        assert_eq!(more.max_clients, 60);
    }
}
