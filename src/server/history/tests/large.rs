//! A large file: whether it starts and answers soon, and what a line costs. `scripts/history-size` runs it with ten million lines.

use rustix::time::{ClockId, clock_gettime};

use super::super::backlog::count;
use super::*;

/// How many lines there are without the script: enough to see that all of it works.
const FEW_ROWS: u64 = 20_000;

/// How many lines show what a line costs. Without the script, a tenth.
const LINES: usize = 100_000;

/// The lines of a transaction in a chat with a hundred lines a second.
const CALM_BATCH: usize = 25;

/// The bounds that hold for ten million lines.
const START_MAX: Duration = Duration::from_secs(1);
const SEARCH_MAX: Duration = Duration::from_millis(200);

/// People who talk at random, in the same way in every run.
struct Talk {
    random: u64,
    rows: u64,
    last_ids: [u64; 200],
}

impl Talk {
    fn new() -> Self {
        Self { random: 1, rows: 0, last_ids: [0; 200] }
    }

    /// The next random number (splitmix64).
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A word of a vocabulary in which, as in a language, few words are frequent.
    fn word(&mut self) -> String {
        let uniform = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        format!("w{}", (50_000f64.powf(uniform)) as u64)
    }

    fn line(&mut self) -> Write {
        self.rows += 1;
        // Half of all is said in one room, and eight words are a line of usual length.
        let room = match self.next() % 400 {
            room @ 0..200 => room,
            _ => 0,
        };
        let last_id = &mut self.last_ids[room as usize];
        *last_id += 1;
        let id = *last_id;
        let count = 2 + self.next() % 13;
        let mut words: Vec<String> = (0..count).map(|_| self.word()).collect();
        if self.rows.is_multiple_of(1_000) {
            words.push("悬空".to_owned());
        }
        let sender = format!("person{}", self.next() % 1_000);
        let mut line = line(room + 1, id, &sender, &words.join(" "));
        if let Write::Line(KeptLine { message, .. }) = &mut line {
            let message = Arc::get_mut(message).expect("nobody else has it yet");
            message.received_at = at(self.rows as i64);
        }
        line
    }

    fn lines(&mut self, count: usize) -> Vec<Write> {
        (0..count).map(|_| self.line()).collect()
    }
}

/// The processor time that this takes.
fn cost(work: impl FnOnce()) -> Duration {
    let used = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let before = used();
    work();
    used() - before
}

fn micros(time: Duration, lines: usize) -> f64 {
    time.as_secs_f64() * 1e6 / lines as f64
}

fn say(what: &str) {
    // Not `println!`, which the test keeps to itself if it passes.
    std::io::stdout().lock().write_all(format!("{what}\n").as_bytes()).unwrap();
}

/// How many lines the script asks for.
fn asked_rows() -> Option<u64> {
    std::env::var("HISTORY_ROWS").ok().and_then(|rows| rows.parse().ok())
}

/// Prints how long a look takes. Returns how many lines it finds.
fn timed(
    what: &str,
    is_in_time: impl Fn(Duration, Duration) -> bool,
    look: impl FnOnce() -> usize,
) -> usize {
    let began = std::time::Instant::now();
    let lines = look();
    let time = began.elapsed();
    say(&format!("{what}: {lines} lines in {:.1} ms", time.as_secs_f64() * 1e3));
    assert!(is_in_time(time, SEARCH_MAX), "{what}: {time:?}");
    lines
}

