//! Figures as an SVG document, on white. Its width is fixed; its height is what the figures need.

use std::io;

use plotters::prelude::RGBColor;

use super::pen::{Anchor, Failure, Font, INK, Pen, Pixel, RADIUS, color, pale};
use super::scale::{Scale, short};
use super::{Activity, Axis, Drawing, Figure, Row, Series, activities, layered, wrapped};

/// All lengths are pixels.
const WIDTH: i32 = 800;

const MARGIN: i32 = 16;

/// The height of a line of text, and of the title.
const LINE: i32 = 20;
const TITLE_LINE: i32 = 24;

/// The width of a mark in the legend, with the space to its name, and the gap to the next entry.
const LEGEND_MARK: i32 = 36;
const LEGEND_GAP: i32 = 20;

const GRID: RGBColor = RGBColor(200, 200, 200);
const LIGHT_GRID: RGBColor = RGBColor(234, 234, 234);

/// The room for the numbers and the title below a plot.
const BELOW: i32 = 58;

/// The room for the title of the vertical axis and the text of an event, above a plot of lines.
const ABOVE: i32 = 38;

/// The room to the right of a plot, for half of the last number.
const RIGHT: i32 = 32;

/// The gap between a plot and the numbers to its left.
const GAP: i32 = 8;

/// The height of a plot of lines.
const LINES_HEIGHT: i32 = 320;

/// The height of the row of a bar, and half of that of the bar itself.
const BAR_ROW: i32 = 40;
const BAR_HALF: i32 = 12;

/// A longer name of a bar is wrapped.
const BAR_NAME_COLUMNS: usize = 26;

/// The height of a row of a timeline: with more rows each is lower, as long as a name fits.
const SPAN_ROW_MIN: i32 = 18;
const SPAN_ROW_MAX: i32 = 32;
const SPANS_HEIGHT: i32 = 360;

/// The height of a span by its activity, as a share of its row: activities differ without their colours too.
const WORK_HEIGHTS: [f64; 3] = [0.85, 0.6, 0.4];
const WAIT_HEIGHTS: [f64; 4] = [0.1, 0.05, 0.1, 0.2];

/// A span that is shorter than this still gets so many pixels.
const WORK_WIDTH_MIN: i32 = 2;
const WAIT_WIDTH_MIN: i32 = 1;

/// A dash of the line of an event, and the gap after it.
const DASH: i32 = 5;
const DASH_GAP: i32 = 4;

const TICKS_MAX: usize = 8;

/// The approximate number of marks on a line: one at each point would hide a long line.
const MARKS_MAX: usize = 12;

/// One document with all figures, one below the other.
///
/// # Errors
/// The drawing library failed.
pub fn document(figures: &[Figure]) -> io::Result<String> {
    let mut svg = String::new();
    draw(figures, &mut svg).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(svg)
}

fn draw(figures: &[Figure], svg: &mut String) -> Result<(), Failure> {
    let heads: Vec<Head<'_>> = figures.iter().map(Head::of).collect();
    let heights = heads.iter().zip(figures);
    let height = heights.map(|(head, figure)| head.height + height_of(&figure.drawing));
    let pen = Pen::new(svg, WIDTH, height.sum())?;
    let mut top = 0;
    for (head, figure) in heads.iter().zip(figures) {
        head.draw(&pen, top)?;
        top += head.height;
        match &figure.drawing {
            Drawing::Lines { x, y, series } => draw_lines(&pen, top, x, y, series)?,
            Drawing::Bars { y, bars } => draw_bars(&pen, top, y, bars)?,
            Drawing::Spans { x, rows } => draw_spans(&pen, top, x, rows)?,
        }
        top += height_of(&figure.drawing);
    }
    pen.finish()
}

/// The height of a plot with its axes.
fn height_of(drawing: &Drawing) -> i32 {
    BELOW
        + match drawing {
            Drawing::Lines { .. } => ABOVE + LINES_HEIGHT,
            Drawing::Bars { bars, .. } => BAR_ROW * bars.len().max(1) as i32,
            Drawing::Spans { rows, .. } => span_row(rows) * rows.len().max(1) as i32,
        }
}

fn span_row(rows: &[Row]) -> i32 {
    (SPANS_HEIGHT / rows.len().max(1) as i32).clamp(SPAN_ROW_MIN, SPAN_ROW_MAX)
}

