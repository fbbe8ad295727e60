//! The smallest chat client, in two forms. It waits for the keyboard and for the server at the same time.
//!
//! `lab client threads` uses two threads, each blocked in one `read`. `lab client poll` uses one thread and poll(2),
//! which says which of the two has input; telnet works like this. The real client of this project, `chat`, uses
//! threads, and also keeps a half-typed line in place.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::thread;

use clap::ValueEnum;
use rustix::event::{PollFd, PollFlags, poll};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum How {
    /// Two threads, each blocked in one place
    Threads,
    /// One thread, and poll(2) for both
    Poll,
}

/// Connects stdin and stdout to a chat server on this machine, until the server closes the connection.
pub fn client(how: How, port: u16) -> io::Result<()> {
    let socket = connect(port)?;
    match how {
        How::Threads => two_threads(&socket),
        How::Poll => one_poll(&socket),
    }
}

pub fn connect(port: u16) -> io::Result<TcpStream> {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| io::Error::other(format!("port {port} of this machine: {error}")))
}

/// Two threads may use one socket at the same time through a shared reference: one reads, the other writes.
fn two_threads(mut socket: &TcpStream) -> io::Result<()> {
    thread::scope(|scope| {
        scope.spawn(move || -> io::Result<()> {
            io::copy(&mut io::stdin().lock(), &mut socket)?;
            // The input has ended. The other thread keeps reading.
            socket.shutdown(Shutdown::Write)
        });
        let ended = loop {
            match copy_some(&mut socket) {
                Ok(0) => break Ok(()),
                Ok(_) => {}
                Err(error) => break Err(error),
            }
        };
        // The other thread may be blocked in its read from the keyboard, and nothing can wake it. The scope would wait
        // for it, so the process ends here.
        if let Err(error) = ended {
            let _ = writeln!(io::stderr(), "lab: {error}");
            std::process::exit(1)
        }
        std::process::exit(0)
    })
}

/// Copies what one read of the socket returns to stdout.
fn copy_some(socket: &mut &TcpStream) -> io::Result<usize> {
    let mut buffer = [0; 4096];
    let count = socket.read(&mut buffer)?;
    let mut stdout = io::stdout();
    stdout.write_all(&buffer[..count])?;
    stdout.flush()?;
    Ok(count)
}

/// Reads only what poll(2) has announced, so no read blocks. It reads stdin without the buffer of `io::stdin()`,
/// because poll(2) knows nothing about bytes in that buffer.
fn one_poll(mut socket: &TcpStream) -> io::Result<()> {
    let stdin = io::stdin();
    let mut buffer = [0; 4096];
    let mut is_stdin_open = true;
    loop {
        let mut polled = vec![PollFd::new(socket, PollFlags::IN)];
        if is_stdin_open {
            polled.push(PollFd::new(&stdin, PollFlags::IN));
        }
        match poll(&mut polled, None) {
            Err(rustix::io::Errno::INTR) => continue,
            result => result?,
        };
        let is_ready = |at: usize| polled.get(at).is_some_and(|one| !one.revents().is_empty());
        let (server_ready, keyboard_ready) = (is_ready(0), is_ready(1));
        if server_ready && copy_some(&mut socket)? == 0 {
            return Ok(());
        }
        if keyboard_ready {
            let count = rustix::io::read(stdin.as_fd(), &mut buffer)?;
            socket.write_all(&buffer[..count])?;
            if count == 0 {
                socket.shutdown(Shutdown::Write)?;
                is_stdin_open = false;
            }
        }
    }
}
