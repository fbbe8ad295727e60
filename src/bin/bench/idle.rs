//! People who are there and say nothing: how fast they come in, and what each of them costs.

use std::collections::BTreeMap;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crate::hearing::Ear;
use crate::record::figure;
use crate::stage::Stage;
use crate::talk::{Group, Nobody, Pace, Talk, Until};
use chatserv::load::cost::kernel_bytes;

/// How long after the last has come it is looked at what the server does: whatever a server still has to say about
/// arrivals (ours gathers them for five seconds) is said by then.
const SETTLE: Duration = Duration::from_secs(6);

/// How long it is watched doing nothing.
const WATCH: Duration = Duration::from_secs(3);

/// How often, and how many times at the most, it is looked whether the kernel still frees what it held before; less than
/// so much is other work on the machine.
const SETTLING: Duration = Duration::from_millis(200);
const SETTLING_LOOKS_MAX: u32 = 15;
const SETTLED_BYTES: u64 = 256 * 1024;

const KIB: f64 = 1024.0;

/// How fast so many come in, and, if `costs` are asked for, what each of them costs who says nothing, and how long one
/// message to all of them takes.
///
/// # Errors
/// Not all come in, or one does not hear the message.
pub fn measure(
    stage: &mut Stage,
    people: usize,
    payload_bytes: usize,
    costs: bool,
) -> io::Result<BTreeMap<String, f64>> {
    let kernel_before = settled_kernel_bytes()?;
    let empty = stage.cost()?;
    let began = Instant::now();
    stage.let_in(people, 0)?;
    let took = began.elapsed();
    let mut figures = BTreeMap::new();
    let mut figure = |name: &str, value: f64| figures.insert(name.to_owned(), value);
    figure(figure::LOGINS_PER_S, people as f64 / took.as_secs_f64());
    figure(figure::PEOPLE_IN, people as f64);
    if !costs {
        return Ok(figures);
    }
    stage.let_pass(SETTLE)?;
    let (full, kernel) = (stage.cost()?, kernel_bytes()?);
    thread::sleep(WATCH);
    let cpu = stage.cost()?.cpu - full.cpu;
    let each = |after: u64, before: u64| after.saturating_sub(before) as f64 / KIB / people as f64;
    figure(
        figure::RESIDENT_KIB_PER_PERSON,
        each(full.resident_bytes, empty.resident_bytes),
    );
    figure(figure::KERNEL_KIB_PER_PERSON, each(kernel, kernel_before));
    figure(
        figure::SERVER_CPU_PERCENT,
        100.0 * cpu.as_secs_f64() / WATCH.as_secs_f64(),
    );
    stage.let_in(0, 1)?;
    stage.wait_for_quiet()?;
    let groups = [Group {
        speakers: 0..1,
        pace: Pace::Window(1),
    }];
    let talk = Talk {
        groups: &groups,
        payload_bytes,
        ear: Ear::Checking,
        until: Until::Said(1),
    };
    let outcome = talk.hold(stage, &mut Nobody)?;
    figure(figure::BROADCAST_MS, outcome.took.as_secs_f64() * 1e3);
    Ok(figures)
}

/// What the kernel holds, once it has let go of what the server before had: sockets and stacks are freed late.
fn settled_kernel_bytes() -> io::Result<u64> {
    let mut before = kernel_bytes()?;
    for _ in 0..SETTLING_LOOKS_MAX {
        thread::sleep(SETTLING);
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
    use crate::floor::Sends;
    use crate::testing::floor;

    #[test]
    fn who_comes_in_is_counted() {
        let mut stage = floor(Sends::Gathered);
        let figures = measure(&mut stage, 20, 64, false).unwrap();
        assert_eq!(figures[figure::PEOPLE_IN], 20.0);
        assert!(figures[figure::LOGINS_PER_S] > 0.0);
        assert_eq!(stage.hearers(), 20);
    }
}
