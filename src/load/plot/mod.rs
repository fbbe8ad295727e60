//! Figures: what the lab and the benchmark have measured, drawn in a terminal, as SVG, or written as CSV.
//!
//! | file | what it holds |
//! |---|---|
//! | `scale` | the place of a value on an axis, and numbers as text |
//! | `terminal` | a figure as lines of text |
//! | `svg`, `pen` | a figure as an SVG document |
//! | `examples` | figures of all kinds for tests |

#[cfg(test)]
mod examples;
mod pen;
mod scale;
mod svg;
mod terminal;

pub use scale::short;
pub use svg::document;

use std::io;

/// The width of a terminal plot, and of the texts beside it: it fits on a projector in large letters.
pub const COLUMNS: usize = 76;

/// A drawing with its texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The name of its files: letters, digits and hyphens.
    pub name: String,
    /// The heading.
    pub title: String,
    /// One sentence that says what the drawing shows.
    pub see: String,
    /// The data.
    pub drawing: Drawing,
}

/// The data of a figure.
#[derive(Debug, Clone, PartialEq)]
pub enum Drawing {
    /// Lines over an axis.
    Lines {
        /// The horizontal axis.
        x: Axis,
        /// The vertical axis.
        y: Axis,
        /// The lines.
        series: Vec<Series>,
    },
    /// Horizontal bars, the first at the top.
    Bars {
        /// The axis of the values.
        y: Axis,
        /// Label and value of each bar.
        bars: Vec<(String, f64)>,
    },
    /// A timeline.
    Spans {
        /// The time.
        x: Axis,
        /// The rows, the first at the top.
        rows: Vec<Row>,
    },
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The quantity, with its unit in brackets: `latency (ms)`.
    pub label: String,
    /// Whether each step is ten times the previous one. Values of 0 and less are then drawn at the lower end.
    pub logarithmic: bool,
    /// A value of a horizontal axis at which something happens, and what it is.
    pub event: Option<(f64, String)>,
}

/// One line of a plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The name in the legend.
    pub name: String,
    /// The points, joined in this order. A value that is not finite leaves a gap.
    pub points: Vec<(f64, f64)>,
}

/// One row of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The name at its left.
    pub name: String,
    /// The stretches of time, in any order.
    pub spans: Vec<Span>,
}

/// A stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Its start.
    pub from: f64,
    /// Its end.
    pub to: f64,
    /// The activity, for the legend: `waiting`, `served`.
    pub what: String,
    /// Whether this is time without work. It is drawn as a thin line, so that the work stands out.
    pub is_wait: bool,
}

impl Figure {
    /// The figure as text of at most [`COLUMNS`] columns.
    pub fn terminal(&self) -> String {
        terminal::plot(self)
    }

    /// The figure as an SVG document.
    ///
    /// # Errors
    /// The drawing library failed.
    pub fn svg(&self) -> io::Result<String> {
        document(std::slice::from_ref(self))
    }

    /// The data as CSV (RFC 4180): a header, then one record for each point, bar or span, with all digits.
    pub fn csv(&self) -> String {
        let mut text = String::new();
        match &self.drawing {
            Drawing::Lines { x, y, series } => {
                record(&mut text, &["series", &x.label, &y.label]);
                for line in series {
                    for (x, y) in &line.points {
                        record(&mut text, &[&line.name, &x.to_string(), &y.to_string()]);
                    }
                }
            }
            Drawing::Bars { y, bars } => {
                record(&mut text, &["bar", &y.label]);
                for (label, value) in bars {
                    record(&mut text, &[label, &value.to_string()]);
                }
            }
            Drawing::Spans { x, rows } => {
                let (from, to) = (format!("from: {}", x.label), format!("to: {}", x.label));
                record(&mut text, &["row", "what", &from, &to]);
                for row in rows {
                    for span in &row.spans {
                        let (from, to) = (span.from.to_string(), span.to.to_string());
                        record(&mut text, &[&row.name, &span.what, &from, &to]);
                    }
                }
            }
        }
        text
    }
}

/// Appends one CSV record.
fn record(text: &mut String, fields: &[&str]) {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        if field.contains([',', '"', '\r', '\n']) {
            text.push_str(&format!("\"{}\"", field.replace('"', "\"\"")));
        } else {
            text.push_str(field);
        }
    }
    text.push_str("\r\n");
}

impl Axis {
    /// An axis with even steps.
    pub fn linear(label: &str) -> Self {
        Self { label: label.to_owned(), logarithmic: false, event: None }
    }

    /// An axis with a step for each power of ten.
    pub fn logarithmic(label: &str) -> Self {
        Self { logarithmic: true, ..Self::linear(label) }
    }

    /// The same horizontal axis. A plot of lines marks this value with a vertical line and a text.
    pub fn with_event(self, at: f64, what: &str) -> Self {
        Self { event: Some((at, what.to_owned())), ..self }
    }

