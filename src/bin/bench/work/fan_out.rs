//! Fan-out: as many messages as a bounded window allows, to all clients.

use std::io;
use std::time::Duration;

use chatserv::load::cost::{Thread, switches};
use rustix::time::{ClockId, clock_gettime};

use super::{figures, full_speed, per_second, percent};
use crate::deliveries::Check;
use crate::results::{Case, Figures, figure};
use crate::talk::{SPEAKERS, Talk, Until};
use crate::trial::Trial;

/// How many windows of messages are checked byte by byte before the measurement.
const CHECKED: u64 = 4;

/// With more clients, context switches are not counted: where each client has a thread, this would take longer than the
/// measurement.
const SWITCHES_CLIENTS_MAX: usize = 1000 + SPEAKERS;

/// The thread of this project's server that writes a history on disk.
const ARCHIVE: &str = "archive";

/// Measures what a delivery costs the server.
pub fn measure(
    trial: &mut Trial,
    case: &Case,
    check: Check,
    time: Duration,
) -> io::Result<Figures> {
    let groups = full_speed(trial, case);
    let talk = Talk {
        groups: &groups,
        payload_bytes: case.payload_bytes,
        check: Check::All,
        until: Until::Sent(CHECKED * case.window),
    };
    talk.hold(trial, &mut ())?;
    let talk = Talk { check, until: Until::Passed(time), ..talk };
    let counts_switches = trial.crowd.len() <= SWITCHES_CLIENTS_MAX;
    let switches = |trial: &Trial| counts_switches.then(|| switches(trial.pid())).transpose();
    let switches_before = switches(trial)?;
    let archive = Thread::named(trial.pid(), ARCHIVE)?;
    let archive_cpu = || archive.as_ref().map(Thread::cpu).transpose();
    let archive_before = archive_cpu()?;
    let (server, generator) = (trial.cost()?.cpu, own_cpu());
    let outcome = talk.hold(trial, &mut ())?;
    let server = trial.cost()?.cpu - server;
    let generator = own_cpu() - generator;

    let (deliveries, messages) = (outcome.deliveries, outcome.messages);
    let micros = |time: Duration, count: u64| time.as_secs_f64() * 1e6 / count as f64;
    let mut figures = figures([
        (figure::SERVER_CPU_US, micros(server, deliveries)),
        (figure::SERVER_CPU_MESSAGE_US, micros(server, messages)),
        (figure::GENERATOR_CPU_US, micros(generator, deliveries)),
        (figure::DELIVERIES_PER_S, per_second(deliveries, outcome.took)),
        (figure::SERVER_CPU_PERCENT, percent(server, outcome.took)),
        (figure::GENERATOR_CPU_PERCENT, percent(generator, outcome.took)),
    ]);
    if let (Some(before), Some(after)) = (archive_before, archive_cpu()?) {
        figures.insert(figure::HISTORY_CPU_PERCENT.to_owned(), percent(after - before, server));
    }
    if let (Some(before), Some(after)) = (switches_before, switches(trial)?) {
        let each = after.saturating_sub(before) as f64 / messages as f64;
        figures.insert(figure::SWITCHES_PER_MESSAGE.to_owned(), each);
    }
    Ok(figures)
}

fn own_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::floor;

    #[test]
    fn the_cost_of_a_delivery_is_measured() {
        let mut trial = floor();
        trial.fill(10, SPEAKERS).unwrap();
        for check in [Check::Count, Check::All] {
            let time = Duration::from_millis(200);
            let figures = measure(&mut trial, &Case::of(10, 64), check, time).unwrap();
            assert!(figures[figure::DELIVERIES_PER_S] > 0.0);
            assert!(figures[figure::GENERATOR_CPU_US] > 0.0);
            assert!(figures[figure::GENERATOR_CPU_PERCENT] > 0.0);
            let ratio = figures[figure::SERVER_CPU_MESSAGE_US] / figures[figure::SERVER_CPU_US];
            assert!((ratio - 10.0).abs() < 1e-6, "{ratio}");
            assert!(figures[figure::SWITCHES_PER_MESSAGE] >= 0.0);
        }
    }
}
