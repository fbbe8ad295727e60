//! Plays a conversation against a real server.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use regex::Regex;
use serde_json::Value;

use crate::peer::Peer;
use crate::script::{self, Act, Step};
use crate::support::Server;
use crate::support::process::{behind, has_program};
use crate::transcript::Transcript;

/// How many lines of the server's log a failure shows.
const LOG_LINES_SHOWN: usize = 8;

/// How a conversation went.
pub struct Played {
    /// The name of the file, without its ending.
    pub name: String,
    /// Where it went otherwise than written, and how.
    pub outcome: Result<(), String>,
    /// Its examples.
    pub transcript: Transcript,
}

/// Plays the text of the file `name`.`chat` against the server of this program. Flags come behind its own arguments.
pub fn play(program: &[&str], name: &str, text: &str) -> Played {
    let mut player = Player {
        program: program.iter().map(|&word| word.to_owned()).collect(),
        dir: Dir::new(name),
        // A server that has a terminal ends with it, and this test may have one.
        without_terminal: text.contains("signal HUP") && has_program("setsid"),
        flags: Vec::new(),
        server: None,
        peers: HashMap::new(),
        transcript: Transcript::default(),
    };
    let outcome = player
        .play(text)
        .map_err(|wrong| format!("tests/chats/{name}.chat:{wrong}{}", player.log()));
    Played {
        name: name.to_owned(),
        outcome,
        transcript: player.transcript,
    }
}

struct Player {
    program: Vec<String>,
    dir: Dir,
    without_terminal: bool,
    flags: Vec<String>,
    server: Option<Server>,
    peers: HashMap<String, Peer>,
    transcript: Transcript,
}

