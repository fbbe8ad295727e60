//! The glass view in a browser: what it shows, to whom, and a line on its way.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use serde_json::json;

use super::support::directory::Directory;
use super::support::slow::{MORE_THAN_THE_KERNEL_BYTES, Pair};
use super::support::{Client, Server, chatserv, free_port, or_skip};
use super::{Browser, server};

/// Opens the page and gives this name.
fn look(browser: &mut Browser, page: &str, server: &Server, size: (u32, u32)) {
    browser.open_at(page, &format!("http://localhost:{}/glass", server.web_port()), size);
    browser.call(page, "fill", &["#name", page]);
    browser.press(page, "Enter");
}

/// The same, and waits until it shows the threads.
fn sees(browser: &mut Browser, page: &str, server: &Server, size: (u32, u32)) {
    look(browser, page, server, size);
    browser.wait(page, "cells.size > 0 || $('glass').classList.contains('grouped')");
}

fn follow(browser: &mut Browser, page: &str, line: &str) {
    browser.call(page, "fill", &["#text", line]);
    browser.press(page, "Enter");
    browser.wait(page, "following?.isDone");
}

/// The cell of the reader with this number.
fn cell(reader: u32) -> String {
    format!("cells.get({reader})")
}

#[test]
fn a_full_socket_gets_a_writer_and_a_flood_is_held_back() {
    let mut browser = or_skip!(Browser::start());
    let flags = "--web-port 0 --glass everybody --send-buffer 4KiB --history-on-join 0 --outbox-age 1h --rate-limit 1000,1000/s";
    let server = Server::start(&flags.split(' ').collect::<Vec<_>>());
    let mut pair = Pair::join(&server);
    let mut slow = pair.with_stalled(&server, "slow");
    sees(&mut browser, "eve", &server, (1000, 900));
    browser.wait(
        "eve",
        &format!(
            "{}.button.dataset.doing === 'in read' && !document.querySelector('.writer')",
            cell(3)
        ),
    );
    pair.bob.expect("server: A new client has connected to the chat: id = eve");
    pair.exchange_bytes(2 * MORE_THAN_THE_KERNEL_BYTES);
    // Beside its own reader, with what waits for it in words and as a level.
    browser.wait("eve", &format!("{}.item.querySelector('.writer')", cell(3)));
    assert_eq!(browser.eval("eve", "document.querySelectorAll('.writer').length"), 1);
    browser.wait(
        "eve",
        &format!("/^[\\d.,]+ KiB waiting$/.test({}.button.lastChild.textContent)", cell(3)),
    );
    browser.wait("eve", &format!("{}.button.style.getPropertyValue('--full') > 0", cell(3)));
    browser.wait("eve", "$('sockets-text').textContent.includes('1 is full: ') && $('news').textContent === 'The socket of reader 3 is full: it has a writer now.'");
    // Somebody who looks with the keyboard or a screen reader learns the same.
    browser.call("eve", "focus", &["#cells li:nth-child(3) button"]);
    browser.wait("eve", "$('about').textContent.includes('reader 3 · in read') && $('about').textContent.includes('a writer is in write')");
    let label = browser.eval("eve", &format!("{}.button.getAttribute('aria-label')", cell(3)));
    assert!(label.as_str().unwrap().contains("waiting for its client"), "{label}");
    browser.press("eve", "ArrowLeft");
    browser.wait("eve", "document.activeElement === cells.get(2).button && $('about').textContent.startsWith('reader 2 ')");
    // The flood: its reader is held back, in its cell and in the summary.
    let mut flooding = Client::join(&server, "flooding");
    flooding.send("again\r\n".repeat(20_000).as_bytes());
    let held = "held back for a flood";
    browser.wait(
        "eve",
        &format!("[...cells.values()].some(({{ button }}) => button.dataset.doing === '{held}')"),
    );
    browser.wait("eve", &format!("[...document.querySelectorAll('#groups li')].some(item => item.textContent === '1 {held}')"));
    drop(flooding);
    // The client reads on: its writer goes.
    slow.skip_to(&format!("{:0>8} ", pair.next - 1));
    slow.flood(Vec::new());
    browser.wait("eve", "!document.querySelector('.writer') && $('sockets-text').textContent.includes('No writer is needed')");
    browser.complains_of_nothing();
}

