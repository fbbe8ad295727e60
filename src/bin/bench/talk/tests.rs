//! Talks over the floor in a thread, and over a server that does not always deliver what was said.

use std::io::Write;
use std::net::Shutdown;

use super::*;
use crate::floor::Sends;
use crate::peers::floor::Lines;
use crate::testing::{floor, floor_that_speaks, with_whims};
use chatserv::load::dialect::{Dialect, Role};
use chatserv::load::latencies::Latencies;

const BYTES: usize = 64;
const EARS: [Ear; 3] = [Ear::Counting, Ear::Checking, Ear::Sampling];

fn all_of(stage: &Stage, pace: Pace) -> [Group; 1] {
    [Group {
        speakers: stage.speakers(),
        pace,
    }]
}

/// All speak by a window of 8, until so much is said.
fn hold(stage: &mut Stage, ear: Ear, count: u64) -> io::Result<Outcome> {
    let talk = Talk {
        groups: &all_of(stage, Pace::Window(8)),
        payload_bytes: BYTES,
        ear,
        until: Until::Said(count),
    };
    talk.hold(stage, &mut Nobody)
}

#[test]
fn everybody_hears_all_however_a_floor_sends() {
    for sends in [Sends::Gathered, Sends::Each] {
        let mut stage = floor(sends);
        stage.fill(20, 4).unwrap();
        for ear in EARS {
            let outcome = hold(&mut stage, ear, 1000).unwrap();
            assert!((1000..1008).contains(&outcome.messages), "{outcome:?}");
            assert_eq!(outcome.deliveries, outcome.messages * 20);
        }
        assert_eq!(stage.crowd.len(), 17 + 4);
    }
}

/// Counts the latencies, and how many messages are under way at the most.
#[derive(Default)]
struct Watch {
    latencies: Latencies,
    heard: u64,
    most: u64,
}

impl Observer for Watch {
    fn delivered(&mut self, _: Id, latency: Duration) {
        self.latencies.add(latency);
        self.heard += 1;
    }

    fn turned(&mut self, stage: &mut Stage, _: Duration) -> io::Result<()> {
        let said: u64 = stage.said().iter().sum();
        self.most = self.most.max(said - self.heard / stage.hearers());
        Ok(())
    }
}

#[test]
fn a_window_bounds_what_is_under_way() {
    let mut stage = floor(Sends::Gathered);
    stage.fill(5, 3).unwrap();
    let mut watch = Watch::default();
    let talk = Talk {
        groups: &all_of(&stage, Pace::Window(8)),
        payload_bytes: BYTES,
        ear: Ear::Checking,
        until: Until::Said(200),
    };
    let outcome = talk.hold(&mut stage, &mut watch).unwrap();
    assert_eq!(watch.heard, outcome.deliveries);
    assert!((1..=8).contains(&watch.most), "{}", watch.most);
    let slowest = watch.latencies.per_mille_ms(1000).unwrap();
    assert!(slowest > 0.0 && slowest <= outcome.took.as_secs_f64() * 1e3);
}

#[test]
fn a_rate_is_kept() {
    let mut stage = floor(Sends::Gathered);
    stage.fill(5, 2).unwrap();
    let talk = Talk {
        groups: &all_of(&stage, Pace::PerSecond(200)),
        payload_bytes: BYTES,
        ear: Ear::Checking,
        until: Until::Said(21),
    };
    let outcome = talk.hold(&mut stage, &mut Nobody).unwrap();
    assert!(outcome.took >= Duration::from_millis(100), "{outcome:?}");
    let talk = Talk {
        until: Until::Passed(Duration::from_millis(100)),
        ..talk
    };
    // The last is due 5 ms before the end, and nothing is said behind that.
    let outcome = talk.hold(&mut stage, &mut Nobody).unwrap();
    assert!((1..=20).contains(&outcome.messages), "{outcome:?}");
}

#[test]
fn a_turn_waits_until_the_next_message_is_due() {
    let group = |pace| Group {
        speakers: 0..1,
        pace,
    };
    let wait = |paces: &[Pace], elapsed, said: &[u64]| {
        let groups: Vec<Group> = paces.iter().map(|&pace| group(pace)).collect();
        let talk = Talk {
            groups: &groups,
            payload_bytes: BYTES,
            ear: Ear::Checking,
            until: Until::Said(1),
        };
        talk.wait(Duration::from_millis(elapsed), said).as_millis()
    };
    assert_eq!(wait(&[Pace::PerSecond(100)], 33, &[4]), 7);
    assert_eq!(wait(&[Pace::PerSecond(100)], 43, &[4]), 0);
    assert_eq!(wait(&[Pace::PerSecond(1)], 33, &[1]), WAIT.as_millis());
    assert_eq!(wait(&[Pace::Window(1)], 33, &[4]), WAIT.as_millis());
    let both = [Pace::Window(1), Pace::PerSecond(100)];
    assert_eq!(wait(&both, 33, &[9, 4]), 7);
}

