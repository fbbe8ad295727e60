//! Figures as text, without colours: a projector may not show them, and a braille display and a file have none.

use super::scale::{Scale, short};
use super::{Activity, Axis, COLUMNS, Drawing, Figure, Row, Series, activities, layered, wrapped};

/// The rows of a plot of lines.
const ROWS: usize = 14;

/// The columns to the right of a plot, for half of the last number.
const RIGHT: usize = 4;

/// The columns of the name of a bar and of a row of a timeline. A longer name is cut.
const BAR_NAME_MAX: usize = 36;
const ROW_NAME_MAX: usize = 24;

const TICKS_MAX: usize = 7;

const MARKS: [char; 8] = ['o', 'x', '+', '*', '#', '@', '%', '&'];

/// The marks of activities, which are dark, and of waits, which are light.
const WORK_MARKS: [char; 6] = ['█', '▒', '#', '=', '@', '%'];
const WAIT_MARKS: [char; 4] = ['·', '-', ':', '~'];

/// The column of an event.
const EVENT_MARK: char = '┊';

/// The title, the plot, and what it shows.
pub fn plot(figure: &Figure) -> String {
    let mut text = wrapped(&figure.title, COLUMNS);
    text.push(String::new());
    text.extend(match &figure.drawing {
        Drawing::Lines { x, y, series } => plot_lines(x, y, series),
        Drawing::Bars { y, bars } => plot_bars(y, bars),
        Drawing::Spans { x, rows } => plot_spans(x, rows),
    });
    text.push(String::new());
    text.extend(wrapped(&figure.see, COLUMNS));
    text.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Cuts a text to at most `columns` characters, with an ellipsis where something is missing.
fn cut(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let kept: String = text.chars().take(columns.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// The number of the place that a share of an axis falls on.
fn place(share: f64, places: usize) -> usize {
    (share * places.saturating_sub(1) as f64).round() as usize
}

fn widest<'a>(texts: impl IntoIterator<Item = &'a str>) -> usize {
    let lengths = texts.into_iter().map(|text| text.chars().count());
    lengths.max().unwrap_or(0)
}

/// The content of one character of a plot of lines.
#[derive(Debug, Clone, Default)]
struct Cell {
    /// The series with a point here, each once.
    series: Vec<usize>,
    /// Whether a line passes from one of its points to the next.
    is_passed: bool,
}

fn plot_lines(x: &Axis, y: &Axis, series: &[Series]) -> Vec<String> {
    let points = || series.iter().flat_map(|line| &line.points);
    let across = Scale::of(x, points().map(|point| point.0), TICKS_MAX);
    let up = Scale::of(y, points().map(|point| point.1), TICKS_MAX);
    let ticks = up.apart(|_| 1.0 / (ROWS - 1) as f64);
    let indent = widest(ticks.iter().map(|tick| tick.label.as_str())) + 2;
    let width = COLUMNS - indent - RIGHT;

    let mut cells = vec![vec![Cell::default(); width]; ROWS];
    for (number, line) in series.iter().enumerate() {
        let mut before: Option<(usize, usize)> = None;
        for &(x, y) in &line.points {
            let to = across.share(x).zip(up.share(y));
            let to = to.map(|(x, y)| (place(x, width), ROWS - 1 - place(y, ROWS)));
            if let Some(to) = to {
                for (column, row) in before.into_iter().flat_map(|from| way(from, to)) {
                    cells[row][column].is_passed = true;
                }
                let here = &mut cells[to.1][to.0].series;
                if here.last() != Some(&number) {
                    here.push(number);
                }
            }
            before = to;
        }
    }

    let mark = |series: usize| MARKS[series % MARKS.len()];
    let names = series.iter().enumerate();
    let mut text = legend(names.map(|(at, line)| (mark(at), line.name.as_str())));
    text.push(y.title());
    let event = x.event.as_ref().and_then(|(at, what)| {
        let column = place(across.share(*at)?, width);
        let what = cut(what, width / 2);
        let begins = indent + column;
        let length = what.chars().count();
        text.push(match begins + 2 + length <= COLUMNS {
            true => format!("{:begins$}{EVENT_MARK} {what}", ""),
            false => format!("{:1$}{what} {EVENT_MARK}", "", begins - length - 1),
        });
        Some(column)
    });
    for (row, cells) in cells.iter().enumerate() {
        let is_here = |share: f64| ROWS - 1 - place(share, ROWS) == row;
        let tick = ticks.iter().find(|tick| is_here(tick.share));
        let (label, edge) = tick.map_or(("", '│'), |tick| (tick.label.as_str(), '┤'));
        let cells = cells.iter().enumerate();
        let shown = cells.map(|(column, cell)| match cell.series.len() {
            0 if cell.is_passed => '·',
            0 if event == Some(column) => EVENT_MARK,
            0 => ' ',
            // Series that share a place take turns from column to column, so that none hides another.
            count => mark(cell.series[column % count]),
        });
        let shown: String = shown.collect();
        text.push(format!("{label:>0$} {edge}{shown}", indent - 2));
    }
    text.extend(ruler(&across, indent, width, &x.title()));
    text
}

/// The places from one to another, both included.
fn way(from: (usize, usize), to: (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
    let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
    let between = move |from: usize, to: usize, step: usize| {
        let part = step as f64 / steps as f64;
        (from as f64 + (to as f64 - from as f64) * part).round() as usize
    };
    (0..=steps).map(move |step| (between(from.0, to.0, step), between(from.1, to.1, step)))
}

fn plot_bars(axis: &Axis, bars: &[(String, f64)]) -> Vec<String> {
    let scale = Scale::of(axis, bars.iter().map(|bar| bar.1), TICKS_MAX - 1);
    let names: Vec<String> = bars.iter().map(|bar| cut(&bar.0, BAR_NAME_MAX)).collect();
    let values: Vec<String> = bars.iter().map(|bar| short(bar.1)).collect();
    let indent = widest(names.iter().map(String::as_str)) + 2;
    let right = widest(values.iter().map(String::as_str)) + 2;
    let width = COLUMNS - indent - right.max(RIGHT);

    let mut text = Vec::new();
    for ((name, value), bar) in names.iter().zip(&values).zip(bars) {
        let length = scale.share(bar.1).map_or(0, |share| place(share, width));
        let drawn = if axis.logarithmic {
            // The length of a bar means nothing on a logarithmic axis: a mark shows the value.
            format!("{}o", "·".repeat(length))
        } else if bar.1 == 0.0 {
            String::new()
        } else {
            "█".repeat(length.max(1))
        };
        text.push(format!("{name:>0$} │{drawn} {value}", indent - 2));
    }
    text.extend(ruler(&scale, indent, width, &axis.title()));
    text
}

fn plot_spans(x: &Axis, rows: &[Row]) -> Vec<String> {
    let spans = rows.iter().flat_map(|row| &row.spans);
    let scale = Scale::of(x, spans.flat_map(|span| [span.from, span.to]), TICKS_MAX);
    let names: Vec<String> = rows.iter().map(|row| cut(&row.name, ROW_NAME_MAX)).collect();
    let indent = widest(names.iter().map(String::as_str)) + 2;
    let width = COLUMNS - indent - RIGHT;

    let activities = activities(rows);
    let mark = |activity: &Activity<'_>| {
        let marks = if activity.is_wait { &WAIT_MARKS[..] } else { &WORK_MARKS };
        marks[activity.number % marks.len()]
    };
    let mut text = legend(activities.iter().map(|activity| (mark(activity), activity.name)));
    for (name, row) in names.iter().zip(rows) {
        let mut cells = vec![' '; width];
        for (span, activity) in layered(row, &activities) {
            if let (Some(from), Some(to)) = (scale.share(span.from), scale.share(span.to)) {
                let from = place(from, width);
                let to = place(to, width).max(from + 1).min(width);
                cells[from..to].fill(mark(&activity));
            }
        }
        let cells: String = cells.into_iter().collect();
        text.push(format!("{name:>0$} │{cells}", indent - 2));
    }
    text.extend(ruler(&scale, indent, width, &x.title()));
    text
}

/// The horizontal axis: a line with ticks, the numbers, and the title.
fn ruler(scale: &Scale, indent: usize, width: usize, title: &str) -> [String; 3] {
    let mut line = vec!['─'; width];
    let mut numbers = vec![' '; indent + width + RIGHT];
    let column = 1.0 / width.saturating_sub(1).max(1) as f64;
    for tick in scale.apart(|label| (label.chars().count() + 1) as f64 * column) {
        let at = place(tick.share, width);
        line[at] = '┬';
        let length = tick.label.chars().count();
        let begins = (indent + at).saturating_sub(length / 2);
        let begins = begins.min(numbers.len().saturating_sub(length));
        for (cell, letter) in numbers[begins..].iter_mut().zip(tick.label.chars()) {
            *cell = letter;
        }
    }
    let corner = format!("{}└", " ".repeat(indent - 1));
    let ends = indent + width;
    [
        corner + &line.into_iter().collect::<String>(),
        numbers.into_iter().collect(),
        format!("{title:>ends$}"),
    ]
}

/// The marks with their names, in as few lines as possible.
fn legend<'a>(entries: impl IntoIterator<Item = (char, &'a str)>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (mark, name) in entries {
        let entry = cut(&format!("  {mark} {name}"), COLUMNS);
        match lines.last_mut() {
            Some(line) if line.chars().count() + entry.chars().count() <= COLUMNS => {
                line.push_str(&entry);
            }
            _ => lines.push(entry),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::{Span, examples};
    use super::*;

    #[test]
    fn nothing_is_wider_than_a_terminal() {
        for figure in examples::all() {
            let text = figure.terminal();
            for line in text.lines() {
                let columns = line.chars().count();
                assert!(columns <= COLUMNS, "{}: {columns}: {line}", figure.name);
            }
            let lines = text.lines().count();
            assert!(lines <= 45, "{}: {lines} lines", figure.name);
        }
    }

    #[test]
    fn each_axis_has_its_title_and_its_numbers() {
        for figure in examples::all() {
            let text = figure.terminal();
            let axes = match &figure.drawing {
                Drawing::Lines { x, y, .. } => vec![x, y],
                Drawing::Bars { y: axis, .. } | Drawing::Spans { x: axis, .. } => vec![axis],
            };
            for axis in axes {
                assert!(text.contains(&axis.title()), "{}: {text}", figure.name);
            }
            assert!(text.contains('┬'), "{}: {text}", figure.name);
        }
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(cut("readiness", 9), "readiness");
        assert_eq!(cut("readiness", 5), "read…");
    }

    fn series(name: &str, points: &[(f64, f64)]) -> Series {
        Series { name: name.to_owned(), points: points.to_vec() }
    }

    fn drawn(series: &[Series]) -> String {
        plot_lines(&Axis::linear("x (s)"), &Axis::linear("y (ms)"), series).join("\n")
    }

    #[test]
    fn lines_in_the_same_place_are_both_visible() {
        let points: Vec<(f64, f64)> = (0..200).map(|at| (f64::from(at), 1.0)).collect();
        let text = drawn(&[series("one", &points), series("two", &points)]);
        assert!(text.contains("oxoxox"), "{text}");
    }

    #[test]
    fn points_are_joined_except_over_a_gap() {
        let text = drawn(&[series("a", &[(0.0, 0.0), (10.0, 10.0)])]);
        assert!(text.matches('·').count() > 30, "{text}");
        let text = drawn(&[series("a", &[(0.0, 0.0), (5.0, f64::NAN), (10.0, 10.0)])]);
        assert_eq!(text.matches('·').count(), 0, "{text}");
        // Two points and the legend.
        assert_eq!(text.matches('o').count(), 3, "{text}");
    }

    #[test]
    fn a_larger_value_is_drawn_higher() {
        let text = drawn(&[series("l", &[(0.0, 1.0)]), series("h", &[(1.0, 9.0)])]);
        let row = |mark: &str| text.lines().skip(1).position(|line| line.contains(mark));
        assert!(row("x") < row("o"), "{text}");
    }

    #[test]
    fn an_event_has_a_column_and_a_text_beside_it() {
        let lines = [series("a", &[(0.0, 1.0), (10.0, 1.0)])];
        let y = Axis::linear("y (ms)");
        for (at, beside) in [(1.0, "┊ it stops"), (9.5, "it stops ┊")] {
            let x = Axis::linear("x (s)").with_event(at, "it stops");
            let text = plot_lines(&x, &y, &lines).join("\n");
            let column = |line: &str| line.chars().position(|letter| letter == EVENT_MARK);
            let columns: Vec<usize> = text.lines().filter_map(column).collect();
            assert!(text.contains(beside), "{text}");
            assert!(columns.len() >= ROWS && columns.windows(2).all(|two| two[0] == two[1]));
        }
    }

    fn bars(axis: &Axis, bars: &[(&str, f64)]) -> Vec<String> {
        let bars = bars.iter().map(|&(name, value)| (name.to_owned(), value));
        plot_bars(axis, &bars.collect::<Vec<_>>())
    }

    #[test]
    fn a_bar_is_as_long_as_its_value() {
        let values = [("a", 10.0), ("b", 5.0), ("none", 0.0), ("little", 0.01)];
        let text = bars(&Axis::linear("time (ms)"), &values);
        let length = |line: usize| text[line].matches('█').count();
        assert!(length(0).abs_diff(2 * length(1)) <= 1);
        assert_eq!([length(2), length(3)], [0, 1]);
        assert!(text[0].ends_with(" 10") && text[1].contains("b │"));
    }

    #[test]
    fn a_mark_shows_the_value_on_a_logarithmic_axis() {
        let values = [("a", 1.0), ("b", 10.0), ("c", 100.0)];
        let text = bars(&Axis::logarithmic("memory (bytes)"), &values);
        let at = |line: usize| text[line].chars().position(|letter| letter == 'o').unwrap();
        assert!((at(2) - at(1)).abs_diff(at(1) - at(0)) <= 1, "{text:?}");
    }

    #[test]
    fn spans_follow_each_other_and_the_shortest_is_visible() {
        let row = |spans: &[(f64, f64, &str)]| Row {
            name: "client".to_owned(),
            spans: spans
                .iter()
                .map(|&(from, to, what)| Span {
                    from,
                    to,
                    what: what.to_owned(),
                    is_wait: what == "gone",
                })
                .collect(),
        };
        let rows = [
            row(&[(0.0, 5.0, "served"), (5.0, 10.0, "gone")]),
            row(&[(4.999, 5.001, "served"), (0.0, 10.0, "gone")]),
            row(&[(0.0, 10.0, "gone"), (10.0, 10.0, "served")]),
        ];
        let text = plot_spans(&Axis::linear("time (s)"), &rows);
        assert!(text[0].contains("█ served") && text[0].contains("· gone"));
        let count = |line: usize, mark: char| text[line].matches(mark).count();
        assert!(count(1, '█').abs_diff(count(1, '·')) <= 1, "{text:?}");
        assert_eq!(count(2, '█'), 1);
        assert!(count(2, '·') > 50);
        assert!(text[3].ends_with('█'), "{text:?}");
    }

    #[test]
    fn each_number_is_below_its_tick() {
        let scale = Scale::of(&Axis::linear(""), [4.0], 4);
        let lines = ruler(&scale, 3, 41, "time (s)");
        assert_eq!(lines[0].chars().nth(2), Some('└'));
        for (number, at) in [("0", 3), ("1", 13), ("2", 23), ("3", 33), ("4", 43)] {
            assert_eq!(lines[0].chars().nth(at), Some('┬'));
            assert_eq!(&lines[1][at..=at], number);
        }
        assert!(lines[2].ends_with("time (s)"));
        assert_eq!(lines[2].len(), 44);
    }

    #[test]
    fn a_legend_takes_as_many_lines_as_it_needs() {
        let name = "n".repeat(30);
        let lines = legend([('o', name.as_str()), ('x', &name), ('+', &name)]);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].contains("o n") && lines[0].contains("x n"));
    }
}
