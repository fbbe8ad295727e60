//! Talks over the floor, and over servers that do not deliver what they should.

use std::io::Write;
use std::net::Shutdown;

use chatserv::load::dialect::{Dialect, Identity};
use chatserv::load::latencies::Latencies;

use super::*;
use crate::floor::Lines;
use crate::testing::{faulty, floor, floor_with};

const BYTES: usize = 64;
const CHECKS: [Check; 3] = [Check::Count, Check::All, Check::Sample];

/// A talk in which all speakers share one pace.
fn talk(
    trial: &mut Trial,
    pace: Pace,
    check: Check,
    until: Until,
    observer: &mut impl Observer,
) -> io::Result<Outcome> {
    let groups = [Group { speakers: trial.speakers(), pace }];
    let talk = Talk { groups: &groups, payload_bytes: BYTES, check, until };
    talk.hold(trial, observer)
}

fn send(trial: &mut Trial, check: Check, count: u64) -> io::Result<Outcome> {
    talk(trial, Pace::Window(8), check, Until::Sent(count), &mut ())
}

#[test]
fn everybody_receives_everything() {
    let mut trial = floor();
    trial.fill(20, 4).unwrap();
    for check in CHECKS {
        let outcome = send(&mut trial, check, 1000).unwrap();
        assert!((1000..1008).contains(&outcome.messages), "{outcome:?}");
        assert_eq!(outcome.deliveries, outcome.messages * 20);
    }
    assert_eq!(trial.crowd.len(), 17 + 4);
}

/// Collects latencies, and the largest number of messages in flight.
#[derive(Default)]
struct Watch {
    latencies: Latencies,
    received: u64,
    most: u64,
}

impl Observer for Watch {
    fn delivered(&mut self, _: Id, latency: Duration) {
        self.latencies.add(latency);
        self.received += 1;
    }

    fn turned(&mut self, trial: &mut Trial, _: Duration) -> io::Result<()> {
        let sent: u64 = trial.sent().iter().sum();
        self.most = self.most.max(sent - self.received / trial.receivers());
        Ok(())
    }
}

#[test]
fn a_window_bounds_the_messages_in_flight() {
    let mut trial = floor();
    trial.fill(5, 3).unwrap();
    let mut watch = Watch::default();
    let (pace, until) = (Pace::Window(8), Until::Sent(200));
    let outcome = talk(&mut trial, pace, Check::All, until, &mut watch).unwrap();
    assert_eq!(watch.received, outcome.deliveries);
    assert!(watch.most <= 8, "{}", watch.most);
    let slowest = watch.latencies.per_mille_ms(1000).unwrap();
    assert!(slowest > 0.0 && slowest <= outcome.took.as_secs_f64() * 1e3);
}

#[test]
fn a_rate_is_kept() {
    let mut trial = floor();
    trial.fill(5, 2).unwrap();
    let mut send = |until| {
        let pace = Pace::PerSecond(200);
        talk(&mut trial, pace, Check::All, until, &mut ()).unwrap()
    };
    let outcome = send(Until::Sent(21));
    assert!(outcome.took >= Duration::from_millis(100), "{outcome:?}");
    // The last message is due 5 ms before the end.
    let outcome = send(Until::Passed(Duration::from_millis(100)));
    assert!((1..=20).contains(&outcome.messages), "{outcome:?}");
}

#[test]
fn a_turn_waits_until_the_next_message_is_due() {
    let wait = |paces: &[Pace], elapsed, sent: &[u64]| {
        let group = |&pace: &Pace| Group { speakers: 0..1, pace };
        let groups: Vec<Group> = paces.iter().map(group).collect();
        let talk = Talk {
            groups: &groups,
            payload_bytes: BYTES,
            check: Check::All,
            until: Until::Sent(1),
        };
        talk.wait(Duration::from_millis(elapsed), sent).as_millis()
    };
    let most = WAIT.as_millis();
    for (paces, elapsed, sent, expected) in [
        (&[Pace::PerSecond(100)][..], 33, &[4][..], 7),
        (&[Pace::PerSecond(100)], 43, &[4], 0),
        (&[Pace::PerSecond(1)], 33, &[1], most),
        (&[Pace::Window(1)], 33, &[4], most),
        (&[Pace::Window(1), Pace::PerSecond(100)], 33, &[9, 4], 7),
    ] {
        assert_eq!(wait(paces, elapsed, sent), expected, "{paces:?}");
    }
}

