//! What happened when.

use super::super::scale::Scale;
use super::super::{Axis, Drawing, Row};
use super::axes::{BELOW, Frame, left_of};
use super::look::{Look, Mark};
use super::pen::{Failure, Pen};
use super::{Entry, MARGIN, WIDTH};

/// Behind the plot, for the half of the last number that stands out.
const RIGHT: i32 = 32;

/// From one row to the next: the more rows, the lower, as long as a name fits.
const ROW_MAX: i32 = 32;
const ROW_MIN: i32 = 18;

/// As high as a plot would like to be.
const WANTED: i32 = 360;

/// Numbers at the axis.
const TICKS_MAX: usize = 8;

/// What each bar is.
pub fn legend(rows: &[Row]) -> Vec<Entry<'_>> {
    (0..)
        .zip(Drawing::doings(rows))
        .map(|(at, name)| Entry {
            look: Look::of(at),
            mark: Mark::Bar(ROW_MIN),
            name,
        })
        .collect()
}

/// Of the plot with all around it.
pub fn height(rows: &[Row]) -> i32 {
    row_height(rows) * rows.len().max(1) as i32 + BELOW
}

fn row_height(rows: &[Row]) -> i32 {
    (WANTED / rows.len().max(1) as i32).clamp(ROW_MIN, ROW_MAX)
}

/// The plot with its axes, from this height downwards.
pub fn draw(pen: &Pen<'_>, top: i32, x: &Axis, rows: &[Row]) -> Result<(), Failure> {
    let spans = rows.iter().flat_map(|row| &row.spans);
    let scale = Scale::of(x, spans.flat_map(|span| [span.from, span.to]), TICKS_MAX);
    let frame = Frame {
        left: left_of(rows.iter().map(|row| row.name.as_str())),
        right: WIDTH - MARGIN - RIGHT,
        top,
        bottom: top + height(rows) - BELOW,
    };
    frame.across(pen, &scale, &x.title())?;
    let doings = Drawing::doings(rows);
    let row_height = row_height(rows);
    for (at, row) in (0..).zip(rows) {
        let y = top + at * row_height + row_height / 2;
        frame.name(pen, std::slice::from_ref(&row.name), y)?;
        for span in &row.spans {
            let (Some(from), Some(to)) = (scale.share(span.from), scale.share(span.to)) else {
                continue;
            };
            let doing = doings.iter().position(|doing| *doing == span.what);
            let look = Look::of(doing.unwrap_or(0));
            let half = look.half_height(row_height);
            // One that is shorter than a pixel is seen nevertheless.
            let (from, to) = (frame.x(from), frame.x(to));
            let to = to.max(from + 1);
            pen.area([(from, y - half), (to, y + half)], look.color())?;
        }
    }
    Ok(())
}
