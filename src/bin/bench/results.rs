//! The results of a run, and `results.jsonl`: the setting in the first line, then a line for each record.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::thread;

use chatserv::load::plot::short;
use clap::ValueEnum;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::peer::{self, Peer};
use crate::talk::{SPEAKERS, WINDOW};

const FILE: &str = "results.jsonl";

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// As many messages as a bounded window allows
    FanOut,
    /// Messages at a fixed rate
    Latency,
    /// Clients that send nothing
    Idle,
    /// Some clients never read
    Stalled,
    /// Fan-out of more than a socket holds
    Full,
    /// A client that never stops sending
    Noisy,
    /// Connect, log in, send a line, leave
    Churn,
    /// Fan-out over many numbers of receivers
    Growth,
    /// Fan-out in many rooms at once
    Rooms,
    /// Fan-out in each protocol of this project's server
    Protocols,
    /// Clients that send nothing, in each of these protocols
    Joined,
}

/// The parameters of a measurement. Two records are comparable if they have the same workload and the same case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Case {
    pub people: usize,
    pub payload_bytes: usize,
    /// Messages a second; none where a window bounds them.
    pub rate: Option<u32>,
    /// The number of people who never read.
    pub stalled: usize,
    /// The most messages in flight, where no rate is given.
    #[serde(default = "usual_window", skip_serializing_if = "is_usual_window")]
    pub window: u64,
    /// The number of rooms, with as many people in each.
    #[serde(default = "one_room", skip_serializing_if = "is_one_room")]
    pub rooms: usize,
}

fn one_room() -> usize {
    1
}

fn is_one_room(rooms: &usize) -> bool {
    *rooms == 1
}

fn usual_window() -> u64 {
    WINDOW
}

fn is_usual_window(window: &u64) -> bool {
    *window == WINDOW
}

impl Workload {
    /// The heading of its table.
    pub fn title(self) -> &'static str {
        match self {
            Workload::FanOut => "fan-out",
            Workload::Latency => "latency",
            Workload::Idle => "idle",
            Workload::Stalled => "stalled",
            Workload::Full => "full sockets",
            Workload::Noisy => "beside a flooder",
            Workload::Churn => "churn",
            Workload::Growth => "growth",
            Workload::Rooms => "many rooms",
            Workload::Protocols => "fan-out by protocol",
            Workload::Joined => "idle by protocol",
        }
    }

    /// The peers that it compares: the columns of its table.
    pub fn peers(self) -> &'static [Peer] {
        match self {
            Workload::Protocols | Workload::Joined => &peer::PROTOCOLS,
            // The floor has one room.
            Workload::Rooms => &peer::SERVERS[..3],
            _ => &peer::SERVERS,
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !is_one_room(&self.rooms) {
            write!(f, "{} rooms of ", short(self.rooms as f64))?;
        }
        let people = short(self.people as f64);
        write!(f, "{people} people, {} B", self.payload_bytes)?;
        if let Some(rate) = self.rate {
            write!(f, ", {}/s", short(f64::from(rate)))?;
        }
        if !is_usual_window(&self.window) && is_one_room(&self.rooms) {
            write!(f, ", {} under way", self.window)?;
        }
        match self.stalled {
            0 => Ok(()),
            stalled => write!(f, ", {stalled} stalled"),
        }
    }
}

impl Case {
    /// No rate, and everybody reads.
    pub const fn of(people: usize, payload_bytes: usize) -> Self {
        Self { people, payload_bytes, rate: None, stalled: 0, window: WINDOW, rooms: 1 }
    }

    /// The same case in this many rooms at once, with a message under way in each.
    pub const fn in_rooms(self, rooms: usize) -> Self {
        Self { rooms, window: rooms as u64, ..self }
    }

    /// The number of receivers of all rooms together.
    pub const fn receivers(&self) -> usize {
        self.people * self.rooms
    }

    /// The same case at this many messages a second.
    pub const fn at_rate(self, rate: u32) -> Self {
        Self { rate: Some(rate), ..self }
    }

