//! Values over others.

use super::super::scale::Scale;
use super::super::{Axis, Series};
use super::axes::{BELOW, Frame, left_of};
use super::look::{Look, Mark};
use super::pen::{Failure, Pen, Pixel};
use super::{Entry, MARGIN, WIDTH};

/// Of the plot with all around it.
pub const HEIGHT: i32 = TOP + 320 + BELOW;

/// For what is measured upwards, above the plot.
const TOP: i32 = 34;

/// Behind the plot, for the half of the last number that stands out.
const RIGHT: i32 = 32;

/// Numbers at an axis.
const TICKS_MAX: usize = 8;

/// A line has about so many marks: one at each point would hide a long one.
const MARKS_MAX: usize = 12;

/// What each line is.
pub fn legend(series: &[Series]) -> Vec<Entry<'_>> {
    (0..)
        .zip(series)
        .map(|(at, line)| Entry {
            look: Look::of(at),
            mark: Mark::Point,
            name: &line.name,
        })
        .collect()
}

/// The plot with its axes, from this height downwards.
pub fn draw(pen: &Pen<'_>, top: i32, x: &Axis, y: &Axis, series: &[Series]) -> Result<(), Failure> {
    let points = || series.iter().flat_map(|line| &line.points);
    let across = Scale::of(x, points().map(|point| point.0), TICKS_MAX);
    let up = Scale::of(y, points().map(|point| point.1), TICKS_MAX);
    let frame = Frame {
        left: left_of(up.ticks.iter().map(|tick| tick.label.as_str())),
        right: WIDTH - MARGIN - RIGHT,
        top: top + TOP,
        bottom: top + HEIGHT - BELOW,
    };
    frame.across(pen, &across, &x.title())?;
    frame.upwards(pen, &up, &y.title())?;

    let place = |&(x, y): &(f64, f64)| Some(frame.pixel((across.share(x)?, up.share(y)?)));
    let places: Vec<Vec<Option<Pixel>>> = series
        .iter()
        .map(|line| line.points.iter().map(place).collect())
        .collect();
    for (at, places) in places.iter().enumerate() {
        // Where there is no number, the line has a gap.
        for part in places.split(Option::is_none) {
            let pixels: Vec<Pixel> = part.iter().copied().flatten().collect();
            pen.line(thinned(&pixels), Look::of(at).color(), 2)?;
        }
    }
    // Above all lines, and for no two of them at the same points.
    for (at, places) in places.iter().enumerate() {
        let step = places.len().div_ceil(MARKS_MAX).max(1);
        let first = step * at / series.len();
        for (number, pixel) in places.iter().enumerate() {
            if let Some(pixel) = pixel
                && (number % step == first || is_alone(places, number))
            {
                Look::of(at).point(pen, *pixel)?;
            }
        }
    }
    Ok(())
}

/// Whether a point has a gap on both sides: without a mark it would not be seen.
fn is_alone(places: &[Option<Pixel>], at: usize) -> bool {
    let is_there = |at: Option<usize>| at.and_then(|at| places.get(at)?.as_ref()).is_some();
    !is_there(at.checked_sub(1)) && !is_there(at.checked_add(1))
}

/// The same line with fewer points: of those that follow each other in one column of pixels, the first, the highest, the
/// lowest and the last draw all that is to be seen.
fn thinned(pixels: &[Pixel]) -> Vec<Pixel> {
    let mut kept: Vec<Pixel> = Vec::new();
    for column in pixels.chunk_by(|one, next| one.0 == next.0) {
        let highest = column.iter().map(|pixel| pixel.1).min();
        let lowest = column.iter().map(|pixel| pixel.1).max();
        let ends = [column.first(), column.last()].map(|end| end.map(|pixel| pixel.1));
        for y in [ends[0], highest, lowest, ends[1]].into_iter().flatten() {
            let pixel = (column[0].0, y);
            if kept.last() != Some(&pixel) {
                kept.push(pixel);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_pixels_keeps_its_ends() {
        let pixels = [(0, 5), (1, 5), (1, 9), (1, 7), (1, 2), (1, 6), (2, 6)];
        let expected = [(0, 5), (1, 5), (1, 2), (1, 9), (1, 6), (2, 6)];
        assert_eq!(thinned(&pixels), expected);
        assert!(thinned(&[]).is_empty());
    }

    #[test]
    fn a_point_between_two_gaps_is_alone() {
        let places = [Some((0, 0)), None, Some((2, 0)), Some((3, 0))];
        let alone = |at| is_alone(&places, at);
        assert_eq!([alone(0), alone(2), alone(3)], [true, false, false]);
    }
}
