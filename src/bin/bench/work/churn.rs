//! Churn: visitors connect, log in, send a line and leave, while some listeners stay.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use chatserv::load::cost::descriptors;
use chatserv::load::crowd::closed_message;

use super::{MIB, figures};
use crate::payload;
use crate::results::{Case, Figures, figure};
use crate::trial::Trial;

pub const LISTENERS: usize = 10;

/// The number of visitors at any time.
pub const VISITORS: usize = 32;

const WAIT: Duration = Duration::from_millis(20);

/// A visit ends when the server has closed the connection. Every listener must receive the line of every visitor.
pub fn measure(trial: &mut Trial, case: &Case, time: Duration) -> io::Result<Figures> {
    let began = Instant::now();
    let (mut started, mut sent, mut gone) = (0_usize, 0_u64, 0_usize);
    let mut received = [0; LISTENERS];
    // Visitors who have sent their line.
    let mut leaving = BTreeSet::new();
    let mut last_progress = began;
    loop {
        let is_over = began.elapsed() >= time;
        if is_over && gone == started && received == [sent; LISTENERS] {
            break;
        }
        while !is_over && started - gone < VISITORS {
            trial.connect_visitor()?;
            started += 1;
        }
        let before = (gone, received);
        let mut closed = None;
        trial.crowd.turn(WAIT, |client, bytes| {
            if !bytes.is_empty() {
                // Visitors receive lines too, which are not counted.
                if let Some(received) = received.get_mut(client) {
                    *received += payload::count(bytes);
                }
            } else if leaving.remove(&client) {
                gone += 1;
            } else {
                closed = Some(client);
            }
        })?;
        if let Some(client) = closed {
            return Err(io::Error::other(closed_message(client)));
        }
        for client in trial.crowd.take_arrived() {
            trial.send_as_visitor(client, sent, case.payload_bytes);
            leaving.insert(client);
            sent += 1;
        }
        if (gone, received) != before {
            last_progress = Instant::now();
        } else if last_progress.elapsed() > trial.patience {
            return Err(io::Error::other(format!(
                "{gone} of {started} visitors have gone; of {sent} lines the listeners received {received:?}"
            )));
        }
    }
    let took = began.elapsed();
    trial.wait_for_quiet()?;
    let cost = trial.cost()?;
    Ok(figures([
        (figure::CYCLES_PER_S, gone as f64 / took.as_secs_f64()),
        (figure::RESIDENT_MIB, cost.resident_bytes as f64 / MIB),
        (figure::THREADS_AFTER, cost.threads as f64),
        (figure::DESCRIPTORS_AFTER, descriptors(trial.pid())? as f64),
    ]))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{Ipv4Addr, TcpListener};
    use std::thread;

    use super::*;
    use crate::floor::{GREETING, Lines};
    use crate::testing::floor;

    const TIME: Duration = Duration::from_millis(200);

    #[test]
    fn every_listener_receives_the_line_of_every_visitor() {
        let mut trial = floor();
        trial.connect(LISTENERS, 0).unwrap();
        let figures = measure(&mut trial, &Case::of(LISTENERS, 64), TIME).unwrap();
        assert!(figures[figure::CYCLES_PER_S] > 0.0);
        assert!(figures[figure::THREADS_AFTER] >= 1.0);
        assert!(figures[figure::DESCRIPTORS_AFTER] >= LISTENERS as f64);
        assert!(trial.crowd.len() >= LISTENERS + VISITORS);
    }

    /// A server that greets listeners, and visitors if `greets`, relays nothing and closes the connections of visitors.
    fn closing(greets: bool) -> Trial {
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
        let mut trial = Trial::over(address, &Lines).unwrap();
        trial.connect(LISTENERS, 0).unwrap();
        trial
    }

    #[test]
    fn a_visit_without_a_login_or_without_a_delivery_is_an_error() {
        let case = Case::of(LISTENERS, 64);
        let mut trial = closing(false);
        let error = measure(&mut trial, &case, TIME).unwrap_err().to_string();
        assert!(error.contains("has closed the connection of"), "{error}");

        let mut trial = closing(true);
        trial.patience = TIME;
        assert!(measure(&mut trial, &case, TIME).is_err());
    }
}
