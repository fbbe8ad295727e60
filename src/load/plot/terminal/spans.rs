//! What happened when.

use super::super::scale::Scale;
use super::super::{Axis, Drawing, Row};
use super::ruler::{RIGHT, legend, ruler};
use super::{cut, place};
use crate::load::plot::COLUMNS;

/// One for each thing that is done, told apart by how dark they are and by their shape.
const MARKS: [char; 8] = ['█', '·', '=', '▒', '+', '#', '~', 'o'];

/// Columns for a name, at the most.
const NAME_MAX: usize = 24;

/// Numbers at the axis.
const TICKS_MAX: usize = 7;

/// The legend, a line for each row, and the time.
pub fn plot(x: &Axis, rows: &[Row]) -> Vec<String> {
    let spans = rows.iter().flat_map(|row| &row.spans);
    let scale = Scale::of(x, spans.flat_map(|span| [span.from, span.to]), TICKS_MAX);
    let names: Vec<String> = rows.iter().map(|row| cut(&row.name, NAME_MAX)).collect();
    let widest = names.iter().map(|name| name.chars().count()).max();
    let indent = widest.unwrap_or(0) + 2;
    let width = COLUMNS - indent - RIGHT;

    let doings = Drawing::doings(rows);
    let mark = |what: &str| {
        let at = doings.iter().position(|doing| *doing == what);
        MARKS[at.unwrap_or(0) % MARKS.len()]
    };
    let mut text = legend(doings.iter().map(|&doing| (mark(doing), doing)));
    for (name, row) in names.iter().zip(rows) {
        let mut cells = vec![' '; width];
        let mut spans: Vec<_> = row.spans.iter().collect();
        // The shorter ones last: one that is shorter than a column would else vanish below its neighbours.
        spans.sort_by(|one, other| (other.to - other.from).total_cmp(&(one.to - one.from)));
        for span in spans {
            if let (Some(from), Some(to)) = (scale.share(span.from), scale.share(span.to)) {
                let from = place(from, width);
                // The column in which the next one begins is not this one's.
                let to = place(to, width).max(from + 1).min(width);
                cells[from..to].fill(mark(&span.what));
            }
        }
        let cells: String = cells.into_iter().collect();
        text.push(format!("{name:>0$} │{cells}", indent - 2));
    }
    text.extend(ruler(&scale, indent, width, &x.title()));
    text
}

#[cfg(test)]
mod tests {
    use super::super::super::Span;
    use super::*;

    fn row(spans: &[(f64, f64, &str)]) -> Row {
        Row {
            name: "client".to_owned(),
            spans: spans
                .iter()
                .map(|&(from, to, what)| Span {
                    from,
                    to,
                    what: what.to_owned(),
                })
                .collect(),
        }
    }

    #[test]
    fn spans_follow_each_other_and_the_shortest_is_seen() {
        let rows = [
            row(&[(0.0, 5.0, "served"), (5.0, 10.0, "gone")]),
            row(&[(4.999, 5.001, "gone"), (0.0, 10.0, "served")]),
        ];
        let text = plot(&Axis::linear("time (s)"), &rows);
        assert!(text[0].contains("█ served") && text[0].contains("· gone"));
        let count = |line: &str, mark: char| line.matches(mark).count();
        assert!(
            count(&text[1], '█').abs_diff(count(&text[1], '·')) <= 1,
            "{text:?}"
        );
        assert_eq!(count(&text[2], '·'), 1);
        assert!(count(&text[2], '█') > 50);
    }

    #[test]
    fn a_span_at_the_very_end_is_seen() {
        let rows = [row(&[(0.0, 10.0, "served"), (10.0, 10.0, "gone")])];
        let text = plot(&Axis::linear("time (s)"), &rows);
        assert!(text[1].ends_with('·'), "{text:?}");
    }
}
