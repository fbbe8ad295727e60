//! The history on disk, as the Hub sees it: what it has kept, what it asks for, and what it does with the answer.

use std::sync::Arc;

use chatserv::chat::{
    Audience, ChatMessage, DisconnectReason, Effect, Event, Fetch, Found, Gap, KeptLine,
    LookupError, Loss, Manner, NameKey, Past, PastRoom, Range, Search,
};
use chatserv::config::limits::{HISTORY_LINES_MAX, LOOKUPS_PER_CLIENT_MAX, ROOMS_MAX};
use serde_json::Value;

use super::{Chat, SETTINGS, noon};

/// A disk that keeps everything, and answers when the test says so.
#[derive(Default)]
struct Disk {
    lines: Vec<KeptLine>,
    topics: Vec<(u64, Option<String>)>,
    asked: Vec<Effect>,
}

impl Disk {
    /// Takes what the Hub has asked for since the last call.
    fn take(&mut self, chat: &mut Chat) {
        for effect in chat.for_disk.drain(..) {
            match effect {
                Effect::Keep(lines) => self.lines.extend(lines),
                Effect::KeepTopic { epoch, topic, .. } => {
                    self.topics.push((epoch, topic.as_deref().map(str::to_owned)));
                }
                other => self.asked.push(other),
            }
        }
    }

    fn ids(&self, epoch: u64) -> Vec<u64> {
        self.lines.iter().filter(|line| line.epoch == epoch).map(id).collect()
    }

    /// Answers the first question.
    fn answer(&mut self, chat: &mut Chat) {
        self.take(chat);
        let (ticket, found) = match self.asked.remove(0) {
            Effect::Fetch(fetch) => (fetch.ticket, self.fetch(&fetch)),
            Effect::Search(search) => (search.ticket, self.search(&search)),
            other => panic!("{other:?} is no question"),
        };
        chat.step(Event::Found { ticket, found: Ok(found) });
    }

    fn fetch(&self, fetch: &Fetch) -> Found {
        let is_meant = |line: &&KeptLine| {
            let id = id(line);
            let in_range = match fetch.range {
                Range::Last | Range::Until(_) => true,
                Range::Before(end) => id < end,
                Range::After(start) => id > start,
            };
            line.epoch == fetch.epoch && id < fetch.below && in_range
        };
        let is_shown = |line: &&KeptLine| !fetch.hidden.contains(&NameKey::of(&line.message.from));
        let mut lines: Vec<KeptLine> =
            self.lines.iter().filter(is_meant).filter(is_shown).cloned().collect();
        let more = lines.len() > fetch.limit;
        match fetch.range {
            Range::After(_) => lines.truncate(fetch.limit),
            _ => drop(lines.drain(..lines.len().saturating_sub(fetch.limit))),
        }
        Found { lines, more: more && fetch.limit > 0, ..Found::default() }
    }

    fn search(&self, search: &Search) -> Found {
        let mut lines: Vec<KeptLine> = self.lines.clone();
        lines.reverse();
        lines.retain(|KeptLine { message, .. }| {
            let Audience::Room { room, .. } = &message.to else {
                panic!("a private message was kept: {message:?}");
            };
            let sender = NameKey::of(&message.from);
            search.rooms.contains(&NameKey::of(room))
                && message.text.contains(&search.words)
                && search.sender.as_ref().is_none_or(|wanted| *wanted == sender)
                && !search.hidden.contains(&sender)
        });
        let more = lines.len() > search.limit;
        lines.truncate(search.limit);
        Found { lines, more, cursor: more.then_some(7), ..Found::default() }
    }
}

fn id(line: &KeptLine) -> u64 {
    match line.message.to {
        Audience::Room { message_id, .. } => message_id,
        Audience::People(_) => panic!("{line:?} is private"),
    }
}

fn said(room: &str, message_id: u64, from: &str, text: &str) -> Arc<ChatMessage> {
    Arc::new(ChatMessage {
        from: from.into(),
        to: Audience::Room { room: room.into(), message_id },
        manner: Manner::Chat,
        text: text.to_owned(),
        sent_at: None,
        received_at: noon(),
    })
}

