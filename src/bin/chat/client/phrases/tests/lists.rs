use super::{check_all, texts};

#[test]
fn people() {
    check_all(&[
        (
            r#"{"action":"who","clients":[
                {"username":"ann","rooms":["dev","lobby"],"idle_seconds":61,"away":true},
                {"username":"李雷","rooms":["lobby"],"idle_seconds":59,"away":false},
                {"username":"Tom","rooms":[],"idle_seconds":7300,"away":false}],"total":3}"#,
            &[
                "-- 3 people are here:",
                "--   ann   idle 1m, away  dev, lobby",
                "--   李雷                 lobby",
                "--   Tom   idle 2h 1m",
            ],
        ),
        (
            r#"{"action":"who","room":"dev","clients":[{"username":"ann","rooms":["dev"],"idle_seconds":0,"away":false}],"total":1}"#,
            &["-- 1 person is in dev:", "--   ann"],
        ),
        (
            r#"{"action":"who","clients":[{"username":"ann"},{"username":"bob","rooms":["dev"]}],"total":9,"more":true}"#,
            &["-- 9 people are here:", "--   ann", "--   bob  dev", "--   … and 7 more"],
        ),
        (r#"{"action":"who","room":"dev","clients":[],"total":0}"#, &["-- Nobody is in dev."]),
        (
            r#"{"action":"who","clients":[{"username":"ann","rooms":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","cccccccc"]}],"total":1}"#,
            &[
                "-- 1 person is here:",
                "--   ann  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, cccccccc",
            ],
        ),
    ]);
}

