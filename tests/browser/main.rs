//! The pages in a real browser, Chromium: several people in one room, lost connections, hostile text, a phone, the keyboard,
//! and the threads behind glass.
//!
//! The tests need `node`, `chromium` and the npm package `playwright-core` in `target/browser`; `scripts/test` installs
//! them. Elsewhere they print "skipped: …".

#![cfg(all(feature = "web", feature = "client"))]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test, an unwrap is an assertion, and a skipped one says so"
)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../client/terminal/screen.rs"]
#[allow(dead_code, reason = "these tests use a part of it")]
mod screen;
#[path = "../client/terminal/tmux.rs"]
#[allow(dead_code, reason = "these tests use a part of it")]
mod tmux;

mod commands;
mod glass;
mod looks;
mod mentions;
#[cfg(feature = "cluster")]
mod moving;
#[cfg(feature = "history")]
mod past;
mod proxy;
mod reading;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::Signal;
use serde_json::{Value, json};

use screen::Screen;
use support::{Client, Server, chatserv, command, find, free_port, or_skip, until};

/// One browser at a time: each is several processes.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A browser with its pages.
struct Browser {
    driver: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    _alone: MutexGuard<'static, ()>,
}

impl Browser {
    fn start() -> Option<Self> {
        let chromium = find("chromium")?;
        let node = find("node")?;
        let modules = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../browser/node_modules");
        if !modules.join("playwright-core").is_dir() {
            eprintln!(
                "skipped: target/browser has no playwright-core (npm install --prefix target/browser playwright-core)"
            );
            return None;
        }
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let mut driver = command(node.to_str().unwrap())
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/driver.js"))
            .arg(chromium)
            .env("NODE_PATH", modules)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (driver.stdin.take(), driver.stdout.take().unwrap());
        Some(Self { driver, input, output: BufReader::new(output), _alone: alone })
    }

    fn tell(&mut self, order: &Value) -> Value {
        writeln!(self.input.as_mut().unwrap(), "{order}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let answer: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("the driver is gone: {line:?}"));
        if let Some(error) = answer.get("error") {
            panic!("{order}: {}", error.as_str().unwrap());
        }
        answer["value"].clone()
    }

    fn open(&mut self, page: &str, server: &Server, width: u32, height: u32) {
        self.open_at(page, &root(server), (width, height));
    }

    fn open_at(&mut self, page: &str, url: &str, (width, height): (u32, u32)) {
        self.open_page(page, url, &json!({"viewport": {"width": width, "height": height}}));
    }

    /// Opens a page with these options of Playwright's contexts.
    fn open_with(&mut self, page: &str, server: &Server, options: &Value) {
        self.open_page(page, &root(server), options);
    }

    fn open_page(&mut self, page: &str, url: &str, options: &Value) {
        let mut all = json!({"url": url, "viewport": {"width": 1000, "height": 700},
            "locale": "en-GB", "timezoneId": "Europe/Berlin"});
        all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
        self.tell(&json!({"page": page, "open": all}));
    }

    /// Opens a page and joins; the person is called like the page.
    fn join(&mut self, page: &str, server: &Server) {
        self.join_with(page, server, &json!({}));
    }

    fn join_with(&mut self, page: &str, server: &Server, options: &Value) {
        self.open_with(page, server, options);
        self.call(page, "fill", &["#name", page]);
        self.press(page, "Enter");
        self.wait(page, "here && commands.length");
    }

    fn call(&mut self, page: &str, call: &str, args: &[&str]) -> Value {
        self.tell(&json!({"page": page, "call": call, "args": args}))
    }

    fn press(&mut self, page: &str, key: &str) {
        self.call(page, "keyboard.press", &[key]);
    }

    fn type_text(&mut self, page: &str, text: &str) {
        self.call(page, "keyboard.type", &[text]);
    }

    fn say(&mut self, page: &str, text: &str) {
        self.call(page, "fill", &["#text", text]);
        self.press(page, "Enter");
    }

    fn eval(&mut self, page: &str, code: &str) -> Value {
        self.call(page, "evaluate", &[code])
    }

    /// Waits until this code returns something true. (Playwright's own way to wait evaluates a string in the page, which its
    /// policy forbids.)
    fn wait(&mut self, page: &str, code: &str) {
        let code = format!("Boolean({code})");
        until(&code, || self.eval(page, &code) == true);
    }

    /// Waits until the lines that are shown end with these, each as its name and text.
    fn shows(&mut self, page: &str, last: &[&str]) {
        let last = json!(last);
        self.wait(
            page,
            &format!("({LINES}).slice(-{last}.length).join('\\n') === {last}.join('\\n')"),
        );
    }

    fn lines(&mut self, page: &str) -> Vec<String> {
        serde_json::from_value(self.eval(page, LINES)).unwrap()
    }

    /// No script failed, and nothing violated the policy.
    fn complains_of_nothing(&mut self) {
        assert_eq!(self.tell(&json!({})), json!([]));
    }
}

impl Drop for Browser {
    /// The driver ends with its input. A failed test tells what its pages show.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = writeln!(self.input.as_mut().unwrap(), r#"{{"dump": true}}"#);
            let mut shown = String::new();
            let _ = self.output.read_line(&mut shown);
            eprintln!("the pages show: {shown}");
        }
        self.input = None;
        let _ = self.driver.wait();
    }
}

