//! A Redis of a test's own: on a free port, in a folder of its own.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Stdio;

use rustix::process::Signal;

use super::directory::Directory;
use super::{Program, command, find, free_port, until};

/// A running Redis. Dropping it kills it.
pub struct Redis {
    directory: Directory,
    program: Option<Program>,
    pub port: u16,
    flags: Vec<String>,
}

impl Redis {
    /// Starts Redis with these flags; none where it is not installed.
    pub fn start(flags: &[&str]) -> Option<Self> {
        find("redis-server")?;
        let flags = flags.iter().map(|&flag| flag.to_owned()).collect();
        let directory = Directory::new("redis");
        let mut redis = Self { directory, program: None, port: free_port(), flags };
        redis.start_again();
        Some(redis)
    }

    /// Starts it with the same files on the same port, after [`Redis::kill`].
    pub fn start_again(&mut self) {
        let port = self.port.to_string();
        let directory = self.directory.path("");
        let mut command = command("redis-server");
        command
            .args(["--port", &port, "--bind", "127.0.0.1", "--dir", &directory])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""])
            .args(["--repl-diskless-sync-delay", "0"])
            .args(&self.flags)
            .stdout(Stdio::null());
        self.program = Some(Program::start(&mut command));
        until("Redis answers", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
                && self
                    .try_ask(&["PING"])
                    .is_some_and(|reply| ["PONG", "NOAUTH"].iter().any(|word| reply.contains(word)))
        });
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.program = None;
    }

    /// Removes its files, after [`Redis::kill`].
    pub fn forget(&self) {
        for entry in fs::read_dir(self.directory.path("")).unwrap() {
            let path = entry.unwrap().path();
            let removed =
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            removed.unwrap();
        }
    }

    /// Starts a replica of it, which has everything that is in it now.
    pub fn replica(&self) -> Self {
        let port = self.port.to_string();
        let replica =
            Self::start(&["--replicaof", "127.0.0.1", &port]).expect("Redis is installed");
        until("the replica is up to date", || {
            let told = replica.ask_for_all(&["INFO", "replication"]);
            told.contains("master_link_status:up")
        });
        replica
    }

    /// Sends it a signal, such as SIGSTOP.
    pub fn signal(&self, signal: Signal) {
        self.program.as_ref().expect("Redis runs").signal(signal);
    }

    /// The address for `--cluster`.
    pub fn address(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// The first line of the reply to a command, which is a number, a text or an error.
    pub fn ask(&self, words: &[&str]) -> String {
        self.try_ask(words).expect("Redis answers")
    }

    fn try_ask(&self, words: &[&str]) -> Option<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        stream.write_all(request(words).as_bytes()).ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).ok()?;
        Some(line.trim_end().to_owned())
    }

    /// Everything that the reply to a command holds.
    pub fn ask_for_all(&self, words: &[&str]) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        // It closes the connection after the second.
        stream.write_all((request(words) + &request(&["QUIT"])).as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }
}

fn request(words: &[&str]) -> String {
    let bulk = |word: &&str| format!("${}\r\n{word}\r\n", word.len());
    format!("*{}\r\n", words.len()) + &words.iter().map(bulk).collect::<String>()
}