#[test]
fn a_large_history_starts_and_answers_soon() {
    let asked = asked_rows();
    let rows = asked.unwrap_or(FEW_ROWS);
    // Other tests run at the same time as this one without the script.
    let is_in_time = |time: Duration, max: Duration| asked.is_none() || time < max;
    let place = Place::new("large");
    let named = std::env::var_os("HISTORY_FILE").map(PathBuf::from);
    let path = named.unwrap_or_else(|| place.file());
    assert!(!path.exists(), "it would be filled with lines");
    let mut archive = open(&path);
    let mut talk = Talk::new();
    while talk.rows < rows {
        archive.write_batch(&talk.lines(512), 0).unwrap();
    }
    archive.end();
    let (rows, bytes) = (talk.rows, std::fs::metadata(&path).unwrap().len());
    say(&format!("{rows} lines in {bytes} bytes: {} MB for a million lines", bytes / rows));

    let began = std::time::Instant::now();
    let archive = open(&path);
    let past = loaded(&archive);
    let started = began.elapsed();
    let lines: usize = past.rooms.iter().map(|room| room.lines.len()).sum();
    let rooms = past.rooms.len();
    say(&format!("opened with {rooms} rooms and {lines} lines in {} ms", started.as_millis()));
    assert!(rooms == 200 && lines >= 9_000, "{rooms} rooms, {lines} lines");
    assert!(is_in_time(started, START_MAX), "{started:?}");

    // Nobody is in more rooms.
    let all: Vec<u64> = (1..=limits::ROOMS_PER_CLIENT_MAX as u64).collect();
    let before = Some(Moment::Exact(at(rows as i64 / 2)));
    let asked = |words, sender, rooms: &[u64]| Search { limit: 20, ..find(words, sender, rooms) };
    for (what, asked) in [
        ("a word in every line", asked("w1", None, &[1])),
        ("the same in a small room", asked("w1", None, &[150])),
        ("the same in as many rooms as one may be in", asked("w1", None, &all)),
        ("a rare word", asked("w49999", None, &all)),
        ("a rare word in a small room", asked("w40001", None, &[150])),
        ("two frequent words", asked("w1 w2", None, &[1])),
        ("a frequent and a rare word", asked("w1 w49999", None, &[1])),
        ("five frequent words", asked("w1 w2 w3 w4 w5", None, &all)),
        ("no such word", asked("nonsense", None, &[1])),
        ("two letters of Chinese", asked("悬空", None, &[1])),
        ("two letters of Chinese that never follow each other", asked("空悬", None, &[1])),
        ("a person", asked("", Some("person7"), &[1])),
        ("a word by a person", asked("w20", Some("person7"), &[1])),
        ("a person in a small room", asked("", Some("person7"), &[150])),
        ("a frequent word before a date", Search { before, ..asked("w1", None, &[1]) }),
        ("a rare word before a date", Search { before, ..asked("w49999", None, &all) }),
    ] {
        timed(what, is_in_time, || {
            search::search(archive.connection(), &TimeZone::UTC, &asked).unwrap().lines.len()
        });
    }
    for (what, range) in [
        ("the oldest lines of the largest room", Range::After(0)),
        ("the lines before a date", Range::Until(Moment::Exact(at(rows as i64 / 2)))),
    ] {
        let lines = timed(what, is_in_time, || page(&archive, 1, range, 100).lines.len());
        assert_eq!(lines, 100, "{what}");
    }
    archive.end();
}

/// Prints the processor time of a line in a chat that is calm, in one that is busy, and of its way out of the backlog.
#[test]
fn a_line_of_a_busy_chat_is_filed_later() {
    let place = Place::new("cost");
    let mut archive = place.archive();
    let mut talk = Talk::new();
    let lines = if asked_rows().is_some() { LINES } else { LINES / 10 };
    let mut write = |archive: &mut Archive, each| {
        let mut spent = Duration::ZERO;
        for _ in 0..lines / each {
            let batch = talk.lines(each);
            spent += cost(|| archive.write_batch(&batch, 0).unwrap());
        }
        spent
    };
    let calm = write(&mut archive, CALM_BATCH);
    archive.set_busy(true);
    let busy = write(&mut archive, limits::HISTORY_BATCH_LINES);
    let lines_put_off = count(archive.connection()).unwrap();
    assert!(lines_put_off > lines / 2);
    archive.set_busy(false);
    let filed = cost(|| {
        while archive.may_index() {
            archive.index_backlog();
        }
    });
    assert_eq!(count(archive.connection()).unwrap(), 0);
    assert_eq!(ids(&page(&archive, 1, Range::After(0), usize::MAX)).len() as u64, talk.last_ids[0]);
    say(&format!(
        "a line of a calm chat costs {:.1} µs of processor time, with its words",
        micros(calm, lines)
    ));
    say(&format!(
        "a line of a busy chat costs {:.2} µs, until it is in the backlog",
        micros(busy, lines_put_off)
    ));
    say(&format!("its way out of the backlog costs {:.1} µs", micros(filed, lines_put_off)));
}
