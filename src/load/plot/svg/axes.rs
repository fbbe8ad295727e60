//! What stands around a plot.

use plotters::prelude::RGBColor;

use super::super::scale::Scale;
use super::pen::{Anchor, Failure, Font, INK, Pen, Pixel};

const GRID: RGBColor = RGBColor(200, 200, 200);
const LIGHT_GRID: RGBColor = RGBColor(234, 234, 234);

/// What the numbers and the title below a plot take.
pub const BELOW: i32 = 58;

/// Between a plot and the numbers to its left.
const GAP: i32 = 8;

/// Where a plot is, without what stands around it.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// The first column.
    pub left: i32,
    /// The last one.
    pub right: i32,
    /// The uppermost row.
    pub top: i32,
    /// The lowest one.
    pub bottom: i32,
}

impl Frame {
    /// The pixel of a share of the axis to the right.
    pub fn x(&self, share: f64) -> i32 {
        self.left + (share * f64::from(self.right - self.left)).round() as i32
    }

    /// The pixel of a share of the axis upwards.
    pub fn y(&self, share: f64) -> i32 {
        self.bottom - (share * f64::from(self.bottom - self.top)).round() as i32
    }

    /// The pixel of both.
    pub fn pixel(&self, (x, y): (f64, f64)) -> Pixel {
        (self.x(x), self.y(y))
    }

    /// The axis below: lines through the plot, numbers, and what is measured.
    pub fn across(&self, pen: &Pen<'_>, scale: &Scale, title: &str) -> Result<(), Failure> {
        let line = |share: f64, color| {
            let x = self.x(share);
            pen.line(vec![(x, self.top), (x, self.bottom)], color, 1)
        };
        for share in &scale.between {
            line(*share, LIGHT_GRID)?;
        }
        for tick in &scale.ticks {
            line(tick.share, GRID)?;
        }
        let width = f64::from(self.right - self.left);
        for tick in scale.apart(|label| f64::from(Font::Text.width(label) + GAP) / width) {
            let at = (self.x(tick.share), self.bottom + 14);
            pen.text(&tick.label, at, Anchor::Middle, Font::Text)?;
        }
        pen.line(
            vec![(self.left, self.bottom), (self.right, self.bottom)],
            INK,
            1,
        )?;
        pen.text(
            title,
            (self.right, self.bottom + 38),
            Anchor::Right,
            Font::Text,
        )
    }

    /// The axis to the left. What is measured stands above it, where it can be read without turning the head.
    pub fn upwards(&self, pen: &Pen<'_>, scale: &Scale, title: &str) -> Result<(), Failure> {
        let line = |share: f64, color| {
            let y = self.y(share);
            pen.line(vec![(self.left, y), (self.right, y)], color, 1)
        };
        for share in &scale.between {
            line(*share, LIGHT_GRID)?;
        }
        for tick in &scale.ticks {
            line(tick.share, GRID)?;
        }
        let height = f64::from(self.bottom - self.top);
        for tick in scale.apart(|_| 18.0 / height) {
            let at = (self.left - GAP, self.y(tick.share));
            pen.text(&tick.label, at, Anchor::Right, Font::Text)?;
        }
        pen.line(
            vec![(self.left, self.top), (self.left, self.bottom)],
            INK,
            1,
        )?;
        pen.text(
            title,
            (super::MARGIN, self.top - 20),
            Anchor::Left,
            Font::Text,
        )
    }

    /// A name to the left, in as many lines as it needs, around this height.
    pub fn name(&self, pen: &Pen<'_>, lines: &[String], y: i32) -> Result<(), Failure> {
        const STEP: i32 = 16;
        let first = y - (lines.len() as i32 - 1) * STEP / 2;
        for (at, line) in (0..).zip(lines) {
            let place = (self.left - GAP, first + at * STEP);
            pen.text(line, place, Anchor::Right, Font::Text)?;
        }
        Ok(())
    }
}

/// The space that such labels need to the left of a plot.
pub fn left_of<'a>(labels: impl IntoIterator<Item = &'a str>) -> i32 {
    let widest = labels
        .into_iter()
        .map(|label| Font::Text.width(label))
        .max();
    super::MARGIN + widest.unwrap_or(0) + GAP
}
