//! One speaker floods a hundred listeners, and the server gets a SIGTERM in the moment in which the first of them hears
//! the beginning of the last burst.

use std::io;
use std::time::{Duration, Instant};

use chatserv::load::Names;
use chatserv::load::crowd::Crowd;
use chatserv::load::dialect::Role;
use rustix::process::{Pid, Signal, kill_process};

use crate::serving::Serving;

/// How many listen.
pub const LISTENERS: usize = 100;

/// How many of them come in at the same time.
const AT_ONCE: usize = 20;

/// How long the flood lasts.
const FLOOD: Duration = Duration::from_millis(250);

/// How many lines are said in one go.
const BURST: usize = 1_000;

/// So many lines may be on their way to whoever is furthest behind. More would only lie in the speaker's own socket.
const UNDER_WAY: usize = 2_000;

/// How long a turn waits.
const TURN: Duration = Duration::from_millis(1);

/// How long the end may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a person's line has behind the name, and the server's own has not.
const SAID: &[u8] = b" : ";

/// The beginning of the farewell.
const FAREWELL: &[u8] = b"server: The chat has been shut down";

/// How a server's end was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// For each listener, how many lines another one has heard and they have not; in ascending order.
    pub lost: Vec<usize>,
    /// Lines that were said before the signal and that nobody has heard.
    pub unheard: usize,
    /// How many listeners were told that the chat is over.
    pub farewells: usize,
}

/// What one listener hears.
#[derive(Debug, Default, Clone)]
struct Listener {
    /// The beginning of a line whose end has not come.
    begun: Vec<u8>,
    lines: usize,
    has_farewell: bool,
    is_closed: bool,
}

impl Listener {
    /// Takes what one read has brought; nothing at the end.
    fn hear(&mut self, bytes: &[u8]) {
        self.is_closed |= bytes.is_empty();
        self.begun.extend_from_slice(bytes);
        let end = self.begun.iter().rposition(|&byte| byte == b'\n');
        let end = end.map_or(0, |at| at + 1);
        for line in self.begun[..end].split(|&byte| byte == b'\n') {
            let is_said = line.windows(SAID.len()).any(|part| part == SAID);
            self.lines += usize::from(is_said);
            self.has_farewell |= line.starts_with(FAREWELL);
        }
        self.begun.drain(..end);
    }
}

/// Starts this variant, floods it, ends it by SIGTERM, and hears what still comes.
///
/// # Errors
/// The server does not start, lets somebody go before the signal, or does not end.
pub fn end_in_a_flood(variant: &str) -> io::Result<Ended> {
    let server = Serving::start(&[variant])?;
    let mut crowd = Crowd::new()?;
    crowd.bring_in(server.address(), &Names, Role::Listener, LISTENERS, AT_ONCE)?;
    crowd.bring_in(server.address(), &Names, Role::Speaker, 1, 1)?;
    let mut listeners = vec![Listener::default(); LISTENERS];
    let said = flood(&mut crowd, &mut listeners)?;
    end_when_heard(&server, said - BURST, &mut crowd, &mut listeners)?;
    let end = Instant::now() + PATIENCE;
    while !listeners.iter().all(|listener| listener.is_closed) {
        if Instant::now() > end {
            return Err(io::Error::other(format!(
                "{variant} does not end by SIGTERM"
            )));
        }
        turn(&mut crowd, &mut listeners)?;
    }
    Ok(ended(said, &listeners))
}

/// Says lines for a while, as fast as they are heard, and returns how many: a burst has just begun to be sent.
fn flood(crowd: &mut Crowd, listeners: &mut [Listener]) -> io::Result<usize> {
    let speaker = listeners.len();
    let began = Instant::now();
    let mut said = 0;
    loop {
        let slowest = listeners.iter().map(|listener| listener.lines).min();
        if said - slowest.unwrap_or(said) < UNDER_WAY {
            let numbers = said..said + BURST;
            let lines: String = numbers
                .map(|number| format!("line {number:07}\r\n"))
                .collect();
            crowd.send(speaker, lines.as_bytes());
            said += BURST;
            if began.elapsed() > FLOOD {
                return Ok(said);
            }
        }
        turn(crowd, listeners)?;
    }
}

/// Ends the server as soon as somebody has heard more lines than these.
fn end_when_heard(
    server: &Serving,
    lines: usize,
    crowd: &mut Crowd,
    listeners: &mut [Listener],
) -> io::Result<()> {
    let pid = i32::try_from(server.pid()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(io::ErrorKind::NotFound)?;
    let mut sent = None;
    while sent.is_none() {
        // Within the turn: when it is over, all may have heard all.
        crowd.turn(TURN, |member, bytes| {
            if let Some(listener) = listeners.get_mut(member) {
                listener.hear(bytes);
                if listener.lines > lines {
                    sent.get_or_insert_with(|| kill_process(pid, Signal::TERM));
                }
            }
        })?;
        if listeners.iter().any(|listener| listener.is_closed) && sent.is_none() {
            return Err(io::Error::other(
                "the server has let somebody go in the flood",
            ));
        }
    }
    sent.transpose()?;
    Ok(())
}

fn turn(crowd: &mut Crowd, listeners: &mut [Listener]) -> io::Result<()> {
    crowd.turn(TURN, |member, bytes| {
        // Whoever comes behind the listeners is the speaker.
        if let Some(listener) = listeners.get_mut(member) {
            listener.hear(bytes);
        }
    })
}

fn ended(said: usize, listeners: &[Listener]) -> Ended {
    let heard = listeners.iter().map(|listener| listener.lines);
    let most = heard.clone().max().unwrap_or(0);
    let mut lost: Vec<usize> = heard.map(|lines| most - lines).collect();
    lost.sort_unstable();
    Ended {
        lost,
        unheard: said - most,
        farewells: listeners
            .iter()
            .filter(|listener| listener.has_farewell)
            .count(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::*;

    #[test]
    fn what_one_has_heard_and_another_has_not_is_lost() {
        let mut listeners = vec![Listener::default(); 3];
        listeners[0].hear(b"s00100 : line 0000000\r\ns00100 : line 0000001\r\n");
        listeners[0].hear(b"server: The chat has been shut down\r\n");
        listeners[1].hear(b"s00100 : line 0000000\r\ns00100 : line 00");
        listeners[2].hear(b"s00100 : li");
        listeners[2]
            .hear(b"ne 0000000\r\nserver: A new client has connected to the chat: id = x\r\n");
        for listener in &mut listeners {
            assert!(!listener.is_closed);
            listener.hear(b"");
            assert!(listener.is_closed);
        }
        let expected = Ended {
            lost: vec![0, 1, 1],
            unheard: 48,
            farewells: 1,
        };
        assert_eq!(ended(50, &listeners), expected);
    }
}
