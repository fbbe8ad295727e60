//! The servers under test: how each is found, started and talked to.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chatserv::config::DeliveryPolicy;
use chatserv::load::Names;
use chatserv::load::dialect::{Dialect, Identity, Role, room_name};
use clap::ValueEnum;

use crate::floor;
use crate::server::{Server, free_port};

/// The subcommand by which this program becomes the floor.
pub const FLOOR: &str = "floor";

/// Places for connections that are just ending, beyond the clients of a workload.
const SPARE_CLIENTS: usize = 100;

/// Directories of servers that may not be in the PATH of a user.
const SBIN: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// A server, and the protocol of its clients where it has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// This project's server, with its defaults except that the rate limit is off. Its clients are people in telnet
    Chatserv,
    /// redis-server, pub/sub
    Redis,
    /// nats-server
    Nats,
    /// The least that a server with one thread and epoll does
    Floor,
    /// This project's server with programs, which send and receive JSON lines
    Json,
    /// This project's server with browsers: the same JSON in the frames of a WebSocket
    Web,
    /// This project's server with a history on disk: only if it is named, and built with the feature `history`
    History,
}

/// The servers, in the order of the tables, without the one that has to be named.
pub const SERVERS: [Peer; 4] = [Peer::Chatserv, Peer::Redis, Peer::Nats, Peer::Floor];

/// The protocols of this project's server, in the order of their tables.
pub const PROTOCOLS: [Peer; 3] = [Peer::Web, Peer::Json, Peer::Chatserv];

/// The line on stdout that ends in the port for telnet and JSON lines, and the one that ends in that for browsers.
const WAITS: &str = "Waiting for incoming connections on port ";
const WAITS_FOR_BROWSERS: &str = "Waiting for browsers at http://127.0.0.1:";

impl Peer {
    /// Its name in tables and records.
    pub fn label(self) -> &'static str {
        match self {
            Peer::Chatserv => "chatserv",
            Peer::Redis => "redis",
            Peer::Nats => "nats",
            Peer::Floor => "epoll floor",
            Peer::Json => "JSON lines",
            Peer::Web => "WebSocket",
            // It has no column in the tables.
            Peer::History => "with history",
        }
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
            Peer::Chatserv | Peer::Json | Peer::Web | Peer::History => chatserv(),
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
            Peer::Chatserv | Peer::Json | Peer::Web | Peer::History => {
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
                if self == Peer::History {
                    // In the directory of the server.
                    command.args(["--history", "history.db"]);
                }
                let waits = if self == Peer::Web {
                    command.args(["--web-port", "0"]);
                    WAITS_FOR_BROWSERS
                } else {
                    WAITS
                };
                Server::that_prints_its_port(command, directory, waits)
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
                Server::that_prints_its_port(command, directory, "")
            }
        }
    }

    /// Its protocol.
    pub fn dialect(self) -> &'static dyn Dialect {
        match self {
            Peer::Chatserv | Peer::History => &Names,
            Peer::Redis => &PubSub,
            Peer::Nats => &Subjects,
            Peer::Floor => &floor::Lines,
            Peer::Json => &JsonLines,
            Peer::Web => &Frames,
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

/// The JSON lines of this project's server, on the port for everybody.
#[derive(Debug)]
struct JsonLines;

impl JsonLines {
    fn connect(client: &Identity) -> String {
        format!("{{\"action\":\"connect\",\"username\":\"{}\"}}", client.name)
    }

    fn join(client: &Identity) -> String {
        format!("{{\"action\":\"joinroom\",\"room\":\"{}\"}}", room_name(client.room))
    }

    /// A payload has only characters that stand for themselves in JSON.
    fn chat(room: usize, payload: &[u8]) -> Vec<u8> {
        let room = room_name(room);
        let begin = format!("{{\"action\":\"chat\",\"room\":\"{room}\",\"message\":\"");
        [begin.as_bytes(), payload, b"\"}"].concat()
    }
}

/// The end of the answer to a `connect`, which nobody else receives, and one of a `joinroom`.
const CONNECTED: &[u8] = b"\"clients\":";
const JOINED: &[u8] = b"\"last_message_id\":";

impl Dialect for JsonLines {
    fn log_in(&self, step: usize, client: &Identity, out: &mut Vec<u8>) -> Option<&'static [u8]> {
        let (object, answer) = match step {
            0 => (Self::connect(client), CONNECTED),
            1 => (Self::join(client), JOINED),
            _ => return None,
        };
        out.extend_from_slice(object.as_bytes());
        out.push(b'\n');
        Some(answer)
    }

    fn say(&self, room: usize, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&Self::chat(room, payload));
        out.push(b'\n');
    }

    fn speakers_hear(&self) -> bool {
        true
    }
}

