//! Where a value lies on an axis, and how it is written: the same in the terminal and in an SVG.

use super::Axis;

/// A logarithmic axis with fewer powers of ten than this also has numbers at 2 and 5 times each power.
const POWERS_ENOUGH: usize = 3;

/// A linear axis ends at a multiple of this part of a step.
const PARTS_OF_A_STEP: f64 = 5.0;

/// An axis with its ends. On a logarithmic axis, the ends are decimal logarithms.
#[derive(Debug)]
pub struct Scale {
    low: f64,
    high: f64,
    is_logarithmic: bool,
    /// The numbers, from the lower end to the upper one.
    pub ticks: Vec<Tick>,
    /// The places of 2 to 9 times each power of ten, as shares of the axis.
    pub between: Vec<f64>,
}

/// A number at an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Its place: 0 is the lower end of the axis, 1 the upper one.
    pub share: f64,
    /// The number as text.
    pub label: String,
}

impl Scale {
    /// A scale that has room for all values, with about `ticks_max` numbers at most.
    pub fn of(axis: &Axis, values: impl IntoIterator<Item = f64>, ticks_max: usize) -> Self {
        let values = values.into_iter().filter(|value| value.is_finite());
        if axis.logarithmic {
            Self::logarithmic(values.filter(|value| *value > 0.0), ticks_max)
        } else {
            Self::linear(values, ticks_max)
        }
    }