#[test]
fn many_people_are_names_in_columns() {
    let who = |names: &[String], total: usize| {
        let clients: Vec<_> = names
            .iter()
            .map(|name| format!(r#"{{"username":"{name}","rooms":["dev"],"idle_seconds":61}}"#))
            .collect();
        let clients = clients.join(",");
        format!(r#"{{"action":"who","clients":[{clients}],"total":{total}}}"#)
    };
    let first = ["ann", "bob", "李雷", "somebody-with-a-rather-long-name"].map(str::to_owned);
    let users = (1..=17).map(|number| format!("user{number}"));
    let names: Vec<String> = first.into_iter().chain(users).collect();
    check_all(&[(
        &who(&names, 30),
        &[
            "-- 30 people are here:",
            "--   ann                               user1  user5  user9   user13  user17",
            "--   bob                               user2  user6  user10  user14",
            "--   李雷                              user3  user7  user11  user15",
            "--   somebody-with-a-rather-long-name  user4  user8  user12  user16",
            "--   … and 9 more",
        ],
    )]);
    // With one person fewer, each person has a line.
    assert_eq!(texts(&who(&names[1..], 20)).len(), 21);

    // The maximum number of people that the server lists, with the widest or the narrowest names.
    for (width, rows) in [(32, 250), (1, 20)] {
        let names = vec!["x".repeat(width); 500];
        let texts = texts(&who(&names, 500));
        assert_eq!(texts.len(), 1 + rows);
        let shown: usize = texts[1..].iter().map(|text| text.matches(&names[0]).count()).sum();
        assert_eq!(shown, 500);
    }
}

#[test]
fn rooms() {
    check_all(&[
        (
            r#"{"action":"rooms","rooms":[{"room":"lobby","members":12,"topic":null},{"room":"dev","members":1,"topic":"All about Rust"}],"total":2}"#,
            &["-- 2 rooms:", "--   lobby  12 people", "--   dev    1 person   All about Rust"],
        ),
        (
            r#"{"action":"rooms","rooms":[{"room":"lobby","members":0,"topic":null}],"total":1}"#,
            &["-- 1 room:", "--   lobby  0 people"],
        ),
        (r#"{"action":"rooms","rooms":[],"total":0}"#, &["-- There are no rooms."]),
    ]);
}

#[test]
fn what_is_known_of_somebody() {
    let rooms: Vec<String> = (10..16).map(|number| format!("\"room{number}\"")).collect();
    let in_many = format!(
        r#"{{"action":"whois","username":"ann","rooms":[{}],"idle_seconds":0}}"#,
        rooms.join(",")
    );
    check_all(&[
        (
            r#"{"action":"whois","username":"Tom","rooms":["lobby"],"idle_seconds":0,"away":false,"connected_seconds":90061,"protocol":"plain","operator":false}"#,
            &[
                "-- Tom:",
                "--   rooms     lobby",
                "--   here for  1d 1h",
                "--   idle for  0s",
                "--   speaks    plain text",
            ],
        ),
        (
            r#"{"action":"whois","username":"ann","rooms":[],"idle_seconds":61,"away":true,"away_message":"lunch","connected_seconds":90,"protocol":"json","operator":true,"address":"127.0.0.1:40000","muted":true}"#,
            &[
                "-- ann:",
                "--   rooms     none",
                "--   here for  1m",
                "--   idle for  1m",
                "--   speaks    JSON lines",
                "--   away      lunch",
                "--   operator  yes",
                "--   address   127.0.0.1:40000",
                "--   muted     yes",
            ],
        ),
        (
            r#"{"action":"whois","username":"eve","rooms":[],"idle_seconds":0,"away":false,"connected_seconds":0,"protocol":"web","operator":false}"#,
            &[
                "-- eve:",
                "--   rooms     none",
                "--   here for  0s",
                "--   idle for  0s",
                "--   speaks    JSON, in a browser",
            ],
        ),
        (
            &in_many,
            &[
                "-- ann:",
                "--   rooms     room10, room11, room12, room13, room14, room15",
                "--   here for  0s",
                "--   idle for  0s",
            ],
        ),
    ]);
}

#[test]
fn the_commands_of_the_server_and_of_the_client() {
    check_all(&[
        (
            r#"{"action":"help","commands":[{"command":"msg","arguments":"NAME TEXT","description":"sends it"},{"command":"kick","arguments":"NAME","description":"disconnects"}],"id":8}"#,
            &[
                "-- Commands:",
                "--   /msg NAME TEXT      sends it",
                "--   /switch [ROOM]      goes to another of your rooms",
                "--   /bell [on|off|all]  sets when the bell rings",
                "--   Tab                 completes a word, or goes to the next room",
                "--   Alt-A               goes to the next room with new messages",
                "--   PageUp              shows older messages of the room",
                "--   Ctrl-R              searches the lines that you typed",
                "--   Ctrl-D              leaves the chat",
                "--   /kick NAME          disconnects",
            ],
        ),
        (
            r#"{"action":"help","commands":[{"command":"who","arguments":"[ROOM]","description":"lists the people"}],"id":8}"#,
            &["-- /who [ROOM]: lists the people."],
        ),
    ]);
}

#[test]
fn bans() {
    check_all(&[
        (
            r#"{"action":"bans","bans":[
                {"username":"bob","until":"2026-11-20T12:30:00Z","reason":"spam","by":"Alice"},
                {"username":"eve","address":"192.0.2.7","by":"Alice"},
                {"address":"2001:db8::/64","until":"2026-11-21T12:30:00Z","reason":"more spam","by":"Bob"}],"total":4,"more":true}"#,
            &[
                "-- 4 bans:",
                "--   bob             until 13:30             by Alice  spam",
                "--   eve, 192.0.2.7  for good                by Alice",
                "--   2001:db8::/64   until 2026-11-21 13:30  by Bob    more spam",
                "--   … and 1 more",
            ],
        ),
        (r#"{"action":"bans","bans":[],"total":0}"#, &["-- Nobody is banned."]),
    ]);
}

#[test]
fn threads() {
    check_all(&[(
        r#"{"action":"threads","threads":[
            {"name":"dispatcher","role":"dispatcher","doing":"dispatching","alive_seconds":60,"queued_events":3,"bytes_in":0,"bytes_out":0},
            {"name":"reader-7","role":"reader","doing":"in read","alive_seconds":5,"queued_bytes":1024,"bytes_in":12,"bytes_out":2048}],"total":2}"#,
        &[
            "-- 2 threads:",
            "--   name        does         alive  queue  read  sent",
            "--   dispatcher  dispatching  1m     3      0B    0B",
            "--   reader-7    in read      5s     1.0K   12B   2.0K",
        ],
    )]);
}
