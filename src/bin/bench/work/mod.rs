//! The kinds of work that are measured.

pub mod churn;
mod fan_out;
mod idle;
pub mod latency;
mod stalled;

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use chatserv::load::latencies::Latencies;

use crate::deliveries::Check;
use crate::results::{Case, Figures, Moment, Workload, figure};
use crate::talk::{Group, Observer, Outcome, Pace, SPEAKERS, Talk, Until};
use crate::trial::Trial;

const MIB: f64 = 1024.0 * 1024.0;

/// The largest number of clients besides the receivers of a case.
pub const EXTRA_CLIENTS: usize = latency::NOISY_PEOPLE + churn::VISITORS;

/// The figures of a measurement, and its moments where they matter.
pub type Measured = (Figures, Vec<Moment>);

/// Measures one case with a server that has no clients, or those of the previous case of the same step. The costs of idle
/// clients are measured only `with_costs`, because that takes ten seconds.
pub fn measure(
    trial: &mut Trial,
    workload: Workload,
    case: &Case,
    check: Check,
    time: Duration,
    with_costs: bool,
) -> io::Result<Measured> {
    let people = case.people;
    if trial.crowd.is_empty() {
        match workload {
            Workload::Noisy => trial.fill(people, people + 1)?,
            Workload::Churn => trial.connect(people, 0)?,
            Workload::Idle | Workload::Joined => {}
            Workload::Rooms => trial.fill_rooms(people)?,
            _ => trial.fill(people, SPEAKERS.min(people))?,
        }
        trial.wait_for_quiet()?;
    }
    let figures = match workload {
        Workload::FanOut
        | Workload::Full
        | Workload::Growth
        | Workload::Rooms
        | Workload::Protocols => fan_out::measure(trial, case, check, time)?,
        Workload::Latency => latency::measure(trial, case, time)?,
        Workload::Noisy => latency::measure_noisy(trial, case, time)?,
        Workload::Stalled => return stalled::measure(trial, case, time),
        Workload::Churn => churn::measure(trial, case, time)?,
        Workload::Idle | Workload::Joined => idle::measure(trial, case, with_costs)?,
    };
    Ok((figures, Vec::new()))
}

/// All speakers together, with the window of the case.
fn full_speed(trial: &Trial, case: &Case) -> [Group; 1] {
    [Group { speakers: trial.speakers(), pace: Pace::Window(case.window) }]
}

/// Holds a talk for `warm_up` without measuring, and then for `time`.
fn warmed_up(
    trial: &mut Trial,
    talk: Talk<'_>,
    warm_up: Duration,
    time: Duration,
    observer: &mut impl Observer,
    between: impl FnOnce(&mut Trial) -> io::Result<()>,
) -> io::Result<Outcome> {
    let until = |time| Talk { until: Until::Passed(time), ..talk };
    until(warm_up).hold(trial, &mut ())?;
    between(trial)?;
    until(time).hold(trial, observer)
}

fn figures<const N: usize>(figures: [(&str, f64); N]) -> Figures {
    BTreeMap::from(figures.map(|(name, value)| (name.to_owned(), value)))
}

fn percentiles(latencies: &mut Latencies) -> Figures {
    [(figure::P50_MS, 500), (figure::P99_MS, 990), (figure::P999_MS, 999), (figure::MAX_MS, 1000)]
        .into_iter()
        .filter_map(|(name, rank)| Some((name.to_owned(), latencies.per_mille_ms(rank)?)))
        .collect()
}

fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

fn percent(cpu: Duration, time: Duration) -> f64 {
    100.0 * cpu.as_secs_f64() / time.as_secs_f64()
}
