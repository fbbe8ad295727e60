//! The plots of a run.

use std::collections::BTreeSet;

use chatserv::load::plot::{Axis, Drawing, Figure, Series, short};

use crate::results::{Case, Moment, Record, Results, Spread, Workload, figure};

/// The plots for which there is data, with the names of their files.
pub fn all(results: &Results) -> Vec<(&'static str, Vec<Figure>)> {
    let mut plots = vec![
        ("growth.svg", growth(results)),
        ("fan-out.svg", fan_out(results)),
        ("latency.svg", latency(results)),
        ("stalled.svg", stalled(results)),
    ];
    plots.retain(|(_, figures)| !figures.is_empty());
    plots
}

fn plot(title: String, see: &str, drawing: Drawing) -> Figure {
    Figure { name: String::new(), title, see: see.to_owned(), drawing }
}

/// The servers with any figure: each has the same colour in all plots.
fn peers(results: &Results) -> Vec<&str> {
    let has_figure = |label: &&str| {
        results.records.iter().any(|record| record.peer == *label && record.error.is_none())
    };
    let labels = results.setting.peers.iter();
    labels.map(|(label, _)| label.as_str()).filter(has_figure).collect()
}

fn growth(results: &Results) -> Vec<Figure> {
    [
        (figure::SERVER_CPU_US, "CPU of the server for each delivery"),
        (figure::SERVER_CPU_MESSAGE_US, "CPU of the server for each message"),
    ]
    .into_iter()
    .filter_map(|(figure, title)| {
        let drawing = over_people(results, Workload::Growth, figure, 64)?;
        Some(plot(
            title.to_owned(),
            "User and system time, at full speed, with messages of 64 bytes.",
            drawing,
        ))
    })
    .collect()
}

fn fan_out(results: &Results) -> Vec<Figure> {
    let cases = results.cases(Workload::FanOut);
    let payloads: BTreeSet<usize> = cases.iter().map(|case| case.payload_bytes).collect();
    payloads
        .into_iter()
        .filter_map(|payload| {
            let drawing = over_people(results, Workload::FanOut, figure::SERVER_CPU_US, payload)?;
            let title = format!("CPU of the server for each delivery of {payload} bytes");
            Some(plot(title, "User and system time, at full speed.", drawing))
        })
        .collect()
}

/// A figure over the number of receivers; none without data.
fn over_people(
    results: &Results,
    workload: Workload,
    figure: &str,
    payload_bytes: usize,
) -> Option<Drawing> {
    let mut cases = results.cases(workload);
    cases.retain(|case| case.payload_bytes == payload_bytes);
    let point = |peer: &str, case: &Case| {
        let spread = results.spread(workload, peer, case, figure)?;
        Some((case.people as f64, spread.median))
    };
    let line = |peer: &str| Series {
        name: peer.to_owned(),
        points: cases.iter().filter_map(|case| point(peer, case)).collect(),
    };
    let series: Vec<Series> = peers(results).into_iter().map(line).collect();
    series.iter().any(|line| !line.points.is_empty()).then(|| Drawing::Lines {
        x: Axis::logarithmic("receivers"),
        y: Axis::logarithmic("CPU (µs)"),
        series,
    })
}

/// A plot for each case, with the median and the 99th percentile of each server.
fn latency(results: &Results) -> Vec<Figure> {
    let figure = |case: &Case| {
        let bar = |peer: &str, figure: &str, name: &str| {
            let spread = results.spread(Workload::Latency, peer, case, figure)?;
            Some((format!("{peer}, {name}"), spread.median))
        };
        let bars: Vec<_> = [(figure::P50_MS, "p50"), (figure::P99_MS, "p99")]
            .iter()
            .flat_map(|(figure, name)| {
                let peers = peers(results).into_iter();
                peers.filter_map(move |peer| bar(peer, figure, name))
            })
            .collect();
        let rate = short(f64::from(case.rate.unwrap_or(0)));
        let title =
            format!("Latency of {rate} messages a second to {} people", short(case.people as f64));
        let y = Axis::linear("from the send to the read (ms)");
        (!bars.is_empty()).then(|| plot(title, "", Drawing::Bars { y, bars }))
    };
    results.cases(Workload::Latency).into_iter().filter_map(figure).collect()
}

