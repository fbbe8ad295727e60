//! What a thread for each connection costs, beside one thread for all: memory, mappings, switches and latency.

use std::io;
use std::time::Duration;

use chatserv::load::cost::{Cost, kernel_stack_bytes, mappings};

use super::room::Room;
use crate::experiment::{Change, Claim, Experiment, Outcome, Setting};
use crate::figure::{Axis, Drawing, Figure, Series};

/// See the module.
pub const EXPERIMENT: Experiment = Experiment {
    name: "costs-of-threads",
    title: "What a thread for each connection costs",
    guess: "1,000 connections have a thread each, and each thread has a stack of 2 MiB. How much memory does the server take for \
            them, in MB?",
    takes: Duration::from_secs(9),
    measure,
    why: [
        "A stack is a promise of addresses: mmap(2) takes down where it lies, and a page of memory comes with the first touch of \
         it, so a reader that blocks in `read` holds the few pages that its calls have touched, however large its stack is.",
        "What it takes beyond that is the kernel's: four mappings (the stack, the small one on which Rust tells of an overflow, and a \
         guard page for each), page tables, and 16 KiB (on x86-64) in which the kernel works for it, which no figure of the process \
         shows.",
        "The first few threads look dearest in addresses, since glibc's malloc reserves a heap of 64 MiB for each of them, up to 8 \
         for each core.",
        "A message wakes the thread of its sender, and a thread that has one socket goes back to sleep after it, whereas one thread \
         for all finds the next message waiting when many talk: there threads lose, in switches as in memory.",
        "While few talk, either has one thread to wake for a message and the same system calls to make, so that the latency is \
         about the same: what decides for or against threads is how many connections there are, and not how fast one of them is.",
    ],
    change: Change {
        file: "src/bin/lab/variants/locked.rs",
        line: "Builder::new().spawn_scoped(",
        try_this: "Make it `Builder::new().stack_size(64 * 1024).spawn_scoped(`: the addresses of 1,000 connections fall, on two \
                   cores to about a third (the rest are heaps, of which more cores have more), the page tables to a small part, and the resident memory stays as it is.",
    },
    question: "What does a thread really take, and how much of that would its connection take without one?",
};

/// How many are connected. Two at the least: a message is said by one and heard by another.
const CONNECTIONS: [usize; 4] = [2, 10, 100, 1_000];
const CONNECTIONS_FULL: [usize; 5] = [2, 10, 100, 1_000, 5_000];

/// The number that the guess is about.
const GUESSED: usize = 1_000;

/// So many pairs talk at once at the most, where the switches are counted.
const PAIRS_MAX: usize = 50;

/// How long they talk, with each number of connections: first one pair, then many.
const TIME: Duration = Duration::from_millis(350);

/// What one server took with so many connections.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    connections: usize,
    /// Addresses for each connection, in KiB.
    addresses: f64,
    /// Resident memory for each connection, in KiB.
    resident: f64,
    /// Page tables for each connection, in KiB.
    page_tables: f64,
    /// Of the whole server.
    mappings: f64,
    /// While one pair talks, in milliseconds; so is the next.
    median: f64,
    p99: f64,
    /// Context switches for each message while many talk.
    switches: f64,
    /// What the kernel's stacks of the whole machine have grown by since the server was empty, in KiB for each connection.
    kernel_stack: f64,
}

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let connections = setting.pick(CONNECTIONS.as_slice(), &CONNECTIONS_FULL);
    let threads = steps("threads", connections)?;
    let readiness = steps("readiness", connections)?;
    Ok(outcome(&threads, &readiness))
}

fn steps(variant: &str, connections: &[usize]) -> io::Result<Vec<Step>> {
    let mut room = Room::start(&[variant])?;
    let pid = room.serving.pid();
    let (empty, stacks) = (room.serving.cost()?, kernel_stack_bytes()?);
    let step = |&connections: &usize| {
        room.grow_to(connections)?;
        let (cost, mappings) = (room.serving.cost()?, mappings(pid)?);
        let stacks = kernel_stack_bytes()?.saturating_sub(stacks);
        let mut few = room.whisper(1, TIME)?.whispers.latencies;
        let many = room.whisper(PAIRS_MAX.min(connections / 2), TIME)?;
        let (Some(median), Some(p99)) = (few.per_mille_ms(500), few.per_mille_ms(990)) else {
            return Err(io::Error::other("nothing was whispered"));
        };
        let each = |bytes: u64| bytes as f64 / 1024.0 / connections as f64;
        let grown = |of: fn(&Cost) -> u64| each(of(&cost).saturating_sub(of(&empty)));
        Ok(Step {
            connections,
            addresses: grown(|cost| cost.virtual_bytes),
            resident: grown(|cost| cost.resident_bytes),
            page_tables: grown(|cost| cost.page_table_bytes),
            mappings: mappings as f64,
            median,
            p99,
            switches: many.switches_each,
            kernel_stack: each(stacks),
        })
    };
    connections.iter().map(step).collect()
}

