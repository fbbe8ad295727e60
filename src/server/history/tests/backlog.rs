//! Lines that are on disk before they are in their table and in the index.

use std::sync::Mutex;

use super::*;
use crate::chat::{LookupError, PastRoom};
use crate::config::{ExportFormat, ExportOptions, ForgetOptions};

/// An archive with 90 lines in three batches of the backlog, by three people in two rooms.
pub(super) fn busy(place: &Place) -> Archive {
    let mut archive = place.archive();
    archive.set_busy(true);
    for batch in 0..3 {
        let lines: Vec<Write> = (0..30)
            .map(|at| {
                let (number, from) = (batch * 30 + at, ["ann", "bob", "cid"][at as usize % 3]);
                line(1 + number % 2, 1 + number / 2, from, &format!("word{number} by {from}"))
            })
            .collect();
        archive.write_batch(&lines, 0).unwrap();
    }
    archive
}

fn filed(archive: &Archive) -> usize {
    let count = "SELECT count(*) FROM lines";
    archive.connection().query_row(count, [], |row| row.get(0)).unwrap()
}

fn exported(place: &Place, room: Option<&str>) -> Vec<String> {
    let (lines, error) = export_of(place, room);
    assert_eq!(error, None);
    lines
}

/// The lines of an export that ends with an error, and the error.
fn exported_in_part(place: &Place) -> (Vec<String>, String) {
    let (lines, error) = export_of(place, None);
    (lines, error.unwrap())
}

fn export_of(place: &Place, room: Option<&str>) -> (Vec<String>, Option<String>) {
    let options = ExportOptions {
        history: place.file(),
        room: room.map(str::to_owned),
        since: None,
        format: ExportFormat::Text,
    };
    let mut out = Vec::new();
    let error = export(&options, &mut out).err().map(|error| error.to_string());
    let lines = String::from_utf8(out).unwrap();
    (lines.lines().map(str::to_owned).collect(), error)
}

/// The ids of the last lines of both rooms, as a new server loads them.
fn loaded(archive: &Archive) -> Vec<Vec<u64>> {
    let mut rooms = super::loaded(archive).rooms;
    rooms.sort_by_key(|room| room.epoch);
    rooms.iter().map(ids_in_memory).collect()
}

fn ids_in_memory(room: &PastRoom) -> Vec<u64> {
    let ids = room.lines.iter().map(|message| match message.to {
        Audience::Room { message_id, .. } => message_id,
        Audience::People(_) => panic!("a private line"),
    });
    ids.collect()
}

#[test]
fn filing_changes_neither_what_is_there_nor_its_order() {
    let place = Place::new("backlog");
    let mut archive = busy(&place);
    let all: Vec<u64> = (1..=45).collect();
    let export = exported(&place, None);
    assert_eq!(export.len(), 90);
    assert!(export[0].ends_with(" room1 ann : word0 by ann"), "{export:?}");
    assert!(export[89].ends_with(" room2 cid : word89 by cid"), "{export:?}");
    for batch in 0..=3 {
        assert_eq!(filed(&archive), batch * 30);
        assert_eq!(exported(&place, None), export);
        assert_eq!(exported(&place, Some("ROOM2")).len(), 45);
        assert_eq!(loaded(&archive), [all.clone(), all.clone()]);
        archive.index_backlog();
    }
    assert_eq!(found(&archive, &find("word3", None, &[2])), [2]);
    assert_eq!(found(&archive, &find("by", Some("ann"), &[1, 2])).len(), 30);
    assert_eq!(ids(&page(&archive, 1, Range::Last, 100)), all);
}

#[test]
fn lines_wait_behind_the_backlog_also_in_a_calm_chat() {
    let place = Place::new("backlog-calm");
    let mut archive = busy(&place);
    archive.set_busy(false);
    archive.write_batch(&[line(1, 46, "ann", "the last one")], 0).unwrap();
    assert_eq!(filed(&archive), 0);
    for _ in 0..4 {
        archive.index_backlog();
    }
    archive.write_batch(&[line(1, 47, "ann", "at once")], 0).unwrap();
    assert_eq!(filed(&archive), 92);
    assert_eq!(ids(&page(&archive, 1, Range::Last, 3)), [45, 46, 47]);
    assert_eq!(found(&archive, &find("one", None, &[1])), [46]);
}

#[test]
fn a_crash_loses_nothing_of_the_backlog() {
    let place = Place::new("backlog-crash");
    let archive = busy(&place);
    let export = exported(&place, None);
    drop(archive);
    let mut archive = place.archive();
    let all: Vec<u64> = (1..=45).collect();
    assert_eq!(loaded(&archive), [all.clone(), all]);
    // The first line of the new run follows in the table, too.
    archive.write_batch(&[line(1, 3_000_000, "ann", "anew")], 0).unwrap();
    archive.index_backlog();
    archive.index_backlog();
    assert_eq!(filed(&archive), 60);
    assert_eq!(exported(&place, None)[..90], export);
    for _ in 0..2 {
        archive.index_backlog();
    }
    assert_eq!(filed(&archive), 91);
    assert_eq!(exported(&place, None)[..90], export);
    assert_eq!(ids(&page(&archive, 1, Range::Last, 2)), [45, 3_000_000]);
}