    /// The same case with this many messages in flight.
    pub const fn with_window(self, window: u64) -> Self {
        Self { window, ..self }
    }

    /// The same case with this many people who never read.
    pub const fn with_stalled(self, stalled: usize) -> Self {
        Self { stalled, ..self }
    }
}

/// Names of figures.
pub mod figure {
    pub const SERVER_CPU_US: &str = "server_cpu_per_delivery_us";
    pub const SERVER_CPU_MESSAGE_US: &str = "server_cpu_per_message_us";
    /// Processor time that the load took from the machine.
    pub const GENERATOR_CPU_US: &str = "generator_cpu_per_delivery_us";
    /// The load is one thread: with 100 % it is the bottleneck.
    pub const GENERATOR_CPU_PERCENT: &str = "generator_cpu_percent";
    pub const SERVER_CPU_PERCENT: &str = "server_cpu_percent";
    /// The part of the server's CPU that the thread with the history on disk takes. What it has still to write, a quarter of a second
    /// of lines at most, is not in it, but what was said just before is.
    pub const HISTORY_CPU_PERCENT: &str = "history_cpu_percent";
    pub const DELIVERIES_PER_S: &str = "deliveries_per_s";
    pub const SWITCHES_PER_MESSAGE: &str = "switches_per_message";
    pub const P50_MS: &str = "p50_ms";
    pub const P99_MS: &str = "p99_ms";
    pub const P999_MS: &str = "p99.9_ms";
    pub const MAX_MS: &str = "max_ms";
    pub const PEOPLE_IN: &str = "people_in";
    pub const LOGINS_PER_S: &str = "logins_per_s";
    /// Memory beyond that of the empty server.
    pub const RESIDENT_KIB_PER_PERSON: &str = "resident_kib_per_person";
    /// Memory of the kernel for stacks, page tables and both ends of the socket.
    pub const KERNEL_KIB_PER_PERSON: &str = "kernel_kib_per_person";
    pub const BROADCAST_MS: &str = "broadcast_ms";
    /// The growth of resident memory since all people read.
    pub const GROWN_MIB: &str = "grown_mib";
    pub const RESIDENT_MIB: &str = "resident_mib";
    pub const CUT: &str = "cut";
    pub const CUT_AFTER_S: &str = "cut_after_s";
    pub const CYCLES_PER_S: &str = "cycles_per_s";
    pub const THREADS_AFTER: &str = "threads_after";
    pub const DESCRIPTORS_AFTER: &str = "descriptors_after";

    /// All names with their titles, in the order of the tables.
    pub const TITLES: [(&str, &str); 23] = [
        (SERVER_CPU_US, "CPU per delivery, µs"),
        (SERVER_CPU_MESSAGE_US, "CPU a message, µs"),
        (GENERATOR_CPU_US, "generator's CPU per delivery, µs"),
        (DELIVERIES_PER_S, "deliveries a second"),
        (SWITCHES_PER_MESSAGE, "context switches a message"),
        (P50_MS, "p50, ms"),
        (P99_MS, "p99, ms"),
        (P999_MS, "p99.9, ms"),
        (MAX_MS, "maximum, ms"),
        (PEOPLE_IN, "logged in"),
        (LOGINS_PER_S, "logins per second"),
        (RESIDENT_KIB_PER_PERSON, "resident memory per person, KiB"),
        (KERNEL_KIB_PER_PERSON, "kernel memory per person, KiB"),
        (SERVER_CPU_PERCENT, "CPU, %"),
        (GENERATOR_CPU_PERCENT, "generator's CPU, %"),
        (BROADCAST_MS, "one message to all, ms"),
        (GROWN_MIB, "memory grown, MiB"),
        (CUT, "stalled disconnected"),
        (CUT_AFTER_S, "disconnected after, s"),
        (CYCLES_PER_S, "visits a second"),
        (RESIDENT_MIB, "resident memory, MiB"),
        (THREADS_AFTER, "threads afterwards"),
        (DESCRIPTORS_AFTER, "descriptors afterwards"),
    ];
}

