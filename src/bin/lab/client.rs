//! The smallest client of a chat, twice: it has to wait for the keyboard and for the server at the same time.
//!
//! `lab client threads` does it with two threads, each of which blocks in one `read`; `lab client poll` with one thread and
//! poll(2), which blocks in neither and says which of them has something. telnet does the latter. The real client of this
//! project, `chat`, does the former, and keeps a half-typed line in its place besides.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::thread;

use clap::ValueEnum;
use rustix::event::{PollFd, PollFlags, poll};

/// How it waits for two things at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum How {
    /// Two threads, each of which blocks in one place
    Threads,
    /// One thread, and poll(2) over both
    Poll,
}

/// Connects stdin and stdout with the chat on this port of this machine, until the server closes the connection.
///
/// # Errors
/// Nobody listens there, or the connection breaks.
pub fn client(how: How, port: u16) -> io::Result<()> {
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| io::Error::other(format!("port {port} of this machine: {error}")))?;
    match how {
        How::Threads => two_threads(&socket),
        How::Poll => one_poll(&socket),
    }
}

/// Both ends of one socket may be used at the same time, by two threads, through a shared reference.
fn two_threads(mut socket: &TcpStream) -> io::Result<()> {
    thread::scope(|scope| {
        scope.spawn(move || -> io::Result<()> {
            io::copy(&mut io::stdin().lock(), &mut socket)?;
            // Nothing more will be said; what the others say is still heard.
            socket.shutdown(Shutdown::Write)
        });
        let ended = loop {
            match copy_some(&mut socket) {
                Ok(0) => break Ok(()),
                Ok(_) => {}
                Err(error) => break Err(error),
            }
        };
        // The other thread may be blocked in its read from the keyboard, and nobody can wake it. The scope would wait for
        // it, also where the connection broke: so the process ends here, and says here why.
        if let Err(error) = ended {
            let _ = writeln!(io::stderr(), "lab: {error}");
            std::process::exit(1)
        }
        std::process::exit(0)
    })
}

/// One read of the socket, to stdout. Nothing where the server has closed it.
fn copy_some(socket: &mut &TcpStream) -> io::Result<usize> {
    let mut buffer = [0; 4096];
    let count = socket.read(&mut buffer)?;
    let mut stdout = io::stdout();
    stdout.write_all(&buffer[..count])?;
    stdout.flush()?;
    Ok(count)
}

/// Reads only where poll(2) has said that there is something, so no read blocks. Stdin is read without the buffer of
/// `io::stdin()`: what lies in that one, poll(2) knows nothing of.
fn one_poll(mut socket: &TcpStream) -> io::Result<()> {
    let stdin = io::stdin();
    let mut buffer = [0; 4096];
    let mut is_speaking = true;
    loop {
        let mut waited = vec![PollFd::new(socket, PollFlags::IN)];
        if is_speaking {
            waited.push(PollFd::new(&stdin, PollFlags::IN));
        }
        match poll(&mut waited, None) {
            Err(rustix::io::Errno::INTR) => continue,
            polled => polled?,
        };
        let has_something = |at: usize| waited.get(at).is_some_and(|one| !one.revents().is_empty());
        let (heard, typed) = (has_something(0), has_something(1));
        if heard && copy_some(&mut socket)? == 0 {
            return Ok(());
        }
        if typed {
            let count = rustix::io::read(stdin.as_fd(), &mut buffer)?;
            socket.write_all(&buffer[..count])?;
            if count == 0 {
                socket.shutdown(Shutdown::Write)?;
                is_speaking = false;
            }
        }
    }
}
