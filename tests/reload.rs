//! What a running server takes over when it gets a SIGHUP and has no terminal, and what it keeps.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod support;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;
use support::directory::Directory;
use support::process::{behind, has_program};
use support::slow::Pair;
use support::{Client, Server};

/// A server without a terminal, by the settings file in a directory; none where that is not possible.
fn server(directory: &Directory) -> Option<Server> {
    if !has_program("setsid") {
        return None;
    }
    let flags = ["--config", &directory.path("chatserv.toml"), "--port", "0"];
    Some(Server::start_by(&mut behind(&["setsid"], &flags)))
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
    let Some(server) = server(&directory) else {
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
    let Some(server) = server(&directory) else {
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
    let Some(server) = server(&directory) else {
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
        "motd = '{}'\noperator-password-file = '{}'",
        directory.path("motd"),
        directory.path("password"),
    );
    directory.write("chatserv.toml", &settings);
    directory.write("motd", "Welcome");
    directory.write("password", "geheim");
    let Some(mut server) = server(&directory) else {
        return;
    };
    directory.write("motd", "Welcome back");
    let texts = "no setting has changed; read again: the message of the day, the operator password";
    reload(&server, texts);
    let mut newcomer = Client::connect(&server);
    newcomer.say("zoe");
    newcomer.skip_to("Welcome back");
    assert!(!server.log_so_far().contains("geheim"));
    server.signal(Signal::TERM);
    assert_eq!(server.exit_status().code(), Some(0));
}

#[test]
fn a_pipe_in_the_place_of_a_file_holds_up_nobody() {
    let directory = Directory::new("pipe");
    let settings = format!("motd = '{}'", directory.path("motd"));
    directory.write("chatserv.toml", &settings);
    directory.write("motd", "Welcome");
    let Some(mut server) = server(&directory) else {
        return;
    };
    directory.remove("motd");
    let mode = Mode::RUSR | Mode::WUSR;
    // To open it for reading would wait for somebody who writes to it, and nobody does.
    mknodat(CWD, directory.path("motd"), FileType::Fifo, mode, 0).unwrap();
    reload(
        &server,
        "motd: is a directory, a pipe or a device, expected a regular file",
    );
    server.signal(Signal::TERM);
    assert_eq!(server.exit_status().code(), Some(0));
}
