//! The file: who may have it, and what happens to a damaged one.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::json;

use crate::support::directory::Directory;
use crate::support::{Client, Program, Server, chatserv};
use crate::{FILE, ask, end, search, server, texts};

/// Says this many lines of some length.
fn fill(server: &Server, lines: usize) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("ann{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut ann = Client::join_json(server, &name, "dev");
    for number in 0..lines {
        let text = format!("line {number} {}", "lorem ipsum ".repeat(20));
        ann.send_object(&json!({"action": "chat", "room": "dev", "message": text}));
    }
    // Its answer comes after everything before it is written.
    assert!(!texts(&search(&mut ann, &format!("line {}", lines - 1))).is_empty());
}

#[test]
fn only_its_owner_can_read_it() {
    let directory = Directory::new("mode");
    let server = server(&directory);
    fill(&server, 10);
    let names = directory.names();
    assert_eq!(names, [FILE, "history.db-shm", "history.db-wal", "history.db.lock"]);
    for name in names {
        let mode = fs::metadata(directory.path(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    end(server);
    // One file is easy to copy.
    assert_eq!(directory.names(), [FILE, "history.db.lock"]);
}

#[test]
fn files_that_others_can_read_are_taken_from_them() {
    let directory = Directory::new("restored");
    let first = server(&directory);
    fill(&first, 10);
    first.signal(Signal::KILL);
    drop(first);
    let names = directory.names();
    assert_eq!(names, [FILE, "history.db-shm", "history.db-wal", "history.db.lock"]);
    for name in &names {
        fs::set_permissions(directory.path(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let second = server(&directory);
    let line = second.log("history.db: others had access");
    assert!(line.contains("WARN") && line.contains("(mode 644)"), "{line}");
    for name in &names {
        let mode = fs::metadata(directory.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    end(second);
    // A file of another program is left as it is.
    let diary = Connection::open(directory.path("diary.db")).unwrap();
    diary.execute_batch("CREATE TABLE t (a)").unwrap();
    let mode = || fs::metadata(directory.path("diary.db")).unwrap().permissions().mode();
    let before = mode();
    refusal(&["--port", "0", "--history", &directory.path("diary.db")]);
    assert_eq!(mode(), before);
}

/// Starts a server that has to refuse, and returns what it says.
fn refusal(arguments: &[&str]) -> String {
    let ended = Program::start(&mut chatserv(arguments)).end();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let last = ended.stderr.lines().last().unwrap_or_default().to_owned();
    assert!(last.starts_with("chatserv: "), "{ended:?}");
    last
}

#[test]
fn a_second_server_is_refused_and_the_first_goes_on() {
    let directory = Directory::new("second");
    let first = server(&directory);
    let file = directory.path(FILE);
    let said = refusal(&["--port", "0", "--history", &file]);
    let expected = "another server has this history. Stop it, or choose another file";
    assert!(said.ends_with(expected), "{said}");
    fill(&first, 3);
    // A crash of the first frees the lock.
    first.signal(Signal::KILL);
    drop(first);
    end(server(&directory));
}

#[test]
fn what_is_no_history_is_refused_and_left_alone() {
    let directory = Directory::new("foreign");
    directory.write("diary", &"Dear diary, ".repeat(100));
    let other = Connection::open(directory.path("other.db")).unwrap();
    other.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
    drop(other);
    for (name, expected) in [
        ("diary", "is not a history of chatserv. Move it away, or choose another file"),
        ("other.db", "is not a history of chatserv. Move it away, or choose another file"),
        ("", "is a directory, a pipe or a device"),
        ("gone/history.db", "No such file or directory"),
    ] {
        let path = directory.path(name);
        let before = fs::read(&path).ok();
        let said = refusal(&["--port", "0", "--history", &path]);
        assert!(said.contains(expected), "{name}: {said}");
        assert!(fs::read(&path).ok() == before, "{name} was changed");
    }
    for name in ["diary", "", "gone/history.db"] {
        refusal(&["--check-config", "--history", &directory.path(name)]);
    }
}

#[test]
fn the_history_of_a_newer_version_is_refused() {
    let directory = Directory::new("newer");
    let file = directory.path(FILE);
    end(server(&directory));
    let connection = Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    let before = fs::read(&file).unwrap();
    for last in ["--port=0", "--check-config"] {
        let said = refusal(&["--history", &file, last]);
        let expected = "was written by a newer chatserv (format 99, this one knows up to 4)";
        assert!(said.contains(expected), "{said}");
    }
    assert!(fs::read(&file).unwrap() == before, "it was changed");
}

fn cut(path: &str, bytes: u64) {
    OpenOptions::new().write(true).open(path).unwrap().set_len(bytes).unwrap();
}

/// A server on a damaged file: it sets the file aside, says so, and chats.
fn starts_anew(directory: &Directory, set_aside: &[&str]) {
    let server = server(directory);
    let line = server.log("is damaged");
    assert!(line.contains("ERROR") && line.contains("set aside as "), "{line}");
    let names = directory.names();
    for suffix in set_aside {
        let is_it = |name: &&String| {
            let set_aside = name.split_once(".damaged-").map(|(_, end)| end);
            set_aside
                .is_some_and(|end| end.trim_start_matches(|c: char| !c.is_alphabetic()) == *suffix)
        };
        assert_eq!(names.iter().filter(is_it).count(), 1, "{suffix}: {names:?}");
    }
    let mut ann = Client::join_json(&server, "ann", "dev");
    assert_eq!(texts(&search(&mut ann, "lorem")), Vec::<&str>::new());
    fill(&server, 5);
    end(server);
}

#[test]
fn a_file_that_was_cut_in_half_is_set_aside() {
    let directory = Directory::new("half");
    let first = server(&directory);
    fill(&first, 2000);
    end(first);
    let file = directory.path(FILE);
    cut(&file, fs::metadata(&file).unwrap().len() / 2);
    starts_anew(&directory, &[""]);
}

#[test]
fn a_damaged_file_is_set_aside_with_its_log() {
    let directory = Directory::new("half-log");
    let first = server(&directory);
    for _ in 0..4 {
        fill(&first, 2000);
    }
    // Most of it is in the file, and the rest in the log.
    let file = directory.path(FILE);
    let connection = Connection::open(&file).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    fill(&first, 100);
    first.signal(Signal::KILL);
    drop(first);
    let bytes = fs::metadata(&file).unwrap().len();
    let log = fs::metadata(directory.path("history.db-wal")).unwrap().len();
    assert!(log > 0 && bytes / 2 > log, "{bytes} bytes, {log} in the log");
    let before = fs::read(directory.path("history.db-wal")).unwrap();
    cut(&file, bytes / 2 - log);
    starts_anew(&directory, &["", "wal"]);
    let names = directory.names();
    let name = names.iter().find(|name| name.ends_with("-wal") && name.contains("damaged"));
    assert!(fs::read(directory.path(name.unwrap())).unwrap() == before, "it was changed");
}

#[test]
fn a_file_of_zeros_and_one_with_a_broken_page_are_set_aside() {
    let directory = Directory::new("zeros");
    directory.write(FILE, &"\0".repeat(8192));
    starts_anew(&directory, &[""]);

    let directory = Directory::new("broken");
    let first = server(&directory);
    fill(&first, 500);
    end(first);
    // Every page but the first.
    let mut bytes = fs::read(directory.path(FILE)).unwrap();
    bytes[4096..].fill(0xa5);
    fs::write(directory.path(FILE), bytes).unwrap();
    starts_anew(&directory, &[""]);
}

/// Another process destroys these pages of what the server has written.
fn destroy(file: &str, is_meant: impl Fn(&[u8]) -> bool) {
    let connection = Connection::open(file).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    let mut bytes = fs::read(file).unwrap();
    let pages = bytes.chunks_mut(4096).skip(1).filter(|page| is_meant(page));
    assert_ne!(pages.map(|page| page.fill(0xa5)).count(), 0);
    fs::write(file, bytes).unwrap();
}

#[test]
fn damage_that_only_a_reader_meets_is_set_aside_too() {
    let directory = Directory::new("reader");
    let server = server(&directory);
    fill(&server, 500);
    let mut ann = Client::join_json(&server, "eve", "dev");
    // The archive reads the first and the last lines only.
    let text = b"line 100 lorem";
    destroy(&directory.path(FILE), |page| page.windows(text.len()).any(|bytes| bytes == text));
    let request = json!({"action": "history", "room": "dev", "after": 0, "limit": 500});
    ann.send_object(&request);
    assert_eq!(ann.skip_to_action("error")["code"], "history_failed");
    assert!(server.log("is damaged").contains("set aside as "));
    let found = ask(&mut ann, &request);
    assert_eq!(found["gaps"][0]["first"], 1, "{found}");
    end(server);
}

#[test]
fn damage_while_the_chat_goes_on_costs_the_history_and_not_the_chat() {
    let directory = Directory::new("while");
    let server = server(&directory);
    fill(&server, 500);
    let mut ann = Client::join_json(&server, "eve", "dev");
    destroy(&directory.path(FILE), |_| true);
    // The pages in memory may still do for a while.
    let mut number = 0;
    let log = loop {
        number += 1;
        let text = format!("afterwards {number} {}", "x".repeat(3000));
        ann.send_object(&json!({"action": "chat", "room": "dev", "message": text, "id": number}));
        assert_eq!(ann.skip_to_action("ack")["id"], number);
        let log = server.log_so_far();
        if log.contains("is damaged") {
            break log;
        }
        assert!(number < 100_000, "nobody notices");
    };
    assert!(log.contains("set aside as "), "{log}");
    // Memory has none of the first lines any more.
    for _ in 0..30 {
        let text = "x".repeat(3000);
        ann.send_object(&json!({"action": "chat", "room": "dev", "message": text, "id": 0}));
        ann.skip_to_action("ack");
    }
    ann.send_object(&json!({"action": "chat", "room": "dev", "message": "and on it goes"}));
    assert_eq!(texts(&search(&mut ann, "goes")), ["and on it goes"]);
    // The ids go on, and nobody takes what the new file has for all that was said.
    let found = ask(&mut ann, &json!({"action": "history", "room": "dev", "after": 0, "limit": 1}));
    let first = found["messages"][0]["message_id"].as_u64().unwrap();
    assert!(first > 500, "{found}");
    let gap = json!({"first": 1, "last": first - 1, "cause": "damage"});
    assert_eq!(found["gaps"], json!([gap]), "{found}");
    end(server);
}
