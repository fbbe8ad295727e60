//! Encodes messages as JSON objects, one on each line, with their fields in a fixed order.

use std::fmt::{self, Display, Write};

use jiff::Timestamp;

use super::super::clean::ordinary_prefix;
use super::super::plain::{seconds_left, sentence};
use super::errors;
use crate::chat::{
    Audience, Ban, ChatMessage, CommandHelp, FollowedLine, Gap, GlassView, HelpTopic, LinkNews,
    Manner, Message, PersonDetails, PersonListing, Protocol, Queue, ReaderView, ReclaimWord,
    RoomListing, Tag, ThreadListing, Timestamps, commands,
};
use crate::config::limits::{LIST_ENTRIES_MAX, NOTE_BYTES_MAX};

/// The longest answer, in bytes, its line end included.
pub const ANSWER_BYTES_MAX: usize = 128 * 1024;

/// Space to reserve after a list: for a topic, of which each byte can become an escape of six bytes; for `total`, `epoch`,
/// `last_message_id`, `more`, the key `id`, and the ends of the list and the line.
const AFTER_LIST_BYTES: usize = 6 * NOTE_BYTES_MAX + 160;

/// The text of a farewell that needs no explanation, or follows one.
const BYE: &str = "Bye!";

/// Appends `message` to `out` as lines for a program. An answer carries the `tag` of its request as `id`. Messages that are
/// only for people produce nothing. So does [`Message::WrongProtocol`], whose recipient does not speak JSON.
pub fn encode(message: &Message, tag: Option<&Tag>, out: &mut Vec<u8>) {
    match message {
        // By far the most frequent message.
        Message::Chat(chat) => chat_message(chat, tag, out).end(),
        Message::Delivered { to, absent, received_at, message_id, .. } if tag.is_some() => {
            let mut ack = Writer::new("ack", tag, out).moment("received_at", *received_at);
            if let Some(id) = message_id {
                ack = ack.plain("message_id", id);
            }
            if !to.is_empty() {
                ack = ack.texts("to", to);
            }
            if !absent.is_empty() {
                ack = ack.texts("absent", absent);
            }
            ack.end();
        }
        // A request without an `id` gets no acknowledgement, only a notice if it failed in part.
        Message::Delivered { absent, .. } => {
            if !absent.is_empty() {
                notice("not_here", message, tag, out).end();
            }
        }
        Message::Connected { name, address, clients, word, rooms } => {
            let connected = Writer::new("connect", tag, out)
                .text("from", name)
                .text("address", &address.to_string())
                .plain("clients", clients)
                .maybe_text("reclaim", word.map(ReclaimWord::written).as_deref());
            match rooms {
                Some(rooms) => connected.plain("reclaimed", true).texts("rooms", rooms).end(),
                None => connected.end(),
            }
        }
        Message::ReclaimWord { word, .. } => {
            Writer::new("reclaim", tag, out).text("reclaim", &word.written()).end();
        }
        Message::CameToRoom { room, from } => {
            Writer::new("joinroom", tag, out).text("room", room).text("from", from).end()
        }
        Message::WentFromRoom { room, from, removed } => {
            let went = Writer::new("leaveroom", tag, out).text("room", room).text("from", from);
            match removed {
                None => went.end(),
                Some(removal) => went
                    .text("reason", if removal.banned { "banned" } else { "kicked" })
                    .text("by", &removal.by)
                    .maybe_text("message", removal.reason.as_deref())
                    .end(),
            }
        }
        Message::Topic { room, topic, by } => Writer::new("topic", tag, out)
            .text("room", room)
            .text_or_null("topic", topic.as_deref())
            .maybe_text("from", by.as_deref())
            .end(),
        Message::Renamed { from, to } => {
            Writer::new("nick", tag, out).text("from", from).text("username", to).end()
        }
        Message::NowAway { from, reason } => Writer::new("away", tag, out)
            .text("from", from)
            .maybe_text("message", reason.as_deref())
            .end(),
        Message::NowBack { from } => Writer::new("back", tag, out).text("from", from).end(),
        Message::IsAway { name, .. } => {
            notice("away", message, tag, out).text("username", name).end()
        }
        Message::Ignored(name) => Writer::new("ignore", tag, out).text("username", name).end(),
        Message::Unignored(name) => Writer::new("unignore", tag, out).text("username", name).end(),
        Message::Quiet { on } => Writer::new("quiet", tag, out).plain("on", on).end(),
        Message::TimestampsAre(show) => {
            let show = match show {
                Timestamps::Off => "off",
                Timestamps::Time => "time",
                Timestamps::Date => "date",
            };
            Writer::new("timestamp", tag, out).text("show", show).end();
        }
        Message::Typed { manner, text } => Writer::new("typed", tag, out)
            .text("as", action_of(*manner))
            .text("message", text)
            .end(),
        Message::Pong => Writer::new("pong", tag, out).end(),
        Message::OperatorNow => Writer::new("op", tag, out).end(),
        Message::Removed(name) => Writer::new("kick", tag, out).text("username", name).end(),
        Message::Muted { name, on } => {
            Writer::new(if *on { "mute" } else { "unmute" }, tag, out).text("username", name).end()
        }
        Message::BanAdded { ban: added, spared } => {
            let added = ban(added, Writer::new("ban", tag, out));
            match spared {
                Some((network, others)) => added
                    .text("shared_address", &network.to_string())
                    .plain("shared_with", others)
                    .end(),
                None => added.end(),
            }
        }
        Message::BanTakenBack(ended) => ban(ended, Writer::new("unban", tag, out)).end(),
        Message::Motd(text) => {
            Writer::new("motd", tag, out).text_or_null("message", text.as_deref()).end()
        }
        Message::Link(news) => {
            let code = match news {
                LinkNews::Waiting => "waiting",
                LinkNews::GoesOn => "goes_on",
                LinkNews::PlaceLost => "place_lost",
                LinkNews::NotSaid(_) => "not_said",
                LinkNews::Skipped => "skipped",
                LinkNews::Rewound => "rewound",
            };
            notice(code, message, tag, out).end();
        }
        Message::BansNotSaved { .. } => notice("bans_not_saved", message, tag, out).end(),
        Message::ShutdownPlanned { left, .. } => notice("shutdown_planned", message, tag, out)
            .plain("seconds", seconds_left(*left))
            .end(),
        Message::ShutdownCancelled { .. } => {
            notice("shutdown_cancelled", message, tag, out).end();
        }
        Message::ShutDown => {
            Writer::new("shutdown", tag, out).text("message", &sentence(message)).end()
        }
        Message::IdleSoon { left } => {
            notice("idle", message, tag, out).plain("seconds", seconds_left(*left)).end()
        }
        Message::HeldBack { lines, wait } => notice("held_back", message, tag, out)
            .plain("lines", lines)
            .plain("seconds", seconds_left(*wait))
            .end(),
        Message::MembershipChanged { room, .. } => {
            notice("membership", message, tag, out).maybe_text("room", room.as_deref()).end()
        }
        Message::Kicked { by, .. } => Writer::new("bye", tag, out)
            .text("reason", "kicked")
            .text("by", by)
            .text("message", &sentence(message))
            .end(),
        Message::Bye => bye("quit", BYE, tag, out),
        Message::IdleBye => bye("idle", BYE, tag, out),
        Message::TakenBack => bye("reclaimed", &sentence(message), tag, out),
        Message::RestartSoon { within } => {
            notice("restart", message, tag, out).plain("seconds", seconds_left(*within)).end()
        }
        Message::Restart { .. } => bye("restart", &sentence(message), tag, out),
        Message::TooSlow => bye("slow", &sentence(message), tag, out),
        Message::LoginTimedOut => bye("login_timeout", &sentence(message), tag, out),
        Message::TooManyNames => bye("too_many_names", &sentence(message), tag, out),
        Message::EndlessLine => bye("endless_line", &sentence(message), tag, out),
        Message::Error(reason) => error(errors::code(reason), message, tag, out),
        Message::Banned { .. } => last_error("banned", message, tag, out),
        Message::ServerFull => last_error("full", message, tag, out),
        Message::TooManyFromAddress { .. } | Message::TooFastFromAddress { .. } => {
            last_error("too_many_connections", message, tag, out);
        }
        Message::NoThread => last_error("no_thread", message, tag, out),
        Message::InRoom { room, from, members, total, topic, epoch, last_message_id } => {
            Writer::new("joinroom", tag, out)
                .text("room", room)
                .text("from", from)
                .list("members", members, Some(*total), |name, out| string(name, out))
                .maybe_text("topic", topic.as_deref())
                .plain("epoch", epoch)
                .plain("last_message_id", last_message_id)
                .end();
        }
        Message::History { room, messages, more, epoch, gaps, .. } => {
            // The core has limited this list already, because only it knows at which end to cut.
            let mut history = Writer::new("history", tag, out).text("room", room).all(
                "messages",
                messages,
                |chat, out| chat_message(chat, None, out).close(),
            );
            if !gaps.is_empty() {
                history = history.all("gaps", gaps, nested(gap));
            }
            history.plain("epoch", epoch).plain("more", more).end();
        }
        Message::Found { lines, more, cursor, .. } => {
            let found = Writer::new("search", tag, out)
                .all("messages", lines, |line, out| {
                    chat_message(&line.message, None, out).plain("epoch", line.epoch).close();
                })
                .plain("more", more);
            match cursor {
                Some(cursor) => found.plain("cursor", cursor).end(),
                None => found.end(),
            }
        }
        Message::Rooms { rooms, total } => {
            Writer::new("rooms", tag, out).list("rooms", rooms, Some(*total), nested(room)).end()
        }
        Message::Who { room, people, total } => Writer::new("who", tag, out)
            .maybe_text("room", room.as_deref())
            .list("clients", people, Some(*total), nested(person))
            .end(),
        Message::Whois(known) => whois(known, Writer::new("whois", tag, out)).end(),
        Message::Ignoring(names) => Writer::new("ignore", tag, out)
            .list("usernames", names, None, |name, out| string(name, out))
            .end(),
        Message::Help { operator, topic } => {
            let commands: Vec<_> = commands(*operator)
                .filter(|command| match topic {
                    HelpTopic::Overview | HelpTopic::All => true,
                    HelpTopic::Command(word) => *word == command.word,
                })
                .collect();
            Writer::new("help", tag, out).list("commands", &commands, None, nested(command)).end();
        }
        Message::Bans { bans, total, .. } => {
            Writer::new("bans", tag, out).list("bans", bans, Some(*total), nested(ban)).end()
        }
        Message::Threads { rows, total } => Writer::new("threads", tag, out)
            .list("threads", rows, Some(*total), nested(thread))
            .end(),
        Message::Glass(view) => glass(view, Writer::new("glass", tag, out)).end(),
        // These are for people. Programs learn the same from `connect`, `joinroom` and `leaveroom`, where they need it.
        Message::InputUsername
        | Message::YourNameIs(_)
        | Message::Congratulations
        | Message::YourId(_)
        | Message::WelcomeBack { .. }
        | Message::ClientCount(_)
        | Message::TelnetHint
        | Message::Arrived(_)
        | Message::Left { .. }
        | Message::WrongProtocol(_)
        | Message::Closed(_) => {}
    }
}

