//! Trouble while the server runs: no room, damage, other processes, people who are forgotten.

use std::sync::Mutex;

use rusqlite::ffi;

use super::*;
use crate::chat::LookupError;
use crate::config::ForgetOptions;

fn damage() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None)
}

fn lines(ids: std::ops::RangeInclusive<u64>) -> Vec<Write> {
    ids.map(|id| line(1, id, "ann", "x")).collect()
}

/// As [`page`], of a room of which memory has the lines from `below` on.
fn before_memory(archive: &Archive, epoch: u64, range: Range, below: u64) -> Found {
    let (room, hidden) = ("room".into(), Vec::new());
    let (limit, bytes_max) = (100, usize::MAX);
    let asked = Fetch { ticket: 1, room, epoch, range, below, limit, bytes_max, hidden };
    search::fetch(archive.connection(), &TimeZone::UTC, &asked).unwrap()
}

#[test]
fn lines_that_could_not_be_written_are_a_gap_before_the_next_one_is() {
    let place = Place::new("unwritten");
    let mut archive = place.archive();
    archive.write_batch(&lines(1..=3), 0).unwrap();
    let gap = |first, last| Gap { first, last, cause: Loss::Full };
    #[rustfmt::skip]
    let table = [
        (1, Range::Last, 11, vec![1, 2, 3], vec![gap(4, 10)]),
        (1, Range::Last, 4, vec![1, 2, 3], vec![]),
        (1, Range::Before(8), 11, vec![1, 2, 3], vec![gap(4, 7)]),
        (1, Range::After(1), 11, vec![2, 3], vec![gap(4, 10)]),
        (1, Range::After(5), 11, vec![], vec![gap(6, 10)]),
        (1, Range::Last, u64::MAX, vec![1, 2, 3], vec![]),
        // Nothing of this room was ever written.
        (2, Range::Last, 5, vec![], vec![gap(1, 4)]),
        (2, Range::After(2), 5, vec![], vec![gap(3, 4)]),
        (2, Range::Last, u64::MAX, vec![], vec![]),
    ];
    for (epoch, range, below, expected, gaps) in table {
        let found = before_memory(&archive, epoch, range, below);
        assert_eq!((ids(&found), found.gaps), (expected, gaps), "{epoch} {range:?} {below}");
    }
    // The next line makes the same gap known.
    archive.write_batch(&lines(11..=11), 0).unwrap();
    assert_eq!(before_memory(&archive, 1, Range::Last, 12).gaps, [gap(4, 10)]);
}

