//! Starting other people's programs.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::{PATIENCE, Program, command, find, installed};

/// Starts a program whose input the test writes.
pub fn start(command: &mut Command) -> Program {
    Program::start(command.stdin(Stdio::piped()))
}

/// Finds OpenBSD's netcat. Other programs may have its name, so its help has to say what it is.
pub fn find_openbsd_netcat() -> Option<PathBuf> {
    find_that_says(&["nc.openbsd", "nc"], "-h", "OpenBSD netcat")
}

/// Finds GNU telnet, as opposed to others of that name.
pub fn find_gnu_telnet() -> Option<PathBuf> {
    let names = ["inetutils-telnet", "telnet"];
    find_that_says(&names, "--version", "telnet (GNU inetutils)")
}

fn find_that_says(names: &[&str], flag: &str, text: &str) -> Option<PathBuf> {
    let says = |file: &PathBuf| {
        let ended = Program::start(command(file).arg(flag)).end();
        ended.stdout.contains(text) || ended.stderr.contains(text)
    };
    let file = names.iter().find_map(|name| installed(name).filter(says));
    // For its message.
    file.or_else(|| find(text))
}

/// A script for `expect`, which gives a program a terminal and somebody who types. The program and its arguments follow
/// as arguments of the script.
///
/// In the C locale `expect` passes on every byte, so that a telnet command on the screen would show up in the output.
pub fn script(expect: PathBuf, name: &str) -> Command {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_clients");
    let mut command = command(expect);
    command
        .arg(format!("{folder}/{name}"))
        .env("PATIENCE", PATIENCE.as_secs().to_string())
        .env("LC_ALL", "C");
    command
}

/// Waits until a program ends with 0. Its screen shows nothing but text and line ends: no telnet command, which begins
/// with the byte 255, and no escape sequence.
pub fn ends_clean(program: Program) -> String {
    let ended = program.wait();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let shown = ended.stdout + &ended.stderr;
    let stray = |c: &char| (c.is_control() && !matches!(c, '\r' | '\n')) || *c == '\u{fffd}';
    assert_eq!(shown.chars().find(stray), None, "on the screen: {shown:?}");
    shown
}