/// The address of the page.
fn root(server: &Server) -> String {
    format!("http://localhost:{}/", server.web_port())
}

/// The lines of the room that is shown.
const LINES: &str =
    "[...document.querySelectorAll('#log > :not([hidden]) > .line > div')].map(e => e.textContent)";

/// The address for the client in a terminal.
fn url(port: u16) -> String {
    format!("chat://127.0.0.1:{port}")
}

fn server(flags: &[&str]) -> Server {
    Server::start(&[&["--web-port", "0"], flags].concat())
}

#[test]
fn two_browsers_telnet_chat_and_a_program_talk_in_one_room() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.join("ann", &server);
    browser.wait("ann", "document.querySelector('.empty')");
    let alone = browser.call("ann", "textContent", &[".empty"]);
    let telnet = format!("telnet localhost {}", server.port);
    assert!(alone.as_str().unwrap().contains(&telnet), "{alone}");
    browser.join("ben", &server);
    browser.shows("ann", &["ben has joined."]);
    let mut tom = Client::join(&server, "tom");
    let mut bot = Client::join_json(&server, "bot", "lobby");
    // `None` without tmux.
    let luca = Screen::of("luca", &server);
    browser.wait("ben", "here.people.has('tom') && here.people.has('bot')");
    browser.say("ann", "Hello! See https://example.org/a?b=c.");
    tom.skip_to("ann : Hello! See https://example.org/a?b=c.");
    assert_eq!(bot.skip_to_action("chat")["from"], "ann");
    browser.shows("ben", &["ann  Hello! See https://example.org/a?b=c."]);
    if let Some(luca) = &luca {
        luca.shows("ann: Hello! See https://example.org/a?b=c.");
        luca.says("I read it in a terminal.");
        tom.skip_to("luca : I read it in a terminal.");
        assert_eq!(bot.skip_to_action("chat")["from"], "luca");
        for page in ["ann", "ben"] {
            browser.shows(page, &["luca  I read it in a terminal."]);
        }
    }
    let link =
        browser.eval("ben", "(link => [link.href, link.rel].join(' '))(log.querySelector('a'))");
    assert_eq!(link, "https://example.org/a?b=c noopener noreferrer");
    tom.say("Hi all");
    assert_eq!(bot.skip_to_action("chat")["from"], "tom");
    bot.send_object(&json!({"action": "me", "room": "lobby", "message": "hums"}));
    for page in ["ann", "ben"] {
        browser.shows(page, &["tom  Hi all", "* bot hums"]);
    }
    if let Some(luca) = &luca {
        luca.shows("tom: Hi all");
        luca.shows("* bot hums");
    }
    // Private lines are marked, by whichever way they come.
    browser.say("ben", "/msg ann Between us.");
    browser.shows("ann", &["ben  Between us.private, only to you"]);
    browser.shows("ben", &["ben  Between us.private, only to ann"]);
    tom.say("Only you @ben");
    browser.shows("ben", &["tom  Only you @benonly to you"]);
    browser.say("ann", "And you @tom");
    tom.skip_to("ann : And you @tom");
    browser.shows("ann", &["ann  And you @tomonly to tom"]);
    // What happens in another room is counted.
    browser.say("ann", "/join dev");
    browser.wait("ann", "document.getElementById('title').textContent === 'dev'");
    tom.say("Where are you, ann?");
    browser.wait("ann", "document.title.startsWith('(1) ')");
    assert_eq!(browser.call("ann", "textContent", &["#rooms b"]), "1");
    tom.hears_nothing();
    browser.say("ann", "/help");
    browser.wait("ann", &format!("({LINES}).pop()?.includes('/quit')"));
    // A name that is taken: the reason stands beside the field.
    browser.open("eve", &server, 1000, 700);
    browser.call("eve", "fill", &["#name", "BEN"]);
    browser.press("eve", "Enter");
    browser.wait("eve", "document.getElementById('refusal').textContent.includes('BEN')");
    browser.say("ben", "/quit");
    browser.wait("ben", "!document.getElementById('login').hidden");
    tom.skip_to("server: ben has left the chat");
    browser.complains_of_nothing();
}

