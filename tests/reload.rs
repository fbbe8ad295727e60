//! What a running server takes over when it gets a SIGHUP and has no terminal, and what it keeps.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::Signal;
use support::process::{behind, fails_to_start, has_program, until};
use support::slow::Pair;
use support::{Client, Server};

/// A directory of one test's own, gone when the test is.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.0.join(name), content).unwrap();
    }

    /// A server without a terminal, by the settings file in here; none where that is not possible.
    fn server(&self) -> Option<Server> {
        if !has_program("setsid") {
            return None;
        }
        let flags = ["--config", &self.path("chatserv.toml"), "--port", "0"];
        Some(Server::start_by(&mut behind(&["setsid"], &flags)))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Sends a SIGHUP and waits until the log says this of it.
fn reload(server: &Server, told: &str) {
    server.signal(Signal::HUP);
    server.log(told);
}

#[test]
fn newcomers_get_the_new_settings_and_nobody_else_notices() {
    let directory = Directory::new("newcomers");
    let settings = "login-timeout = '1h'\nrate-limit = 'off'\nlog-level = 'info'";
    directory.write("chatserv.toml", settings);
    let Some(server) = directory.server() else {
        return;
    };
    let mut pair = Pair::join(&server);
    let mut slow_to_name = Client::connect(&server);
    slow_to_name.expect("server: Input username.");

    let settings = "login-timeout = '1h'\nrate-limit = '1,1/s'\nlog-level = 'debug'";
    directory.write("chatserv.toml", settings);
    reload(&server, "changed settings: rate-limit, log-level");
    let mut flooding = Client::join(&server, "flooding");
    flooding.send(b"one\r\ntwo\r\nthree\r\n");
    flooding.skip_to("server: Not so fast: ");
    // What the log says of its thread, it says at the level of now only.
    server.log("thread=\"reader-4\"");

    let settings = settings.replace("1h", "100ms");
    directory.write("chatserv.toml", &settings);
    reload(&server, "changed settings: login-timeout");
    let mut late = Client::connect(&server);
    late.expect("server: Input username.");
    late.skip_to("server: ");
    late.expect_end();

    // Those from before go on by what was in force when they came.
    pair.ann.skip_to("id = flooding");
    pair.bob.skip_to("id = flooding");
    slow_to_name.say("sloth");
    slow_to_name.skip_to("client(s) connected to this server.");
    pair.bob.skip_to("id = sloth");
    let hundred = "again\r\n".repeat(100);
    pair.ann.send(hundred.as_bytes());
    for _ in 0..100 {
        pair.bob.skip_to("ann : again");
    }
}

#[test]
fn what_cannot_change_stays_and_is_named() {
    let directory = Directory::new("fixed");
    directory.write("chatserv.toml", "");
    let Some(server) = directory.server() else {
        return;
    };
    // The port is not among them: a flag says the same as before, and wins.
    let settings = "port = 1\nmax-clients = 3\njson-port = 0\nanonymous = true\ndelivery = 'direct'\n\
                    state-dir = '/'\ntime-zone = 'UTC'\nhistory-on-join = 3";
    directory.write("chatserv.toml", settings);
    reload(&server, "reloaded: changed settings: history-on-join");
    let told = server.log("cannot change while the chat runs: ");
    assert!(
        told.ends_with(": json-port, max-clients, anonymous, delivery, time-zone, state-dir"),
        "{told}"
    );
    Pair::join(&server).exchange();
}

#[test]
fn with_wrong_settings_all_goes_on_as_it_is() {
    let directory = Directory::new("wrong");
    directory.write("chatserv.toml", "log-level = 'info'");
    let Some(server) = directory.server() else {
        return;
    };
    for (settings, told) in [
        (
            "log-level = 'debug'\nprot = 1",
            "prot: unknown key, did you mean port?",
        ),
        (
            "log-level = 'debug'\nmotd = '/no/where'",
            "/no/where: cannot be read: ",
        ),
    ] {
        directory.write("chatserv.toml", settings);
        reload(&server, told);
        assert!(
            server
                .log(told)
                .contains("ERROR SIGHUP: nothing was reloaded: ")
        );
    }
    Pair::join(&server).exchange();
    let log = server.log_so_far();
    assert!(
        !log.contains("DEBUG") && !log.contains("INFO reloaded"),
        "{log}"
    );
}

#[test]
fn the_files_that_settings_name_are_read_again() {
    let directory = Directory::new("files");
    let settings = format!(
        "motd = '{}'\noperator-password-file = '{}'\nstate-dir = '{}'",
        directory.path("motd"),
        directory.path("password"),
        directory.path(""),
    );
    directory.write("chatserv.toml", &settings);
    directory.write("motd", "Welcome");
    directory.write("password", "geheim");
    let Some(mut server) = directory.server() else {
        return;
    };
    until("the thread for bans is there", || {
        server.threads_called("bans") == 1
    });
    directory.write("motd", "Welcome back");
    let texts =
        "no setting has changed; read again: the message of the day, the operators' password";
    reload(&server, texts);
    let mut newcomer = Client::connect(&server);
    newcomer.say("zoe");
    newcomer.skip_to("Welcome back");
    let ban = "[[ban]]\nname = 'mallory'\nby = 'me'\n";
    directory.write("bans.toml", ban);
    reload(&server, &format!("{texts}, bans that somebody has changed"));
    directory.write("bans.toml", &format!("{ban}[[ban]"));
    reload(&server, "bans.toml: line 4: ");
    // The last reload but one holds.
    let mut mallory = Client::connect(&server);
    mallory.say("mallory");
    mallory.skip_to("banned");
    Pair::join(&server).exchange();
    assert!(!server.log_so_far().contains("geheim"));
    server.signal(Signal::TERM);
    assert_eq!(server.exit_status().code(), Some(0));
}

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
