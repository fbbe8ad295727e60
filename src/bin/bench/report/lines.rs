//! `results.jsonl`: the setting in the first line, and then one line for each record and for each case that was left
//! out.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::results::Results;
use super::{about, put};
use crate::record::{LeftOut, Record, Setting};

const NAME: &str = "results.jsonl";

/// One line. Its key `line` says what it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "kebab-case")]
enum Line {
    Setting(Setting),
    Record(Record),
    LeftOut(LeftOut),
}

pub fn write(folder: &Path, results: &Results) -> io::Result<()> {
    let setting = Line::Setting(results.setting.clone());
    let records = results.records.iter().cloned().map(|mut record| {
        // JSON has no word for what is no number.
        record.figures.retain(|_, value| value.is_finite());
        Line::Record(record)
    });
    let left_out = results.left_out.iter().cloned().map(Line::LeftOut);
    let mut text = String::new();
    for line in [setting].into_iter().chain(records).chain(left_out) {
        text.push_str(&serde_json::to_string(&line)?);
        text.push('\n');
    }
    put(folder, NAME, &text)
}

/// The last of many digits may be another than the one that was written.
pub fn read(folder: &Path) -> io::Result<Results> {
    let path = folder.join(NAME);
    let text = fs::read_to_string(&path).map_err(|error| about(&path, &error))?;
    parse(&text).map_err(|(number, reason)| {
        let place = path.display();
        let text = format!("{place}: line {number}: {reason}");
        io::Error::new(io::ErrorKind::InvalidData, text)
    })
}

/// What is wrong comes with the number of its line, from 1.
fn parse(text: &str) -> Result<Results, (usize, String)> {
    let mut lines = (1..).zip(text.lines());
    let first = lines.next().map(|(number, line)| line_of(number, line));
    let Some(Line::Setting(setting)) = first.transpose()? else {
        return Err((1, "expected the setting of the run".to_owned()));
    };
    let mut results = Results {
        setting,
        records: Vec::new(),
        left_out: Vec::new(),
    };
    for (number, line) in lines {
        match line_of(number, line)? {
            Line::Setting(_) => return Err((number, "a second setting".to_owned())),
            Line::Record(record) => results.records.push(record),
            Line::LeftOut(left_out) => results.left_out.push(left_out),
        }
    }
    Ok(results)
}

fn line_of(number: usize, line: &str) -> Result<Line, (usize, String)> {
    serde_json::from_str(line).map_err(|error| {
        // To the parser each text is a line 1, which is not the line of the file.
        let told = error.to_string();
        let reason = told.split(" at line 1").next().unwrap_or_default();
        (number, reason.to_owned())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::super::example;
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let results = example::results();
        write(folder.path(), &results).unwrap();
        assert_eq!(read(folder.path()).unwrap(), results);

        let text = fs::read_to_string(folder.path().join(NAME)).unwrap();
        let lines = 1 + results.records.len() + results.left_out.len();
        assert_eq!(text.lines().count(), lines);
        assert!(text.starts_with(r#"{"line":"setting","began":""#), "{text}");
    }

    #[test]
    fn what_is_no_number_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut results = example::results();
        results.records.truncate(1);
        let figures = &mut results.records[0].figures;
        figures.insert("nothing".to_owned(), f64::NAN);
        write(folder.path(), &results).unwrap();
        results.records[0].figures.remove("nothing");
        assert_eq!(read(folder.path()).unwrap(), results);
    }

    #[test]
    fn a_bad_line_is_told_with_its_number() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &example::results()).unwrap();
        let path = folder.path().join(NAME);
        let good = fs::read_to_string(&path).unwrap();
        let setting = good.lines().next().unwrap();
        let record = good.lines().nth(1).unwrap();
        for (bad, why) in [
            (String::new(), ": line 1: expected the setting"),
            (record.to_owned(), ": line 1: expected the setting"),
            (
                format!("{setting}\n{setting}"),
                ": line 2: a second setting",
            ),
            (
                format!("{setting}\n{record}\n{{"),
                ": line 3: EOF while parsing",
            ),
            (
                format!("{setting}\n{}", record.replace("peer", "pier")),
                ": line 2: missing field `peer`",
            ),
            (
                format!("{setting}\n{}", record.replace("fan-out", "fun")),
                ": line 2: unknown variant `fun`",
            ),
        ] {
            fs::write(&path, &bad).unwrap();
            let error = read(folder.path()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
            assert!(!error.contains("column"), "{error}");
        }
    }

    #[test]
    fn a_folder_without_results_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = read(folder.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().contains(NAME), "{error}");
    }
}
