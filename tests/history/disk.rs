//! A full disk, which only root can make, and one that fails.

use std::fs;

use serde_json::json;

use rustix::process::Signal;

use crate::support::directory::{Directory, SmallDisk};
use crate::support::strace::{attach, tampered};
use crate::support::{Client, Program, Server, or_skip, until};
use crate::{FILE, ask, search, texts};

/// Talks until a line can be found again.
fn are_kept_again<T>(client: &mut Client, mut say: impl FnMut(&mut Client, &str) -> T) {
    let mut number = 0;
    until("lines are kept again", || {
        number += 1;
        let text = format!("afterwards{number}");
        say(client, &text);
        texts(&search(client, &text)) == [&text]
    });
}

#[test]
fn a_full_disk_costs_lines_of_the_history_and_not_the_chat() {
    let Some(disk) = SmallDisk::new("full") else {
        return;
    };
    let file = disk.path("history.db");
    let server = Server::start(&["--history", &file]);
    let mut ann = Client::join_json(&server, "ann", "dev");
    let mut bob = Client::join_json(&server, "bob", "dev");
    let mut say = |ann: &mut Client, text: &str| {
        ann.send_object(&json!({"action": "chat", "room": "dev", "message": text, "id": 1}));
        let id = ann.skip_to_action("ack")["message_id"].as_u64().unwrap();
        assert_eq!(bob.skip_to_action("chat")["message"], text);
        id
    };
    say(&mut ann, "before");
    assert_eq!(texts(&search(&mut ann, "before")), ["before"]);
    disk.fill();
    // Lines for which the log has room are still written.
    let mut last = 0;
    for number in 0..400 {
        last = say(&mut ann, &format!("meanwhile {number} {}", "y".repeat(3900)));
    }
    let line = server.log(" not kept: ");
    assert!(line.contains("ERROR") && line.contains("full"), "{line}");
    // Reading still works.
    assert_eq!(texts(&search(&mut ann, "before")), ["before"]);

    disk.remove("filler");
    are_kept_again(&mut ann, &mut say);
    let last_said = say(&mut ann, "the last line");
    crate::end(server);

    // The next server says that there is a gap.
    let server = Server::start(&["--history", &file]);
    let mut eve = Client::join_json(&server, "eve", "dev");
    let (mut after, mut gaps, mut ids) = (0, Vec::new(), Vec::new());
    loop {
        let request = json!({"action": "history", "room": "dev", "after": after, "limit": 500});
        let page = ask(&mut eve, &request);
        gaps.extend(page["gaps"].as_array().cloned().unwrap_or_default());
        let messages = page["messages"].as_array().unwrap();
        ids.extend(messages.iter().map(|it| it["message_id"].as_u64().unwrap()));
        after = *ids.last().unwrap();
        if page["more"] == false {
            break;
        }
    }
    let end = |gap: &serde_json::Value, key: &str| gap[key].as_u64().unwrap();
    // The last lines of another room may be lost, so all of them skip ids, as after a crash.
    let skipped = gaps.pop().unwrap();
    assert_eq!((&skipped["cause"], end(&skipped, "first")), (&"crash".into(), last_said + 1));
    assert!(!gaps.is_empty(), "{ids:?}");
    let mut missing = Vec::new();
    for gap in &gaps {
        assert_eq!(gap["cause"], "full");
        missing.extend(end(gap, "first")..=end(gap, "last"));
    }
    assert!(missing.contains(&last));
    // Each id is either there or in a gap.
    let mut all = [ids, missing].concat();
    all.sort_unstable();
    assert!(all.iter().zip(1..).all(|(&id, expected)| id == expected), "{all:?}");
    let mut tom = Client::join(&server, "tom");
    tom.say("/join dev");
    tom.say("/history 500");
    tom.skip_to("line(s) are missing here: there was no room to keep them.");
}

