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
    use std::time::Duration;

    use super::*;
    use crate::source;

    #[test]
    fn all_together_take_less_than_two_minutes() {
        let all: Duration = ALL.iter().map(|experiment| experiment.takes).sum();
        assert!(ALL.len() >= 12 && all < Duration::from_secs(100), "{all:?}");
    }

    #[test]
    fn the_texts_are_complete() {
        let names: HashSet<&str> = ALL.iter().map(|experiment| experiment.name).collect();
        assert_eq!(names.len(), ALL.len());
        for Experiment { name, guess, question, why, change, functions, .. } in ALL {
            assert!(guess.ends_with('?') && question.ends_with('?'), "{name}");
            assert!(why.iter().all(|sentence| sentence.ends_with('.')), "{name}");
            let places = functions.iter().map(|function| (function.file, function.line));
            for (file, line) in places.chain([(change.file, change.line)]) {
                let text = source::text(file).unwrap_or_else(|| panic!("{name}: {file}"));
                let lines = text.lines();
                let lines = lines.filter(|text| text.trim_start().starts_with(line));
                assert_eq!(lines.count(), 1, "{name}: {line}");
            }
            for function in *functions {
                let shown = function.text().unwrap().lines().count();
                assert!((3..60).contains(&shown), "{name}: {shown} lines of {function:?}");
            }
        }
    }

    /// A file that a text names is a link in the report, and a path that exists in the terminal.
    #[test]
    fn every_named_file_is_known() {
        let mut named = HashSet::new();
        for Experiment { name, title, guess, question, why, change, functions, .. } in ALL {
            named.insert(change.file);
            named.extend(functions.iter().map(|function| function.file));
            for text in why.iter().chain([title, guess, question, &change.try_this]) {
                let (code, prose): (Vec<_>, Vec<_>) =
                    text.split('`').enumerate().partition(|(at, _)| at % 2 == 1);
                assert!(prose.iter().all(|(_, text)| !text.contains(".rs")), "{name}: {text}");
                let files = code.iter().map(|(_, code)| *code).filter(|code| code.ends_with(".rs"));
                for file in files {
                    assert!(source::text(file).is_some(), "{name}: {file}");
                    named.insert(file);
                }
            }
        }
        let known: HashSet<&str> = source::paths().collect();
        assert_eq!(known, named);
    }
}