fn action_of(manner: Manner) -> &'static str {
    match manner {
        Manner::Chat => "chat",
        Manner::Me => "me",
        Manner::Private => "msg",
    }
}

/// A chat message, as it is delivered and as it appears in the history.
fn chat_message<'a>(chat: &ChatMessage, tag: Option<&'a Tag>, out: &'a mut Vec<u8>) -> Writer<'a> {
    let object = Writer::new(action_of(chat.manner), tag, out);
    let object = match &chat.to {
        Audience::Room { room, message_id } => {
            object.text("room", room).plain("message_id", message_id)
        }
        Audience::People(names) => object.texts("to", names),
    };
    object
        .text("message", &chat.text)
        .text("from", &chat.from)
        .maybe_text("sent_at", chat.sent_at.as_ref().map(|sent_at| &*sent_at.written))
        .moment("received_at", chat.received_at)
}

fn gap<'a>(gap: &Gap, object: Writer<'a>) -> Writer<'a> {
    object.plain("first", gap.first).plain("last", gap.last).text("cause", gap.cause.as_str())
}

fn room<'a>(room: &RoomListing, object: Writer<'a>) -> Writer<'a> {
    object
        .text("room", &room.room)
        .plain("members", room.members)
        .text_or_null("topic", room.topic.as_deref())
}

