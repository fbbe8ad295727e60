//! The chat in a browser: a page, and a WebSocket that carries the JSON of the other programs.
//!
//! A browser's reader is a reader like any other, with an HTTP request before it. The listener starts it; it reads the head
//! of one request ([`head`](self::head)) and answers it ([`answer`](self::answer)). Everything but the opening of a
//! WebSocket ends there, unknown to the dispatcher. After the handshake, the reader reports the arrival itself and goes on as
//! `reader::run`, with a decoder that takes messages out of [frames](self::frames).
//!
//! # No other page can speak here
//!
//! A page from elsewhere can make a browser on this machine, or in this network, open a WebSocket to this server: the rule
//! of the same origin does not apply to WebSockets. So the `Origin`, which a page cannot forge, must be the `Host` of the
//! request, or the address of another machine of the chat (`--web-others`). And the host must be a name that is known to
//! mean this server: a page may have its own name point to this machine (DNS rebinding), and would then be of the same
//! origin. Finally, no browser is an operator by coming from loopback.

pub(super) mod answer;
pub mod frames;
pub(super) mod head;

use super::Activity;
use super::connection::{Connection, canonical};
use super::deadline::{Deadline, read_before};
use super::inbox::Inbox;
use super::pending_connection::{PendingConnection, finish};
use crate::chat::Protocol;
use crate::config::{Config, Glass};
use crate::protocol::Decoder;
use answer::{Answer, Refusal};
use frames::Frames;
use head::{Request, parse};

/// The answer of a server that admits nobody now; `reason` is for people.
pub fn unavailable(reason: &[u8]) -> Vec<u8> {
    Refusal::Unavailable.answer(&String::from_utf8_lossy(reason)).bytes()
}

/// Reads one request and answers it. If it opens a WebSocket, runs the reader until the connection ends.
pub fn run<'s>(visit: PendingConnection<'s>, inbox: Inbox<'s>) {
    let (connection, until) = (&visit.connection, visit.deadline());
    match handshake(connection, &visit.config, until, visit.shared.telnet_port) {
        Err(None) => tracing::debug!(address = %connection.address(), "gone without a request"),
        Err(Some(answer)) => {
            let address = connection.address();
            match answer.refusal() {
                Some(refusal) => tracing::info!(%address, "browser refused: {refusal}"),
                None => tracing::debug!(%address, "browser: sent a part of the page"),
            }
            finish(connection, &answer.bytes(), until);
        }
        Ok(()) => visit.arrive(inbox, Protocol::Web, Decoder::framed(Box::new(Frames::new()))),
    }
}

/// Reads the head of a request, and opens the WebSocket if that is what it asks for.
///
/// # Errors
/// Everything else: the answer to send before the connection ends, or none if the other end is gone.
fn handshake(
    connection: &Connection,
    config: &Config,
    deadline: Deadline<'_>,
    telnet_port: u16,
) -> Result<(), Option<Answer>> {
    let hosts = config.web_host.as_deref().unwrap_or_default();
    let others = config.web_others.as_deref().unwrap_or_default();
    match read_request(connection, hosts, others, deadline)? {
        Request::Part { part, .. } if part.is_of_glass() && config.glass == Glass::Off => {
            let reason = "This server shows its threads to nobody (--glass off). The chat is at /.";
            Err(Some(Refusal::NotFound.answer(reason)))
        }
        Request::Part { part, host } => {
            Err(Some(Answer::part(part, &host, others, telnet_port, config.glass)))
        }
        Request::Open { key } => {
            // A new socket has room for it.
            match connection.send_now(&answer::switching(&key)) {
                Ok(sent) if sent > 0 => Ok(()),
                _ => Err(None),
            }
        }
    }
}

/// Reads until the head is over or wrong, for as long as a client may take to give a name. The end is absolute: a byte every
/// few seconds does not move it.
fn read_request(
    connection: &Connection,
    hosts: &str,
    others: &str,
    deadline: Deadline<'_>,
) -> Result<Request, Option<Answer>> {
    let socket = connection.socket();
    let local = canonical(socket.local_addr().map_err(|_| None)?).ip();
    connection.row.doing(Activity::Reading);
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let count = match read_before(socket, &mut buffer, || deadline.left()) {
            Ok(None) => return Err(Some(Refusal::Timeout.answer("The request took too long."))),
            Ok(Some(0)) | Err(_) => return Err(None),
            Ok(Some(count)) => count,
        };
        connection.row.count_in(count);
        head.extend_from_slice(&buffer[..count]);
        // From its beginning each time: a head usually comes in one read, and a long one has eight times this buffer.
        match parse(&head, local, hosts, others) {
            Ok(None) => {}
            Ok(Some(request)) => return Ok(request),
            Err((refusal, reason)) => return Err(Some(refusal.answer(reason))),
        }
    }
}
