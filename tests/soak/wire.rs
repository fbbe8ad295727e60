//! A connection in each of the three protocols, as events.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use socket2::{Domain, SockRef, Socket, Type};

use crate::support::{PATIENCE, Server};

/// The receive buffer of a client that will stop reading.
const SMALL_BYTES: usize = 8 * 1024;

const TEXT: u8 = 0x81;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
/// The key of each masked frame: any will do.
const KEY: [u8; 4] = [0x0a, 0x00, 0xfe, 0x55];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Plain,
    Json,
    Web,
}

/// An event that a client hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The client is in the room.
    Arrived,
    /// A line that was said: the visit of its sender and its number in that visit; in JSON, with its message id.
    Line { visit: u32, number: u32, id: Option<u64> },
    /// Somebody else has come into the room.
    Came(String),
    /// Somebody else has left the room.
    Left(String),
    /// The server says that the client does not read.
    Slow,
    /// The server says goodbye.
    Bye,
    /// The end of the connection; whether it was a reset.
    End { reset: bool },
}

/// A connection.
pub struct Wire {
    protocol: Protocol,
    stream: TcpStream,
    name: String,
    room: String,
    received: Vec<u8>,
    heard: VecDeque<Heard>,
}

impl Wire {
    /// Connects, gives a name and enters a room.
    pub fn enter(
        server: &Server,
        protocol: Protocol,
        name: &str,
        room: &str,
        is_small: bool,
    ) -> Result<Self, String> {
        let port = if protocol == Protocol::Web { server.web_port() } else { server.port };
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        if is_small {
            // Before it connects: a window that has been offered cannot shrink.
            socket.set_recv_buffer_size(SMALL_BYTES).unwrap();
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        socket.connect(&address.into()).map_err(|error| format!("cannot connect: {error}"))?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true).unwrap();
        let (name, room) = (name.to_owned(), room.to_owned());
        let mut wire =
            Self { protocol, stream, name, room, received: Vec::new(), heard: VecDeque::new() };
        wire.log_in(port)?;
        Ok(wire)
    }

