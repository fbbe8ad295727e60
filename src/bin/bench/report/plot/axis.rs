//! Where a value lies on an axis, and what is written there.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::Ranged;

use super::super::number::with_decimals;

/// No more steps than this are written at an axis that is not logarithmic.
const STEPS_MAX: f64 = 10.0;

/// Fewer decades than this need labels in between.
const DECADES_ENOUGH: usize = 3;

/// The part of a logarithmic axis, in all of it, that is kept for what is above every value.
const TOP_SHARE: f64 = 0.08;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Scale {
    Linear,
    /// A place is the decimal logarithm.
    Logarithmic,
}

/// One axis. Places are where values lie on it.
#[derive(Debug, Clone)]
pub struct Axis {
    pub title: String,
    scale: Scale,
    /// From place to place.
    pub ends: Range<f64>,
    /// What is written, and at which place.
    pub labels: Vec<(f64, String)>,
    /// Places with a line across the panel.
    pub lines: Vec<f64>,
    /// Places with a light one.
    pub light_lines: Vec<f64>,
}

/// A step of a logarithmic axis: one digit, and a power of ten.
#[derive(Debug, Clone, Copy)]
struct Step {
    digit: i32,
    exponent: i32,
}

impl Step {
    fn value(&self) -> f64 {
        f64::from(self.digit) * 10_f64.powi(self.exponent)
    }

    fn place(&self) -> f64 {
        self.value().log10()
    }

    /// It may be the end of an axis, and it has a label if there is space.
    fn is_main(&self) -> bool {
        matches!(self.digit, 1 | 2 | 5)
    }

    fn label(&self) -> String {
        with_decimals(self.value(), usize::try_from(-self.exponent).unwrap_or(0))
    }
}

impl Axis {
    /// A logarithmic axis with space for all these values. It has no place for what is not above 0.
    pub fn logarithmic(title: &str, values: impl IntoIterator<Item = f64>) -> Self {
        let positive = values.into_iter().filter(|v| v.is_finite() && *v > 0.0);
        let (least, most) = positive.fold((f64::INFINITY, 0.0_f64), |(least, most), value| {
            (least.min(value), most.max(value))
        });
        let (least, most) = if most > 0.0 {
            (least, most)
        } else {
            (1.0, 10.0)
        };
        let exponents = least.log10().floor() as i32 - 1..=most.log10().ceil() as i32 + 1;
        let steps = exponents
            .flat_map(|exponent| (1..=9).map(move |digit| Step { digit, exponent }))
            .collect::<Vec<_>>();
        let first = steps
            .iter()
            .rposition(|step| step.is_main() && step.value() <= least * 0.95)
            .unwrap_or(0);
        let last = steps
            .iter()
            .position(|step| step.is_main() && step.value() >= most * 1.05)
            .unwrap_or(steps.len() - 1);
        let steps = &steps[first..=last];
        let decades = || steps.iter().filter(|step| step.digit == 1);
        let has_space = decades().count() < DECADES_ENOUGH;
        let is_labelled = |step: &&Step| step.digit == 1 || (has_space && step.is_main());
        let labelled = steps.iter().filter(is_labelled);
        Self {
            title: title.to_owned(),
            scale: Scale::Logarithmic,
            ends: steps[0].place()..steps[steps.len() - 1].place(),
            labels: labelled.map(|step| (step.place(), step.label())).collect(),
            lines: decades().map(Step::place).collect(),
            light_lines: steps.iter().map(Step::place).collect(),
        }
    }

