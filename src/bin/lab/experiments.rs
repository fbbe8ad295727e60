//! The experiments, in the order in which they are taught.

mod one_at_a_time;
mod room;
mod whispers;

use crate::experiment::Experiment;

/// All of them.
pub const ALL: &[Experiment] = &[one_at_a_time::EXPERIMENT];

/// The one of this name.
pub fn named(name: &str) -> Option<&'static Experiment> {
    ALL.iter().find(|experiment| experiment.name == name)
}
