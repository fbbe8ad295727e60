//! `lab watch PORT`: the table of a server's threads, redrawn twice a second.
//!
//! It speaks JSON lines, where a table is one line. It needs no library for the screen: it moves the cursor to the
//! upper left corner, clears the rest of each line, and at the end clears the rows below.

use std::io::{self, BufRead, BufReader, ErrorKind, IsTerminal, Write};
use std::net::TcpStream;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::termios::tcgetwinsize;
use serde::Deserialize;

use crate::client::connect;

const INTERVAL: Duration = Duration::from_millis(500);

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The height of a terminal that does not tell its size.
const DEFAULT_ROWS: usize = 24;

/// A line of the server, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Answer {
    action: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    threads: Vec<Thread>,
    #[serde(default)]
    total: usize,
}

#[derive(Debug, Deserialize)]
struct Thread {
    name: String,
    role: String,
    doing: String,
    alive_seconds: u64,
    queued_bytes: Option<u64>,
    queued_events: Option<u64>,
    bytes_in: u64,
    bytes_out: u64,
}

/// Shows the table until Ctrl-C, `q` and Enter, or the end of the server. It prints the table once if stdout is no
/// terminal.
pub fn watch(port: u16) -> io::Result<()> {
    let mut server = Server::join(port)?;
    let quit = watch_keyboard();
    let mut stdout = io::stdout();
    while let Some(table) = server.table()? {
        let lines = lines(&table);
        if !stdout.is_terminal() {
            return stdout.write_all((lines.join("\n") + "\n").as_bytes());
        }
        let rows = tcgetwinsize(&stdout).map_or(0, |size| usize::from(size.ws_row));
        let rows = if rows > 2 { rows } else { DEFAULT_ROWS };
        stdout.write_all(frame(&lines, rows).as_bytes())?;
        stdout.flush()?;
        match quit.recv_timeout(INTERVAL) {
            Ok(()) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => {}
            // Stdin has ended.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(INTERVAL),
        }
    }
    writeln!(stdout, "The server has ended.")
}

/// Reports when `q` is typed. The thread blocks in its read until the process ends.
fn watch_keyboard() -> Receiver<()> {
    let (quit, receiver) = mpsc::channel();
    thread::spawn(move || {
        let lines = io::stdin().lines().map_while(Result::ok);
        for _ in lines.filter(|line| line.trim() == "q") {
            let _ = quit.send(());
        }
    });
    receiver
}

/// A connection to a server, logged in.
struct Server {
    lines: BufReader<TcpStream>,
}

impl Server {
    fn join(port: u16) -> io::Result<Self> {
        let socket = connect(port)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let lines = BufReader::new(socket);
        let mut server = Self { lines };
        // The process id makes the name unique.
        let name = format!("watcher{}", std::process::id());
        server.send(&format!(r#"{{"action":"connect","username":"{name}"}}"#))?;
        match server.answer("connect")? {
            Some(_) => Ok(server),
            None => Err(io::Error::other("the server has closed the connection")),
        }
    }

    /// The table of threads, or nothing if the server has ended.
    fn table(&mut self) -> io::Result<Option<Answer>> {
        match self.send(r#"{"action":"threads"}"#) {
            Ok(()) => self.answer("threads"),
            Err(_) => Ok(None),
        }
    }

    fn send(&mut self, line: &str) -> io::Result<()> {
        self.lines.get_mut().write_all(format!("{line}\n").as_bytes())
    }

    /// The answer to a request, or nothing if the server has ended. It skips all other lines.
    fn answer(&mut self, action: &str) -> io::Result<Option<Answer>> {
        loop {
            let mut line = String::new();
            match self.lines.read_line(&mut line) {
                Ok(0) => return Ok(None),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(None),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Err(io::Error::other(
                        "no answer in JSON lines; this is not chatserv (of the servers of `lab serve`, only \
                         `threads-dispatcher` has the table)",
                    ));
                }
                read => read?,
            };
            // The server begins in plain text, because it does not know our protocol yet.
            let Ok(answer) = serde_json::from_str::<Answer>(&line) else {
                continue;
            };
            if answer.action == "error" {
                let hint = match answer.code.as_str() {
                    "not_operator" => {
                        " Run this on the server's machine, and the server without --operators nobody."
                    }
                    _ => "",
                };
                let message = format!("the server answers: {}{hint}", answer.message);
                return Err(io::Error::other(message));
            }
            if answer.action == action {
                return Ok(Some(answer));
            }
        }
    }
}

/// The table, in aligned columns.
fn lines(answer: &Answer) -> Vec<String> {
    let head = ["name", "role", "doing", "alive", "queue", "read", "sent"].map(str::to_owned);
    let rows = answer.threads.iter().map(|thread| {
        let bytes = thread.queued_bytes.map(|bytes| format!("{bytes} B"));
        let events = thread.queued_events.map(|events| format!("{events} events"));
        [
            thread.name.clone(),
            thread.role.clone(),
            thread.doing.clone(),
            format!("{} s", thread.alive_seconds),
            bytes.or(events).unwrap_or_default(),
            format!("{} B", thread.bytes_in),
            format!("{} B", thread.bytes_out),
        ]
    });
    let rows: Vec<[String; 7]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    let mut lines = vec![format!("{} threads. Press q and Enter to quit.", answer.total)];
    for row in &rows {
        let cells = row.iter().zip(widths);
        let cells: Vec<String> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
        lines.push(cells.join("  ").trim_end().to_owned());
    }
    lines
}

/// The bytes to write to a terminal with this many rows. One row stays free for the cursor. The sequences are CUP, EL and ED
/// (ECMA-48).
fn frame(lines: &[String], rows: usize) -> String {
    let lines = lines.iter().take(rows - 1);
    let lines: String = lines.map(|line| format!("{line}\x1b[K\n")).collect();
    format!("\x1b[H{lines}\x1b[J")
}

#[cfg(test)]
mod tests {
    use chatserv::chat::ShutdownCause;
    use chatserv::config::{Config, Operators};

    use super::*;
    use crate::process::with_chatserv;

    #[test]
    fn the_table_is_shown_until_the_server_ends() {
        with_chatserv(Config::default(), |address, remote| {
            let mut server = Server::join(address.port())?;
            let table = server.table()?.unwrap();
            let lines = lines(&table);
            assert!(lines[1].starts_with("name "), "{lines:?}");
            assert!(lines[2].starts_with("dispatcher "), "{lines:?}");
            assert!(lines[2].contains(" events "), "{lines:?}");
            assert!(lines.last().unwrap().starts_with("reader-1 "), "{lines:?}");
            assert_eq!(table.total + 2, lines.len());
            remote.shut_down(ShutdownCause::Program);
            while server.table()?.is_some() {}
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_refusal_names_the_flag() {
        let config = Config { operators: Operators::Nobody, ..Config::default() };
        let refused =
            with_chatserv(config, |address, _| Server::join(address.port())?.table().map(|_| ()));
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("--operators"), "{error}");
    }

    #[test]
    fn a_frame_overwrites_the_previous_one_and_does_not_scroll() {
        let lines: Vec<String> = (0..9).map(|number| number.to_string()).collect();
        assert_eq!(frame(&lines, 3), "\x1b[H0\x1b[K\n1\x1b[K\n\x1b[J");
        assert_eq!(frame(&lines, 30).matches("\n").count(), 9);
    }
}
