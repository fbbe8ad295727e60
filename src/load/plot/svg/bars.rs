//! Values side by side: bars that lie, since names are long.

use super::super::Axis;
use super::super::number::short;
use super::super::scale::Scale;
use super::axes::{BELOW, Frame, left_of};
use super::look::{Look, RADIUS};
use super::pen::{Anchor, Failure, Font, Pen};
use super::{MARGIN, WIDTH};
use crate::load::plot::wrapped;

/// From one bar to the next.
const ROW: i32 = 40;

/// Half of the height of a bar.
const HALF: i32 = 12;

/// A longer name is broken into lines.
const NAME_COLUMNS: usize = 26;

/// Numbers at the axis.
const TICKS_MAX: usize = 7;

/// Of the plot with all around it.
pub fn height(bars: &[(String, f64)]) -> i32 {
    rows(bars) + BELOW
}

fn rows(bars: &[(String, f64)]) -> i32 {
    ROW * bars.len().max(1) as i32
}

/// The plot with its axis, from this height downwards.
pub fn draw(pen: &Pen<'_>, top: i32, axis: &Axis, bars: &[(String, f64)]) -> Result<(), Failure> {
    let scale = Scale::of(axis, bars.iter().map(|bar| bar.1), TICKS_MAX);
    let names: Vec<Vec<String>> = bars
        .iter()
        .map(|bar| wrapped(&bar.0, NAME_COLUMNS))
        .collect();
    let values: Vec<String> = bars.iter().map(|bar| short(bar.1)).collect();
    let widest = values.iter().map(|value| Font::Text.width(value)).max();
    let frame = Frame {
        left: left_of(names.iter().flatten().map(String::as_str)),
        right: WIDTH - MARGIN - widest.unwrap_or(0).max(24) - 2 * RADIUS,
        top,
        bottom: top + rows(bars),
    };
    frame.across(pen, &scale, &axis.title())?;
    let color = Look::of(0).color();
    let begins = frame.x(scale.share(0.0).unwrap_or(0.0));
    for (at, (name, value)) in (0..).zip(names.iter().zip(&values)) {
        let y = top + at * ROW + ROW / 2;
        frame.name(pen, name, y)?;
        let Some(share) = scale.share(bars[at as usize].1) else {
            continue;
        };
        let ends = frame.x(share);
        if axis.logarithmic {
            // On a logarithmic axis a bar has no beginning, and its length says nothing: its end is a mark.
            pen.line(vec![(begins, y), (ends, y)], color, 2)?;
            Look::of(0).point(pen, (ends, y))?;
        } else {
            pen.area([(begins, y - HALF), (ends, y + HALF)], color)?;
        }
        let beside = ends.max(begins) + RADIUS + 4;
        pen.text(value, (beside, y), Anchor::Left, Font::Text)?;
    }
    Ok(())
}
