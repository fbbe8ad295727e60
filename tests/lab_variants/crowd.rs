//! The load of the experiments, on all shells: one talks, everybody hears all of it, in order.

use std::time::{Duration, Instant};

use chatserv::load::Names;
use chatserv::load::crowd::Crowd;
use chatserv::load::dialect::Role;

use crate::support::PATIENCE;
use crate::{SHELLS, Shell, start};

/// Who only listens.
const LISTENERS: usize = 49;

/// How many lines the one says who talks.
const LINES: usize = 20;

/// How long each is: all together are more than one read of a shell takes.
const LINE_BYTES: usize = 400;

/// How many come in at the same time.
const AT_ONCE: usize = 10;

#[test]
fn fifty_people_hear_the_same_lines_in_the_same_order() {
    // Here polling does not rest.
    let restless: Shell = &["polling"];
    for shell in SHELLS.into_iter().chain([restless]) {
        let server = start(shell);
        let mut crowd = Crowd::new().unwrap();
        for (role, count) in [(Role::Listener, LISTENERS), (Role::Speaker, 1)] {
            let came = crowd.bring_in(server.address(), &Names, role, count, AT_ONCE);
            came.unwrap_or_else(|error| panic!("{shell:?}: {error}"));
        }
        let speaker = LISTENERS;
        let lines: String = (0..LINES)
            .map(|number| format!("{}\r\n", line(number)))
            .collect();
        crowd.send(speaker, lines.as_bytes());
        let heard = hear(&mut crowd, shell);
        let said: Vec<String> = (0..LINES)
            .map(|number| format!("s{speaker:05} : {}", line(number)))
            .collect();
        for (member, lines) in heard.iter().enumerate() {
            let wanted: &[String] = if member == speaker { &[] } else { &said };
            assert_eq!(lines, wanted, "{shell:?}: what {member} has heard");
        }
    }
}

fn line(number: usize) -> String {
    format!("{number:x<LINE_BYTES$}")
}

/// What each hears of what people say, until so much has come as everybody together is to hear.
fn hear(crowd: &mut Crowd, shell: Shell) -> Vec<Vec<String>> {
    let mut bytes = vec![Vec::new(); crowd.len()];
    let end = Instant::now() + PATIENCE;
    loop {
        crowd
            .turn(Duration::from_millis(10), |member, came| {
                assert!(!came.is_empty(), "{shell:?}: {member} was let go");
                bytes[member].extend_from_slice(came);
            })
            .unwrap();
        let heard: Vec<Vec<String>> = bytes.iter().map(|bytes| said_by_people(bytes)).collect();
        let count: usize = heard.iter().map(Vec::len).sum();
        if count >= LISTENERS * LINES || Instant::now() > end {
            return heard;
        }
    }
}

/// The whole lines that are not the server's.
fn said_by_people(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let whole = text
        .split_inclusive("\r\n")
        .filter_map(|line| line.strip_suffix("\r\n"));
    let by_people = whole.filter(|line| !line.starts_with("server: "));
    by_people.map(str::to_owned).collect()
}
