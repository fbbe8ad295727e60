//! System calls that fail: strace makes them, and writes down each one.

use std::fs;
use std::process::Command;

use super::directory::Directory;
use super::{Program, Server, behind, command, find};

/// The injection that strace was asked for, and the file in which it notes each call.
pub struct Injected {
    what: String,
    directory: Directory,
}

impl Injected {
    /// `what` is strace's: the calls, then what becomes of them, such as `sendto,write:error=EIO:when=2+`.
    fn new(what: &str) -> Self {
        Self { what: what.to_owned(), directory: Directory::new("strace") }
    }

    fn arguments(&self) -> [String; 7] {
        let calls = self.what.split(':').next().expect("a split has a first part");
        let (trace, inject) = (format!("trace={calls}"), format!("inject={}", self.what));
        ["-f", "-o", &self.directory.path("calls"), "-e", &trace, "-e", &inject].map(str::to_owned)
    }

    /// How many calls have failed so far.
    pub fn count(&self) -> usize {
        let calls = fs::read_to_string(self.directory.path("calls")).unwrap_or_default();
        calls.matches("(INJECTED)").count()
    }

    /// Fails if the server has made no such call: it was not tested then.
    pub fn happened(&self) {
        assert!(self.count() > 0, "nothing was injected: {}", self.what);
    }
}

/// The server under strace from its start; none where strace cannot do that. `-D` keeps the server as the direct child.
pub fn tampered(what: &str, flags: &[&str]) -> Option<(Command, Injected)> {
    find("strace")?;
    let injected = Injected::new(what);
    let arguments = injected.arguments();
    let mut words = vec!["strace", "-D", "-qq"];
    words.extend(arguments.iter().map(String::as_str));
    let mut probe = command("strace");
    if !probe.args(["-qq", "-o", "/dev/null", "true"]).status().unwrap().success() {
        eprintln!("skipped: strace may not trace");
        return None;
    }
    Some((behind(&words, &[&["--port", "0"], flags].concat()), injected))
}

/// Begins to inject into a running server; none where strace cannot attach. SIGTERM for the program ends it.
pub fn attach(server: &Server, what: &str) -> Option<(Program, Injected)> {
    find("strace")?;
    let injected = Injected::new(what);
    let mut strace = command("strace");
    let strace =
        Program::start(strace.args(injected.arguments()).args(["-p", &server.pid().to_string()]));
    let told = strace.stderr.wait_for(|line| line.contains("ttach"));
    if told.contains("attached") {
        return Some((strace, injected));
    }
    eprintln!("skipped: strace may not attach: {told}");
    None
}
