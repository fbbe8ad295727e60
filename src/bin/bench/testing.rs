//! Servers for tests: the floor, and one that does not deliver what it should.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use chatserv::load::dialect::Dialect;

use crate::floor::{Floor, GREETING, Lines};
use crate::trial::Trial;

/// Reports that a part of a test cannot run here.
#[allow(clippy::print_stdout, reason = "cargo test captures it")]
pub fn skipped(why: &str) {
    println!("skipped: {why}");
}

/// A floor in a thread, without clients.
pub fn floor() -> Trial {
    floor_with(&Lines)
}

/// A floor in a thread, with clients that use another dialect.
pub fn floor_with(dialect: &'static dyn Dialect) -> Trial {
    let floor = Floor::bind().unwrap();
    let address = floor.address().unwrap();
    thread::spawn(|| floor.run());
    Trial::over(address, dialect).unwrap()
}

/// A server in a thread, with listeners and one speaker. Each line goes to all listeners, but `deliver` writes to the first
/// of them: it gets the connection, the number of the line and the line.
pub fn faulty(
    listeners: usize,
    mut deliver: impl FnMut(&mut TcpStream, usize, &[u8]) -> io::Result<()> + Send + 'static,
) -> Trial {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || -> io::Result<()> {
        let mut sockets = Vec::new();
        for _ in 0..=listeners {
            let (mut socket, _) = listener.accept()?;
            socket.write_all(GREETING)?;
            sockets.push(socket);
        }
        let speaker = sockets.pop().into_iter();
        let lines = speaker.flat_map(|speaker| BufReader::new(speaker).split(b'\n'));
        for (at, line) in lines.enumerate() {
            let mut line = line?;
            line.push(b'\n');
            let Some((first, others)) = sockets.split_first_mut() else {
                break;
            };
            deliver(first, at, &line)?;
            for other in others {
                other.write_all(&line)?;
            }
        }
        Ok(())
    });
    let mut trial = Trial::over(address, &Lines).unwrap();
    trial.connect(listeners, 1).unwrap();
    trial
}