/// Values by their names in [`figure`].
pub type Figures = BTreeMap<String, f64>;

/// A look at a server during a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// Seconds since the beginning.
    pub at_s: f64,
    /// The value for the deliveries since the previous moment; `None` without any.
    pub p99_ms: Option<f64>,
    pub resident_mib: f64,
}

/// One case with one server in one round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub workload: Workload,
    /// The label of the server.
    pub peer: String,
    pub case: Case,
    /// The number of the round, from 0.
    pub round: u32,
    pub figures: Figures,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moments: Vec<Moment>,
    /// The reason why there are no figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The conditions of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The time of its beginning, RFC 3339.
    pub began: String,
    /// The command that repeats it.
    pub command: String,
    /// Processor, kernel, Cargo profile and load.
    pub machine: String,
    /// The label and the version of each server.
    pub peers: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    pub setting: Setting,
    pub records: Vec<Record>,
}

/// A figure over some rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub lowest: f64,
    pub highest: f64,
}

impl Spread {
    /// The spread of these values; none if there are none. The median of an even number is the mean of the two in the middle.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let upper = *values.get(values.len() / 2)?;
        let lower = values[(values.len() - 1) / 2];
        Some(Self {
            median: f64::midpoint(lower, upper),
            lowest: values[0],
            highest: values[values.len() - 1],
        })
    }

    /// Half of the range, as a percentage of the median; none without a range.
    pub fn percent(&self) -> Option<f64> {
        (self.lowest < self.highest && self.median > 0.0)
            .then(|| (self.highest - self.lowest) / 2.0 / self.median * 100.0)
    }
}

impl Results {
    /// The cases of a workload, by payload and then by people.
    pub fn cases(&self, workload: Workload) -> Vec<&Case> {
        let records = self.records.iter().filter(|r| r.workload == workload);
        let cases: BTreeSet<&Case> = records.map(|record| &record.case).collect();
        let mut cases: Vec<&Case> = cases.into_iter().collect();
        cases.sort_by_key(|case| case.payload_bytes);
        cases
    }

    /// One case of one server, round by round.
    pub fn records_of(&self, workload: Workload, peer: &str, case: &Case) -> Vec<&Record> {
        let records = self.records.iter();
        records.filter(|r| r.workload == workload && r.peer == peer && r.case == *case).collect()
    }

    fn rounds(
        &self,
        workload: Workload,
        peer: &str,
        case: &Case,
        figure: &str,
    ) -> BTreeMap<u32, f64> {
        let records = self.records_of(workload, peer, case).into_iter();
        records.filter_map(|record| Some((record.round, *record.figures.get(figure)?))).collect()
    }

    /// A figure over all rounds.
    pub fn spread(
        &self,
        workload: Workload,
        peer: &str,
        case: &Case,
        figure: &str,
    ) -> Option<Spread> {
        Spread::of(self.rounds(workload, peer, case, figure).into_values())
    }

    /// The median of the ratios of a figure of one server to that of another, both of the same round.
    pub fn ratio(
        &self,
        workload: Workload,
        (peer, other): (&str, &str),
        case: &Case,
        figure: &str,
    ) -> Option<f64> {
        let others = self.rounds(workload, other, case, figure);
        let rounds = self.rounds(workload, peer, case, figure).into_iter();
        let ratios = rounds.filter_map(|(round, value)| {
            let other = others.get(&round).filter(|other| **other > 0.0)?;
            Some(value / other)
        });
        Spread::of(ratios).map(|spread| spread.median)
    }