#[test]
fn a_line_is_followed_from_the_read_to_the_last_socket() {
    let mut browser = or_skip!(Browser::start());
    let server =
        Server::start(&["--web-port", "0", "--glass", "everybody", "--rate-limit", "12,5/s"]);
    let mut tom = Client::join(&server, "tom");
    sees(&mut browser, "ann", &server, (1000, 900));
    follow(&mut browser, "ann", "Hello <b>glass</b>!");
    tom.skip_to("ann : Hello <b>glass</b>!");
    let told = "$('told').textContent";
    browser.wait(
        "ann",
        &format!(
            "/^[\\d.,]+ .s after the read returned, the one socket was served\\.$/.test({told})"
        ),
    );
    let rows = "[...document.querySelectorAll('#line li')].map(row => row.querySelector('span').firstChild.textContent)";
    assert_eq!(
        browser.eval("ann", rows),
        json!([
            "Decoded by its reader",
            "Waits for the reader’s turn",
            "In the inbox",
            "The Hub chooses recipients",
            "Sent to the sockets"
        ])
    );
    // Each bar begins where the one before it ends, and none is outside.
    let bars = "[...document.querySelectorAll('#line i')].map(bar => [parseFloat(bar.style.left), parseFloat(bar.style.width)])";
    let is_a_way = format!(
        "(bars => bars.every(([left, width], at) => left >= 0 && left + width < 100.01 && (!at || Math.abs(left - bars[at - 1][0] - bars[at - 1][1]) < .01)))({bars})"
    );
    assert_eq!(browser.eval("ann", &is_a_way), true);
    // In a room of one's own.
    browser.call("ann", "fill", &["#room", "attic"]);
    follow(&mut browser, "ann", "Echo?");
    browser.wait(
        "ann",
        &format!("{told} === 'Nobody else is in this room, so the line was sent to nobody.'"),
    );
    browser.call("ann", "fill", &["#room", "lobby"]);
    follow(&mut browser, "ann", "Back again.");
    tom.skip_to("ann : Back again.");
    // A line that flood control holds back says so, and shows it in the first bar.
    for _ in 0..12 {
        browser.eval("ann", "send({ action: 'ping' })");
    }
    follow(&mut browser, "ann", "Late.");
    browser.wait("ann", &format!("({rows})[0] === 'Held back by flood control'"));
    tom.skip_to("ann : Late.");
    // A line that is refused says why.
    tom.say("/mute ann");
    tom.skip_to("ann");
    follow(&mut browser, "ann", "Nobody hears this.");
    browser.wait(
        "ann",
        &format!(
            "{told}.startsWith('An operator has muted you') && {told}.includes('sent it to nobody')"
        ),
    );
    assert_eq!(browser.eval("ann", &format!("({rows})[3]")), "The Hub refuses it");
    tom.hears_nothing();
    browser.complains_of_nothing();
}

#[test]
fn only_operators_see_the_names_of_others() {
    let mut browser = or_skip!(Browser::start());
    let directory = Directory::new("glass");
    directory.write("word", "open sesame");
    let word = directory.path("word");
    let server = server(&["--glass", "everybody", "--operator-password-file", &word]);
    let _tom = Client::join(&server, "tommy");
    sees(&mut browser, "ann", &server, (1000, 700));
    browser.wait("ann", "cells.size === 2");
    let seen = browser.eval(
        "ann",
        "document.body.textContent + JSON.stringify([...cells.values()].map(cell => cell.last))",
    );
    let seen = seen.as_str().unwrap();
    assert!(!seen.contains("tommy") && !seen.contains("127.0.0.1:"), "{seen}");
    assert!(seen.contains("reader 1") && seen.contains("you"), "{seen}");
    browser.eval("ann", "send({ action: 'op', password: 'open sesame' })");
    browser.wait("ann", "cells.get(1).button.textContent.startsWith('tommy') && cells.get(1).button.ariaLabel.includes('127.0.0.1:')");
    browser.complains_of_nothing();
}

