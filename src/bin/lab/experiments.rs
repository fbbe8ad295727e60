//! The experiments, in the order of the lesson.

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
mod talk;
mod talkers;
mod trace;
mod turns;

use crate::experiment::Experiment;

pub const ALL: &[Experiment] = &[
    stream::EXPERIMENT,
    one_at_a_time::EXPERIMENT,
    busy_loop::EXPERIMENT,
    sleep::EXPERIMENT,
    readiness::EXPERIMENT,
    costs::EXPERIMENT,
    send_buffer::EXPERIMENT,
    stalled_reader::EXPERIMENT,
    lock::EXPERIMENT,
    turns::EXPERIMENT,
    limits::EXPERIMENT,
    shutdown::EXPERIMENT,
    trace::EXPERIMENT,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use super::*;

    #[test]
    fn all_together_take_less_than_two_minutes() {
        let all: Duration = ALL.iter().map(|experiment| experiment.takes).sum();
        assert!(ALL.len() >= 12 && all < Duration::from_secs(100), "{all:?}");
    }

    #[test]
    fn the_texts_are_complete() {
        let names: HashSet<&str> = ALL.iter().map(|experiment| experiment.name).collect();
        assert_eq!(names.len(), ALL.len());
        for Experiment { name, guess, question, why, change, .. } in ALL {
            assert!(guess.ends_with('?') && question.ends_with('?'), "{name}");
            assert!(why.iter().all(|sentence| sentence.ends_with('.')), "{name}");
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(change.file);
            let text = fs::read_to_string(path).unwrap();
            let lines = text.lines();
            let lines = lines.filter(|line| line.trim_start().starts_with(change.line));
            assert_eq!(lines.count(), 1, "{name}: {}", change.line);
        }
    }
}
