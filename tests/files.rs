//! The files that settings name, at the start and while the chat runs. What a SIGHUP makes of them is in `reload.rs`.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod support;

use std::process::Command;

use support::directory::Directory;
use support::process::fails_to_start;
use support::{Client, Server};

#[test]
fn what_the_settings_name_has_to_be_there_at_the_start() {
    let directory = Directory::new("start");
    directory.write(
        "bans.toml",
        "[[ban]]\nname = 'mallory'\nby = 'me'\n\n[[ban]]\n",
    );
    directory.write("empty", "\n");
    for (flag, path, why) in [
        ("--state-dir", directory.path(""), "bans.toml: line 5: "),
        (
            "--state-dir",
            directory.path("gone"),
            "gone: cannot be written to: ",
        ),
        ("--motd", directory.path("gone"), "gone: cannot be read: "),
        (
            "--operator-password-file",
            directory.path("empty"),
            "empty: is empty, expected the operators' password",
        ),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatserv"));
        let (status, stderr) = fails_to_start(command.args([flag, &path, "--port", "0"]));
        assert_eq!(status, Some(1), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(
            stderr.starts_with("chatserv: ") && stderr.contains(why),
            "{stderr}"
        );
    }
}

#[test]
fn a_password_that_everybody_can_read_is_worth_a_warning() {
    let directory = Directory::new("readable");
    directory.write("password", "geheim");
    let path = directory.path("password");
    let server = Server::start(&["--operator-password-file", &path]);
    server.log("everybody on this machine can read the operators' password");
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
