//! Members of a floor in a thread, and of servers that close.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use chatserv::load::crowd::{Crowd, says_closed};
use chatserv::load::dialect::Role;

use crate::floor::{Floor, GREETING, Sends};
use crate::peers::floor::Lines;

const WAIT: Duration = Duration::from_millis(20);
const ANY: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// Lets so many into a floor.
fn crowd(sends: Sends, members: usize, at_once: usize) -> Crowd {
    let floor = Floor::bind(SocketAddr::from(ANY), sends).unwrap();
    let address = floor.address().unwrap();
    thread::spawn(|| floor.run());
    let mut crowd = Crowd::new().unwrap();
    crowd
        .bring_in(address, &Lines, Role::Listener, members, at_once)
        .unwrap();
    assert_eq!(crowd.len(), members);
    crowd
}

/// What each member hears, until all together have heard so much and the members in `closed` nothing more.
fn hear(crowd: &mut Crowd, bytes: usize, closed: &[usize]) -> Vec<Vec<u8>> {
    let (mut heard, mut gone) = (vec![Vec::new(); crowd.len()], Vec::new());
    let deadline = Instant::now() + Duration::from_secs(10);
    while heard.iter().map(Vec::len).sum::<usize>() < bytes || gone != closed {
        assert!(Instant::now() < deadline, "{gone:?}");
        let hear = |member: usize, bytes: &[u8]| {
            if bytes.is_empty() {
                gone.push(member);
            }
            heard[member].extend_from_slice(bytes);
        };
        crowd.turn(WAIT, hear).unwrap();
    }
    heard
}

#[test]
fn all_come_in_speak_and_hear() {
    for sends in [Sends::Gathered, Sends::Each] {
        for at_once in [1, 128] {
            let mut crowd = crowd(sends, 50, at_once);
            crowd.send(7, b"one\ntwo\n");
            for (member, heard) in hear(&mut crowd, 49 * 8, &[]).iter().enumerate() {
                let expected: &[u8] = if member == 7 { b"" } else { b"one\ntwo\n" };
                assert_eq!(heard, expected, "{member}");
            }
        }
    }
}

#[test]
fn what_does_not_fit_into_a_socket_goes_out_later() {
    let mut crowd = crowd(Sends::Gathered, 2, 2);
    let mut line = vec![b'x'; 20_000_000];
    line.push(b'\n');
    crowd.send(0, &line);
    assert!(crowd.unsent_bytes(0) > 0);
    let heard = hear(&mut crowd, line.len(), &[]);
    assert!(heard[1] == line);
    assert_eq!(crowd.unsent_bytes(0), 0);
}

#[test]
fn who_finishes_has_said_all_and_is_let_go() {
    let mut crowd = crowd(Sends::Gathered, 3, 3);
    crowd.send(1, b"bye\n");
    crowd.finish(1);
    let heard = hear(&mut crowd, 2 * 4, &[1]);
    assert_eq!(heard[0], b"bye\n");
}

#[test]
fn who_does_not_read_hears_nothing() {
    let mut crowd = crowd(Sends::Gathered, 3, 3);
    crowd.stop_reading(0);
    crowd.send(2, b"hey\n");
    let heard = hear(&mut crowd, 4, &[]);
    assert_eq!(heard, [&b""[..], b"hey\n", b""]);
}

#[test]
fn an_end_that_comes_together_with_words_is_seen() {
    let listener = TcpListener::bind(ANY).unwrap();
    let address = listener.local_addr().unwrap();
    let accepting = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.write_all(GREETING).unwrap();
        socket
    });
    let mut crowd = Crowd::new().unwrap();
    crowd
        .bring_in(address, &Lines, Role::Listener, 1, 1)
        .unwrap();
    let mut socket = accepting.join().unwrap();
    socket.write_all(b"bye\n").unwrap();
    drop(socket);
    assert_eq!(hear(&mut crowd, 4, &[0]), [b"bye\n"]);
}

#[test]
fn who_is_not_let_in_is_an_error() {
    let listener = TcpListener::bind(ANY).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || -> io::Result<()> {
        let (mut first, _) = listener.accept()?;
        first.write_all(GREETING)?;
        // The second is closed at once, and the first only once the test has ended.
        drop(listener.accept()?);
        listener.accept()?;
        Ok(())
    });
    let mut crowd = Crowd::new().unwrap();
    let error = crowd.bring_in(address, &Lines, Role::Listener, 2, 1);
    assert_eq!(error.unwrap_err().to_string(), says_closed(1));
}

#[test]
fn a_port_where_nobody_listens_is_an_error() {
    let listener = TcpListener::bind(ANY).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut crowd = Crowd::new().unwrap();
    let error = crowd.bring_in(address, &Lines, Role::Listener, 1, 1);
    assert_eq!(error.unwrap_err().to_string(), says_closed(0));
}
