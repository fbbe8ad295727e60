//! TLS by a proxy in front of the server: stunnel and HAProxy, with the commands and the files of the guide.

use std::fs;
use std::net::TcpStream;
use std::process::Command;

use crate::chat;
use crate::support::directory::Directory;
use crate::support::{Program, Server, command, find, free_port, or_skip, until};

const GUIDE: &str = "src/guide/proxy.md";

/// The blocks of the guide's page in this language.
fn blocks(language: &str) -> Vec<String> {
    let page = fs::read_to_string(format!("{}/{GUIDE}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let fence = format!("```{language}\n");
    let parts = page.split(&fence).skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

/// The block that contains a text.
fn block(language: &str, text: &str) -> String {
    let found = blocks(language).into_iter().find(|block| block.contains(text));
    found.unwrap_or_else(|| panic!("{GUIDE} has no block with {text}"))
}

/// A directory with the certificate that the guide makes.
fn certificate(name: &str) -> Directory {
    let directory = Directory::new(name);
    let made = command("sh")
        .args(["-ec", &block("sh", "openssl req")])
        .current_dir(directory.path(""))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    directory
}

/// The command of the guide for `chat`, to this port and from another address than that of the proxy.
fn via(port: u16, more: &str) -> String {
    let line = block("sh", "chat --via");
    let command = line.split('\'').nth(1).unwrap();
    let to = format!("-connect 127.0.0.1:{port} -bind 127.0.0.2:0 {more}");
    let changed = command.replace("-connect chat.example.org:6697", &to);
    assert_ne!(changed, command);
    changed
}

/// Chats through a proxy with TLS, which the command starts in the directory of the certificate.
fn talks_by(name: &str, mut proxy: Command, file: &str, text: &str) {
    let directory = certificate(name);
    let server = Server::start(&["--proxy-port", "0"]);
    let port = free_port();
    let to_server = format!("127.0.0.1:{}", server.proxy_port());
    let text = text.replace("127.0.0.1:1338", &to_server);
    let changed = text.replace("accept = 6697", &format!("accept = 127.0.0.1:{port}"));
    let changed = changed.replace("bind :6697", &format!("bind 127.0.0.1:{port}"));
    assert!(changed != text && text.contains(&to_server), "{changed}");
    directory.write(file, &changed);
    let _proxy = Program::start(proxy.current_dir(directory.path("")));
    until("the proxy listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());

    let client = |user: &str, via: &str| {
        let mut client = chat(&["--via", via, user, "chat://chat.example.org"]);
        Program::start(client.current_dir(directory.path("")))
    };
    let vouched = via(port, "-CAfile certificate.pem");
    let mut luca = client("luca", &vouched);
    luca.stderr.wait_for(|line| line.contains("Registration successful"));
    // The address of the client, and not that of the proxy.
    server.logged(|line| line.contains("A new connection") && line.contains("address=127.0.0.2:"));
    let ann = client("ann", &vouched);
    ann.stderr.wait_for(|line| line.contains("You are in lobby with luca"));
    luca.types("hello by TLS\n");
    ann.stdout.wait_for(|line| line.contains("luca: hello by TLS"));
    for client in [luca, ann] {
        let ended = client.end();
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    }

    for (more, words) in [
        ("", "self-signed certificate"),
        ("-CAfile certificate.pem -verify_hostname other.example.org", "ostname mismatch"),
    ] {
        let ended = client("eve", &via(port, more)).wait();
        assert_eq!(ended.status, Some(1), "{ended:?}");
        let told = "The command of --via has ended (exit status: 1): ";
        assert!(ended.stderr.contains(told) && ended.stderr.contains(words), "{ended:?}");
    }
    // No health check, and nobody without TLS.
    let log = server.log_so_far();
    assert_eq!(log.matches("A new connection").count(), 2, "{log}");
    assert!(!log.contains("closed: "), "{log}");
}

#[test]
fn the_client_talks_through_stunnel() {
    or_skip!(find("openssl"));
    let stunnel = or_skip!(find("stunnel"));
    let mut proxy = command(stunnel);
    proxy.arg("chat.conf");
    talks_by("stunnel", proxy, "chat.conf", &block("ini", "[chat]"));
}

#[test]
fn the_client_talks_through_haproxy_and_its_health_checks_leave_no_trace() {
    or_skip!(find("openssl"));
    let haproxy = or_skip!(find("haproxy"));
    let mut proxy = command(haproxy);
    proxy.args(["-f", "chat.cfg"]);
    talks_by("haproxy", proxy, "chat.cfg", &block("text", "send-proxy-v2"));
}

#[test]
fn the_config_file_of_the_guide_is_one() {
    let directory = Directory::new("via-config");
    directory.write("chat.toml", &block("toml", "via ="));
    let path = directory.path("chat.toml");
    let ended = Program::start(&mut chat(&["--config", &path, "--check-config"])).end();
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    let line = block("sh", "chat --via");
    let command = line.split('\'').nth(1).unwrap();
    assert!(ended.stdout.contains(&format!("via = \"{command}\"\n")), "{}", ended.stdout);
}