fn outcome(threads: &[Step], readiness: &[Step]) -> Outcome {
    let at = |steps: &[Step]| {
        let step = steps.iter().find(|step| step.connections == GUESSED);
        step.copied().unwrap_or_default()
    };
    let (thread, ready) = (at(threads), at(readiness));
    let megabytes = |kib: f64| kib * 1024.0 * GUESSED as f64 / 1e6;
    Outcome {
        found: format!(
            "{GUESSED} threads take {:.0} MB of addresses and {:.1} MB of memory, {:.1} KiB each; {GUESSED} connections in one \
             thread take {:.1} MB.",
            megabytes(thread.addresses),
            megabytes(thread.resident),
            thread.resident,
            megabytes(ready.resident)
        ),
        guessed: format!("{:.1} MB", megabytes(thread.resident)),
        answer: format!(
            "{:.1} KiB of resident memory, of which its connection takes {:.1} KiB without a thread as well; besides, in the kernel, \
             {:.1} KiB of page tables and {:.0} KiB of stack",
            thread.resident, ready.resident, thread.page_tables, thread.kernel_stack
        ),
        claims: claims(&thread, &ready),
        figures: vec![
            figure(
                "costs-of-threads",
                "What a connection takes, with a thread and without",
                "Addresses are not memory: of each stack only the pages that were touched are there. The first connections also pay for \
                 what all of them share.",
                Axis::logarithmic("for each connection (KiB)"),
                [
                    ("threads, addresses", threads, |step| step.addresses),
                    ("threads, resident", threads, |step| step.resident),
                    ("readiness, addresses", readiness, |step| step.addresses),
                    ("readiness, resident", readiness, |step| step.resident),
                ],
            ),
            figure(
                "costs-of-threads-mappings",
                "How many stretches of addresses the kernel keeps for the server",
                "Each thread takes four, and Linux by default allows a process 65,530 (`vm.max_map_count`; some distributions set it to \
                 1,048,576): with the default they are used up before the memory is.",
                Axis::logarithmic("memory mappings"),
                [
                    ("threads", threads, |step| step.mappings),
                    ("readiness", readiness, |step| step.mappings),
                ],
            ),
            figure(
                "costs-of-threads-switches",
                "How often a thread goes to sleep for each message, while up to 100 talk",
                "One thread for all finds more to do while many talk, and a thread of its own sleeps after each message.",
                Axis::linear("context switches for each message"),
                [
                    ("threads", threads, |step| step.switches),
                    ("readiness", readiness, |step| step.switches),
                ],
            ),
            figure(
                "costs-of-threads-latency",
                "How long a message takes while two talk and the others are idle",
                "Idle threads cost nobody time: no line rises with the connections, though that of threads lies higher.",
                Axis::logarithmic("latency (ms)"),
                [
                    ("threads, median", threads, |step| step.median),
                    ("threads, p99", threads, |step| step.p99),
                    ("readiness, median", readiness, |step| step.median),
                    ("readiness, p99", readiness, |step| step.p99),
                ],
            ),
        ],
    }
}

/// What holds with the number of connections that the guess is about.
fn claims(thread: &Step, ready: &Step) -> Vec<Claim> {
    let claim = |says, holds| Claim { says, holds };
    vec![
        claim(
            format!(
                "A thread takes less than a tenth of its stack of 2 MiB in memory ({:.1} KiB).",
                thread.resident
            ),
            10.0 * thread.resident < 2048.0,
        ),
        claim(
            format!(
                "It takes at least 20 times as many addresses as memory ({:.0} KiB against {:.1} KiB).",
                thread.addresses, thread.resident
            ),
            thread.addresses > 20.0 * thread.resident,
        ),
        claim(
            format!(
                "Threads lose in memory: at least 1.5 times that of readiness ({:.1} against {:.1} KiB).",
                thread.resident, ready.resident
            ),
            thread.resident > 1.5 * ready.resident,
        ),
        claim(
            format!(
                "They lose in mappings: at least 10 times as many ({:.0} against {:.0}).",
                thread.mappings, ready.mappings
            ),
            thread.mappings > 10.0 * ready.mappings,
        ),
        claim(
            format!(
                "They lose in switches while many talk: at least 2 times as many for each message ({:.2} against {:.2}).",
                thread.switches, ready.switches
            ),
            thread.switches > 2.0 * ready.switches,
        ),
        claim(
            format!(
                "They do not lose in latency while few talk: at the most 10 times that of readiness ({:.3} against {:.3} ms).",
                thread.median, ready.median
            ),
            thread.median < 10.0 * ready.median,
        ),
    ]
}

/// One line: its name, of which server, and which of its values.
type Line<'a> = (&'a str, &'a [Step], fn(&Step) -> f64);

fn figure<const LINES: usize>(
    name: &str,
    title: &str,
    see: &str,
    y: Axis,
    lines: [Line<'_>; LINES],
) -> Figure {
    let series = |(name, steps, value): Line<'_>| Series {
        name: name.to_owned(),
        points: steps
            .iter()
            .map(|step| (step.connections as f64, value(step)))
            .collect(),
    };
    Figure {
        name: name.to_owned(),
        title: title.to_owned(),
        see: see.to_owned(),
        drawing: Drawing::Lines {
            x: Axis::logarithmic("connections"),
            y,
            series: lines.map(series).into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(resident: f64, mappings: f64, switches: f64, median: f64) -> Step {
        Step {
            connections: GUESSED,
            addresses: 2_060.0,
            resident,
            mappings,
            median,
            switches,
            ..Step::default()
        }
    }

    #[test]
    fn the_claims_say_where_threads_lose_and_where_they_do_not() {
        let holding = |thread, ready| -> Vec<bool> {
            let outcome = outcome(&[thread], &[ready]);
            assert_eq!(outcome.figures.len(), 4);
            outcome.claims.iter().map(|claim| claim.holds).collect()
        };
        let ready = step(4.0, 40.0, 0.1, 0.03);
        assert_eq!(holding(step(16.0, 2_040.0, 1.0, 0.04), ready), [true; 6]);
        assert_eq!(
            holding(step(2_050.0, 40.0, 0.1, 0.9), ready),
            [false, false, true, false, false, false]
        );
        assert_eq!(
            holding(ready, ready),
            [true, true, false, false, false, true]
        );
    }
}
