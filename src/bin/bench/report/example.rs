//! Made-up results for tests. None of these figures was measured.

use std::collections::BTreeMap;

use super::results::Results;
use crate::peers::label;
use crate::record::{Case, LeftOut, Moment, Record, Setting, Workload, figure};

/// Each with what it makes of the figures: so many times those of the first.
const PEERS: [(&str, f64); 10] = [
    (label::OURS, 1.0),
    (label::FLOOR, 0.9),
    (label::REDIS, 2.5),
    (label::NATS, 4.0),
    (label::FLOOR_EACH, 3.0),
    (label::OURS_DIRECT, 1.2),
    (label::OURS_WRITER, 1.6),
    (label::NGIRCD, 6.0),
    (label::INSPIRCD, 7.0),
    (label::NCAT, 8.0),
];

/// How each round differs.
const ROUNDS: [f64; 5] = [1.0, 1.06, 0.96, 1.02, 0.99];

/// Only the first four are in the workloads that not everybody does.
const MAIN: usize = 4;

/// A run that did nothing.
pub fn empty() -> Results {
    Results {
        setting: Setting {
            began: "2026-01-02T03:04:05Z".to_owned(),
            command: "bench run".to_owned(),
            machine: "no machine".to_owned(),
            peers: Vec::new(),
        },
        records: Vec::new(),
        left_out: Vec::new(),
    }
}

/// 64 bytes to so many, by a window, and all read.
pub fn case(people: usize) -> Case {
    Case {
        people,
        payload_bytes: 64,
        rate: None,
        stalled: 0,
    }
}

/// A record without any figure.
pub fn record(workload: Workload, peer: &str, case: Case, round: u32) -> Record {
    Record {
        workload,
        peer: peer.to_owned(),
        case,
        round,
        figures: BTreeMap::new(),
        moments: Vec::new(),
    }
}

/// A whole run: every workload, every server, five rounds.
pub fn results() -> Results {
    let mut results = empty();
    for (peer, factor) in PEERS {
        let version = format!("{peer} 1.2.3");
        results.setting.peers.push((peer.to_owned(), version));
        for (round, noise) in (0..).zip(ROUNDS) {
            let mut add = |workload, case: Case| {
                let mut record = record(workload, peer, case, round);
                fill(&mut record, factor * noise);
                results.records.push(record);
            };
            fan_out(peer, &mut add);
            if PEERS[..MAIN].iter().any(|(main, _)| *main == peer) {
                quiet(&mut add);
            }
        }
    }
    results.left_out.push(LeftOut {
        workload: Workload::FanOut,
        peer: label::NCAT.to_owned(),
        case: case(5_000),
        reason: "select(2) knows 1,024 descriptors".to_owned(),
    });
    results
}

fn fan_out(peer: &str, add: &mut impl FnMut(Workload, Case)) {
    for people in [10, 100, 1_000, 5_000] {
        for payload_bytes in [64, 512] {
            if peer != label::NCAT || people < 1_000 {
                let case = Case {
                    payload_bytes,
                    ..case(people)
                };
                add(Workload::FanOut, case);
            }
        }
    }
    for (rate, people) in [(100, 100), (100, 1_000), (1_000, 100)] {
        let case = Case {
            rate: Some(rate),
            ..case(people)
        };
        add(Workload::Latency, case);
    }
}

fn quiet(add: &mut impl FnMut(Workload, Case)) {
    for people in [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000,
    ] {
        add(Workload::Growth, case(people));
    }
    for people in [1_000, 10_000] {
        add(Workload::Idle, case(people));
    }
    for (people, stalled) in [(100, 0), (100, 1), (1_000, 0), (1_000, 100)] {
        let case = Case {
            rate: Some(1_000),
            stalled,
            ..case(people)
        };
        add(Workload::Stalled, case);
    }
    add(Workload::Noisy, case(51));
    add(Workload::Churn, case(1));
}

/// Figures of about the right size, all of them `slower` times those of a server of average speed.
fn fill(record: &mut Record, slower: f64) {
    let people = record.case.people as f64;
    let cpu = slower * (0.8 + 6.0 / people + people / 20_000.0);
    let p50 = slower * (0.05 + people / 1_000.0);
    let figures: &[(&str, f64)] = match record.workload {
        Workload::FanOut | Workload::Growth => &[
            (figure::SERVER_CPU_US, cpu),
            (figure::SERVER_CPU_MESSAGE_US, cpu * people),
            (figure::GENERATOR_CPU_US, 0.7),
            (figure::DELIVERIES_PER_S, 1e6 / (cpu + 0.7)),
            (figure::SWITCHES_PER_MESSAGE, slower / people),
        ],
        Workload::Latency | Workload::Noisy | Workload::Stalled => &[
            (figure::P50_MS, p50),
            (figure::P99_MS, p50 * 2.5),
            (figure::P999_MS, p50 * 5.0),
            (figure::DELIVERIES_PER_S, 200_000.0 / slower),
            (figure::MAX_MS, p50 * 8.0),
            (figure::SERVER_CPU_PERCENT, 12.0 * slower),
            (figure::GROWN_MIB, 4.0 * slower * slower),
        ],
        Workload::Idle => &[
            (figure::PEOPLE_IN, people),
            (figure::LOGINS_PER_S, 20_000.0 / slower),
            (figure::RESIDENT_KIB_PER_PERSON, 11.0),
            (figure::KERNEL_KIB_PER_PERSON, 29.0),
            (figure::SERVER_CPU_PERCENT, 0.6),
            (figure::BROADCAST_MS, people / 500.0 * slower),
        ],
        Workload::Churn => &[
            (figure::CYCLES_PER_S, 9_000.0 / slower),
            (figure::RESIDENT_MIB, 9.5),
            (figure::THREADS_AFTER, 5.0),
            (figure::DESCRIPTORS_AFTER, 12.0),
        ],
    };
    let figures = figures.iter();
    record.figures = figures
        .map(|&(name, value)| (name.to_owned(), short(value)))
        .collect();
    if record.case.stalled > 0 {
        record.moments = (0..100).map(|at| moment(at, slower)).collect();
    }
}

/// Slow servers deliver nothing for two seconds, and gather more and more.
fn moment(at: u32, slower: f64) -> Moment {
    let at_s = f64::from(at) / 5.0;
    let is_silent = slower > 2.0 && (slower * 3.0..slower * 3.0 + 2.0).contains(&at_s);
    let wave = 1.0 + f64::from(at % 7) / 10.0;
    Moment {
        at_s,
        p99_ms: (!is_silent).then_some(short(slower * slower * wave)),
        resident_mib: short(5.0 + slower * slower * at_s.min(15.0)),
    }
}

/// Few digits, which are read as they were written.
fn short(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
