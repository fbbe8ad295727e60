//! `lab serve`: one of the variants as a server, to telnet into or to measure.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use crate::serving::WAITING;
use crate::variants::{self, Knobs};

/// What is served, and where.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Which one; `lab list` names them
    pub variant: String,
    /// Where, on this machine only; 0 for any free port
    #[arg(long, value_name = "NUMBER", default_value_t = 1337)]
    pub port: u16,
    #[command(flatten)]
    knobs: Knobs,
    /// End as soon as stdin ends, which it does when whoever started this ends
    #[arg(long, hide = true)]
    until_stdin_ends: bool,
}

/// Serves until the chat is shut down.
///
/// # Errors
/// There is no such variant, no such port, or the variant fails.
pub fn serve(serve: &Serve) -> io::Result<()> {
    let Some(variant) = variants::named(&serve.variant) else {
        let names: Vec<&str> = variants::ALL.iter().map(|variant| variant.name).collect();
        return Err(io::Error::other(format!(
            "there is no variant {:?}. There are: {}",
            serve.variant,
            names.join(", ")
        )));
    };
    // Loopback only: this is a lesson and no service.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, serve.port))?;
    let port = listener.local_addr()?.port();
    let mut stdout = io::stdout();
    writeln!(stdout, "{WAITING}{port}")?;
    stdout.flush()?;
    if serve.until_stdin_ends {
        end_with_stdin();
    }
    (variant.serve)(listener, &serve.knobs)
}

/// Ends the process when stdin does, whatever its other threads are blocked in.
fn end_with_stdin() {
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}
