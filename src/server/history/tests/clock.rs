//! Dates in a file whose lines were written while the clock was wrong.

use super::*;

const DAY: i64 = 24 * 60 * 60;

/// Lines in two rooms by turns, each some days after the first one. Their message ids count from 1 in each room.
fn lines(first: u64, days: &[i64]) -> Vec<Write> {
    let lines = days.iter().zip(first..).map(|(day, number)| {
        let Write::Line(KeptLine { epoch, message }) =
            line(1 + number % 2, 1 + number / 2, "ann", "tea")
        else {
            panic!("a line");
        };
        let received_at = at(day * DAY + number as i64);
        let message = ChatMessage { received_at, ..Arc::unwrap_or_clone(message) };
        Write::Line(KeptLine { epoch, message: message.into() })
    });
    lines.collect()
}

/// The clock was wrong three times.
const DAYS: [i64; 16] = [0, 0, 1, 1, 30, 30, 1, 1, 2, 2, 400, 400, 2, 2, -60, 3];

/// How many lines of a room there are before each day: as the search tells it, and as `/history` does.
fn counts(archive: &Archive, days: &[i64]) -> Vec<(usize, usize)> {
    let counts = days.iter().map(|day| {
        let moment = Moment::Exact(at(day * DAY - DAY / 2));
        let asked = Search { before: Some(moment), ..find("tea", None, &[1]) };
        (found(archive, &asked).len(), page(archive, 1, Range::Until(moment), 100).lines.len())
    });
    counts.collect()
}

/// The same, from the list.
fn expected(days: &[i64]) -> Vec<(usize, usize)> {
    let of_room = || DAYS.iter().step_by(2);
    let count = |day: &i64| of_room().filter(|it| *it < day).count();
    days.iter().map(|day| (count(day), count(day))).collect()
}

/// Makes the file one of the version before runs of lines were noted.
fn as_before(archive: Archive, place: &Place) {
    archive.end();
    let connection = rusqlite::Connection::open(place.file()).unwrap();
    connection.execute_batch("DROP TABLE runs; ALTER TABLE state DROP COLUMN noted_at; ALTER TABLE state DROP COLUMN doubted_at; ALTER TABLE state DROP COLUMN old_words; PRAGMA user_version = 2;").unwrap();
}

#[test]
fn a_date_finds_all_lines_before_it_wherever_the_clock_went() {
    let days = [-100, 0, 1, 2, 3, 4, 30, 31, 399, 400, 401];
    for batch in [1, 3, 16] {
        let place = Place::new(&format!("clock{batch}"));
        let mut archive = place.archive();
        let all = lines(0, &DAYS);
        for batch in all.chunks(batch) {
            archive.write_batch(batch, 0).unwrap();
        }
        assert_eq!(counts(&archive, &days), expected(&days), "{batch}");
        // A page ends where the next one goes on, also where it crosses such a place.
        let moment = Range::Until(Moment::Exact(at(3 * DAY - DAY / 2)));
        let newest = page(&archive, 1, moment, 3);
        assert_eq!((ids(&newest), newest.more), (vec![5, 7, 8], true));
        let asked = Search {
            before: Some(Moment::Exact(at(3 * DAY - DAY / 2))),
            limit: 3,
            ..find("tea", None, &[1])
        };
        let first = search::search(archive.connection(), &TimeZone::UTC, &asked).unwrap();
        assert_eq!(ids(&first), [8, 7, 5]);
        let next = Search { cursor: first.cursor, ..asked };
        assert_eq!(found(&archive, &next), [4, 2, 1]);
        // The same in a file of an older version, before and after the server has noted the times.
        as_before(archive, &place);
        let mut archive = place.archive();
        for _ in 0..2 {
            assert_eq!(counts(&archive, &days), expected(&days), "{batch}");
            while retention::step(archive.connection_mut(), UNBOUNDED, at(0)).unwrap() {}
        }
    }
}

