//! What was promised, as data.

use super::which::Which;
use crate::peers::label::{FLOOR, NATS, REDIS};
use crate::record::{Workload, figure};

/// One promise about our server.
#[derive(Debug)]
pub struct Claim {
    /// What it is about, for people.
    pub work: &'static str,
    pub workload: Workload,
    /// Which of the workload's cases.
    pub which: Which,
    pub figure: &'static str,
    pub measured: Measured,
    pub bound: Bound,
}

/// What is compared with the bound.
#[derive(Debug, Clone, Copy)]
pub enum Measured {
    /// The figure itself, in this unit.
    Value(&'static str),
    /// The same, and the least of all rounds counts instead of their median.
    Least(&'static str),
    /// The figure over that of this server, both of the same round.
    Over(&'static str),
    /// The figure over our own of the same round, where all read.
    OverAllReading,
}

/// Where the measured value has to lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    AtMost(f64),
    Below(f64),
    AtLeast(f64),
}

impl Bound {
    pub fn holds(self, value: f64) -> bool {
        match self {
            Bound::AtMost(bound) => value <= bound,
            Bound::Below(bound) => value < bound,
            Bound::AtLeast(bound) => value >= bound,
        }
    }
}

const fn fan_out(work: &'static str, which: Which, over: &'static str, at_most: f64) -> Claim {
    Claim {
        work,
        workload: Workload::FanOut,
        which,
        figure: figure::SERVER_CPU_US,
        measured: Measured::Over(over),
        bound: Bound::AtMost(at_most),
    }
}

const fn p50(work: &'static str, which: Which, over: &'static str, at_most: f64) -> Claim {
    Claim {
        work,
        workload: Workload::Latency,
        which,
        figure: figure::P50_MS,
        measured: Measured::Over(over),
        bound: Bound::AtMost(at_most),
    }
}

const fn p99(work: &'static str, which: Which, over: &'static str) -> Claim {
    Claim {
        figure: figure::P99_MS,
        ..p50(work, which, over, 1.0)
    }
}

const fn idle(work: &'static str, figure: &'static str, measured: Measured, bound: Bound) -> Claim {
    Claim {
        work,
        workload: Workload::Idle,
        which: Which::to(10_000),
        figure,
        measured,
        bound,
    }
}

const TO_10: Which = Which::to(10).of_bytes(64);
const TO_100: Which = Which::to(100).of_bytes(64);
const TO_1000: Which = Which::to(1_000).of_bytes(64);
const TO_5000: Which = Which::to(5_000).of_bytes(64);
const LONG_TO_100: Which = Which::to(100).of_bytes(512);
const SLOW_TO_100: Which = Which::to(100).at_rate(100);
const SLOW_TO_1000: Which = Which::to(1_000).at_rate(100);
const FAST_TO_100: Which = Which::to(100).at_rate(1_000);
const ONE_STALLED: Which = Which::to(100).with_stalled(1);

const FAN_OUT_10: &str = "fan-out to 10, CPU a delivery";
const FAN_OUT_100: &str = "fan-out to 100, CPU a delivery";
const FAN_OUT_1000: &str = "fan-out to 1,000, CPU a delivery";
const FAN_OUT_5000: &str = "fan-out to 5,000, CPU a delivery";
const FAN_OUT_LONG: &str = "fan-out of 512 bytes to 100, CPU a delivery";
const SLOW_100_P50: &str = "latency, 100/s to 100, p50";
const SLOW_100_P99: &str = "latency, 100/s to 100, p99";
const SLOW_1000_P50: &str = "latency, 100/s to 1,000, p50";
const SLOW_1000_P99: &str = "latency, 100/s to 1,000, p99";
const FAST_100_P50: &str = "latency, 1,000/s to 100, p50";
const FAST_100_P99: &str = "latency, 1,000/s to 100, p99";

/// All of them, in the order of the table.
pub const ALL: [Claim; 31] = [
    fan_out(FAN_OUT_10, TO_10, REDIS, 1.0),
    fan_out(FAN_OUT_10, TO_10, FLOOR, 1.3),
    fan_out(FAN_OUT_100, TO_100, REDIS, 0.65),
    fan_out(FAN_OUT_100, TO_100, NATS, 0.33),
    fan_out(FAN_OUT_100, TO_100, FLOOR, 1.2),
    fan_out(FAN_OUT_1000, TO_1000, REDIS, 0.25),
    fan_out(FAN_OUT_1000, TO_1000, NATS, 0.15),
    fan_out(FAN_OUT_1000, TO_1000, FLOOR, 1.25),
    fan_out(FAN_OUT_5000, TO_5000, REDIS, 0.7),
    fan_out(FAN_OUT_5000, TO_5000, FLOOR, 0.8),
    fan_out(FAN_OUT_LONG, LONG_TO_100, REDIS, 0.3),
    fan_out(FAN_OUT_LONG, LONG_TO_100, FLOOR, 1.2),
    p50(SLOW_100_P50, SLOW_TO_100, FLOOR, 1.1),
    p50(SLOW_100_P50, SLOW_TO_100, REDIS, 1.0),
    p99(SLOW_100_P99, SLOW_TO_100, REDIS),
    p99(SLOW_100_P99, SLOW_TO_100, NATS),
    p50(SLOW_1000_P50, SLOW_TO_1000, FLOOR, 1.1),
    p50(SLOW_1000_P50, SLOW_TO_1000, REDIS, 1.0),
    p99(SLOW_1000_P99, SLOW_TO_1000, REDIS),
    p99(SLOW_1000_P99, SLOW_TO_1000, NATS),
    p50(FAST_100_P50, FAST_TO_100, FLOOR, 1.1),
    p99(FAST_100_P99, FAST_TO_100, REDIS),
    p99(FAST_100_P99, FAST_TO_100, NATS),
    Claim {
        work: "1 stalled among 100, the others' p99",
        workload: Workload::Stalled,
        which: ONE_STALLED,
        figure: figure::P99_MS,
        measured: Measured::OverAllReading,
        bound: Bound::AtMost(1.1),
    },
    Claim {
        work: "1 stalled among 100, memory grown",
        workload: Workload::Stalled,
        which: ONE_STALLED,
        figure: figure::GROWN_MIB,
        measured: Measured::Value("MiB"),
        bound: Bound::AtMost(8.0),
    },
    idle(
        "10,000 people, logged in",
        figure::PEOPLE_IN,
        Measured::Least("people"),
        Bound::AtLeast(10_000.0),
    ),
    idle(
        "10,000 people, resident memory a person",
        figure::RESIDENT_KIB_PER_PERSON,
        Measured::Value("KiB"),
        Bound::AtMost(12.0),
    ),
    idle(
        "10,000 people, kernel memory a person",
        figure::KERNEL_KIB_PER_PERSON,
        Measured::Value("KiB"),
        Bound::AtMost(30.0),
    ),
    idle(
        "10,000 people, CPU",
        figure::SERVER_CPU_PERCENT,
        Measured::Value("%"),
        Bound::Below(1.0),
    ),
    idle(
        "10,000 people, logins a second",
        figure::LOGINS_PER_S,
        Measured::Over(REDIS),
        Bound::AtLeast(0.8),
    ),
    Claim {
        work: "churn, cycles a second",
        workload: Workload::Churn,
        which: Which::ANY,
        figure: figure::CYCLES_PER_S,
        measured: Measured::Over(NATS),
        bound: Bound::AtLeast(1.0),
    },
];
