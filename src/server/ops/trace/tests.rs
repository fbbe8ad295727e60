use std::env;

use serde_json::Value;

use super::*;
use crate::server::ops::memory::MemoryGuard;
use crate::server::ops::threads::{Activity, ThreadTable};

/// The file of one test, which removes it.
struct Place(PathBuf);

impl Place {
    fn new(test: &str) -> Self {
        Self(env::temp_dir().join(format!("chatserv-trace-{test}-{}.json", process::id())))
    }

    /// Records the work of a table until its end, and returns the events.
    fn record(&self, queue: usize, work: impl FnOnce(Arc<ThreadTable>)) -> Vec<Value> {
        self.record_at_most(limits::TRACE_FILE_BYTES_MAX, queue, work)
    }

    fn record_at_most(
        &self,
        bytes_max: usize,
        queue: usize,
        work: impl FnOnce(Arc<ThreadTable>),
    ) -> Vec<Value> {
        let file = File::create(&self.0).unwrap();
        let recorder = Recorder::new(self.0.clone(), file, bytes_max, queue);
        let table = Arc::new(ThreadTable::new(Some(recorder.trace()), MemoryGuard::default()));
        thread::scope(|scope| {
            // Before the recorder runs, so that the queue fills.
            work(Arc::clone(&table));
            scope.spawn(|| recorder.run(|_| ()));
            table.end_trace();
        });
        serde_json::from_str(&fs::read_to_string(&self.0).unwrap()).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The events of this kind.
fn of<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["ph"] == kind).collect()
}

#[test]
fn each_thread_has_a_name_and_contiguous_spans() {
    let events = Place::new("spans").record(100, |table| {
        let row = table.row("reader", "reader-7".into());
        let listed = table.list(&row);
        row.doing(Activity::Reading);
        row.doing(Activity::Reading);
        row.doing(Activity::WaitingForTurn);
        drop(listed);
        // A thread that outlives the trace, as the signals thread does.
        let row = table.row("signals", "signals".into());
        std::mem::forget(table.list(&row));
        row.doing(Activity::WaitingForSignals);
    });
    let names: Vec<&Value> = of(&events, "M").iter().map(|event| &event["args"]["name"]).collect();
    assert_eq!(names, ["chatserv", "reader-7", "signals"]);
    let spans = of(&events, "X");
    let did: Vec<_> = spans
        .iter()
        .map(|span| (span["tid"].as_u64().unwrap(), span["name"].as_str().unwrap()))
        .collect();
    let reader = spans[0]["tid"].as_u64().unwrap();
    let signals = spans[3]["tid"].as_u64().unwrap();
    assert_ne!(reader, signals);
    assert_eq!(
        did,
        [
            (reader, "starting"),
            (reader, "in read"),
            (reader, "waiting for its turn"),
            (signals, "starting"),
            (signals, "waiting for signals"),
        ]
    );
    let nanoseconds = |event: &Value, key: &str| {
        let text = event[key].to_string();
        let (whole, fraction) = text.split_once('.').unwrap();
        let fraction = format!("{fraction:0<3}");
        whole.parse::<u64>().unwrap() * 1000 + fraction.parse::<u64>().unwrap()
    };
    for pair in spans[..3].windows(2) {
        let end = nanoseconds(pair[0], "ts") + nanoseconds(pair[0], "dur");
        assert_eq!(end, nanoseconds(pair[1], "ts"));
    }
}

#[test]
fn an_earlier_time_that_comes_last_gives_an_empty_span() {
    let recorder = Recorder::new("".into(), File::open("/dev/null").unwrap(), 100, 100);
    let track = recorder.trace().track();
    let began = track.since.load(Ordering::Relaxed);
    for later in [5_000, 3_000, 9_000] {
        track.did_until("in read", began + later);
    }
    let spans: Vec<(u64, u64)> = recorder
        .notes
        .try_iter()
        .map(|note| match note {
            Note::Did { from, to, .. } => (from - began, to - began),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(spans, [(0, 5_000), (3_000, 3_000), (5_000, 9_000)]);
}

#[test]
fn notes_that_the_queue_cannot_hold_are_counted() {
    // Room for the name and one span. The end waits for room.
    let events = Place::new("dropped").record(2, |table| {
        let row = table.row("reader", "reader-7".into());
        let _listed = table.list(&row);
        for _ in 0..50 {
            row.doing(Activity::Reading);
            row.doing(Activity::WaitingForTurn);
        }
    });
    assert_eq!(of(&events, "X").len(), 1);
    let told = of(&events, "i");
    assert_eq!(told.len(), 1);
    // A hundred changes and the last activity, without the one span.
    assert_eq!(told[0]["name"], "100 notes are missing: the disk is too slow");
}

#[test]
fn a_full_file_ends_the_trace_between_two_events() {
    let place = Place::new("full");
    let mut counts = Vec::new();
    // Wherever the limit cuts an event, the file is an array of the longest allowed length.
    for bytes_max in (1000..1200).step_by(7) {
        let events = place.record_at_most(bytes_max, 1000, |table| {
            let row = table.row("reader", "reader-7".into());
            let _listed = table.list(&row);
            for _ in 0..50 {
                row.doing(Activity::Reading);
                row.doing(Activity::WaitingForTurn);
            }
        });
        let bytes = fs::metadata(&place.0).unwrap().len() as usize;
        assert!(bytes <= bytes_max && bytes + 150 > bytes_max, "{bytes}");
        counts.push(of(&events, "X").len());
    }
    assert!(counts[0] > 0 && counts[28] > counts[0], "{counts:?}");
}

#[test]
fn a_failed_write_ends_the_trace_and_nothing_else() {
    let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else {
        return;
    };
    let recorder = Recorder::new("/dev/full".into(), full, 1000, 2);
    let table = Arc::new(ThreadTable::new(Some(recorder.trace()), MemoryGuard::default()));
    thread::scope(|scope| {
        let thread = scope.spawn(|| recorder.run(|_| ()));
        thread.join().unwrap();
    });
    let row = table.row("reader", "reader-7".into());
    for _ in 0..10 {
        row.doing(Activity::Reading);
        row.doing(Activity::WaitingForTurn);
    }
    table.end_trace();
}

#[test]
fn an_unwritable_file_is_refused_and_a_check_creates_none() {
    let place = Place::new("refused");
    check(&place.0).unwrap();
    assert!(!place.0.exists());
    Recorder::create(&place.0).unwrap();
    check(&place.0).unwrap();
    for path in ["/no/where/trace.json", "/tmp", "/dev/null"] {
        let path = Path::new(path);
        let told = Recorder::create(path).unwrap_err().to_string();
        assert!(told.starts_with(path.to_str().unwrap()), "{told}");
        assert!(check(path).is_err(), "{told}");
    }
}
