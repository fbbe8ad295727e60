//! The source that the lesson and the report show: each file that a text names, and functions out of it.
//!
//! A function is found by the beginning of its first line, so the source needs no marks, and what is shown is what runs.

/// The files by their path from the top of the project, part of the program: a report is complete wherever it is opened.
macro_rules! sources {
    ($($path:literal)*) => {
        &[$(($path, include_str!(concat!("../../../", $path)))),*]
    };
}

const SOURCES: &[(&str, &str)] = sources![
    "src/bin/lab/experiments/busy_loop.rs"
    "src/bin/lab/experiments/lock.rs"
    "src/bin/lab/experiments/send_buffer.rs"
    "src/bin/lab/experiments/stalled_reader/stalled.rs"
    "src/bin/lab/experiments/stream.rs"
    "src/bin/lab/experiments/trace.rs"
    "src/bin/lab/experiments/turns.rs"
    "src/bin/lab/variants/locked.rs"
    "src/bin/lab/variants/one_at_a_time.rs"
    "src/bin/lab/variants/polling.rs"
    "src/bin/lab/variants/readiness_poll.rs"
    "src/bin/lab/variants/threads.rs"
    "src/bin/lab/variants/threads_channels.rs"
    "src/protocol/plain/line.rs"
    "src/server/delivery/closing.rs"
    "src/server/dispatcher.rs"
    "src/server/ops/capacity.rs"
    "src/server/turn.rs"
];

/// A function to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// The path from the top of the project.
    pub file: &'static str,
    /// The beginning of its first line. A test checks that exactly one line of the file begins like this.
    pub line: &'static str,
}

impl Function {
    pub const fn new(file: &'static str, line: &'static str) -> Self {
        Self { file, line }
    }

    /// `serve`, of a line such as `pub fn serve(`.
    pub fn name(&self) -> &'static str {
        let (_, behind) = self.line.split_once("fn ").unwrap_or(("", self.line));
        behind.split(['(', '<']).next().unwrap_or(behind)
    }

    /// Its text, without indentation.
    pub fn text(&self) -> Option<String> {
        function(text(self.file)?, self.line)
    }

    /// Its file and the number of its first line.
    pub fn place(&self) -> String {
        place(self.file, self.line)
    }
}

/// The text of a file that a text of the lab names.
pub fn text(path: &str) -> Option<&'static str> {
    SOURCES.iter().find(|(known, _)| *known == path).map(|(_, text)| *text)
}

/// All files that a text of the lab names.
pub fn paths() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().map(|(path, _)| *path)
}

/// The file with the number of the line that begins like this.
pub fn place(file: &str, line: &str) -> String {
    match text(file).and_then(|text| lines_that_begin(text, line).next()) {
        Some(at) => format!("{file}:{}", at + 1),
        None => file.to_owned(),
    }
}

/// The positions of all lines that begin like this, without their indentation.
fn lines_that_begin<'a>(text: &'a str, line: &'a str) -> impl Iterator<Item = usize> + 'a {
    let lines = text.lines().enumerate();
    lines.filter(move |(_, text)| text.trim_start().starts_with(line)).map(|(at, _)| at)
}

/// The function whose first line begins like this, with its comment and without its indentation: from its first line to
/// the next brace in the same column.
pub fn function(text: &str, line: &str) -> Option<String> {
    let first = lines_that_begin(text, line).next()?;
    let lines: Vec<&str> = text.lines().collect();
    let indent = lines[first].len() - lines[first].trim_start().len();
    let ends = format!("{:indent$}}}", "");
    let length = lines[first..].iter().position(|line| *line == ends)?;
    let before = lines[..first].iter().rev();
    let comment = before.take_while(|line| line.trim_start().starts_with("///")).count();
    let shown = lines[first - comment..=first + length].iter();
    Some(shown.map(|line| format!("{}\n", line.get(indent..).unwrap_or_default())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_its_comment_and_no_indentation() {
        let text = "impl A {\n    fn other() {}\n\n    /// Why.\n    /// How.\n    fn one(&self) {\n        if x {\n\n        }\n    }\n}\n";
        let expected = "/// Why.\n/// How.\nfn one(&self) {\n    if x {\n\n    }\n}\n";
        assert_eq!(function(text, "fn one(").as_deref(), Some(expected));
        assert_eq!(function(text, "fn two("), None);
        assert_eq!(lines_that_begin(text, "fn ").count(), 2);
    }

    #[test]
    fn a_place_has_the_number_of_the_line() {
        let file = "src/bin/lab/source.rs";
        assert_eq!(place(file, "x"), file);
        let file = "src/server/turn.rs";
        let place = place(file, "pub fn wait(&self)");
        let (_, number) = place.rsplit_once(':').unwrap();
        let line = text(file).unwrap().lines().nth(number.parse::<usize>().unwrap() - 1).unwrap();
        assert!(line.contains("pub fn wait(&self)"), "{line}");
    }
}
