//! Records what was said in the examples of a conversation, for README.md and the guide.
//!
//! `bob > hi` is what somebody types, `ann < bob : hi` what somebody sees, `ann (closes the connection)` what else
//! happens. Of the lines that come, those are shown which the conversation names.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The port of the first person who connects; the others follow.
const FIRST_CLIENT_PORT: u16 = 40_000;

/// What else differs from one run to the next, and what is shown instead. Only where nobody has typed it: what people
/// say stays as it is.
static CHANGING: LazyLock<[(Regex, &str); 8]> = LazyLock::new(|| {
    let rule = |pattern, instead| {
        let pattern =
            Regex::new(pattern).expect("each pattern stands below and is tried by a test");
        (pattern, instead)
    };
    [
        // A port that the system chooses is for tests; a reader wants one that can be typed.
        rule(r"(incoming connections on port) \d+", "$1 1337"),
        rule(r"(incoming json connections on port) \d+", "$1 1338"),
        // The server's own times in JSON, which are UTC.
        rule(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
            "2026-11-20T11:03:04.000Z",
        ),
        // The same in words, with the day or without it.
        rule(r"\b\d{4}-\d\d-\d\d (\d\d:\d\d)\b", "2026-11-20 12:03"),
        rule(r"\[\d\d:\d\d\b", "[12:03"),
        rule(r#""epoch":("[^"]*"|\d+)"#, r#""epoch":1763636400000"#),
        rule(
            r#"("(?:idle_seconds|connected_seconds|alive_seconds|queued_events)"):\d+"#,
            "$1:0",
        ),
        // Of all threads the first one. How many there are depends upon who has only just gone.
        rule(
            r#"("threads":\[\{[^}]*\}),.*\],"total":\d+"#,
            r#"$1,…],"total":9"#,
        ),
    ]
});
/// An address of this machine, as the server writes it.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b127\.0\.0\.1:(\d+)\b").expect("the pattern stands here and is tried by a test")
});

/// One line of an example.
struct Entry {
    /// Whom it is about; nobody where the server itself speaks or is spoken to.
    who: String,
    /// What stands between the person and the text.
    sign: &'static str,
    text: String,
}

/// The examples of one conversation.
#[derive(Default)]
pub struct Transcript {
    parts: Vec<(String, Vec<Entry>)>,
    /// Whether the last part still goes on.
    open: bool,
    /// The ports of those who have connected, in that order.
    clients: Vec<u16>,
    /// Everything that was typed, in an example or not.
    typed: String,
}

impl Transcript {
    /// An example begins.
    pub fn begin(&mut self, title: String) {
        self.parts.push((title, Vec::new()));
        self.open = true;
    }

    /// It ends.
    pub fn end(&mut self) {
        self.open = false;
    }

    /// The server is started with these flags.
    pub fn command(&mut self, flags: &[String]) {
        let mut command = "$ chatserv".to_owned();
        for flag in flags {
            command.push(' ');
            command.push_str(&flag.replace("{dir}", "/var/lib/chatserv"));
        }
        // The ports that `CHANGING` shows.
        let command = command
            .replace("--json-port 0", "--json-port 1338")
            .replace("--port 0", "--port 1337");
        self.add("", "", command);
    }

    /// The server has printed a line.
    pub fn printed(&mut self, line: &str) {
        self.add("", "", line.to_owned());
    }

    /// Something happens to the server.
    pub fn event(&mut self, what: &str) {
        self.add("", "", format!("({what})"));
    }

    /// Somebody connects.
    pub fn connected(&mut self, who: &str, id: SocketAddr, listener: Option<&str>) {
        self.clients.push(id.port());
        match listener {
            Some(listener) => self.happens_to(who, &format!("connects to the {listener} port")),
            None => self.happens_to(who, "connects"),
        }
    }

    /// Something happens to somebody's connection.
    pub fn happens_to(&mut self, who: &str, what: &str) {
        self.add(who, "   ", format!("({what})"));
    }

    /// Somebody types a line.
    pub fn typed(&mut self, who: &str, line: &str) {
        self.typed.push_str(line);
        self.typed.push('\n');
        self.add(who, " > ", line.to_owned());
    }

    /// Somebody sends bytes, written as in the conversation.
    pub fn sent(&mut self, who: &str, written: &str) {
        self.typed(who, written);
    }

    /// Somebody sees a line.
    pub fn heard(&mut self, who: &str, line: &str) {
        self.add(who, " < ", line.to_owned());
    }

    fn add(&mut self, who: &str, sign: &'static str, text: String) {
        if let (true, Some((_, entries))) = (self.open, self.parts.last_mut()) {
            let who = who.to_owned();
            entries.push(Entry { who, sign, text });
        }
    }

    /// The titles of all examples, in order.
    pub fn titles(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|(title, _)| title.as_str())
    }

    /// An example as the guide shows it, one line for each entry, or `None` without such a part.
    pub fn render(&self, title: &str) -> Option<String> {
        let (_, entries) = self.parts.iter().find(|(known, _)| known == title)?;
        let width = entries.iter().map(|entry| entry.who.len()).max();
        let width = width.unwrap_or(0);
        let mut text = String::new();
        for entry in entries {
            let Entry {
                who,
                sign,
                text: said,
            } = entry;
            let said = self.stable(said);
            let line = if who.is_empty() {
                said
            } else {
                format!("{who:width$}{sign}{said}")
            };
            text.push_str(line.trim_end());
            text.push('\n');
        }
        Some(text)
    }

    /// A line in which nothing differs from one run to the next.
    pub fn stable(&self, line: &str) -> String {
        let ports: HashMap<u16, u16> = (FIRST_CLIENT_PORT..)
            .zip(&self.clients)
            .map(|(shown, &port)| (port, shown))
            .collect();
        let line = ADDRESS.replace_all(line, |found: &Captures<'_>| {
            let shown = found[1].parse().ok().and_then(|port| ports.get(&port));
            shown.map_or(found[0].to_owned(), |port| format!("127.0.0.1:{port}"))
        });
        let mut line = line.into_owned();
        for (pattern, instead) in CHANGING.iter() {
            let replaced = pattern.replace_all(&line, |found: &Captures<'_>| {
                let mut shown = String::new();
                found.expand(instead, &mut shown);
                let was_typed = self.typed.contains(&found[0]);
                if was_typed {
                    found[0].to_owned()
                } else {
                    shown
                }
            });
            line = replaced.into_owned();
        }
        line
    }
}
