//! The files that settings name. `reload.rs` is about reading them again.

use std::fs::File;

use rustix::process::Signal;

use crate::support::directory::{Directory, SmallDisk};
use crate::support::slow::Pair;
use crate::support::{
    Client, Program, Server, behind, chatserv, command, find, free_port, or_skip, until,
};

/// The next ban is saved, and with it those of yves and zed that could not be.
pub fn bans_are_saved_again(pair: &mut Pair, saved: impl Fn() -> String) {
    pair.ann.say("/ban xaver");
    pair.ann.skip_to("xaver is banned");
    until("all bans are saved", || {
        let saved = saved();
        ["xaver", "yves", "zed"].iter().all(|name| saved.contains(name))
    });
}

#[test]
fn a_missing_or_wrong_file_is_an_error_at_the_start() {
    let directory = Directory::new("start");
    let broken = "[[ban]]\nname = 'mallory'\nby = 'me'\n\n[[ban]]\n";
    directory.write("bans.toml", broken);
    directory.write("empty", "\n");
    const TABLE: &str = "
        state-dir              |            | bans.toml: line 5:
        state-dir              | gone/state | gone/state: cannot be written to: No such
        state-dir              | empty      | empty: cannot be written to: Not a directory
        motd                   | gone       | gone: cannot be read:
        operator-password-file | empty      | empty: is empty, expected the operator password
        trace                  | gone/trace | gone/trace: cannot be written: No such file
        trace                  |            | : is a directory, a pipe or a device
        config                 | gone       | gone: cannot be read: No such file
        config                 |            | : is a directory, a pipe or a device
        config                 | latin-1    | latin-1: is not UTF-8 text";
    directory.write_private("latin-1", b"motd = 'caf\xe9'");
    for row in TABLE.trim().lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (flag, path) = (format!("--{}", cells[0]), directory.path(cells[1]));
        for last in ["--port=0", "--check-config"] {
            let ended = Program::start(&mut chatserv(&[&flag, &path, last])).end();
            assert_eq!(ended.status, Some(1), "{ended:?}");
            assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
            assert!(ended.stderr.starts_with("chatserv: "), "{ended:?}");
            assert!(ended.stderr.contains(cells[2]), "{row}: {ended:?}");
        }
    }
}

#[cfg(not(feature = "history"))]
#[test]
fn a_server_without_a_history_says_how_to_build_one() {
    let directory = Directory::new("without");
    let path = directory.path("history.db");
    for arguments in [
        &["--history", &path, "--port=0"][..],
        &["--history", &path, "--check-config"],
        &["export", "--history", &path],
        &["forget", "--history", &path, "--from", "ann"],
    ] {
        let ended = Program::start(&mut chatserv(arguments)).end();
        assert!(ended.status.is_some_and(|status| status > 0), "{ended:?}");
        assert!(ended.stderr.contains("Build it with `--features history`"), "{ended:?}");
    }
    assert!(directory.names().is_empty());
}

#[test]
fn check_config_reads_the_files_and_writes_none() {
    let directory = Directory::new("check");
    directory.write("motd", "Welcome");
    directory.write("bans.toml", "[[ban]]\nname = 'mallory'\n");
    let before = directory.names();
    let mut command = chatserv(&["--check-config", "--state-dir", &directory.path("")]);
    for flag in ["motd", "trace"] {
        command.args([format!("--{flag}"), directory.path(flag)]);
    }
    let ended = Program::start(&mut command).end();
    assert_eq!((ended.status, &*ended.stderr), (Some(0), ""));
    let motd = format!("motd = \"{}\"", directory.path("motd"));
    assert!(ended.stdout.contains(&motd), "{ended:?}");
    assert_eq!(directory.names(), before);
}

#[test]
fn a_password_that_everybody_can_read_is_reported() {
    let directory = Directory::new("readable");
    directory.write("password", "geheim");
    let path = directory.path("password");
    let server = Server::start(&["--operator-password-file", &path]);
    server.log("everybody on this machine can read the operator password");
}

#[test]
fn a_ban_survives_a_restart() {
    let directory = Directory::new("restart");
    let state = directory.path("");
    let start = || Server::start(&["--state-dir", &state]);
    let mut server = start();
    let mut ann = Client::join(&server, "ann");
    ann.say("/ban mallory 1h enough");
    ann.skip_to("mallory");
    ann.say("SHUTDOWN");
    server.ends_well();

    let server = start();
    let mut mallory = Client::connect(&server);
    mallory.say("MALLORY");
    mallory.skip_to("MALLORY is banned");
}

