//! `chatserv export` and `chatserv forget`, beside a running server.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::directory::Directory;
use crate::support::{Client, Ended, Program, Server, command, or_skip, until};
use crate::{FILE, ask, end, search, server, texts};

fn chatserv(arguments: &[&str]) -> Ended {
    let mut command = command(env!("CARGO_BIN_EXE_chatserv"));
    Program::start(command.args(arguments)).end()
}

/// Ann and Bob talk in two rooms, and everything is written.
fn talk(server: &Server) -> (Client, Client) {
    let mut ann = Client::join_json(server, "ann", "dev");
    let mut bob = Client::join_json(server, "bob", "dev");
    ask(&mut bob, &json!({"action": "joinroom", "room": "tea"}));
    ann.send_object(&json!({"action": "chat", "room": "dev", "message": "one by ann"}));
    bob.skip_to_action("chat");
    bob.send_object(&json!({"action": "me", "room": "dev", "message": "nods, says Bob"}));
    bob.send_object(&json!({"action": "chat", "room": "tea", "message": "three by bob"}));
    ask(&mut bob, &json!({"action": "who"}));
    ann.skip_to_action("me");
    ann.send_object(&json!({"action": "chat", "room": "dev", "message": "four by ann", "sent_at": "2026-11-20T12:03:04+01:00"}));
    bob.skip_to_action("chat");
    search(&mut bob, "four");
    (ann, bob)
}

#[test]
fn lines_are_exported_beside_a_running_server_and_afterwards() {
    let directory = Directory::new("export");
    let file = directory.path(FILE);
    let server = server(&directory);
    talk(&server);
    for is_running in [true, false] {
        let all = chatserv(&["export", "--history", &file]);
        assert_eq!((all.status, &*all.stderr), (Some(0), ""), "{is_running}");
        let lines: Vec<&str> = all.stdout.lines().collect();
        assert_eq!(lines.len(), 4, "{all:?}");
        // [2026-11-20 12:03] dev ann : one by ann
        let without_time: Vec<&str> =
            lines.iter().map(|line| &line["[2026-11-20 12:03] ".len()..]).collect();
        assert_eq!(
            without_time,
            [
                "dev ann : one by ann",
                "dev * bob nods, says Bob",
                "tea bob : three by bob",
                "dev ann : four by ann"
            ]
        );
        let of_room =
            chatserv(&["export", "--history", &file, "--room", "#TEA", "--format", "json"]);
        let object: Value = serde_json::from_str(&of_room.stdout).unwrap();
        assert_eq!((&object["message"], &object["room"]), (&"three by bob".into(), &"tea".into()));
        let none = chatserv(&["export", "--history", &file, "--since", "2999-01-01"]);
        assert_eq!((none.status, &*none.stdout), (Some(0), ""));
        let all = chatserv(&[
            "--history",
            &file,
            "export",
            "--since",
            "2000-01-01T00:00:00Z",
            "--format",
            "json",
        ]);
        assert_eq!(all.stdout.lines().count(), 4);
        assert!(all.stdout.contains(r#""sent_at":"2026-11-20T12:03:04+01:00""#));
        if is_running {
            crate::Client::join(&server, "operator").say("SHUTDOWN");
            until("the server has ended", || directory.names() == [FILE, "history.db.lock"]);
        }
    }
}

#[test]
fn a_person_is_forgotten_while_the_server_runs() {
    let directory = Directory::new("forget");
    let file = directory.path(FILE);
    let server = server(&directory);
    let (_ann, mut bob) = talk(&server);
    let mut eve = Client::join_json(&server, "eve", "tea");
    eve.send_object(&json!({"action": "chat", "room": "tea", "message": "five"}));
    search(&mut eve, "five");
    let ended = chatserv(&["forget", "--history", &file, "--from", "ANN"]);
    assert_eq!(
        (ended.status, &*ended.stdout),
        (Some(0), "2 lines of ANN are removed.\n"),
        "{ended:?}"
    );
    assert_eq!(texts(&search(&mut bob, "by")), ["three by bob"]);
    let history = json!({"action": "history", "room": "dev"});
    // The server notices within a second or two, and forgets what it has in memory.
    until("the server has forgotten, too", || {
        texts(&ask(&mut bob, &history)) == ["nods, says Bob"]
    });
    bob.send_object(&json!({"action": "search", "username": "ann"}));
    assert_eq!(texts(&bob.skip_to_action("search")), Vec::<&str>::new());
    end(server);
    let bytes = fs::read(directory.path(FILE)).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("three by bob") && !has("one by ann") && !has("four by ann"));
    // Neither do its words stay in the index: `one` was in no other line.
    assert!(!has("one"), "the index still has a word");
    // Names are read as those of a search are.
    let one = chatserv(&["forget", "--history", &file, "--from", "@eve"]);
    assert_eq!((one.status, &*one.stdout), (Some(0), "1 line of eve is removed.\n"), "{one:?}");
    let again = chatserv(&["forget", "--history", &file, "--from", "ann"]);
    assert_eq!((again.status, &*again.stdout), (Some(1), ""));
    assert_eq!(again.stderr, format!("chatserv: {file}: holds no line of ann\n"));
    let nowhere = chatserv(&["export", "--history", &file, "--room", "nope"]);
    assert_eq!((nowhere.status, &*nowhere.stdout), (Some(1), ""));
    assert_eq!(nowhere.stderr, format!("chatserv: {file}: has no room \"nope\"\n"));
}

/// Does what the guide says. None without SQLite's shell; it says so.
fn back_up(file: &str, backup: &str) -> Option<()> {
    let guide = include_str!("../../src/guide/history.md");
    let section = guide.split("## Backup and restore").nth(1).unwrap();
    let commands = section.split("```").nth(1).unwrap().strip_prefix("sh\n").unwrap();
    let (file_there, backup_there) = ("/var/lib/chatserv/history.db", "/backup/history.db");
    assert!(commands.contains(file_there) && commands.contains(backup_there), "{commands}");
    let commands = commands.replace(file_there, file).replace(backup_there, backup);
    let ended = Program::start(command("sh").args(["-euc", &commands])).end();
    if ended.status == Some(127) {
        eprintln!("skipped: the backup of the guide needs sqlite3");
        return None;
    }
    assert_eq!((ended.status, &*ended.stderr), (Some(0), ""), "{commands}");
    Some(())
}

#[test]
fn a_backup_of_a_running_server_can_be_restored() {
    let directory = Directory::new("backup");
    let first = server(&directory);
    let (mut ann, _bob) = talk(&first);
    let (file, backup) = (directory.path(FILE), directory.path("backup.db"));
    or_skip!(back_up(&file, &backup));
    // It is no place where others read what was said.
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    ann.send_object(&json!({"action": "chat", "room": "dev", "message": "later", "id": 1}));
    let later = ann.skip_to_action("ack")["message_id"].as_u64().unwrap();
    end(first);
    fs::rename(&backup, &file).unwrap();
    let second = server(&directory);
    let mut eve = Client::join_json(&second, "eve", "dev");
    assert_eq!(texts(&search(&mut eve, "by")), ["four by ann", "one by ann"]);
    let page = ask(&mut eve, &json!({"action": "history", "room": "dev"}));
    assert_eq!(texts(&page), ["one by ann", "nods, says Bob", "four by ann"]);
    eve.send_object(&json!({"action": "chat", "room": "dev", "message": "new", "id": 1}));
    assert!(eve.skip_to_action("ack")["message_id"].as_u64().unwrap() > later);
    // It can still shrink.
    end(second);
    let connection = rusqlite::Connection::open(&file).unwrap();
    let mode: i64 = connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0)).unwrap();
    assert_eq!(mode, 2);
}

