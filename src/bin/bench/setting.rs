//! The machine, and the versions of all that is measured.

use std::env;
use std::fs;
use std::io;
use std::thread;

use jiff::Timestamp;

use crate::fan_out;
use crate::peers;
use crate::record::Setting;

/// What all figures of a run depend upon.
///
/// # Errors
/// There is no /proc.
pub fn of() -> io::Result<Setting> {
    let cores = thread::available_parallelism()?;
    let processor = fs::read_to_string("/proc/cpuinfo")?;
    let processor = value(&processor, "model name").unwrap_or("unknown processor");
    let memory = fs::read_to_string("/proc/meminfo")?;
    let memory = value(&memory, "MemTotal")
        .and_then(|size| size.split_whitespace().next()?.parse::<f64>().ok())
        .unwrap_or(0.0);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    Ok(Setting {
        began: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        command: command(env::args()),
        machine: format!(
            "{cores} cores ({processor}), {:.0} GiB, Linux {}; generator and server on the same machine; {} speakers, \
             {} messages under way",
            memory / 1024.0 / 1024.0,
            kernel.trim(),
            fan_out::SPEAKERS,
            fan_out::WINDOW,
        ),
        peers: peers::ALL
            .iter()
            .map(|peer| {
                let version = peer.version().unwrap_or_else(|missing| missing);
                (peer.label().to_owned(), version)
            })
            .collect(),
    })
}

/// What somebody types to have the same again. The script calls this program with `run` and what it was given itself.
fn command(arguments: impl Iterator<Item = String>) -> String {
    let given = arguments.skip(2);
    let words: Vec<String> = ["scripts/bench".to_owned()]
        .into_iter()
        .chain(given)
        .collect();
    words.join(" ")
}

/// What stands behind the colon of the line that begins with `name`.
fn value<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_and_the_machine_are_in_it() {
        let setting = of().unwrap();
        assert_eq!(setting.peers.len(), peers::ALL.len());
        assert!(setting.machine.contains("Linux"));
        assert_eq!(value("a\t: b: c\nd: e", "a"), Some("b: c"));
        assert_eq!(value("a: b", "x"), None);
    }

    #[test]
    fn the_command_has_all_that_was_asked_for() {
        let words = ["target/release/bench", "run", "--quick", "--rounds", "1"];
        let asked = command(words.into_iter().map(str::to_owned));
        assert_eq!(asked, "scripts/bench --quick --rounds 1");
    }
}
