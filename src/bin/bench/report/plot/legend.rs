//! Who is who, above the panels.

use plotters::prelude::{Color, PathElement, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::look::Look;
use super::{Canvas, Failure, WIDTH, text_style};

/// In pixels, as all here.
const MARGIN: i32 = 16;
const ROW_HEIGHT: i32 = 22;
const PER_ROW: usize = 5;
/// The line behind each mark.
const LINE: i32 = 28;

/// How much space so many servers take.
pub fn height(peers: usize) -> u32 {
    let rows = peers.div_ceil(PER_ROW) as u32;
    MARGIN.unsigned_abs() + rows * ROW_HEIGHT.unsigned_abs()
}

/// Draws it at the top.
pub fn draw(canvas: &Canvas, peers: &[&str]) -> Result<(), Failure> {
    let column_width = (WIDTH as i32 - 2 * MARGIN) / PER_ROW as i32;
    let style = text_style().pos(Pos::new(HPos::Left, VPos::Center));
    for (at, peer) in (0..).zip(peers) {
        let (row, column) = (at / PER_ROW as i32, at % PER_ROW as i32);
        let x = MARGIN + column * column_width;
        let y = MARGIN + row * ROW_HEIGHT;
        let look = Look::of(peer);
        let line = vec![(x, y), (x + LINE, y)];
        canvas.draw(&PathElement::new(line, look.color.stroke_width(2)))?;
        look.draw(canvas, (x + LINE / 2, y))?;
        canvas.draw(&Text::new(*peer, (x + LINE + 6, y), style.clone()))?;
    }
    Ok(())
}