/// The texts and the legend above a plot.
struct Head<'a> {
    title: Vec<String>,
    see: Vec<String>,
    /// Each name with its place, relative to the corner of the legend.
    legend: Vec<(&'a str, Pixel)>,
    /// The activities of a timeline, in the order of the legend.
    activities: Vec<Activity<'a>>,
    height: i32,
}

impl<'a> Head<'a> {
    fn of(figure: &'a Figure) -> Self {
        let columns = |font: Font| ((WIDTH - 2 * MARGIN) / font.letter()).unsigned_abs() as usize;
        let title = wrapped(&figure.title, columns(Font::Title));
        let see = wrapped(&figure.see, columns(Font::Text));
        let mut activities_shown = Vec::new();
        let names = match &figure.drawing {
            Drawing::Lines { series, .. } => series.iter().map(|line| line.name.as_str()).collect(),
            Drawing::Bars { .. } => Vec::new(),
            Drawing::Spans { rows, .. } => {
                activities_shown = activities(rows);
                activities_shown.iter().map(|activity| activity.name).collect::<Vec<_>>()
            }
        };
        let (mut x, mut y) = (0, 0);
        let mut legend = Vec::new();
        for name in names {
            let width = LEGEND_MARK + Font::Text.width(name);
            if x > 0 && x + width > WIDTH - 2 * MARGIN {
                (x, y) = (0, y + LINE + 2);
            }
            legend.push((name, (x, y)));
            x += width + LEGEND_GAP;
        }
        let texts = title.len() as i32 * TITLE_LINE + see.len() as i32 * LINE + 8;
        let legend_height = legend.last().map_or(0, |(_, (_, y))| y + LINE + 8);
        Self {
            title,
            see,
            legend,
            activities: activities_shown,
            height: MARGIN + texts + legend_height,
        }
    }

    fn draw(&self, pen: &Pen<'_>, top: i32) -> Result<(), Failure> {
        let mut y = top + MARGIN;
        let titles = self.title.iter().map(|line| (line, Font::Title, TITLE_LINE));
        let texts = self.see.iter().map(|line| (line, Font::Text, LINE));
        for (line, font, height) in titles.chain(texts) {
            pen.text(line, (MARGIN, y + height / 2), Anchor::Left, font)?;
            y += height;
        }
        y += 8;
        for (number, (name, (right, down))) in self.legend.iter().enumerate() {
            const SAMPLE: i32 = 28;
            let (x, y) = (MARGIN + right, y + down + LINE / 2);
            if let Some(activity) = self.activities.get(number) {
                draw_span(pen, activity, SPAN_ROW_MIN, (x, x + SAMPLE), y)?;
            } else {
                pen.line(vec![(x, y), (x + SAMPLE, y)], color(number), 2)?;
                pen.mark(number, (x + SAMPLE / 2, y))?;
            }
            pen.text(name, (x + LEGEND_MARK, y), Anchor::Left, Font::Text)?;
        }
        Ok(())
    }
}

/// Draws a span around `y`, in a row of this height. Work is a dark block, and a wait is a pale line.
fn draw_span(
    pen: &Pen<'_>,
    activity: &Activity<'_>,
    row: i32,
    (from, to): (i32, i32),
    y: i32,
) -> Result<(), Failure> {
    let number = activity.number;
    let (heights, width_min, color) = match activity.is_wait {
        false => (&WORK_HEIGHTS[..], WORK_WIDTH_MIN, color(number)),
        true => (&WAIT_HEIGHTS[..], WAIT_WIDTH_MIN, pale(number)),
    };
    let share = heights[number % heights.len()];
    let half = ((f64::from(row) * share / 2.0).round() as i32).max(1);
    pen.area([(from, y - half), (to.max(from + width_min), y + half)], color)
}

/// The area of a plot, without its axes.
#[derive(Debug, Clone, Copy)]
struct Frame {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl Frame {
    fn x(&self, share: f64) -> i32 {
        self.left + (share * f64::from(self.right - self.left)).round() as i32
    }

    fn y(&self, share: f64) -> i32 {
        self.bottom - (share * f64::from(self.bottom - self.top)).round() as i32
    }

