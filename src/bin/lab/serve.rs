//! `lab serve`: runs one of the server variants.

use std::io::{self, Read, Write};
use std::thread;

use crate::port::Port;
use crate::texts;
use crate::variants::{self, Knobs};

#[derive(Debug, clap::Args)]
pub struct Serve {
    /// A name from `lab list`
    pub variant: String,
    /// The port on this machine; 0 chooses a free one
    #[arg(long, value_name = "NUMBER", default_value_t = 1337)]
    pub port: u16,
    #[command(flatten)]
    knobs: Knobs,
    /// End as soon as stdin ends
    #[arg(long, hide = true)]
    until_stdin_ends: bool,
}

/// Serves until the chat is shut down.
pub fn serve(serve: &Serve) -> io::Result<()> {
    let found = variants::ALL.iter().find(|variant| variant.name == serve.variant);
    let variant = found.ok_or_else(|| {
        let known: Vec<&str> = variants::ALL.iter().map(|variant| variant.name).collect();
        texts::unknown("a variant", &serve.variant, &known)
    })?;
    serve.knobs.check(variant.name)?;
    if serve.until_stdin_ends {
        end_with_stdin();
    } else {
        let is_real = variant.name == "threads-dispatcher";
        let common: &[&str] = if is_real { &[] } else { &variants::CANNOT };
        for sentence in variant.cannot.iter().chain(common) {
            let _ = writeln!(io::stderr(), "- {sentence}");
        }
    }
    let port = Port { number: serve.port };
    let served = (variant.serve)(port, &serve.knobs);
    print_counts();
    served
}

/// Ends the process when stdin ends, even if its other threads are blocked.
fn end_with_stdin() {
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        print_counts();
        std::process::exit(0);
    });
}

fn print_counts() {
    let counts = [variants::lock_waits(), variants::batches()];
    for line in counts.into_iter().flatten() {
        let mut stdout = io::stdout();
        // The reader of stdout may have gone.
        let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    }
}
