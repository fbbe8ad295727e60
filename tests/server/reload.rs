//! The effects of SIGHUP on a server without a terminal.

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;
use serde_json::json;

use crate::support::directory::Directory;
use crate::support::slow::Pair;
use crate::support::{Client, Server, behind, find, or_skip};

/// A server without a terminal that uses the settings file in a directory; none without `setsid`.
fn server(directory: &Directory) -> Option<Server> {
    find("setsid")?;
    let flags = ["--config", &directory.path("chatserv.toml"), "--port", "0"];
    Some(Server::start_by(&mut behind(&["setsid"], &flags)))
}

/// Sends SIGHUP and waits until the log says this.
fn reload(server: &Server, told: &str) {
    server.signal(Signal::HUP);
    server.log(told);
}

#[test]
fn new_settings_hold_for_new_clients_only() {
    let directory = Directory::new("newcomers");
    let settings = "login-timeout = '1h'\nrate-limit = 'off'\nlog-level = 'info'";
    directory.write("chatserv.toml", settings);
    let server = or_skip!(server(&directory));
    let mut pair = Pair::join(&server);
    let mut slow_to_name = Client::connect(&server);
    slow_to_name.expect("server: Input username.");

    let settings = "login-timeout = '1h'\nrate-limit = '1,1/s'\nlog-level = 'debug'";
    directory.write("chatserv.toml", settings);
    reload(&server, "changed settings: rate-limit, log-level");
    let mut flooding = Client::join(&server, "flooding");
    flooding.send(b"one\r\ntwo\r\nthree\r\n");
    flooding.skip_to("server: Not so fast: ");
    // Only the new level logs this.
    server.log("thread=\"reader-4\"");

    let settings = settings.replace("1h", "100ms");
    directory.write("chatserv.toml", &settings);
    reload(&server, "changed settings: login-timeout");
    let mut late = Client::connect(&server);
    late.expect("server: Input username.");
    late.skip_to("server: ");
    late.expect_end();

    // Earlier clients keep the settings that were in force when they came.
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
fn who_sees_the_threads_changes_at_once() {
    let directory = Directory::new("glass");
    directory.write("chatserv.toml", "glass = 'off'");
    let server = or_skip!(server(&directory));
    let mut bot = Client::join_json(&server, "bot", "lobby");
    let looking = json!({"action": "glass", "id": 1});
    bot.send_object(&looking);
    assert_eq!(bot.skip_to_action("error")["code"], "no_glass");
    directory.write("chatserv.toml", "glass = 'everybody'");
    reload(&server, "changed settings: glass");
    bot.send_object(&looking);
    assert_eq!(bot.skip_to_action("glass")["id"], 1);
}

#[test]
fn settings_that_cannot_change_are_named() {
    let directory = Directory::new("fixed");
    directory.write("chatserv.toml", "");
    let server = or_skip!(server(&directory));
    // The port is not among them: the flag still overrides it.
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
fn wrong_settings_change_nothing() {
    let directory = Directory::new("wrong");
    directory.write("chatserv.toml", "log-level = 'info'");
    let server = or_skip!(server(&directory));
    for (settings, told) in [
        ("prot = 1", "prot: unknown key, did you mean port?"),
        ("motd = '/no/where'", "/no/where: cannot be read: "),
    ] {
        directory.write("chatserv.toml", &format!("log-level = 'debug'\n{settings}"));
        reload(&server, told);
        let line = server.log(told);
        assert!(line.contains("ERROR SIGHUP: nothing was reloaded: "));
    }
    Pair::join(&server).exchange();
    let log = server.log_so_far();
    assert!(!log.contains("DEBUG") && !log.contains("INFO reloaded"), "{log}");
}

#[test]
fn the_files_that_settings_name_are_read_again() {
    let directory = Directory::new("files");
    let (motd, password) = (directory.path("motd"), directory.path("password"));
    let settings = format!("motd = '{motd}'\noperator-password-file = '{password}'");
    directory.write("chatserv.toml", &settings);
    directory.write("motd", "Welcome");
    directory.write("password", "geheim");
    let mut server = or_skip!(server(&directory));
    directory.write("motd", "Welcome back");
    let texts = "no setting has changed; read again: the message of the day, the operator password";
    reload(&server, texts);
    let mut newcomer = Client::connect(&server);
    newcomer.say("zoe");
    newcomer.skip_to("Welcome back");
    Pair::join(&server).exchange();
    assert!(!server.log_so_far().contains("geheim"));
    server.signal(Signal::TERM);
    server.ends_well();
}

#[test]
fn a_pipe_instead_of_a_file_is_refused() {
    let directory = Directory::new("pipe");
    let settings = format!("motd = '{}'", directory.path("motd"));
    directory.write("chatserv.toml", &settings);
    directory.write("motd", "Welcome");
    let mut server = or_skip!(server(&directory));
    directory.remove("motd");
    let mode = Mode::RUSR | Mode::WUSR;
    // Opening it for reading would wait for a writer, and there is none.
    mknodat(CWD, directory.path("motd"), FileType::Fifo, mode, 0).unwrap();
    reload(&server, "motd: is a directory, a pipe or a device, expected a regular file");
    server.signal(Signal::TERM);
    server.ends_well();
}
