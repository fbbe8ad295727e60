//! A panel of marks that stand side by side: on a logarithmic axis a bar would have no beginning.

use super::super::spread::Spread;
use super::axis::Axis;
use super::panel::{Panel, Point, Series};

/// Everybody's mark in each group, in the order of `peers`; `spread` says what is measured of a group, by its number
/// from 0, and a server. None if nothing is.
pub fn panel(
    title: String,
    (x_title, y_title): (&str, &str),
    names: &[String],
    peers: &[&str],
    spread: impl Fn(usize, &str) -> Option<Spread>,
) -> Option<Panel> {
    let measured = |peer: &&&str| (0..names.len()).any(|group| spread(group, peer).is_some());
    let peers: Vec<&&str> = peers.iter().filter(measured).collect();
    let places = peers.len() as f64 + 1.0;
    let series: Vec<Series> = (1_u32..)
        .zip(&peers)
        .map(|(at, peer)| {
            let points = (0..names.len()).filter_map(|group| {
                let x = group as f64 + f64::from(at) / places;
                Some(Point::of(x, &spread(group, peer)?))
            });
            Series {
                peer: (**peer).to_owned(),
                points: points.collect(),
            }
        })
        .collect();
    let points = series.iter().flat_map(|series| &series.points);
    let ranges = points.filter_map(|point| point.range);
    let y = Axis::logarithmic(y_title, ranges.flat_map(<[f64; 2]>::from));
    (!series.is_empty()).then(|| Panel {
        title,
        x: Axis::groups(x_title, names),
        y,
        series,
        has_lines: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_side_by_side_in_each_group() {
        let names = ["one", "two"].map(str::to_owned);
        let spread = |group: usize, peer: &str| match (group, peer) {
            (_, "none") => None,
            (0, "b") => None,
            _ => Spread::of([3.0]),
        };
        let titles = ("x", "y");
        let marks = panel(String::new(), titles, &names, &["a", "none", "b"], spread);
        let places: Vec<(String, Vec<f64>)> = marks
            .into_iter()
            .flat_map(|panel| panel.series)
            .map(|series| {
                (
                    series.peer,
                    series.points.iter().map(|p| p.x * 3.0).collect(),
                )
            })
            .collect();
        let expected = [("a", vec![1.0, 4.0]), ("b", vec![5.0])];
        assert_eq!(places, expected.map(|(peer, x)| (peer.to_owned(), x)));
        assert!(panel(String::new(), titles, &names, &["none"], spread).is_none());
    }
}
