//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::hearing::Ear;
use crate::peers::{self, Peer};
use crate::plan::Step;
use crate::record::Workload;

/// Measures chatserv beside other servers
#[derive(Debug, Parser)]
#[command(version)]
pub struct Options {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure, and write the results into a folder
    Run(Run),
    /// Draw tables and plots anew from the results in a folder
    Report {
        /// The folder with results.jsonl
        folder: PathBuf,
    },
    /// Be one of the floors, on a free port of 127.0.0.1 (for the benchmark itself)
    #[command(hide = true)]
    Floor(peers::floor::Arguments),
}

/// What to measure.
#[derive(Debug, Args)]
pub struct Run {
    /// A look at each kind of work, in 3 minutes instead of 20
    #[arg(long)]
    pub quick: bool,
    /// Only these kinds of work
    #[arg(long, value_enum, value_name = "WORK", value_delimiter = ',')]
    pub only: Vec<Workload>,
    /// Only these servers, by their names in the tables
    #[arg(long, value_name = "SERVER", value_delimiter = ',', value_parser = parse_peer)]
    pub peers: Vec<Peer>,
    /// Only with so many people
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub people: Vec<usize>,
    /// So many rounds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: Option<u32>,
    /// Check sender, order and content of each delivery, instead of those of the first few hundred messages
    #[arg(long)]
    pub verify: bool,
    /// Where the results go
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

impl Run {
    /// Whether a step is asked for.
    pub fn wants(&self, step: &Step) -> bool {
        let is_work = self.only.is_empty() || self.only.contains(&step.workload);
        let people = step.cases.iter().map(|case| case.people);
        let is_size = self.people.is_empty()
            || people
                .into_iter()
                .any(|people| self.people.contains(&people));
        is_work && is_size
    }

    /// Whether nothing is left out.
    pub fn is_whole(&self) -> bool {
        let has_part = !self.only.is_empty() || !self.peers.is_empty() || !self.people.is_empty();
        !self.quick && !has_part && self.rounds.is_none()
    }

    /// Whether a server is asked for.
    pub fn wants_peer(&self, peer: Peer) -> bool {
        self.peers.is_empty() || self.peers.contains(&peer)
    }

    /// How deliveries are looked at where they are many.
    pub fn ear(&self) -> Ear {
        if self.verify {
            Ear::Checking
        } else {
            Ear::Counting
        }
    }
}

fn parse_peer(label: &str) -> Result<Peer, String> {
    let found = peers::ALL.into_iter().find(|peer| peer.label() == label);
    found.ok_or_else(|| {
        let labels = peers::ALL.map(Peer::label).join(", ");
        format!("it is one of: {labels}")
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Options::command().debug_assert();
        for peer in peers::ALL {
            assert_eq!(parse_peer(peer.label()), Ok(peer));
        }
        assert!(parse_peer("rediss").unwrap_err().contains("redis"));
    }
}
