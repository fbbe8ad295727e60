//! Text, lines and areas at a pixel.

use std::io;

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::{
    Circle, Color, DrawingArea, FontDesc, FontFamily, FontStyle, IntoDrawingArea, PathElement,
    Polygon, RGBColor, Rectangle, SVGBackend, Text, TextStyle, WHITE,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Text and axes.
pub const INK: RGBColor = RGBColor(51, 51, 51);

/// What can go wrong; in memory nothing should.
pub type Failure = DrawingAreaErrorKind<io::Error>;

/// Right and down, from the upper left corner.
pub type Pixel = (i32, i32);

/// The sizes of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Font {
    /// Above a figure.
    Title,
    /// All else.
    Text,
}

/// Which end of a text is meant by its place. Its height is always that of its middle.
#[derive(Debug, Clone, Copy)]
pub enum Anchor {
    /// It begins there.
    Left,
    /// It lies around it.
    Middle,
    /// It ends there.
    Right,
}

/// Draws into one SVG.
pub struct Pen<'a>(DrawingArea<SVGBackend<'a>, Shift>);

impl Font {
    /// About how wide a letter is: the font is that of whoever looks at it, and this is a wide one.
    pub fn letter(self) -> i32 {
        match self {
            Self::Title => 11,
            Self::Text => 8,
        }
    }

    /// About how wide a text is.
    pub fn width(self, text: &str) -> i32 {
        text.chars().count() as i32 * self.letter()
    }

    /// The drawing library writes a font of size 16 as one of 13 pixels.
    fn style(self) -> TextStyle<'static> {
        let (size, style) = match self {
            Self::Title => (20.0, FontStyle::Bold),
            Self::Text => (17.0, FontStyle::Normal),
        };
        TextStyle::from(FontDesc::new(FontFamily::SansSerif, size, style)).color(&INK)
    }
}

impl<'a> Pen<'a> {
    /// A white sheet of this size.
    pub fn new(svg: &'a mut String, width: i32, height: i32) -> Result<Self, Failure> {
        let size = (width.unsigned_abs(), height.unsigned_abs());
        let canvas = SVGBackend::with_string(svg, size).into_drawing_area();
        canvas.fill(&WHITE)?;
        Ok(Self(canvas))
    }

    /// One line of text beside, before or around a pixel.
    pub fn text(&self, text: &str, at: Pixel, anchor: Anchor, font: Font) -> Result<(), Failure> {
        let across = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        let style = font.style().pos(Pos::new(across, VPos::Center));
        self.0.draw(&Text::new(text, at, style))
    }

    /// From point to point.
    pub fn line(&self, points: Vec<Pixel>, color: RGBColor, width: u32) -> Result<(), Failure> {
        self.0
            .draw(&PathElement::new(points, color.stroke_width(width)))
    }

    /// Between two corners.
    pub fn area(&self, corners: [Pixel; 2], color: RGBColor) -> Result<(), Failure> {
        self.0.draw(&Rectangle::new(corners, color.filled()))
    }

    /// What lies within these corners.
    pub fn polygon(&self, corners: Vec<Pixel>, color: RGBColor) -> Result<(), Failure> {
        self.0.draw(&Polygon::new(corners, color.filled()))
    }

    /// What lies within a circle.
    pub fn disc(&self, at: Pixel, radius: i32, color: RGBColor) -> Result<(), Failure> {
        self.0.draw(&Circle::new(at, radius, color.filled()))
    }

    /// Writes the end of the document.
    pub fn finish(self) -> Result<(), Failure> {
        self.0.present()
    }
}
