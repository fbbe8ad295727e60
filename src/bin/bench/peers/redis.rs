//! `redis-server`, pub/sub, over RESP2. Nothing is kept on disk; all the rest is as shipped, the limits on what may wait
//! for a client included.

use std::io::{self, Write};
use std::process::Command;

use super::running::{Running, free_port};
use super::{Demand, program};
use chatserv::load::dialect::{Dialect, Role};

const PROGRAM: &str = "redis-server";

/// Places beyond the people of a workload.
const SPARE: usize = 100;

/// Its version.
///
/// # Errors
/// It is missing.
pub fn version() -> Result<String, String> {
    program::version(&program::find(PROGRAM)?)
}

/// Starts it.
///
/// # Errors
/// It is missing, or does not begin.
pub fn start(demand: Demand) -> io::Result<Running> {
    let port = free_port()?;
    let mut command = Command::new(program::find(PROGRAM).map_err(io::Error::other)?);
    command
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
        .args(["--maxclients", &(demand.people + SPARE).to_string()]);
    Running::on_port(port, command, tempfile::tempdir()?)
}

/// One channel, `room`.
#[derive(Debug)]
pub struct PubSub;

impl Dialect for PubSub {
    fn log_in(
        &self,
        step: usize,
        _name: &str,
        role: Role,
        out: &mut Vec<u8>,
    ) -> Option<&'static [u8]> {
        match (step, role) {
            (0, Role::Listener) => {
                out.extend_from_slice(b"*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\nroom\r\n");
                // The answer ends in how many channels this connection has.
                Some(b":1\r\n")
            }
            (0, Role::Speaker) => {
                out.extend_from_slice(b"*1\r\n$4\r\nPING\r\n");
                Some(b"+PONG\r\n")
            }
            _ => None,
        }
    }

    fn say(&self, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(b"*3\r\n$7\r\nPUBLISH\r\n$4\r\nroom\r\n");
        write!(out, "${}\r\n", payload.len()).expect("writing to memory does not fail");
        out.extend_from_slice(payload);
        out.extend_from_slice(b"\r\n");
    }

    fn speakers_hear(&self) -> bool {
        false
    }
}
