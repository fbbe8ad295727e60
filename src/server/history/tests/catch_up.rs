//! A machine of several catches up with what was said while it was away.

use super::*;
use crate::chat::PastRoom;

fn message(epoch: u64, id: u64) -> Arc<ChatMessage> {
    let Write::Line(kept) = line(epoch, id, "ann", &format!("word{id} tea")) else {
        unreachable!("a line")
    };
    kept.message
}

/// A room whose last messages, from `first` on, are in memory.
fn room(epoch: u64, first: u64, last_id: u64) -> PastRoom {
    PastRoom {
        name: format!("room{epoch}").into(),
        epoch,
        topic: None,
        last_id,
        lines: (first..=last_id).map(|id| message(epoch, id)).collect(),
        gaps: Vec::new(),
    }
}

fn past<const N: usize>(rooms: [PastRoom; N]) -> Past {
    Past { last_epoch: 9, rooms: rooms.into() }
}

fn keep(archive: &mut Archive, epoch: u64, ids: std::ops::RangeInclusive<u64>) {
    let lines: Vec<Write> =
        ids.map(|id| Write::Line(KeptLine { epoch, message: message(epoch, id) })).collect();
    archive.write_batch(&lines, Timestamp::now().as_millisecond()).unwrap();
}

fn absent(first: u64, last: u64) -> Gap {
    Gap { first, last, cause: Loss::Absent }
}

#[test]
fn lines_of_the_time_away_are_added_once() {
    let place = Place::new("away");
    let mut archive = place.archive();
    keep(&mut archive, 1, 1..=3);
    let topic = Some("green".into());
    let memory = past([PastRoom { topic: topic.clone(), ..room(1, 2, 6) }, room(2, 1, 2)]);
    for _ in 0..2 {
        archive.catch_up(&memory);
        let found = page(&archive, 1, Range::Last, 10);
        assert_eq!((ids(&found), found.gaps), ((1..=6).collect(), vec![]));
        assert_eq!(ids(&page(&archive, 2, Range::Last, 10)), [1, 2]);
    }
    // The newest lines of all rooms come first.
    assert_eq!(super::found(&archive, &find("tea", None, &[1, 2])), [6, 5, 4, 2, 1, 3, 2, 1]);
    assert_eq!(loaded(&archive).rooms.iter().filter(|room| room.topic == topic).count(), 1);
    // The next line follows without a gap.
    keep(&mut archive, 1, 7..=7);
    assert_eq!(page(&archive, 1, Range::Last, 10).gaps, []);
}

#[test]
fn what_memory_does_not_have_is_a_gap() {
    let place = Place::new("long-away");
    let mut archive = place.archive();
    keep(&mut archive, 1, 1..=3);
    let crash = Gap { first: 308, last: 400, cause: Loss::Crash };
    let mut known = room(1, 300, 307);
    (known.last_id, known.gaps) = (400, vec![crash]);
    archive.catch_up(&past([known, room(2, 21, 22), PastRoom { lines: vec![], ..room(3, 1, 5) }]));
    let found = page(&archive, 1, Range::Last, 100);
    assert_eq!(found.gaps, [absent(4, 299), crash]);
    assert_eq!(ids(&found), [1, 2, 3].into_iter().chain(300..=307).collect::<Vec<_>>());
    assert_eq!(page(&archive, 2, Range::Last, 100).gaps, [absent(1, 20)]);
    assert_eq!(page(&archive, 3, Range::Last, 100).gaps, [absent(1, 5)]);
    keep(&mut archive, 1, 401..=401);
    assert_eq!(page(&archive, 1, Range::Last, 100).gaps.len(), 2);
}

#[test]
fn a_line_that_was_removed_does_not_come_back() {
    let place = Place::new("forgotten-away");
    let mut archive = place.archive();
    keep(&mut archive, 1, 1..=3);
    archive.connection().execute("DELETE FROM lines WHERE message_id = 2", []).unwrap();
    archive.catch_up(&past([room(1, 1, 4)]));
    assert_eq!(ids(&page(&archive, 1, Range::Last, 10)), [1, 3, 4]);
}

/// The same message, received so many seconds later than [`message`] has it.
fn later(id: u64, seconds: i64) -> Arc<ChatMessage> {
    Arc::new(ChatMessage { received_at: at(id as i64 + seconds), ..(*message(1, id)).clone() })
}

/// Memory after a loss: the lines from 3 to 6 of the former epoch, and others for those which the log has lost.
fn rewound(others: std::ops::RangeInclusive<u64>) -> PastRoom {
    let mut room = PastRoom { epoch: 5, ..room(1, 3, 6) };
    room.last_id = *others.end();
    room.lines.extend(others.map(|id| later(id, 60)));
    room
}