#[test]
fn a_server_that_is_killed_and_started_again_loses_no_typed_text() {
    let mut browser = or_skip!(Browser::start());
    let (port, web_port) = (free_port().to_string(), free_port().to_string());
    let start = || Server::start_by(&mut chatserv(&["--port", &port, "--web-port", &web_port]));
    let server = start();
    browser.join("ann", &server);
    browser.say("ann", "before");
    browser.say("ann", "/join dev");
    browser.wait("ann", "document.querySelectorAll('#rooms button').length === 2");
    browser.type_text("ann", "half ty");
    drop(server);
    browser.wait("ann", "document.getElementById('state').textContent.includes('Trying again')");
    // Nothing is sent, and nothing is lost.
    browser.press("ann", "Enter");
    browser.type_text("ann", "ped");
    let server = start();
    browser.eval("ann", "window.dispatchEvent(new Event('online'))");
    browser.wait("ann", "document.getElementById('state').textContent === ''");
    let mut tom = Client::join(&server, "tom");
    assert_eq!(browser.eval("ann", "text.value"), "half typed");
    browser.wait("ann", "document.querySelectorAll('#rooms button').length === 2");
    browser.eval("ann", "show(rooms.get('lobby'))");
    browser.wait("ann", "here.people.has('tom')");
    browser.press("ann", "Enter");
    tom.skip_to("ann : half typed");
    // What was on its way when the server died is marked.
    server.signal(Signal::STOP);
    browser.say("ann", "into the void");
    browser.say("ann", "/me vanishes");
    browser.type_text("ann", "half");
    drop(server);
    browser.wait("ann", "document.getElementById('state').textContent.includes('Trying again')");
    let server = start();
    browser.eval("ann", "window.dispatchEvent(new Event('online'))");
    browser.wait(
        "ann",
        "document.getElementById('state').textContent === '' && here.people.size === 1",
    );
    browser.wait("ann", &format!("({LINES}).includes('ann  into the voidwas not said')"));
    browser.wait("ann", &format!("({LINES}).includes('/me may have been lost.')"));
    browser.call("ann", "fill", &["#text", ""]);
    let mut tom = Client::join(&server, "tom");
    // A page that is loaded again is the same person, in the same rooms, with the same text.
    browser.type_text("ann", "more");
    browser.call("ann", "reload", &[]);
    browser.wait(
        "ann",
        "rooms.size === 2 && here && document.getElementById('state').textContent === ''",
    );
    assert_eq!(browser.eval("ann", "text.value"), "more");
    tom.say("Welcome back");
    browser.shows("ann", &["tom  Welcome back"]);
}

#[test]
fn a_late_reason_for_an_old_loss_does_not_end_a_new_connection() {
    let mut browser = or_skip!(Browser::start());
    let (port, web_port) = (free_port().to_string(), free_port().to_string());
    let start = || Server::start_by(&mut chatserv(&["--port", &port, "--web-port", &web_port]));
    let server = start();
    browser.join("ann", &server);
    // The page asks why it cannot connect, and has to wait for the answer.
    browser.eval("ann", "window.fetch = () => new Promise(resolve => window.answer = resolve), 0");
    drop(server);
    browser.wait("ann", "window.answer");
    let server = start();
    browser.eval("ann", "window.dispatchEvent(new Event('online'))");
    browser.wait("ann", "document.getElementById('state').textContent === ''");
    browser.eval("ann", "answer({ status: 404 })");
    let mut tom = Client::join(&server, "tom");
    browser.say("ann", "still here");
    tom.skip_to("ann : still here");
    assert_eq!(browser.eval("ann", "isLost"), false);
    tom.hears_nothing();
}

