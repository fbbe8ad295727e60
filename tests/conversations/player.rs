//! Plays a conversation against a real server.

use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use crate::script::{self, Act, Step};
use crate::support::directory::Directory;
use crate::support::redis::Redis;
use crate::support::{Client, Server, command, find, until};
use crate::transcript::Transcript;

/// How many lines of the server's log a failure shows.
const LOG_LINES_SHOWN: usize = 8;

/// How long `alice<!` waits.
const SILENCE: Duration = Duration::from_millis(300);

/// A conversation that has been played.
pub struct Played {
    /// The name of the file without `.chat`.
    pub name: String,
    /// The first step that failed, and why.
    pub outcome: Result<(), String>,
    /// Its examples.
    pub transcript: Transcript,
}

/// Plays the text of `name`.chat against a server. The flags of the conversation follow the arguments of `program`.
pub fn play(program: &[&str], name: &str, text: &str) -> Played {
    play_on(program, name, text, None)
}

/// The same against one chat on several machines, over which the people are spread in turn.
pub fn play_on(program: &[&str], name: &str, text: &str, cluster: Option<Cluster>) -> Played {
    let mut program: Vec<String> = program.iter().map(|&word| word.to_owned()).collect();
    // A server with a terminal ends at SIGHUP, and the tests may have one.
    if text.contains("signal HUP") && find("setsid").is_some() {
        program.insert(0, "setsid".to_owned());
    }
    let mut player = Player {
        program,
        directory: Directory::new(&format!("chats-{name}")),
        flags: Vec::new(),
        cluster,
        servers: Vec::new(),
        starts: 0,
        connections: 0,
        clients: HashMap::new(),
        transcript: Transcript::default(),
    };
    let outcome = player
        .play(text)
        .map_err(|wrong| format!("tests/chats/{name}.chat:{wrong}{}", player.log()));
    Played { name: name.to_owned(), outcome, transcript: player.transcript }
}

/// Several machines and the Redis that keeps their log.
pub struct Cluster {
    pub redis: Redis,
    pub machines: usize,
}

struct Player {
    program: Vec<String>,
    directory: Directory,
    flags: Vec<String>,
    cluster: Option<Cluster>,
    /// One for each machine.
    servers: Vec<Server>,
    /// How often other servers were started. Each start is another chat, but a restart goes on with the same one.
    starts: usize,
    /// How many connections there have been.
    connections: usize,
    clients: HashMap<String, Client>,
    transcript: Transcript,
}