#[test]
fn a_person_is_forgotten_in_the_backlog_too() {
    let place = Place::new("backlog-forget");
    let mut archive = busy(&place);
    archive.set_busy(false);
    let options = ForgetOptions { history: place.file(), from: "Ann".to_owned() };
    assert_eq!(forget(&options).unwrap(), "30 lines of Ann are removed");
    // Another process has filed it: nothing is left to do, and nothing is done twice.
    archive.index_backlog();
    archive.write_batch(&[line(1, 46, "bob", "goes on")], 0).unwrap();
    assert_eq!(filed(&archive), 61);
    archive.end();
    let bytes = std::fs::read(place.file()).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("word1 by bob") && !has("word0 by ann") && !has("by ann"));
}

/// Changes the second of three batches. `lines` is an expression of SQL for its content.
fn damage(archive: &Archive, lines: &str) {
    let update = format!("UPDATE backlog SET lines = {lines} WHERE first_line = 31");
    assert_eq!(archive.connection().execute(&update, []).unwrap(), 1);
}

/// A batch without its last byte.
const CUT: &str = "substr(lines, 1, length(lines) - 1)";

#[test]
fn a_batch_that_cannot_be_read_costs_only_itself() {
    for (what, lines) in [
        ("a byte is missing", CUT),
        ("there is a byte more", "CAST(lines || x'00' AS BLOB)"),
        ("fewer lines than the row says", "CAST(x'00' AS BLOB)"),
        (
            "a message id that no table holds",
            "'[[1,9999999999999999999,1,\"ann\",0,\"word\",null]]'",
        ),
        ("no text", "CAST(x'ff' AS TEXT)"),
        ("a number", "7.5"),
    ] {
        let place = Place::new("backlog-damage");
        let mut archive = busy(&place);
        damage(&archive, lines);
        let all = loaded(&archive);
        assert!(all.iter().all(|ids| ids.len() == 30), "{what}: {all:?}");
        for _ in 0..3 {
            archive.index_backlog();
        }
        assert_eq!((filed(&archive), archive.lost()), (60, 30), "{what}");
    }
}

#[test]
fn a_line_whose_room_is_damaged_costs_only_itself() {
    let place = Place::new("backlog-room");
    let mut archive = busy(&place);
    // The list begins with its length and the room of its first line, each of them a byte.
    damage(&archive, "CAST(substr(lines, 1, 1) || x'7e' || substr(lines, 3) AS BLOB)");
    let (lines, error) = exported_in_part(&place);
    assert_eq!(lines.len(), 89);
    assert!(error.contains("1 line of the backlog is damaged"), "{error}");
    let all: Vec<u64> = (1..=45).collect();
    let without: Vec<u64> = all.iter().copied().filter(|&id| id != 16).collect();
    assert_eq!(loaded(&archive), [without.clone(), all]);
    for _ in 0..3 {
        archive.index_backlog();
    }
    assert_eq!((filed(&archive), archive.lost()), (89, 1));
    assert_eq!(ids(&page(&archive, 1, Range::Last, 100)), without);
}

