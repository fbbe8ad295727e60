//! What a run leaves in its folder: the lines for machines, the tables for people, and the plots.
//!
//! | file | what it does |
//! |---|---|
//! | `results` | all that a run gave, and how to find a figure in it |
//! | `spread` | the median over the rounds, and how far they lie apart |
//! | `lines` | `results.jsonl`, written and read |
//! | `number` | figures as people read them |
//! | `grid` | plain text in columns |
//! | `tables` | which figures stand in which table |
//! | `cells` | one table, and the footnotes of its empty cells |
//! | `claims` | what was promised, as data |
//! | `verdicts` | whether it is kept |
//! | `which` | which cases a claim is about |
//! | `summary` | the short table in Markdown |
//! | `plot` | the plots |

mod cells;
mod claims;
#[cfg(test)]
mod example;
mod grid;
mod lines;
mod number;
mod plot;
mod results;
mod spread;
mod summary;
mod tables;
mod verdicts;
mod which;

use std::fs;
use std::io;
use std::path::Path;

pub use results::Results;

/// Writes all into `folder`, which is made if it is not there: `results.jsonl`, and what [`draw`] makes of its lines,
/// so that they give the same at any time. Returns the tables for people.
///
/// # Errors
/// A file could not be written.
pub fn write(folder: &Path, results: &Results) -> io::Result<String> {
    fs::create_dir_all(folder).map_err(|error| about(folder, &error))?;
    lines::write(folder, results)?;
    draw(folder, &lines::read(folder)?)
}

/// Writes `report.txt`, `summary.md` and the plots into `folder`, and returns the tables for people. A plot of which
/// nothing was measured is not written.
///
/// # Errors
/// A file could not be written.
pub fn draw(folder: &Path, results: &Results) -> io::Result<String> {
    let text = format!("{}{}", tables::text(results), verdicts::text(results));
    put(folder, "report.txt", &text)?;
    put(folder, "summary.md", &summary::markdown(results))?;
    for (name, plot) in plot::all(results) {
        put(folder, name, &plot.svg()?)?;
    }
    Ok(text)
}

/// Reads the `results.jsonl` of a folder.
///
/// # Errors
/// It is not there, or one of its lines is none of a run; the text says which line, and what is wrong with it.
pub fn read(folder: &Path) -> io::Result<Results> {
    lines::read(folder)
}

fn put(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(|error| about(&path, &error))
}

/// An error that names the file, as those of the system do not.
fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::*;

    #[test]
    fn a_folder_holds_all_and_can_be_drawn_anew_from_its_lines() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("new");
        let results = example::results();
        let text = write(&folder, &results).unwrap();
        let names = [
            "report.txt",
            "summary.md",
            "growth.svg",
            "stalled.svg",
            "fan-out.svg",
            "latency.svg",
        ];
        let before = names.map(|name| fs::read_to_string(folder.join(name)).unwrap());
        assert_eq!(before[0], text);

        for name in names {
            fs::remove_file(folder.join(name)).unwrap();
        }
        let read = read(&folder).unwrap();
        assert_eq!(read, results);
        assert_eq!(draw(&folder, &read).unwrap(), text);
        let after = names.map(|name| fs::read_to_string(folder.join(name)).unwrap());
        assert_eq!(after, before);
    }

    #[test]
    fn a_plot_of_nothing_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut results = example::results();
        results.records.clear();
        write(folder.path(), &results).unwrap();
        assert!(!folder.path().join("growth.svg").exists());
        assert!(folder.path().join("report.txt").exists());
    }
}