    /// Draws the horizontal axis, with its grid, numbers and title.
    fn draw_x(&self, pen: &Pen<'_>, scale: &Scale, title: &str) -> Result<(), Failure> {
        let column = |x, color| pen.line(vec![(x, self.top), (x, self.bottom)], color, 1);
        for share in &scale.between {
            column(self.x(*share), LIGHT_GRID)?;
        }
        for tick in &scale.ticks {
            column(self.x(tick.share), GRID)?;
        }
        let width = f64::from(self.right - self.left);
        for tick in scale.apart(|label| f64::from(Font::Text.width(label) + GAP) / width) {
            let at = (self.x(tick.share), self.bottom + 14);
            pen.text(&tick.label, at, Anchor::Middle, Font::Text)?;
        }
        let line = vec![(self.left, self.bottom), (self.right, self.bottom)];
        pen.line(line, INK, 1)?;
        let at = (self.right, self.bottom + 38);
        pen.text(title, at, Anchor::Right, Font::Text)
    }

    /// Draws the vertical axis. Its title stands above it, so that it reads from left to right.
    fn draw_y(&self, pen: &Pen<'_>, scale: &Scale, title: &str) -> Result<(), Failure> {
        let row = |y, color| pen.line(vec![(self.left, y), (self.right, y)], color, 1);
        for share in &scale.between {
            row(self.y(*share), LIGHT_GRID)?;
        }
        for tick in &scale.ticks {
            row(self.y(tick.share), GRID)?;
        }
        let height = f64::from(self.bottom - self.top);
        for tick in scale.apart(|_| 18.0 / height) {
            let at = (self.left - GAP, self.y(tick.share));
            pen.text(&tick.label, at, Anchor::Right, Font::Text)?;
        }
        let line = vec![(self.left, self.top), (self.left, self.bottom)];
        pen.line(line, INK, 1)?;
        pen.text(title, (MARGIN, self.top - 25), Anchor::Left, Font::Text)
    }

    /// Draws a dashed line across the plot, and what happens there above it, on the side with more room.
    fn draw_event(&self, pen: &Pen<'_>, x: i32, what: &str) -> Result<(), Failure> {
        for y in (self.top..self.bottom).step_by((DASH + DASH_GAP) as usize) {
            pen.line(vec![(x, y), (x, (y + DASH).min(self.bottom))], INK, 1)?;
        }
        let is_left = x < (self.left + self.right) / 2;
        let anchor = if is_left { Anchor::Left } else { Anchor::Right };
        pen.text(what, (x, self.top - 8), anchor, Font::Text)
    }

    /// Writes the lines of a name to the left of the plot, centred on `y`.
    fn draw_name(&self, pen: &Pen<'_>, lines: &[String], y: i32) -> Result<(), Failure> {
        const STEP: i32 = 16;
        let first = y - (lines.len() as i32 - 1) * STEP / 2;
        for (at, line) in (0..).zip(lines) {
            let place = (self.left - GAP, first + at * STEP);
            pen.text(line, place, Anchor::Right, Font::Text)?;
        }
        Ok(())
    }
}

/// The left edge of a plot with these labels beside it.
fn left_of<'a>(labels: impl IntoIterator<Item = &'a str>) -> i32 {
    let widths = labels.into_iter().map(|label| Font::Text.width(label));
    MARGIN + widths.max().unwrap_or(0) + GAP
}

fn draw_lines(
    pen: &Pen<'_>,
    top: i32,
    x: &Axis,
    y: &Axis,
    series: &[Series],
) -> Result<(), Failure> {
    let points = || series.iter().flat_map(|line| &line.points);
    let across = Scale::of(x, points().map(|point| point.0), TICKS_MAX);
    let up = Scale::of(y, points().map(|point| point.1), TICKS_MAX);
    let frame = Frame {
        left: left_of(up.ticks.iter().map(|tick| tick.label.as_str())),
        right: WIDTH - MARGIN - RIGHT,
        top: top + ABOVE,
        bottom: top + ABOVE + LINES_HEIGHT,
    };
    frame.draw_x(pen, &across, &x.title())?;
    frame.draw_y(pen, &up, &y.title())?;
    if let Some((at, what)) = &x.event
        && let Some(share) = across.share(*at)
    {
        frame.draw_event(pen, frame.x(share), what)?;
    }

    let place = |&(x, y): &(f64, f64)| Some((frame.x(across.share(x)?), frame.y(up.share(y)?)));
    let places: Vec<Vec<Option<Pixel>>> =
        series.iter().map(|line| line.points.iter().map(place).collect()).collect();
    for (number, places) in places.iter().enumerate() {
        for part in places.split(Option::is_none) {
            let pixels: Vec<Pixel> = part.iter().copied().flatten().collect();
            pen.line(thinned(&pixels), color(number), 2)?;
        }
    }
    // The marks lie above all lines, and those of different lines at different points.
    for (number, places) in places.iter().enumerate() {
        let step = places.len().div_ceil(MARKS_MAX).max(1);
        let first = step * number / series.len();
        for (at, pixel) in places.iter().enumerate() {
            if let Some(pixel) = pixel
                && (at % step == first || is_alone(places, at))
            {
                pen.mark(number, *pixel)?;
            }
        }
    }
    Ok(())
}

