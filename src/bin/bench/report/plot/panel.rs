//! One system of axes with its lines and marks.

use plotters::prelude::{
    ChartBuilder, Color, LabelAreaPosition, LineSeries, PathElement, RGBColor, Text,
};

use super::super::spread::Spread;
use super::axis::Axis;
use super::look::Look;
use super::{Canvas, Failure, INK, text_style, title_style};

const LINE: RGBColor = RGBColor(200, 200, 200);
const LIGHT_LINE: RGBColor = RGBColor(232, 232, 232);

/// In pixels, as all here. Space for the title.
const TOP: u32 = 34;
const RIGHT: u32 = 24;
/// Half of the height of an axis' title, which lies on its side.
const LEFT: u32 = 10;
/// Space for the labels and the title of an axis.
const LEFT_LABELS: u32 = 68;
const BOTTOM_LABELS: u32 = 48;

/// A line has about so many marks: one at each point would hide a long one.
const MARKS_PER_LINE: usize = 16;

/// One point of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f64,
    /// None is above every value, at the upper edge.
    pub y: Option<f64>,
    /// From the lowest to the highest round.
    pub range: Option<(f64, f64)>,
}

impl Point {
    /// The median, and the range.
    pub fn of(x: f64, spread: &Spread) -> Self {
        Self {
            x,
            y: Some(spread.median),
            range: Some((spread.lowest, spread.highest)),
        }
    }
}

/// What one server did.
#[derive(Debug)]
pub struct Series {
    pub peer: String,
    pub points: Vec<Point>,
}

/// One system of axes.
#[derive(Debug)]
pub struct Panel {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
    /// Whether lines go from point to point.
    pub has_lines: bool,
}

/// Where a point lies.
#[derive(Debug)]
struct Placed {
    middle: (f64, f64),
    /// From its lower to its upper end.
    range: Option<[(f64, f64); 2]>,
}

impl Panel {
    /// Draws it into `area`, which is a part of the canvas.
    pub fn draw(&self, canvas: &Canvas, area: &Canvas) -> Result<(), Failure> {
        let (x, y) = (&self.x, &self.y);
        let mut chart = ChartBuilder::on(area)
            .margin_top(TOP)
            .margin_left(LEFT)
            .margin_right(RIGHT)
            .set_label_area_size(LabelAreaPosition::Left, LEFT_LABELS)
            .set_label_area_size(LabelAreaPosition::Bottom, BOTTOM_LABELS)
            .build_cartesian_2d(x.clone(), y.clone())?;
        area.draw(&Text::new(self.title.clone(), (16, 10), title_style()))?;

        let across = |place: f64| vec![(x.ends.start, place), (x.ends.end, place)];
        let down = |place: f64| vec![(place, y.ends.start), (place, y.ends.end)];
        for (color, columns, rows) in [
            (LIGHT_LINE, &x.light_lines, &y.light_lines),
            (LINE, &x.lines, &y.lines),
        ] {
            let columns = columns.iter().map(|place| down(*place));
            let lines = columns.chain(rows.iter().map(|place| across(*place)));
            chart.draw_series(lines.map(|line| PathElement::new(line, color)))?;
        }
        chart
            .configure_mesh()
            .disable_mesh()
            .axis_style(INK)
            .label_style(text_style())
            .axis_desc_style(text_style())
            .x_desc(&x.title)
            .y_desc(&y.title)
            .draw()?;

        for series in &self.series {
            let look = Look::of(&series.peer);
            let points = self.places(series);
            if self.has_lines {
                let line = points.iter().map(|point| point.middle);
                chart.draw_series(LineSeries::new(line, look.color.stroke_width(2)))?;
            }
            let ranges = points.iter().filter_map(|point| point.range);
            chart.draw_series(ranges.map(|range| PathElement::new(range, look.color)))?;
            for point in points
                .iter()
                .step_by(points.len().div_ceil(MARKS_PER_LINE).max(1))
            {
                look.draw(canvas, chart.backend_coord(&point.middle))?;
            }
        }
        Ok(())
    }

    /// Where the points lie, and their ranges.
    fn places(&self, series: &Series) -> Vec<Placed> {
        let place = |point: &Point| {
            let x = self.x.place(point.x)?;
            let y = match point.y {
                Some(value) => self.y.place(value)?,
                None => self.y.ends.end,
            };
            let range = point.range.and_then(|(lowest, highest)| {
                Some([(x, self.y.place(lowest)?), (x, self.y.place(highest)?)])
            });
            let middle = (x, y);
            Some(Placed { middle, range })
        };
        series.points.iter().filter_map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_lies_at_the_upper_edge_and_zero_nowhere_on_a_logarithmic_axis() {
        let points = [Some(1.0), None, Some(0.0), Some(100.0)];
        let points = points
            .into_iter()
            .zip([0.0, 1.0, 2.0, 3.0])
            .map(|(y, x)| Point { x, y, range: None });
        let series = Series {
            peer: "a".to_owned(),
            points: points.collect(),
        };
        let panel = Panel {
            title: String::new(),
            x: Axis::linear("", 4.0),
            y: Axis::logarithmic("", [1.0, 100.0]).with_top("none"),
            series: Vec::new(),
            has_lines: true,
        };
        let places = panel.places(&series).into_iter().map(|point| point.middle);
        let expected = [(0.0, 0.0), (1.0, panel.y.ends.end), (3.0, 2.0)];
        assert_eq!(places.collect::<Vec<_>>(), expected);
    }
}