    /// A linear axis begins at 0: a part of it would make a small difference look like a large one.
    fn linear(values: impl Iterator<Item = f64>, ticks_max: usize) -> Self {
        let (least, most) = values
            .fold((0.0_f64, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
        let most = if least == most { 1.0 } else { most };
        let rough = (most - least) / ticks_max as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
        let step = steps.into_iter().find(|step| *step >= rough * 0.999);
        let step = step.unwrap_or(rough);
        let part = step / PARTS_OF_A_STEP;
        // The tolerance keeps a value that is a multiple of a part from adding one more part.
        let mut scale = Self {
            low: (least / part + 1e-6).floor() * part,
            high: (most / part - 1e-6).ceil() * part,
            is_logarithmic: false,
            ticks: Vec::new(),
            between: Vec::new(),
        };
        let first = (scale.low / step - 1e-6).ceil() as i64;
        let last = (scale.high / step + 1e-6).floor() as i64;
        scale.ticks = (first..=last).map(|count| scale.tick(count as f64 * step)).collect();
        scale
    }

    /// The ends are 1, 2 or 5 times a power of ten. The lower end lies below all values, so that values of 0 and less
    /// have a place of their own.
    fn logarithmic(values: impl Iterator<Item = f64>, ticks_max: usize) -> Self {
        let (least, most) = values.fold((f64::INFINITY, 0.0_f64), |(least, most), value| {
            (least.min(value), most.max(value))
        });
        let (least, most) = if most > 0.0 { (least, most) } else { (1.0, 10.0) };
        let powers = least.log10().floor() as i32 - 1..=most.log10().ceil() as i32;
        let times = |power: i32, digits: &[u8]| -> Vec<f64> {
            let value = |digit: &u8| format!("{digit}e{power}").parse().unwrap_or(f64::NAN);
            digits.iter().map(value).collect()
        };
        let main: Vec<f64> = powers.clone().flat_map(|power| times(power, &[1, 2, 5])).collect();
        let low = main.iter().rev().find(|value| **value <= least * 0.95);
        let high = main.iter().find(|value| **value >= most * 0.999_999);
        let (low, high) = (*low.unwrap_or(&least), *high.unwrap_or(&most));
        let mut scale = Self {
            low: low.log10(),
            high: high.log10(),
            is_logarithmic: true,
            ticks: Vec::new(),
            between: Vec::new(),
        };
        let is_in = |value: &f64| (low * 0.999..=high * 1.001).contains(value);
        let tens: Vec<f64> =
            powers.clone().flat_map(|power| times(power, &[1])).filter(is_in).collect();
        let written: Vec<f64> = if tens.len() < POWERS_ENOUGH {
            main.into_iter().filter(is_in).collect()
        } else {
            let nth = tens.len().div_ceil(ticks_max);
            tens.into_iter().step_by(nth).collect()
        };
        scale.ticks = written.into_iter().map(|value| scale.tick(value)).collect();
        scale.between = powers
            .flat_map(|power| times(power, &[2, 3, 4, 5, 6, 7, 8, 9]))
            .filter(is_in)
            .filter_map(|value| scale.share(value))
            .collect();
        scale
    }

    /// The place of a value, from 0 to 1; none for a value that is not a number.
    pub fn share(&self, value: f64) -> Option<f64> {
        let place = match self.is_logarithmic {
            false => value,
            true if value <= 0.0 => self.low,
            true => value.log10(),
        };
        let share = (place - self.low) / (self.high - self.low);
        share.is_finite().then(|| share.clamp(0.0, 1.0))
    }

    fn tick(&self, value: f64) -> Tick {
        Tick { share: self.share(value).unwrap_or(0.0), label: short(value) }
    }

    /// The ticks without those whose labels would overlap. `length` gives the length of a centred label as a share of the
    /// axis.
    pub fn apart(&self, length: impl Fn(&str) -> f64) -> Vec<Tick> {
        let mut kept: Vec<Tick> = Vec::new();
        let mut free_from = f64::NEG_INFINITY;
        for tick in &self.ticks {
            let half = length(&tick.label) / 2.0;
            if tick.share - half >= free_from {
                free_from = tick.share + half;
                kept.push(tick.clone());
            }
        }
        kept
    }
}

/// A number with three significant digits and commas between thousands: `0.0123`, `12.3`, `12,345`, `3.9 M`.
pub fn short(value: f64) -> String {
    let size = value.abs();
    for (unit, name) in [(1e12, "T"), (1e9, "G"), (1e6, "M")] {
        if size >= unit && size.is_finite() {
            return format!("{} {name}", plain(value / unit));
        }
    }
    if size > 0.0 && size < 1e-4 {
        return format!("{value:.1e}");
    }
    plain(value)
}

fn plain(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.abs().to_string();
    }
    let decimals = (2 - value.abs().log10().floor() as i32).max(0);
    let digits = format!("{value:.*}", decimals.unsigned_abs() as usize);
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut text = String::new();
    for (at, digit) in whole.char_indices() {
        if text.ends_with(|c: char| c.is_ascii_digit()) && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    match fraction.trim_end_matches('0') {
        "" => text,
        fraction => format!("{text}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(values: &[f64]) -> Scale {
        Scale::of(&Axis::linear(""), values.iter().copied(), 6)
    }

    fn logarithmic(values: &[f64]) -> Scale {
        Scale::of(&Axis::logarithmic(""), values.iter().copied(), 6)
    }

    fn labels(scale: &Scale) -> Vec<&str> {
        scale.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn a_linear_axis_begins_at_0_and_has_round_steps() {
        let scale = linear(&[3.0, 6.03, f64::NAN]);
        assert_eq!(labels(&scale), ["0", "2", "4", "6"]);
        assert_eq!(scale.share(0.0), Some(0.0));
        assert!(scale.share(6.03).unwrap() > 0.9);
        assert_eq!(scale.share(f64::NAN), None);
        assert_eq!(labels(&linear(&[1.0])).last(), Some(&"1"));
        assert_eq!(labels(&linear(&[0.3])), ["0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3"]);
        assert!(labels(&linear(&[])).len() > 2);
        assert!(labels(&linear(&[0.0, 0.0])).len() > 2);
        assert!(labels(&linear(&[-3.0, 3.0])).contains(&"-2"));
    }

    #[test]
    fn a_logarithmic_axis_has_powers_of_ten_and_zero_at_its_lower_end() {
        let scale = logarithmic(&[0.03, 700.0, 0.0, -1.0]);
        assert_eq!(labels(&scale), ["0.1", "1", "10", "100", "1,000"]);
        assert_eq!(scale.share(0.0), Some(0.0));
        assert!(scale.share(0.03).unwrap() > 0.0);
        let tenfold = scale.share(100.0).unwrap() - scale.share(10.0).unwrap();
        assert!((tenfold - (scale.share(10.0).unwrap() - scale.share(1.0).unwrap())).abs() < 1e-9);
    }

    #[test]
    fn a_short_logarithmic_axis_has_numbers_in_between_and_a_long_one_leaves_some_out() {
        assert_eq!(labels(&logarithmic(&[0.6, 3.0])), ["0.5", "1", "2", "5"]);
        assert!(labels(&logarithmic(&[7.0])).len() > 1);
        assert!(labels(&logarithmic(&[])).len() > 1);
        let long = logarithmic(&[1e-9, 1e9]);
        assert!((3..=6).contains(&long.ticks.len()), "{:?}", labels(&long));
    }

    #[test]
    fn labels_that_would_touch_are_left_out() {
        let scale = linear(&[6.0]);
        let kept = scale.apart(|_| 0.3);
        assert!(kept.windows(2).all(|two| two[1].share - two[0].share >= 0.3 - 1e-9));
        assert!(kept.len() > 2 && kept.len() < scale.ticks.len());
    }

    #[test]
    fn numbers_have_three_significant_digits() {
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