#[test]
fn after_a_loss_of_the_log_the_room_goes_on_and_the_lost_lines_are_still_found() {
    for is_busy in [false, true] {
        let place = Place::new("rewound");
        let mut archive = place.archive();
        archive.set_busy(is_busy);
        keep(&mut archive, 1, 1..=8);
        archive.set_busy(false);
        archive.catch_up(&past([rewound(7..=7)]));
        // The former lines are not written again, and those that were lost are beside those with the same ids.
        assert_eq!(super::found(&archive, &find("tea", None, &[1])), [7, 8, 7, 6, 5, 4, 3, 2, 1]);
        let found = page(&archive, 5, Range::Last, 10);
        assert_eq!((ids(&found), found.gaps), ((1..=7).collect(), vec![]));
        assert_eq!(found.lines[6].message.received_at, at(67));
        assert_eq!(ids(&page(&archive, 1, Range::Last, 10)), [7, 8]);
        let next = Write::Line(KeptLine { epoch: 5, message: later(8, 60) });
        archive.write_batch(&[next], Timestamp::now().as_millisecond()).unwrap();
        // A server that starts with this file goes on with the newer epoch.
        let rooms = loaded(&archive).rooms;
        assert_eq!((rooms.len(), rooms[0].epoch, rooms[0].last_id), (1, 5, 8));
        assert_eq!((rooms[0].lines.len(), &rooms[0].gaps), (8, &vec![]));
    }
}

#[test]
fn a_line_of_the_moment_before_a_loss_is_told_hides_no_other() {
    let place = Place::new("rewound-late");
    let mut archive = place.archive();
    keep(&mut archive, 1, 1..=8);
    // The others have said up to 10 by then, and this machine has written the last one under the former epoch.
    let late = Write::Line(KeptLine { epoch: 1, message: later(10, 60) });
    archive.write_batch(&[late], Timestamp::now().as_millisecond()).unwrap();
    archive.catch_up(&past([rewound(7..=10)]));
    let found = page(&archive, 5, Range::Last, 20);
    assert_eq!((ids(&found), found.gaps), ((1..=10).collect(), vec![]));
    assert_eq!(found.lines[7].message.received_at, at(68));
    let all = super::found(&archive, &find("tea", None, &[1]));
    assert_eq!(all.iter().filter(|&&id| id == 10).count(), 1, "{all:?}");
}

#[test]
fn after_a_loss_removed_lines_do_not_come_back() {
    let place = Place::new("rewound-removed");
    let mut archive = place.archive();
    keep(&mut archive, 1, 1..=6);
    archive.connection().execute("DELETE FROM lines WHERE message_id IN (3, 5)", []).unwrap();
    archive.catch_up(&past([rewound(7..=7)]));
    assert_eq!(ids(&page(&archive, 5, Range::Last, 10)), [1, 2, 4, 6, 7]);
}

#[test]
fn lines_that_are_too_old_are_not_added() {
    let place = Place::new("away-old");
    let mut archive = place.archive();
    // The lines of these tests are of the year 2027.
    archive.set_bounds(Bounds { days: Some(1), bytes: u64::MAX });
    let mut old = room(1, 1, 2);
    let of_today = ChatMessage { received_at: Timestamp::now(), ..(*message(1, 3)).clone() };
    old.lines = [1, 2].map(|id| later(id, -1_000_000_000)).into();
    old.lines.push(Arc::new(of_today));
    old.last_id = 3;
    archive.catch_up(&past([old]));
    assert_eq!(ids(&page(&archive, 1, Range::Last, 10)), [3]);
}

