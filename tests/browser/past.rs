//! The history on disk in the page: scrolling back beyond a restart, and the search field.

use serde_json::json;

use super::support::directory::Directory;
use super::support::{Client, Server, chatserv, free_port, or_skip, until};
use super::{Browser, LINES, server};

#[test]
fn the_page_searches_and_scrolls_back_beyond_a_restart() {
    let mut browser = or_skip!(Browser::start());
    let directory = Directory::new("page-history");
    let file = directory.path("history");
    let (port, web_port) = (free_port().to_string(), free_port().to_string());
    let flags = ["--port", &port, "--web-port", &web_port, "--history", &file];
    let start = || Server::start_by(&mut chatserv(&flags));
    let first = start();
    let mut tom = Client::join(&first, "tom");
    tom.say("/join dev");
    tom.say("Lunch in the café?");
    tom.say("/join lobby");
    tom.skip_to("in room lobby");
    for number in 0..300 {
        tom.say(&format!("line {number}"));
    }
    tom.hears_nothing();
    browser.join("ann", &first);
    browser.shows("ann", &["tom  line 299"]);
    browser.wait("ann", "!document.getElementById('find').hidden");
    // The end of the first server writes what is left.
    first.signal(rustix::process::Signal::TERM);
    tom.skip_to("shut down");
    drop(first);
    let second = start();
    browser.eval("ann", "window.dispatchEvent(new Event('online'))");
    browser.wait("ann", "document.getElementById('state').textContent === '' && !here.held");
    let mut tom = Client::join(&second, "tom");
    tom.say("after the restart");
    browser.shows("ann", &["tom  after the restart"]);
    // The server has the last 200 lines in memory; the others come from the disk.
    let said =
        "[...here.lines.querySelectorAll('.line:not(.note) > div')].map(line => line.textContent)";
    browser.call("ann", "focus", &["#text"]);
    until("the first line is there", || {
        browser.press("ann", "PageUp");
        browser.eval("ann", &format!("{said}[0] === 'tom  line 0'")) == true
    });
    let mut expected: Vec<String> = (0..300).map(|number| format!("tom  line {number}")).collect();
    expected.push("tom  after the restart".to_owned());
    assert_eq!(browser.eval("ann", said), json!(expected));
    // The search, by its field, in all rooms that one is in.
    browser.say("ann", "/join dev");
    browser.wait("ann", "here.name === 'dev'");
    browser.eval("ann", "show(rooms.get('lobby'))");
    browser.call("ann", "fill", &["#words", "cafe"]);
    browser.press("ann", "Enter");
    browser.wait("ann", &format!("({LINES}).slice(-2)[0] === 'Found, the newest last:'"));
    assert_eq!(browser.lines("ann").pop().unwrap(), "tom  Lunch in the café?dev");
    browser.wait("ann", "isAtBottom() && document.getElementById('words').value === ''");
    browser.call("ann", "fill", &["#words", "supper"]);
    browser.press("ann", "Enter");
    browser.shows("ann", &["Nothing was found."]);
    browser.say("ann", "/search line 29 from:tom");
    browser.wait("ann", &format!("({LINES}).pop() === 'tom  line 29'"));
    // Page by page, with all that was asked for.
    browser.say("ann", "/search line from:@tom IN:#lobby before:2999-01-01");
    let listed = "[...here.lines.querySelectorAll('.listed > div')].map(line => line.textContent).filter(line => line.startsWith('tom  line '))";
    let pages = |count: usize| {
        let page = |number: usize| 280 - 20 * number..300 - 20 * number;
        let lines = (0..count).flat_map(page).map(|number| format!("tom  line {number}"));
        json!(lines.collect::<Vec<_>>())
    };
    for count in 1..=3 {
        browser.wait("ann", &format!("({listed}).length === 1 + {count} * 20"));
        assert_eq!(browser.eval("ann", &format!("{listed}.slice(1)")), pages(count));
        browser.wait("ann", "isAtBottom() && here.lines.querySelectorAll('button').length === 1");
        browser.call("ann", "click", &["#log button"]);
    }
    browser.say("ann", "/search 29");
    browser.wait("ann", &format!("({LINES}).pop() === 'tom  line 29'"));
    // What a search shows is no part of the room's lines.
    browser.eval("ann", "askOlder(here)");
    browser.wait("ann", "here.isWhole");
    assert_eq!(
        browser.eval("ann", &format!("{said}.filter(line => line === 'tom  line 0').length")),
        1
    );
    browser.complains_of_nothing();
}

#[test]
fn the_page_says_where_messages_are_missing() {
    let mut browser = or_skip!(Browser::start());
    let directory = Directory::new("page-gaps");
    let file = directory.path("history");
    let (port, web_port) = (free_port().to_string(), free_port().to_string());
    let flags = ["--port", &port, "--web-port", &web_port, "--history", &file];
    let start = || Server::start_by(&mut chatserv(&flags));
    let first = start();
    browser.join("ann", &first);
    browser.say("ann", "before");
    browser.wait("ann", "here.last === 1 && !here.lines.querySelector('.lost')");
    // What was said before a search is on disk when it is answered.
    browser.say("ann", "/search before");
    browser.wait("ann", &format!("({LINES}).slice(-2)[0] === 'Found, the newest last:'"));
    first.signal(rustix::process::Signal::KILL);
    drop(first);
    let second = start();
    browser.eval("ann", "window.dispatchEvent(new Event('online'))");
    browser.wait("ann", "document.getElementById('state').textContent === '' && !here.held");
    let mut tom = Client::join(&second, "tom");
    tom.say("after the crash");
    browser.shows("ann", &["tom  after the crash"]);
    let marks = "[...here.lines.querySelectorAll(':scope > :not(.listed)')].map(it => it.textContent).filter(it => /missing|crash|before/.test(it))";
    browser.wait("ann", &format!("({marks}).length >= 3"));
    let marks = browser.eval("ann", marks);
    let marks: Vec<&str> =
        marks.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let at = |text: &str| marks.iter().position(|mark| mark.contains(text)).unwrap();
    assert!(at("before") < at("missing") && at("missing") < at("crash"), "{marks:?}");
    // A page of the past that never comes holds up nothing.
    browser.eval("ann", "here.held = []; pasts = [{ room: here, range: {}, tries: PAST_TRIES }]");
    tom.say("held back");
    browser.wait("ann", "here.held.length === 1");
    browser.eval(
        "ann",
        "answers.error({ code: 'search_too_slow', message: 'Too slow.' }, { past: here })",
    );
    browser.shows("ann", &["Messages may be missing here: Too slow.", "tom  held back"]);
    browser.complains_of_nothing();
}

#[test]
fn without_a_history_there_is_no_search_field() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.join("ann", &server);
    browser.wait("ann", "![...sent.values()].some(it => it.isProbe)");
    assert_eq!(browser.eval("ann", "document.getElementById('find').hidden"), true);
    browser.say("ann", "/search lunch");
    browser
        .shows("ann", &["This server has no history on disk. /history shows the latest messages."]);
    browser.complains_of_nothing();
}
