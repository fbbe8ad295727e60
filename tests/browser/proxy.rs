//! The page behind a proxy with TLS and a prefix in the path: nginx, with the configuration of the guide.

use std::fs;

use serde_json::json;

use super::support::directory::Directory;
use super::support::{Client, Program, command, find, free_port, or_skip, until};
use super::{Browser, server};

/// The block for nginx in the guide.
fn block_of_the_guide() -> String {
    let guide =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/browser.md")).unwrap();
    guide.split("```nginx\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

#[test]
fn the_page_works_behind_nginx_with_tls_and_a_prefix() {
    let mut browser = or_skip!(Browser::start());
    let nginx = or_skip!(find("nginx"));
    let openssl = or_skip!(find("openssl"));
    let directory = Directory::new("proxy");
    let (key, certificate) = (directory.path("key.pem"), directory.path("certificate.pem"));
    let made = command(openssl)
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=chat.test",
        ])
        .args(["-keyout", &key, "-out", &certificate])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let server = server(&["--web-host", "chat.test"]);
    let port = free_port();
    let location =
        block_of_the_guide().replace("127.0.0.1:8080", &format!("127.0.0.1:{}", server.web_port()));
    assert!(location.contains(&server.web_port().to_string()), "{location}");
    let own = directory.path("");
    directory.write("nginx.conf", &format!("daemon off; master_process off; pid \"{own}/pid\"; error_log stderr;\nevents {{}}\nhttp {{\n\
        access_log off; client_body_temp_path \"{own}/b\"; proxy_temp_path \"{own}/p\"; fastcgi_temp_path \"{own}/f\"; uwsgi_temp_path \"{own}/u\"; scgi_temp_path \"{own}/s\";\n\
        server {{\nlisten 127.0.0.1:{port} ssl; ssl_certificate \"{certificate}\"; ssl_certificate_key \"{key}\";\n{location}\n}}\n}}\n"));
    let _nginx = Program::start(command(nginx).args([
        "-p",
        &own,
        "-e",
        "stderr",
        "-c",
        &directory.path("nginx.conf"),
    ]));
    until("nginx listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    // Without the slash too.
    for (page, path) in [("ann", "chat/"), ("ben", "chat")] {
        let url = format!("https://chat.test:{port}/{path}");
        browser.open_with(page, &server, &json!({"url": url, "ignoreHTTPSErrors": true}));
        browser.call(page, "fill", &["#name", page]);
        browser.press(page, "Enter");
        browser.wait(page, "here && socket.url.startsWith('wss://chat.test') && commands.length");
    }
    let mut tom = Client::join(&server, "tom");
    browser.wait("ann", "here.people.has('tom')");
    browser.say("ann", "Hello through the proxy.");
    tom.skip_to("ann : Hello through the proxy.");
    browser.shows("ben", &["ann  Hello through the proxy."]);
    // A lost connection comes back, by the word of the name.
    browser.eval("ben", "socket.close()");
    browser.wait("ben", "socket === null");
    tom.say("What was missed.");
    browser.shows("ben", &["tom  What was missed."]);
    browser.wait("ben", "document.getElementById('state').textContent === ''");
    browser.complains_of_nothing();
}
