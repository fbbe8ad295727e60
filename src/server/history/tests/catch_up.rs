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
    // Of all rooms together, the newest come first.
    assert_eq!(super::found(&archive, &find("tea", None, &[1, 2])), [6, 5, 4, 2, 1, 3, 2, 1]);
    assert_eq!(loaded(&archive).rooms.iter().filter(|room| room.topic == topic).count(), 1);
    // What is said then follows without a gap.
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

/// Then the rooms get new epochs, and memory still has the lines of the former ones.
#[test]
fn after_a_loss_of_the_log_no_line_is_found_twice() {
    let place = Place::new("rewound");
    let mut archive = place.archive();
    keep(&mut archive, 1, 1..=8);
    let mut rewound = room(1, 3, 6);
    rewound.epoch = 5;
    archive.catch_up(&past([rewound]));
    let message = Arc::new(ChatMessage { received_at: at(60), ..(*message(1, 7)).clone() });
    archive.write_batch(&[Write::Line(KeptLine { epoch: 5, message })], 0).unwrap();
    assert_eq!(super::found(&archive, &find("tea", None, &[1])), [7, 8, 7, 6, 5, 4, 3, 2, 1]);
    let found = page(&archive, 5, Range::Last, 10);
    assert_eq!((ids(&found), found.gaps), (vec![7], vec![absent(1, 6)]));
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

#[test]
fn a_chat_that_begins_anew_skips_ids_that_others_may_have_given() {
    let place = Place::new("begins");
    let mut archive = place.archive();
    keep(&mut archive, 1, 1..=3);
    archive.end();
    let (file, connection) = HistoryFile::open(&place.file()).unwrap();
    let now = Timestamp::now().as_millisecond();
    let brought = load::load_to_bring(&connection, 2, now).unwrap();
    let room = &brought.rooms[0];
    assert!(room.last_id >= 3 + (1 << 20), "{room:?}");
    // It ended in order, so nothing is missing.
    assert_eq!((room.lines.len(), &room.gaps), (2, &vec![]));
    drop((file, connection));
    // The machine whose file it is finds nothing new in it, and goes on behind the ids that were skipped.
    let mut archive = place.archive();
    archive.catch_up(&brought);
    keep(&mut archive, 1, room.last_id + 1..=room.last_id + 1);
    let found = page(&archive, 1, Range::Last, 10);
    assert_eq!((ids(&found), found.gaps), (vec![1, 2, 3, room.last_id + 1], vec![]));
    // After a crash, something may be missing there.
    let brought = load::load_to_bring(archive.connection(), 2, now).unwrap();
    let (last_id, gaps) = (brought.rooms[0].last_id, &brought.rooms[0].gaps);
    assert_eq!(*gaps, [Gap { first: room.last_id + 2, last: last_id, cause: Loss::Crash }]);
    archive.catch_up(&brought);
    keep(&mut archive, 1, last_id + 1..=last_id + 1);
    assert_eq!(page(&archive, 1, Range::Last, 10).gaps, *gaps);
}

#[cfg(feature = "cluster")]
#[test]
fn a_file_knows_more_than_a_log_that_has_lost_its_end() {
    let place = Place::new("knows-more");
    let mut archive = place.archive();
    keep(&mut archive, 1, 1..=8);
    let knows_more = |past: Past| {
        crate::server::history::catch_up::knows_more(archive.connection(), &past).unwrap()
    };
    assert!(knows_more(past([room(2, 1, 3), room(1, 3, 7)])));
    assert!(!knows_more(past([room(2, 1, 3), room(1, 3, 8)])));
    // Under another epoch, ids are others.
    assert!(!knows_more(past([room(2, 1, 3)])));
}
