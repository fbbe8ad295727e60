//! The servers under test: how each is found, started and talked to.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chatserv::config::DeliveryPolicy;
use chatserv::load::Names;
use chatserv::load::dialect::{Dialect, Identity, Role};
use clap::ValueEnum;

use crate::floor;
use crate::server::{Server, free_port};

/// The subcommand by which this program becomes the floor.
pub const FLOOR: &str = "floor";

/// Places for connections that are just ending, beyond the clients of a workload.
const SPARE_CLIENTS: usize = 100;

/// Directories of servers that may not be in the PATH of a user.
const SBIN: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// A server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// This project's server, with its defaults except that the rate limit is off
    Chatserv,
    /// redis-server, pub/sub
    Redis,
    /// nats-server
    Nats,
    /// The least that a server with one thread and epoll does
    Floor,
}

/// All servers, in the order of the tables.
pub const ALL: [Peer; 4] = [Peer::Chatserv, Peer::Redis, Peer::Nats, Peer::Floor];

/// Their names in tables and records.
pub const LABELS: [&str; 4] = ["chatserv", "redis", "nats", "epoll floor"];

impl Peer {
    /// Its name in tables and records.
    pub fn label(self) -> &'static str {
        LABELS[self as usize]
    }

    /// The first line that it prints about its version.
    ///
    /// # Errors
    /// It is missing. The error says how to get it.
    pub fn version(self) -> Result<String, String> {
        match self {
            Peer::Floor => Ok(format!("epoll floor {}", env!("CARGO_PKG_VERSION"))),
            _ => version(&self.program()?),
        }
    }

    fn program(self) -> Result<PathBuf, String> {
        match self {
            Peer::Chatserv => chatserv(),
            Peer::Redis => installed("redis-server"),
            Peer::Nats => installed("nats-server"),
            Peer::Floor => env::current_exe().map_err(|error| error.to_string()),
        }
    }

    /// Starts it on a free port of 127.0.0.1, and waits until it listens.
    ///
    /// # Errors
    /// It is missing, or has not started. The error quotes its output.
    pub fn start(self, clients: usize, delivery: DeliveryPolicy) -> io::Result<Server> {
        let mut command = Command::new(self.program().map_err(io::Error::other)?);
        let clients = (clients + SPARE_CLIENTS).to_string();
        let directory = tempfile::tempdir()?;
        match self {
            Peer::Chatserv => {
                for (name, _) in env::vars_os() {
                    if name.to_string_lossy().starts_with("CHATSERV_") {
                        command.env_remove(name);
                    }
                }
                let delivery = delivery
                    .to_possible_value()
                    .expect("no policy is hidden from the command line");
                command.args(["--port", "0", "--bind", "127.0.0.1", "--rate-limit", "off"]).args([
                    "--delivery",
                    delivery.get_name(),
                    "--max-clients",
                    &clients,
                ]);
                Server::that_prints_its_port(command, directory)
            }
            // Redis stores nothing on disk. Everything else is its default, including the limits on output buffers.
            Peer::Redis => {
                let port = free_port()?;
                command
                    .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
                    .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
                    .args(["--maxclients", &clients]);
                Server::on_port(port, command, directory)
            }
            // NATS sends no pings, except the first one of each connection, which cannot be turned off:
            // https://docs.nats.io/running-a-nats-service/configuration
            Peer::Nats => {
                let port = free_port()?;
                let settings = directory.path().join("nats.conf");
                let text = format!("max_connections: {clients}\nping_interval: \"1h\"\n");
                fs::write(&settings, text)?;
                command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-c"]).arg(settings);
                Server::on_port(port, command, directory)
            }
            Peer::Floor => {
                command.arg(FLOOR);
                Server::that_prints_its_port(command, directory)
            }
        }
    }

    /// Its protocol.
    pub fn dialect(self) -> &'static dyn Dialect {
        match self {
            Peer::Chatserv => &Names,
            Peer::Redis => &PubSub,
            Peer::Nats => &Subjects,
            Peer::Floor => &floor::Lines,
        }
    }
}

