//! This node's own part in the log: a simple model of the events that wait for their entries, and of the notices to its people
//! about that. It shares no rule with the log.

use std::collections::VecDeque;

use super::model::Asked;
use crate::chat::{ClientId, Event, Input, Request, Time};
use crate::config::limits;

/// Whether this node takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Here,
    /// The others have given it up.
    GivenUp,
    /// It has appended that it leaves, and waits for that until then.
    Leaving(Time),
    Ended,
}

/// An event of this node that waits for its entry.
#[derive(Debug)]
pub struct UnderWay {
    pub client: Option<ClientId>,
    /// The input from the client.
    pub input: Option<Input>,
    /// The line in it, if nobody else has one yet.
    pub line: Option<String>,
    /// The request in it, with its tag.
    pub asked: Asked,
    /// Its reader waits for it.
    pub has_reader: bool,
    /// Nothing becomes of it.
    pub is_void: bool,
}

#[derive(Debug)]
pub struct Link {
    pub standing: Standing,
    /// When the last entry was opened, by the clock of this server.
    pub heard: Time,
    /// The people of this node were told that the chat waits.
    pub is_waiting: bool,
    under_way: VecDeque<UnderWay>,
    /// How many events this node has submitted.
    submitted: u64,
    /// A state was loaded, and it is not known yet which events are in it.
    pub settling: Option<Settling>,
}

#[derive(Debug)]
pub struct Settling {
    /// The number of the last event before that.
    pub number: u64,
    /// The clients that the state does not know.
    pub strangers: Vec<ClientId>,
    /// The lines that may or may not be in it, and all that came later.
    lines: Vec<(ClientId, String)>,
}

impl Link {
    pub fn new() -> Self {
        let (standing, heard) = (Standing::Here, Time::ZERO);
        let under_way = VecDeque::new();
        Self { standing, heard, is_waiting: false, under_way, submitted: 0, settling: None }
    }

    /// When people are told that the chat waits.
    pub fn waits_from(&self) -> Time {
        self.heard + limits::LINK_SILENT_MAX
    }

    pub fn submit(&mut self, event: UnderWay) {
        self.submitted += 1;
        if let (Some(settling), Some(client), Some(line)) =
            (&mut self.settling, event.client, &event.line)
        {
            settling.lines.push((client, line.clone()));
        }
        self.under_way.push_back(event);
    }

    /// The next events of this node, in its order.
    pub fn take(&mut self, count: usize) -> Vec<UnderWay> {
        self.under_way.drain(..count.min(self.under_way.len())).collect()
    }

    /// The state was loaded, which does not know these clients. These lines may be in it.
    pub fn load(&mut self, strangers: Vec<ClientId>, lines: Vec<(ClientId, String)>) {
        self.settling = Some(Settling { number: self.submitted, strangers, lines });
    }

    /// Nothing becomes of what is under way.
    pub fn give_up(&mut self) {
        self.under_way.iter_mut().for_each(|event| event.is_void = true);
        self.settling = None;
    }

    /// The lines of which nobody here knows that they have been said.
    pub fn unsaid(&self) -> Vec<(ClientId, String)> {
        if let Some(settling) = &self.settling {
            return settling.lines.clone();
        }
        let valid = self.under_way.iter().filter(|event| !event.is_void);
        valid.filter_map(|event| Some((event.client?, event.line.clone()?))).collect()
    }

    /// Whether the reader of this client waits for an event.
    pub fn has_reader_waiting(&self, client: ClientId) -> bool {
        let mut valid = self.under_way.iter().filter(|event| !event.is_void && event.has_reader);
        valid.any(|event| event.client == Some(client))
    }

    /// Whether an event of this client waits for its entry, whoever waits for that.
    pub fn has_under_way(&self, client: ClientId) -> bool {
        self.under_way.iter().any(|event| !event.is_void && event.client == Some(client))
    }

    /// Whether nothing waits for its entry.
    pub fn is_idle(&self) -> bool {
        self.under_way.iter().all(|event| event.is_void)
    }
}

impl UnderWay {
    /// An event of the server itself, about this client or none.
    pub fn of_server(client: Option<ClientId>) -> Self {
        Self { client, input: None, line: None, asked: None, has_reader: false, is_void: false }
    }

    /// Whether this is the event, as far as the log has it.
    pub fn is(&self, event: &Event) -> bool {
        let input = match event {
            Event::Received { input, .. } => Some(input),
            _ => None,
        };
        self.client == client_of(event) && self.input.as_ref() == input
    }
}

/// The client of an event.
pub fn client_of(event: &Event) -> Option<ClientId> {
    match event {
        Event::Connected { client, .. }
        | Event::Received { client, .. }
        | Event::LoginTimedOut { client }
        | Event::IdleTooLong { client, .. }
        | Event::Disconnected { client, .. } => Some(*client),
        _ => None,
    }
}

/// The line that somebody has typed or said, of which they are told if nobody receives it.
pub fn line_of(event: &Event) -> Option<String> {
    let Event::Received { input, .. } = event else {
        return None;
    };
    let line = match input {
        Input::Line(line) => Some(&line.text),
        Input::Request {
            request:
                Request::Chat { text, .. } | Request::Me { text, .. } | Request::Private { text, .. },
            ..
        } => Some(text),
        _ => None,
    };
    line.filter(|line| !line.is_empty()).cloned()
}
