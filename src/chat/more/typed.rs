//! Lines that somebody has typed into a program, such as the page: each means what it means in plain text.
//!
//! So a program for people needs no parser of its own, knows each new command at once, and never says a line that was meant
//! as a command.

use super::super::client::ClientId;
use super::super::event::Reaction;
use super::super::hub::Hub;
use super::super::message::{Manner, Message};
use super::super::request::{Line, Request, SentAt, Target};

impl Hub {
    /// Carries out a line. `room` is the one that the person looks at. If the line says something, the sender is told what,
    /// right before the answer: their program has not taken the line apart.
    pub(super) fn typed(
        &mut self,
        client: ClientId,
        line: Line,
        room: Option<String>,
        sent_at: Option<SentAt>,
        out: &mut Reaction,
    ) {
        let Some(request) = self.parse(client, line, out) else {
            return;
        };
        let request = in_place(request, room, sent_at);
        if let Some((manner, text)) = said(&request) {
            out.tell(client, Message::Typed { manner, text: text.to_owned() });
        }
        self.request(client, request, out);
    }
}

/// Completes a request with what plain text leaves out: the room, and the sender's clock.
fn in_place(request: Request, here: Option<String>, sent_at: Option<SentAt>) -> Request {
    let or_here = |room: Option<String>, here| room.or(here);
    let target = |here: Option<String>| here.map_or(Target::Here, Target::Room);
    match request {
        Request::Chat { text, .. } => Request::Chat { target: target(here), text, sent_at },
        Request::Me { text, .. } => Request::Me { target: target(here), text, sent_at },
        Request::Private { to, text, .. } => Request::Private { to, text, sent_at },
        // A program asks for past lines itself, as many as it wants to show.
        Request::Join { room, .. } => Request::Join { room, history: Some(0) },
        Request::Part { room } => Request::Part { room: or_here(room, here) },
        Request::Topic { room, topic } => Request::Topic { room: or_here(room, here), topic },
        Request::History { room, range, limit } => {
            Request::History { room: or_here(room, here), range, limit }
        }
        other => other,
    }
}

/// The text that a request says, and its manner.
fn said(request: &Request) -> Option<(Manner, &str)> {
    match request {
        Request::Chat { text, .. } => Some((Manner::Chat, text)),
        Request::Me { text, .. } => Some((Manner::Me, text)),
        Request::Private { text, .. } | Request::Reply { text } => Some((Manner::Private, text)),
        _ => None,
    }
}
