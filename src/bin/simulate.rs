//! Simulates the server with fresh seeds, or with one: `scripts/simulate --help`.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[cfg(feature = "mutants")]
use chatserv::mutants::Mutant;
use chatserv::server::simulation::{Report, simulate, simulate_and_tell};
use clap::Parser;

/// No seed takes this long, even on a machine that is busy with other things.
const SEED_TIME_MAX: Duration = Duration::from_secs(60);

/// The status after a seed that did not end or that ended the process.
const STATUS_CRASHED: u8 = 3;

/// The child writes this before each seed that it runs.
const SEED_MARK: &str = "simulating seed ";

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

    /// Build faults into the server, one after the other, and see whether each is found within a minute.
    #[arg(long)]
    mutants: bool,

    /// Build in this fault only, by its name in the table of `--mutants`. With a seed, replay it.
    #[arg(long, value_name = "NAME")]
    mutant: Option<String>,

    /// Run the seeds in this process: it is the child of one that notes where a seed crashes or hangs.
    #[arg(long, hide = true)]
    child: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match options.seed {
        Some(seed) => replay(seed, &options),
        None if !options.child => return supervise(),
        None if options.mutants || options.mutant.is_some() => mutants(&options),
        None => fresh(&options),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        // Also if nobody reads the output any more.
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

/// Runs the seeds in a child, which first tells each seed: a seed that overflows a stack or never ends takes the process with
/// it.
fn supervise() -> ExitCode {
    let start = || {
        let mut command = Command::new(env::current_exe()?);
        command.args(env::args_os().skip(1)).arg("--child").stderr(Stdio::piped()).spawn()
    };
    let mut child = match start() {
        Ok(child) => child,
        Err(error) => {
            complain(&format!("simulate: cannot start itself: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let (sender, lines) = mpsc::channel();
    let errors = child.stderr.take();
    let relay = thread::spawn(move || {
        for line in errors.into_iter().flat_map(|errors| BufReader::new(errors).lines()) {
            let Ok(line) = line else { return };
            match line.strip_prefix(SEED_MARK) {
                Some(seed) if sender.send(seed.to_owned()).is_err() => return,
                Some(_) => {}
                None => complain(&line),
            }
        }
    });
    let mut last = String::from("none yet");
    let hangs = loop {
        match lines.recv_timeout(SEED_TIME_MAX) {
            Ok(seed) => last = seed,
            Err(RecvTimeoutError::Disconnected) => break false,
            Err(RecvTimeoutError::Timeout) => break true,
        }
    };
    if hangs {
        // Its end shows below, whether this succeeds or not.
        let _ = child.kill();
    }
    let status = child.wait();
    let _ = relay.join();
    match status {
        Ok(status) if !hangs && status.code().is_some() => {
            ExitCode::from(u8::from(!status.success()))
        }
        _ => {
            let what = if hangs { "HANGS" } else { "CRASHED" };
            complain(&format!("{what}: replay it: scripts/simulate --seed {last}"));
            ExitCode::from(STATUS_CRASHED)
        }
    }
}

/// Writes to stderr, whether somebody reads it or not.
fn complain(text: &str) {
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}

fn fresh_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Short enough to be copied by hand.
    now.as_millis() as u64 % 1_000_000_000 * 1_000
}

/// Runs seeds from `first` on until the time is over or one fails. Returns the report, and the seed that failed. `mutant` is what
/// a replay needs besides the seed.
fn run(
    first: u64,
    options: &Options,
    mutant: &str,
) -> (Report, Option<(u64, Report, String)>, Duration) {
    let began = Instant::now();
    let mut total = Report::default();
    for seed in first.. {
        complain(&format!("{SEED_MARK}{seed}{mutant}"));
        let (report, result) = simulate(seed, u64::MAX);
        total.add(&report);
        if let Err(finding) = result {
            return (total, Some((seed, report, finding.to_string())), began.elapsed());
        }
        let is_over = options.steps.is_some_and(|steps| total.steps >= steps);
        if is_over || began.elapsed() >= Duration::from_secs(options.seconds) {
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
    let (total, failed, time) = run(first, options, "");
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

fn replay(seed: u64, options: &Options) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    if let Some(name) = &options.mutant
        && !choose(name)
    {
        return Ok(false);
    }
    let (report, result, story) = simulate_and_tell(seed, options.steps.unwrap_or(u64::MAX));
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

/// Builds in the fault with this name. Returns whether there is one.
#[cfg(feature = "mutants")]
fn choose(name: &str) -> bool {
    let mutant = Mutant::named(name);
    if mutant.is_none() {
        complain(&format!(
            "simulate: no mutant is called {name}: `scripts/simulate --mutants` lists them"
        ));
    }
    Mutant::choose(mutant);
    mutant.is_some()
}

#[cfg(feature = "mutants")]
fn mutants(options: &Options) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    if let Some(name) = &options.mutant
        && !choose(name)
    {
        return Ok(false);
    }
    let first = options.first.unwrap_or_else(fresh_seed);
    // Findings are expected, and some of them panic.
    std::panic::set_hook(Box::new(|_| {}));
    writeln!(out, "| mutant | fault | found by | steps | seconds | seed |")?;
    writeln!(out, "|---|---|---|---:|---:|---:|")?;
    let mut are_all_found = true;
    for (mutant, about) in Mutant::ALL {
        if options.mutant.as_ref().is_some_and(|name| *name != format!("{mutant:?}")) {
            continue;
        }
        Mutant::choose(Some(*mutant));
        let (total, failed, time) = run(first, options, &format!(" --mutant {mutant:?}"));
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
    writeln!(out, "\nreplay one: scripts/simulate --mutant NAME --seed SEED")?;
    Ok(are_all_found)
}

#[cfg(not(feature = "mutants"))]
fn choose(_: &str) -> bool {
    complain("simulate: built without mutants: `scripts/simulate --mutants` has them");
    false
}

#[cfg(not(feature = "mutants"))]
fn mutants(_: &Options) -> io::Result<bool> {
    Ok(choose(""))
}