    /// The text beside the axis. A logarithmic axis says so, since distances on it mean ratios.
    fn title(&self) -> String {
        match self.logarithmic {
            true => format!("{}, logarithmic", self.label),
            false => self.label.clone(),
        }
    }
}

/// An activity of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Activity<'a> {
    name: &'a str,
    is_wait: bool,
    /// Its number among the waits or among the others.
    number: usize,
}

/// The activities of a timeline in the order of their first appearance, the waits last.
fn activities(rows: &[Row]) -> Vec<Activity<'_>> {
    let spans = || rows.iter().flat_map(|row| &row.spans);
    let mut activities: Vec<Activity<'_>> = Vec::new();
    for is_wait in [false, true] {
        let first = activities.len();
        for span in spans().filter(|span| span.is_wait == is_wait) {
            let of_kind = &activities[first..];
            if of_kind.iter().all(|activity| activity.name != span.what) {
                activities.push(Activity { name: &span.what, is_wait, number: of_kind.len() });
            }
        }
    }
    activities
}

/// The spans of a row, each with its activity, in the order in which they are drawn: the waits first, and the longest of
/// each kind first. A short span would vanish below its neighbours.
fn layered<'a>(row: &'a Row, activities: &[Activity<'a>]) -> Vec<(&'a Span, Activity<'a>)> {
    let spans = row.spans.iter().filter_map(|span| {
        let mut activities = activities.iter();
        let activity = activities
            .find(|activity| activity.name == span.what && activity.is_wait == span.is_wait);
        Some((span, *activity?))
    });
    let mut spans: Vec<_> = spans.collect();
    let length = |span: &Span| span.to - span.from;
    spans.sort_by(|(one, _), (other, _)| {
        let longest_first = length(other).total_cmp(&length(one));
        other.is_wait.cmp(&one.is_wait).then(longest_first)
    });
    spans
}

/// Breaks a text into lines of at most `columns` characters: between words, and within a word that is longer than a line.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let (mut line, mut length) = (String::new(), 0);
    for word in text.split_whitespace() {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > columns {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        for letter in word.chars() {
            if length == columns {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            line.push(letter);
            length += 1;
        }
    }
    if length > 0 {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_has_one_record_for_each_point_bar_and_span() {
        let csv = examples::lines(3, 40, true).csv();
        let mut records = csv.split_terminator("\r\n");
        let header = "series,connections & time (s),\"latency, p99 (ms)\"";
        assert_eq!(records.next(), Some(header));
        let Drawing::Lines { series, .. } = examples::lines(3, 40, true).drawing else {
            panic!("lines are lines");
        };
        for line in &series {
            for (x, y) in &line.points {
                let record = records.next().unwrap();
                let fields: Vec<&str> = record.rsplitn(3, ',').collect();
                let name = fields[2].trim_matches('"');
                let expected = [y.to_string(), x.to_string(), line.name.clone()];
                assert_eq!([fields[0], fields[1], name], expected.each_ref().map(String::as_str));
            }
        }
        assert_eq!(records.next(), None);

        assert_eq!(examples::bars(8, false).csv().lines().count(), 1 + 8);
        let spans = examples::spans(5).csv();
        assert_eq!(spans.lines().count(), 1 + 5 + 4 + 5, "{spans}");
        assert!(spans.starts_with("row,what,from: time (s),to: time (s)\r\n"));
    }

    #[test]
    fn csv_fields_are_quoted_where_they_must_be() {
        let mut text = String::new();
        record(&mut text, &["a,b", "say \"hi\"", "two\r\nlines", "plain"]);
        assert_eq!(text, "\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\",plain\r\n");
    }

    #[test]
    fn waits_come_last_in_the_legend_and_lie_below_the_work() {
        let span =
            |from, to, what: &str, is_wait| Span { from, to, what: what.to_owned(), is_wait };
        let row = Row {
            name: "reader".to_owned(),
            spans: vec![
                span(0.0, 9.0, "in read", true),
                span(9.0, 9.1, "sending", false),
                span(9.1, 9.2, "waiting for its turn", true),
                span(9.2, 9.4, "sending", false),
            ],
        };
        let rows = [row];
        let activities = activities(&rows);
        let legend: Vec<_> = activities.iter().map(|one| (one.name, one.number)).collect();
        assert_eq!(legend, [("sending", 0), ("in read", 0), ("waiting for its turn", 1)]);
        let layers = layered(&rows[0], &activities);
        let layers: Vec<f64> = layers.iter().map(|(span, _)| span.from).collect();
        assert_eq!(layers, [0.0, 9.1, 9.2, 9.0]);
    }

    #[test]
    fn text_is_wrapped_between_words() {
        for (text, columns, lines) in [
            ("one two  three\nfour", 9, &["one two", "three", "four"][..]),
            ("a longest b", 4, &["a", "long", "est", "b"]),
            ("µ µ µ", 5, &["µ µ µ"]),
            (" ", 5, &[]),
        ] {
            assert_eq!(wrapped(text, columns), lines);
        }
    }
}