#[test]
fn what_cannot_be_added_is_counted_and_told() {
    let place = Place::new("away-locked");
    let mut archive = place.archive();
    keep(&mut archive, 1, 1..=3);
    archive.connection().busy_timeout(Duration::ZERO).unwrap();
    let other = Connection::open(place.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    archive.catch_up(&past([room(1, 2, 6)]));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(archive.lost(), 5);
    keep(&mut archive, 1, 7..=7);
    let full = Gap { first: 4, last: 6, cause: Loss::Full };
    assert_eq!(page(&archive, 1, Range::Last, 10).gaps, [full]);
}

#[test]
fn many_lines_are_put_off_like_those_of_a_busy_chat() {
    let place = Place::new("away-busy");
    let mut archive = place.archive();
    let rooms: Vec<PastRoom> = (1..=40).map(|epoch| room(epoch, 1, 200)).collect();
    archive.catch_up(&Past { last_epoch: 40, rooms });
    assert_eq!(crate::server::history::backlog::count(archive.connection()).unwrap(), 8_000);
    while archive.may_index() {
        archive.index_backlog();
    }
    assert_eq!(ids(&page(&archive, 40, Range::Last, 500)).len(), 200);
    assert_eq!(archive.lost(), 0);
}

/// The rooms that a chat on several machines would begin with, after the last server has ended in this way.
fn brought(place: &Place, end: file::End) -> Past {
    let (_file, connection) = HistoryFile::open(&place.file()).unwrap();
    connection.execute("UPDATE state SET clean = ?1", [end as i64]).unwrap();
    load::load_to_bring(&connection, Timestamp::now().as_millisecond()).unwrap()
}

#[test]
fn a_chat_that_begins_with_a_file_skips_ids_that_others_may_have_given() {
    let place = Place::new("begins");
    let mut archive = place.archive();
    keep(&mut archive, 1, 1..=3);
    // A room in which nobody had said anything before this machine left.
    archive.catch_up(&past([PastRoom { topic: Some("green".into()), ..room(2, 1, 0) }]));
    archive.end();
    let alone = brought(&place, file::End::InOrder);
    let ids_of = |past: &Past| past.rooms.iter().map(|room| room.last_id).collect::<Vec<_>>();
    assert!(ids_of(&alone).iter().all(|&id| id == 0 || id == 3), "{alone:?}");
    for (end, cause) in [(file::End::OneOfSeveral, Loss::Absent), (file::End::None, Loss::Crash)] {
        let brought = brought(&place, end);
        for (room, before) in brought.rooms.iter().zip(ids_of(&alone)) {
            assert!(room.last_id >= before + (1 << 20), "{room:?}");
            assert_eq!(room.gaps, [Gap { first: before + 1, last: room.last_id, cause }]);
        }
        assert_eq!(brought.rooms.iter().map(|room| room.lines.len()).sum::<usize>(), 3);
    }
    // The machine whose file it is notes the same gap, and goes on behind it.
    let brought = brought(&place, file::End::InOrder);
    let mut room = brought.rooms.iter().find(|room| room.epoch == 1).unwrap().clone();
    let absent = absent(4, 1_000_000);
    (room.last_id, room.gaps) = (1_000_000, vec![absent]);
    let mut archive = place.archive();
    archive.catch_up(&past([room]));
    keep(&mut archive, 1, 1_000_001..=1_000_001);
    let found = page(&archive, 1, Range::Last, 10);
    assert_eq!((ids(&found), found.gaps), (vec![1, 2, 3, 1_000_001], vec![absent]));
}

#[test]
fn what_a_machine_brings_along_is_bounded_in_bytes() {
    let place = Place::new("brings");
    let mut archive = place.archive();
    let text = "x".repeat(15_000);
    for epoch in 1..=500 {
        let lines: Vec<Write> = (1..=4).map(|id| line(epoch, id, "ann", &text)).collect();
        archive.write_batch(&lines, epoch as i64).unwrap();
    }
    archive.end();
    let brought = brought(&place, file::End::InOrder);
    let with_lines = brought.rooms.iter().filter(|room| !room.lines.is_empty()).count();
    assert_eq!(brought.rooms.len(), 500);
    let bytes = serde_json::to_vec(&brought).unwrap().len();
    assert!(with_lines >= 30 && bytes < 5 << 20, "{with_lines} rooms, {bytes} bytes");
    // Those in which somebody has spoken last.
    assert!(brought.rooms[500 - with_lines..].iter().all(|room| !room.lines.is_empty()));
}

#[cfg(feature = "cluster")]
#[test]
fn a_file_knows_more_than_a_log_that_has_lost_its_end() {
    use crate::server::history::catch_up::knows_more;
    for is_busy in [false, true] {
        let place = Place::new("knows-more");
        let mut archive = place.archive();
        archive.set_busy(is_busy);
        keep(&mut archive, 1, 1..=8);
        let knows_more = |past: Past| knows_more(archive.connection(), &past).unwrap();
        assert!(knows_more(past([room(2, 1, 3), room(1, 3, 7)])));
        assert!(!knows_more(past([room(2, 1, 3), room(1, 3, 8)])));
        assert!(!knows_more(past([room(1, 3, 20)])));
        // Under another epoch, ids are others.
        assert!(!knows_more(past([room(2, 1, 3)])));
        // The log has gone on since its loss.
        let mut other = room(1, 3, 6);
        other.last_id = 20;
        other.lines.extend((7..=20).map(|id| later(id, 60)));
        assert!(knows_more(past([other])));
    }
}