    /// An axis from 0 to `most`.
    pub fn linear(title: &str, most: f64) -> Self {
        let most = if most.is_finite() && most > 0.0 {
            most
        } else {
            1.0
        };
        let exponent = (most / STEPS_MAX).log10().floor() as i32;
        let steps = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * 10_f64.powi(exponent));
        let step = steps.into_iter().find(|step| most / step <= STEPS_MAX);
        let step = step.unwrap_or(most);
        let count = (most / step).floor() as u32;
        let places: Vec<f64> = (0..=count).map(|at| f64::from(at) * step).collect();
        let decimals = usize::try_from(-exponent).unwrap_or(0);
        let label = |place: &f64| (*place, with_decimals(*place, decimals));
        Self {
            title: title.to_owned(),
            scale: Scale::Linear,
            ends: 0.0..most,
            labels: places.iter().map(label).collect(),
            lines: places,
            light_lines: Vec::new(),
        }
    }

    /// An axis of groups, the first of them from 0 to 1, with a line between each two.
    pub fn groups(title: &str, names: &[String]) -> Self {
        let starts = || (0_u32..).map(f64::from).take(names.len());
        let middles = starts().map(|start| start + 0.5);
        Self {
            title: title.to_owned(),
            scale: Scale::Linear,
            ends: 0.0..names.len() as f64,
            labels: middles.zip(names.iter().cloned()).collect(),
            lines: starts().skip(1).collect(),
            light_lines: Vec::new(),
        }
    }

    /// The same axis with a place above every value, of this name.
    pub fn with_top(mut self, name: &str) -> Self {
        self.lines.push(self.ends.end);
        self.ends.end += (self.ends.end - self.ends.start) * TOP_SHARE;
        self.labels.push((self.ends.end, name.to_owned()));
        self
    }

    /// Where a value lies; nowhere if the axis cannot show it.
    pub fn place(&self, value: f64) -> Option<f64> {
        let place = match self.scale {
            Scale::Linear => value,
            Scale::Logarithmic => value.log10(),
        };
        place.is_finite().then_some(place)
    }
}

/// To the drawing library an axis is one of places, with our labels.
impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, place: &f64, pixels: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.ends.clone()).map(place, pixels)
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.labels.iter().map(|(place, _)| *place).collect()
    }

    fn range(&self) -> Range<f64> {
        self.ends.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    /// What is written next to a place.
    fn format_ext(&self, place: &f64) -> String {
        self.labels
            .iter()
            .min_by(|(a, _), (b, _)| (a - place).abs().total_cmp(&(b - place).abs()))
            .map(|(_, label)| label.clone())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.labels
            .iter()
            .map(|(_, label)| label.as_str())
            .collect()
    }

    #[test]
    fn a_logarithmic_axis_has_space_for_all_values() {
        let axis = Axis::logarithmic("", [0.03, 700.0, 0.0, f64::NAN]);
        assert_eq!(labels(&axis), ["0.1", "1", "10", "100", "1,000"]);
        assert_eq!(axis.place(1_000.0), Some(axis.ends.end));
        assert!((axis.ends.start - 0.02_f64.log10()).abs() < 1e-9);
        assert_eq!(axis.place(0.0), None);
        assert_eq!(axis.format_ext(&2.0001), "100");
    }

    #[test]
    fn a_short_logarithmic_axis_has_labels_within_the_decades() {
        let axis = Axis::logarithmic("", [0.6, 3.0]);
        assert_eq!(labels(&axis), ["0.5", "1", "2", "5"]);
        let one = Axis::logarithmic("", [1.0]);
        assert!(one.ends.start < 0.0 && one.ends.end > 0.0);
        assert_eq!(labels(&Axis::logarithmic("", [])).first(), Some(&"0.5"));
    }

    #[test]
    fn a_linear_axis_has_round_steps() {
        assert_eq!(labels(&Axis::linear("", 19.8)).last(), Some(&"18"));
        assert_eq!(labels(&Axis::linear("", 2.0)).get(1), Some(&"0.2"));
        assert_eq!(labels(&Axis::linear("", 30_000.0))[1], "5,000");
        assert_eq!(labels(&Axis::linear("", 0.0)).len(), 11);
    }

    #[test]
    fn groups_have_their_names_in_the_middle_and_lines_between_them() {
        let axis = Axis::groups("", &["a".to_owned(), "b".to_owned()]);
        assert_eq!(
            (axis.ends.clone(), axis.lines.clone()),
            (0.0..2.0, vec![1.0])
        );
        assert_eq!(axis.format_ext(&0.5), "a");
        assert_eq!(axis.format_ext(&1.5), "b");
    }

    #[test]
    fn the_top_is_above_every_value() {
        let axis = Axis::logarithmic("", [1.0, 70.0]);
        let highest = axis.ends.end;
        let axis = axis.with_top("nothing");
        assert!(axis.ends.end > highest);
        assert_eq!(axis.format_ext(&axis.ends.end), "nothing");
    }
}