#[test]
fn a_person_who_may_not_look_learns_what_to_do() {
    let mut browser = or_skip!(Browser::start());
    let directory = Directory::new("glass-operators");
    directory.write("word", "open sesame");
    let server = server(&["--operator-password-file", &directory.path("word")]);
    // By default only operators look, and nobody in a browser is one without the password.
    look(&mut browser, "ann", &server, (360, 640));
    browser.wait("ann", "!$('password-form').hidden && document.activeElement === $('password')");
    let told = browser.call("ann", "textContent", &["#password-form"]);
    let told = told.as_str().unwrap();
    assert!(
        told.contains("--glass everybody") && told.contains("--operator-password-file"),
        "{told}"
    );
    browser.type_text("ann", "mellon");
    browser.press("ann", "Enter");
    browser.wait("ann", "$('wrong').textContent.includes('not the operator password')");
    browser.type_text("ann", "open sesame");
    browser.press("ann", "Enter");
    browser.wait("ann", "!$('glass').hidden && !$('alone').hidden");
    // The chat page shows the way there only to those who may go.
    browser.join("ben", &server);
    let link = "document.getElementById('glass')";
    assert_eq!(browser.eval("ben", &format!("{link}.hidden")), true);
    browser.say("ben", "/op open sesame");
    browser.wait("ben", &format!("!{link}.hidden && {link}.href.endsWith('/glass#ben')"));
    browser.complains_of_nothing();
}

#[test]
fn the_setting_opens_and_closes_the_page() {
    let mut browser = or_skip!(Browser::start());
    let server_of_all = server(&["--glass", "everybody"]);
    browser.join("ann", &server_of_all);
    let link = "document.getElementById('glass')";
    assert_eq!(browser.eval("ann", &format!("{link}.hidden")), false);
    // The page suggests a name that is not taken.
    let url = browser.eval("ann", &format!("{link}.href"));
    browser.open_at("glass", url.as_str().unwrap(), (1000, 700));
    assert_eq!(browser.eval("glass", "$('name').value"), "ann-2");
    browser.press("glass", "Enter");
    browser.wait("glass", "cells.size === 2");
    // Loaded again, it is the same person.
    browser.call("glass", "reload", &[]);
    browser.wait("glass", "cells.size === 2 && kept('name') === 'ann-2'");
    // A name that is taken: the reason stands beside the field.
    browser.open_at("ben", url.as_str().unwrap(), (1000, 700));
    browser.press("ben", "Enter");
    browser.wait("ben", "$('refusal').textContent.includes('ann-2') && !$('login').hidden");
    browser.complains_of_nothing();
    let closed = server(&["--glass", "off"]);
    browser.join("cid", &closed);
    assert_eq!(browser.eval("cid", &format!("{link}.hidden")), true);
    for part in ["glass", "glass.js", "glass.css"] {
        let status = browser.eval("cid", &format!("fetch('{part}').then(answer => answer.status)"));
        assert_eq!(status, 404, "{part}");
    }
}

#[test]
fn hundreds_of_readers_are_groups() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&["--glass", "everybody"]);
    let _crowd: Vec<Client> = (0..600).map(|_| Client::connect(&server)).collect();
    sees(&mut browser, "ann", &server, (360, 740));
    browser.wait(
        "ann",
        "$('count').textContent === '601' && $('groups').textContent.includes('601 in read')",
    );
    assert_eq!(
        browser.eval("ann", "[cells.size, document.documentElement.scrollWidth]"),
        json!([0, 360])
    );
    browser.complains_of_nothing();
}