fn error(mut trial: Trial, check: Check) -> String {
    trial.patience = Duration::from_millis(300);
    send(&mut trial, check, 20).unwrap_err().to_string()
}

#[test]
fn a_missing_delivery_is_noticed() {
    for check in CHECKS {
        let trial = faulty(3, |socket, at, line| match at {
            ..19 => socket.write_all(line),
            _ => Ok(()),
        });
        let error = error(trial, check);
        assert!(error.starts_with("client 0 received 19 mess"), "{error}");
    }
}

#[test]
fn a_doubled_delivery_is_noticed() {
    for doubled in [0, 10, 19] {
        for check in CHECKS {
            let trial = faulty(3, move |socket, at, line| {
                let times = if at == doubled { 2 } else { 1 };
                socket.write_all(&line.repeat(times))
            });
            let error = error(trial, check);
            // Counts alone may blame another client, which seems to have received too little.
            let expected = match check {
                Check::Count | Check::Sample => "client ".to_owned(),
                Check::All => format!("client 0 expects {}, receives", doubled + 1),
            };
            assert!(error.starts_with(&expected), "{error}");
        }
    }
}

#[test]
fn endless_surplus_deliveries_do_not_hang() {
    let trial = faulty(1, |socket, _, line| socket.write_all(&line.repeat(50)));
    let error = error(trial, Check::Count);
    assert!(error.starts_with("client 0 received "), "{error}");
}

#[test]
fn an_altered_delivery_is_noticed() {
    let trial = faulty(3, |socket, at, line| {
        let mut line = line.to_vec();
        if at == 10 {
            line[40] = b'!';
        }
        socket.write_all(&line)
    });
    assert!(error(trial, Check::All).starts_with("Damaged("));
}

#[test]
fn deliveries_out_of_order_are_noticed() {
    let mut kept = Vec::new();
    let trial = faulty(3, move |socket, at, line| match at {
        3 => {
            kept = line.to_vec();
            Ok(())
        }
        4 => socket.write_all(&[line, &kept].concat()),
        _ => socket.write_all(line),
    });
    let error = error(trial, Check::All);
    let expected = "client 0 expects 3, receives";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_closed_connection_ends_the_talk_at_once() {
    for check in CHECKS {
        let mut trial = faulty(3, |socket, at, line| match at {
            ..10 => socket.write_all(line),
            10 => socket.shutdown(Shutdown::Both),
            _ => Ok(()),
        });
        let began = Instant::now();
        let error = send(&mut trial, check, 1000).unwrap_err().to_string();
        let end = "closed the connection of client 0";
        assert!(error.ends_with(end), "{error}");
        assert!(began.elapsed() < trial.patience);
    }
}

/// The floor's protocol, with the false claim that speakers do not receive each other's messages.
struct SeparateSpeakers;

impl Dialect for SeparateSpeakers {
    fn log_in(&self, step: usize, client: &Identity, out: &mut Vec<u8>) -> Option<&'static [u8]> {
        Lines.log_in(step, client, out)
    }

    fn say(&self, room: usize, payload: &[u8], out: &mut Vec<u8>) {
        Lines.say(room, payload, out);
    }
}

#[test]
fn a_delivery_to_a_client_that_should_get_none_is_noticed() {
    for check in CHECKS {
        let mut trial = floor_with(&SeparateSpeakers);
        trial.fill(3, 2).unwrap();
        let error = send(&mut trial, check, 1).unwrap_err().to_string();
        assert!(error.starts_with("client "), "{error}");
    }
}

#[test]
fn a_stalled_client_stops_nobody() {
    let mut trial = floor();
    trial.fill(5, 2).unwrap();
    trial.stall(1);
    let groups = [Group { speakers: trial.speakers(), pace: Pace::Window(64) }];
    // More bytes than all buffers of a connection hold.
    let talk =
        Talk { groups: &groups, payload_bytes: 4096, check: Check::All, until: Until::Sent(4000) };
    let outcome = talk.hold(&mut trial, &mut ()).unwrap();
    assert_eq!(outcome.deliveries, outcome.messages * 4);
}