fn command<'a>(command: &&CommandHelp, object: Writer<'a>) -> Writer<'a> {
    object
        .text("command", command.word)
        .text("arguments", command.arguments)
        .text("description", command.about)
}

fn thread<'a>(thread: &ThreadListing, object: Writer<'a>) -> Writer<'a> {
    let object = object
        .text("name", &thread.name)
        .text("role", thread.role)
        .text("doing", thread.doing)
        .plain("alive_seconds", thread.alive.as_secs());
    let object = match thread.queue {
        Some(Queue::Bytes(bytes)) => object.plain("queued_bytes", bytes),
        Some(Queue::Events(events)) => object.plain("queued_events", events),
        Some(Queue::Lines(lines)) => object.plain("queued_lines", lines),
        None => object,
    };
    object.plain("bytes_in", thread.bytes_in).plain("bytes_out", thread.bytes_out)
}

/// The list of readers comes last: it may be shortened.
fn glass<'a>(view: &GlassView, object: Writer<'a>) -> Writer<'a> {
    let GlassView { inbox, dispatcher, .. } = view;
    let mut object = object
        .object("doing", |doing| {
            view.doing.iter().fold(doing, |doing, (words, count)| doing.plain(words, count))
        })
        .plain("writers_total", view.writers_total)
        .plain("bytes_in", view.bytes_in)
        .plain("bytes_out", view.bytes_out)
        .plain("full_sockets", view.full_sockets)
        .plain("queued_bytes", view.unsent_bytes)
        .object("inbox", |object| {
            object
                .plain("events", inbox.events)
                .plain("peak", inbox.peak)
                .plain("capacity", inbox.capacity)
                .plain("taken", inbox.taken)
                .plain("wakes", inbox.wakes)
        })
        .object("dispatcher", |object| {
            object
                .plain("interval_us", dispatcher.interval.as_micros())
                .plain("busy_us", dispatcher.busy.as_micros())
        });
    if let Some(line) = &view.followed {
        object = object.object("followed", |object| followed(line, object));
    }
    object.plain("grouped", view.is_grouped).list(
        "readers",
        &view.readers,
        Some(view.readers_total),
        nested(reader),
    )
}

