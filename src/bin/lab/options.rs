//! The command line of the lab.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::client::How;
use crate::serve::Serve;

/// Threading against non-blocking, seen and measured. Without a command it runs all experiments, in a minute or two.
#[derive(Debug, Parser)]
#[command(name = "lab", version)]
pub struct Options {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub course: Course,
}

/// How the experiments are gone through.
#[derive(Debug, Clone, clap::Args)]
pub struct Course {
    /// Ask for no guess; so it is anyway where stdin is no terminal
    #[arg(long, global = true)]
    pub no_questions: bool,
    /// Up to 5,000 connections and more, for an afternoon
    #[arg(long, global = true)]
    pub full: bool,
    /// Where the plots, the tables and the report go
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        default_value = "lab-results"
    )]
    pub folder: PathBuf,
}

/// What else it can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Name the experiments, the variants and the mistakes
    List,
    /// Run some experiments, with a guess before each
    Run {
        /// Which ones; `lab list` names them
        #[arg(required = true)]
        experiments: Vec<String>,
    },
    /// Serve one of the variants, to telnet into
    Serve(Serve),
    /// Join a chat on this machine by the smallest client there is
    Client {
        /// How it waits for the keyboard and the server at once
        #[arg(value_enum)]
        how: How,
        /// The port
        #[arg(long, value_name = "NUMBER", default_value_t = 1337)]
        port: u16,
    },
    /// Say why an experiment comes out as it does, and what to change
    Explain {
        /// Which one; `lab list` names them
        experiment: String,
    },
    /// Say what a classic mistake is, and run the check that fails until it is mended
    Broken {
        /// Which mistakes; none for a list of them
        mistakes: Vec<String>,
    },
    /// Say of each mistake whether it is mended
    Check,
    /// Draw the table of a server's threads, twice a second
    Watch {
        /// The port of a chatserv on this machine, which lets you in as an operator
        port: u16,
    },
}
