//! Simulates the server with fresh seeds, or with one: `scripts/simulate --help`.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[cfg(feature = "mutants")]
use chatserv::mutants::Mutant;
use chatserv::server::simulation::{Report, simulate, simulate_and_tell};
use clap::Parser;

/// Runs chats with simulated sockets and simulated time, and checks that everybody receives what they should.
#[derive(Parser)]
struct Options {
    /// How long to go on with one seed after another.
    #[arg(long, default_value_t = 60)]
    seconds: u64,

    /// After how many steps to end earlier. With a seed, after how many to shut down its chat.
    #[arg(long)]
    steps: Option<u64>,

    /// The first seed; a fresh one by default.
    #[arg(long)]
    first: Option<u64>,

    /// Replay this seed only, and print everything that the Hub takes.
    #[arg(long)]
    seed: Option<u64>,

    /// Make mistakes in the server, one after the other, and see whether they are found, each within a minute.
    #[arg(long)]
    mutants: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match options.seed {
        Some(seed) => replay(seed, options.steps),
        None if options.mutants => mutants(&options),
        None => fresh(&options),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        // Also if nobody reads the output any more.
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

fn fresh_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Short enough to be copied by hand.
    now.as_millis() as u64 % 1_000_000_000 * 1_000
}

/// Runs seeds from `first` on until the time is over or one fails. Returns the report, and the seed that failed.
fn run(
    first: u64,
    seconds: u64,
    steps: Option<u64>,
) -> (Report, Option<(u64, Report, String)>, Duration) {
    let began = Instant::now();
    let mut total = Report::default();
    for seed in first.. {
        let (report, result) = simulate(seed, u64::MAX);
        total.add(&report);
        if let Err(finding) = result {
            return (total, Some((seed, report, finding.to_string())), began.elapsed());
        }
        let is_over = steps.is_some_and(|steps| total.steps >= steps);
        if is_over || began.elapsed() >= Duration::from_secs(seconds) {
            break;
        }
    }
    (total, None, began.elapsed())
}

fn fresh(options: &Options) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    let first = options.first.unwrap_or_else(fresh_seed);
    writeln!(out, "seeds from {first} on, for {} s at most", options.seconds)?;
    out.flush()?;
    let (total, failed, time) = run(first, options.seconds, options.steps);
    for (what, times) in &total.counts {
        writeln!(out, "{times:>12} {what}")?;
    }
    let per_second = total.steps as f64 / time.as_secs_f64();
    writeln!(
        out,
        "{:>12} steps in {:.1} s, {per_second:.0} a second",
        total.steps,
        time.as_secs_f64()
    )?;
    match failed {
        None => {
            writeln!(out, "nothing found")?;
            Ok(true)
        }
        Some((seed, report, finding)) => {
            writeln!(out, "FOUND in step {} of seed {seed}: {finding}", report.steps)?;
            writeln!(out, "replay it: scripts/simulate --seed {seed}")?;
            Ok(false)
        }
    }
}

fn replay(seed: u64, steps: Option<u64>) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    let (report, result, story) = simulate_and_tell(seed, steps.unwrap_or(u64::MAX));
    for line in story {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{} steps, digest {:016x}", report.steps, report.digest)?;
    match result {
        Ok(()) => writeln!(out, "nothing found")?,
        Err(ref finding) => writeln!(out, "FOUND: {finding}")?,
    }
    Ok(result.is_ok())
}

#[cfg(feature = "mutants")]
fn mutants(options: &Options) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    let first = options.first.unwrap_or_else(fresh_seed);
    // Findings are expected, and some of them panic.
    std::panic::set_hook(Box::new(|_| {}));
    writeln!(out, "| mutant | mistake | found by | steps | seconds | seed |")?;
    writeln!(out, "|---|---|---|---:|---:|---:|")?;
    let mut are_all_found = true;
    for (mutant, about) in Mutant::ALL {
        Mutant::choose(Some(*mutant));
        let (total, failed, time) = run(first, options.seconds, options.steps);
        let (check, seed) = match failed {
            Some((seed, _, finding)) => {
                (finding.split(':').next().unwrap_or_default().to_owned(), seed.to_string())
            }
            None => ("NOT FOUND".to_owned(), String::new()),
        };
        are_all_found &= !seed.is_empty();
        writeln!(
            out,
            "| {mutant:?} | {about} | {check} | {} | {:.3} | {seed} |",
            total.steps,
            time.as_secs_f64()
        )?;
        out.flush()?;
    }
    Mutant::choose(None);
    Ok(are_all_found)
}

#[cfg(not(feature = "mutants"))]
fn mutants(_: &Options) -> io::Result<bool> {
    writeln!(
        io::stderr(),
        "simulate: built without mutants: `scripts/simulate --mutants` has them"
    )?;
    Ok(false)
}
