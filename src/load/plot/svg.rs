//! A figure as a drawing: SVG, on white.
//!
//! | file | what it draws |
//! |---|---|
//! | `lines` | values over others |
//! | `bars` | values side by side |
//! | `spans` | what happened when |
//! | `axes` | what stands around a plot |
//! | `look` | the colours and the marks |
//! | `pen` | text, lines and areas at a pixel |
//!
//! A drawing is a head (title, what to see, the legend) above a plot. Its width is fixed, its height is what it needs.

mod axes;
mod bars;
mod lines;
mod look;
mod pen;
mod spans;

use std::io;

use super::{Drawing, Figure};
use crate::load::plot::wrapped;
use look::{Look, Mark};
use pen::{Anchor, Failure, Font, Pen};

/// In pixels, as all here: as wide as a page of text is shown.
const WIDTH: i32 = 800;

/// Around everything.
const MARGIN: i32 = 16;

/// From one line of text to the next.
const LINE: i32 = 20;

/// From one line of the title to the next.
const TITLE_LINE: i32 = 24;

/// The mark in front of a name in the legend, with the space behind it.
const LEGEND_MARK: i32 = 36;

/// Between two entries of the legend.
const LEGEND_GAP: i32 = 20;

/// One thing in the legend.
struct Entry<'a> {
    look: Look,
    mark: Mark,
    name: &'a str,
}

/// The whole drawing.
pub fn document(figure: &Figure) -> io::Result<String> {
    let mut svg = String::new();
    draw(figure, &mut svg).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(svg)
}

fn draw(figure: &Figure, svg: &mut String) -> Result<(), Failure> {
    let columns = |font: Font| ((WIDTH - 2 * MARGIN) / font.letter()).unsigned_abs() as usize;
    let title = wrapped(&figure.title, columns(Font::Title));
    let see = wrapped(&figure.see, columns(Font::Text));
    let (entries, plot_height) = match &figure.drawing {
        Drawing::Lines { series, .. } => (lines::legend(series), lines::HEIGHT),
        Drawing::Bars { bars, .. } => (Vec::new(), bars::height(bars)),
        Drawing::Spans { rows, .. } => (spans::legend(rows), spans::height(rows)),
    };
    let places = legend_places(&entries);
    let legend_height = places.last().map_or(0, |(_, y)| y + LINE + 8);
    let title_height = title.len() as i32 * TITLE_LINE;
    let see_height = see.len() as i32 * LINE;
    let head = MARGIN + title_height + see_height + 8 + legend_height;

    let pen = Pen::new(svg, WIDTH, head + plot_height)?;
    let mut y = MARGIN;
    for line in &title {
        pen.text(
            line,
            (MARGIN, y + TITLE_LINE / 2),
            Anchor::Left,
            Font::Title,
        )?;
        y += TITLE_LINE;
    }
    for line in &see {
        pen.text(line, (MARGIN, y + LINE / 2), Anchor::Left, Font::Text)?;
        y += LINE;
    }
    y += 8;
    for (entry, (right, down)) in entries.iter().zip(places) {
        let (x, y) = (MARGIN + right, y + down + LINE / 2);
        entry.mark.sample(&pen, entry.look, (x, y))?;
        pen.text(entry.name, (x + LEGEND_MARK, y), Anchor::Left, Font::Text)?;
    }
    match &figure.drawing {
        Drawing::Lines { x, y, series } => lines::draw(&pen, head, x, y, series)?,
        Drawing::Bars { y, bars } => bars::draw(&pen, head, y, bars)?,
        Drawing::Spans { x, rows } => spans::draw(&pen, head, x, rows)?,
    }
    pen.finish()
}