#[test]
fn a_wrong_file_or_value_is_an_error_in_one_line() {
    let directory = Directory::new("wrong");
    directory.write("diary", "Dear diary");
    directory.write("empty", "");
    let path = |name: &str| directory.path(name);
    for (arguments, status, expected) in [
        (&["export"][..], 2, "--history: got no value, expected the file of a history"),
        (
            &["forget", "--from", "ann"],
            2,
            "--history: got no value, expected the file of a history",
        ),
        (&["forget", "--history", &path("diary")], 2, "--from"),
        (&["export", "--history", &path("diary")], 1, "is not a history of chatserv"),
        (&["export", "--history", &path("gone")], 1, "unable to open database file"),
        (&["export", "--history", &path("empty")], 1, "holds no history"),
        (
            &["forget", "--history", &path("diary"), "--from", "ann"],
            1,
            "is not a history of chatserv",
        ),
        (
            &["export", "--history", &path("empty"), "--since", "soon"],
            1,
            "--since: got \"soon\", expected a date",
        ),
        (&["export", "--history", &path("empty"), "--format", "xml"], 2, "text or json"),
    ] {
        let ended = chatserv(arguments);
        assert_eq!(ended.status, Some(status), "{arguments:?}: {ended:?}");
        assert!(
            ended.stderr.starts_with("chatserv: ") && ended.stderr.lines().count() == 1,
            "{ended:?}"
        );
        assert!(ended.stderr.contains(expected), "{arguments:?}: {ended:?}");
    }
}
