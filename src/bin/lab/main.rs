#![doc = include_str!("lesson.md")]

mod broken;
mod chat;
mod client;
mod course;
mod experiment;
mod experiments;
mod options;
mod report;
mod serve;
mod serving;
mod talk;
mod texts;
mod variants;
mod watch;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use chatserv::load::plot as figure;
use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use course::Console;
use experiment::{Experiment, Setting, Size};
use options::{Command, Course, Options};

fn main() -> ExitCode {
    let options = Options::parse();
    raise_descriptor_limit();
    let done = match options.command {
        None => experiments(experiments::ALL.iter().collect(), &options.course),
        Some(Command::Run { experiments: names }) => names
            .iter()
            .map(|name| named(name))
            .collect::<io::Result<Vec<_>>>()
            .and_then(|chosen| experiments(chosen, &options.course)),
        Some(Command::List) => {
            let mistakes = broken::ALL.iter().map(|one| (one.name, one.title));
            let mistakes: Vec<_> = mistakes.collect();
            print(&texts::listed(experiments::ALL, &variants::ALL, &mistakes))
        }
        Some(Command::Explain { experiment }) => {
            named(&experiment).and_then(|experiment| print(&texts::explained(experiment)))
        }
        Some(Command::Serve(arguments)) => serve::serve(&arguments),
        Some(Command::Client { how, port }) => client::client(how, port),
        Some(Command::Broken { mistakes }) => broken::broken(&mistakes),
        Some(Command::Check) => broken::check(),
        Some(Command::Watch { port }) => watch::watch(port),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "lab: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Lets this process, and the servers it starts, open as many descriptors as it may. The usual soft limit of 1,024 is a
/// default that programs may raise (setrlimit(2)); it is low for the sake of select(2).
fn raise_descriptor_limit() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    // Where it fails, the limit stays, and there is room for fewer.
    let _ = setrlimit(Resource::Nofile, raised);
}

/// The experiment of this name, or what there is instead.
fn named(name: &str) -> io::Result<&'static Experiment> {
    experiments::named(name).ok_or_else(|| {
        let known: Vec<&str> = experiments::ALL.iter().map(|known| known.name).collect();
        texts::unknown("an experiment", name, &known)
    })
}

/// Goes through these experiments, each once, with whoever sits at this terminal.
fn experiments(mut chosen: Vec<&Experiment>, course: &Course) -> io::Result<()> {
    let mut names = Vec::new();
    chosen.retain(|experiment| {
        let is_new = !names.contains(&experiment.name);
        names.push(experiment.name);
        is_new
    });
    let setting = Setting {
        size: if course.full {
            Size::Full
        } else {
            Size::Lesson
        },
        folder: course.folder.clone(),
    };
    let mut stdin = io::stdin().lock();
    let asks = !course.no_questions && stdin.is_terminal();
    let stderr = io::stderr();
    let mut console = Console {
        input: if asks { Some(&mut stdin) } else { None },
        output: &mut io::stdout(),
        redraws: stderr.is_terminal(),
        progress: &mut &stderr,
    };
    course::go(&chosen, &setting, &mut console)
}

fn print(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())
}
