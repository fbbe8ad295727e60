//! What somebody who never reads does to the others and to the server's memory, second by second.

use super::super::number::count;
use super::super::results::Results;
use super::super::spread::Spread;
use super::axis::Axis;
use super::panel::{Panel, Point, Series};
use crate::record::{Case, Moment, Record, Workload, figure};

/// The latency of the others, and the memory, both of the first case in which somebody is stalled.
pub fn panels(results: &Results) -> Vec<Panel> {
    let mut cases = results.cases(Workload::Stalled).into_iter();
    let Some((case, runs)) = cases.find_map(|case| {
        let runs = runs(results, case);
        (case.stalled > 0 && !runs.is_empty()).then_some((case, runs))
    }) else {
        return Vec::new();
    };
    let moments = || runs.iter().flat_map(|record| &record.moments);
    let seconds = moments().map(|moment| moment.at_s).fold(0.0, f64::max);
    let time = || Axis::linear("seconds", seconds);
    let who = match case.stalled {
        1 => "one of them never reads".to_owned(),
        stalled => format!("{} of them never read", count(stalled)),
    };
    let latency = Axis::logarithmic("p99, ms", moments().filter_map(|moment| moment.p99_ms));
    let memory = Axis::logarithmic("MiB", moments().map(|moment| moment.resident_mib));
    vec![
        Panel {
            title: format!(
                "{} people, {who}: latency of the others",
                count(case.people)
            ),
            x: time(),
            y: latency.with_top("nothing"),
            series: series(&runs, |moment| moment.p99_ms),
            has_lines: true,
        },
        Panel {
            title: "Resident memory of the server".to_owned(),
            x: time(),
            y: memory,
            series: series(&runs, |moment| Some(moment.resident_mib)),
            has_lines: true,
        },
    ]
}

/// One round of each server.
fn runs<'a>(results: &'a Results, case: &Case) -> Vec<&'a Record> {
    let peers = results.peers().into_iter();
    peers
        .filter_map(|peer| median_run(results.records_of(Workload::Stalled, peer, case)))
        .collect()
}

/// The round whose p99 is the closest to the median; the first where none has a p99.
fn median_run(records: Vec<&Record>) -> Option<&Record> {
    let p99 = |record: &Record| record.figures.get(figure::P99_MS).copied();
    let median = Spread::of(records.iter().filter_map(|record| p99(record)))
        .map_or(0.0, |spread| spread.median);
    let distance = |record: &Record| p99(record).map_or(f64::INFINITY, |p99| (p99 - median).abs());
    records
        .into_iter()
        .filter(|record| !record.moments.is_empty())
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

fn series(runs: &[&Record], value: impl Fn(&Moment) -> Option<f64>) -> Vec<Series> {
    let point = |moment: &Moment| Point {
        x: moment.at_s,
        y: value(moment),
        range: None,
    };
    runs.iter()
        .map(|record| Series {
            peer: record.peer.clone(),
            points: record.moments.iter().map(point).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::example;
    use super::*;

    fn record(round: u32, p99: Option<f64>, at_s: &[f64]) -> Record {
        let case = Case {
            stalled: 1,
            ..example::case(100)
        };
        let mut record = example::record(Workload::Stalled, "a", case, round);
        let figures = p99.map(|p99| (figure::P99_MS.to_owned(), p99));
        record.figures.extend(figures);
        record.moments = at_s
            .iter()
            .map(|&at_s| Moment {
                at_s,
                p99_ms: None,
                resident_mib: 1.0,
            })
            .collect();
        record
    }

    #[test]
    fn the_median_round_is_shown() {
        let records = [
            record(0, Some(9.0), &[1.0]),
            record(1, Some(2.0), &[]),
            record(2, Some(1.0), &[1.0]),
            record(3, Some(3.0), &[1.0]),
        ];
        let shown = |records: &[Record]| median_run(records.iter().collect()).map(|r| r.round);
        assert_eq!(shown(&records), Some(3));
        let without = [record(0, None, &[1.0]), record(1, None, &[1.0])];
        assert_eq!(shown(&without), Some(0));
        assert_eq!(shown(&[record(0, Some(1.0), &[])]), None);
    }

    #[test]
    fn a_case_in_which_all_read_is_not_shown() {
        let mut results = example::empty();
        results.setting.peers.push(("a".to_owned(), "1".to_owned()));
        results.records.push(record(0, Some(1.0), &[0.0, 2.0]));
        results.records[0].case.stalled = 0;
        assert_eq!(panels(&results).len(), 0);

        results.records[0].case.stalled = 1;
        let panels = panels(&results);
        assert_eq!(panels.len(), 2);
        assert_eq!(panels[0].x.ends, 0.0..2.0);
        assert_eq!(panels[0].series[0].points[0].y, None);
        assert_eq!(panels[1].series[0].points[0].y, Some(1.0));
    }
}
