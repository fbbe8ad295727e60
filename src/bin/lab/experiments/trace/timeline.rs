//! What a trace says: rows to draw, and how each kind of thread has spent its time.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::figure::{Row, Span};

/// One event of the Trace Event Format, as far as the server writes it.
#[derive(Debug, Deserialize)]
struct Event {
    /// `M` names something, `X` is a span.
    ph: String,
    name: String,
    #[serde(default)]
    tid: u64,
    /// Microseconds.
    #[serde(default)]
    ts: f64,
    /// Microseconds.
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

/// All threads of a trace, with what they did, by the number of their row.
#[derive(Debug)]
pub struct Timeline {
    threads: BTreeMap<u64, Thread>,
}

#[derive(Debug, Default)]
struct Thread {
    name: String,
    /// What, from when until when, in milliseconds.
    spans: Vec<(String, f64, f64)>,
}

impl Thread {
    /// What it is for: the name without its number.
    fn role(&self) -> &str {
        self.name.split('-').next().unwrap_or(&self.name)
    }
}

impl Timeline {
    /// Reads a trace.
    ///
    /// # Errors
    /// There is none, or it is no list of events.
    pub fn read(path: &Path) -> io::Result<Self> {
        Self::parse(&fs::read_to_string(path)?)
    }

    fn parse(text: &str) -> io::Result<Self> {
        let events: Vec<Event> = serde_json::from_str(text)?;
        let mut threads: BTreeMap<u64, Thread> = BTreeMap::new();
        for event in events {
            match event.ph.as_str() {
                "M" if event.name == "thread_name" => {
                    threads.entry(event.tid).or_default().name = event.args.name;
                }
                "X" => {
                    let span = (event.name, event.ts / 1e3, (event.ts + event.dur) / 1e3);
                    threads.entry(event.tid).or_default().spans.push(span);
                }
                _ => {}
            }
        }
        Ok(Self { threads })
    }

    /// How much of its time this kind of thread has spent with this, in percent.
    pub fn share(&self, role: &str, activity: &str) -> f64 {
        let shares = self.shares();
        let found = shares
            .iter()
            .find(|(of, what, _)| (*of, *what) == (role, activity));
        found.map_or(0.0, |(_, _, share)| *share)
    }

    /// The same for all kinds of threads and all that they did: the most time first.
    pub fn shares(&self) -> Vec<(&str, &str, f64)> {
        let mut times: BTreeMap<&str, BTreeMap<&str, f64>> = BTreeMap::new();
        for thread in self.threads.values() {
            for (what, from, to) in &thread.spans {
                let of_role = times.entry(thread.role()).or_default();
                *of_role.entry(what).or_default() += to - from;
            }
        }
        let mut shares = Vec::new();
        for (role, times) in times {
            let all: f64 = times.values().sum();
            let mut of_role: Vec<_> = times
                .into_iter()
                .map(|(what, time)| (role, what, 100.0 * time / all))
                .collect();
            of_role.sort_by(|one, other| other.2.total_cmp(&one.2));
            shares.extend(of_role);
        }
        shares
    }

    /// The middle of the trace, so many milliseconds of it: a row for each thread that lived then, by name.
    pub fn rows(&self, milliseconds: f64) -> Vec<Row> {
        let ends = self.threads.values().flat_map(|thread| &thread.spans);
        let end = ends.map(|&(_, _, to)| to).fold(0.0, f64::max);
        let from = (end - milliseconds).max(0.0) / 2.0;
        let to = from + milliseconds;
        let mut rows: Vec<Row> = self
            .threads
            .values()
            .map(|thread| {
                let inside = thread
                    .spans
                    .iter()
                    .filter(|span| span.2 > from && span.1 < to);
                let spans = inside.map(|(what, began, ended)| Span {
                    from: began.max(from) - from,
                    to: ended.min(to) - from,
                    what: what.clone(),
                });
                Row {
                    name: thread.name.clone(),
                    spans: spans.collect(),
                }
            })
            .filter(|row| !row.spans.is_empty())
            .collect();
        rows.sort_by(|one, other| one.name.cmp(&other.name));
        rows
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
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
        assert_eq!(
            timeline.shares(),
            [
                ("dispatcher", "dispatching", 100.0),
                ("reader", "in read", 90.0),
                ("reader", "sending to the inbox", 10.0),
            ]
        );
        assert_eq!(timeline.share("reader", "in read"), 90.0);
        assert_eq!(timeline.share("writer", "in write"), 0.0);
    }

    #[test]
    fn what_is_drawn_is_cut_out_of_the_middle() {
        let timeline = Timeline::parse(TRACE).unwrap();
        let row = |name: &str, from, to, what: &str| Row {
            name: name.to_owned(),
            spans: vec![Span {
                from,
                to,
                what: what.to_owned(),
            }],
        };
        assert_eq!(
            timeline.rows(4.0),
            [
                row("dispatcher", 1.0, 2.0, "dispatching"),
                row("reader-1", 0.0, 4.0, "in read"),
            ]
        );
    }
}