#[test]
fn the_lines_of_a_wrong_clock_do_not_multiply_the_work() {
    let place = Place::new("clock-work");
    let mut archive = place.archive();
    // The clocks of two machines, half a minute apart.
    let days = vec![0; 2_000];
    let mut all = lines(0, &days);
    for write in all.iter_mut().step_by(2) {
        let Write::Line(KeptLine { message, .. }) = write else { panic!("a line") };
        let message = Arc::get_mut(message).unwrap();
        message.received_at -= SignedDuration::from_secs(30);
    }
    archive.write_batch(&all, 0).unwrap();
    let count = "SELECT count(*) FROM runs";
    let runs: i64 = archive.connection().query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(runs, 1);
    let moment = Moment::Exact(at(1_000));
    let asked = Search { before: Some(moment), ..find("tea", None, &[1, 2]) };
    let expected = (0..2_000).filter(|number| number - 30 * i64::from(number % 2 == 0) < 1_000);
    let found =
        search::search(archive.connection(), &TimeZone::UTC, &Search { limit: 2_000, ..asked });
    assert_eq!(found.unwrap().lines.len(), expected.count());
}

#[test]
fn old_lines_go_though_the_clock_was_wrong_before_them() {
    let place = Place::new("clock-old");
    let mut archive = place.archive();
    let days = [400, 400, 0, 0, 90, 1, 1, 10, 10];
    archive.write_batch(&lines(0, &days), 0).unwrap();
    let bounds = Bounds { days: Some(30), bytes: u64::MAX };
    let mut today = 20;
    let mut left = |archive: &mut Archive, day: i64| {
        while today < day {
            today += 1;
            while retention::step(archive.connection_mut(), bounds, at(today * DAY)).unwrap() {}
        }
        ids(&page(archive, 1, Range::Last, 100)).len()
            + ids(&page(archive, 2, Range::Last, 100)).len()
    };
    let now = at(20 * DAY);
    while retention::step(archive.connection_mut(), bounds, now).unwrap() {}
    for (day, lines) in [(20, 9), (30, 9), (31, 7), (32, 5), (40, 5), (41, 3), (42, 3)] {
        assert_eq!(left(&mut archive, day), lines, "{day}");
    }
    // The runs of lines go with them.
    let count = "SELECT count(*) FROM runs";
    let runs: i64 = archive.connection().query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(runs, 2);
}

#[test]
fn a_clock_that_leaps_ahead_removes_nothing_until_its_time_has_lasted_for_a_day() {
    let place = Place::new("clock-leap");
    let mut archive = place.archive();
    archive.write_batch(&lines(0, &[0, 0, 5, 5]), 0).unwrap();
    let bounds = Bounds { days: Some(30), bytes: u64::MAX };
    let hour = 1.0 / 24.0;
    #[rustfmt::skip]
    let table = [
        (10.0, 4),
        // A clock that is wrong for hours, once and again.
        (400.0, 4), (400.0 + 5.0 * hour, 4), (10.1, 4), (400.5, 4), (401.0 + hour, 4), (500.0, 4), (500.9, 4), (10.2, 4),
        // The server was away.
        (32.0, 4), (32.5, 4), (33.0, 2), (33.1, 2), (34.0, 2), (35.0 + hour, 2), (36.0 + hour, 0),
    ];
    for (day, expected) in table {
        // Another server each time.
        archive.end();
        archive = place.archive();
        let now = at((day * DAY as f64) as i64);
        while retention::step(archive.connection_mut(), bounds, now).unwrap() {}
        let left = page(&archive, 1, Range::Last, 9).lines.len()
            + page(&archive, 2, Range::Last, 9).lines.len();
        assert_eq!(left, expected, "{day}");
    }
}

#[test]
fn lines_that_are_caught_up_keep_the_order_of_their_room() {
    let place = Place::new("clock-catch-up");
    let mut archive = place.archive();
    let messages = lines(0, &DAYS).into_iter().step_by(2).map(|write| match write {
        Write::Line(KeptLine { message, .. }) => message,
        Write::Topic { .. } => panic!("a line"),
    });
    let room = crate::chat::PastRoom {
        name: "room1".into(),
        epoch: 1,
        topic: None,
        last_id: 8,
        lines: messages.collect(),
        gaps: Vec::new(),
    };
    archive.catch_up(&Past { last_epoch: 1, rooms: vec![room] });
    let days = [0, 1, 2, 3, 31, 401];
    assert_eq!(counts(&archive, &days), expected(&days));
}