impl Player {
    fn play(&mut self, text: &str) -> Result<(), String> {
        for line in script::read(text)? {
            // What the tests share panics where something is not as it should be.
            let played = catch_unwind(AssertUnwindSafe(|| self.step(line.step)));
            let played = played.unwrap_or_else(|panic| Err(message(panic.as_ref())));
            played.map_err(|wrong| format!("{}: {}\n    {wrong}", line.number, line.text))?;
        }
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Start(flags) => {
                self.transcript.command(&flags);
                let dir = self.dir.0.display().to_string();
                self.flags = flags
                    .iter()
                    .map(|flag| flag.replace("{dir}", &dir))
                    .collect();
                self.start();
            }
            Step::Restart => {
                self.transcript.event("the server is started again");
                self.start();
            }
            Step::File { name, content } => {
                self.dir
                    .write(&name, &content)
                    .map_err(|error| error.to_string())?;
            }
            Step::Part(title) => self.transcript.begin(title),
            Step::EndOfPart => self.transcript.end(),
            Step::Sleep(time) => thread::sleep(time),
            Step::Signal { name, signal } => {
                self.transcript
                    .event(&format!("the server gets a SIG{name}"));
                self.server()?.signal(signal);
            }
            Step::Printed {
                to_log: true,
                pattern,
            } => {
                self.server()?.logged(|line| pattern.is_match(line));
            }
            Step::Printed { pattern, .. } => {
                let line = self.server()?.printed(|line| pattern.is_match(line));
                self.transcript.printed(&line);
            }
            Step::Exit(wanted) => {
                let status = self.server()?.exit_status();
                if status.code() != Some(wanted) {
                    return Err(format!("the server ended with {status}"));
                }
                self.transcript
                    .event(&format!("the server ends with status {wanted}"));
            }
            Step::Person { name, act } => self.act(&name, act)?,
        }
        Ok(())
    }

    fn start(&mut self) {
        // First the end of the one before: it may hold the port or the folder.
        self.server = None;
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        let mut command = if self.without_terminal {
            behind(&["setsid"], &flags)
        } else {
            let mut command = Command::new(&self.program[0]);
            command.args(&self.program[1..]).args(&flags);
            command
        };
        self.server = Some(Server::start_by(&mut command));
    }

    fn act(&mut self, name: &str, act: Act) -> Result<(), String> {
        match act {
            Act::Connect { listener } => {
                let port = self.port(listener.as_deref())?;
                let peer = Peer::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
                self.transcript
                    .connected(name, peer.id()?, listener.as_deref());
                self.peers.insert(name.to_owned(), peer);
            }
            Act::Close => {
                self.leaving(name)?;
                self.transcript.happens_to(name, "closes the connection");
            }
            Act::Reset => {
                self.leaving(name)?.reset()?;
                self.transcript.happens_to(name, "resets the connection");
            }
            Act::HalfClose => {
                self.peer(name)?.half_close()?;
                self.transcript.happens_to(name, "ends the input");
            }
            Act::Say(line) => {
                self.peer(name)?.send(format!("{line}\r\n").as_bytes())?;
                self.transcript.typed(name, &line);
            }
            Act::Send { written, bytes } => {
                self.peer(name)?.send(&bytes)?;
                self.transcript.sent(name, &written);
            }
            Act::Nothing => self.peer(name)?.hears_nothing()?,
            Act::End => {
                self.peer(name)?.ends()?;
                self.transcript.happens_to(name, "is disconnected");
            }
            Act::Line(wanted) => {
                let fits = whole_line(&wanted, self.peer(name)?.id()?);
                self.hears_next(name, |line| fits.is_match(line))?;
            }
            Act::Object(wanted) => self.hears_next(name, |line| is_object(line, &wanted))?,
            Act::Match(wanted) => self.hears(name, |line| wanted.is_match(line))?,
            Act::SkipToObject(wanted) => self.hears(name, |line| is_object(line, &wanted))?,
        }
        Ok(())
    }

    /// The next line fits.
    fn hears_next(&mut self, name: &str, fits: impl Fn(&str) -> bool) -> Result<(), String> {
        let line = self.peer(name)?.line()?;
        if !fits(&line) {
            return Err(format!("got {line:?}"));
        }
        self.transcript.heard(name, &line);
        Ok(())
    }

    /// One of the next lines fits.
    fn hears(&mut self, name: &str, fits: impl Fn(&str) -> bool) -> Result<(), String> {
        let line = self.peer(name)?.skip_to(fits)?;
        self.transcript.heard(name, &line);
        Ok(())
    }

    fn server(&mut self) -> Result<&mut Server, String> {
        self.server.as_mut().ok_or("no server was started".into())
    }

    fn peer(&mut self, name: &str) -> Result<&mut Peer, String> {
        let peer = self.peers.get_mut(name);
        peer.ok_or_else(|| format!("{name} is not connected"))
    }

    /// Takes somebody's connection, which is closed when it is dropped.
    fn leaving(&mut self, name: &str) -> Result<Peer, String> {
        let peer = self.peers.remove(name);
        peer.ok_or_else(|| format!("{name} is not connected"))
    }

    /// The port of a listener, which the server tells on stdout.
    fn port(&mut self, listener: Option<&str>) -> Result<u16, String> {
        let Some(listener) = listener else {
            return Ok(self.server()?.port);
        };
        let told = format!("Waiting for incoming {listener} connections on port ");
        let line = self.server()?.printed(|line| line.starts_with(&told));
        line[told.len()..].parse().map_err(|_| line.clone())
    }

    /// The end of the server's log, to be told behind what went wrong.
    fn log(&self) -> String {
        let log = self.server.as_ref().map(Server::log_so_far);
        let log = log.unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = &lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..];
        last.iter()
            .map(|line| format!("\n    log: {line}"))
            .collect()
    }
}

/// What a whole line has to match.
fn whole_line(wanted: &str, id: SocketAddr) -> Regex {
    let pattern = regex::escape(wanted)
        .replace(r"\{any\}", ".*")
        .replace(r"\{id\}", &regex::escape(&id.to_string()));
    Regex::new(&format!("^(?:{pattern})$")).expect("text that was escaped is a pattern of itself")
}

fn is_object(line: &str, wanted: &Value) -> bool {
    serde_json::from_str(line).is_ok_and(|got: Value| holds(wanted, &got))
}

/// An object has at least these fields, a list these elements and no others; `"{any}"` stands for any value.
pub fn holds(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::String(any), _) if any == "{any}" => true,
        (Value::Object(wanted), Value::Object(got)) => wanted
            .iter()
            .all(|(key, wanted)| got.get(key).is_some_and(|got| holds(wanted, got))),
        (Value::Array(wanted), Value::Array(got)) => {
            wanted.len() == got.len() && wanted.iter().zip(got).all(|(want, got)| holds(want, got))
        }
        _ => wanted == got,
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}

/// A folder of one conversation's own, gone when the conversation is over.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let name = format!("chats-{}-{name}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file that nobody else can read: it may hold the operator password.
    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(self.0.join(name))?.write_all(content)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        // Nothing depends on it: no other run has a folder of this name.
        let _ = fs::remove_dir_all(&self.0);
    }
}