/// The chatserv that was built together with this program.
fn chatserv() -> Result<PathBuf, String> {
    let this = env::current_exe().map_err(|error| error.to_string())?;
    // The program of a test lies one directory deeper.
    let directories = this.ancestors().skip(1).take(2);
    directories
        .map(|directory| directory.join("chatserv"))
        .find(|file| file.is_file())
        .ok_or_else(|| "chatserv is missing: cargo build --profile dist --bin chatserv".to_owned())
}

/// An installed program. Its Debian package has the same name.
fn installed(name: &str) -> Result<PathBuf, String> {
    env::var_os("PATH")
        .iter()
        .flat_map(env::split_paths)
        .chain(SBIN.map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| format!("{name} is missing: apt-get install {name}"))
}

/// The first line that a program prints about its version.
fn version(program: &Path) -> Result<String, String> {
    let asked = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    String::from_utf8_lossy(&[asked.stdout, asked.stderr].concat())
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| format!("{} prints no version", program.display()))
}

/// Redis pub/sub over RESP2, with one channel, `room`.
#[derive(Debug)]
struct PubSub;

impl Dialect for PubSub {
    fn log_in(&self, step: usize, client: &Identity, out: &mut Vec<u8>) -> Option<&'static [u8]> {
        match (step, client.role) {
            (0, Role::Listener) => {
                out.extend_from_slice(b"*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\nroom\r\n");
                // The reply ends in the number of subscriptions.
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
        write!(out, "${}\r\n", payload.len()).expect("writing to a Vec<u8> never fails");
        out.extend_from_slice(payload);
        out.extend_from_slice(b"\r\n");
    }
}

/// Core NATS with one subject, `room`.
#[derive(Debug)]
struct Subjects;

impl Dialect for Subjects {
    fn log_in(&self, step: usize, client: &Identity, out: &mut Vec<u8>) -> Option<&'static [u8]> {
        if step > 0 {
            return None;
        }
        out.extend_from_slice(b"CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false}\r\n");
        if client.role == Role::Listener {
            out.extend_from_slice(b"SUB room 1\r\n");
        }
        // Replies come in order: the reply to this follows the subscription.
        out.extend_from_slice(b"PING\r\n");
        Some(b"PONG\r\n")
    }

    fn say(&self, payload: &[u8], out: &mut Vec<u8>) {
        write!(out, "PUB room {}\r\n", payload.len()).expect("writing to a Vec<u8> never fails");
        out.extend_from_slice(payload);
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliveries::Check;
    use crate::talk::{Group, Pace, Talk, Until};
    use crate::testing;
    use crate::trial::Trial;

    /// Sends messages from two speakers to two listeners, and checks who receives them.
    fn talk(mut trial: Trial) {
        trial.connect(2, 2).unwrap();
        trial.wait_for_quiet().unwrap();
        let talk = Talk {
            groups: &[Group { speakers: trial.speakers(), pace: Pace::Window(4) }],
            payload_bytes: 64,
            check: Check::All,
            until: Until::Sent(20),
        };
        let outcome = talk.hold(&mut trial, &mut ()).unwrap();
        assert_eq!(outcome.deliveries, outcome.messages * trial.receivers());
    }

    #[test]
    fn every_server_is_understood() {
        let policies = DeliveryPolicy::value_variants();
        let others = [Peer::Redis, Peer::Nats].map(|peer| (peer, DeliveryPolicy::DirectThenWriter));
        let ours = policies.iter().map(|&policy| (Peer::Chatserv, policy));
        for (peer, delivery) in ours.chain(others) {
            match peer.version() {
                Err(missing) => testing::skipped(&missing),
                Ok(version) => {
                    assert!(!version.is_empty() && !version.contains('\n'), "{version}");
                    let server = peer.start(4, delivery).unwrap();
                    talk(Trial::of(server, peer.dialect()).unwrap());
                }
            }
        }
        talk(testing::floor());
    }

    #[test]
    fn a_missing_program_says_how_to_get_it() {
        let missing = installed("no-such-server").unwrap_err();
        let text = "no-such-server is missing: apt-get install no-such-server";
        assert_eq!(missing, text);
    }
}
