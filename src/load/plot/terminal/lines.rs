//! Values over others.

use super::super::scale::Scale;
use super::super::{Axis, Series};
use super::place;
use super::ruler::{RIGHT, legend, ruler};
use crate::load::plot::COLUMNS;

const ROWS: usize = 14;

/// One for each line; with more lines than this they begin anew, and nobody tells so many apart anyway.
const MARKS: [char; 8] = ['o', 'x', '+', '*', '#', '@', '%', '&'];

/// Numbers at an axis.
const TICKS_MAX: usize = 7;

/// What lies in one place of the plot.
#[derive(Debug, Clone, Default)]
struct Cell {
    /// Lines with a point there, each once.
    series: Vec<usize>,
    /// A line passes on its way from one point to the next.
    is_passed: bool,
}

/// The legend, the plot and its axes.
pub fn plot(x: &Axis, y: &Axis, series: &[Series]) -> Vec<String> {
    let points = || series.iter().flat_map(|line| &line.points);
    let across = Scale::of(x, points().map(|point| point.0), TICKS_MAX);
    let up = Scale::of(y, points().map(|point| point.1), TICKS_MAX);
    let ticks = up.apart(|_| 1.0 / (ROWS - 1) as f64);
    let widest = ticks.iter().map(|tick| tick.label.chars().count()).max();
    let indent = widest.unwrap_or(0) + 2;
    let width = COLUMNS - indent - RIGHT;

    let mut cells = vec![vec![Cell::default(); width]; ROWS];
    for (number, line) in series.iter().enumerate() {
        let places: Vec<Option<(f64, f64)>> = line
            .points
            .iter()
            .map(|&(x, y)| Some((across.share(x)?, up.share(y)?)))
            .collect();
        draw(&mut cells, number, &places);
    }

    let mut text = legend(
        (0..)
            .zip(series)
            .map(|(at, line)| (mark(at), line.name.as_str())),
    );
    text.push(y.title());
    for (row, cells) in cells.iter().enumerate() {
        let tick = ticks
            .iter()
            .find(|tick| ROWS - 1 - place(tick.share, ROWS) == row);
        let (label, edge) = tick.map_or(("", '│'), |tick| (tick.label.as_str(), '┤'));
        let shown: String = cells
            .iter()
            .enumerate()
            .map(|(at, cell)| shown(cell, at))
            .collect();
        text.push(format!("{label:>0$} {edge}{shown}", indent - 2));
    }
    text.extend(ruler(&across, indent, width, &x.title()));
    text
}

fn mark(series: usize) -> char {
    MARKS[series % MARKS.len()]
}

/// Where several lines have a point in one place, they take turns from column to column, so that none hides another.
fn shown(cell: &Cell, column: usize) -> char {
    match (cell.series.len(), cell.is_passed) {
        (0, false) => ' ',
        (0, true) => '·',
        (count, _) => mark(cell.series[column % count]),
    }
}

/// Its points, and the way between each two of them. Where there is no number the line has a gap.
fn draw(cells: &mut [Vec<Cell>], series: usize, places: &[Option<(f64, f64)>]) {
    let mut before: Option<(usize, usize)> = None;
    for &point in places {
        let Some((across, up)) = point else {
            before = None;
            continue;
        };
        let to = (place(across, cells[0].len()), ROWS - 1 - place(up, ROWS));
        for (column, row) in before.into_iter().flat_map(|from| way(from, to)) {
            cells[row][column].is_passed = true;
        }
        let cell = &mut cells[to.1][to.0];
        if cell.series.last() != Some(&series) {
            cell.series.push(series);
        }
        before = Some(to);
    }
}

/// The places between two, both of them included.
fn way(from: (usize, usize), to: (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
    let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
    let between = move |from: usize, to: usize, step: usize| {
        let part = step as f64 / steps as f64;
        (from as f64 + (to as f64 - from as f64) * part).round() as usize
    };
    (0..=steps).map(move |step| (between(from.0, to.0, step), between(from.1, to.1, step)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(name: &str, points: &[(f64, f64)]) -> Series {
        Series {
            name: name.to_owned(),
            points: points.to_vec(),
        }
    }

    fn drawn(series: &[Series]) -> String {
        plot(&Axis::linear("x (s)"), &Axis::linear("y (ms)"), series).join("\n")
    }

    #[test]
    fn lines_that_lie_on_each_other_are_both_seen() {
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
        assert_eq!(
            text.matches('o').count(),
            3,
            "two points and the legend: {text}"
        );
    }

    #[test]
    fn what_is_higher_stands_higher() {
        let text = drawn(&[series("l", &[(0.0, 1.0)]), series("h", &[(1.0, 9.0)])]);
        let row = |mark: &str| text.lines().skip(1).position(|line| line.contains(mark));
        assert!(row("x") < row("o"), "{text}");
    }
}
