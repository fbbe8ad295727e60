//! Whether what was promised is kept: one row for each claim.

use super::claims::{self, Bound, Claim, Measured};
use super::grid::Grid;
use super::number::{exact, number};
use super::results::Results;
use super::spread::Spread;
use crate::peers::label::OURS;
use crate::record::Case;

/// The table of claims.
pub fn text(results: &Results) -> String {
    let mut grid = Grid {
        head: vec![
            ["work", "measured", "lowest to highest", "must be", ""]
                .map(str::to_owned)
                .to_vec(),
        ],
        rows: Vec::new(),
    };
    let (mut kept, mut measured) = (0, 0);
    for claim in &claims::ALL {
        let spread = Spread::of(rounds(claim, results));
        let holds = spread.map(|spread| claim.bound.holds(counts(claim, &spread)));
        measured += usize::from(holds.is_some());
        kept += usize::from(holds == Some(true));
        grid.rows.push(row(claim, spread));
    }
    format!(
        "\nWhat {OURS} must reach. A ratio is taken in each round, and the median of the ratios counts.\n\
         {}{kept} of {measured} hold; {} not measured\n",
        grid.text(),
        claims::ALL.len() - measured,
    )
}

/// What was measured for a claim, round by round.
fn rounds(claim: &Claim, results: &Results) -> Vec<f64> {
    let rounds = |peer: &str, case: &Case| results.rounds(claim.workload, peer, case, claim.figure);
    let mut values = Vec::new();
    let cases = results.cases(claim.workload);
    for case in cases.into_iter().filter(|case| claim.which.holds(case)) {
        let ours = rounds(OURS, case);
        let over = match claim.measured {
            Measured::Value(_) | Measured::Least(_) => {
                values.extend(ours.into_values());
                continue;
            }
            Measured::Over(peer) => rounds(peer, case),
            Measured::OverAllReading => {
                let reading = Case {
                    stalled: 0,
                    ..case.clone()
                };
                rounds(OURS, &reading)
            }
        };
        let ratios = ours.into_iter().filter_map(|(round, value)| {
            let base = over.get(&round).filter(|base| **base > 0.0)?;
            Some(value / base)
        });
        values.extend(ratios);
    }
    values
}

/// The value that is compared with the bound.
fn counts(claim: &Claim, spread: &Spread) -> f64 {
    match claim.measured {
        Measured::Least(_) => spread.lowest,
        Measured::Value(_) | Measured::Over(_) | Measured::OverAllReading => spread.median,
    }
}

fn row(claim: &Claim, spread: Option<Spread>) -> Vec<String> {
    let unit = match claim.measured {
        Measured::Value(unit) | Measured::Least(unit) => unit.to_owned(),
        Measured::Over(peer) => format!("× {peer}"),
        Measured::OverAllReading => "× with all reading".to_owned(),
    };
    let (sign, bound) = match claim.bound {
        Bound::AtMost(bound) => ("≤", bound),
        Bound::Below(bound) => ("<", bound),
        Bound::AtLeast(bound) => ("≥", bound),
    };
    let must_be = format!("{sign} {} {unit}", exact(bound));
    let Some(spread) = spread else {
        let cells = [claim.work, "–", "", &must_be, "not measured"];
        return cells.map(str::to_owned).to_vec();
    };
    let value = counts(claim, &spread);
    let verdict = if claim.bound.holds(value) {
        "holds"
    } else {
        "does not hold"
    };
    let range = format!("{} to {}", number(spread.lowest), number(spread.highest));
    let cells = [claim.work, &number(value), &range, &must_be, verdict];
    cells.map(str::to_owned).to_vec()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::super::example;
    use super::*;
    use crate::peers::label;
    use crate::record::{Workload, figure};

    fn add(results: &mut Results, peer: &str, case: &Case, values: &[(u32, f64)]) {
        for &(round, value) in values {
            let mut record = example::record(Workload::Stalled, peer, case.clone(), round);
            record.figures.insert(figure::P99_MS.to_owned(), value);
            results.records.push(record);
        }
    }

    fn claim(measured: Measured, bound: Bound) -> Claim {
        let one = claims::ALL
            .into_iter()
            .find(|claim| matches!(claim.measured, Measured::OverAllReading))
            .unwrap();
        Claim {
            measured,
            bound,
            ..one
        }
    }

    fn stalled() -> Case {
        Case {
            stalled: 1,
            ..example::case(100)
        }
    }

    #[test]
    fn a_ratio_is_taken_within_each_round() {
        let mut results = example::empty();
        add(
            &mut results,
            label::OURS,
            &stalled(),
            &[(0, 1.0), (1, 20.0), (2, 3.0), (3, 9.0)],
        );
        add(
            &mut results,
            label::REDIS,
            &stalled(),
            &[(2, 1.0), (1, 10.0), (0, 2.0), (4, 1.0)],
        );
        let mut ratios = rounds(
            &claim(Measured::Over(label::REDIS), Bound::AtMost(1.0)),
            &results,
        );
        ratios.sort_by(f64::total_cmp);
        assert_eq!(ratios, [0.5, 2.0, 3.0]);
    }

    #[test]
    fn a_stalled_case_is_compared_with_the_same_one_where_all_read() {
        let mut results = example::empty();
        add(&mut results, label::OURS, &stalled(), &[(0, 6.0)]);
        add(&mut results, label::OURS, &example::case(100), &[(0, 4.0)]);
        add(
            &mut results,
            label::OURS,
            &example::case(1_000),
            &[(0, 1.0)],
        );
        let claim = claim(Measured::OverAllReading, Bound::AtMost(1.1));
        assert_eq!(rounds(&claim, &results), [1.5]);
    }

    #[test]
    fn a_claim_holds_up_to_its_bound() {
        for (bound, value, verdict) in [
            (Bound::AtMost(1.5), 1.5, "holds"),
            (Bound::AtMost(1.5), 1.51, "does not hold"),
            (Bound::Below(1.5), 1.5, "does not hold"),
            (Bound::Below(1.5), 1.49, "holds"),
            (Bound::AtLeast(1.5), 1.5, "holds"),
            (Bound::AtLeast(1.5), 1.49, "does not hold"),
        ] {
            let row = row(&claim(Measured::Value("ms"), bound), Spread::of([value]));
            assert_eq!(row[4], verdict, "{bound:?} {value}");
        }
    }

    #[test]
    fn a_median_is_not_everybody() {
        let spread = Spread::of([9.0, 10.0, 10.0]);
        let verdict = |measured| row(&claim(measured, Bound::AtLeast(10.0)), spread)[4].clone();
        assert_eq!(verdict(Measured::Value("people")), "holds");
        assert_eq!(verdict(Measured::Least("people")), "does not hold");
    }

    #[test]
    fn what_was_not_measured_is_told_and_is_no_failure() {
        let text = text(&example::empty());
        assert_eq!(text.matches("not measured").count(), claims::ALL.len() + 1);
        assert!(text.ends_with("\n0 of 0 hold; 31 not measured\n"), "{text}");
    }

    #[test]
    fn a_run_with_all_has_a_verdict_on_each_claim() {
        let text = text(&example::results());
        assert!(text.ends_with("; 0 not measured\n"), "{text}");
        assert!(text.contains("≤ 0.65 × redis"), "{text}");
    }
}