/// Times are nanoseconds after the first station.
fn followed<'a>(line: &FollowedLine, object: Writer<'a>) -> Writer<'a> {
    line.moments
        .since_read()
        .fold(object, |object, (station, time)| object.plain(station, time.as_nanos()))
        .plain("recipients", line.recipients)
        .plain("full_sockets", line.full_sockets)
}

fn reader<'a>(reader: &ReaderView, mut object: Writer<'a>) -> Writer<'a> {
    object = object.plain("reader", reader.client);
    if reader.is_own {
        object = object.plain("own", true);
    }
    object = object.maybe_text("username", reader.name.as_deref());
    if let Some(address) = reader.address {
        object = object.text("address", &address.to_string());
    }
    object
        .text("doing", reader.doing)
        .plain("alive_seconds", reader.alive.as_secs())
        .plain("bytes_in", reader.bytes_in)
        .plain("bytes_out", reader.bytes_out)
        .plain("queued_bytes", reader.unsent_bytes)
        .maybe_text("writer", reader.writer)
}

fn ban<'a>(ban: &Ban, object: Writer<'a>) -> Writer<'a> {
    let network = ban.network.map(|network| network.to_string());
    let mut object = object
        .maybe_text("username", ban.name.as_deref())
        .maybe_text("address", network.as_deref());
    if let Some(until) = ban.until {
        object = object.moment("until", until);
    }
    object.maybe_text("reason", ban.reason.as_deref()).text("by", &ban.by)
}

