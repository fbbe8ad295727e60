//! People who whisper, two and two, in a room where all others are idle.
//!
//! A private line is heard by one person, however many are in the room: what a message costs then does not grow because
//! there are more to write to, and what does grow is the cost of having them there.

use std::io;
use std::time::{Duration, Instant};

use chatserv::load::crowd::{Crowd, says_closed};
use chatserv::load::latencies::Latencies;

/// The one character that is whispered. One byte comes whole, however the stream is cut.
const MARK: u8 = b'#';

/// How long one turn waits at the most.
const TURN: Duration = Duration::from_millis(10);

/// How long a whisper may be under way after the last was said.
const PATIENCE: Duration = Duration::from_secs(5);

/// What became of it.
pub struct Whispers {
    /// How many were said, and heard.
    pub count: usize,
    /// From when one was said until it was heard.
    pub latencies: Latencies,
}

/// Lets member 0 whisper with member 1, 2 with 3 and so on, for so long. Each answers as soon as they hear, so there is
/// one whisper of each pair under way at any time.
///
/// # Errors
/// The server closes a connection, or a whisper does not come; the load itself fails.
pub fn whisper(crowd: &mut Crowd, pairs: usize, time: Duration) -> io::Result<Whispers> {
    let began = Instant::now();
    let mut said = vec![began; 2 * pairs];
    let mut whispers = Whispers {
        count: 0,
        latencies: Latencies::default(),
    };
    let mut speakers: Vec<usize> = (0..pairs).map(|pair| 2 * pair).collect();
    let mut under_way = 0;
    loop {
        // The first whisper of each pair is said in any case.
        let is_over = whispers.count > 0 && began.elapsed() >= time;
        for speaker in speakers.drain(..).filter(|_| !is_over) {
            // The names are those that a crowd gives to listeners.
            let line = format!("/msg u{:05} {}\r\n", partner(speaker), MARK as char);
            said[speaker] = Instant::now();
            crowd.send(speaker, line.as_bytes());
            under_way += 1;
        }
        if under_way == 0 {
            return Ok(whispers);
        }
        if began.elapsed() > time + PATIENCE {
            return Err(io::Error::other("a whisper has not come"));
        }
        let mut closed = None;
        crowd.turn(TURN, |member, bytes| {
            if bytes.is_empty() {
                closed = Some(member);
            }
            if member < said.len() && bytes.contains(&MARK) {
                whispers.latencies.add(said[partner(member)].elapsed());
                whispers.count += 1;
                speakers.push(member);
            }
        })?;
        under_way -= speakers.len();
        if let Some(member) = closed {
            return Err(io::Error::other(says_closed(member)));
        }
    }
}

/// With whom somebody whispers: 0 with 1, 2 with 3.
fn partner(member: usize) -> usize {
    member ^ 1
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::thread;

    use chatserv::load::Names;
    use chatserv::load::dialect::Role;

    use super::*;

    /// Lets in so many, one after the other, and then carries all that anybody says to their partner. It ends with whoever
    /// it serves.
    fn start_server(people: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let mut readers = Vec::new();
            for _ in 0..people {
                let mut socket = listener.accept().unwrap().0;
                socket.write_all(b"Input username.\r\n").unwrap();
                let mut reader = BufReader::new(socket);
                reader.read_line(&mut String::new()).unwrap();
                let hello = b"1 client(s) connected to this server.\r\n";
                reader.get_mut().write_all(hello).unwrap();
                readers.push(reader);
            }
            let sockets: Vec<TcpStream> = readers
                .iter()
                .map(|reader| reader.get_ref().try_clone().unwrap())
                .collect();
            thread::scope(|scope| {
                for (member, reader) in readers.into_iter().enumerate() {
                    let mut to = &sockets[partner(member)];
                    scope.spawn(move || {
                        for line in reader.lines().map_while(Result::ok) {
                            let name = format!("/msg u{:05} ", partner(member));
                            let text = line.strip_prefix(&name).unwrap();
                            to.write_all(format!("somebody : {text}\r\n").as_bytes())
                                .unwrap();
                        }
                    });
                }
            });
        });
        address
    }

    #[test]
    fn pairs_whisper_to_and_fro_and_every_whisper_is_counted() {
        let mut crowd = Crowd::new().unwrap();
        let address = start_server(6);
        crowd
            .bring_in(address, &Names, Role::Listener, 6, 1)
            .unwrap();
        // No time: each pair says one line, and nobody answers.
        let whispers = whisper(&mut crowd, 2, Duration::ZERO).unwrap();
        assert_eq!(whispers.count, 2);
        let mut whispers = whisper(&mut crowd, 2, Duration::from_millis(20)).unwrap();
        assert!(whispers.count >= 2);
        assert!(whispers.latencies.per_mille_ms(500).unwrap() > 0.0);
    }

    #[test]
    fn partners_are_each_others() {
        for member in 0..8 {
            assert_eq!(partner(partner(member)), member);
            assert_eq!(partner(member) / 2, member / 2);
        }
    }
}