/// Where each entry of the legend begins, to the right and down from its corner: one behind the other, and in the next
/// row where the name does not fit any more.
fn legend_places(entries: &[Entry<'_>]) -> Vec<(i32, i32)> {
    let (mut x, mut y) = (0, 0);
    entries
        .iter()
        .map(|entry| {
            let width = LEGEND_MARK + Font::Text.width(entry.name);
            if x > 0 && x + width > WIDTH - 2 * MARGIN {
                (x, y) = (0, y + LINE + 2);
            }
            let place = (x, y);
            x += width + LEGEND_GAP;
            place
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::super::testing;
    use super::*;

    /// The text between the tags.
    fn text(svg: &str) -> String {
        let texts = svg
            .split('<')
            .filter_map(|part| Some(part.split_once('>')?.1));
        let text = texts.collect::<Vec<_>>().join(" ");
        [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&apos;", "'"),
            ("&amp;", "&"),
        ]
        .iter()
        .fold(text, |text, (escaped, plain)| text.replace(escaped, plain))
    }

    /// All values of an attribute, in order.
    fn values(svg: &str, name: &str) -> Vec<i32> {
        svg.split(&format!(" {name}=\""))
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
            .collect()
    }

    #[test]
    fn every_drawing_is_well_formed_and_says_what_it_shows() {
        for figure in testing::all() {
            let svg = figure.svg().unwrap();
            let words = text(&svg).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(&figure.title), "{}", figure.name);
            assert!(words.contains(&figure.see), "{}", figure.name);
            let names: Vec<&String> = match &figure.drawing {
                Drawing::Lines { series, .. } => series.iter().map(|line| &line.name).collect(),
                Drawing::Bars { bars, .. } => bars.iter().map(|bar| &bar.0).collect(),
                Drawing::Spans { rows, .. } => rows.iter().map(|row| &row.name).collect(),
            };
            for name in names {
                assert!(words.contains(name.as_str()), "{}: {name}", figure.name);
            }
        }
    }

    #[test]
    fn nothing_lies_outside_of_the_picture() {
        for figure in testing::all() {
            let svg = figure.svg().unwrap();
            let height = values(&svg, "height")[0];
            for (name, limit) in [("x", WIDTH), ("cx", WIDTH), ("y", height), ("cy", height)] {
                for value in values(&svg, name) {
                    assert!(
                        (0..=limit).contains(&value),
                        "{}: {name} {value}",
                        figure.name
                    );
                }
            }
            for points in svg.split(" points=\"").skip(1) {
                for point in points.split('"').next().unwrap().split_whitespace() {
                    let (x, y) = point.split_once(',').unwrap();
                    let (x, y): (i32, i32) = (x.parse().unwrap(), y.parse().unwrap());
                    assert!(
                        (0..=WIDTH).contains(&x) && (0..=height).contains(&y),
                        "{}: {point}",
                        figure.name
                    );
                }
            }
        }
    }

    #[test]
    fn no_two_texts_lie_on_each_other() {
        for figure in testing::all() {
            let svg = figure.svg().unwrap();
            let mut boxes: Vec<(i32, i32, i32)> = Vec::new();
            for part in svg.split("<text ").skip(1) {
                let (x, y) = (
                    values(&format!(" {part}"), "x")[0],
                    values(&format!(" {part}"), "y")[0],
                );
                let text = part
                    .split_once(">\n")
                    .unwrap()
                    .1
                    .split_once('\n')
                    .unwrap()
                    .0;
                let width = text.chars().count() as i32 * 6;
                let left = match part {
                    part if part.contains("text-anchor=\"end\"") => x - width,
                    part if part.contains("text-anchor=\"middle\"") => x - width / 2,
                    _ => x,
                };
                for &(other_left, other_right, other_y) in &boxes {
                    let touches = left < other_right && other_left < left + width;
                    assert!(
                        !touches || (y - other_y).abs() >= 12,
                        "{}: {text:?} lies on another text",
                        figure.name
                    );
                }
                boxes.push((left, left + width, y));
            }
        }
    }

    #[test]
    fn three_thousand_points_take_no_more_than_the_pixels_show() {
        let svg = testing::lines(6, 3_000, false).svg().unwrap();
        assert!(svg.len() < 200_000, "{}", svg.len());
    }
}