fn error(mut stage: Stage, ear: Ear) -> String {
    stage.patience = Duration::from_millis(300);
    hold(&mut stage, ear, 20).unwrap_err().to_string()
}

#[test]
fn a_delivery_that_is_missing_is_noticed() {
    for ear in EARS {
        let stage = with_whims(3, |socket, at, line| match at {
            ..19 => socket.write_all(line),
            _ => Ok(()),
        });
        let error = error(stage, ear);
        assert!(error.starts_with("client 0 heard 19 messages"), "{error}");
    }
}

#[test]
fn a_delivery_that_is_doubled_is_noticed() {
    for doubled in [0, 10, 19] {
        for ear in EARS {
            let stage = with_whims(3, move |socket, at, line| {
                let times = if at == doubled { 2 } else { 1 };
                socket.write_all(&line.repeat(times))
            });
            let error = error(stage, ear);
            // By numbers alone it may look as if somebody else had heard too little.
            let expected = match ear {
                Ear::Counting | Ear::Sampling => "client ".to_owned(),
                Ear::Checking => format!("client 0 expects {}, hears", doubled + 1),
            };
            assert!(error.starts_with(&expected), "{error}");
        }
    }
}

#[test]
fn a_server_that_always_delivers_too_much_is_no_hang() {
    let stage = with_whims(1, |socket, _, line| socket.write_all(&line.repeat(50)));
    let error = error(stage, Ear::Counting);
    assert!(error.starts_with("client 0 heard "), "{error}");
}

#[test]
fn a_delivery_that_is_altered_is_noticed() {
    let stage = with_whims(3, |socket, at, line| {
        let mut line = line.to_vec();
        if at == 10 {
            line[40] = b'!';
        }
        socket.write_all(&line)
    });
    assert!(error(stage, Ear::Checking).starts_with("Damaged("));
}

#[test]
fn deliveries_that_have_changed_places_are_noticed() {
    let mut kept = Vec::new();
    let stage = with_whims(3, move |socket, at, line| match at {
        3 => {
            kept = line.to_vec();
            Ok(())
        }
        4 => socket.write_all(&[line, &kept].concat()),
        _ => socket.write_all(line),
    });
    let error = error(stage, Ear::Checking);
    assert!(error.starts_with("client 0 expects 3, hears"), "{error}");
}

#[test]
fn a_connection_that_the_server_closes_is_an_error_at_once() {
    for ear in EARS {
        let mut stage = with_whims(3, |socket, at, line| match at {
            ..10 => socket.write_all(line),
            10 => socket.shutdown(Shutdown::Both),
            _ => Ok(()),
        });
        let began = Instant::now();
        let error = hold(&mut stage, ear, 1000).unwrap_err().to_string();
        assert!(
            error.ends_with("closed the connection of client 0"),
            "{error}"
        );
        assert!(began.elapsed() < stage.patience);
    }
}

/// The language of a floor, if it were one in which speakers do not hear each other.
struct Apart;

impl Dialect for Apart {
    fn log_in(
        &self,
        step: usize,
        name: &str,
        role: Role,
        out: &mut Vec<u8>,
    ) -> Option<&'static [u8]> {
        Lines.log_in(step, name, role, out)
    }

    fn say(&self, payload: &[u8], out: &mut Vec<u8>) {
        Lines.say(payload, out);
    }

    fn speakers_hear(&self) -> bool {
        false
    }
}

#[test]
fn whoever_hears_what_is_not_for_them_is_noticed() {
    for ear in EARS {
        let mut stage = floor_that_speaks(&Apart, Sends::Gathered);
        stage.fill(3, 2).unwrap();
        let error = hold(&mut stage, ear, 1).unwrap_err().to_string();
        assert!(error.starts_with("client "), "{error}");
    }
}

#[test]
fn who_does_not_read_stops_nobody() {
    let mut stage = floor(Sends::Gathered);
    stage.fill(5, 2).unwrap();
    stage.stall(1);
    // More than all buffers of a connection hold.
    let talk = Talk {
        groups: &all_of(&stage, Pace::Window(64)),
        payload_bytes: 4096,
        ear: Ear::Checking,
        until: Until::Said(4000),
    };
    let outcome = talk.hold(&mut stage, &mut Nobody).unwrap();
    assert_eq!(outcome.deliveries, outcome.messages * 4);
}