    /// Writes `results.jsonl`.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let setting = Line::Setting(self.setting.clone());
        let records = self.records.iter().cloned().map(|mut record| {
            // JSON has no infinity.
            record.figures.retain(|_, value| value.is_finite());
            Line::Record(record)
        });
        let mut text = String::new();
        for line in [setting].into_iter().chain(records) {
            text.push_str(&serde_json::to_string(&line)?);
            text.push('\n');
        }
        put(folder, FILE, &text)
    }

    /// Reads `results.jsonl`.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path).map_err(|error| about(&path, &error))?;
        Self::parse(&text).map_err(|error| about(&path, &error))
    }

    fn parse(text: &str) -> io::Result<Self> {
        let mut lines = (1..).zip(text.lines()).map(|(number, line)| {
            let line = serde_json::from_str(line);
            line.map_err(|error| io::Error::other(format!("line {number}: {error}")))
        });
        let Some(Line::Setting(setting)) = lines.next().transpose()? else {
            return Err(io::Error::other("the first line is no setting"));
        };
        let mut results = Self { setting, records: Vec::new() };
        for line in lines {
            match line? {
                Line::Record(record) => results.records.push(record),
                Line::Setting(_) => return Err(io::Error::other("a second setting")),
            }
        }
        Ok(results)
    }
}

/// A line of the file. Its key `line` says which kind it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "kebab-case")]
enum Line {
    Setting(Setting),
    Record(Record),
}