#[test]
fn what_was_missed_is_shown_once_and_in_order() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.join("ann", &server);
    let mut tom = Client::join(&server, "tom");
    tom.say("one");
    browser.shows("ann", &["tom  one"]);
    browser.say("ann", "two");
    tom.skip_to("ann : two");
    browser.wait("ann", "!document.querySelector('.lost')");
    // It does not come back before the page is told.
    browser.eval("ann", "tries = 6, socket.close()");
    tom.skip_to("server: ann has left the chat");
    browser.wait("ann", "socket === null");
    for number in 0..250 {
        tom.say(&format!("missed {number}"));
    }
    tom.hears_nothing();
    browser.eval("ann", "window.dispatchEvent(new Event('online'))");
    browser.shows("ann", &["tom  missed 249"]);
    tom.say("after");
    browser.shows("ann", &["tom  missed 249", "tom  after"]);
    let lines: Vec<String> =
        browser.lines("ann").into_iter().filter(|line| !line.contains(" has ")).collect();
    // The server keeps 200 lines of a room.
    let kept = (50..250).map(|number| format!("tom  missed {number}"));
    let expected: Vec<String> = ["tom  one", "ann  two"]
        .map(str::to_owned)
        .into_iter()
        .chain(kept)
        .chain(["tom  after".to_owned()])
        .collect();
    assert_eq!(lines, expected);
    browser.complains_of_nothing();
}

#[test]
fn names_and_messages_are_text() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.join("ann", &server);
    let name = "<img/src=x/onerror=hit=1>";
    let message = "<script>hit=1</script><b>bold</b> javascript:hit=1 &lt;";
    let mut evil = Client::join(&server, name);
    evil.say(message);
    browser.shows("ann", &[&format!("{name}  {message}")]);
    evil.say(&format!("/topic {message}"));
    browser.wait("ann", "document.getElementById('topic').textContent.includes('<script>')");
    evil.say(&format!("/join {name}"));
    browser.say("ann", &format!("/join {name}"));
    browser.wait("ann", "document.getElementById('title').textContent.startsWith('<img')");
    evil.say(&format!("/me {message}"));
    evil.say(&format!("/msg ann {message}"));
    browser.wait("ann", "document.querySelector('.private')");
    browser.say("ann", &format!("/whois {name}"));
    browser.wait("ann", &format!("({LINES}).pop()?.includes('connected')"));
    let found = browser.eval("ann", "[typeof hit, document.querySelectorAll('#chat img, #chat script, #log b, #log script').length]");
    assert_eq!(found, json!(["undefined", 0]));
    // Nothing but the page's own script may run, even if markup came in somewhere.
    let smuggled = "{ const script = document.createElement('script'); script.textContent = 'hit = 1'; \
                    document.body.append(script); typeof hit }";
    assert_eq!(browser.eval("ann", smuggled), "undefined");
}

#[test]
fn a_thousand_messages_do_not_move_what_is_being_read() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.join("ann", &server);
    let mut tom = Client::join(&server, "tom");
    for number in 0..60 {
        tom.say(&format!("old {number}"));
    }
    browser.shows("ann", &["tom  old 59"]);
    assert_eq!(browser.eval("ann", "isAtBottom()"), true);
    browser.eval("ann", "log.scrollTop = 200");
    browser.wait("ann", "here.isAway");
    let top = "[...here.lines.children].find(line => line.getBoundingClientRect().top >= log.getBoundingClientRect().top).textContent";
    let before = browser.eval("ann", top);
    for number in 0..1_000 {
        tom.say(&format!("new {number}"));
    }
    browser.shows("ann", &["tom  new 999"]);
    assert_eq!(browser.eval("ann", "log.scrollTop"), 200);
    assert_eq!(browser.eval("ann", top), before);
    browser.wait(
        "ann",
        "document.title.startsWith('(1000) ') && !document.getElementById('newer').hidden",
    );
    browser.call("ann", "click", &["#newer"]);
    browser.wait("ann", "isAtBottom() && !document.title.startsWith('(')");
    browser.complains_of_nothing();
}