#[test]
fn a_file_that_another_process_has_locked_is_waited_for() {
    let place = Place::new("locked");
    let mut archive = place.archive();
    archive.connection().busy_timeout(Duration::ZERO).unwrap();
    let other = Connection::open(place.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    archive.keep(lines(1..=3));
    archive.keep(lines(4..=5));
    assert_eq!(ids(&page(&archive, 1, Range::Last, 9)), Vec::<u64>::new());
    other.execute_batch("ROLLBACK").unwrap();
    archive.keep(lines(6..=6));
    assert_eq!(ids(&page(&archive, 1, Range::Last, 9)), [1, 2, 3, 4, 5, 6]);
    assert_eq!(archive.lost(), 0);
}

#[test]
fn after_damage_the_history_begins_anew_and_says_so() {
    let place = Place::new("damage");
    let mut archive = place.archive();
    archive.keep(lines(1..=3));
    archive.handle_error(&damage());
    archive.keep(lines(4..=5));
    let found = page(&archive, 1, Range::Last, 9);
    assert_eq!(ids(&found), [4, 5]);
    assert_eq!(found.gaps, [Gap { first: 1, last: 3, cause: Loss::Damage }]);
    assert!(!aside(&place, "damaged").is_empty(), "the damaged file is kept");
}

/// The names of the files that are set aside for this reason.
fn aside(place: &Place, word: &str) -> Vec<String> {
    let files = std::fs::read_dir(&place.0).unwrap().map(|entry| entry.unwrap().file_name());
    let names = files.map(|name| name.into_string().unwrap());
    names.filter(|name| name.contains(&format!(".{word}-"))).collect()
}

#[test]
fn a_file_that_is_removed_or_renamed_while_the_server_runs_begins_anew() {
    let place = Place::new("removed");
    let moved = place.0.join("moved.db");
    for is_renamed in [false, true] {
        let mut archive = place.archive();
        let start = if is_renamed { 11 } else { 1 };
        archive.keep(lines(start..=start + 2));
        if is_renamed {
            std::fs::rename(place.file(), &moved).unwrap();
        } else {
            std::fs::remove_file(place.file()).unwrap();
        }
        assert!(!archive.remove_expired());
        archive.keep(lines(start + 3..=start + 4));
        let found = page(&archive, 1, Range::Last, 9);
        assert_eq!(ids(&found), [start + 3, start + 4]);
        assert_eq!(found.gaps, [Gap { first: 1, last: start + 2, cause: Loss::Damage }]);
        archive.end();
        let again = place.archive();
        assert_eq!(loaded(&again).rooms[0].lines.len(), 2, "they are in the file");
    }
    let moved = Connection::open(moved).unwrap();
    let count = "SELECT count(*) FROM lines WHERE message_id IN (11, 12, 13)";
    assert_eq!(moved.query_row(count, [], |row| row.get(0)), Ok(3), "what was renamed is whole");
}

#[test]
fn a_file_in_the_place_of_the_one_that_is_open_is_set_aside_as_it_is() {
    let place = Place::new("replaced");
    let mut archive = place.archive();
    archive.keep(lines(1..=3));
    let (backup, other) = (place.0.join("backup.db"), "a backup, put there while the server runs");
    std::fs::write(&backup, other).unwrap();
    std::fs::rename(&backup, place.file()).unwrap();
    assert!(!archive.remove_expired());
    archive.keep(lines(4..=4));
    assert_eq!(ids(&page(&archive, 1, Range::Last, 9)), [4]);
    let names = aside(&place, "replaced");
    let name = names.iter().find(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
    assert_eq!(std::fs::read_to_string(place.0.join(name.unwrap())).unwrap(), other);
    // The log of the former file is not taken for one of the new file.
    assert!(names.iter().any(|name| name.ends_with("-wal")), "{names:?}");
    assert!(!archive.remove_expired() && aside(&place, "replaced") == names, "once");
}

#[test]
fn a_server_that_is_refused_creates_no_file() {
    let place = Place::new("refused");
    let first = HistoryFile::open(&place.file()).unwrap();
    std::fs::remove_file(place.file()).unwrap();
    let refused = HistoryFile::open(&place.file()).map(drop).unwrap_err();
    assert!(refused.to_string().contains("another server"), "{refused}");
    assert!(!place.file().exists());
    drop(first);
}

#[test]
fn a_file_of_which_a_few_bytes_are_left_is_set_aside() {
    let place = Place::new("few-bytes");
    place.archive().end();
    let whole = std::fs::read(place.file()).unwrap();
    for bytes in [1, 15, 16, 17, 31, 32, 71, 99] {
        std::fs::write(place.file(), &whole[..bytes]).unwrap();
        place.archive().end();
        let names = aside(&place, "damaged");
        assert_eq!(names.len(), 1, "{bytes}: {names:?}");
        let name = place.0.join(&names[0]);
        assert!(std::fs::read(&name).unwrap() == whole[..bytes], "{bytes}");
        std::fs::remove_file(name).unwrap();
    }
    for other in ["SQL", "SQLite", "SQLite format 3"] {
        std::fs::write(place.file(), format!("{other}, a novel")).unwrap();
        let refused = HistoryFile::open(&place.file()).map(drop).unwrap_err();
        assert!(refused.to_string().contains("is not a history"), "{refused}");
    }
}

#[test]
fn a_file_that_cannot_be_replaced_is_tried_again() {
    let place = Place::new("irreplaceable");
    let mut archive = super::backlog::busy(&place);
    let directory = place.0.clone();
    std::fs::rename(&directory, directory.with_extension("away")).unwrap();
    archive.handle_error(&damage());
    assert_eq!(archive.lost(), 90, "the backlog of the damaged file");
    archive.keep(lines(46..=47));
    assert_eq!(archive.lost(), 2);
    // It neither spins nor keeps anybody waiting.
    assert!(!archive.may_index() && !archive.remove_expired());
    std::fs::rename(directory.with_extension("away"), &directory).unwrap();
    archive.replace();
    archive.keep(lines(48..=48));
    assert_eq!(archive.lost(), 0);
    while archive.may_index() {
        archive.index_backlog();
    }
    assert_eq!(ids(&page(&archive, 1, Range::Last, 2)), [45, 48]);
}

#[test]
fn a_file_that_stays_locked_keeps_neither_questions_nor_the_end_waiting() {
    let place = Place::new("stays-locked");
    let (file, connection) = HistoryFile::open(&place.file()).unwrap();
    let (sender, jobs, gauge) = Queue::channel();
    let (searches, _searched) = crossbeam_channel::unbounded();
    let (_, search_ended) = crossbeam_channel::bounded(0);
    let (answers, answer) = crossbeam_channel::unbounded();
    let report: Report = Arc::new(move |event| answers.send(event).unwrap());
    let (generation, gauge_of_queue) = (Arc::default(), Arc::clone(&gauge));
    let is_shared = false;
    let links =
        archive::Links { jobs, gauge, searches, search_ended, generation, report, is_shared };
    let archive = Archive::new(file, connection, UNBOUNDED, links).unwrap();
    let other = Connection::open(place.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let row = Arc::new(ThreadTable::default()).row("archive", "archive".into());
    let thread = std::thread::spawn(move || archive.run(&row));
    let queue = Queue::new(sender, Arc::clone(&gauge_of_queue), thread.thread().clone());
    // Each is a job of its own, and they are more than a batch.
    for line in lines(1..=6_000) {
        let Write::Line(line) = line else { panic!("not a line") };
        queue.keep(&[line]);
    }
    assert!(queue.look_up(Question::Search(find("x", None, &[1]))));
    let behind = Event::Found { ticket: 1, found: Err(LookupError::Behind) };
    assert_eq!(answer.recv_timeout(Duration::from_secs(20)), Ok(behind));
    drop(queue);
    thread.join().unwrap();
    assert_eq!((gauge_of_queue.lines(), gauge_of_queue.has_lost()), (0, true));
}

#[test]
fn the_archive_waits_less_long_for_others_than_systemd_for_the_end() {
    let place = Place::new("wait");
    let mut archive = place.archive();
    // At worst, two statements wait before the end of the server is noticed, and two at the end.
    let wait = |archive: &Archive| {
        let wait = archive.connection().pragma_query_value(None, "busy_timeout", |row| row.get(0));
        Duration::from_millis(wait.unwrap())
    };
    assert!(2 * wait(&archive) <= Duration::from_secs(4));
    archive.handle_error(&damage());
    assert!(2 * wait(&archive) <= Duration::from_secs(4), "also for a file in its place");
}

#[test]
fn a_line_that_comes_after_its_sender_was_forgotten_goes_too() {
    let place = Place::new("forgotten");
    let mut archive = place.archive();
    let told = Arc::new(Mutex::new(Vec::new()));
    let report = Arc::clone(&told);
    archive.set_report(Arc::new(move |event| report.lock().unwrap().push(event)));
    for start in [1, 401, 801] {
        let ids = start..start + 400;
        archive.keep(ids.map(|id| line(1, id, ["ann", "bob"][id as usize % 2], "x")).collect());
    }
    let moment = at(2_000);
    let forget = "INSERT INTO forgotten VALUES ('Ann', ?1)";
    archive.connection().execute(forget, [moment.as_millisecond()]).unwrap();
    // In steps, between which lines are written.
    let now = moment + SignedDuration::from_secs(1);
    assert!(archive.try_remove(now).unwrap());
    archive.keep(vec![line(1, 1_201, "ann", "was in the queue")]);
    while archive.try_remove(now).unwrap() {}
    archive.keep(vec![line(1, 1_202, "ann", "was in the queue too")]);
    archive.keep(vec![line(1, 2_001, "ann", "said afterwards")]);
    while archive.try_remove(now + SignedDuration::from_secs(12)).unwrap() {}
    let left = ids(&page(&archive, 1, Range::After(0), 2_000));
    assert_eq!(left.len(), 601);
    assert_eq!(left.last(), Some(&2_001));
    assert!(left[..600].iter().all(|id| id % 2 == 1));
    let asked = "SELECT count(*) FROM forgotten";
    let asked = archive.connection().query_row(asked, [], |row| row.get::<_, usize>(0));
    assert_eq!(asked, Ok(0));
    let sender = NameKey::of("ann");
    assert_eq!(*told.lock().unwrap(), [Event::Forgotten { sender, before: moment }]);
}

/// The names of the files of a history that contain this.
fn with_bytes(place: &Place, text: &str) -> Vec<String> {
    let files = std::fs::read_dir(&place.0).unwrap().map(|entry| entry.unwrap());
    let has = |path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    let files = files.filter(|file| has(file.path()));
    files.map(|file| file.file_name().into_string().unwrap()).collect()
}

/// As `chatserv forget` asks a running server.
fn ask_to_forget_ann(archive: &Archive, moment: jiff::Timestamp) {
    let forget = "INSERT INTO forgotten VALUES ('ann', ?1)";
    archive.connection().execute(forget, [moment.as_millisecond()]).unwrap();
}

/// How many people are still to be forgotten.
fn to_forget(archive: &Archive) -> usize {
    let count = "SELECT count(*) FROM forgotten";
    archive.connection().query_row(count, [], |row| row.get(0)).unwrap()
}

#[test]
fn nothing_is_left_of_a_line_that_came_after_its_sender_was_forgotten() {
    let place = Place::new("traces");
    let mut archive = place.archive();
    let moment = at(2_000);
    ask_to_forget_ann(&archive, moment);
    let now = moment + SignedDuration::from_secs(12);
    for start in [1, 601] {
        archive.keep((start..start + 600).map(|id| line(1, id, "bob", "harmless")).collect());
        archive.index_backlog();
        let texts = (start + 600..start + 1_200).map(|id| line(1, id, "ann", "secretive"));
        archive.keep(texts.collect());
        archive.index_backlog();
    }
    // Another program reads, and the log stays.
    let reader = Connection::open(place.file()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM lines").unwrap();
    while archive.try_remove(now).unwrap() {}
    assert_eq!((to_forget(&archive), with_bytes(&place, "secretive").is_empty()), (1, false));
    // It is tried again, and meanwhile lines are kept.
    archive.keep(vec![line(1, 3_000, "bob", "and on it goes")]);
    reader.execute_batch("COMMIT").unwrap();
    while archive.try_remove(now).unwrap() {}
    assert_eq!(with_bytes(&place, "secretive"), Vec::<String>::new());
    assert_eq!(to_forget(&archive), 0);
    assert_eq!(found(&archive, &find("goes", None, &[1])), [3_000]);
}

#[test]
fn a_person_is_forgotten_while_others_talk_without_a_pause() {
    let place = Place::new("no-pause");
    let mut archive = place.archive();
    let moment = at(100);
    ask_to_forget_ann(&archive, moment);
    let now = moment + SignedDuration::from_secs(12);
    archive.keep(vec![line(1, 99, "bob", "x")]);
    let asked = |archive: &mut Archive| {
        while archive.try_remove(now).unwrap() {}
        to_forget(archive)
    };
    // There is always a line in the queue.
    archive.queue(1);
    assert_eq!(asked(&mut archive), 1, "it may be one of hers");
    archive.keep(vec![line(1, 101, "bob", "x")]);
    assert_eq!(asked(&mut archive), 0);
}

#[test]
fn a_second_forget_clears_what_the_first_could_not() {
    let place = Place::new("forget-twice");
    let mut archive = place.archive();
    let lines = (1..=500).map(|id| line(1, id, ["ann", "bob"][id as usize % 2], "secretive"));
    archive.keep(lines.collect());
    archive.index_backlog();
    // As a server does which ends a moment later.
    for name in ["ann", "bob"] {
        let key = NameKey::of(name);
        retention::forget_some(archive.connection_mut(), &key, i64::MAX).unwrap();
    }
    archive.end();
    assert_eq!(with_bytes(&place, "secretive"), ["history.db"]);
    let error = forget(&of_ann(&place)).unwrap_err().to_string();
    assert!(error.ends_with("holds no line of ann"), "{error}");
    assert_eq!(with_bytes(&place, "secretive"), Vec::<String>::new());
}

fn of_ann(place: &Place) -> ForgetOptions {
    ForgetOptions { history: place.file(), from: "@ann".into() }
}

#[test]
fn a_log_that_another_program_holds_is_no_success() {
    let place = Place::new("held-log");
    let mut archive = place.archive();
    archive.keep(vec![line(1, 1, "ann", "secretive")]);
    let reader = Connection::open(place.file()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM lines").unwrap();
    let mut connection = Connection::open(place.file()).unwrap();
    connection.busy_timeout(Duration::ZERO).unwrap();
    let held = forget::forget_in(&mut connection, &of_ann(&place)).unwrap_err().to_string();
    assert!(held.contains("1 line of ann is removed, but the log beside it still holds"), "{held}");
    assert!(held.ends_with("End that program, and run the same command again"), "{held}");
    assert_ne!(with_bytes(&place, "secretive"), Vec::<String>::new());
    reader.execute_batch("COMMIT").unwrap();
    let error = forget::forget_in(&mut connection, &of_ann(&place)).unwrap_err().to_string();
    assert!(error.ends_with("holds no line of ann"), "{error}");
    assert_eq!(with_bytes(&place, "secretive"), Vec::<String>::new());
}

#[test]
fn a_link_to_a_file_that_does_not_exist_yet_is_followed() {
    let place = Place::new("link");
    let link = place.0.join("link.db");
    std::os::unix::fs::symlink(place.file(), &link).unwrap();
    let first = HistoryFile::open(&link).unwrap();
    for second in [&link, &place.file()] {
        let refused = HistoryFile::open(second).map(drop).unwrap_err();
        assert!(refused.to_string().contains("another server"), "{refused}");
    }
    drop(first);
}