/// Writes a file. An error names it.
pub fn put(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(|error| about(&path, &error))
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

impl Setting {
    /// The setting of a run that begins now.
    pub fn now() -> io::Result<Self> {
        let cores = thread::available_parallelism()?;
        let processor = fs::read_to_string("/proc/cpuinfo")?;
        let processor = value(&processor, "model name").unwrap_or("unknown processor");
        let memory = fs::read_to_string("/proc/meminfo")?;
        let memory = value(&memory, "MemTotal")
            .and_then(|size| size.split_whitespace().next()?.parse::<f64>().ok())
            .unwrap_or(0.0);
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
        // Cargo names the directory of a program after its profile.
        let program = env::current_exe()?;
        let profile = program.parent().and_then(Path::file_name);
        let peers = peer::SERVERS.map(|peer| {
            let version = peer.version().unwrap_or_else(|missing| missing);
            (peer.label().to_owned(), version)
        });
        Ok(Self {
            began: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            command: command(env::args()),
            machine: format!(
                "{cores} cores ({processor}), {:.0} GiB, Linux {}; profile {}; generator and server on the same \
                 machine; {SPEAKERS} speakers, {WINDOW} messages in flight",
                memory / 1024.0 / 1024.0,
                kernel.trim(),
                profile.unwrap_or_default().display(),
            ),
            peers: peers.to_vec(),
        })
    }
}

/// The command that was typed: the script runs this program with `run` and its own arguments.
fn command(arguments: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = arguments.skip(2).collect();
    format!("scripts/bench {}", words.join(" ")).trim_end().to_owned()
}

/// The value behind the colon of the line that begins with `name`.
fn value<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Results with these values of one figure, each with its server, number of people and round.
    pub fn results(
        workload: Workload,
        figure: &str,
        values: &[(&str, usize, u32, f64)],
    ) -> Results {
        let record = |&(peer, people, round, value): &(&str, usize, u32, f64)| Record {
            workload,
            peer: peer.to_owned(),
            case: Case::of(people, 64),
            round,
            figures: Figures::from([(figure.to_owned(), value)]),
            moments: Vec::new(),
            error: None,
        };
        Results {
            setting: Setting {
                began: "2026-01-02T03:04:05Z".to_owned(),
                command: "scripts/bench".to_owned(),
                machine: "no machine".to_owned(),
                peers: peer::SERVERS
                    .map(|peer| (peer.label().to_owned(), "version 1.2.3".to_owned()))
                    .to_vec(),
            },
            records: values.iter().map(record).collect(),
        }
    }

    #[test]
    fn the_median_is_in_the_middle() {
        for (values, median, percent) in [
            (&[7.0][..], 7.0, None),
            (&[9.0, 1.0, 2.0], 2.0, Some(200.0)),
            (&[9.0, 1.0, 4.0, 2.0], 3.0, Some(4.0 / 3.0 * 100.0)),
            (&[f64::NAN, 5.0, f64::INFINITY], 5.0, None),
            (&[90.0, 100.0, 130.0], 100.0, Some(20.0)),
            (&[0.0, 0.0, 9.0], 0.0, None),
        ] {
            let spread = Spread::of(values.iter().copied()).unwrap();
            assert_eq!((spread.median, spread.percent()), (median, percent));
        }
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn a_ratio_is_that_of_the_same_round() {
        let (figure, workload) = (figure::P99_MS, Workload::Latency);
        let ours = [(0, 1.0), (1, 20.0), (2, 3.0), (3, 9.0)].map(|(r, v)| ("a", 10, r, v));
        let theirs = [(2, 1.0), (1, 10.0), (0, 2.0), (4, 1.0)].map(|(r, v)| ("b", 10, r, v));
        let results = results(workload, figure, &[ours, theirs].concat());
        let ratio = |peers, people| results.ratio(workload, peers, &Case::of(people, 64), figure);
        assert_eq!(ratio(("a", "b"), 10), Some(2.0));
        assert_eq!(ratio(("a", "b"), 11), None);
        assert_eq!(ratio(("a", "c"), 10), None);
    }

    #[test]
    fn cases_are_sorted_by_payload_and_then_by_people() {
        let values = [1_000, 10, 1_000].map(|people| ("a", people, 0, 1.0));
        let mut results = results(Workload::FanOut, "figure", &values);
        results.records[0].case.payload_bytes = 512;
        let (small, large) = (Case::of(10, 64), Case::of(1_000, 64));
        let long = Case::of(1_000, 512);
        assert_eq!(results.cases(Workload::FanOut), [&small, &large, &long]);
        assert!(results.cases(Workload::Churn).is_empty());
    }

    #[test]
    fn the_file_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut results = results(Workload::Stalled, figure::P99_MS, &[("a", 10, 0, 1.5)]);
        results.records[0].moments.push(Moment { at_s: 0.1, p99_ms: None, resident_mib: 5.5 });
        results.records.push(Record {
            figures: Figures::new(),
            error: Some("a has ended".to_owned()),
            ..results.records[0].clone()
        });
        let mut written = results.clone();
        let figures = &mut written.records[0].figures;
        figures.insert("infinite".to_owned(), f64::INFINITY);
        written.write(folder.path()).unwrap();
        assert_eq!(Results::read(folder.path()).unwrap(), results);
    }

    #[test]
    fn an_invalid_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = Results::read(folder.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().contains(FILE), "{error}");

        let results = results(Workload::FanOut, "figure", &[("a", 10, 0, 1.5)]);
        results.write(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        let good = fs::read_to_string(&path).unwrap();
        let (setting, record) = good.trim_end().split_once('\n').unwrap();
        for (bad, why) in [
            (String::new(), "the first line is no setting"),
            (record.to_owned(), "the first line is no setting"),
            (format!("{setting}\n{setting}"), "a second setting"),
            (format!("{good}{{"), "line 3: EOF while parsing"),
            (good.replace("peer\"", "pier\""), "line 2: missing field `peer`"),
            (good.replace("fan-out", "fun"), "line 2: unknown variant `fun`"),
        ] {
            fs::write(&path, &bad).unwrap();
            let error = Results::read(folder.path()).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains(FILE), "{error}");
        }
    }

    #[test]
    fn the_setting_names_the_machine_and_the_command() {
        let setting = Setting::now().unwrap();
        assert_eq!(setting.peers.len(), peer::SERVERS.len());
        // The program of a test lies in a directory of its own.
        assert!(setting.machine.contains("; profile deps; "));
        assert!(setting.machine.contains("Linux"));
        assert_eq!(value("a\t: b: c\nd: e", "a"), Some("b: c"));
        assert_eq!(value("a: b", "x"), None);
        let words = ["target/dist/bench", "run", "--quick", "--rounds", "1"];
        let command = command(words.into_iter().map(str::to_owned));
        assert_eq!(command, "scripts/bench --quick --rounds 1");
    }
}
