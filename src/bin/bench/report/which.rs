//! Which cases a claim or a row of the summary is about.

use crate::record::Case;

/// A pattern for cases. What is `None` may be anything.
#[derive(Debug, Clone, Copy)]
pub struct Which {
    people: Option<usize>,
    payload_bytes: Option<usize>,
    rate: Option<u32>,
    stalled: usize,
}

impl Which {
    /// All cases in which everybody reads.
    pub const ANY: Self = Self {
        people: None,
        payload_bytes: None,
        rate: None,
        stalled: 0,
    };

    /// So many receive.
    pub const fn to(people: usize) -> Self {
        Self {
            people: Some(people),
            ..Self::ANY
        }
    }

    /// So long is what is said.
    pub const fn of_bytes(self, payload_bytes: usize) -> Self {
        Self {
            payload_bytes: Some(payload_bytes),
            ..self
        }
    }

    /// So many messages a second.
    pub const fn at_rate(self, rate: u32) -> Self {
        Self {
            rate: Some(rate),
            ..self
        }
    }

    /// So many never read.
    pub const fn with_stalled(self, stalled: usize) -> Self {
        Self { stalled, ..self }
    }

    pub fn holds(&self, case: &Case) -> bool {
        self.people.is_none_or(|people| people == case.people)
            && self
                .payload_bytes
                .is_none_or(|bytes| bytes == case.payload_bytes)
            && (self.rate.is_none() || self.rate == case.rate)
            && self.stalled == case.stalled
    }
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    #[test]
    fn what_is_said_has_to_fit_and_the_rest_may_be_anything() {
        let case = Case {
            rate: Some(100),
            ..example::case(10)
        };
        for (which, holds) in [
            (Which::ANY, true),
            (Which::to(10), true),
            (Which::to(11), false),
            (Which::to(10).of_bytes(64), true),
            (Which::to(10).of_bytes(512), false),
            (Which::ANY.at_rate(100), true),
            (Which::ANY.at_rate(1_000), false),
            (Which::ANY.with_stalled(1), false),
        ] {
            assert_eq!(which.holds(&case), holds, "{which:?}");
        }
        assert!(!Which::ANY.at_rate(100).holds(&example::case(10)));
    }
}
