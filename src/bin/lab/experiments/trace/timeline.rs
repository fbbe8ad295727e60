//! The content of a trace: rows to draw, and how each kind of thread spends its time.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::figure::{Row, Span};

/// The activities of a thread that waits. (`in read` includes the codec, because the trace marks no time between the
/// two.)
const WAITS: [&str; 4] = ["in read", "waiting for its turn", "waiting for events", "in accept"];

/// An event of the Trace Event Format, as far as the server writes it.
#[derive(Debug, Deserialize)]
struct Event {
    /// `M` for a name, `X` for a span.
    ph: String,
    name: String,
    #[serde(default)]
    tid: u64,
    /// The beginning, in microseconds.
    #[serde(default)]
    ts: f64,
    /// The duration, in microseconds.
    #[serde(default)]
    dur: f64,
    #[serde(default)]
    args: Arguments,
}

#[derive(Debug, Default, Deserialize)]
struct Arguments {
    #[serde(default)]
    name: String,
}

/// All threads of a trace, with their spans in milliseconds.
#[derive(Debug)]
pub struct Timeline {
    threads: BTreeMap<u64, Row>,
}

/// The kind of a thread: its name without the number.
fn role(name: &str) -> &str {
    name.split('-').next().unwrap_or(name)
}

impl Timeline {
    pub fn read(path: &Path) -> io::Result<Self> {
        Self::parse(&fs::read_to_string(path)?)
    }

    fn parse(text: &str) -> io::Result<Self> {
        let events: Vec<Event> = serde_json::from_str(text)?;
        let mut threads: BTreeMap<u64, Row> = BTreeMap::new();
        for event in events {
            let thread = threads
                .entry(event.tid)
                .or_insert_with(|| Row { name: String::new(), spans: Vec::new() });
            match event.ph.as_str() {
                "M" if event.name == "thread_name" => thread.name = event.args.name,
                "X" => thread.spans.push(Span {
                    from: event.ts / 1e3,
                    to: (event.ts + event.dur) / 1e3,
                    is_wait: WAITS.contains(&event.name.as_str()),
                    what: event.name,
                }),
                _ => {}
            }
        }
        Ok(Self { threads })
    }

    /// The share of its time that this kind of thread spends with an activity, in percent.
    pub fn share(&self, role: &str, activity: &str) -> f64 {
        let shares = self.shares().into_iter();
        let mut found = shares.filter(|&(of, what, _)| (of, what) == (role, activity));
        found.next().map_or(0.0, |(_, _, share)| share)
    }

    /// The share of its time that this kind of thread does not wait, in percent.
    pub fn busy(&self, role: &str) -> f64 {
        100.0 - WAITS.iter().map(|wait| self.share(role, wait)).sum::<f64>()
    }

    /// The shares of all kinds of threads and all activities, the largest first.
    pub fn shares(&self) -> Vec<(&str, &str, f64)> {
        let mut times: BTreeMap<&str, BTreeMap<&str, f64>> = BTreeMap::new();
        for thread in self.threads.values() {
            for span in &thread.spans {
                let of_role = times.entry(role(&thread.name)).or_default();
                *of_role.entry(&span.what).or_default() += span.to - span.from;
            }
        }
        let mut shares = Vec::new();
        for (role, times) in times {
            let all: f64 = times.values().sum();
            let of_role = times.into_iter().map(|(what, time)| (role, what, 100.0 * time / all));
            let mut of_role: Vec<_> = of_role.collect();
            of_role.sort_by(|one, other| other.2.total_cmp(&one.2));
            shares.extend(of_role);
        }
        shares
    }

    /// The middle of the trace, with a row for each thread that is active in it, by name.
    pub fn rows(&self, milliseconds: f64) -> Vec<Row> {
        let spans = self.threads.values().flat_map(|thread| &thread.spans);
        let end = spans.map(|span| span.to).fold(0.0, f64::max);
        let from = (end - milliseconds).max(0.0) / 2.0;
        let to = from + milliseconds;
        let rows = self.threads.values().map(|thread| {
            let inside = thread.spans.iter().filter(|span| span.to > from && span.from < to);
            let spans = inside.map(|span| Span {
                from: span.from.max(from) - from,
                to: span.to.min(to) - from,
                ..span.clone()
            });
            Row { name: thread.name.clone(), spans: spans.collect() }
        });
        let mut rows: Vec<Row> = rows.filter(|row| !row.spans.is_empty()).collect();
        rows.sort_by(|one, other| one.name.cmp(&other.name));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = r#"[
        {"ph":"M","name":"process_name","args":{"name":"chatserv"},"pid":1},
        {"ph":"M","name":"thread_name","args":{"name":"reader-1"},"pid":1,"tid":7},
        {"ph":"X","name":"in read","ts":0.000,"dur":9000.000,"pid":1,"tid":7},
        {"ph":"M","name":"thread_name","args":{"name":"dispatcher"},"pid":1,"tid":8},
        {"ph":"X","name":"dispatching","ts":4000.000,"dur":1000.000,"pid":1,"tid":8},
        {"ph":"X","name":"sending to the inbox","ts":9000.000,"dur":1000.000,"pid":1,"tid":7}
    ]"#;

    #[test]
    fn shares_are_those_of_all_threads_of_a_kind() {
        let timeline = Timeline::parse(TRACE).unwrap();
        let expected = [
            ("dispatcher", "dispatching", 100.0),
            ("reader", "in read", 90.0),
            ("reader", "sending to the inbox", 10.0),
        ];
        assert_eq!(timeline.shares(), expected);
        assert_eq!(timeline.share("reader", "in read"), 90.0);
        assert_eq!(timeline.share("writer", "in write"), 0.0);
    }

    #[test]
    fn the_rows_show_the_middle() {
        let row = |name: &str, from, to, what: &str| Row {
            name: name.to_owned(),
            spans: vec![Span { from, to, what: what.to_owned(), is_wait: what == "in read" }],
        };
        let expected =
            [row("dispatcher", 1.0, 2.0, "dispatching"), row("reader-1", 0.0, 4.0, "in read")];
        assert_eq!(Timeline::parse(TRACE).unwrap().rows(4.0), expected);
    }
}
