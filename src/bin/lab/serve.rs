//! `lab serve`: one of the variants as a server, to telnet into or to measure.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use socket2::SockRef;

use crate::serving::WAITING;
use crate::texts;
use crate::variants::{self, Given, Variant};

/// So many may wait until they are accepted. The kernel makes it less where its own limit is less.
const BACKLOG: i32 = 4096;

/// What is served, and where.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Which one; `lab list` names them
    pub variant: String,
    /// Where, on this machine only; 0 for any free port
    #[arg(long, value_name = "NUMBER", default_value_t = 1337)]
    pub port: u16,
    #[command(flatten)]
    given: Given,
    /// End as soon as stdin ends, which it does when whoever started this ends
    #[arg(long, hide = true)]
    until_stdin_ends: bool,
}

/// The port to serve on, of this machine only: this is a lesson and no service.
pub struct Port {
    /// 0 for any that is free.
    pub number: u16,
}

impl Port {
    /// Takes the port, and says on stdout which it is.
    ///
    /// # Errors
    /// Somebody else has it.
    pub fn listen(&self) -> io::Result<TcpListener> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.number))?;
        // The backlog of the standard library is for a few at once.
        rustix::net::listen(&listener, BACKLOG)?;
        // Accepted sockets inherit it. Without it a line waits until the one before it is acknowledged (RFC 896).
        SockRef::from(&listener).set_tcp_nodelay(true)?;
        announce(listener.local_addr()?.port())?;
        Ok(listener)
    }
}

/// Says on stdout that clients can connect now, and where.
///
/// # Errors
/// Nobody listens to stdout.
pub fn announce(port: u16) -> io::Result<()> {
    let mut stdout = io::stdout();
    writeln!(stdout, "{WAITING}{port}")?;
    stdout.flush()
}

/// Serves until the chat is shut down.
///
/// # Errors
/// There is no such variant, a knob is not for it, there is no such port, or the variant fails.
pub fn serve(serve: &Serve) -> io::Result<()> {
    let Some(variant) = variants::named(&serve.variant) else {
        let known: Vec<&str> = variants::ALL.iter().map(|variant| variant.name).collect();
        return Err(texts::unknown("a variant", &serve.variant, &known));
    };
    let knobs = serve.given.for_variant(variant.name)?;
    if serve.until_stdin_ends {
        end_with_stdin();
    } else {
        say_what_it_cannot(variant);
    }
    let port = Port { number: serve.port };
    let served = (variant.serve)(port, &knobs);
    say_what_was_counted();
    served
}

/// Tells whoever has started it by hand in what it is less than the real server.
fn say_what_it_cannot(variant: &Variant) {
    let mut stderr = io::stderr();
    for sentence in variant.cannot {
        let _ = writeln!(stderr, "- {sentence}");
    }
}

/// Ends the process when stdin does, whatever its other threads are blocked in.
fn end_with_stdin() {
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        say_what_was_counted();
        std::process::exit(0);
    });
}

fn say_what_was_counted() {
    let counted = [variants::lock_waits(), variants::batches()];
    for line in counted.into_iter().flatten() {
        let mut stdout = io::stdout();
        // Nobody may be there any more to read it.
        let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn whoever_is_accepted_waits_for_no_acknowledgement() {
        let listener = Port { number: 0 }.listen().unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        assert!(accepted.nodelay().unwrap());
    }
}
