//! People who come, say a line and go, again and again, before a few who stay and listen.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::{Duration, Instant};

use crate::payload;
use crate::record::figure;
use crate::stage::Stage;
use chatserv::load::cost::descriptors;
use chatserv::load::crowd::says_closed;
use chatserv::load::dialect::Role;

/// How many stay.
pub const LISTENERS: usize = 10;

/// How many are on their way in, or out, at any time.
pub const UNDER_WAY: usize = 32;

const WAIT: Duration = Duration::from_millis(20);

const MIB: f64 = 1024.0 * 1024.0;

/// Measures how many come and go in a second. A cycle is over when the server has closed the connection; everybody who
/// stays has to hear every line.
///
/// # Errors
/// Somebody is not let in, is not let go, or a line is not heard.
pub fn measure(
    stage: &mut Stage,
    payload_bytes: usize,
    time: Duration,
) -> io::Result<BTreeMap<String, f64>> {
    let began = Instant::now();
    let (mut set_out, mut said, mut gone) = (0_usize, 0_u64, 0_usize);
    let mut heard = [0; LISTENERS];
    // Who has said their line, and is not gone yet.
    let mut leaving = BTreeSet::new();
    let mut last_change = began;
    loop {
        let is_over = began.elapsed() >= time;
        if is_over && gone == set_out && heard == [said; LISTENERS] {
            break;
        }
        while !is_over && set_out - gone < UNDER_WAY {
            stage.set_out(Role::Speaker)?;
            set_out += 1;
        }
        let before = (gone, heard);
        let mut closed = None;
        stage.crowd.turn(WAIT, |member, bytes| {
            if !bytes.is_empty() {
                // What those hear who come and go is not counted.
                if let Some(heard) = heard.get_mut(member) {
                    *heard += payload::count(bytes);
                }
            } else if leaving.remove(&member) {
                gone += 1;
            } else {
                closed = Some(member);
            }
        })?;
        if let Some(member) = closed {
            return Err(io::Error::other(says_closed(member)));
        }
        for member in stage.crowd.take_arrived() {
            stage.say_and_finish(member, said, payload_bytes);
            leaving.insert(member);
            said += 1;
        }
        if (gone, heard) != before {
            last_change = Instant::now();
        } else if last_change.elapsed() > stage.patience {
            let why = format!(
                "{gone} of {set_out} have gone; of {said} lines the listeners heard {heard:?}"
            );
            return Err(io::Error::other(why));
        }
    }
    let took = began.elapsed();
    stage.wait_for_quiet()?;
    let cost = stage.cost()?;
    Ok([
        (figure::CYCLES_PER_S, gone as f64 / took.as_secs_f64()),
        (figure::RESIDENT_MIB, cost.resident_bytes as f64 / MIB),
        (figure::THREADS_AFTER, cost.threads as f64),
        (figure::DESCRIPTORS_AFTER, descriptors(stage.pid())? as f64),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{Ipv4Addr, TcpListener};
    use std::thread;

    use super::*;
    use crate::floor::{GREETING, Sends};
    use crate::peers::floor::Lines;
    use crate::testing::floor;

    const TIME: Duration = Duration::from_millis(200);

    #[test]
    fn people_come_and_go_and_who_stays_hears_each() {
        for sends in [Sends::Gathered, Sends::Each] {
            let mut stage = floor(sends);
            stage.let_in(LISTENERS, 0).unwrap();
            let figures = measure(&mut stage, 64, TIME).unwrap();
            assert!(figures[figure::CYCLES_PER_S] > 0.0);
            assert!(figures[figure::THREADS_AFTER] >= 1.0);
            assert!(figures[figure::DESCRIPTORS_AFTER] >= LISTENERS as f64);
            assert!(stage.crowd.len() >= LISTENERS + UNDER_WAY);
        }
    }

    /// Who listens is greeted; everybody else is, if `greets`, and their connection is closed.
    fn closing(greets: bool) -> Stage {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || -> io::Result<()> {
            let mut staying = Vec::new();
            loop {
                let (mut socket, _) = listener.accept()?;
                if greets || staying.len() < LISTENERS {
                    socket.write_all(GREETING)?;
                }
                if staying.len() < LISTENERS {
                    staying.push(socket);
                }
            }
        });
        let mut stage = Stage::over(address, &Lines).unwrap();
        stage.let_in(LISTENERS, 0).unwrap();
        stage
    }

    #[test]
    fn who_is_not_let_in_has_made_no_cycle() {
        let mut stage = closing(false);
        let error = measure(&mut stage, 64, TIME).unwrap_err().to_string();
        assert!(error.contains("has closed the connection of"), "{error}");
    }

    #[test]
    fn who_is_not_heard_has_made_no_cycle() {
        let mut stage = closing(true);
        stage.patience = TIME;
        assert!(measure(&mut stage, 64, TIME).is_err());
    }
}
