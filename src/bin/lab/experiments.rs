//! The experiments, in the order in which they are taught.

mod limits;
mod stream;

use crate::experiment::Experiment;

/// All of them.
pub const ALL: &[Experiment] = &[stream::EXPERIMENT, limits::EXPERIMENT];

/// The one of this name.
pub fn named(name: &str) -> Option<&'static Experiment> {
    ALL.iter().find(|experiment| experiment.name == name)
}
