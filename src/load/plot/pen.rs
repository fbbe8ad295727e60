//! Text, lines and marks at pixels of an SVG.
//!
//! The colours are those of Okabe and Ito (Color Universal Design, 2008), which differ for every kind of colour vision,
//! without the yellow, which is pale on white. Each also has a mark of its own.

use std::io;

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::{
    Circle, Color, DrawingArea, FontDesc, FontFamily, FontStyle, IntoDrawingArea, PathElement,
    Polygon, RGBColor, Rectangle, SVGBackend, Text, TextStyle, WHITE,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The colour of text and axes.
pub const INK: RGBColor = RGBColor(51, 51, 51);

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

/// For what lies behind the series.
const PALE: [RGBColor; 4] = [
    RGBColor(190, 190, 190),
    RGBColor(205, 195, 170),
    RGBColor(160, 205, 235),
    RGBColor(225, 180, 205),
];

/// From the middle of a mark to its edge, in pixels.
pub const RADIUS: i32 = 6;

/// Drawing in memory should never fail.
pub type Failure = DrawingAreaErrorKind<io::Error>;

/// x to the right and y down, from the upper left corner.
pub type Pixel = (i32, i32);

/// A size of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Font {
    Title,
    Text,
}

/// The part of a text that lies at its position. Vertically, it is always the middle.
#[derive(Debug, Clone, Copy)]
pub enum Anchor {
    Left,
    Middle,
    Right,
}

/// Draws into one SVG.
pub struct Pen<'a>(DrawingArea<SVGBackend<'a>, Shift>);

/// The colour of the series with this number.
pub fn color(number: usize) -> RGBColor {
    COLORS[number % COLORS.len()]
}

/// A pale colour, for what has no weight of its own.
pub fn pale(number: usize) -> RGBColor {
    PALE[number % PALE.len()]
}

impl Font {
    /// The width of a letter in a wide font, since the reader's font is unknown.
    pub fn letter(self) -> i32 {
        match self {
            Self::Title => 11,
            Self::Text => 8,
        }
    }

    /// The width of a text in such a font.
    pub fn width(self, text: &str) -> i32 {
        text.chars().count() as i32 * self.letter()
    }

    /// plotters draws a font of size 16 with 13 pixels.
    fn style(self) -> TextStyle<'static> {
        let (size, style) = match self {
            Self::Title => (20.0, FontStyle::Bold),
            Self::Text => (17.0, FontStyle::Normal),
        };
        TextStyle::from(FontDesc::new(FontFamily::SansSerif, size, style)).color(&INK)
    }
}

impl<'a> Pen<'a> {
    /// Starts a white drawing of this size.
    pub fn new(svg: &'a mut String, width: i32, height: i32) -> Result<Self, Failure> {
        let size = (width.unsigned_abs(), height.unsigned_abs());
        let canvas = SVGBackend::with_string(svg, size).into_drawing_area();
        canvas.fill(&WHITE)?;
        Ok(Self(canvas))
    }

    /// Writes one line of text.
    pub fn text(&self, text: &str, at: Pixel, anchor: Anchor, font: Font) -> Result<(), Failure> {
        let across = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        let style = font.style().pos(Pos::new(across, VPos::Center));
        self.0.draw(&Text::new(text, at, style))
    }

    /// Draws a line through these points.
    pub fn line(&self, points: Vec<Pixel>, color: RGBColor, width: u32) -> Result<(), Failure> {
        self.0.draw(&PathElement::new(points, color.stroke_width(width)))
    }

    /// Fills a rectangle between two corners.
    pub fn area(&self, corners: [Pixel; 2], color: RGBColor) -> Result<(), Failure> {
        self.0.draw(&Rectangle::new(corners, color.filled()))
    }

    /// Draws the mark of a series around a pixel. A white edge sets it off from lines that cross it.
    pub fn mark(&self, number: usize, (x, y): Pixel) -> Result<(), Failure> {
        let color = color(number);
        let (r, s) = (RADIUS, RADIUS - 1);
        let moved = |corners: &[Pixel]| corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
        let disc =
            |radius, color: RGBColor| self.0.draw(&Circle::new((x, y), radius, color.filled()));
        let shape = |corners: &[Pixel]| {
            let mut corners: Vec<Pixel> = moved(corners);
            self.0.draw(&Polygon::new(corners.clone(), color.filled()))?;
            corners.push(corners[0]);
            self.line(corners, WHITE, 1)
        };
        let cross = |ways: [[Pixel; 2]; 2]| {
            for (width, color) in [(5, WHITE), (3, color)] {
                for way in &ways {
                    self.line(moved(way), color, width)?;
                }
            }
            Ok(())
        };
        match number % COLORS.len() {
            0 => disc(s + 1, WHITE).and_then(|()| disc(s, color)),
            1 => shape(&[(-s, -s), (s, -s), (s, s), (-s, s)]),
            2 => shape(&[(0, -r), (r, s), (-r, s)]),
            3 => shape(&[(0, -r), (r, 0), (0, r), (-r, 0)]),
            4 => cross([[(-s, -s), (s, s)], [(-s, s), (s, -s)]]),
            5 => shape(&[(0, r), (r, -s), (-r, -s)]),
            6 => cross([[(0, -r), (0, r)], [(-r, 0), (r, 0)]]),
            _ => disc(s, color).and_then(|()| disc(s - 2, WHITE)),
        }
    }

    /// Ends the document.
    pub fn finish(self) -> Result<(), Failure> {
        self.0.present()
    }
}
