//! The benchmark: the same work for this server and for others, side by side.
//!
//! One process is the load, with all clients in one thread. Each server is a process of its own, and its costs are read
//! from /proc. The clients and the plots are in [`chatserv::load`], which the lab uses too.
//!
//! | file | what it holds |
//! |---|---|
//! | `plan`, `run` | what is measured, round after round |
//! | `peer`, `server` | the servers: how they are started and talked to |
//! | `floor` | the least that one thread with epoll does |
//! | `trial` | a server with its clients |
//! | `talk`, `deliveries`, `payload` | what is sent, and the check of what is received |
//! | `work` | the kinds of work |
//! | `results`, `report` | the figures, and the files that hold them |

mod deliveries;
mod floor;
mod payload;
mod peer;
mod plan;
mod report;
mod results;
mod run;
mod server;
mod talk;
#[cfg(test)]
mod testing;
mod trial;
mod work;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chatserv::config::DeliveryPolicy;
use clap::{Args, Parser, Subcommand};

use deliveries::Check;
use floor::Floor;
use peer::Peer;
use plan::Step;
use results::{Results, Workload};
use run::Run;

/// Measures chatserv beside other servers
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure, and write the results into a folder
    Run(Wanted),
    /// Write tables and plots again from the results in a folder
    Report {
        /// The folder with results.jsonl
        folder: PathBuf,
    },
    /// Run the floor server on a free port of 127.0.0.1 (for the benchmark itself)
    #[command(hide = true)]
    Floor,
}

#[derive(Debug, Args)]
struct Wanted {
    /// A short look at each kind of work
    #[arg(long)]
    quick: bool,
    /// Only these kinds of work
    #[arg(long, value_enum, value_name = "WORK", value_delimiter = ',')]
    only: Vec<Workload>,
    /// Only these servers
    #[arg(long, value_enum, value_name = "SERVER", value_delimiter = ',')]
    peers: Vec<Peer>,
    /// Only these numbers of people
    #[arg(long, value_name = "N", value_delimiter = ',')]
    people: Vec<usize>,
    /// The number of rounds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// Check sender, order and content of every delivery, instead of those of the first few hundred messages
    #[arg(long)]
    verify: bool,
    /// How chatserv delivers
    #[arg(long, value_enum, value_name = "HOW", default_value_t = DeliveryPolicy::DirectThenWriter)]
    delivery: DeliveryPolicy,
    /// The folder of the results
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

fn main() -> ExitCode {
    let done = match Options::parse().command {
        Command::Run(wanted) => run(&wanted),
        Command::Report { folder } => Results::read(&folder)
            .and_then(|results| report::draw(&folder, &results))
            .and_then(|text| print(&text)),
        Command::Floor => serve_floor(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures, writes the results into their folder and prints the tables.
fn run(wanted: &Wanted) -> io::Result<()> {
    let results = wanted.run().measure()?;
    let folder = wanted.folder.as_deref();
    // A partial run does not replace the results in the repository.
    let folder = folder.unwrap_or(Path::new(if wanted.is_whole() {
        "scripts/results"
    } else {
        "scripts/results/quick"
    }));
    let text = report::write(folder, &results)?;
    print(&text)?;
    print(&format!("\nThe results are in {}.\n", folder.display()))
}

impl Wanted {
    fn run(&self) -> Run {
        let mut steps = plan::steps(self.quick);
        steps.retain(|step| self.wants(step));
        if let Some(rounds) = self.rounds {
            steps.iter_mut().for_each(|step| step.rounds = rounds);
        }
        Run {
            peers: self.peers.clone(),
            delivery: self.delivery,
            steps,
            rounds: self.rounds.unwrap_or(plan::rounds(self.quick)),
            time_max: plan::time_max(self.quick),
            check: if self.verify { Check::All } else { Check::Count },
        }
    }

    fn wants(&self, step: &Step) -> bool {
        let is_work = self.only.is_empty() || self.only.contains(&step.workload);
        let mut people = step.cases.iter().map(|case| case.people);
        let is_size = self.people.is_empty() || people.any(|people| self.people.contains(&people));
        is_work && is_size
    }

    /// Whether the run has everything, with the defaults.
    fn is_whole(&self) -> bool {
        let has_part = !self.only.is_empty() || !self.peers.is_empty() || !self.people.is_empty();
        let is_default = self.rounds.is_none()
            && !self.verify
            && self.delivery == DeliveryPolicy::DirectThenWriter;
        !self.quick && !has_part && is_default
    }
}

/// Prints the port of the floor, and serves until the process is killed.
fn serve_floor() -> io::Result<()> {
    let floor = Floor::bind()?;
    print(&format!("{}\n", floor.address()?.port()))?;
    floor.run()
}

fn print(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn wanted(words: &[&str]) -> Wanted {
        let words = ["bench", "run"].iter().chain(words);
        match Options::try_parse_from(words).unwrap().command {
            Command::Run(wanted) => wanted,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
        let floor = Options::try_parse_from(["bench", peer::FLOOR]).unwrap();
        assert!(matches!(floor.command, Command::Floor));
    }

    #[test]
    fn a_part_of_the_run_can_be_chosen() {
        let whole = wanted(&[]);
        assert!(whole.is_whole() && whole.run().peers.is_empty());
        let part =
            wanted(&["--only", "fan-out,idle", "--people", "100", "--peers", "redis,chatserv"]);
        let run = part.run();
        assert!(!part.is_whole());
        assert_eq!(run.peers, [Peer::Redis, Peer::Chatserv]);
        assert_eq!(run.steps.len(), 1);
        assert_eq!(run.steps[0].cases[0].people, 100);
        assert_eq!(run.check, Check::Count);
        assert!(!wanted(&["--verify"]).is_whole());
        let run = wanted(&["--quick", "--rounds", "7", "--verify"]).run();
        assert!(run.rounds == 7 && run.steps.iter().all(|step| step.rounds == 7));
        assert_eq!(run.check, Check::All);
    }
}
