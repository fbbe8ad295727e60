//! `lab watch PORT`: the table of a server's threads, drawn anew twice a second.
//!
//! It speaks JSON lines, in which a table is one line, and needs no library for the screen: the cursor goes to the upper left
//! corner, each line ends by clearing what stood behind it, and the last by clearing what stood below.

use std::io::{self, BufRead, BufReader, ErrorKind, IsTerminal, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use rustix::termios::tcgetwinsize;
use serde::Deserialize;

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(500);

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The rows of a terminal that does not say how many it has.
const SCREEN_ROWS: usize = 24;

/// To the upper left corner; clear the rest of the line; clear what is below (ECMA-48: CUP, EL, ED).
const HOME: &str = "\x1b[H";
const CLEAR_LINE: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";

/// One line of the server, as far as it matters here.
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

/// One thread of the server.
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

/// Draws the table until Ctrl-C, `q` and Enter, or the end of the server; once, where stdout is no terminal.
///
/// # Errors
/// Nobody listens there, it is no `chatserv`, or it does not let us see the table.
pub fn watch(port: u16) -> io::Result<()> {
    let mut server = Server::join(port)?;
    let keyboard = keyboard();
    let mut stdout = io::stdout();
    while let Some(table) = server.table()? {
        let lines = lines(&table);
        if !stdout.is_terminal() {
            return stdout.write_all((lines.join("\n") + "\n").as_bytes());
        }
        let rows = tcgetwinsize(&stdout).map_or(0, |size| usize::from(size.ws_row));
        let rows = if rows > 2 { rows } else { SCREEN_ROWS };
        stdout.write_all(frame(&lines, rows).as_bytes())?;
        stdout.flush()?;
        match keyboard.recv_timeout(EVERY) {
            Ok(()) => return Ok(()),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            // Stdin has ended, and nobody can type `q` any more.
            Err(mpsc::RecvTimeoutError::Disconnected) => thread::sleep(EVERY),
        }
    }
    writeln!(stdout, "The server has gone.")
}

/// Says when `q` was typed. Its thread blocks in a read that nobody can end, so it ends with the process.
fn keyboard() -> Receiver<()> {
    let (quit, wanted) = mpsc::channel();
    thread::spawn(move || {
        let lines = io::stdin().lines().map_while(Result::ok);
        for _ in lines.filter(|line| line.trim() == "q") {
            // The other end goes away with the loop above only.
            let _ = quit.send(());
        }
    });
    wanted
}

/// A server that has let us in.
struct Server {
    lines: BufReader<TcpStream>,
}

impl Server {
    fn join(port: u16) -> io::Result<Self> {
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .map_err(|error| io::Error::other(format!("port {port} of this machine: {error}")))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut server = Self {
            lines: BufReader::new(socket),
        };
        // With the number of the process, since two may watch.
        let name = format!("watcher{}", std::process::id());
        server.say(&format!(r#"{{"action":"connect","username":"{name}"}}"#))?;
        match server.answer("connect")? {
            Some(_) => Ok(server),
            None => Err(io::Error::other("the server has closed the connection")),
        }
    }

    /// All threads it tells of; none when it has gone.
    fn table(&mut self) -> io::Result<Option<Answer>> {
        match self.say(r#"{"action":"threads"}"#) {
            Ok(()) => self.answer("threads"),
            Err(_) => Ok(None),
        }
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        self.lines
            .get_mut()
            .write_all(format!("{line}\n").as_bytes())
    }

    /// What the server answers; what it says besides, to everybody, is passed over. None at its end.
    fn answer(&mut self, action: &str) -> io::Result<Option<Answer>> {
        loop {
            let mut line = String::new();
            match self.lines.read_line(&mut line) {
                Ok(0) => return Ok(None),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(None),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let what = "no answer in JSON lines: that is no chatserv (the servers of `lab serve` speak plain \
                                text, and only `threads-dispatcher` has the table)";
                    return Err(io::Error::other(what));
                }
                read => read?,
            };
            // The first line of all is plain text: the server does not know yet what we speak.
            let Ok(answer) = serde_json::from_str::<Answer>(&line) else {
                continue;
            };
            match answer.action.as_str() {
                "error" => return Err(io::Error::other(refused(&answer))),
                said if said == action => return Ok(Some(answer)),
                _ => {}
            }
        }
    }
}

/// Why the server does not do it, and what helps.
fn refused(answer: &Answer) -> String {
    let hint = match answer.code.as_str() {
        "not_operator" => {
            " The table is for operators: start the server without --operators nobody, and ask from its own machine."
        }
        _ => "",
    };
    format!("the server says: {}{hint}", answer.message)
}

/// The table, in aligned columns.
fn lines(answer: &Answer) -> Vec<String> {
    let head = ["name", "role", "does", "alive", "queue", "read", "sent"].map(str::to_owned);
    let rows = answer.threads.iter().map(|thread| {
        let bytes = thread.queued_bytes.map(|bytes| format!("{bytes} B"));
        let events = thread
            .queued_events
            .map(|events| format!("{events} events"));
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
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    let title = format!("{} threads. q and Enter end this.", answer.total);
    std::iter::once(title)
        .chain(rows.iter().map(line))
        .collect()
}

/// What is written to the terminal: as many lines as it has rows, less one for the cursor.
fn frame(lines: &[String], rows: usize) -> String {
    let mut frame = HOME.to_owned();
    for line in lines.iter().take(rows - 1) {
        frame += &format!("{line}{CLEAR_LINE}\n");
    }
    frame + CLEAR_BELOW
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use chatserv::chat::{Protocol, ShutdownCause};
    use chatserv::config::{Config, Operators};

    use super::*;

    /// A real server of these operators, for as long as `ask` takes.
    fn with_server<T>(operators: Operators, ask: impl FnOnce(u16, &dyn Fn()) -> T) -> T {
        let config = Config {
            port: 0,
            operators,
            ..Config::default()
        };
        let server = chatserv::server::Server::start(config).unwrap();
        let (_, port) = server
            .ports()
            .find(|(speaks, _)| *speaks == Protocol::Plain)
            .unwrap();
        let remote = server.remote();
        let end = || remote.shut_down(ShutdownCause::Program);
        thread::scope(|scope| {
            scope.spawn(|| server.run(|| {}).unwrap());
            let answer = ask(port, &end);
            end();
            answer
        })
    }

    #[test]
    fn the_table_is_that_of_the_server_until_it_goes() {
        with_server(Operators::Loopback, |port, end| {
            let mut server = Server::join(port).unwrap();
            let table = server.table().unwrap().unwrap();
            let lines = lines(&table);
            assert!(lines[1].starts_with("name "), "{lines:?}");
            assert!(lines[2].starts_with("dispatcher "), "{lines:?}");
            assert!(lines[2].contains(" events "), "{lines:?}");
            let ours = lines.last().unwrap();
            assert!(ours.starts_with("reader-1 "), "{lines:?}");
            assert_eq!(table.total + 2, lines.len());
            end();
            while server.table().unwrap().is_some() {}
        });
    }

    #[test]
    fn who_may_not_see_it_is_told_what_helps() {
        let told = with_server(Operators::Nobody, |port, _| {
            let mut server = Server::join(port).unwrap();
            server.table().unwrap_err().to_string()
        });
        assert!(told.contains("--operators"), "{told}");
    }

    #[test]
    fn a_frame_leaves_nothing_of_the_one_before_and_does_not_scroll() {
        let lines: Vec<String> = (0..9).map(|number| number.to_string()).collect();
        assert_eq!(frame(&lines, 3), "\x1b[H0\x1b[K\n1\x1b[K\n\x1b[J");
        assert_eq!(frame(&lines, 30).matches("\n").count(), 9);
    }
}
