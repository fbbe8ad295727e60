//! The benchmark: the same work for this server and for others, side by side.
//!
//! One process is the load: all clients of a server in one thread. The servers are processes of their own, started one
//! after the other, and what they cost is read from /proc. What comes of it is written into one folder. The clients, and
//! what is read of a process, are in [`chatserv::load`], since the lab has them too.
//!
//! | file | what it holds |
//! |---|---|
//! | `options` | the command line |
//! | `plan` | what is measured, with whom, how long |
//! | `run` | round after round, each server in turn |
//! | `peers` | the servers, and how one talks to them |
//! | `floor` | the least that one thread with epoll can do |
//! | `stage`, `talk`, `hearing` | a server with its people; who speaks; what was heard |
//! | `payload` | what is said, so that whoever hears it can check it |
//! | `fan_out`, `latency`, `idle`, `stalled`, `noisy`, `churn` | the kinds of work |
//! | `setting` | the machine and the versions |
//! | `record`, `report` | the figures, and what is written of them |
//! | `testing` | servers for the tests |

mod churn;
mod fan_out;
mod floor;
mod hearing;
mod idle;
mod latency;
mod noisy;
mod options;
mod payload;
mod peers;
mod plan;
mod record;
mod report;
mod run;
mod setting;
mod stage;
mod stalled;
mod talk;
#[cfg(test)]
mod testing;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use options::{Command, Options, Run};
use plan::Extent;
use report::Results;

fn main() -> ExitCode {
    let done = match Options::parse().command {
        Command::Run(options) => run(&options),
        Command::Report { folder } => report::read(&folder)
            .and_then(|results| report::draw(&folder, &results))
            .and_then(|text| print(&text)),
        Command::Floor(arguments) => peers::floor::serve(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a stderr there is nobody to tell.
            let _ = writeln!(io::stderr(), "bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures, writes the results into their folder and shows the tables.
fn run(options: &Run) -> io::Result<()> {
    let extent = if options.quick {
        Extent::Quick
    } else {
        Extent::Full
    };
    let mut steps = plan::steps(extent);
    steps.retain(|step| options.wants(step));
    if let Some(rounds) = options.rounds {
        steps.iter_mut().for_each(|step| step.rounds = rounds);
    }
    for step in &mut steps {
        step.peers.retain(|peer| options.wants_peer(*peer));
    }
    let setting = setting::of()?;
    let gathered = run::run(
        &steps,
        options.rounds.unwrap_or(extent.rounds()),
        extent,
        options.ear(),
    );
    let results = Results {
        setting,
        records: gathered.records,
        left_out: gathered.left_out,
    };
    let folder = options.folder.as_deref();
    // The results that are kept are those of a whole run.
    let folder = folder.unwrap_or(Path::new(if options.is_whole() {
        "scripts/results"
    } else {
        "scripts/results/quick"
    }));
    let text = report::write(folder, &results)?;
    print(&text)?;
    print(&format!("\nAll of it is in {}.\n", folder.display()))
}

fn print(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())
}

/// The clients of [`chatserv::load`], tried with the servers of this program.
#[cfg(test)]
mod crowd {
    mod tests;
}