fn person<'a>(person: &PersonListing, object: Writer<'a>) -> Writer<'a> {
    object
        .text("username", &person.name)
        .texts("rooms", &person.rooms)
        .plain("idle_seconds", person.idle.as_secs())
        .plain("away", person.away)
        .maybe_text("machine", person.machine.as_deref())
}

fn whois<'a>(known: &PersonDetails, object: Writer<'a>) -> Writer<'a> {
    let protocol = match known.protocol {
        Protocol::Plain => "plain",
        Protocol::Json => "json",
        Protocol::Web => "web",
    };
    let object = person(&known.person, object)
        .maybe_text("away_message", known.away_why.as_deref())
        .plain("connected_seconds", known.here_for.as_secs())
        .text("protocol", protocol)
        .plain("operator", known.operator);
    match known.private {
        Some((address, muted)) => {
            object.text("address", &address.to_string()).plain("muted", muted)
        }
        None => object,
    }
}

/// Writes an entry of a list as an object with these fields.
fn nested<T>(fields: impl for<'b> Fn(&T, Writer<'b>) -> Writer<'b>) -> impl Fn(&T, &mut Vec<u8>) {
    move |entry, out| fields(entry, Writer::nested(out)).close()
}

/// A notice, with the sentence of `message` for people.
fn notice<'a>(
    code: &str,
    message: &Message,
    tag: Option<&'a Tag>,
    out: &'a mut Vec<u8>,
) -> Writer<'a> {
    Writer::new("notice", tag, out).text("code", code).text("message", &sentence(message))
}

/// The last line before the connection ends.
fn bye(reason: &str, message: &str, tag: Option<&Tag>, out: &mut Vec<u8>) {
    Writer::new("bye", tag, out).text("reason", reason).text("message", message).end();
}

fn error(code: &str, message: &Message, tag: Option<&Tag>, out: &mut Vec<u8>) {
    let message = sentence(message);
    Writer::new("error", tag, out).text("code", code).text("message", &message).end();
}

/// An error that ends the connection.
fn last_error(code: &str, message: &Message, tag: Option<&Tag>, out: &mut Vec<u8>) {
    error(code, message, tag, out);
    bye(code, BYE, None, out);
}

/// Writes one object field by field, directly to its destination, without an intermediate value.
struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// Where in `out` the object begins.
    start: usize,
    tag: Option<&'a Tag>,
}

impl<'a> Writer<'a> {
    /// Begins a line.
    fn new(action: &str, tag: Option<&'a Tag>, out: &'a mut Vec<u8>) -> Self {
        let mut line = Writer::nested(out).text("action", action);
        line.tag = tag;
        line
    }

    /// Begins an object inside another.
    fn nested(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        out.push(b'{');
        Writer { out, start, tag: None }
    }

    /// Begins a field. The key needs no escapes: all keys are plain words.
    fn value(&mut self, key: &str) -> &mut Vec<u8> {
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    fn text(mut self, key: &str, text: &str) -> Self {
        string(text, self.value(key));
        self
    }

    fn maybe_text(self, key: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(key, text),
            None => self,
        }
    }

