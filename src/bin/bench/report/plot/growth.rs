//! What a delivery and a message cost, over the number of those who receive it.

use super::super::results::Results;
use super::axis::Axis;
use super::panel::{Panel, Point, Series};
use crate::record::{Workload, figure};

/// One panel for each of the two.
pub fn panels(results: &Results) -> Vec<Panel> {
    [
        ("Server CPU for each delivery", figure::SERVER_CPU_US),
        ("Server CPU for each message", figure::SERVER_CPU_MESSAGE_US),
    ]
    .into_iter()
    .filter_map(|(title, figure)| panel(results, title, figure))
    .collect()
}

fn panel(results: &Results, title: &str, figure: &str) -> Option<Panel> {
    let cases = results.cases(Workload::Growth);
    let mut series = Vec::new();
    for peer in results.peers() {
        let points: Vec<Point> = cases
            .iter()
            .filter_map(|case| {
                let spread = results.spread(Workload::Growth, peer, case, figure)?;
                Some(Point::of(case.people as f64, &spread))
            })
            .collect();
        if !points.is_empty() {
            let peer = peer.to_owned();
            series.push(Series { peer, points });
        }
    }
    let points = || series.iter().flat_map(|series| &series.points);
    points().next()?;
    let ranges = points().filter_map(|point| point.range);
    let x = Axis::logarithmic("receivers", points().map(|point| point.x));
    let y = Axis::logarithmic("CPU, µs", ranges.flat_map(<[f64; 2]>::from));
    Some(Panel {
        title: title.to_owned(),
        x,
        y,
        series,
        has_lines: true,
    })
}
