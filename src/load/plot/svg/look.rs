//! The colours and the marks.
//!
//! The colours are those of Okabe and Ito (Color Universal Design, 2008), which people with any kind of colour vision
//! tell apart, without the yellow that is pale on white. Whoever sees no colours at all has the marks.

use plotters::prelude::{RGBColor, WHITE};

use super::pen::{Failure, Pen, Pixel};

/// In the order in which they are given away.
const COLORS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(0, 0, 0),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(130, 130, 130),
];

/// From the middle of a mark to its edge, in pixels.
pub const RADIUS: i32 = 6;

/// How high the bar of a thing that is done is, of what a row has space for: as different as they can be told apart.
const HEIGHTS: [f64; 4] = [0.8, 0.25, 0.5, 0.1];

/// How one of several things looks; the ninth looks like the first.
#[derive(Debug, Clone, Copy)]
pub struct Look(usize);

/// What of it is drawn.
#[derive(Debug, Clone, Copy)]
pub enum Mark {
    /// A line with points.
    Point,
    /// A bar in a row of so many pixels.
    Bar(i32),
}

impl Look {
    /// That of the one with this number, from 0.
    pub fn of(number: usize) -> Self {
        Self(number)
    }

    /// The colour of all that is drawn for it.
    pub fn color(self) -> RGBColor {
        COLORS[self.0 % COLORS.len()]
    }

    /// Half of the height of its bar, in a row of so many pixels.
    pub fn half_height(self, row: i32) -> i32 {
        let share = HEIGHTS[self.0 % HEIGHTS.len()];
        ((f64::from(row) * share / 2.0).round() as i32).max(1)
    }

    /// Its mark, around a pixel: a shape of its own, with a white edge, so that it stands out from lines that cross it.
    pub fn point(self, pen: &Pen<'_>, (x, y): Pixel) -> Result<(), Failure> {
        let color = self.color();
        let (r, s) = (RADIUS, RADIUS - 1);
        let shape = |corners: &[Pixel]| {
            let corners: Vec<Pixel> = corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
            let edge = corners.iter().chain(&corners[..1]).copied().collect();
            pen.polygon(corners, color)?;
            pen.line(edge, WHITE, 1)
        };
        let cross = |ways: [[Pixel; 2]; 2]| {
            for (width, color) in [(5, WHITE), (3, color)] {
                for way in ways {
                    let ends = way.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
                    pen.line(ends, color, width)?;
                }
            }
            Ok(())
        };
        match self.0 % COLORS.len() {
            0 => {
                pen.disc((x, y), s + 1, WHITE)?;
                pen.disc((x, y), s, color)
            }
            1 => shape(&[(-s, -s), (s, -s), (s, s), (-s, s)]),
            2 => shape(&[(0, -r), (r, s), (-r, s)]),
            3 => shape(&[(0, -r), (r, 0), (0, r), (-r, 0)]),
            4 => cross([[(-s, -s), (s, s)], [(-s, s), (s, -s)]]),
            5 => shape(&[(0, r), (r, -s), (-r, -s)]),
            6 => cross([[(0, -r), (0, r)], [(-r, 0), (r, 0)]]),
            _ => {
                pen.disc((x, y), s, color)?;
                pen.disc((x, y), s - 2, WHITE)
            }
        }
    }
}

impl Mark {
    /// How it looks, for the legend: from this pixel to the right.
    pub fn sample(self, pen: &Pen<'_>, look: Look, (x, y): Pixel) -> Result<(), Failure> {
        const LENGTH: i32 = 28;
        match self {
            Self::Point => {
                pen.line(vec![(x, y), (x + LENGTH, y)], look.color(), 2)?;
                look.point(pen, (x + LENGTH / 2, y))
            }
            Self::Bar(row) => {
                let half = look.half_height(row);
                pen.area([(x, y - half), (x + LENGTH, y + half)], look.color())
            }
        }
    }
}
