//! Servers for tests: the floor, and one that does not always deliver what was said.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

use crate::floor::{Floor, GREETING, Sends};
use crate::peers::floor::Lines;
use crate::stage::Stage;
use chatserv::load::dialect::Dialect;

/// Of one's own machine, any free port.
const ANY: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// A floor in a thread, and nobody in it.
pub fn floor(sends: Sends) -> Stage {
    floor_that_speaks(&Lines, sends)
}

/// The same, talked to in another language.
pub fn floor_that_speaks(dialect: &'static dyn Dialect, sends: Sends) -> Stage {
    let floor = Floor::bind(SocketAddr::from(ANY), sends).unwrap();
    let address = floor.address().unwrap();
    thread::spawn(|| floor.run());
    Stage::over(address, dialect).unwrap()
}

/// A server in a thread, with so many who listen and one who speaks. What the first of them gets is up to `deliver`,
/// which is given its connection, a number from 0 and each line; then all others get that line as it is.
pub fn with_whims(
    listeners: usize,
    mut deliver: impl FnMut(&mut TcpStream, usize, &[u8]) -> io::Result<()> + Send + 'static,
) -> Stage {
    let listener = TcpListener::bind(ANY).unwrap();
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
    let mut stage = Stage::over(address, &Lines).unwrap();
    stage.let_in(listeners, 1).unwrap();
    stage
}