#[test]
fn a_batch_of_an_older_version_is_read() {
    let place = Place::new("backlog-json");
    let archive = busy(&place);
    // With an escape, and with the time of a sender.
    let row =
        |id| format!(r#"[1,{id},1800000000000,"dan",0,"old \"words\"","2026-11-20T12:03:00Z"]"#);
    let rows: Vec<String> = (46..=50).map(row).collect();
    let text = format!("[{}]", rows.join(","));
    archive.connection().execute("INSERT INTO backlog VALUES (91, 5, ?1)", [text]).unwrap();
    drop(archive);
    let mut archive = place.archive();
    assert_eq!(exported(&place, None).len(), 95);
    assert_eq!(loaded(&archive)[0].last(), Some(&50));
    for _ in 0..4 {
        archive.index_backlog();
    }
    assert_eq!((filed(&archive), archive.lost()), (95, 0));
    assert_eq!(found(&archive, &find("old words", Some("dan"), &[1])), [50, 49, 48, 47, 46]);
}

#[test]
fn an_export_goes_on_behind_a_batch_that_cannot_be_read() {
    let place = Place::new("backlog-export");
    let archive = busy(&place);
    damage(&archive, CUT);
    let (lines, error) = exported_in_part(&place);
    assert!(error.contains("30 lines of the backlog are damaged"), "{error}");
    assert_eq!(lines.len(), 60);
    assert!(lines[0].ends_with("word0 by ann") && lines[59].ends_with("word89 by cid"));
}

#[test]
fn a_long_backlog_leaves_no_hole_in_the_memory_of_a_room() {
    let place = Place::new("backlog-long");
    let mut archive = place.archive();
    archive.write_batch(&[line(1, 1, "ann", "in"), line(2, 1, "ann", "the table")], 0).unwrap();
    archive.set_busy(true);
    // The second room has spoken only in the first batch.
    archive.write_batch(&[line(1, 2, "ann", "x"), line(2, 2, "ann", "x")], 0).unwrap();
    archive.write_batch(&[line(1, 3, "ann", "x"), line(1, 4, "ann", "x")], 0).unwrap();
    archive.write_batch(&[line(1, 5, "ann", "x")], 0).unwrap();
    for (lines_max, expected) in [
        (1, [vec![5], vec![]]),
        (2, [vec![4, 5], vec![]]),
        (3, [vec![3, 4, 5], vec![]]),
        (9, [vec![1, 2, 3, 4, 5], vec![1, 2]]),
    ] {
        let mut rooms = load::load(archive.connection(), lines_max).unwrap().rooms;
        rooms.sort_by_key(|room| room.epoch);
        assert_eq!(rooms.iter().map(|room| room.last_id).collect::<Vec<_>>(), [5, 2]);
        assert_eq!(rooms.iter().map(ids_in_memory).collect::<Vec<_>>(), expected, "{lines_max}");
    }
}

#[test]
fn the_backlog_leaves_the_file_as_thrifty_as_it_was() {
    let place = Place::new("backlog-secure");
    let mut archive = busy(&place);
    let secure = |archive: &Archive| -> i32 {
        let pragma = "secure_delete";
        archive.connection().pragma_query_value(None, pragma, |row| row.get(0)).unwrap()
    };
    assert_eq!(secure(&archive), 2, "FAST");
    archive.index_backlog();
    assert_eq!(secure(&archive), 2);
}

#[test]
fn a_question_waits_until_everything_before_it_can_be_found() {
    let place = Place::new("backlog-question");
    let (file, connection) = HistoryFile::open(&place.file()).unwrap();
    let (sender, jobs, gauge) = Queue::channel();
    let (searches, asked) = crossbeam_channel::unbounded();
    let (_, search_ended) = crossbeam_channel::bounded(0);
    let (generation, report) = (Arc::default(), Arc::new(|_| {}));
    let gauge_of_queue = Arc::clone(&gauge);
    let is_shared = false;
    let links =
        archive::Links { jobs, gauge, searches, search_ended, generation, report, is_shared };
    let archive = Archive::new(file, connection, UNBOUNDED, links).unwrap();
    let row = Arc::new(ThreadTable::default()).row("archive", "archive".into());
    let thread = std::thread::spawn(move || archive.run(&row));
    let queue = Queue::new(sender, gauge_of_queue, thread.thread().clone());
    let lines: Vec<KeptLine> = (1..=4_000)
        .map(|id| match line(1, id, "ann", &format!("word{id}")) {
            Write::Line(kept) => kept,
            Write::Topic { .. } => panic!("not a line"),
        })
        .collect();
    // As one event of many lines: more than one batch.
    queue.keep(&lines);
    assert!(queue.look_up(Question::Search(blank())));
    let question = asked.recv_timeout(Duration::from_secs(30));
    assert!(question.is_ok_and(|question| question.ticket() == 1));
    let reader = file::connect_to_read(&place.file()).unwrap();
    let count = |of: &str| reader.query_row(of, [], |row| row.get::<_, usize>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM lines"), 4_000);
    assert_eq!(count("SELECT count(*) FROM backlog"), 0);
    drop((reader, queue));
    thread.join().unwrap();
}

#[test]
fn a_question_that_waits_too_long_is_refused() {
    let place = Place::new("backlog-refused");
    let answers = Arc::new(Mutex::new(Vec::new()));
    let report = Arc::clone(&answers);
    let mut archive = busy(&place);
    archive.set_report(Arc::new(move |event| report.lock().unwrap().push(event)));
    archive.ask(Question::Search(blank()), Duration::ZERO);
    assert!(answers.lock().unwrap().is_empty());
    // Each has its own time.
    archive.ask(Question::Search(Search { ticket: 2, ..blank() }), limits::SEARCH_TIME_MAX);
    let behind = Event::Found { ticket: 2, found: Err(LookupError::Behind) };
    assert_eq!(*answers.lock().unwrap(), [behind]);
}

#[test]
fn a_file_of_the_first_version_gets_a_backlog() {
    let place = Place::new("backlog-version");
    let first = Connection::open(place.file()).unwrap();
    first.execute_batch(schema::MIGRATIONS[0]).unwrap();
    first.pragma_update(None, "application_id", schema::APPLICATION_ID).unwrap();
    first.pragma_update(None, "user_version", 1).unwrap();
    first
        .execute_batch(
            "INSERT INTO rooms VALUES (1, 1, 'room1', 'room1', NULL, 1, 0);
             INSERT INTO lines VALUES (1, 1, 1, 1800000001000, 'ann', 0, 'old', NULL);",
        )
        .unwrap();
    drop(first);
    let mut archive = place.archive();
    archive.set_busy(true);
    archive.write_batch(&[line(1, 2, "ann", "new")], 0).unwrap();
    assert_eq!(loaded(&archive), [[1, 2]]);
    archive.index_backlog();
    assert_eq!(ids(&page(&archive, 1, Range::Last, 9)), [1, 2]);
}