impl Player {
    fn play(&mut self, text: &str) -> Result<(), String> {
        for line in script::read(text)? {
            // The fixtures panic where something is not as expected.
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
                let directory = self.directory.path("");
                let directory = directory.trim_end_matches('/');
                let flags = flags.iter().map(|flag| flag.replace("{dir}", directory));
                self.flags = flags.collect();
                self.starts += 1;
                self.start();
            }
            Step::Restart => {
                self.transcript.event("the server is started again");
                self.start();
            }
            Step::File { name, content } => self.directory.write_private(&name, &content),
            Step::Part(title) => self.transcript.begin(title),
            Step::EndOfPart => self.transcript.end(),
            Step::Sleep(time) => thread::sleep(time),
            Step::Signal { name, signal } => {
                let event = format!("the server gets a SIG{name}");
                self.transcript.event(&event);
                self.servers()?.iter().for_each(|server| server.signal(signal));
            }
            Step::Printed { to_log, pattern } if to_log => {
                let servers = self.servers()?;
                until("the log has the line", || {
                    let logs = servers.iter().map(Server::log_so_far);
                    logs.into_iter().any(|log| log.lines().any(|line| pattern.is_match(line)))
                });
            }
            Step::Printed { pattern, .. } => {
                let line = self.servers()?[0].printed(|line| pattern.is_match(line));
                self.transcript.printed(&line);
            }
            Step::Exit(wanted) => {
                self.servers()?;
                for server in &mut self.servers {
                    let status = server.exit_status();
                    if status.code() != Some(wanted) {
                        return Err(format!("the server ended with {status}"));
                    }
                }
                let event = format!("the server ends with status {wanted}");
                self.transcript.event(&event);
            }
            Step::Person { name, act } => self.act(&name, act)?,
        }
        Ok(())
    }

    fn start(&mut self) {
        // The last server may hold the port or the folder.
        self.servers.clear();
        let machines = self.cluster.as_ref().map_or(1, |cluster| cluster.machines);
        for machine in 0..machines {
            let mut command = command(&self.program[0]);
            command.args(&self.program[1..]);
            if let Some(cluster) = &self.cluster {
                let chat = format!("chat-{}", self.starts);
                command.args(["--cluster", &cluster.redis.address(), "--cluster-name", &chat]);
                command.args(["--node", &format!("n{machine}")]);
            }
            let mut flags = self.flags.clone();
            if let Some(at) = flags.iter().position(|flag| flag == "--state-dir" && machine > 0) {
                // The first machine keeps the bans.
                flags.drain(at..at + 2);
            }
            command.args(&flags);
            if !flags.iter().any(|flag| flag == "--rate-limit") {
                command.env("CHATSERV_RATE_LIMIT", "off");
            }
            self.servers.push(Server::start_by(&mut command));
        }
    }

    fn act(&mut self, name: &str, act: Act) -> Result<(), String> {
        match act {
            Act::Connect { listener } => {
                let port = self.port(listener.as_deref())?;
                let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
                let client = Client::over(stream.map_err(|error| error.to_string())?);
                let id = client.stream().local_addr().unwrap();
                self.transcript.connected(name, id, listener.as_deref());
                self.clients.insert(name.to_owned(), client);
            }
            Act::Close => {
                self.remove(name)?;
                self.transcript.happens_to(name, "closes the connection");
            }
            Act::Reset => {
                self.remove(name)?.close_by_reset();
                self.transcript.happens_to(name, "resets the connection");
            }
            Act::HalfClose => {
                self.client(name)?.half_close();
                self.transcript.happens_to(name, "ends the input");
            }
            Act::Say(line) => {
                let line = line.replace("{word}", self.transcript.last_word());
                self.client(name)?.say(&line);
                self.transcript.typed(name, &line);
            }
            Act::Send { written, bytes } => {
                self.client(name)?.send(&bytes);
                self.transcript.typed(name, &written);
            }
            Act::Nothing => self.client(name)?.is_silent_for(SILENCE),
            Act::End => {
                self.client(name)?.expect_end();
                self.transcript.happens_to(name, "is disconnected");
            }
            Act::Line(wanted) => {
                let fits = whole_line(&wanted, self.client(name)?);
                self.hears_next(name, |line| fits.is_match(line))?;
            }
            Act::Object(wanted) => self.hears_next(name, |line| is_object(line, &wanted))?,
            Act::Match(wanted) => self.hears(name, |line| wanted.is_match(line))?,
            Act::SkipToObject(wanted) => self.hears(name, |line| is_object(line, &wanted))?,
        }
        Ok(())
    }

    /// Expects that the next line fits.
    fn hears_next(&mut self, name: &str, fits: impl Fn(&str) -> bool) -> Result<(), String> {
        let line = self.client(name)?.line();
        if !fits(&line) {
            return Err(format!("got {line:?}"));
        }
        self.transcript.heard(name, &line);
        Ok(())
    }

    /// Skips lines until one fits.
    fn hears(&mut self, name: &str, fits: impl Fn(&str) -> bool) -> Result<(), String> {
        let line = self.client(name)?.skip_to_line(fits);
        self.transcript.heard(name, &line);
        Ok(())
    }

    fn servers(&self) -> Result<&[Server], String> {
        let servers = Some(&self.servers[..]).filter(|servers| !servers.is_empty());
        servers.ok_or("no server was started".into())
    }

    fn client(&mut self, name: &str) -> Result<&mut Client, String> {
        let client = self.clients.get_mut(name);
        client.ok_or_else(|| format!("{name} is not connected"))
    }

    fn remove(&mut self, name: &str) -> Result<Client, String> {
        let client = self.clients.remove(name);
        client.ok_or_else(|| format!("{name} is not connected"))
    }

    /// The port of a listener, which the server prints. Of several servers, each has its turn.
    fn port(&mut self, listener: Option<&str>) -> Result<u16, String> {
        let servers = self.servers()?;
        let server = &servers[self.connections % servers.len()];
        let port = match listener {
            None => server.port,
            Some(listener) => {
                let start = format!("Waiting for incoming {listener} connections on port ");
                let line = server.printed(|line| line.starts_with(&start));
                line[start.len()..].parse().map_err(|_| line.clone())?
            }
        };
        self.connections += 1;
        Ok(port)
    }

    /// The end of the server's log, for a failure.
    fn log(&self) -> String {
        let last = |server: &Server| -> String {
            let log = server.log_so_far();
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..];
            last.iter().map(|line| format!("\n    log: {line}")).collect()
        };
        self.servers.iter().map(last).collect()
    }
}

/// The pattern of a whole line.
fn whole_line(wanted: &str, client: &Client) -> Regex {
    let id = client.stream().local_addr().unwrap().to_string();
    let pattern =
        regex::escape(wanted).replace(r"\{any\}", ".*").replace(r"\{id\}", &regex::escape(&id));
    Regex::new(&format!("^(?:{pattern})$")).expect("escaped text is a valid pattern")
}

fn is_object(line: &str, wanted: &Value) -> bool {
    serde_json::from_str(line).is_ok_and(|got: Value| holds(wanted, &got))
}

/// Whether an object has at least the wanted fields, and a list exactly the wanted elements. `"{any}"` is any value.
pub fn holds(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::String(any), _) if any == "{any}" => true,
        (Value::Object(wanted), Value::Object(got)) => {
            wanted.iter().all(|(key, wanted)| got.get(key).is_some_and(|got| holds(wanted, got)))
        }
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
