//! Numbers as people read them.

/// Digits that count: what is measured here is not more exact.
const DIGITS: i32 = 3;

/// Below this, a number has too many noughts behind the point to be counted at a glance.
const LEAST: f64 = 1e-4;

/// At most three digits behind each other that count, and thousands apart: `0.0123`, `12.3`, `12,345`, `3.9 M`.
pub fn short(value: f64) -> String {
    let size = value.abs();
    for (unit, name) in [(1e12, "T"), (1e9, "G"), (1e6, "M")] {
        if size >= unit && size.is_finite() {
            return format!("{} {name}", plain(value / unit));
        }
    }
    if size > 0.0 && size < LEAST {
        return format!("{value:.1e}");
    }
    plain(value)
}

fn plain(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.abs().to_string();
    }
    let decimals = DIGITS - 1 - value.abs().log10().floor() as i32;
    let decimals = usize::try_from(decimals).unwrap_or(0);
    let digits = format!("{value:.decimals$}");
    match digits.split_once('.') {
        None => grouped(&digits),
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => grouped(whole),
            fraction => format!("{}.{fraction}", grouped(whole)),
        },
    }
}

/// A comma between thousands.
fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.split_at(usize::from(digits.starts_with('-')));
    let mut text = sign.to_owned();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_count() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.012_34, "0.0123"),
            (0.5, "0.5"),
            (3.0, "3"),
            (12.34, "12.3"),
            (100.4, "100"),
            (1_234.0, "1,234"),
            (123_456.7, "123,457"),
            (3_900_000.0, "3.9 M"),
            (20e9, "20 G"),
            (0.000_012, "1.2e-5"),
            (-100.4, "-100"),
            (-1_234.0, "-1,234"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(short(value), text);
        }
    }
}