    fn log_in(&mut self, port: u16) -> Result<(), String> {
        let (name, room) = (self.name.clone(), self.room.clone());
        match self.protocol {
            Protocol::Plain => {
                self.take_past(b"server: Input username.\r\n")?;
                self.send(format!("{name}\r\n").as_bytes())?;
                self.take_past(b"client(s) connected to this server.\r\n")?;
                self.send(format!("/join {room}\r\n").as_bytes())?;
            }
            Protocol::Json => {
                self.take_past(b"server: Input username.\r\n")?;
                self.ask(&json!({"action": "connect", "username": name}))?;
                self.ask(&json!({"action": "joinroom", "room": room}))?;
            }
            Protocol::Web => {
                let head = format!(
                    "GET /chat HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n\
                     Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                );
                self.send(head.as_bytes())?;
                self.take_past(b"\r\n\r\n")?;
                self.ask(&json!({"action": "connect", "username": name}))?;
                self.ask(&json!({"action": "joinroom", "room": room}))?;
            }
        }
        match self.hear(PATIENCE)? {
            Some(Heard::Arrived) => Ok(()),
            other => Err(format!("{other:?} instead of the arrival in {room}")),
        }
    }

    /// Says lines in one write.
    pub fn say(&mut self, texts: &[String]) -> Result<(), String> {
        let mut bytes = Vec::new();
        for text in texts {
            match self.protocol {
                Protocol::Plain => bytes.extend_from_slice(format!("{text}\r\n").as_bytes()),
                _ => {
                    let object = json!({"action": "chat", "room": self.room, "message": text});
                    bytes.extend_from_slice(&self.encode(&object));
                }
            }
        }
        self.send(&bytes)
    }

    /// Asks the server to end the connection.
    pub fn quit(&mut self) -> Result<(), String> {
        match self.protocol {
            Protocol::Plain => self.send(b"/quit\r\n"),
            _ => self.ask(&json!({"action": "quit"})),
        }
    }

    pub fn half_close(&mut self) -> Result<(), String> {
        self.stream.shutdown(Shutdown::Write).map_err(|error| error.to_string())
    }

    /// Closes by a reset, which discards what is on its way.
    pub fn reset(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Sends a line without its end.
    pub fn send_half(&mut self, text: &str) -> Result<(), String> {
        match self.protocol {
            Protocol::Plain => self.send(text.as_bytes()),
            Protocol::Json => self.send(br#"{"action":"chat"#),
            Protocol::Web => self.send(&[TEXT]),
        }
    }

    fn ask(&mut self, object: &Value) -> Result<(), String> {
        let bytes = self.encode(object);
        self.send(&bytes)
    }

    fn encode(&self, object: &Value) -> Vec<u8> {
        match self.protocol {
            Protocol::Web => frame(TEXT, object.to_string().as_bytes()),
            _ => format!("{object}\n").into_bytes(),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.stream.write_all(bytes).map_err(|error| format!("cannot send: {error}"))
    }

    /// Receives until these bytes, and drops all up to their end.
    fn take_past(&mut self, end: &[u8]) -> Result<(), String> {
        loop {
            if let Some(at) = self.received.windows(end.len()).position(|part| part == end) {
                self.received.drain(..at + end.len());
                return Ok(());
            }
            if let Some(Heard::End { .. }) | None = self.read(PATIENCE)? {
                let received = String::from_utf8_lossy(&self.received);
                return Err(format!("no {:?} in {received:?}", String::from_utf8_lossy(end)));
            }
        }
    }

    /// Reads once. Returns the end of the connection, nothing after `wait`, and anything else after bytes.
    fn read(&mut self, wait: Duration) -> Result<Option<Heard>, String> {
        self.stream.set_read_timeout(Some(wait.max(Duration::from_millis(1)))).unwrap();
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => Ok(Some(Heard::End { reset: false })),
            Ok(count) => {
                self.received.extend_from_slice(&buffer[..count]);
                Ok(Some(Heard::Arrived))
            }
            Err(error) => match error.kind() {
                ErrorKind::ConnectionReset => Ok(Some(Heard::End { reset: true })),
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => Ok(None),
                _ => Err(format!("cannot read: {error}")),
            },
        }
    }

    /// The next event; none if none comes within `wait`.
    pub fn hear(&mut self, wait: Duration) -> Result<Option<Heard>, String> {
        let end = std::time::Instant::now() + wait;
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Ok(Some(heard));
            }
            let left = end.saturating_duration_since(std::time::Instant::now());
            match self.read(left)? {
                Some(Heard::End { reset }) => return Ok(Some(Heard::End { reset })),
                Some(_) => self.parse()?,
                None if left.is_zero() => return Ok(None),
                None => {}
            }
        }
    }

    fn parse(&mut self) -> Result<(), String> {
        if self.protocol == Protocol::Web {
            return self.parse_frames();
        }
        let Some(last) = self.received.iter().rposition(|&byte| byte == b'\n') else {
            return Ok(());
        };
        let whole: Vec<u8> = self.received.drain(..=last).collect();
        let whole = String::from_utf8(whole).map_err(|error| error.to_string())?;
        for line in whole.lines() {
            self.understand(line)?;
        }
        Ok(())
    }

    fn parse_frames(&mut self) -> Result<(), String> {
        loop {
            let (start, length) = match self.received[..] {
                [_, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
                [_, 127, ..] => return Err("a frame of more than 64 KiB".to_owned()),
                [_, short @ 0..=125, ..] => (2, usize::from(short)),
                [_, 128..=255, ..] => return Err("a masked frame".to_owned()),
                _ => return Ok(()),
            };
            if self.received.len() < start + length {
                return Ok(());
            }
            let whole: Vec<u8> = self.received.drain(..start + length).collect();
            match whole[0] {
                TEXT => {
                    let text =
                        str::from_utf8(&whole[start..]).map_err(|error| error.to_string())?;
                    text.lines().try_for_each(|line| self.understand(line))?;
                }
                PING => self.send(&frame(PONG, &whole[start..]))?,
                _ => {}
            }
        }
    }

    fn understand(&mut self, line: &str) -> Result<(), String> {
        let heard = match self.protocol {
            Protocol::Plain => self.understand_plain(line)?,
            _ => self.understand_json(line)?,
        };
        self.heard.extend(heard);
        Ok(())
    }

    fn understand_plain(&self, line: &str) -> Result<Option<Heard>, String> {
        if line.starts_with(&format!("server: You are in room {}", self.room)) {
            return Ok(Some(Heard::Arrived));
        }
        if let Some(told) = line.strip_prefix("server: ") {
            return Ok(match told {
                "Bye!" => Some(Heard::Bye),
                _ if told.contains("did not read") => Some(Heard::Slow),
                _ => None,
            });
        }
        match line.split_once(" : ") {
            Some((_, text)) => said(text, None).map(Some),
            None => Err(format!("an odd line: {line:?}")),
        }
    }

    fn understand_json(&self, line: &str) -> Result<Option<Heard>, String> {
        let object: Value =
            serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
        let text = |key: &str| object[key].as_str().unwrap_or_default();
        let from = text("from");
        Ok(match text("action") {
            "chat" => Some(said(text("message"), object["message_id"].as_u64())?),
            "joinroom" if from == self.name => Some(Heard::Arrived),
            "joinroom" => Some(Heard::Came(from.to_owned())),
            "leaveroom" => Some(Heard::Left(from.to_owned())),
            "bye" if text("message").contains("did not read") => Some(Heard::Slow),
            "bye" => Some(Heard::Bye),
            // Such as that lines are held back.
            "connect" | "notice" => None,
            _ => return Err(format!("an odd object: {line}")),
        })
    }
}

/// The text of a line: visit, number and filler.
pub fn text(visit: u32, number: u32, filler_bytes: usize) -> String {
    format!("{visit}.{number} {}", "x".repeat(filler_bytes))
}

fn said(text: &str, id: Option<u64>) -> Result<Heard, String> {
    let words = text.split_once(' ').and_then(|(begin, _)| begin.split_once('.'));
    let numbers =
        words.and_then(|(visit, number)| Some((visit.parse().ok()?, number.parse().ok()?)));
    let (visit, number) = numbers.ok_or_else(|| format!("nobody said {text:?}"))?;
    Ok(Heard::Line { visit, number, id })
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..=125 => frame.push(0x80 | short as u8),
        long => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(long as u16).to_be_bytes());
        }
    }
    frame.extend_from_slice(&KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}