#[test]
fn the_page_fits_a_phone_and_the_keyboard_is_enough() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&["--glass", "everybody"]);
    let _crowd: Vec<Client> =
        (0..39).map(|number| Client::join(&server, &format!("p{number}"))).collect();
    for (page, size) in [("ann", (360, 740)), ("ben", (768, 1000)), ("cid", (1440, 1000))] {
        sees(&mut browser, page, &server, size);
        follow(&mut browser, page, &"w".repeat(300));
        assert_eq!(browser.eval(page, "document.documentElement.scrollWidth"), size.0, "{page}");
    }
    // Tab stops once in all cells, and each stop has a visible focus.
    browser.eval("cid", "$('title').focus()");
    let mut stops = Vec::new();
    for _ in 0..5 {
        browser.press("cid", "Tab");
        let stop = "[document.activeElement.id || document.activeElement.parentElement.parentElement.id || document.activeElement.type, \
                    getComputedStyle(document.activeElement).outlineStyle].join(' ')";
        stops.push(browser.eval("cid", stop).as_str().unwrap().to_owned());
    }
    let expected = ["pause", "cells", "room", "text", "follow"].map(|stop| format!("{stop} solid"));
    assert_eq!(stops, expected);
    // A pause stops the picture; the page goes on with the next press.
    browser.call("cid", "focus", &["#pause"]);
    browser.press("cid", "Enter");
    browser.wait("cid", "$('state').textContent === 'Paused'");
    let _late = Client::join(&server, "late");
    let before = browser.eval("cid", "$('count').textContent");
    browser.press("cid", "Enter");
    browser.wait(
        "cid",
        &format!("$('state').textContent === 'Live' && $('count').textContent !== {before}"),
    );
    browser.complains_of_nothing();
}

#[test]
fn a_server_that_starts_again_is_looked_at_again() {
    let mut browser = or_skip!(Browser::start());
    let (port, web_port) = (free_port().to_string(), free_port().to_string());
    let flags = ["--port", &port, "--web-port", &web_port, "--glass", "everybody"];
    let server = Server::start_by(&mut chatserv(&flags));
    sees(&mut browser, "ann", &server, (1000, 700));
    drop(server);
    browser.wait("ann", "$('state').textContent.includes('Trying again')");
    let server = Server::start_by(&mut chatserv(&flags));
    browser.wait("ann", "$('state').textContent === 'Live'");
    follow(&mut browser, "ann", "Anybody?");
    drop(server);
}

/// Passes connections on to a port, and takes `/class` from the path of the first request of each.
fn proxy(to: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut server = TcpStream::connect(("127.0.0.1", to)).unwrap();
            thread::spawn(move || {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    if client.read(&mut byte).unwrap_or(0) == 0 {
                        return;
                    }
                    head.push(byte[0]);
                }
                let head = String::from_utf8(head).unwrap().replacen("GET /class/", "GET /", 1);
                let (mut back, mut from) =
                    (client.try_clone().unwrap(), server.try_clone().unwrap());
                server.write_all(head.as_bytes()).unwrap();
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut back);
                    let _ = back.shutdown(Shutdown::Both);
                });
                let _ = std::io::copy(&mut client, &mut server);
                let _ = server.shutdown(Shutdown::Both);
            });
        }
    });
    port
}

#[test]
fn behind_a_proxy_the_page_works_below_a_path() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&["--glass", "everybody"]);
    let root = format!("http://localhost:{}/class/", proxy(server.web_port()));
    browser.open_at("ann", &format!("{root}glass"), (1000, 700));
    browser.call("ann", "fill", &["#name", "ann"]);
    browser.press("ann", "Enter");
    browser.wait(
        "ann",
        "cells.size === 1 && getComputedStyle(document.body).color !== 'rgb(0, 0, 0)'",
    );
    browser.call("ann", "click", &["header a"]);
    browser.call("ann", "waitForURL", &[&root]);
    // The way back ends the session there, so the name is free.
    browser.call("ann", "fill", &["#name", "ann"]);
    browser.press("ann", "Enter");
    browser.wait("ann", &format!("$('glass').href === {}", json!(format!("{root}glass#ann"))));
    browser.complains_of_nothing();
}
