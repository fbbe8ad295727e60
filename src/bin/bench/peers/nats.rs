//! `nats-server`, core NATS. As shipped, except that there is room for all, and that it asks nobody whether they are
//! still there while they are measured: <https://docs.nats.io/running-a-nats-service/configuration>. Once, in the first
//! seconds of a connection, it sends a `PING` of six bytes nevertheless.

use std::fs;
use std::io::{self, Write};
use std::process::Command;

use super::running::{Running, free_port};
use super::{Demand, program};
use chatserv::load::dialect::{Dialect, Role};

const PROGRAM: &str = "nats-server";

/// Its settings file, in its folder.
const SETTINGS: &str = "nats.conf";

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
    let folder = tempfile::tempdir()?;
    let settings = folder.path().join(SETTINGS);
    fs::write(
        &settings,
        format!(
            "max_connections: {}\nping_interval: \"1h\"\n",
            demand.people + SPARE
        ),
    )?;
    let mut command = Command::new(program::find(PROGRAM).map_err(io::Error::other)?);
    command
        .args(["-a", "127.0.0.1", "-p", &port.to_string(), "-c"])
        .arg(settings);
    Running::on_port(port, command, folder)
}

/// One subject, `room`.
#[derive(Debug)]
pub struct Subjects;

impl Dialect for Subjects {
    fn log_in(
        &self,
        step: usize,
        _name: &str,
        role: Role,
        out: &mut Vec<u8>,
    ) -> Option<&'static [u8]> {
        if step > 0 {
            return None;
        }
        out.extend_from_slice(b"CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false}\r\n");
        if role == Role::Listener {
            out.extend_from_slice(b"SUB room 1\r\n");
        }
        out.extend_from_slice(b"PING\r\n");
        // It answers in order: with this the subscription stands.
        Some(b"PONG\r\n")
    }

    fn say(&self, payload: &[u8], out: &mut Vec<u8>) {
        write!(out, "PUB room {}\r\n", payload.len()).expect("writing to memory does not fail");
        out.extend_from_slice(payload);
        out.extend_from_slice(b"\r\n");
    }

    fn speakers_hear(&self) -> bool {
        false
    }
}
