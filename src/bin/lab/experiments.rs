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

/// The one of this name.
pub fn named(name: &str) -> Option<&'static Experiment> {
    ALL.iter().find(|experiment| experiment.name == name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
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
    fn each_is_asked_for_by_a_name_of_its_own() {
        let names: HashSet<&str> = ALL.iter().map(|experiment| experiment.name).collect();
        assert_eq!(names.len(), ALL.len());
        for name in names {
            assert_eq!(named(name).unwrap().name, name);
        }
    }

    #[test]
    fn the_line_to_change_is_where_it_is_said_to_be_and_nowhere_else() {
        for Experiment { name, change, .. } in ALL {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(change.file);
            let text = fs::read_to_string(path).unwrap();
            assert_eq!(
                text.matches(change.line).count(),
                1,
                "{name}: {}",
                change.line
            );
        }
    }

    #[test]
    fn guesses_and_questions_are_questions_and_reasons_are_sentences() {
        for experiment in ALL {
            assert!(experiment.guess.ends_with('?'), "{}", experiment.guess);
            assert!(
                experiment.question.ends_with('?'),
                "{}",
                experiment.question
            );
            for sentence in experiment.why {
                assert!(sentence.ends_with('.'), "{sentence}");
            }
        }
    }
}