#[test]
fn the_directory_for_bans_is_created() {
    let directory = Directory::new("created");
    let state = directory.path("state");
    let mut server = Server::start(&["--state-dir", &state]);
    let mut ann = Client::join(&server, "ann");
    ann.say("/ban mallory");
    ann.skip_to("mallory");
    ann.say("SHUTDOWN");
    server.ends_well();
    assert!(directory.read("state/bans.toml").contains("mallory"));
}

/// As `docker run -v ./bans.toml:/state/bans.toml` does, in a container whose disk is read-only or not.
#[test]
fn a_file_that_is_mounted_alone_is_written() {
    or_skip!(find("unshare"));
    for read_only in [false, true] {
        let directory = Directory::new("mounted");
        directory.write("bans.toml", "");
        directory.write("kept.toml", "[[ban]]\nname = 'trudy'\n");
        let more = if read_only {
            "mount --bind -o ro . . && mount -o remount,bind,ro . && cd . &&"
        } else {
            ""
        };
        let script = format!(
            r#"cd "$STATE" && {more} mount --bind kept.toml bans.toml && mount -o remount,bind,rw bans.toml && exec "$0" "$@""#
        );
        let words = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", &script];
        let mut probe = command(words[0]);
        probe.args(&words[1..]).arg("true").env("STATE", directory.path(""));
        if !probe.status().unwrap().success() {
            eprintln!("skipped: this user may not mount anything");
            return;
        }
        let state = directory.path("");
        let mut command = behind(&words, &["--port", "0", "--state-dir", &state]);
        let mut server = Server::start_by(command.env("STATE", &state));
        let mut ann = Client::join(&server, "ann");
        ann.say("/ban mallory");
        ann.skip_to("mallory");
        ann.say("SHUTDOWN");
        server.ends_well();
        let log = server.log_so_far();
        assert!(!log.contains("cannot be written"), "{log}");
        let kept = directory.read("kept.toml");
        assert!(kept.contains("mallory") && kept.contains("trudy"), "{kept}");
        assert_eq!(directory.read("bans.toml"), "", "the file below the mount");
    }
}

#[test]
fn operators_hear_that_a_ban_was_not_saved() {
    let directory = Directory::new("unsaved");
    let server = Server::start(&["--state-dir", &directory.path("")]);
    let mut ann = Client::join(&server, "ann");
    // `create` cannot remove a directory that is in its way.
    std::fs::create_dir(directory.path("bans.toml.new")).unwrap();
    ann.say("/ban mallory");
    ann.skip_to("mallory is banned");
    ann.skip_to("server: The bans cannot be saved: ");
    server.log("bans.toml: cannot be written");
}

#[test]
fn a_byte_order_mark_is_not_shown() {
    let directory = Directory::new("marked");
    directory.write("motd", "\u{feff}Welcome\r\n");
    let server = Server::start(&["--motd", &directory.path("motd")]);
    let mut ann = Client::connect(&server);
    ann.say("ann");
    assert_eq!(ann.skip_to("Welcome"), "server: Welcome");
}

#[test]
fn bans_edited_by_hand_hold_from_the_next_start() {
    let directory = Directory::new("by-hand");
    directory.write("bans.toml", "# Mine.\n[[ban]]\nname = 'mallory'\n");
    let server = Server::start(&["--state-dir", &directory.path("")]);
    let mut ann = Client::join(&server, "ann");
    ann.say("/bans");
    assert!(ann.skip_to("mallory").contains("by the server's file"));
}

/// Bans, the trace and the log are on the same full disk. People chat, and operators hear that a ban was not saved.
#[test]
fn a_full_disk_stops_nobody() {
    let disk = or_skip!(SmallDisk::new("full-disk"));
    let state = disk.path("state");
    let log = File::create(disk.path("log")).unwrap();
    let trace = disk.path("trace.json");
    let port = free_port();
    let flags =
        ["--port", &port.to_string(), "--state-dir", &state, "--trace", &trace, "--log-messages"];
    let mut command = chatserv(&flags);
    let mut server = Server::start_unheard(command.stderr(log), port);
    let mut pair = Pair::join(&server);
    pair.ann.say("/ban zed");
    pair.ann.skip_to("zed is banned");
    let saved = || std::fs::read_to_string(disk.path("state/bans.toml")).unwrap_or_default();
    until("the first ban is saved", || saved().contains("zed"));
    let before = saved();
    disk.fill();
    for _ in 0..1_000 {
        pair.exchange();
    }
    pair.ann.say("/ban yves");
    for operator in [&mut pair.ann, &mut pair.bob] {
        operator.skip_to("server: The bans cannot be saved: ");
    }
    pair.exchange();
    // The file is replaced as a whole, or not at all.
    assert_eq!(saved(), before);
    disk.remove("filler");
    bans_are_saved_again(&mut pair, saved);
    server.signal(Signal::TERM);
    server.ends_well();
}
