//! The file itself, without a server: gaps, retention, crashes.

mod backlog;
mod catch_up;
mod clock;
mod large;
mod reindex;
mod trouble;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::archive::Write;
use super::*;
use crate::chat::{
    Audience, ChatMessage, Fetch, Found, Gap, KeptLine, Loss, Manner, Moment, NameKey, Range,
    Search, SentAt,
};
use crate::protocol::json::parse_sent_at;

/// A directory for one test, which removes it.
struct Place(PathBuf);

impl Place {
    fn new(test: &str) -> Self {
        let name = format!("chatserv-history-{test}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("history.db")
    }

    /// An archive whose jobs never come.
    fn archive(&self) -> Archive {
        open(&self.file())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const UNBOUNDED: Bounds = Bounds { days: None, bytes: u64::MAX };

fn open(path: &Path) -> Archive {
    let (file, mut connection) = HistoryFile::open(path).unwrap();
    file::recover(&mut connection, Timestamp::now().as_millisecond()).unwrap();
    let (_, jobs, gauge) = Queue::channel();
    let (searches, _) = crossbeam_channel::unbounded();
    let (_, search_ended) = crossbeam_channel::bounded(0);
    let (generation, report) = (Arc::default(), Arc::new(|_| {}));
    let is_shared = false;
    let links =
        archive::Links { jobs, gauge, searches, search_ended, generation, report, is_shared };
    Archive::new(file, connection, UNBOUNDED, links).unwrap()
}

fn loaded(archive: &Archive) -> Past {
    load::load(archive.connection(), limits::HISTORY_LOADED_LINES_MAX).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn line(epoch: u64, id: u64, from: &str, text: &str) -> Write {
    let room = format!("room{epoch}").into();
    let message = ChatMessage {
        from: from.into(),
        to: Audience::Room { room, message_id: id },
        manner: Manner::Chat,
        text: text.to_owned(),
        sent_at: None,
        received_at: at(id as i64),
    };
    Write::Line(KeptLine { epoch, message: Arc::new(message) })
}

fn asked(epoch: u64, range: Range, limit: usize) -> Fetch {
    Fetch {
        ticket: 1,
        room: "room".into(),
        epoch,
        range,
        below: u64::MAX,
        limit,
        bytes_max: usize::MAX,
        hidden: Vec::new(),
    }
}

fn page(archive: &Archive, epoch: u64, range: Range, limit: usize) -> Found {
    search::fetch(archive.connection(), &TimeZone::UTC, &asked(epoch, range, limit)).unwrap()
}

fn find(words: &str, sender: Option<&str>, rooms: &[u64]) -> Search {
    Search {
        ticket: 1,
        words: words.to_owned(),
        sender: sender.map(NameKey::of),
        rooms: rooms.iter().map(|epoch| NameKey::of(&format!("room{epoch}"))).collect(),
        before: None,
        cursor: None,
        limit: 500,
        bytes_max: usize::MAX,
        hidden: Vec::new(),
    }
}

fn found(archive: &Archive, asked: &Search) -> Vec<u64> {
    ids(&search::search(archive.connection(), &TimeZone::UTC, asked).unwrap())
}

fn ids(found: &Found) -> Vec<u64> {
    let ids = found.lines.iter().map(|line| match line.message.to {
        Audience::Room { message_id, .. } => message_id,
        Audience::People(_) => panic!("a private line"),
    });
    ids.collect()
}

#[test]
fn a_line_comes_back_as_it_was() {
    let place = Place::new("same");
    let mut archive = place.archive();
    let sent_at: Option<SentAt> = parse_sent_at("2026-11-20T12:03:04.5+01:00");
    let message = ChatMessage {
        from: "Ünal".into(),
        to: Audience::Room { room: "Büro".into(), message_id: 1 },
        manner: Manner::Me,
        text: "waves \u{1f44b} \u{0} \"'".to_owned(),
        sent_at,
        received_at: at(1),
    };
    let kept = KeptLine { epoch: 7, message: Arc::new(message) };
    archive.write_batch(&[Write::Line(kept.clone())], 0).unwrap();
    assert_eq!(page(&archive, 7, Range::Last, 10).lines, [kept]);
}

#[test]
fn ids_that_are_missing_are_a_gap_where_they_are() {
    let place = Place::new("gaps");
    let mut archive = place.archive();
    let lines: Vec<Write> =
        [3, 4, 8, 9, 12].map(|id| line(1, id, "ann", "x")).into_iter().collect();
    archive.write_batch(&lines[..3], 0).unwrap();
    archive.write_batch(&lines[3..], 0).unwrap();
    let gap = |first, last| Gap { first, last, cause: Loss::Full };
    let all = page(&archive, 1, Range::Last, 10);
    assert_eq!(ids(&all), [3, 4, 8, 9, 12]);
    assert_eq!(all.gaps, [gap(1, 2), gap(5, 7), gap(10, 11)]);
    #[rustfmt::skip]
    let table = [
        (Range::Last, 2, vec![9, 12], vec![gap(10, 11)], true),
        (Range::Before(9), 1, vec![8], vec![], true),
        (Range::Before(8), 5, vec![3, 4], vec![gap(1, 2), gap(5, 7)], false),
        (Range::Before(7), 5, vec![3, 4], vec![gap(1, 2), Gap { last: 6, ..gap(5, 7) }], false),
        (Range::Before(0), 5, vec![], vec![], false),
        (Range::After(4), 1, vec![8], vec![gap(5, 7)], true),
        (Range::After(8), 1, vec![9], vec![], true),
        (Range::After(9), 5, vec![12], vec![gap(10, 11)], false),
        (Range::After(u64::MAX), 5, vec![], vec![], false),
        (Range::Until(Moment::Exact(at(9))), 2, vec![4, 8], vec![gap(5, 7)], true),
        (Range::Until(Moment::Exact(at(10))), 1, vec![9], vec![], true),
        (Range::Until(Moment::Exact(at(-5))), 2, vec![], vec![], false),
    ];
    for (range, limit, expected, gaps, more) in table {
        let found = page(&archive, 1, range, limit);
        assert_eq!((ids(&found), &found.gaps, found.more), (expected, &gaps, more), "{range:?}");
    }
    // Lines that only memory has may be from before any moment that is later than the last line of the file.
    for (moment, expected) in [(at(12), gap(5, 7)), (at(13), gap(13, 15))] {
        let asked = Fetch { below: 16, ..asked(1, Range::Until(Moment::Exact(moment)), 10) };
        let found = search::fetch(archive.connection(), &TimeZone::UTC, &asked).unwrap();
        assert_eq!(found.gaps.last(), Some(&expected));
    }
    let unknown = Fetch { below: 3, ..asked(5, Range::Until(Moment::Exact(at(0))), 10) };
    let found = search::fetch(archive.connection(), &TimeZone::UTC, &unknown).unwrap();
    assert_eq!((found.lines, found.gaps), (vec![], vec![gap(1, 2)]));
    // A line that comes twice is kept once.
    archive.write_batch(&[line(1, 12, "ann", "again"), line(1, 13, "ann", "new")], 0).unwrap();
    assert_eq!(ids(&page(&archive, 1, Range::After(9), 5)), [12, 13]);
}

#[test]
fn a_crash_skips_ids_and_an_orderly_end_does_not() {
    let place = Place::new("crash");
    let mut archive = place.archive();
    archive.write_batch(&[line(1, 1, "ann", "x"), line(2, 1, "ann", "x")], 0).unwrap();
    archive.end();
    let past = |archive: &Archive| {
        let past = loaded(archive);
        let rooms = past.rooms.into_iter().map(|room| (room.epoch, room.last_id, room.gaps));
        let mut rooms: Vec<_> = rooms.collect();
        rooms.sort_by_key(|room| room.0);
        rooms
    };
    let mut archive = place.archive();
    assert_eq!(past(&archive), [(1, 1, vec![]), (2, 1, vec![])]);
    archive.write_batch(&[line(1, 2, "ann", "x")], Timestamp::now().as_millisecond()).unwrap();
    let mut last = [2, 1];
    for _ in 0..3 {
        // Without its end.
        drop(archive);
        archive = place.archive();
        let rooms = past(&archive);
        for (at, (_, last_id, gaps)) in rooms.iter().enumerate() {
            assert!(last_id - last[at] >= 1 << 20, "{rooms:?}");
            // One gap, whatever the number of crashes.
            let first = [3, 2][at];
            assert_eq!(*gaps, [Gap { first, last: *last_id, cause: Loss::Crash }]);
            last[at] = *last_id;
        }
    }
    // The next line follows the gap and makes no other.
    archive.write_batch(&[line(1, last[0] + 1, "ann", "x")], 0).unwrap();
    let found = page(&archive, 1, Range::Last, 5);
    assert_eq!((ids(&found).last(), found.gaps.len()), (Some(&(last[0] + 1)), 1));
}

#[test]
fn old_lines_go_and_take_their_words_along() {
    let place = Place::new("days");
    let mut archive = place.archive();
    let lines: Vec<Write> =
        (1..=1200).map(|id| line(1, id, "ann", &format!("word{id} tea"))).collect();
    archive.write_batch(&lines, 0).unwrap();
    // Each line is a second older than the next; a day after the one with id 1000.
    let now = at(1000) + SignedDuration::from_hours(24);
    let bounds = Bounds { days: Some(1), bytes: u64::MAX };
    let mut steps = 0;
    while retention::step(archive.connection_mut(), bounds, now).unwrap() {
        steps += 1;
        assert_eq!(ids(&page(&archive, 1, Range::After(0), 1)), [500 * steps + 1]);
    }
    assert_eq!(steps, 1, "two steps of 500 lines");
    assert_eq!(ids(&page(&archive, 1, Range::After(0), 1)), [1000]);
    assert_eq!(found(&archive, &find("word7", None, &[1])), Vec::<u64>::new());
    assert_eq!(found(&archive, &find("word1007", None, &[1])), [1007]);
    assert_eq!(found(&archive, &find("tea", None, &[1])).len(), 201);
    // Removed lines are no gap, and the ids go on, whatever is left.
    assert_eq!(page(&archive, 1, Range::Last, 500).gaps, []);
    let later = now + SignedDuration::from_hours(24);
    while retention::step(archive.connection_mut(), bounds, later).unwrap() {}
    assert_eq!(ids(&page(&archive, 1, Range::Last, 500)), Vec::<u64>::new());
    assert_eq!(loaded(&archive).rooms[0].last_id, 1200);
}

#[test]
fn a_file_that_is_too_large_gives_up_its_oldest_lines_and_its_space() {
    let place = Place::new("size");
    let mut archive = place.archive();
    let text = "lorem ipsum dolor sit amet ".repeat(10);
    let bounds = Bounds { days: None, bytes: 2 << 20 };
    let mut last = 0;
    for _ in 0..20 {
        let lines: Vec<Write> = (1..=500)
            .map(|id| line(1, last + id, "ann", &format!("{text}{}", last + id)))
            .collect();
        last += 500;
        archive.write_batch(&lines, 0).unwrap();
        while retention::step(archive.connection_mut(), bounds, at(0)).unwrap() {}
    }
    archive.checkpoint();
    let bytes = std::fs::metadata(place.file()).unwrap().len();
    assert!(bytes <= (2 << 20) + (1 << 19), "{bytes} bytes");
    let left = ids(&page(&archive, 1, Range::After(0), usize::MAX));
    assert_eq!(left.last(), Some(&last));
    assert!(left.len() > 2_000 && left.len() < 9_000, "{} lines", left.len());
    let is_whole: Vec<u64> = (left[0]..=last).collect();
    assert_eq!(left, is_whole);
}

#[test]
fn only_the_named_rooms_and_the_named_person_are_found() {
    let place = Place::new("narrow");
    let mut archive = place.archive();
    let lines = [
        line(1, 1, "ann", "tea"),
        line(2, 1, "ann", "tea"),
        line(1, 2, "Bob", "tea and cake"),
        line(3, 1, "bob", "tea"),
        line(1, 3, "Bob", "coffee"),
    ];
    archive.write_batch(&lines, 0).unwrap();
    for (words, sender, rooms, expected) in [
        ("tea", None, &[1][..], &[2, 1][..]),
        ("tea", None, &[1, 2, 3], &[1, 2, 1, 1]),
        ("tea", None, &[4], &[]),
        ("tea", Some("BOB"), &[1, 2], &[2]),
        ("", Some("bob"), &[1, 3], &[3, 1, 2]),
        ("cake tea", None, &[1], &[2]),
        ("cake coffee", None, &[1], &[]),
        ("room1", None, &[1], &[]),
        (&words::token(&NameKey::of("ann")), None, &[1], &[]),
    ] {
        let asked = find(words, sender, rooms);
        assert_eq!(found(&archive, &asked), expected, "{words} {sender:?} {rooms:?}");
    }
    // A room that was forgotten and has begun anew is the same room.
    let again = line(9, 1, "eve", "tea");
    let Write::Line(KeptLine { message, .. }) = again else { panic!("a line") };
    let mut message = Arc::unwrap_or_clone(message);
    message.to = Audience::Room { room: "ROOM1".into(), message_id: 1 };
    archive.write_batch(&[Write::Line(KeptLine { epoch: 9, message: message.into() })], 0).unwrap();
    assert_eq!(found(&archive, &find("tea", None, &[1])), [1, 2, 1]);
}

#[test]
fn a_search_goes_back_from_a_date() {
    let place = Place::new("date");
    let mut archive = place.archive();
    let lines: Vec<Write> = (1..=100).map(|id| line(1, id, "ann", "tea")).collect();
    archive.write_batch(&lines, 0).unwrap();
    for (before, first) in
        [(1, None), (2, Some(1)), (51, Some(50)), (100, Some(99)), (500, Some(100))]
    {
        let asked =
            Search { before: Some(Moment::Exact(at(before))), limit: 1, ..find("tea", None, &[1]) };
        assert_eq!(found(&archive, &asked).first().copied(), first, "{before}");
    }
}

#[test]
fn a_search_that_takes_too_long_is_ended() {
    let place = Place::new("slow");
    let mut archive = place.archive();
    let lines: Vec<Write> = (1..=2000).map(|id| line(1, id, "ann", "tea")).collect();
    archive.write_batch(&lines, 0).unwrap();
    let (questions, receiver) = crossbeam_channel::unbounded();
    let (ended, is_ended) = crossbeam_channel::bounded::<()>(0);
    let (answers, answer) = crossbeam_channel::unbounded();
    let is_over = Arc::new(AtomicBool::new(true));
    let links = search::Links {
        questions: receiver,
        gauge: Arc::default(),
        generation: Arc::default(),
        is_over: Arc::clone(&is_over),
        report: Arc::new(move |event| answers.send(event).unwrap()),
        _ended: ended,
    };
    let searcher = Searcher::new(place.file(), TimeZone::UTC, links);
    let row = Arc::new(ThreadTable::default()).row("search", "search".into());
    std::thread::scope(|scope| {
        scope.spawn(move || searcher.run(&row));
        let ask = || {
            // Everything is hidden, so the search goes through all lines.
            let hidden = vec![NameKey::of("ann")];
            let asked = Search { hidden, ..find("tea", None, &[1]) };
            questions.send(Question::Search(asked)).unwrap();
            answer.recv().unwrap()
        };
        // As if the time were over.
        let error = Err(LookupError::TooSlow);
        assert_eq!(ask(), Event::Found { ticket: 1, found: error });
        is_over.store(false, Ordering::Relaxed);
        assert_eq!(ask(), Event::Found { ticket: 1, found: Ok(Found::default()) });
        drop(questions);
        assert!(is_ended.recv().is_err());
    });
}

#[test]
fn a_page_does_not_wait_behind_searches() {
    let place = Place::new("pages");
    let mut archive = place.archive();
    archive.write_batch(&[line(1, 1, "ann", "tea")], 0).unwrap();
    let (questions, receiver) = crossbeam_channel::unbounded();
    let (_ended, _) = crossbeam_channel::bounded::<()>(0);
    let (report, answer) = crossbeam_channel::unbounded();
    for ticket in 1..=3 {
        questions.send(Question::Search(Search { ticket, ..blank() })).unwrap();
    }
    for ticket in 4..=5 {
        questions.send(Question::Fetch(Fetch { ticket, ..asked(1, Range::Last, 1) })).unwrap();
    }
    drop(questions);
    let links = search::Links {
        questions: receiver,
        gauge: Arc::default(),
        generation: Arc::default(),
        is_over: Arc::default(),
        report: Arc::new(move |event| report.send(event).unwrap()),
        _ended,
    };
    let row = Arc::new(ThreadTable::default()).row("search", "search".into());
    Searcher::new(place.file(), TimeZone::UTC, links).run(&row);
    let tickets = answer.try_iter().map(|event| match event {
        Event::Found { ticket, .. } => ticket,
        other => panic!("{other:?}"),
    });
    assert_eq!(tickets.collect::<Vec<u64>>(), [4, 5, 1, 2, 3]);
}

#[test]
fn a_topic_survives_without_a_line() {
    let place = Place::new("topic");
    let mut archive = place.archive();
    let topic = |topic: Option<&str>| Write::Topic {
        epoch: 5,
        room: "tea".into(),
        topic: topic.map(Arc::from),
    };
    archive.write_batch(&[topic(Some("Cake"))], 0).unwrap();
    let topic_of = |archive: &Archive| loaded(archive).rooms[0].topic.clone();
    assert_eq!(topic_of(&archive).as_deref(), Some("Cake"));
    archive.write_batch(&[topic(None)], 0).unwrap();
    assert_eq!(topic_of(&archive), None);
}

#[test]
fn a_room_without_lines_goes_when_it_is_too_old() {
    let place = Place::new("old-rooms");
    let mut archive = place.archive();
    let day = 24 * 60 * 60 * 1000;
    let now = Timestamp::now().as_millisecond();
    for (epoch, spoken_at) in [(1, now - 3 * day), (2, now - 3 * day), (3, now), (4, now - 3 * day)]
    {
        archive.write_batch(&[line(epoch, 1, "ann", "x")], spoken_at).unwrap();
        archive.write_batch(&[line(epoch, 3, "ann", "x")], spoken_at).unwrap();
    }
    let topic = Write::Topic { epoch: 4, room: "room4".into(), topic: Some("tea".into()) };
    archive.write_batch(&[topic], now).unwrap();
    let others = "DELETE FROM lines WHERE room <> (SELECT id FROM rooms WHERE epoch = 2)";
    archive.connection().execute(others, []).unwrap();
    archive.end();
    let rooms = |days| {
        let (file, connection) = HistoryFile::open(&place.file()).unwrap();
        let bounds = Bounds { days, bytes: u64::MAX };
        let mut opened = Opened { file, connection, bounds, is_shared: false };
        let mut rooms: Vec<u64> =
            opened.past().unwrap().rooms.iter().map(|room| room.epoch).collect();
        rooms.sort_unstable();
        let gaps = "SELECT count(*) FROM gaps WHERE room NOT IN (SELECT id FROM rooms)";
        assert_eq!(opened.connection.query_row(gaps, [], |row| row.get(0)), Ok(0));
        rooms
    };
    assert_eq!(rooms(None), [1, 2, 3, 4]);
    assert_eq!(rooms(Some(2)), [2, 3, 4]);
}

#[test]
fn the_newest_rooms_are_loaded_with_their_last_lines() {
    let place = Place::new("load");
    let mut archive = place.archive();
    for epoch in 1..=3 {
        let lines: Vec<Write> = (1..=300).map(|id| line(epoch, id, "ann", "x")).collect();
        archive.write_batch(&lines, epoch as i64).unwrap();
    }
    // Two sequences of one room: the later one counts.
    archive
        .connection()
        .execute(
            "UPDATE rooms SET name = 'ROOM3', key = ?1 WHERE epoch = 2",
            params![NameKey::of("room3").as_str()],
        )
        .unwrap();
    let past = loaded(&archive);
    let rooms: Vec<_> = past.rooms.iter().map(|room| (room.epoch, room.lines.len())).collect();
    assert_eq!(rooms, [(1, limits::HISTORY_LINES_MAX), (3, limits::HISTORY_LINES_MAX)]);
    assert_eq!(past.last_epoch, 3);
}

#[test]
fn what_does_not_fit_into_the_queue_is_counted() {
    let (sender, receiver, gauge) = Queue::channel();
    let queue = Queue::new(sender, Arc::clone(&gauge), std::thread::current());
    let Write::Line(kept) = line(1, 1, "ann", "x") else { panic!("a line") };
    let ten = vec![kept; 10];
    for _ in 0..limits::HISTORY_QUEUE_LINES_MAX / 10 + 5 {
        queue.keep(&ten);
    }
    assert_eq!(gauge.lines(), limits::HISTORY_QUEUE_LINES_MAX / 10 * 10);
    assert_eq!(gauge.take_lost(), 50);
    assert_eq!(receiver.len(), limits::HISTORY_QUEUE_LINES_MAX / 10);
    // Topics have room of their own.
    let jobs = receiver.len();
    queue.keep_topic(1, "dev".into(), Some("tea".into()));
    assert_eq!((receiver.len(), gauge.take_lost()), (jobs + 1, 0));
    while receiver.len() < jobs + 2_000 && gauge.take_lost() == 0 {
        queue.keep_topic(1, "dev".into(), None);
    }
    assert!(receiver.len() < jobs + 2_000, "they are bounded, too");
    gauge.lines_done(receiver.len() - jobs);
    gauge.lines_done(10);
    queue.keep(&ten);
    assert_eq!(gauge.take_lost(), 0);
    for _ in 0..limits::LOOKUPS_MAX {
        assert!(queue.look_up(Question::Search(blank())));
    }
    assert!(!queue.look_up(Question::Search(blank())));
    gauge.question_done();
    assert!(queue.look_up(Question::Search(blank())));
    drop(receiver);
    gauge.question_done();
    assert!(!queue.look_up(Question::Search(blank())), "nobody would answer");
}

fn blank() -> Search {
    Search {
        ticket: 1,
        words: String::new(),
        sender: None,
        rooms: Vec::new(),
        before: None,
        cursor: None,
        limit: 1,
        bytes_max: 1,
        hidden: Vec::new(),
    }
}
