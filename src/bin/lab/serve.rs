//! `lab serve`: runs one of the server variants.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use socket2::SockRef;

use crate::process::WAITING;
use crate::texts;
use crate::variants::{self, Knobs};

/// The kernel reduces this to its own limit.
const BACKLOG: i32 = 4096;

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

/// The port to listen on, on this machine only. 0 stands for any free port.
pub struct Port {
    pub number: u16,
}

impl Port {
    /// Listens, and prints the port.
    pub fn listen(&self) -> io::Result<TcpListener> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.number))?;
        // The standard library asks for a short backlog.
        rustix::net::listen(&listener, BACKLOG)?;
        // Accepted sockets inherit this. Otherwise a line waits for the acknowledgement of the previous one (RFC 896).
        SockRef::from(&listener).set_tcp_nodelay(true)?;
        announce(listener.local_addr()?.port())?;
        Ok(listener)
    }
}

/// Prints that clients can connect to this port.
pub fn announce(port: u16) -> io::Result<()> {
    let mut stdout = io::stdout();
    writeln!(stdout, "{WAITING}{port}")?;
    stdout.flush()
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

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn accepted_sockets_have_nodelay() {
        let listener = Port { number: 0 }.listen().unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        assert!(accepted.nodelay().unwrap());
    }
}
