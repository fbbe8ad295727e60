//! Entries of the log that several machines share.

use super::{Input, NOW, Split};
use crate::chat::{ClientId, DisconnectReason, Event, Protocol, Time};
use crate::protocol::{Decoded, Decoder};
use crate::server::fuzzing::{Author, Content, log_entry};

/// Flags: 2 makes events from a client's bytes, 4 from those of a program. Otherwise the stream is an entry of the store.
pub fn check(bytes: &[u8]) {
    let Some(input) = Input::of(bytes) else { return };
    match input.flags & 6 {
        0 => any_entry(input.stream),
        2 => events(Protocol::Plain, &input.expanded(), input.split),
        _ => events(Protocol::Json, &input.expanded(), input.split),
    }
}

/// Whatever the store holds, it is an entry, or an unreadable one, or none.
fn any_entry(stream: &[u8]) {
    let text = String::from_utf8_lossy(stream);
    let mut parts = text.splitn(3, '\n');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let (id, by, events) = (next(), next(), next());
    let content = Content::of_json(&events);
    if content != Content::Unreadable {
        assert_eq!(Content::of_json(&content.to_json()), content);
    }
    let fields = ["prev", "", "by", &by, "ms", "1", "events", &events].map(str::to_owned);
    let raw = log_entry(&id, &fields);
    let Some(entry) = raw.and_then(|raw| raw.read()) else { return };
    assert_eq!(entry.content, content);
    assert_eq!(entry.author.to_string().parse(), Ok(entry.author.clone()));
    assert_eq!(by.parse::<Author>(), Ok(entry.author));
    // Half an entry is none.
    for end in (0..fields.len()).step_by(2) {
        assert!(log_entry(&id, &fields[..end]).is_none());
    }
}

/// The events of a client, as its node writes them one by one, are what all nodes read.
fn events(protocol: Protocol, stream: &[u8], split: Split) {
    let client = ClientId::first_of(7);
    let mut decoder = Decoder::new(protocol, true);
    let mut events = Vec::new();
    let mut json = Content::opening();
    for piece in split.pieces(stream) {
        let mut decoded = Decoded::default();
        decoder.feed(piece, NOW, &mut decoded);
        events.extend(decoded.inputs.into_iter().map(|input| Event::Received { client, input }));
        let left = Some(Time::from_millis(piece.len() as u64)).filter(|left| !left.is_zero());
        events.push(Event::IdleTooLong { client, left });
    }
    events.push(Event::Disconnected { client, reason: DisconnectReason::EndOfInput });
    events.iter().for_each(|event| Content::push_event(&mut json, event));
    let json = Content::closed(json);
    let content = Content::Events(events);
    assert_eq!(content.to_json(), json);
    assert!(!json.contains('\n'));
    assert_eq!(Content::of_json(&json), content);
}
