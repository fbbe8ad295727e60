//! The cost of a thread for each connection, compared with one thread for all: memory, mappings, switches and latency.

use std::io;
use std::time::Duration;

use chatserv::load::cost::{Cost, kernel_stack_bytes, mappings};

use super::room::Room;
use crate::experiment::{Change, Claim, Experiment, Outcome, Setting, claims, line_plot, series};
use crate::figure::{Axis, Figure};
use crate::source::Function;

pub const EXPERIMENT: Experiment = Experiment {
    name: "costs-of-threads",
    title: "What a thread for each connection costs",
    guess: "1,000 connections have a thread each, and each thread has a stack of 2 MiB. How much memory does the \
            server take for them, in MB?",
    takes: Duration::from_secs(9),
    measure,
    why: [
        "A stack is a range of addresses (mmap(2)). A page of memory is added with the first access to it, so a \
         blocked reader holds only the few pages that its calls have touched.",
        "The kernel needs more for each thread: four mappings (the stack, the small stack on which Rust reports an \
         overflow, and a guard page for each), page tables, and a kernel stack of 16 KiB (on x86-64), which no figure \
         of the process shows.",
        "The first few threads seem to take the most addresses, because glibc's malloc reserves a heap of 64 MiB for \
         each of them, up to 8 for each core.",
        "A message wakes the thread of its sender, which sleeps again after it. One thread for all finds the next \
         message waiting when many people talk. So threads lose in switches as well as in memory.",
        "When few people talk, both servers wake one thread for a message and make the same system calls. The number \
         of connections decides between the two, not the speed of a single one.",
    ],
    functions: &[Function::new("src/bin/lab/variants/locked.rs", "pub fn serve(")],
    change: Change {
        file: "src/bin/lab/variants/locked.rs",
        line: "let _ = Builder::new().spawn_scoped(",
        try_this: "Replace `Builder::new()` with `Builder::new().stack_size(64 * 1024)`. On two cores the addresses of \
                   1,000 connections fall to about a third (the rest are heaps, and more cores have more of them) and \
                   the page tables to a small part. The resident memory does not change.",
    },
    question: "How much does a thread really take, and how much of that does its connection take without a thread?",
};

/// The numbers of connections. A message needs two: a sender and a receiver.
const CONNECTIONS: [usize; 4] = [2, 10, 100, 1_000];
const CONNECTIONS_FULL: [usize; 5] = [2, 10, 100, 1_000, 5_000];

/// The number of connections in the guess.
const GUESSED: usize = 1_000;

/// The most pairs that talk while the switches are counted.
const PAIRS_MAX: usize = 50;

/// How long one pair talks, and then many.
const TIME: Duration = Duration::from_millis(350);

/// The cost of a server with this many connections.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    connections: usize,
    /// For each connection, in KiB, as are the next three.
    addresses: f64,
    resident: f64,
    page_tables: f64,
    /// The growth of all kernel stacks of the machine since the server was empty.
    kernel_stack: f64,
    /// Of the whole server.
    mappings: f64,
    /// While one pair talks.
    median_ms: f64,
    p99_ms: f64,
    /// Context switches for each message while many talk.
    switches: f64,
}

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let connections = setting.pick(CONNECTIONS.as_slice(), &CONNECTIONS_FULL);
    let threads = steps("threads", connections)?;
    let readiness = steps("readiness", connections)?;
    Ok(outcome(&threads, &readiness))
}