fn past_room(name: &str, epoch: u64, last_id: u64, lines: Vec<Arc<ChatMessage>>) -> PastRoom {
    let gaps = Vec::new();
    PastRoom { name: name.into(), epoch, topic: None, last_id, lines, gaps }
}

/// A chat with these people and a history on disk, which remembers these rooms.
fn chat(people: &str, rooms: Vec<PastRoom>) -> (Chat, Disk) {
    let mut chat = Chat::new(SETTINGS);
    let last_epoch = rooms.iter().map(|room| room.epoch).max().unwrap_or(0);
    chat.hub.remember(Past { last_epoch, rooms });
    for who in people.chars() {
        chat.connect(who);
        chat.say(who, &who.to_uppercase().to_string());
    }
    chat.forget();
    (chat, Disk::default())
}

fn object(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[test]
fn messages_to_rooms_are_kept_and_private_ones_are_not() {
    let (mut chat, mut disk) = chat("ab", Vec::new());
    play! {chat, r#"
        j: join json lobby
        a> hello
        a> /me waves
        a> /msg b psst
        a> only for you @b
        b> /reply psst
        j> {"action":"chat","room":"lobby","message":"hi"}
        j> {"action":"chat","to":["B"],"message":"psst"}
        j> {"action":"msg","to":["B"],"message":"psst"}
        a> SHUTDOWN?
    "#}
    disk.take(&mut chat);
    let texts: Vec<&str> = disk.lines.iter().map(|line| &line.message.text[..]).collect();
    assert_eq!(texts, ["hello", "waves", "hi", "SHUTDOWN?"]);
    assert_eq!(disk.ids(disk.lines[0].epoch), [1, 2, 3, 4]);
    // Alone in a room, one is heard by nobody, but may want to find it again.
    play! {chat, "
        b> /join dev
        b> note to myself
    "}
    disk.take(&mut chat);
    assert_eq!(disk.lines.last().unwrap().message.text, "note to myself");
}

#[test]
fn nothing_is_kept_or_asked_without_a_disk() {
    let mut chat = Chat::with("ab", SETTINGS);
    play! {chat, r#"
        a> hello
        a> /topic news
        forget
        a> /search hello
        a< server: This server has no history on disk. /history shows the latest messages.
        a> /history before:2026-11-20
        a< server: This server has no history on disk. /history shows the latest messages.
        a> /history
        a<# 2
        j: join json lobby
        forget
        j> {"action":"search","words":"hello","id":7}
        j<j {"action":"error","code":"no_history","id":7}
    "#}
    assert_eq!(chat.for_disk, []);
}

#[test]
fn the_deliveries_of_one_read_stay_neighbours() {
    let (mut chat, _) = chat("abc", Vec::new());
    let mut effects = Vec::new();
    let now = chatserv::chat::Now { time: chat.now, wall: noon() };
    let client = chat.ids[&'a'];
    for text in ["one", "two", "three"] {
        let line = chatserv::chat::Line { text: text.into(), altered: false };
        let input = chatserv::chat::Input::Line(line);
        chat.hub.step(now, Event::Received { client, input }, &mut effects);
    }
    let kinds: Vec<&str> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Keep(lines) => {
                assert_eq!(lines.len(), 3);
                "keep"
            }
            Effect::Send { .. } => "send",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["keep", "send", "send", "send"]);
}

#[test]
fn a_room_goes_on_where_the_last_run_ended() {
    let lines = vec![said("Dev", 41, "zoe", "old"), said("Dev", 42, "zoe", "older than you")];
    let mut dev = past_room("Dev", 1000, 42, lines);
    dev.topic = Some("Rust".into());
    let (mut chat, mut disk) = chat("a", vec![past_room("lobby", 900, 7, Vec::new()), dev]);
    play! {chat, r#"
        j: join json
        forget
        # A room that nobody is in is no room.
        j> {"action":"rooms"}
        j<j {"action":"rooms","total":1}
        j> {"action":"who","room":"dev"}
        j<j {"action":"error","code":"no_such_room"}
        j> {"action":"joinroom","room":"lobby"}
        j<j {"action":"joinroom","room":"lobby","epoch":900,"last_message_id":7}
        j> {"action":"joinroom","room":"dev"}
        j<j {"action":"joinroom","room":"Dev","epoch":1000,"last_message_id":42,"topic":"Rust"}
        j> {"action":"chat","room":"dev","message":"new","id":1}
        j<j {"action":"ack","message_id":43}
        j> {"action":"history","room":"dev","after":41}
        j<~ older than you
    "#}
    disk.take(&mut chat);
    assert_eq!(disk.ids(1000), [43]);
    // A new room has a later epoch than all of them, even if the clock was set back.
    play! {chat, r#"
        forget
        a> /join tea
        a> first
    "#}
    disk.take(&mut chat);
    assert!(disk.lines.last().unwrap().epoch > 1000);
}

#[test]
fn an_empty_room_keeps_its_ids_and_its_topic() {
    let (mut chat, mut disk) = chat("a", Vec::new());
    let mut epochs = Vec::new();
    for text in ["one", "two"] {
        chat.say('a', "/join dev");
        chat.say('a', text);
        chat.say('a', "/topic Rust");
        chat.say('a', "/part");
        disk.take(&mut chat);
        epochs.push(disk.lines.last().unwrap().epoch);
    }
    assert_eq!(epochs[0], epochs[1]);
    assert_eq!(disk.ids(epochs[0]), [1, 2]);
    assert_eq!(disk.topics, vec![(epochs[0], Some("Rust".into())); 2]);
    play! {chat, "
        forget
        a> /join DEV
        a< server: You are in room dev alone.
        a< server: Topic: Rust
        a< server: The last 2 line(s) in dev:
        a< [12:00] A : one
        a< [12:00] A : two
    "}
    // One in which nothing was said is worth nothing.
    play! {chat, r#"
        a> /join empty
        a> /part
        j: join json
        forget
        j> {"action":"joinroom","room":"EMPTY"}
        j<j {"action":"joinroom","room":"EMPTY","last_message_id":0}
    "#}
}

#[test]
fn as_many_rooms_sleep_as_may_and_others_can_be_opened() {
    let rooms = (0..ROOMS_MAX).map(|at| past_room(&format!("room-{at}"), at as u64 + 1, 5, vec![]));
    let (mut chat, _) = chat("a", rooms.collect());
    play! {chat, r#"
        a> /join new
        a> hello
        a> /part
        j: join json
        forget
        # The one that has slept for longest is forgotten; the ids of the others go on.
        j> {"action":"joinroom","room":"new"}
        j<j {"action":"joinroom","room":"new","last_message_id":1}
        j> {"action":"joinroom","room":"room-1"}
        j<j {"action":"joinroom","room":"room-1","epoch":2,"last_message_id":5}
        j> {"action":"joinroom","room":"room-0"}
        j<j {"action":"joinroom","room":"room-0","last_message_id":0}
    "#}
}

/// A chat whose lobby has more lines on disk than in memory.
fn long_lobby(people: &str) -> (Chat, Disk) {
    let (mut chat, mut disk) = chat(people, Vec::new());
    for number in 1..=HISTORY_LINES_MAX + 50 {
        chat.say('a', &format!("line {number}"));
    }
    chat.forget();
    disk.take(&mut chat);
    (chat, disk)
}

#[test]
fn older_pages_come_from_the_disk() {
    let (mut chat, mut disk) = long_lobby("a");
    play! {chat, r#"
        j: join json lobby
        forget
    "#}
    let mut page = |chat: &mut Chat, range: &str, lookups: usize| {
        chat.ask('j', &format!(r#"{{"action":"history","room":"lobby",{range},"id":3}}"#));
        disk.take(chat);
        assert_eq!(disk.asked.len(), lookups, "{range}");
        for _ in 0..lookups {
            assert_eq!(chat.heard('j'), Vec::<String>::new(), "{range}");
            disk.answer(chat);
        }
        let heard = chat.heard('j');
        assert_eq!(heard.len(), 1, "{range}");
        let answer = object(&heard[0]);
        assert_eq!(answer["id"], 3, "{range}");
        let said = answer["messages"].as_array().unwrap();
        let ids: Vec<u64> = said.iter().map(|it| it["message_id"].as_u64().unwrap()).collect();
        assert!(ids.is_sorted_by(|one, next| one + 1 == *next), "{range}: {ids:?}");
        let ends = ids.first().zip(ids.last()).map(|(first, last)| (*first, *last));
        (ends, answer["more"] == true)
    };
    for (range, lookups, ends, more) in [
        // In memory.
        (r#""limit":200"#, 0, Some((51, 250)), true),
        (r#""limit":10"#, 0, Some((241, 250)), true),
        (r#""before":61,"limit":10"#, 0, Some((51, 60)), true),
        (r#""after":50"#, 0, Some((51, 70)), true),
        (r#""after":240"#, 0, Some((241, 250)), false),
        // On disk, or on both.
        (r#""limit":210"#, 1, Some((41, 250)), true),
        (r#""limit":500"#, 1, Some((1, 250)), false),
        (r#""before":61,"limit":20"#, 1, Some((41, 60)), true),
        (r#""before":51,"limit":20"#, 1, Some((31, 50)), true),
        (r#""before":11,"limit":10"#, 1, Some((1, 10)), false),
        (r#""before":1"#, 1, None, false),
        (r#""after":0,"limit":10"#, 1, Some((1, 10)), true),
        (r#""after":40,"limit":20"#, 1, Some((41, 60)), true),
        (r#""after":49,"limit":500"#, 1, Some((50, 250)), false),
        (r#""after":0,"limit":500"#, 1, Some((1, 250)), false),
    ] {
        assert_eq!(page(&mut chat, range, lookups), (ends, more), "{range}");
    }
}

#[test]
fn a_person_pages_back_by_a_date() {
    let (mut chat, mut disk) = long_lobby("a");
    chat.say('a', "/history 2 before:2026-11-20T14:30");
    disk.take(&mut chat);
    // The disk has to tell which lines up to the last one it lacks.
    let Some(Effect::Fetch(Fetch { range: Range::Until(_), limit: 2, below: 251, .. })) =
        disk.asked.first()
    else {
        panic!("{:?}", disk.asked);
    };
    disk.answer(&mut chat);
    play! {chat, "
        a< server: The last 2 line(s) in lobby before 2026-11-20 14:30:
        a< [12:00] A : line 249
        a< [12:00] A : line 250
    "}
}

#[test]
fn the_newest_found_lines_come_first() {
    let (mut chat, mut disk) = chat("ab", Vec::new());
    play! {chat, "
        a> tea at four
        b> tea at five
        a> coffee
        b> /join dev
        b> tea in dev
        forget
        a> /search tea
    "}
    disk.answer(&mut chat);
    play! {chat, "
        a< server: 2 line(s) found in lobby, newest first:
        a< [12:00] B : tea at five
        a< [12:00] A : tea at four
        a> /search tea from:@A
    "}
    disk.answer(&mut chat);
    play! {chat, "
        a< server: 1 line(s) found in lobby, newest first:
        a< [12:00] A : tea at four
        a> /search milk
    "}
    disk.answer(&mut chat);
    play! {chat, "
        a< server: Nothing found in lobby. A line has to have all the words.
        a> /search tea in:dev
        a< server: You are not in room dev. /join dev goes there.
        a> /search !?
        a< server: Give a word to search for, or from:NAME. Signs alone are no words.
        a> /search from:bob before:tuesday
        a< server: That is no date. Write before:2026-11-20 or before:2026-11-20T14:30.
        a> /search tea from:bob from:ann
        a< server: Give from: only once.
        a> /search from:
        a< server: Type it like this: /search WORDS [from:NAME] […] (see /help search)
    "}
    chat.say('a', &format!("/search {}", "x".repeat(401)));
    play! {chat, "
        a< server: That text is too long: at most 400 bytes. Make it shorter.
    "}
    assert_eq!(disk.asked, []);
}

#[test]
fn a_program_searches_all_its_rooms_or_one() {
    let (mut chat, mut disk) = chat("a", Vec::new());
    play! {chat, r#"
        j: join json lobby
        j> {"action":"joinroom","room":"dev"}
        a> tea in the lobby
        j> {"action":"chat","room":"dev","message":"tea in dev"}
        a> /join secret
        a> tea in secret
        forget
        j> {"action":"search","words":"tea","id":1}
    "#}
    disk.answer(&mut chat);
    let heard = chat.heard('j');
    let answer = object(&heard[0]);
    assert_eq!((&answer["action"], &answer["id"]), (&"search".into(), &1.into()));
    let messages = answer["messages"].as_array().unwrap();
    let texts: Vec<&str> = messages.iter().map(|it| it["message"].as_str().unwrap()).collect();
    assert_eq!(texts, ["tea in dev", "tea in the lobby"]);
    assert!(messages.iter().all(|it| it["epoch"].is_u64()));
    play! {chat, r#"
        j> {"action":"search","words":"tea","room":"DEV","limit":1,"cursor":7}
    "#}
    disk.take(&mut chat);
    let Some(Effect::Search(Search { limit: 1, cursor: Some(7), rooms, .. })) = disk.asked.first()
    else {
        panic!("{:?}", disk.asked);
    };
    assert_eq!(*rooms, [NameKey::of("dev")]);
    disk.answer(&mut chat);
    play! {chat, r#"
        j<j {"action":"search","more":false}
        j> {"action":"search","words":"tea","room":"secret"}
        j<j {"action":"error","code":"not_in_room"}
        k: join json
        forget
        k> {"action":"search","words":"tea"}
        k<j {"action":"error","code":"missing_field"}
        k> {"action":"search","words":"\u0000 \u0001"}
        k<j {"action":"error"}
    "#}
}

#[test]
fn whom_one_ignores_is_left_out() {
    let (mut chat, mut disk) = chat("abc", Vec::new());
    play! {chat, "
        b> tea one
        c> tea two
        b> /nick Robert
        b> tea three
        a> /ignore robert
        forget
        a> /search tea
    "}
    disk.take(&mut chat);
    let Some(Effect::Search(search)) = disk.asked.first() else {
        panic!("{:?}", disk.asked);
    };
    assert!(search.hidden.contains(&NameKey::of("robert")));
    disk.answer(&mut chat);
    play! {chat, "
        a<~ tea two
    "}
}

#[test]
fn answers_come_in_the_order_of_the_requests() {
    let (mut chat, mut disk) = long_lobby("a");
    play! {chat, r#"
        j: join json lobby
        forget
        j> {"action":"search","words":"line 7","id":1}
        j> {"action":"history","room":"lobby","limit":1,"id":2}
        j> {"action":"history","room":"lobby","before":20,"limit":1,"id":3}
        j> {"action":"search","words":"line 8","id":4}
    "#}
    assert_eq!(chat.heard('j'), Vec::<String>::new());
    chat.ask('j', r#"{"action":"search","words":"line 9","id":5}"#);
    play! {chat, r#"
        j<j {"action":"error","code":"too_many_searches","id":5}
    "#}
    assert_eq!(LOOKUPS_PER_CLIENT_MAX, 4);
    let mut ids = Vec::new();
    for _ in 0..LOOKUPS_PER_CLIENT_MAX {
        disk.answer(&mut chat);
        ids.extend(chat.heard('j').iter().map(|line| object(line)["id"].clone()));
    }
    assert_eq!(ids, [1, 2, 3, 4]);
    // And then it may search again.
    chat.ask('j', r#"{"action":"search","words":"line 9","id":6}"#);
    disk.answer(&mut chat);
    assert_eq!(chat.heard('j').len(), 1);
}

#[test]
fn everybody_has_one_question_at_a_time() {
    let (mut chat, mut disk) = long_lobby("ab");
    for words in ["line 11", "line 12", "line 13"] {
        chat.say('a', &format!("/search {words}"));
    }
    chat.say('a', "/history 2 before:2026-11-20");
    chat.say('b', "/search line 21");
    disk.take(&mut chat);
    assert_eq!(disk.asked.len(), 2, "{:?}", disk.asked);
    let mut answered = String::new();
    while !disk.asked.is_empty() {
        disk.answer(&mut chat);
        disk.take(&mut chat);
        for person in ['a', 'b'] {
            answered.extend(chat.heard(person).first().map(|_| person));
        }
    }
    assert_eq!(answered, "abaaa");
    // Nobody is asked for somebody who has gone.
    chat.say('a', "/search line 1");
    chat.say('a', "/search line 2");
    chat.leave('a', DisconnectReason::Quit);
    disk.answer(&mut chat);
    disk.take(&mut chat);
    assert_eq!(disk.asked, []);
}

#[test]
fn who_left_the_room_is_answered_and_who_left_the_chat_is_not() {
    let (mut chat, mut disk) = long_lobby("ab");
    play! {chat, "
        a> /search line 7
        a> /join dev
        b> /search line 8
        b: leave
        forget
    "}
    disk.answer(&mut chat);
    play! {chat, "
        a<~ found in lobby
    "}
    // The fixture fails if somebody who has gone is told anything.
    disk.answer(&mut chat);
    chat.step(Event::Found { ticket: 77, found: Ok(Found::default()) });
    chat.leave('a', DisconnectReason::Quit);
}

#[test]
fn a_lookup_that_fails_says_why() {
    let (mut chat, mut disk) = long_lobby("a");
    for (error, sentence) in [
        (LookupError::TooSlow, "That search takes too long. Add a word, from:NAME or before:DATE."),
        (LookupError::Busy, "Too many searches are under way. Try again in a moment."),
        (LookupError::Failed, "The history cannot be read. The log of the server says why."),
    ] {
        chat.say('a', "/history 500");
        disk.take(&mut chat);
        let Effect::Fetch(Fetch { ticket, .. }) = disk.asked.remove(0) else {
            panic!("no page is asked for");
        };
        chat.step(Event::Found { ticket, found: Err(error) });
        assert_eq!(chat.heard('a'), [format!("server: {sentence}")]);
    }
}

#[test]
fn gaps_are_told_where_they_are() {
    let lines = [1, 2, 6, 9]
        .map(|id| said("lobby", id, "zoe", &format!("line {id}")))
        .into_iter()
        .collect();
    let mut lobby = past_room("lobby", 5, 1009, lines);
    lobby.gaps = vec![
        Gap { first: 3, last: 5, cause: Loss::Full },
        Gap { first: 10, last: 1009, cause: Loss::Crash },
    ];
    let (mut chat, _) = chat("a", vec![lobby]);
    play! {chat, r#"
        a> hello
        forget
        a> /history
        a< server: The last 5 line(s) in lobby:
        a< [12:00] zoe : line 1
        a< [12:00] zoe : line 2
        a< server: 3 line(s) are missing here: there was no room to keep them.
        a< [12:00] zoe : line 6
        a< [12:00] zoe : line 9
        a< server: Lines may be missing here: the server ended before it had written all.
        a< [12:00] A : hello
        a> /history 1
        a< server: The last 1 line(s) in lobby:
        a< [12:00] A : hello
        j: join json lobby
        forget
        j> {"action":"history","room":"lobby","after":2,"limit":1}
        j<j {"gaps":[{"first":3,"last":5,"cause":"full"}],"more":true}
        j> {"action":"history","room":"lobby","after":6,"limit":1}
        j<!~ gaps
    "#}
    // Later messages do not use an id from before the crash again.
    assert_eq!(chat.for_disk.len(), 1);
    let Some(Effect::Keep(lines)) = chat.for_disk.first() else {
        panic!("{:?}", chat.for_disk);
    };
    assert_eq!(id(&lines[0]), 1010);
}

#[test]
fn what_is_forgotten_on_disk_is_forgotten_in_memory() {
    let (mut chat, mut disk) = chat("ab", Vec::new());
    play! {chat, "
        a> one
        b> two
        a> three
        wait 10
        a> four
    "}
    let before = noon() + std::time::Duration::from_secs(5);
    chat.step(Event::Forgotten { sender: NameKey::of("a"), before });
    disk.take(&mut chat);
    disk.lines.retain(|line| ["two", "four"].contains(&&line.message.text[..]));
    play! {chat, "
        forget
        b> /history
    "}
    // There may be older lines on disk.
    disk.answer(&mut chat);
    play! {chat, "
        b< server: The last 2 line(s) in lobby:
        b< [12:00] B : two
        b< [12:00] A : four
    "}
}
