//! The experiments, in the order in which they are taught.

mod limits;
mod shutdown;
mod stream;
mod trace;

use crate::experiment::Experiment;

/// All of them.
pub const ALL: &[Experiment] = &[
    stream::EXPERIMENT,
    limits::EXPERIMENT,
    shutdown::EXPERIMENT,
    trace::EXPERIMENT,
];

/// The one of this name.
pub fn named(name: &str) -> Option<&'static Experiment> {
    ALL.iter().find(|experiment| experiment.name == name)
}
