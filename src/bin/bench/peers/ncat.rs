//! `ncat --chat`: what one connection sends goes to all others, behind the number of who said it.
//!
//! It knows no lines: what one read brings gets one number, which stands in the middle of a payload where that does not
//! begin with the read.

use std::io;
use std::process::Command;

use super::running::{Running, free_port};
use super::{Demand, program};
use crate::fan_out::WINDOW;
use chatserv::load::dialect::{Dialect, Role};

const PROGRAM: &str = "ncat";

/// Places beyond the people of a workload.
const SPARE: usize = 10;

/// Its select(2) holds 1,024 descriptors. Long before that, coming in is the work: each arrival is told to everybody
/// with a list of everybody, which makes 1 GB for 500 people and 8 GB for 1,000.
const PEOPLE_MAX: usize = 500;

/// What it reads at once. All that may be under way has to fit, so that each read ends with a line.
const READ_BYTES: usize = 8192;

/// Its version.
///
/// # Errors
/// It is missing.
pub fn version() -> Result<String, String> {
    program::version(&program::find(PROGRAM)?)
}

/// Why it cannot do this, if so.
pub fn cannot(demand: Demand) -> Option<&'static str> {
    if demand.people > PEOPLE_MAX {
        return Some("not above 500 people: each arrival is told to all with the list of all");
    }
    let line_bytes = demand.payload_bytes + 1;
    (line_bytes * WINDOW as usize > READ_BYTES)
        .then_some("it numbers each 8 KiB it reads, in the middle of a line if need be")
}

/// Starts it.
///
/// # Errors
/// It is missing, or does not begin.
pub fn start(demand: Demand) -> io::Result<Running> {
    let port = free_port()?;
    let mut command = Command::new(program::find(PROGRAM).map_err(io::Error::other)?);
    command
        .args(["--chat", "-l", "-m", &(demand.people + SPARE).to_string()])
        .args(["127.0.0.1", &port.to_string()]);
    Running::on_port(port, command, tempfile::tempdir()?)
}

/// Whatever is sent.
#[derive(Debug)]
pub struct Lines;

impl Dialect for Lines {
    fn log_in(
        &self,
        step: usize,
        _name: &str,
        _role: Role,
        _out: &mut Vec<u8>,
    ) -> Option<&'static [u8]> {
        // An arrival is told to all, and who has arrived is one of them.
        (step == 0).then_some(b"<announce> already connected: ")
    }

    fn say(&self, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(payload);
        out.push(b'\n');
    }

    fn speakers_hear(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{Demand, cannot};

    #[test]
    fn many_people_and_long_lines_are_not_possible() {
        let of = |people, payload_bytes| {
            cannot(Demand {
                people,
                payload_bytes,
            })
        };
        assert_eq!(of(104, 64), None);
        assert_ne!(of(1004, 64), None);
        assert_ne!(of(104, 512), None);
        assert_ne!(of(1004, 64), of(104, 512));
    }
}
