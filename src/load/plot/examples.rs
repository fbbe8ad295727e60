//! Figures of all kinds and sizes for tests, with names that need escaping.

use super::{Axis, Drawing, Figure, Row, Series, Span};

/// A figure of lines. The last line has zeros and values that are not numbers.
pub fn lines(series: usize, points: usize, logarithmic: bool) -> Figure {
    let names = [
        "threads",
        "threads, a dispatcher",
        "polling <10 ms & sleep>",
        "readiness-poll",
        "readiness-epoll",
        "one at a time",
        "threads-channels, drop when \"full\"",
        "ours",
    ];
    let point = |line: usize, at: usize| {
        let x = if logarithmic && points < 10 {
            10_f64.powi(at as i32)
        } else {
            6.0 * at as f64 / points as f64
        };
        let wave = ((at * 7 + line * 3) % 11) as f64 / 11.0 + (x + line as f64).sin().abs();
        let y = match (line + 1 == series, at % 50) {
            (true, 40) => 0.0,
            (true, 45) => f64::NAN,
            _ if logarithmic => 0.1 * 10_f64.powi(line as i32) * (1.0 + wave),
            _ => line as f64 * 4.0 + wave,
        };
        (x, y)
    };
    let axis = |label: &str, logarithmic| Axis { logarithmic, ..Axis::linear(label) };
    Figure {
        name: format!("lines-{series}-{points}-{logarithmic}"),
        title: "Latency of the others while one client of a hundred has stopped reading".to_owned(),
        see: "See how the line of the naive server leaves all others within the first second, and that the line at the \
              bottom stays flat: nobody waits for the client that does not read."
            .to_owned(),
        drawing: Drawing::Lines {
            x: axis("connections & time (s)", logarithmic && points < 10)
                .with_event(if series == 6 { 5.5 } else { 1.0 }, "one client stops <reading>"),
            y: axis("latency, p99 (ms)", logarithmic),
            series: (0..series)
                .map(|line| Series {
                    name: names[line % names.len()].to_owned(),
                    points: (0..points).map(|at| point(line, at)).collect(),
                })
                .collect(),
        },
    }
}

/// A figure of bars. The longest bar has the longest name.
pub fn bars(count: usize, logarithmic: bool) -> Figure {
    let names = [
        "virtual memory of a thread, as reserved",
        "resident <a thread>",
        "epoll",
        "SO_SNDBUF as it is",
        "SO_SNDBUF of 64 KiB",
        "poll(2)",
        "mutex & map, 8 writers",
        "dispatcher",
    ];
    Figure {
        name: format!("bars-{count}-{logarithmic}"),
        title: "What a connection costs".to_owned(),
        see: "The first bar is what is reserved, the second what is used.".to_owned(),
        drawing: Drawing::Bars {
            y: Axis { logarithmic, ..Axis::linear("memory of a connection (bytes)") },
            bars: (0..count)
                .map(|at| (names[at % names.len()].to_owned(), 2_097_152.0 / 9_f64.powi(at as i32)))
                .collect(),
        },
    }
}

/// A timeline of clients, each of which is served when the previous one has gone, the last only for a moment.
pub fn spans(count: usize) -> Figure {
    let span = |from: f64, to: f64, what: &str| Span {
        from,
        to,
        what: what.to_owned(),
        is_wait: what.starts_with("waiting"),
    };
    Figure {
        name: format!("spans-{count}"),
        title: "Who is served when".to_owned(),
        see: "Client 2 is served from the moment when client 1 ends.".to_owned(),
        drawing: Drawing::Spans {
            x: Axis::linear("time (s)"),
            rows: (0..count)
                .map(|at| {
                    let begins = 0.5 * at as f64;
                    let ends = begins + if at + 1 == count { 0.000_1 } else { 0.5 };
                    let mut spans = vec![span(begins, ends, "served")];
                    if at > 0 {
                        spans.insert(0, span(0.0, begins, "waiting in the backlog"));
                    }
                    spans.push(span(ends, ends + 0.2, "gone <&>"));
                    Row { name: format!("client {} & co", at + 1), spans }
                })
                .collect(),
        },
    }
}

/// A figure of each kind and size.
pub fn all() -> Vec<Figure> {
    let mut all = Vec::new();
    for logarithmic in [false, true] {
        for series in [2, 6] {
            for points in [3, 3_000] {
                all.push(lines(series, points, logarithmic));
            }
        }
        for count in [3, 8] {
            all.push(bars(count, logarithmic));
        }
    }
    all.extend([lines(1, 1, false), lines(0, 0, true), bars(0, false)]);
    all.extend([spans(0), spans(4), spans(30)]);
    all
}
