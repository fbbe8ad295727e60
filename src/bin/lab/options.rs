//! The command line of the lab.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::client::How;
use crate::serve::Serve;

/// Threads and non-blocking sockets, compared by measurement. Without a command, the lab runs all experiments, which
/// takes a minute or two.
#[derive(Debug, Parser)]
#[command(name = "lab", version)]
pub struct Options {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub course: Course,
}

#[derive(Debug, Clone, clap::Args)]
pub struct Course {
    /// Do not ask for guesses (the default if stdin is not a terminal)
    #[arg(long, global = true)]
    pub no_questions: bool,
    /// Use up to 5,000 connections; this takes an afternoon
    #[arg(long, global = true)]
    pub full: bool,
    /// Where to write the plots, the tables and the report
    #[arg(long, global = true, value_name = "FOLDER", default_value = "lab-results")]
    pub folder: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the experiments, the server variants and the mistakes
    List,
    /// Run experiments, with a guess before each
    Run {
        /// Names from `lab list`
        #[arg(required = true)]
        experiments: Vec<String>,
    },
    /// Run one of the server variants, to connect to with telnet
    Serve(Serve),
    /// Join a chat on this machine with the smallest possible client
    Client {
        /// How to wait for the keyboard and the server at the same time
        #[arg(value_enum)]
        how: How,
        #[arg(long, value_name = "NUMBER", default_value_t = 1337)]
        port: u16,
    },
    /// Explain the result of an experiment, and suggest a change to the code
    Explain {
        /// A name from `lab list`
        experiment: String,
    },
    /// Explain a classic mistake, and run the check that fails until it is fixed
    Broken {
        /// Names from `lab list`; without a name, list the mistakes
        mistakes: Vec<String>,
    },
    /// Check which of the mistakes are fixed
    Check,
    /// Show the threads of a running chatserv, twice a second
    Watch {
        /// The port of a chatserv on this machine that accepts you as an operator
        port: u16,
    },
}
