//! Sentences with many names, within 80 columns and 49 lines.

use std::sync::Arc;
use std::time::Duration;

use chatserv::chat::{ChatError, Message, PersonListing};
use jiff::Timestamp;

use crate::phrases::{Row, name, names, row, servers, typed};

fn delivered(to: &[&str], absent: &[&str], everybody_in: Option<&str>) -> Message {
    Message::Delivered {
        to: names(to),
        absent: typed(absent),
        everybody_in: everybody_in.map(name),
        received_at: Timestamp::UNIX_EPOCH,
        message_id: None,
    }
}

fn in_room(members: &[&str], total: usize, topic: Option<&str>) -> Message {
    Message::InRoom {
        room: name("dev"),
        from: name("ann"),
        members: names(members),
        total,
        topic: topic.map(name),
        epoch: 1,
        last_message_id: 0,
    }
}

pub fn person(who: &str, rooms: &[&str], idle_seconds: u64, away: bool) -> PersonListing {
    PersonListing {
        name: name(who),
        rooms: names(rooms),
        idle: Duration::from_secs(idle_seconds),
        away,
        machine: None,
    }
}

fn who(room: Option<&str>, people: Vec<PersonListing>, total: usize) -> Message {
    Message::Who { room: room.map(name), people, total }
}

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let everybody = || {
        vec![
            person("Bob", &["lobby"], 59, false),
            person("Ann", &["dev", "asyncio"], 359, true),
            person("Eve", &["dev"], 60, false),
            person("Tom", &[], 7_500, false),
        ]
    };
    vec![
        row(delivered(&[], &[], None), ""),
        row(delivered(&["sis", "mom"], &[], None), "Delivered to sis, mom."),
        row(delivered(&["sis"], &["dad"], None), "Delivered to sis. Not here: dad."),
        row(delivered(&[], &["dad"], None), "Not here: dad."),
        row(delivered(&[], &["dad", "uncle"], Some("lobby")),
            "Nobody here is called dad, uncle: said to everybody in lobby."),
        row(Message::Error(ChatError::NobodyOf(typed(&["dad", "uncle"]))),
            "Nobody here is called dad, uncle. /who shows who is here."),
        row(Message::Ignoring(Vec::new()), "You ignore nobody. /ignore NAME hides the messages of a person."),
        row(Message::Ignoring(names(&["bob", "eve"])), "You ignore bob, eve."),
        row(in_room(&["ann"], 1, None), "You are in room dev alone."),
        row(in_room(&["bob", "ann", "carol"], 3, Some("Rust")), "You are in room dev with bob, carol.\nTopic: Rust"),
        row(in_room(&["bob", "ann"], 7, None), "You are in room dev with bob,\n… and 5 more"),
        // Ann is not among the shown ones.
        row(in_room(&["bob", "eve"], 7, None), "You are in room dev with bob, eve,\n… and 4 more"),
        row(who(None, vec![person("A", &["lobby"], 0, false)], 1), "1 client(s) connected: A"),
        row(
            who(None, everybody(), 4),
            "4 client(s) connected: Bob, Ann (dev, asyncio; idle 5m; away),\n\
             Eve (dev; idle 1m), Tom (idle 2h 5m)",
        ),
        row(who(Some("dev"), everybody(), 4),
            "4 in room dev: Bob, Ann (idle 5m; away), Eve (idle 1m), Tom (idle 2h 5m)"),
    ]
}

/// How many words of the lines begin like this.
fn named(lines: &[String], beginning: &str) -> usize {
    let words = lines.iter().flat_map(|line| line.split(' '));
    words.filter(|word| word.starts_with(beginning)).count()
}

#[test]
fn five_thousand_people_fit_on_a_screen() {
    let shown = |at| person(&format!("somebody-{at}"), &["lobby"], 0, false);
    let lines = servers(&who(None, (0..5000).map(shown).collect(), 5000));
    assert_eq!(lines.len(), 49);
    assert!(lines[0].starts_with("5000 client(s) connected: somebody-0, somebody-1,"));
    let more = format!("… and {} more", 5000 - named(&lines, "somebody-"));
    assert_eq!(lines[48], more);
    // The Hub passes on only the first ones, but the total counts.
    let lines = servers(&who(None, (0..20).map(shown).collect(), 5000));
    assert!(lines.len() < 10);
    assert_eq!(lines.last().unwrap(), "… and 4980 more");
    assert_eq!(named(&lines, "somebody-"), 20);
}

#[test]
fn a_person_in_many_rooms_takes_one_line() {
    let rooms: Vec<String> = (0..64).map(|at| format!("room-{at:027}")).collect();
    let rooms: Vec<&str> = rooms.iter().map(String::as_str).collect();
    for longest in ["x".repeat(32), "字".repeat(16), "[2001:db8:0:0:1:2:3:4]:65535".into()] {
        let busy = person(&longest, &rooms, 86_400 * 364, true);
        let lines = servers(&who(None, vec![busy.clone(), busy], 2));
        assert_eq!(lines.len(), 3, "{lines:?}");
        for line in &lines[1..] {
            assert!(line.contains("…; idle 364d; away)"), "{line:?}");
        }
    }
}

#[test]
fn long_lists_break_between_names() {
    let long: Vec<String> = (0..3000).map(|at| format!("name-{at}")).collect();
    let shared: Vec<Arc<str>> = long.iter().map(|name| name.as_str().into()).collect();
    let words: Vec<&str> = long.iter().map(String::as_str).collect();
    for message in [
        delivered(&words, &[], None),
        delivered(&[], &words, None),
        delivered(&[], &words, Some("lobby")),
        Message::Error(ChatError::NobodyOf(long.clone())),
        Message::Ignoring(shared),
        in_room(&words, words.len(), None),
    ] {
        let lines = servers(&message);
        assert_eq!(lines.len(), 49, "{message:?}");
        assert!(lines[48].starts_with("… and "), "{:?}", lines[48]);
        assert!(lines[..48].iter().all(|line| line.ends_with(',')));
    }
    // Only the beginning of typed text is quoted.
    let typed = "字".repeat(1000);
    let lines = servers(&delivered(&["sis"], &[&typed], None));
    assert_eq!(lines, [format!("Delivered to sis. Not here: {}.", "字".repeat(16))]);
}
