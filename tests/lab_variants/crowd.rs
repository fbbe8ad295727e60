//! The load of the experiments on all variants: one person talks, and everybody hears all lines in order.

use std::time::{Duration, Instant};

use chatserv::load::Names;
use chatserv::load::crowd::Crowd;
use chatserv::load::dialect::Role;

use crate::support::PATIENCE;
use crate::{VARIANTS, Variant, start};

const LISTENERS: usize = 49;

const LINES: usize = 20;

/// All lines together are more than one read of a variant takes.
const LINE_BYTES: usize = 400;

/// How many clients connect at the same time.
const AT_ONCE: usize = 10;

#[test]
fn fifty_people_hear_the_same_lines_in_the_same_order() {
    // Here polling does not sleep.
    let sleepless: Variant = &["polling"];
    for variant in VARIANTS.into_iter().chain([sleepless]) {
        let server = start(variant);
        let mut crowd = Crowd::new().unwrap();
        for (role, count) in [(Role::Listener, LISTENERS), (Role::Speaker, 1)] {
            let came = crowd.log_in_all(server.address(), &Names, role, count, AT_ONCE);
            came.unwrap_or_else(|error| panic!("{variant:?}: {error}"));
        }
        let speaker = LISTENERS;
        let lines: String = (0..LINES).map(|number| format!("{}\r\n", line(number))).collect();
        crowd.send(speaker, lines.as_bytes());
        let heard = hear(&mut crowd, variant);
        let said: Vec<String> =
            (0..LINES).map(|number| format!("s{speaker:05} : {}", line(number))).collect();
        for (member, lines) in heard.iter().enumerate() {
            let wanted: &[String] = if member == speaker { &[] } else { &said };
            assert_eq!(lines, wanted, "{variant:?}: what {member} heard");
        }
    }
}

fn line(number: usize) -> String {
    format!("{number:x<LINE_BYTES$}")
}

/// Returns the lines that each member hears from other people, until all lines have reached everybody.
fn hear(crowd: &mut Crowd, variant: Variant) -> Vec<Vec<String>> {
    let mut bytes = vec![Vec::new(); crowd.len()];
    let end = Instant::now() + PATIENCE;
    loop {
        crowd
            .turn(Duration::from_millis(10), |member, came| {
                assert!(!came.is_empty(), "{variant:?}: {member} was disconnected");
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

/// The complete lines that are not the server's.
fn said_by_people(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let whole = text.split_inclusive("\r\n").filter_map(|line| line.strip_suffix("\r\n"));
    let by_people = whole.filter(|line| !line.starts_with("server: "));
    by_people.map(str::to_owned).collect()
}