#[test]
fn a_full_disk_at_the_start_is_an_error_that_says_what_to_do() {
    let Some(disk) = SmallDisk::new("full-at-start") else {
        return;
    };
    let file = disk.path("history.db");
    disk.fill();
    let mut command = crate::support::chatserv(&["--port", "0", "--history", &file]);
    let ended = crate::support::Program::start(&mut command).end();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("full") || ended.stderr.contains("No space"), "{ended:?}");
}

#[test]
fn a_copy_on_a_disk_that_cannot_be_written_is_exported() {
    let (Some(disk), directory) = (SmallDisk::new("read-only"), Directory::new("writable")) else {
        return;
    };
    let server = Server::start(&["--history", &directory.path(FILE)]);
    let mut ann = Client::join_json(&server, "ann", "dev");
    ann.send_object(&json!({"action": "chat", "room": "dev", "message": "tea at four"}));
    assert_eq!(texts(&search(&mut ann, "tea")), ["tea at four"]);
    // A copy of a running server may have a log. The name has signs that mean something in an address.
    fs::copy(directory.path(FILE), disk.path("log 50%?#.db")).unwrap();
    fs::copy(directory.path("history.db-wal"), disk.path("log 50%?#.db-wal")).unwrap();
    crate::end(server);
    fs::copy(directory.path(FILE), disk.path("copy 50%?#.db")).unwrap();
    disk.protect();
    let exported = |name: &str| {
        let mut command = crate::support::chatserv(&["export", "--history", &disk.path(name)]);
        Program::start(&mut command).end()
    };
    let copy = exported("copy 50%?#.db");
    assert_eq!((copy.status, &*copy.stderr), (Some(0), ""));
    assert!(copy.stdout.ends_with(" dev ann : tea at four\n"), "{copy:?}");
    let with_log = exported("log 50%?#.db");
    assert_eq!((with_log.status, &*with_log.stdout), (Some(1), ""));
    assert!(with_log.stderr.contains("Copy the file and its -wal to another directory"));
}

/// Lines are lost while the disk fails, and the log says so. The chat goes on, and later lines are kept.
#[test]
fn a_disk_that_fails_for_a_while_costs_lines_and_not_the_chat() {
    for (call, error) in [("pwrite64", "EIO"), ("pwrite64", "ENOSPC"), ("pwrite64", "EDQUOT")] {
        let directory = Directory::new("failing");
        let server = Server::start(&["--history", &directory.path(FILE)]);
        let mut ann = Client::join_json(&server, "ann", "dev");
        let mut bob = Client::join_json(&server, "bob", "dev");
        let mut say = |ann: &mut Client, text: &str| {
            ann.send_object(&json!({"action": "chat", "room": "dev", "message": text, "id": 1}));
            ann.skip_to_action("ack");
            assert_eq!(bob.skip_to_action("chat")["message"], text);
        };
        say(&mut ann, "before");
        let (mut strace, injected) = or_skip!(attach(&server, &format!("{call}:error={error}")));
        say(&mut ann, "meanwhile");
        server.logged(|line| line.contains("ERROR") && line.contains(" not kept: "));
        injected.happened();
        say(&mut ann, "still meanwhile");
        strace.signal(Signal::TERM);
        strace.exit_status();
        are_kept_again(&mut ann, &mut say);
        crate::end(server);
    }
}

/// A damaged file that cannot be set aside is left as it is.
#[test]
fn a_damaged_file_that_cannot_be_renamed_is_an_error_at_the_start() {
    let directory = Directory::new("unnamed");
    directory.write(FILE, &"\0".repeat(8192));
    let file = directory.path(FILE);
    let (mut command, injected) = or_skip!(tampered("rename:error=EIO", &["--history", &file]));
    let ended = Program::start(&mut command).end();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("cannot be set aside"), "{ended:?}");
    injected.happened();
    assert_eq!(directory.read(FILE), "\0".repeat(8192));
}