/// Whether a point has a gap on both sides, so that only a mark shows it.
fn is_alone(places: &[Option<Pixel>], at: usize) -> bool {
    let is_there = |at: Option<usize>| at.and_then(|at| places.get(at)?.as_ref()).is_some();
    !is_there(at.checked_sub(1)) && !is_there(at.checked_add(1))
}

/// The same line with fewer points: each column of pixels keeps its first, highest, lowest and last point.
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

fn draw_bars(pen: &Pen<'_>, top: i32, axis: &Axis, bars: &[(String, f64)]) -> Result<(), Failure> {
    let scale = Scale::of(axis, bars.iter().map(|bar| bar.1), TICKS_MAX - 1);
    let names = bars.iter().map(|bar| wrapped(&bar.0, BAR_NAME_COLUMNS));
    let names: Vec<Vec<String>> = names.collect();
    let values: Vec<String> = bars.iter().map(|bar| short(bar.1)).collect();
    let widest = values.iter().map(|value| Font::Text.width(value)).max();
    let frame = Frame {
        left: left_of(names.iter().flatten().map(String::as_str)),
        right: WIDTH - MARGIN - widest.unwrap_or(0).max(24) - 2 * RADIUS,
        top,
        bottom: top + BAR_ROW * bars.len().max(1) as i32,
    };
    frame.draw_x(pen, &scale, &axis.title())?;
    let begins = frame.x(scale.share(0.0).unwrap_or(0.0));
    let mut y = top + BAR_ROW / 2;
    for ((name, text), (_, value)) in names.iter().zip(&values).zip(bars) {
        frame.draw_name(pen, name, y)?;
        if let Some(share) = scale.share(*value) {
            let ends = frame.x(share);
            if axis.logarithmic {
                // The length of a bar means nothing on a logarithmic axis: a mark shows the value.
                pen.line(vec![(begins, y), (ends, y)], color(0), 2)?;
                pen.mark(0, (ends, y))?;
            } else {
                pen.area([(begins, y - BAR_HALF), (ends, y + BAR_HALF)], color(0))?;
            }
            let beside = ends.max(begins) + RADIUS + 4;
            pen.text(text, (beside, y), Anchor::Left, Font::Text)?;
        }
        y += BAR_ROW;
    }
    Ok(())
}

