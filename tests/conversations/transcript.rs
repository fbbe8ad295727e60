//! The titled parts of a conversation as text, for README.md and the guide.
//!
//! `bob > hi` is a line that bob types, `ann < bob : hi` a line that ann sees, and `ann (closes the connection)` anything
//! else. Of the received lines, only those that the conversation expects are shown.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The port shown for the first client; the others follow.
const FIRST_CLIENT_PORT: u16 = 40_000;

/// Text that differs between runs, and what is shown for it. Typed text stays as it is.
static CHANGING: LazyLock<[(Regex, &str); 14]> = LazyLock::new(|| {
    let rule = |pattern, instead| {
        let pattern = Regex::new(pattern).expect("a test uses each of these patterns");
        (pattern, instead)
    };
    [
        rule(r"(incoming connections on port) \d+", "$1 1337"),
        rule(r"(incoming json connections on port) \d+", "$1 1338"),
        // The server's own times in JSON, in UTC.
        rule(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "2026-11-20T11:03:04.000Z"),
        // Times for people, with and without a date.
        rule(r"\b\d{4}-\d\d-\d\d (\d\d:\d\d)\b", "2026-11-20 12:03"),
        rule(r"\[\d\d:\d\d\b", "[12:03"),
        rule(r#""epoch":("[^"]*"|\d+)"#, r#""epoch":1763636400000"#),
        rule(r#"("(?:idle_seconds|connected_seconds|alive_seconds|queued_events)"):\d+"#, "$1:0"),
        // Only the first thread. Their number depends on clients that have just left.
        rule(r#"("threads":\[\{[^}]*\}),.*\],"total":\d+"#, r#"$1,…],"total":9"#),
        // The glass view: what readers do at this moment, and what has been going on.
        rule(r#""doing":\{[^}]*\}"#, r#""doing":{"in read":1}"#),
        rule(
            r#"("readers":\[\{[^}]*"doing"):"[^"]*"([^}]*\}).*\],"total":\d+"#,
            r#"$1:"in read"$2],"total":1"#,
        ),
        rule(r#""(bytes_in|bytes_out)":[1-9]\d*"#, r#""$1":512"#),
        rule(
            r#""peak":\d+,"capacity":(\d+),"taken":\d+,"wakes":\d+"#,
            r#""peak":1,"capacity":$1,"taken":3,"wakes":3"#,
        ),
        rule(r#""interval_us":\d+,"busy_us":\d+"#, r#""interval_us":500000,"busy_us":1500"#),
        rule(
            r#""ready":\d+,"sent":\d+,"taken":\d+,"appended":\d+,"flushed":\d+"#,
            r#""ready":9120,"sent":9350,"taken":31240,"appended":44810,"flushed":62400"#,
        ),
    ]
});
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b127\.0\.0\.1:(\d+)\b").expect("a test uses this pattern"));

/// A word of `/reclaim`.
static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[0-9a-f]{32}\b").expect("a test uses this pattern"));

/// One line of an example.
struct Entry {
    /// A person, or empty for the server.
    who: String,
    /// The separator of the person and the text.
    sign: &'static str,
    text: String,
}

/// The examples of one conversation.
#[derive(Default)]
pub struct Transcript {
    parts: Vec<(String, Vec<Entry>)>,
    /// Whether the last part is unfinished.
    open: bool,
    /// The clients' ports, in the order in which they connected.
    clients: Vec<u16>,
    /// The words of `/reclaim`, in the order in which they were heard.
    words: Vec<String>,
    /// Everything that was typed, also outside examples.
    typed: String,
}

impl Transcript {
    /// Begins an example.
    pub fn begin(&mut self, title: String) {
        self.parts.push((title, Vec::new()));
        self.open = true;
    }

    /// Ends the example.
    pub fn end(&mut self) {
        self.open = false;
    }

    /// Records the start of the server.
    pub fn command(&mut self, flags: &[String]) {
        let mut command = "$ chatserv".to_owned();
        for flag in flags {
            command.push(' ');
            command.push_str(&flag.replace("{dir}", "/var/lib/chatserv"));
        }
        // The same ports as in `CHANGING`.
        let command =
            command.replace("--json-port 0", "--json-port 1338").replace("--port 0", "--port 1337");
        self.add("", "", command);
    }

    /// Records a line that the server printed.
    pub fn printed(&mut self, line: &str) {
        self.add("", "", line.to_owned());
    }

    /// Records something that happens to the server.
    pub fn event(&mut self, what: &str) {
        self.add("", "", format!("({what})"));
    }

    /// Records a new connection.
    pub fn connected(&mut self, who: &str, id: SocketAddr, listener: Option<&str>) {
        self.clients.push(id.port());
        match listener {
            Some(listener) => self.happens_to(who, &format!("connects to the {listener} port")),
            None => self.happens_to(who, "connects"),
        }
    }

    /// Records something that happens to a connection.
    pub fn happens_to(&mut self, who: &str, what: &str) {
        self.add(who, "   ", format!("({what})"));
    }

    /// Records a typed line.
    pub fn typed(&mut self, who: &str, line: &str) {
        self.typed.push_str(line);
        self.typed.push('\n');
        self.add(who, " > ", line.to_owned());
    }

    /// Records a received line.
    pub fn heard(&mut self, who: &str, line: &str) {
        for word in WORD.find_iter(line).map(|word| word.as_str().to_owned()) {
            if !self.words.contains(&word) {
                self.words.push(word);
            }
        }
        self.add(who, " < ", line.to_owned());
    }

    /// The last word of `/reclaim` that was heard for the first time.
    pub fn last_word(&self) -> &str {
        self.words.last().map_or("", String::as_str)
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

    /// An example as the guide shows it, one line for each entry; none if the conversation has no such part.
    pub fn render(&self, title: &str) -> Option<String> {
        let (_, entries) = self.parts.iter().find(|(known, _)| known == title)?;
        let width = entries.iter().map(|entry| entry.who.len()).max();
        let width = width.unwrap_or(0);
        let mut text = String::new();
        for entry in entries {
            let Entry { who, sign, text: said } = entry;
            let said = self.stable(said);
            let line = if who.is_empty() { said } else { format!("{who:width$}{sign}{said}") };
            text.push_str(line.trim_end());
            text.push('\n');
        }
        Some(text)
    }

    /// The line with everything replaced that differs between runs.
    pub fn stable(&self, line: &str) -> String {
        let ports: HashMap<u16, u16> =
            (FIRST_CLIENT_PORT..).zip(&self.clients).map(|(shown, &port)| (port, shown)).collect();
        let line = ADDRESS.replace_all(line, |found: &Captures<'_>| {
            let shown = found[1].parse().ok().and_then(|port| ports.get(&port));
            shown.map_or(found[0].to_owned(), |port| format!("127.0.0.1:{port}"))
        });
        let line = WORD.replace_all(&line, |found: &Captures<'_>| {
            let at = self.words.iter().position(|word| *word == found[0]);
            at.map_or(found[0].to_owned(), shown_word)
        });
        let mut line = line.into_owned();
        for (pattern, instead) in CHANGING.iter() {
            let replaced = pattern.replace_all(&line, |found: &Captures<'_>| {
                let mut shown = String::new();
                found.expand(instead, &mut shown);
                let was_typed = self.typed.contains(&found[0]);
                if was_typed { found[0].to_owned() } else { shown }
            });
            line = replaced.into_owned();
        }
        line
    }
}

/// The text that stands for the word that was heard at this place.
fn shown_word(at: usize) -> String {
    // As many digits as a word has, which look random.
    let factor = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    format!("{:032x}", (at as u128 + 1).wrapping_mul(factor))
}