#[test]
fn the_page_fits_a_phone() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.open("ann", &server, 360, 640);
    browser.call("ann", "fill", &["#name", "ann"]);
    browser.call("ann", "click", &["#login button"]);
    browser.wait("ann", "here");
    let mut tom = Client::join(&server, "tom");
    tom.say(&"w".repeat(400));
    tom.say("/topic A topic that is much longer than the width of any phone, even of a wide one");
    browser.wait("ann", "here.topic && here.lines.textContent.includes('wwww')");
    browser.say("ann", "/help");
    browser.wait("ann", &format!("({LINES}).pop()?.includes('/quit')"));
    let widths = "[document.documentElement.scrollWidth, log.scrollWidth <= log.clientWidth, \
                  document.getElementById('say').getBoundingClientRect().bottom <= innerHeight, \
                  parseFloat(getComputedStyle(text).fontSize) >= 16]";
    assert_eq!(browser.eval("ann", widths), json!([360, true, true, true]));
    browser.call("ann", "click", &["#menu"]);
    browser.call("ann", "fill", &["#room", "dev"]);
    browser.press("ann", "Enter");
    browser.wait("ann", "here.name === 'dev' && getComputedStyle(document.getElementById('left')).display === 'none'");
    browser.complains_of_nothing();
}

#[test]
fn an_address_with_a_room_leads_into_it() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.open_at("ann", &format!("{}#dev", root(&server)), (1000, 700));
    browser.call("ann", "fill", &["#name", "ann"]);
    browser.press("ann", "Enter");
    browser.wait("ann", "rooms.has('lobby') && rooms.has('dev')");
    assert_eq!(browser.eval("ann", "here.name"), "dev");
    browser.complains_of_nothing();
}

#[test]
fn the_keyboard_is_enough() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.open("ann", &server, 1000, 700);
    // The field has the focus.
    browser.type_text("ann", "ann");
    browser.press("ann", "Enter");
    browser.wait("ann", "here && document.activeElement === text && commands.length");
    let mut tom = Client::join(&server, "tommy");
    browser.wait("ann", "here.people.has('tommy')");
    browser.type_text("ann", "Hello @to");
    browser.wait("ann", "!choices.hidden");
    browser.press("ann", "Tab");
    assert_eq!(browser.eval("ann", "text.value"), "Hello @tommy ");
    browser.press("ann", "Enter");
    tom.skip_to("ann : Hello @tommy");
    browser.shows("ann", &["ann  Hello @tommy only to tommy"]);
    // A name without a sign, and a command.
    browser.type_text("ann", "tom");
    browser.press("ann", "Tab");
    assert_eq!(browser.eval("ann", "text.value"), "tommy ");
    browser.call("ann", "fill", &["#text", ""]);
    browser.type_text("ann", "/j");
    browser.press("ann", "Tab");
    browser.type_text("ann", "dev");
    browser.press("ann", "Enter");
    browser.wait("ann", "here.name === 'dev'");
    browser.press("ann", "Alt+ArrowUp");
    browser.wait("ann", "here.name === 'lobby'");
    // An abbreviation, a wrong command, and what ends the chat only in full.
    browser.say("ann", "/who");
    browser.say("ann", "/aw at lunch");
    browser.shows("ann", &["You are away (at lunch)."]);
    browser.say("ann", "/dance");
    browser.shows("ann", &["There is no command /dance. Try /help."]);
    // It comes back, to be corrected.
    browser.wait("ann", "text.value === '/dance'");
    browser.say("ann", "/exi");
    browser.wait("ann", &format!("({LINES}).pop().includes('in full')"));
    browser.say("ann", "/quit now");
    browser.wait("ann", "text.value === '/quit now' && here.people.has('ann')");
    // An input method composes: Enter is its own.
    browser.join("ben", &server);
    browser.type_text("ben", "kana");
    browser.eval("ben", "text.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))");
    assert_eq!(browser.eval("ben", "text.value"), "kana");
    // Shift-Tab goes from the text through everything else, and each has a visible focus.
    for _ in 0..3 {
        browser.press("ben", "Shift+Tab");
        let outline = browser.eval("ben", "document.activeElement !== text && getComputedStyle(document.activeElement).outlineStyle");
        assert_eq!(outline, "solid");
    }
    browser.press("ben", "Escape");
    browser.wait("ben", "document.activeElement === text");
    browser.complains_of_nothing();
}