fn draw_spans(pen: &Pen<'_>, top: i32, x: &Axis, rows: &[Row]) -> Result<(), Failure> {
    let spans = rows.iter().flat_map(|row| &row.spans);
    let scale = Scale::of(x, spans.flat_map(|span| [span.from, span.to]), TICKS_MAX);
    let row_height = span_row(rows);
    let frame = Frame {
        left: left_of(rows.iter().map(|row| row.name.as_str())),
        right: WIDTH - MARGIN - RIGHT,
        top,
        bottom: top + row_height * rows.len().max(1) as i32,
    };
    frame.draw_x(pen, &scale, &x.title())?;
    let activities = activities(rows);
    let mut y = top + row_height / 2;
    for row in rows {
        frame.draw_name(pen, std::slice::from_ref(&row.name), y)?;
        let mut spans = layered(row, &activities);
        // The higher ones first: the edges of two activities that share their pixels are both visible.
        spans.sort_by_key(|(_, activity)| (!activity.is_wait, activity.number));
        for (span, activity) in spans {
            if let (Some(from), Some(to)) = (scale.share(span.from), scale.share(span.to)) {
                let ends = (frame.x(from), frame.x(to));
                draw_span(pen, &activity, row_height, ends, y)?;
            }
        }
        y += row_height;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Span, examples};
    use super::*;

    /// The text between the tags.
    fn text(svg: &str) -> String {
        let texts = svg.split('<').filter_map(|part| Some(part.split_once('>')?.1));
        let text = texts.collect::<Vec<_>>().join(" ");
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
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
        for figure in examples::all() {
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
    fn nothing_is_drawn_outside_the_picture() {
        for figure in examples::all() {
            let svg = figure.svg().unwrap();
            let height = values(&svg, "height")[0];
            for (name, limit) in [("x", WIDTH), ("cx", WIDTH), ("y", height), ("cy", height)] {
                for value in values(&svg, name) {
                    assert!((0..=limit).contains(&value), "{}: {name} {value}", figure.name);
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
    fn no_two_texts_overlap() {
        for figure in examples::all() {
            let svg = figure.svg().unwrap();
            let mut boxes: Vec<(i32, i32, i32)> = Vec::new();
            for part in svg.split("<text ").skip(1) {
                let (x, y) =
                    (values(&format!(" {part}"), "x")[0], values(&format!(" {part}"), "y")[0]);
                let text = part.split_once(">\n").unwrap().1.split_once('\n').unwrap().0;
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
                        "{}: {text:?} overlaps another text",
                        figure.name
                    );
                }
                boxes.push((left, left + width, y));
            }
        }
    }

    /// A wait that covers a row would hide what the row is about.
    #[test]
    fn work_is_high_and_drawn_last_and_a_wait_is_a_thin_pale_line() {
        let span = |from, to, is_wait| {
            let what = if is_wait { "waiting" } else { "working" };
            Span { from, to, what: what.to_owned(), is_wait }
        };
        let spans = vec![span(4.0, 4.001, false), span(0.0, 8.0, true)];
        let rows = vec![Row { name: "reader".to_owned(), spans }];
        let figure = Figure {
            name: "waits".to_owned(),
            title: "Waits".to_owned(),
            see: "Work stands out.".to_owned(),
            drawing: Drawing::Spans { x: Axis::linear("time (ms)"), rows },
        };
        let svg = figure.svg().unwrap();
        let areas: Vec<&str> = svg.lines().filter(|line| line.starts_with("<rect")).collect();
        // The last two: the background and the legend are before them.
        let [.., wait, work] = areas.as_slice() else { panic!("{svg}") };
        let [wait_height, work_height] = [wait, work].map(|area| values(area, "height")[0]);
        assert!(work_height >= 4 * wait_height, "{work_height} and {wait_height}");
        assert!(values(work, "width")[0] >= WORK_WIDTH_MIN && values(wait, "width")[0] > 500);
        let fill = |area: &str| area.split(" fill=\"#").nth(1).unwrap()[..6].to_owned();
        let lightness = |area: &str| {
            let color = u32::from_str_radix(&fill(area), 16).unwrap();
            color.to_be_bytes().into_iter().map(u32::from).sum::<u32>()
        };
        assert!(lightness(wait) > 3 * 160 && lightness(work) < 3 * 160, "{areas:?}");
    }

    #[test]
    fn an_event_is_a_dashed_line_with_its_text() {
        let svg = examples::lines(2, 3, false).svg().unwrap();
        assert!(text(&svg).contains("one client stops <reading>"), "{svg}");
        let dashes = svg.split(" points=\"").skip(1).filter(|points| {
            let ends: Vec<&str> = points.split('"').next().unwrap().split_whitespace().collect();
            let [from, to] = ends.as_slice() else { return false };
            let [from, to] = [from, to].map(|end| end.split_once(',').unwrap());
            let length = to.1.parse::<i32>().unwrap() - from.1.parse::<i32>().unwrap();
            from.0 == to.0 && length == DASH
        });
        assert!(dashes.count() > 20, "{svg}");
    }

    #[test]
    fn three_thousand_points_take_no_more_than_the_pixels_show() {
        let svg = examples::lines(6, 3_000, false).svg().unwrap();
        assert!(svg.len() < 200_000, "{}", svg.len());
    }

    #[test]
    fn several_figures_are_stacked() {
        let figures = [examples::bars(3, false), examples::spans(4)];
        let height = |figures: &[Figure]| values(&document(figures).unwrap(), "height")[0];
        let single = figures.each_ref().map(|figure| height(std::slice::from_ref(figure)));
        assert_eq!(height(&figures), single[0] + single[1]);
    }

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
