//! What the dispatcher holds of one connection.

use std::io;
use std::sync::Arc;

use crossbeam_channel::Sender;

use super::buffers::Buffers;
use super::outbox::{Block, Outbox};
use super::tape::Tape;
use crate::chat::{Protocol, View};
use crate::server::admission::Place;
use crate::server::connection::Connection;
use crate::server::inbox::InputEnd;

/// Who may write to the socket now. It is one of the two at any time, which is why no line is ever torn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// The dispatcher.
    Here,
    /// The connection's writer, until it says `Drained`.
    HandedOver,
}

/// How far a connection is on its way out, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// It is not.
    Open,
    /// What was appended so far is still sent, nothing is appended any more.
    AfterFlush,
    /// Its unsent lines are dropped, the last words are on their way or not.
    Cut,
    /// The sending side is shut and the reader told; once that has ended, the socket closes.
    Shut,
}

/// One connection, as the dispatcher knows it.
pub struct Peer<'s> {
    /// What its threads share.
    pub connection: Arc<Connection>,
    /// How its client sees what it is sent.
    pub view: View,
    /// What waits to be sent.
    pub outbox: Outbox,
    /// Who may write to the socket.
    pub right: Right,
    /// The slot of its writer, if it has one. Dropping it ends the writer.
    pub writer: Option<Sender<Block>>,
    /// How far it is on its way out.
    pub ending: Ending,
    /// Its place; given back as soon as the client is out of the chat.
    pub place: Option<Place<'s>>,
    /// The client is in the chat.
    pub admitted: bool,
    /// Its reader has ended, and how.
    pub reader_ended: Option<InputEnd>,
    /// Its socket takes no more bytes. Its reader may still find some, and then its end.
    pub broken: bool,
    /// Its time to end is over.
    pub lingered: bool,
    /// It is in the list of those to look at in the next flush.
    pub touched: bool,
}

impl<'s> Peer<'s> {
    /// A connection that has just come, with nothing said yet.
    pub fn new(connection: Arc<Connection>, place: Place<'s>, protocol: Protocol) -> Self {
        Self {
            connection,
            view: protocol.into(),
            outbox: Outbox::default(),
            right: Right::Here,
            writer: None,
            ending: Ending::Open,
            place: Some(place),
            admitted: false,
            reader_ended: None,
            broken: false,
            lingered: false,
            touched: false,
        }
    }

    /// Gives the kernel as much of the outbox as it takes at once.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn send(&mut self, tape: &Tape, buffers: &mut Buffers) -> io::Result<()> {
        if !self.outbox.is_empty() {
            let unsent = self.outbox.unsent(tape, buffers);
            let sent = self.connection.send_now(unsent)?;
            self.outbox.advance(sent, tape, buffers);
        }
        Ok(())
    }

    /// How many bytes the kernel has not yet taken, those with a writer among them.
    pub fn pending(&self) -> u64 {
        self.outbox.pending(self.connection.row.bytes_out())
    }
}