/// The same JSON in the text frames of a WebSocket (RFC 6455), as a browser sends it.
#[derive(Debug)]
struct Frames;

const OPEN: &[u8] = b"GET /chat HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A browser chooses another one for each frame. The server's work is the same.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

impl Frames {
    fn frame(text: &[u8], out: &mut Vec<u8>) {
        let length = u16::try_from(text.len()).expect("a message is at most 16 KiB long");
        match length {
            0..126 => out.extend_from_slice(&[0x81, 0x80 | length.to_be_bytes()[1]]),
            _ => {
                out.extend_from_slice(&[0x81, 0x80 | 126]);
                out.extend_from_slice(&length.to_be_bytes());
            }
        }
        out.extend_from_slice(&MASK);
        out.extend(text.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    }
}

impl Dialect for Frames {
    fn log_in(&self, step: usize, client: &Identity, out: &mut Vec<u8>) -> Option<&'static [u8]> {
        match step {
            0 => {
                out.extend_from_slice(OPEN);
                Some(b"\r\n\r\n")
            }
            1 => {
                Self::frame(JsonLines::connect(client).as_bytes(), out);
                Some(CONNECTED)
            }
            2 => {
                Self::frame(JsonLines::join(client).as_bytes(), out);
                Some(JOINED)
            }
            _ => None,
        }
    }

    fn say(&self, room: usize, payload: &[u8], out: &mut Vec<u8>) {
        Self::frame(&JsonLines::chat(room, payload), out);
    }

    fn speakers_hear(&self) -> bool {
        true
    }
}

/// Redis pub/sub over RESP2, with a channel for each room.
#[derive(Debug)]
struct PubSub;

impl PubSub {
    /// A command as an array of strings.
    fn command(words: &[&[u8]], out: &mut Vec<u8>) {
        write!(out, "*{}\r\n", words.len()).expect("writing to a Vec<u8> never fails");
        for word in words {
            write!(out, "${}\r\n", word.len()).expect("writing to a Vec<u8> never fails");
            out.extend_from_slice(word);
            out.extend_from_slice(b"\r\n");
        }
    }
}

impl Dialect for PubSub {
    fn log_in(&self, step: usize, client: &Identity, out: &mut Vec<u8>) -> Option<&'static [u8]> {
        match (step, client.role) {
            (0, Role::Listener) => {
                Self::command(&[b"SUBSCRIBE", room_name(client.room).as_bytes()], out);
                // The reply ends in the number of subscriptions.
                Some(b":1\r\n")
            }
            (0, Role::Speaker) => {
                Self::command(&[b"PING"], out);
                Some(b"+PONG\r\n")
            }
            _ => None,
        }
    }

    fn say(&self, room: usize, payload: &[u8], out: &mut Vec<u8>) {
        Self::command(&[b"PUBLISH", room_name(room).as_bytes(), payload], out);
    }
}

/// Core NATS with a subject for each room.
#[derive(Debug)]
struct Subjects;

impl Dialect for Subjects {
    fn log_in(&self, step: usize, client: &Identity, out: &mut Vec<u8>) -> Option<&'static [u8]> {
        if step > 0 {
            return None;
        }
        out.extend_from_slice(b"CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false}\r\n");
        if client.role == Role::Listener {
            out.extend_from_slice(format!("SUB {} 1\r\n", room_name(client.room)).as_bytes());
        }
        // Replies come in order: the reply to this follows the subscription.
        out.extend_from_slice(b"PING\r\n");
        Some(b"PONG\r\n")
    }

    fn say(&self, room: usize, payload: &[u8], out: &mut Vec<u8>) {
        write!(out, "PUB {} {}\r\n", room_name(room), payload.len())
            .expect("writing to a Vec<u8> never fails");
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

    /// Sends messages from two speakers to four listeners, and checks who receives them.
    fn talk(mut trial: Trial) {
        trial.connect(4, 2).unwrap();
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
        let others = [Peer::Redis, Peer::Nats, Peer::Json, Peer::Web];
        let others = others.map(|peer| (peer, DeliveryPolicy::DirectThenWriter));
        let ours = policies.iter().map(|&policy| (Peer::Chatserv, policy));
        for (peer, delivery) in ours.chain(others) {
            match peer.version() {
                Err(missing) => testing::skipped(&missing),
                Ok(version) => {
                    assert!(!version.is_empty() && !version.contains('\n'), "{version}");
                    for rooms in [1, 2] {
                        let server = peer.start(6, delivery).unwrap();
                        talk(Trial::of(server, peer.dialect(), rooms).unwrap());
                    }
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
