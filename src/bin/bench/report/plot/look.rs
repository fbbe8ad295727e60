//! Each server's colour and mark, the same in all plots.
//!
//! The colours are those of Okabe and Ito (Color Universal Design, 2008), which people with any kind of colour vision
//! tell apart, without the yellow that is pale on white. Whoever sees no colours at all has the marks.

use plotters::prelude::{BLACK, Circle, Color, PathElement, Polygon, RGBColor, ShapeStyle, WHITE};

use super::{Canvas, Failure};
use crate::peers::label;

const ORANGE: RGBColor = RGBColor(230, 159, 0);
const SKY_BLUE: RGBColor = RGBColor(86, 180, 233);
const GREEN: RGBColor = RGBColor(0, 158, 115);
const BLUE: RGBColor = RGBColor(0, 114, 178);
const VERMILLION: RGBColor = RGBColor(213, 94, 0);
const PURPLE: RGBColor = RGBColor(204, 121, 167);
const GREY: RGBColor = RGBColor(130, 130, 130);

/// From the middle of a mark to its edge, in pixels.
const RADIUS: i32 = 5;

#[derive(Debug, Clone, Copy)]
enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    Cross,
}

/// How a server looks.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub color: RGBColor,
    shape: Shape,
    is_filled: bool,
}

impl Look {
    /// Whoever is not known is a grey square.
    pub fn of(peer: &str) -> Self {
        let (color, shape, is_filled) = match peer {
            label::OURS => (BLUE, Shape::Circle, true),
            label::OURS_DIRECT => (SKY_BLUE, Shape::Circle, false),
            label::OURS_WRITER => (SKY_BLUE, Shape::Triangle, false),
            label::FLOOR => (BLACK, Shape::Square, true),
            label::FLOOR_EACH => (BLACK, Shape::Square, false),
            label::REDIS => (VERMILLION, Shape::Triangle, true),
            label::NATS => (GREEN, Shape::Diamond, true),
            label::NGIRCD => (ORANGE, Shape::Diamond, false),
            label::INSPIRCD => (PURPLE, Shape::Circle, false),
            label::NCAT => (GREY, Shape::Cross, false),
            _ => (GREY, Shape::Square, false),
        };
        Self {
            color,
            shape,
            is_filled,
        }
    }

    /// Draws the mark around a pixel.
    pub fn draw(&self, canvas: &Canvas, (x, y): (i32, i32)) -> Result<(), Failure> {
        let line = self.color.stroke_width(2);
        let inside: ShapeStyle = if self.is_filled {
            self.color.filled()
        } else {
            WHITE.filled()
        };
        let (r, s) = (RADIUS, RADIUS - 1);
        let corners = match self.shape {
            Shape::Circle => {
                canvas.draw(&Circle::new((x, y), s, inside))?;
                return canvas.draw(&Circle::new((x, y), s, line));
            }
            Shape::Cross => {
                for way in [-1, 1] {
                    let ends = vec![(x - s, y - s * way), (x + s, y + s * way)];
                    canvas.draw(&PathElement::new(ends, line))?;
                }
                return Ok(());
            }
            Shape::Square => [(-s, -s), (s, -s), (s, s), (-s, s)].to_vec(),
            Shape::Triangle => [(0, -r), (r, s), (-r, s)].to_vec(),
            Shape::Diamond => [(0, -r), (r, 0), (0, r), (-r, 0)].to_vec(),
        };
        let corners = corners
            .into_iter()
            .map(|(right, down)| (x + right, y + down));
        let mut corners: Vec<(i32, i32)> = corners.collect();
        canvas.draw(&Polygon::new(corners.clone(), inside))?;
        // The last corner is the first again, and the second, so that the lines meet in a corner there too.
        corners.extend_from_within(..2);
        canvas.draw(&PathElement::new(corners, line))
    }
}