fn steps(variant: &str, connections: &[usize]) -> io::Result<Vec<Step>> {
    let mut room = Room::start(&[variant])?;
    let pid = room.server.pid();
    let (empty, stacks) = (room.server.cost()?, kernel_stack_bytes()?);
    let step = |&connections: &usize| {
        room.grow_to(connections)?;
        let (cost, mappings) = (room.server.cost()?, mappings(pid)?);
        let stacks = kernel_stack_bytes()?.saturating_sub(stacks);
        let mut few = room.whisper(1, TIME)?.latencies;
        let many = room.whisper(PAIRS_MAX.min(connections / 2), TIME)?;
        let (Some(median_ms), Some(p99_ms)) = (few.per_mille_ms(500), few.per_mille_ms(990)) else {
            return Err(io::Error::other("nobody whispered"));
        };
        let each = |bytes: u64| bytes as f64 / 1024.0 / connections as f64;
        let grown = |of: fn(&Cost) -> u64| each(of(&cost).saturating_sub(of(&empty)));
        Ok(Step {
            connections,
            addresses: grown(|cost| cost.virtual_bytes),
            resident: grown(|cost| cost.resident_bytes),
            page_tables: grown(|cost| cost.page_table_bytes),
            kernel_stack: each(stacks),
            mappings: mappings as f64,
            median_ms,
            p99_ms,
            switches: many.switches_each,
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
    let [addresses_mb, resident_mb] = [thread.addresses, thread.resident].map(megabytes);
    let (each, ready_each, ready_mb) = (thread.resident, ready.resident, megabytes(ready.resident));
    Outcome {
        finding: format!(
            "{GUESSED} threads take {addresses_mb:.0} MB of addresses and {resident_mb:.1} MB of memory, {each:.1} KiB \
             each. {GUESSED} connections in one thread take {ready_mb:.1} MB."
        ),
        measured: format!("{resident_mb:.1} MB"),
        answer: format!(
            "{each:.1} KiB of resident memory, of which the connection alone takes {ready_each:.1} KiB. The kernel \
             takes another {:.1} KiB of page tables and {:.0} KiB of stack.",
            thread.page_tables, thread.kernel_stack
        ),
        claims: claims(&thread, &ready),
        figures: figures(threads, readiness),
    }
}

/// The claims about [`GUESSED`] connections.
fn claims(thread: &Step, ready: &Step) -> Vec<Claim> {
    claims! {
        10.0 * thread.resident < 2048.0 =>
            "A thread takes less than a tenth of its stack of 2 MiB in memory ({:.1} KiB).", thread.resident;
        thread.addresses > 20.0 * thread.resident =>
            "It takes at least 20 times as many addresses as memory ({:.0} and {:.1} KiB).",
            thread.addresses, thread.resident;
        thread.resident > 1.5 * ready.resident =>
            "Threads lose in memory: they take at least 1.5 times that of readiness ({:.1} and {:.1} KiB).",
            thread.resident, ready.resident;
        thread.mappings > 10.0 * ready.mappings =>
            "They lose in mappings: they take at least 10 times as many ({:.0} and {:.0}).",
            thread.mappings, ready.mappings;
        thread.switches > 2.0 * ready.switches =>
            "They lose in switches while many talk: each message takes at least 2 times as many ({:.2} and {:.2}).",
            thread.switches, ready.switches;
        thread.median_ms < 10.0 * ready.median_ms =>
            "They do not lose in latency while few talk: it is at most 10 times that of readiness ({:.3} and {:.3} \
             ms).", thread.median_ms, ready.median_ms;
    }
}

/// A line of a plot: its name, its steps, and the value to draw.
type Line<'a> = (&'a str, &'a [Step], fn(&Step) -> f64);

fn figures(threads: &[Step], readiness: &[Step]) -> Vec<Figure> {
    let plot = |name, title, see, y: Axis, lines: &[Line<'_>]| {
        let lines = lines.iter().map(|(name, steps, value)| {
            series(name, steps, |step| (step.connections as f64, value(step)))
        });
        let x = Axis::logarithmic("connections");
        line_plot(name, title, see, x, y, lines.collect())
    };
    vec![
        plot(
            "costs-of-threads",
            "What a connection takes, with a thread and without",
            "Addresses are not memory: only the pages of a stack that were touched exist. The first connections also \
                 pay for what all of them share.",
            Axis::logarithmic("for each connection (KiB)"),
            &[
                ("threads, addresses", threads, |step| step.addresses),
                ("threads, resident", threads, |step| step.resident),
                ("readiness, addresses", readiness, |step| step.addresses),
                ("readiness, resident", readiness, |step| step.resident),
            ],
        ),
        plot(
            "costs-of-threads-mappings",
            "The memory mappings of the server",
            "Each thread takes four. Linux allows a process 65,530 by default (vm.max_map_count; some distributions \
             set it to 1,048,576), so it may run out of mappings before it runs out of memory.",
            Axis::logarithmic("memory mappings"),
            &[
                ("threads", threads, |step| step.mappings),
                ("readiness", readiness, |step| step.mappings),
            ],
        ),
        plot(
            "costs-of-threads-switches",
            "How often a thread goes to sleep for each message, while up to 100 people talk",
            "One thread for all finds more work while many talk. A thread of its own sleeps after each message.",
            Axis::linear("context switches for each message"),
            &[
                ("threads", threads, |step| step.switches),
                ("readiness", readiness, |step| step.switches),
            ],
        ),
        plot(
            "costs-of-threads-latency",
            "The latency of a message while two people talk and the others are idle",
            "Idle threads cost no time: no line rises with the connections, though that of threads is higher.",
            Axis::logarithmic("latency (ms)"),
            &[
                ("threads, median", threads, |step| step.median_ms),
                ("threads, p99", threads, |step| step.p99_ms),
                ("readiness, median", readiness, |step| step.median_ms),
                ("readiness, p99", readiness, |step| step.p99_ms),
            ],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::holding;

    fn step(resident: f64, mappings: f64, switches: f64, median_ms: f64) -> Step {
        Step {
            connections: GUESSED,
            addresses: 2_060.0,
            resident,
            mappings,
            median_ms,
            switches,
            ..Step::default()
        }
    }

    #[test]
    fn the_claims_say_where_threads_lose_and_where_they_do_not() {
        let ready = step(4.0, 40.0, 0.1, 0.03);
        for (thread, expected) in [
            (step(16.0, 2_040.0, 1.0, 0.04), [true; 6]),
            (step(2_050.0, 40.0, 0.1, 0.9), [false, false, true, false, false, false]),
            (ready, [true, true, false, false, false, true]),
        ] {
            let outcome = outcome(&[thread], &[ready]);
            assert_eq!(outcome.figures.len(), 4);
            assert_eq!(holding(&outcome), expected);
        }
    }
}
