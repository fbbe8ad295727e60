//! Notices of one sentence, and joins.

use super::check_all;

#[test]
fn who_comes_and_goes() {
    check_all(&[
        (
            r#"{"action":"connect","from":"luca","address":"127.0.0.1:40000","clients":3}"#,
            &["-- You have joined the chat as luca."],
        ),
        (r#"{"action":"joinroom","room":"dev","from":"ann"}"#, &["-- ann has joined dev"]),
        (r#"{"action":"leaveroom","room":"dev","from":"ann"}"#, &["-- ann has left dev"]),
        (
            r#"{"action":"leaveroom","room":"dev","from":"ann","reason":"kicked","by":"op"}"#,
            &["-- ann has left dev: kicked by op"],
        ),
        (
            r#"{"action":"leaveroom","room":"dev","from":"ann","reason":"banned","by":"op","message":"spam"}"#,
            &["-- ann has left dev: banned by op (spam)"],
        ),
        (
            r#"{"action":"leaveroom","room":"dev","from":"ann","reason":"kicked"}"#,
            &["-- ann has left dev: kicked"],
        ),
        (r#"{"action":"leaveroom","room":"dev","from":"luca"}"#, &["-- You have left dev"]),
        (r#"{"action":"nick","from":"ann","username":"Ann"}"#, &["-- ann is now known as Ann"]),
        (r#"{"action":"nick","from":"luca","username":"lu"}"#, &["-- You are now known as lu"]),
        (r#"{"action":"nick","from":"lu","username":"luca"}"#, &["-- You are now known as luca"]),
    ]);
}

#[test]
fn a_room_is_shown_with_its_people_and_its_topic() {
    let joined = |count: usize, total: usize, topic: &str| {
        let members: Vec<_> = (1..=count).map(|number| format!("\"user{number}\"")).collect();
        let members = [&["\"luca\"".to_owned()], &members[..]].concat().join(",");
        format!(
            r#"{{"action":"joinroom","room":"dev","from":"luca","members":[{members}],"total":{total},"topic":{topic}}}"#
        )
    };
    check_all(&[
        (&joined(0, 1, "null"), &["-- You are alone in dev."]),
        (&joined(0, 0, r#""Rust""#), &["-- You are alone in dev. Topic: Rust"]),
        (&joined(1, 2, "null"), &["-- You are in dev with user1 (2 people)."]),
        (
            &joined(2, 3, r#""Rust""#),
            &["-- You are in dev with user1 and user2 (3 people). Topic: Rust"],
        ),
        (
            &joined(20, 10_000, "null"),
            &[
                "-- You are in dev with user1, user2, user3, user4, user5, user6, user7, user8, user9 and 9990 others (10000 people).",
            ],
        ),
    ]);
}

#[test]
fn answers_in_one_sentence() {
    check_all(&[
        (
            r#"{"action":"topic","room":"dev","topic":"Rust","from":"ann"}"#,
            &["-- ann has set the topic of dev: Rust"],
        ),
        (
            r#"{"action":"topic","room":"dev","topic":null,"from":"ann"}"#,
            &["-- ann has removed the topic of dev"],
        ),
        (r#"{"action":"topic","room":"dev","topic":"Rust"}"#, &["-- The topic of dev: Rust"]),
        (
            r#"{"action":"topic","room":"dev","topic":null}"#,
            &["-- dev has no topic. /topic TEXT sets one."],
        ),
        (
            r#"{"action":"away","from":"luca","message":"lunch"}"#,
            &["-- You are marked as away (lunch). Type /back when you are here again."],
        ),
        (
            r#"{"action":"away","from":"luca"}"#,
            &["-- You are marked as away. Type /back when you are here again."],
        ),
        (r#"{"action":"back","from":"luca"}"#, &["-- You are no longer marked as away."]),
        (
            r#"{"action":"ignore","username":"bob"}"#,
            &["-- You now ignore bob. /unignore bob undoes this."],
        ),
        (r#"{"action":"ignore","usernames":["bob","cid"]}"#, &["-- You ignore bob, cid."]),
        (
            r#"{"action":"ignore","usernames":[]}"#,
            &["-- You ignore nobody. /ignore NAME hides the messages of a person."],
        ),
        (r#"{"action":"unignore","username":"bob"}"#, &["-- You no longer ignore bob."]),
        (
            r#"{"action":"quiet","on":true}"#,
            &["-- Joins and leaves are hidden. /quiet off shows them again."],
        ),
        (r#"{"action":"quiet","on":false}"#, &["-- Joins and leaves are shown."]),
        (r#"{"action":"pong"}"#, &["-- Pong!"]),
        (r#"{"action":"motd","message":null}"#, &["-- There is no message of the day."]),
        (
            r#"{"action":"motd","message":"  /\\_/\\\n ( o.o )\n\nMeow."}"#,
            &["--   /\\_/\\", "--  ( o.o )", "-- ", "-- Meow."],
        ),
    ]);
}

#[test]
fn what_operators_do() {
    check_all(&[
        (
            r#"{"action":"op"}"#,
            &["-- You are an operator now. /help lists the commands for operators, too."],
        ),
        (r#"{"action":"kick","username":"bob"}"#, &["-- bob was kicked."]),
        (r#"{"action":"mute","username":"bob"}"#, &["-- bob is muted. /unmute bob undoes this."]),
        (r#"{"action":"unmute","username":"bob"}"#, &["-- bob is no longer muted."]),
        (
            r#"{"action":"ban","username":"bob","address":"2001:db8::/64","until":"2026-11-20T12:00:00.123Z","reason":"spam","by":"op"}"#,
            &["-- bob, 2001:db8::/64 is banned until 13:00 (spam)."],
        ),
        (
            r#"{"action":"ban","username":"bob","by":"op"}"#,
            &["-- bob is banned until /unban lifts the ban."],
        ),
        (
            r#"{"action":"unban","address":"192.0.2.7","by":"op"}"#,
            &["-- 192.0.2.7 is no longer banned."],
        ),
    ]);
}

#[test]
fn what_went_otherwise_than_wished_and_how_it_ends() {
    check_all(&[
        (r#"{"action":"ack","received_at":"2026-11-20T11:03:04Z","message_id":2,"id":1}"#, &[]),
        (
            r#"{"action":"ack","received_at":"2026-11-20T11:03:04Z","to":["ben"],"absent":["dad","sis"],"id":2}"#,
            &["-- Not here: dad, sis."],
        ),
        (
            r#"{"action":"ack","received_at":"2026-11-20T11:03:04Z","message_id":2,"absent":["nobdy"],"id":3}"#,
            &["-- Nobody here is called nobdy, so the message went to the whole room."],
        ),
        (
            r#"{"action":"notice","code":"away","message":"ben is away (lunch).","username":"ben"}"#,
            &["-- ben is away (lunch)."],
        ),
        (
            r#"{"action":"error","code":"name_taken","message":"The name ann is taken. Choose another."}"#,
            &["!! The name ann is taken. Choose another."],
        ),
        (r#"{"action":"bye","reason":"quit","message":"Bye!"}"#, &["-- Bye!"]),
        (
            r#"{"action":"bye","reason":"kicked","by":"op","message":"You were kicked by op. You may connect again."}"#,
            &["-- You were kicked by op. You may connect again."],
        ),
        (
            r#"{"action":"shutdown","message":"The chat has been shut down"}"#,
            &["-- The chat has been shut down"],
        ),
        (r#"{"action":"news","message":"of a newer server"}"#, &[]),
    ]);
}
