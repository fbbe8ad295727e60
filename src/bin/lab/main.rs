// The links of the lesson work on GitHub. In Markdown the first definition of a label counts, so these make the same links work
// in rustdoc.
//! [teaching]: ../chatserv/guide/teaching/index.html
//! [client]: ../src/lab/client.rs.html
//! [terminal]: ../src/chat/terminal.rs.html
//! [line]: ../src/chatserv/protocol/plain/line.rs.html
//! [stream]: ../src/lab/experiments/stream.rs.html
//! [one-at-a-time]: ../src/lab/variants/one_at_a_time.rs.html
//! [polling]: ../src/lab/variants/polling.rs.html
//! [readiness-poll]: ../src/lab/variants/readiness_poll.rs.html
//! [readiness-epoll]: ../src/lab/variants/readiness_epoll.rs.html
//! [threads]: ../src/lab/variants/threads.rs.html
//! [locked]: ../src/lab/variants/locked.rs.html
//! [threads-channels]: ../src/lab/variants/threads_channels.rs.html
//! [stalled-reader]: ../src/lab/experiments/stalled_reader/stalled.rs.html
//! [dispatcher]: ../src/chatserv/server/dispatcher.rs.html
//! [writer]: ../src/chatserv/server/delivery/writer.rs.html
//! [lock]: ../src/lab/experiments/lock.rs.html
//! [turn]: ../src/chatserv/server/turn.rs.html
//! [turns-variant]: ../src/lab/variants/turns.rs.html
//! [turns]: ../src/lab/experiments/turns.rs.html
//! [closing]: ../src/chatserv/server/delivery/closing.rs.html
//! [server]: ../src/chatserv/server/mod.rs.html
//! [thread-table]: ../src/chatserv/server/ops/threads.rs.html
//! [follow]: ../src/chatserv/chat/follow.rs.html
//!
#![doc = include_str!("lesson.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion"))]

mod broken;
mod chat;
mod client;
mod course;
mod experiment;
mod experiments;
mod options;
mod port;
mod process;
mod report;
mod serve;
mod source;
mod texts;
mod variants;
mod watch;

use std::collections::HashSet;
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
        None => run(experiments::ALL.iter().collect(), &options.course),
        Some(Command::Run { experiments: names }) => names
            .iter()
            .map(|name| find_experiment(name))
            .collect::<io::Result<Vec<_>>>()
            .and_then(|chosen| run(chosen, &options.course)),
        Some(Command::List) => print(&list()),
        Some(Command::Explain { experiment }) => {
            find_experiment(&experiment).and_then(|experiment| print(&texts::explained(experiment)))
        }
        Some(Command::Serve(arguments)) => serve::serve(&arguments),
        Some(Command::Client { how, port }) => client::client(how, port),
        Some(Command::Broken { mistakes }) => broken::show(&mistakes),
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

/// Raises the soft descriptor limit of this process, and of the servers it starts, to the hard limit. The usual soft
/// limit of 1,024 is low only for the sake of select(2).
fn raise_descriptor_limit() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let raised = Rlimit { current: maximum, maximum };
    // If this fails, there is room for fewer clients.
    let _ = setrlimit(Resource::Nofile, raised);
}

fn find_experiment(name: &str) -> io::Result<&'static Experiment> {
    let found = experiments::ALL.iter().find(|known| known.name == name);
    found.ok_or_else(|| {
        let known: Vec<&str> = experiments::ALL.iter().map(|known| known.name).collect();
        texts::unknown("an experiment", name, &known)
    })
}

/// Runs each of these experiments once.
fn run(mut chosen: Vec<&Experiment>, course: &Course) -> io::Result<()> {
    let mut names = HashSet::new();
    chosen.retain(|experiment| names.insert(experiment.name));
    let setting = Setting {
        size: if course.full { Size::Full } else { Size::Lesson },
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
    course::run(&chosen, &setting, &mut console)
}

fn list() -> String {
    let experiments = experiments::ALL.iter().map(|one| {
        let takes = texts::about(one.takes);
        (one.name, format!("{} ({takes})", one.title))
    });
    let variants = variants::ALL.iter().map(|one| (one.name, one.about.to_owned()));
    let mistakes = broken::ALL.iter().map(|one| (one.name, one.title.to_owned()));
    let heading = "Experiments and how long they take (lab run NAME, lab explain NAME):";
    let experiments = texts::listed(heading, experiments);
    let variants = texts::listed("Variants of the server (lab serve NAME):", variants);
    let mistakes = texts::listed("Mistakes to fix (lab broken NAME, lab check):", mistakes);
    [experiments, variants, mistakes].join("\n")
}

fn print(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())
}
