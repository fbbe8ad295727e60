//! The plots: panels, one below the other, and above them who is who.
//!
//! | file | what it does |
//! |---|---|
//! | `growth`, `stalled`, `fan_out`, `latency` | what is plotted |
//! | `groups` | a panel of marks that stand side by side |
//! | `panel` | one system of axes with its lines and marks |
//! | `axis` | where a value lies, and what is written there |
//! | `look` | each server's colour and mark, the same in all plots |
//! | `legend` | who is who |

mod axis;
mod fan_out;
mod groups;
mod growth;
mod latency;
mod legend;
mod look;
mod panel;
mod stalled;

use std::io;

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::{
    DrawingArea, FontDesc, FontFamily, FontStyle, IntoDrawingArea, RGBColor, SVGBackend, TextStyle,
    WHITE,
};

use super::results::Results;
use panel::Panel;

/// In pixels: as wide as a page of text is shown.
const WIDTH: u32 = 800;
const PANEL_HEIGHT: u32 = 300;

/// Text and axes.
const INK: RGBColor = RGBColor(51, 51, 51);

/// Where things are drawn, in pixels.
type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

type Failure = DrawingAreaErrorKind<io::Error>;

/// A whole plot.
#[derive(Debug)]
pub struct Plot {
    panels: Vec<Panel>,
}

/// Each plot of which something was measured, and its file's name.
pub fn all(results: &Results) -> Vec<(&'static str, Plot)> {
    [
        ("growth.svg", growth::panels(results)),
        ("stalled.svg", stalled::panels(results)),
        ("fan-out.svg", fan_out::panels(results)),
        ("latency.svg", latency::panels(results)),
    ]
    .into_iter()
    .filter(|(_, panels)| !panels.is_empty())
    .map(|(name, panels)| (name, Plot { panels }))
    .collect()
}

impl Plot {
    /// The plot as a document of its own, on white: it is also looked at on dark pages.
    ///
    /// # Errors
    /// Something could not be drawn.
    pub fn svg(&self) -> io::Result<String> {
        let mut svg = String::new();
        self.draw(&mut svg)
            .map_err(|error| io::Error::other(error.to_string()))?;
        Ok(svg)
    }

    fn draw(&self, svg: &mut String) -> Result<(), Failure> {
        let mut peers: Vec<&str> = Vec::new();
        for series in self.panels.iter().flat_map(|panel| &panel.series) {
            if !peers.contains(&series.peer.as_str()) {
                peers.push(&series.peer);
            }
        }
        let top = legend::height(peers.len());
        let panels = PANEL_HEIGHT * self.panels.len() as u32;
        let canvas = SVGBackend::with_string(svg, (WIDTH, top + panels)).into_drawing_area();
        canvas.fill(&WHITE)?;
        legend::draw(&canvas, &peers)?;
        let (_, below) = canvas.split_vertically(top);
        for (panel, area) in self
            .panels
            .iter()
            .zip(below.split_evenly((self.panels.len(), 1)))
        {
            panel.draw(&canvas, &area)?;
        }
        canvas.present()
    }
}

/// Text of usual size. Its font is left to whoever looks at it.
fn text_style<'a>() -> TextStyle<'a> {
    styled(16.0, FontStyle::Normal)
}

/// Text above a panel.
fn title_style<'a>() -> TextStyle<'a> {
    styled(17.0, FontStyle::Bold)
}

/// The drawing library writes a font of size 16 as one of 13 pixels.
fn styled<'a>(size: f64, style: FontStyle) -> TextStyle<'a> {
    TextStyle::from(FontDesc::new(FontFamily::SansSerif, size, style)).color(&INK)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::super::example;
    use super::*;
    use crate::record::Workload;

    #[test]
    fn each_plot_names_everybody_who_is_in_it() {
        let results = example::results();
        for (name, workload) in [
            ("growth.svg", Workload::Growth),
            ("stalled.svg", Workload::Stalled),
            ("fan-out.svg", Workload::FanOut),
            ("latency.svg", Workload::Latency),
        ] {
            let plots = all(&results);
            let (_, plot) = plots.iter().find(|(plot, _)| *plot == name).unwrap();
            let svg = plot.svg().unwrap();
            assert!(
                svg.starts_with("<svg ") && svg.ends_with("</svg>\n"),
                "{name}"
            );
            for peer in results.peers() {
                let is_in = results
                    .records
                    .iter()
                    .any(|r| r.workload == workload && r.peer == peer);
                let is_named = svg.contains(&format!(">\n{peer}\n</text>"));
                assert_eq!(is_named, is_in, "{name}: {peer}");
            }
        }
    }

    #[test]
    fn nothing_is_drawn_outside_the_picture() {
        for (name, plot) in all(&example::results()) {
            let svg = plot.svg().unwrap();
            let height = legend::height(10) + PANEL_HEIGHT * plot.panels.len() as u32;
            for (key, limit) in [("x", WIDTH), ("cx", WIDTH), ("y", height), ("cy", height)] {
                for part in svg.split(&format!(" {key}=\"")).skip(1) {
                    let value: i64 = part.split('"').next().unwrap().parse().unwrap();
                    assert!(
                        (0..=i64::from(limit)).contains(&value),
                        "{name}: {key} {value}"
                    );
                }
            }
        }
    }
}
