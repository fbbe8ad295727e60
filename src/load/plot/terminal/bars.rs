//! Values side by side: bars that lie, since names are long and lines of text are not.

use super::super::Axis;
use super::super::number::short;
use super::super::scale::Scale;
use super::ruler::ruler;
use super::{cut, place};
use crate::load::plot::COLUMNS;

/// Columns for a name, at the most.
const NAME_MAX: usize = 36;

/// Numbers at the axis.
const TICKS_MAX: usize = 6;

/// A line for each, with its value behind it, and the axis.
pub fn plot(axis: &Axis, bars: &[(String, f64)]) -> Vec<String> {
    let scale = Scale::of(axis, bars.iter().map(|bar| bar.1), TICKS_MAX);
    let names: Vec<String> = bars.iter().map(|bar| cut(&bar.0, NAME_MAX)).collect();
    let values: Vec<String> = bars.iter().map(|bar| short(bar.1)).collect();
    let widest = |texts: &[String]| texts.iter().map(|text| text.chars().count()).max();
    let indent = widest(&names).unwrap_or(0) + 2;
    // Behind each bar there is space for a value; the numbers of the axis need some too.
    let width = COLUMNS - indent - (widest(&values).unwrap_or(0) + 2).max(super::ruler::RIGHT);

    let mut text = Vec::new();
    for ((name, value), bar) in names.iter().zip(&values).zip(bars) {
        let length = scale.share(bar.1).map_or(0, |share| place(share, width));
        let drawn = if axis.logarithmic {
            // On a logarithmic axis a bar has no beginning, and its length says nothing: its end is a mark.
            format!("{}o", "·".repeat(length))
        } else if bar.1 == 0.0 {
            String::new()
        } else {
            "█".repeat(length.max(1))
        };
        text.push(format!("{name:>0$} │{drawn} {value}", indent - 2));
    }
    text.extend(ruler(&scale, indent, width, &axis.title()));
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::*;

    fn length(line: &str) -> usize {
        line.matches('█').count()
    }

    #[test]
    fn a_bar_is_as_long_as_its_value() {
        let bars = [("a", 10.0), ("b", 5.0), ("none", 0.0), ("little", 0.01)]
            .map(|(name, value)| (name.to_owned(), value));
        let text = plot(&Axis::linear("time (ms)"), &bars);
        assert!(length(&text[0]).abs_diff(2 * length(&text[1])) <= 1);
        assert_eq!(length(&text[2]), 0);
        assert_eq!(length(&text[3]), 1, "what is there is seen");
        assert!(text[0].ends_with(" 10") && text[1].contains("b │"));
    }

    #[test]
    fn on_a_logarithmic_axis_a_mark_tells_the_value() {
        let bars =
            [("a", 1.0), ("b", 10.0), ("c", 100.0)].map(|(name, value)| (name.to_owned(), value));
        let text = plot(&Axis::logarithmic("memory (bytes)"), &bars);
        let at = |line: usize| text[line].chars().position(|letter| letter == 'o').unwrap();
        assert!((at(2) - at(1)).abs_diff(at(1) - at(0)) <= 1, "{text:?}");
    }
}
