//! The experiments, in the order in which they are taught.

mod busy_loop;
mod costs;
mod limits;
mod lock;
mod one_at_a_time;
mod readiness;
mod room;
mod send_buffer;
mod shutdown;
mod sleep;
mod stalled_reader;
mod stream;
mod talkers;
mod trace;
mod turns;
mod whispers;

use crate::experiment::Experiment;

/// All of them.
pub const ALL: &[Experiment] = &[
    one_at_a_time::EXPERIMENT,
    busy_loop::EXPERIMENT,
    sleep::EXPERIMENT,
    readiness::EXPERIMENT,
    costs::EXPERIMENT,
    stalled_reader::EXPERIMENT,
    send_buffer::EXPERIMENT,
    lock::EXPERIMENT,
    stream::EXPERIMENT,
    limits::EXPERIMENT,
    shutdown::EXPERIMENT,
    trace::EXPERIMENT,
    turns::EXPERIMENT,
];

/// The one of this name.
pub fn named(name: &str) -> Option<&'static Experiment> {
    ALL.iter().find(|experiment| experiment.name == name)
}
