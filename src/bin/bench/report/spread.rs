//! The median over the rounds, and how far they lie apart.

/// A figure over some rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Half of the rounds gave less. Of an even number of rounds, the mean of the two in the middle.
    pub median: f64,
    /// The least.
    pub lowest: f64,
    /// The most.
    pub highest: f64,
    /// How many rounds.
    pub rounds: usize,
}

impl Spread {
    /// None of no values. What is no number does not count.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let upper = *values.get(middle)?;
        let median = if values.len() % 2 == 1 {
            upper
        } else {
            f64::midpoint(values[middle - 1], upper)
        };
        Some(Self {
            median,
            lowest: values[0],
            highest: values[values.len() - 1],
            rounds: values.len(),
        })
    }

    /// Half of the range from the lowest to the highest, in percent of the median; none where all
    /// rounds gave the same, as a single one does.
    pub fn percent(&self) -> Option<f64> {
        (self.lowest < self.highest && self.median > 0.0)
            .then(|| (self.highest - self.lowest) / 2.0 / self.median * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(values: &[f64]) -> Option<f64> {
        Spread::of(values.iter().copied()).map(|spread| spread.median)
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[7.0]), Some(7.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[9.0, 1.0, 4.0, 2.0]), Some(3.0));
        assert_eq!(median(&[f64::NAN, 5.0, f64::INFINITY]), Some(5.0));
    }

    #[test]
    fn the_range_is_told_in_percent_of_the_median() {
        let of =
            |values: &[f64]| Spread::of(values.iter().copied()).and_then(|spread| spread.percent());
        assert_eq!(of(&[90.0, 100.0, 130.0]), Some(20.0));
        assert_eq!(of(&[100.0]), None);
        assert_eq!(of(&[5.0, 5.0]), None);
        assert_eq!(of(&[0.0, 0.0, 9.0]), None);
    }
}
