//! What was measured, as values: one record for each round of each case, one JSON line for each record.

use std::collections::BTreeMap;

use chatserv::load::latencies::Latencies;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What kind of work was measured.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// As many messages as a bounded window lets through.
    FanOut,
    /// A few messages a second, and how long each takes to everybody.
    Latency,
    /// People who are there and say nothing.
    Idle,
    /// Some never read.
    Stalled,
    /// One never stops talking.
    Noisy,
    /// Connect, log in, say a line, leave.
    Churn,
    /// Fan-out over many numbers of receivers.
    Growth,
}

/// What was asked of a server: two records are comparable if they have the same workload and the same case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Case {
    /// How many receive, or are there.
    pub people: usize,
    /// The length of what is said, in bytes.
    pub payload_bytes: usize,
    /// Messages a second; none where a window says how many, or nobody speaks.
    pub rate: Option<u32>,
    /// How many of the people never read.
    pub stalled: usize,
}

/// Names of figures. Each ends in its unit.
pub mod figure {
    /// User and system time of the server for each delivery.
    pub const SERVER_CPU_US: &str = "server_cpu_per_delivery_us";
    /// The same for each message.
    pub const SERVER_CPU_MESSAGE_US: &str = "server_cpu_per_message_us";
    /// The generator's own, for each delivery: time that the server could not have.
    pub const GENERATOR_CPU_US: &str = "generator_cpu_per_delivery_us";
    /// Deliveries in a second of the clock on the wall.
    pub const DELIVERIES_PER_S: &str = "deliveries_per_s";
    /// Latency from the send of a message to the read of one of its deliveries.
    pub const P50_MS: &str = "p50_ms";
    /// The same: 99 of 100 were faster.
    pub const P99_MS: &str = "p99_ms";
    /// The same: 999 of 1,000 were faster.
    pub const P999_MS: &str = "p99.9_ms";
    /// The slowest of all.
    pub const MAX_MS: &str = "max_ms";
    /// How much of a core the server took, in percent.
    pub const SERVER_CPU_PERCENT: &str = "server_cpu_percent";
    /// How many of the people are logged in.
    pub const PEOPLE_IN: &str = "people_in";
    /// Connections that have logged in, in a second.
    pub const LOGINS_PER_S: &str = "logins_per_s";
    /// Resident memory for each person, more than the empty server's.
    pub const RESIDENT_KIB_PER_PERSON: &str = "resident_kib_per_person";
    /// Memory of the kernel for each person (stacks, page tables, both ends of the socket), more than before.
    pub const KERNEL_KIB_PER_PERSON: &str = "kernel_kib_per_person";
    /// How long one message to all takes until the last has it.
    pub const BROADCAST_MS: &str = "broadcast_ms";
    /// The most resident memory there was, more than with everybody reading.
    pub const GROWN_MIB: &str = "grown_mib";
    /// Resident memory in all.
    pub const RESIDENT_MIB: &str = "resident_mib";
    /// When the last of those who do not read was cut, after they stopped to read.
    pub const CUT_AFTER_S: &str = "cut_after_s";
    /// How many of those who do not read were cut.
    pub const CUT: &str = "cut";
    /// Rounds of connect, log in, say, leave, in a second.
    pub const CYCLES_PER_S: &str = "cycles_per_s";
    /// Threads of the server when all who came have left; some who listen are still there.
    pub const THREADS_AFTER: &str = "threads_after";
    /// Descriptors of the server then.
    pub const DESCRIPTORS_AFTER: &str = "descriptors_after";
    /// How often a thread of the server had nothing to do and left its core, for each message.
    pub const SWITCHES_PER_MESSAGE: &str = "switches_per_message";

    /// Those that are whole numbers.
    pub const COUNTS: [&str; 4] = [PEOPLE_IN, CUT, THREADS_AFTER, DESCRIPTORS_AFTER];
}

/// One moment of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// When, after the beginning, in seconds.
    pub at_s: f64,
    /// Of all deliveries since the moment before; none if there was none.
    pub p99_ms: Option<f64>,
    /// Resident memory of the server.
    pub resident_mib: f64,
}

/// One round of one case with one server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What kind of work.
    pub workload: Workload,
    /// Which server: the label of the [`Peer`](crate::peers::Peer).
    pub peer: String,
    /// What was asked of it.
    pub case: Case,
    /// Which of the interleaved rounds, from 0.
    pub round: u32,
    /// What came of it, by the names in [`figure`].
    pub figures: BTreeMap<String, f64>,
    /// How it went over time, where that is of interest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moments: Vec<Moment>,
}

/// What is told of many latencies, as figures.
pub fn latency_figures(latencies: &mut Latencies, figures: &mut BTreeMap<String, f64>) {
    for (name, rank) in [
        (figure::P50_MS, 500),
        (figure::P99_MS, 990),
        (figure::P999_MS, 999),
        (figure::MAX_MS, 1000),
    ] {
        if let Some(latency) = latencies.per_mille_ms(rank) {
            figures.insert(name.to_owned(), latency);
        }
    }
}

/// What was not measured, in one round at least, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// What kind of work.
    pub workload: Workload,
    /// Which server: the label of the [`Peer`](crate::peers::Peer).
    pub peer: String,
    /// What would have been asked of it.
    pub case: Case,
    /// Why not: a few words, which stand below the table.
    pub reason: String,
}

/// What all figures of a run depend upon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// When the run began, RFC 3339.
    pub began: String,
    /// The command, for whoever wants to see it again.
    pub command: String,
    /// Processor, cores, memory, kernel.
    pub machine: String,
    /// Each server's label and version; why it is not there, for those that are missing.
    pub peers: Vec<(String, String)>,
}
