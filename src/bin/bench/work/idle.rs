//! Clients that send nothing: how fast they log in, and what each costs.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use chatserv::load::cost::kernel_bytes;

use super::{figures, per_second, percent};
use crate::deliveries::Check;
use crate::results::{Case, Figures, figure};
use crate::talk::{Group, Pace, Talk, Until};
use crate::trial::Trial;

/// After this time, a server has sent everything about arrivals: ours collects them for five seconds.
const SETTLE: Duration = Duration::from_secs(6);

const WATCH: Duration = Duration::from_secs(3);

/// The kernel frees the sockets and stacks of the previous server late. It has settled when its memory changes by less
/// than this from one look to the next; smaller changes come from other work on the machine.
const SETTLED_BYTES: u64 = 256 * 1024;
const LOOK: Duration = Duration::from_millis(200);
const LOOKS_MAX: u32 = 15;

pub fn measure(trial: &mut Trial, case: &Case, with_costs: bool) -> io::Result<Figures> {
    let people = case.people;
    let kernel_before = if with_costs { settled_kernel_bytes()? } else { 0 };
    let empty = trial.cost()?;
    let began = Instant::now();
    trial.connect(people, 0)?;
    let mut measured = figures([
        (figure::LOGINS_PER_S, per_second(people as u64, began.elapsed())),
        (figure::PEOPLE_IN, people as f64),
    ]);
    if !with_costs {
        return Ok(measured);
    }
    trial.drop_for(SETTLE)?;
    let (full, kernel) = (trial.cost()?, kernel_bytes()?);
    thread::sleep(WATCH);
    let cpu = trial.cost()?.cpu - full.cpu;

    trial.connect(0, 1)?;
    trial.wait_for_quiet()?;
    let groups = [Group { speakers: 0..1, pace: Pace::Window(1) }];
    let talk = Talk {
        groups: &groups,
        payload_bytes: case.payload_bytes,
        check: Check::All,
        until: Until::Sent(1),
    };
    let broadcast = talk.hold(trial, &mut ())?.took;
    let kib =
        |after: u64, before: u64| after.saturating_sub(before) as f64 / 1024.0 / people as f64;
    measured.extend(figures([
        (figure::RESIDENT_KIB_PER_PERSON, kib(full.resident_bytes, empty.resident_bytes)),
        (figure::KERNEL_KIB_PER_PERSON, kib(kernel, kernel_before)),
        (figure::SERVER_CPU_PERCENT, percent(cpu, WATCH)),
        (figure::BROADCAST_MS, broadcast.as_secs_f64() * 1e3),
    ]));
    Ok(measured)
}

/// The kernel's memory, once it has freed that of the previous server.
fn settled_kernel_bytes() -> io::Result<u64> {
    let mut before = kernel_bytes()?;
    for _ in 0..LOOKS_MAX {
        thread::sleep(LOOK);
        let now = kernel_bytes()?;
        if now.abs_diff(before) < SETTLED_BYTES {
            return Ok(now);
        }
        before = now;
    }
    Ok(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::floor;

    #[test]
    fn logins_are_counted() {
        let mut trial = floor();
        let figures = measure(&mut trial, &Case::of(20, 64), false).unwrap();
        assert_eq!(figures[figure::PEOPLE_IN], 20.0);
        assert!(figures[figure::LOGINS_PER_S] > 0.0);
        assert_eq!(trial.receivers(), 20);
    }
}
