//! Figures as people read them.

use super::spread::Spread;
use crate::record::figure;

/// More digits behind the point than these are noise in any unit.
const DECIMALS_MAX: i32 = 6;

/// Three digits that count, thousands apart: `0.0123`, `1.23`, `12.3`, `12,345`.
pub fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let decimals = (2 - value.abs().log10().floor() as i32).clamp(0, DECIMALS_MAX);
    with_decimals(value, decimals.unsigned_abs() as usize)
}

/// A number as it stands in the source: with the digits it has, thousands apart.
pub fn exact(value: f64) -> String {
    grouped(&value.to_string())
}

/// So many digits behind the point, thousands apart.
pub fn with_decimals(value: f64, decimals: usize) -> String {
    grouped(&format!("{value:.decimals$}"))
}

/// A number of people, of bytes.
pub fn count(value: usize) -> String {
    grouped(&value.to_string())
}

/// The median, and behind it half of the range in percent, where the rounds differ. What was counted is whole.
pub fn with_range(figure: &str, spread: &Spread) -> String {
    let is_whole = figure::COUNTS.contains(&figure) && spread.median.fract() == 0.0;
    let median = if is_whole {
        exact(spread.median)
    } else {
        number(spread.median)
    };
    match spread.percent() {
        Some(percent) => format!("{median} {:>4}", format!("±{percent:.0}%")),
        None => median,
    }
}

fn grouped(digits: &str) -> String {
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut text = String::new();
    for (at, digit) in whole.char_indices() {
        let left = whole.len() - at;
        if left % 3 == 0 && text.ends_with(|c: char| c.is_ascii_digit()) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_count() {
        for (value, text) in [
            (0.0, "0"),
            (0.012_34, "0.0123"),
            (0.5, "0.500"),
            (1.234, "1.23"),
            (12.34, "12.3"),
            (100.4, "100"),
            (0.000_012_3, "0.000012"),
            (1_234_567.8, "1,234,568"),
            (3.0, "3.00"),
            (-1_000.0, "-1,000"),
            (-100.4, "-100"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(count(10_000), "10,000");
        assert_eq!(exact(10_000.0), "10,000");
        assert_eq!(exact(0.65), "0.65");
    }

    #[test]
    fn the_range_stands_behind_the_median() {
        let text = |values: &[f64]| {
            let spread = Spread::of(values.iter().copied()).unwrap();
            with_range(figure::P50_MS, &spread)
        };
        assert_eq!(text(&[1.25]), "1.25");
        assert_eq!(text(&[1.0, 1.25, 1.5]), "1.25 ±20%");
        assert_eq!(text(&[1.2, 1.25, 1.3]), "1.25  ±4%");
    }

    #[test]
    fn what_was_counted_is_whole_unless_it_lies_between_two() {
        let text = |values: &[f64]| {
            let spread = Spread::of(values.iter().copied()).unwrap();
            with_range(figure::THREADS_AFTER, &spread)
        };
        assert_eq!(text(&[5.0, 5.0, 5.0]), "5");
        assert_eq!(text(&[4.0, 5.0]), "4.50 ±11%");
    }
}
