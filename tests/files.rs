//! The files that settings name. Reloading them is tested in `reload.rs`.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod support;

use std::process::Command;

use support::directory::Directory;
use support::process::fails_to_start;
use support::{Client, Server};

#[test]
fn what_the_settings_name_has_to_be_there_at_the_start() {
    let directory = Directory::new("start");
    let broken = "[[ban]]\nname = 'mallory'\nby = 'me'\n\n[[ban]]\n";
    directory.write("bans.toml", broken);
    directory.write("empty", "\n");
    for (flag, path, why) in [
        ("--state-dir", directory.path(""), "bans.toml: line 5: "),
        (
            "--state-dir",
            directory.path("gone"),
            "gone: cannot be written to: ",
        ),
        (
            "--state-dir",
            directory.path("empty"),
            "empty: cannot be written to: Not a directory",
        ),
        ("--motd", directory.path("gone"), "gone: cannot be read: "),
        (
            "--operator-password-file",
            directory.path("empty"),
            "empty: is empty, expected the operator password",
        ),
        (
            "--trace",
            directory.path("gone/trace"),
            "gone/trace: cannot be written: No such file",
        ),
        (
            "--trace",
            directory.path(""),
            ": is a directory, a pipe or a device",
        ),
    ] {
        let chatserv = || Command::new(env!("CARGO_BIN_EXE_chatserv"));
        let (status, stderr) = fails_to_start(chatserv().args([flag, &path, "--port", "0"]));
        assert_eq!(status, Some(1), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(
            stderr.starts_with("chatserv: ") && stderr.contains(why),
            "{stderr}"
        );
        // Whoever only asks is told the same.
        let checked = fails_to_start(chatserv().args([flag, &path, "--check-config"]));
        assert_eq!(checked, (status, stderr));
    }
}

#[test]
fn settings_are_checked_with_their_files_and_nothing_is_written() {
    let directory = Directory::new("check");
    directory.write("motd", "Welcome");
    directory.write("bans.toml", "[[ban]]\nname = 'mallory'\n");
    let before = directory.names();
    let output = Command::new(env!("CARGO_BIN_EXE_chatserv"))
        .args(["--state-dir", &directory.path("")])
        .args(["--motd", &directory.path("motd"), "--check-config"])
        .args(["--trace", &directory.path("trace")])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains(&format!("motd = \"{}\"", directory.path("motd"))));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(directory.names(), before);
}

#[test]
fn a_password_that_everybody_can_read_is_worth_a_warning() {
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
    assert_eq!(server.exit_status().code(), Some(0));

    let server = start();
    let mut mallory = Client::connect(&server);
    mallory.say("MALLORY");
    mallory.skip_to("MALLORY is banned");
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
