//! People who come, say a line and go, again and again, before a few who stay and listen.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use crate::cost::descriptors;
use crate::dialect::Role;
use crate::payload;
use crate::record::figure;
use crate::stage::Stage;

/// How many stay.
pub const LISTENERS: usize = 10;

/// How many are on their way in, or out, at any time.
pub const UNDER_WAY: usize = 32;

/// A cycle that takes longer is stuck.
const STUCK: Duration = Duration::from_secs(10);

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
    let mut heard = 0;
    let mut last_gone = began;
    loop {
        let is_over = began.elapsed() >= time;
        if is_over && gone == set_out && heard == said * LISTENERS as u64 {
            break;
        }
        while !is_over && set_out - gone < UNDER_WAY {
            stage.set_out(Role::Speaker)?;
            set_out += 1;
        }
        let before = (gone, heard);
        stage.crowd.turn(WAIT, |member, bytes| {
            if bytes.is_empty() {
                gone += 1;
            } else if member < LISTENERS {
                heard += payload::count(bytes);
            }
        })?;
        for member in stage.crowd.take_arrived() {
            stage.say_and_finish(member, said, payload_bytes);
            said += 1;
        }
        if (gone, heard) != before {
            last_gone = Instant::now();
        } else if last_gone.elapsed() > STUCK {
            let why =
                format!("{gone} of {set_out} have gone; {said} lines were heard {heard} times");
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
        (
            figure::DESCRIPTORS_AFTER,
            descriptors(stage.server.pid())? as f64,
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into())
}
