//! The files that settings name. `reload.rs` is about reading them again.

use crate::support::directory::Directory;
use crate::support::{Client, Program, Server, chatserv};

#[test]
fn a_missing_or_wrong_file_is_an_error_at_the_start() {
    let directory = Directory::new("start");
    let broken = "[[ban]]\nname = 'mallory'\nby = 'me'\n\n[[ban]]\n";
    directory.write("bans.toml", broken);
    directory.write("empty", "\n");
    const TABLE: &str = "
        state-dir              |            | bans.toml: line 5:
        state-dir              | gone       | gone: cannot be written to:
        state-dir              | empty      | empty: cannot be written to: Not a directory
        motd                   | gone       | gone: cannot be read:
        operator-password-file | empty      | empty: is empty, expected the operator password
        trace                  | gone/trace | gone/trace: cannot be written: No such file
        trace                  |            | : is a directory, a pipe or a device";
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
fn bans_edited_by_hand_hold_from_the_next_start() {
    let directory = Directory::new("by-hand");
    directory.write("bans.toml", "# Mine.\n[[ban]]\nname = 'mallory'\n");
    let server = Server::start(&["--state-dir", &directory.path("")]);
    let mut ann = Client::join(&server, "ann");
    ann.say("/bans");
    assert!(ann.skip_to("mallory").contains("by the server's file"));
}