/// The latency of the others and the memory of the server over time, of the first case with a stalled client.
fn stalled(results: &Results) -> Vec<Figure> {
    let cases = results.cases(Workload::Stalled).into_iter();
    let mut cases = cases.filter(|case| case.stalled > 0).map(|case| {
        let run = |peer: &str| median_run(results.records_of(Workload::Stalled, peer, case));
        let runs: Vec<(&str, Option<&Record>)> =
            peers(results).into_iter().map(|peer| (peer, run(peer))).collect();
        (case, runs)
    });
    let Some((case, runs)) = cases.find(|(_, runs)| runs.iter().any(|(_, run)| run.is_some()))
    else {
        return Vec::new();
    };
    let series = |value: fn(&Moment) -> Option<f64>| {
        let point = |moment: &Moment| (moment.at_s, value(moment).unwrap_or(f64::NAN));
        let line = |(peer, run): &(&str, Option<&Record>)| Series {
            name: (*peer).to_owned(),
            points: run.iter().flat_map(|run| &run.moments).map(point).collect(),
        };
        runs.iter().map(line).collect()
    };
    let lines = |label: &str, series| Drawing::Lines {
        x: Axis::linear("time (s)"),
        y: Axis::logarithmic(label),
        series,
    };
    let title = format!(
        "{1} people, {0} of them stalled: latency of the others",
        case.stalled, case.people
    );
    vec![
        plot(
            title,
            "The 99th percentile of each tenth of a second. A gap means no delivery.",
            lines("p99 (ms)", series(|moment| moment.p99_ms)),
        ),
        plot(
            "Memory of the server in the same run".to_owned(),
            "",
            lines("resident memory (MiB)", series(|moment| Some(moment.resident_mib))),
        ),
    ]
}

/// The round whose p99 is the closest to the median of all rounds, among those with moments.
fn median_run(records: Vec<&Record>) -> Option<&Record> {
    let p99 = |record: &Record| record.figures.get(figure::P99_MS).copied();
    let median = Spread::of(records.iter().filter_map(|record| p99(record)));
    let median = median.map_or(0.0, |spread| spread.median);
    let distance = |record: &Record| p99(record).map_or(f64::INFINITY, |p99| (p99 - median).abs());
    records
        .into_iter()
        .filter(|record| !record.moments.is_empty())
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::results;

    /// A record of each server for each workload.
    fn example() -> Results {
        let values = crate::peer::SERVERS.map(|peer| (peer.label(), 100, 0, 2.0));
        let mut all = results(Workload::Growth, figure::SERVER_CPU_US, &values);
        for workload in [Workload::FanOut, Workload::Latency, Workload::Stalled] {
            all.records.extend(results(workload, figure::P99_MS, &values).records);
        }
        for record in &mut all.records {
            record.figures.insert(figure::SERVER_CPU_US.to_owned(), 3.0);
            if record.workload == Workload::Stalled {
                record.case.stalled = 1;
                record.moments = moments(&[0.1, 0.2]);
            }
        }
        all
    }

    fn moments(at_s: &[f64]) -> Vec<Moment> {
        let moment = |&at_s: &f64| Moment { at_s, p99_ms: None, resident_mib: 1.0 };
        at_s.iter().map(moment).collect()
    }

    #[test]
    fn every_plot_shows_every_server() {
        let plots = all(&example());
        let names: Vec<&str> = plots.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["growth.svg", "fan-out.svg", "latency.svg", "stalled.svg"]);
        for (name, figures) in &plots {
            for figure in figures {
                let svg = figure.svg().unwrap();
                for peer in crate::peer::SERVERS {
                    assert!(svg.contains(peer.label()), "{name}: {}", figure.title);
                }
            }
        }
        let empty = results(Workload::Growth, "figure", &[]);
        assert_eq!(all(&empty), []);
    }

    #[test]
    fn the_run_in_the_middle_is_shown() {
        let run = |round, p99, at_s: &[f64]| {
            let mut all = results(Workload::Stalled, figure::P99_MS, &[("a", 100, round, p99)]);
            let mut record = all.records.remove(0);
            record.moments = moments(at_s);
            record
        };
        let records =
            [run(0, 9.0, &[1.0]), run(1, 2.0, &[]), run(2, 1.0, &[1.0]), run(3, 3.0, &[1.0])];
        let shown = |records: &[Record]| median_run(records.iter().collect()).map(|r| r.round);
        assert_eq!(shown(&records), Some(3));
        assert_eq!(shown(&records[1..2]), None);
    }

    #[test]
    fn a_moment_without_deliveries_is_a_gap() {
        let figures = stalled(&example());
        let Drawing::Lines { series, .. } = &figures[0].drawing else {
            panic!("the latency is a line");
        };
        assert!(series[0].points.iter().all(|(_, y)| y.is_nan()));
    }
}