    fn text_or_null(self, key: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(key, text),
            None => self.plain(key, "null"),
        }
    }

    fn texts<T: AsRef<str>>(self, key: &str, texts: &[T]) -> Self {
        self.all(key, texts, |text, out| string(text.as_ref(), out))
    }

    /// A number, a boolean or other text that is already JSON.
    fn plain(mut self, key: &str, value: impl Display) -> Self {
        display(value, self.value(key));
        self
    }

    /// An object with these fields.
    fn object(mut self, key: &str, fields: impl FnOnce(Writer<'_>) -> Writer<'_>) -> Self {
        fields(Writer::nested(self.value(key))).close();
        self
    }

    /// A moment in UTC, to the millisecond (RFC 3339).
    fn moment(self, key: &str, moment: Timestamp) -> Self {
        self.plain(key, format_args!("\"{moment:.3}\""))
    }

    /// A whole list, with each entry written by `write`.
    fn all<T>(mut self, key: &str, entries: &[T], write: impl Fn(&T, &mut Vec<u8>)) -> Self {
        self.entries(key, entries, usize::MAX, write);
        self
    }

    /// As many entries as fit in an answer. `total` is the real number if `entries` may be only the first of them. If some
    /// are missing, `"more":true` follows.
    fn list<T>(
        mut self,
        key: &str,
        entries: &[T],
        total: Option<usize>,
        write: impl Fn(&T, &mut Vec<u8>),
    ) -> Self {
        let after = AFTER_LIST_BYTES + self.tag.map_or(0, |Tag(tag)| tag.len());
        let end = self.start + ANSWER_BYTES_MAX.saturating_sub(after);
        let first = &entries[..entries.len().min(LIST_ENTRIES_MAX)];
        let count = self.entries(key, first, end, write);
        let mut object = self;
        if let Some(total) = total {
            object = object.plain("total", total);
        }
        if count < total.unwrap_or(entries.len()) { object.plain("more", true) } else { object }
    }

    /// Writes entries as long as `out` does not exceed `end`, and returns how many.
    fn entries<T>(
        &mut self,
        key: &str,
        entries: &[T],
        end: usize,
        write: impl Fn(&T, &mut Vec<u8>),
    ) -> usize {
        let out = self.value(key);
        out.push(b'[');
        for (count, entry) in entries.iter().enumerate() {
            let before = out.len();
            if count > 0 {
                out.push(b',');
            }
            write(entry, out);
            if out.len() > end {
                out.truncate(before);
                out.push(b']');
                return count;
            }
        }
        out.push(b']');
        entries.len()
    }

    /// Ends an object inside another.
    fn close(self) {
        self.out.push(b'}');
    }

    /// Ends the line, with the `id` of the request that it answers.
    fn end(mut self) {
        if let Some(Tag(tag)) = self.tag {
            self.value("id").extend_from_slice(tag.as_bytes());
        }
        self.out.extend_from_slice(b"}\n");
    }
}

/// Writes a JSON string. Besides what RFC 8259, section 7 requires, this escapes every control character: messages are
/// clean already, but a mistake elsewhere must not break a line or reach a terminal.
fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let is_plain = |byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    let plain = ordinary_prefix(text.as_bytes(), is_plain);
    out.extend_from_slice(&text.as_bytes()[..plain]);
    for c in text[plain..].chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' if !mutant!(BackslashIsPlain) => out.extend_from_slice(b"\\\\"),
            _ if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                display(format_args!("\\u{:04x}", u32::from(c)), out);
            }
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

fn display(value: impl Display, out: &mut Vec<u8>) {
    write!(Text(out), "{value}").expect("a write to memory cannot fail");
}

/// Lets the formatting machinery append to a byte vector.
struct Text<'a>(&'a mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
