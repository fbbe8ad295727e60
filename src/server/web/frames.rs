//! Takes text out of a client's frames, by `tungstenite`.

use std::io::{self, ErrorKind, Read, Write};

use tungstenite::Error;
use tungstenite::protocol::frame::coding;
use tungstenite::protocol::{Message, Role, WebSocketConfig, WebSocketContext};

use crate::chat::CloseCode;
use crate::config::limits;
use crate::protocol::JSON_LINE_BYTES_MAX;
use crate::protocol::frames::Unframe;

/// The state of one WebSocket between two reads.
#[derive(Debug)]
pub struct Frames {
    context: WebSocketContext,
}

impl Frames {
    pub fn new() -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(limits::FRAME_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_frame_size(Some(JSON_LINE_BYTES_MAX))
            .max_message_size(Some(JSON_LINE_BYTES_MAX));
        Self { context: WebSocketContext::new(Role::Server, Some(config)) }
    }
}

impl Unframe for Frames {
    fn unframe(
        &mut self,
        bytes: &[u8],
        lines: &mut Vec<u8>,
        replies: &mut Vec<u8>,
    ) -> Option<CloseCode> {
        let mut stream = Memory { input: bytes, output: replies };
        loop {
            match self.context.read(&mut stream) {
                Ok(Message::Text(text)) => {
                    // In JSON a line end can only stand between two tokens, where a blank means the same. So one message
                    // is one line.
                    let blank = |&byte: &u8| if byte == b'\n' { b' ' } else { byte };
                    lines.extend(text.as_bytes().iter().map(blank));
                    lines.push(b'\n');
                }
                Ok(Message::Binary(_)) => return Some(CloseCode::Unsupported),
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                // The answer comes from the Hub, after those to earlier messages.
                Ok(Message::Close(frame)) => {
                    // The library has replaced a code that nobody may send by 1002 with this reason. A client may send
                    // 1002 itself, if it has found something wrong with what it received.
                    let is_wrong = frame.is_some_and(|it| {
                        it.code == coding::CloseCode::Protocol
                            && it.reason.as_str() == "Protocol violation"
                    });
                    return Some(if is_wrong {
                        CloseCode::ProtocolError
                    } else {
                        CloseCode::Normal
                    });
                }
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(Error::Capacity(_)) => return Some(CloseCode::TooBig),
                Err(Error::Utf8(_)) => return Some(CloseCode::InvalidText),
                Err(_) => return Some(CloseCode::ProtocolError),
            }
        }
    }
}

/// A stream without a socket: the bytes of one read, and what the library writes, which are answers to pings.
struct Memory<'a> {
    input: &'a [u8],
    output: &'a mut Vec<u8>,
}

impl Read for Memory<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.input.read(buffer)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Memory<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
