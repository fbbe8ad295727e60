//! Reading: what is new is marked, what is old comes on the way up, and nothing moves what is being read.

use super::support::{Client, Server, or_skip, until};
use super::{Browser, server};

/// The text of the first line that is wholly visible, and how far it is from the top of the log.
const PLACE: &str = "(() => { const top = log.getBoundingClientRect().top; \
    const line = [...here.lines.querySelectorAll('.line')].find(line => line.getBoundingClientRect().top >= top); \
    return [line.textContent, Math.round(line.getBoundingClientRect().top - top)]; })()";

/// All that people have said, in order.
const SAID: &str =
    "[...here.lines.querySelectorAll('.line:not(.note) > div')].map(line => line.textContent)";

/// Tom, who has said 180 lines.
fn talker(server: &Server) -> Client {
    let mut tom = Client::join(server, "tom");
    for number in 0..180 {
        tom.say(&format!("line {number}"));
    }
    tom.hears_nothing();
    tom
}

#[test]
fn older_lines_come_on_the_way_up_and_move_nothing() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    let mut tom = talker(&server);
    browser.join("ann", &server);
    browser.shows("ann", &["tom  line 179"]);
    assert_eq!(browser.eval("ann", &format!("{SAID}.length")), 50);
    browser.eval("ann", "log.scrollTop = 250");
    browser.wait("ann", "here.isAway");
    let before = browser.eval("ann", PLACE);
    browser.eval("ann", "askOlder(here)");
    browser.wait("ann", &format!("{SAID}.length === 100"));
    assert_eq!(browser.eval("ann", PLACE), before);
    // By the keyboard, up to the very first.
    browser.call("ann", "focus", &["#text"]);
    until("the first line is there", || {
        browser.press("ann", "PageUp");
        browser.eval("ann", &format!("{SAID}[0] === 'tom  line 0'")) == true
    });
    let expected: Vec<String> = (0..180).map(|number| format!("tom  line {number}")).collect();
    assert_eq!(browser.eval("ann", SAID), serde_json::json!(expected));
    assert_eq!(browser.eval("ann", "here.lines.querySelectorAll('.day').length"), 1);
    assert_eq!(browser.eval("ann", "here.lines.firstElementChild.className"), "day");
    // There is nothing before it, and nothing is asked for in vain.
    browser.eval("ann", "log.scrollTop = 0");
    browser.wait("ann", "here.isWhole && !here.isAsking");
    tom.say("and on");
    browser.shows("ann", &["tom  and on"]);
    browser.complains_of_nothing();
}

#[test]
fn older_lines_fill_a_window_in_which_nothing_scrolls() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    let _tom = talker(&server);
    let tall = serde_json::json!({"viewport": {"width": 1400, "height": 2100}});
    browser.join_with("ann", &server, &tall);
    browser.shows("ann", &["tom  line 179"]);
    let is_full = "log.scrollHeight >= log.clientHeight + 200 && isAtBottom()";
    browser.wait("ann", is_full);
    let lines = browser.eval("ann", &format!("{SAID}.length")).as_u64().unwrap();
    assert!(lines > 50 && lines < 180, "{lines}");
    // By the keyboard, up to the very first.
    browser.call("ann", "focus", &["#text"]);
    until("the first line is there", || {
        browser.press("ann", "PageUp");
        browser.eval("ann", &format!("{SAID}[0] === 'tom  line 0'")) == true
    });
    // A window that grows, and another room.
    browser.join("ben", &server);
    browser.shows("ben", &["tom  line 179"]);
    assert_eq!(browser.eval("ben", &format!("{SAID}.length")), 50);
    browser.tell(&serde_json::json!(
        {"page": "ben", "call": "setViewportSize", "args": [{"width": 1400, "height": 2100}]}
    ));
    browser.wait("ben", is_full);
    browser.say("ben", "/join dev");
    browser.wait("ben", "here.name === 'dev' && here.people.size === 1");
    // A page that did not come is asked for again by the wheel.
    browser.eval("ben", "show(rooms.get('lobby')); [...log.querySelectorAll('[data-id]')].slice(0, -20).forEach(line => line.remove())");
    assert_eq!(browser.eval("ben", "log.scrollHeight > log.clientHeight"), false);
    browser.call("ben", "hover", &["#log"]);
    browser.tell(&serde_json::json!({"page": "ben", "call": "mouse.wheel", "args": [0, -100]}));
    browser.wait("ben", is_full);
    let first = "Number(here.lines.querySelector('[data-id]').dataset.id)";
    let expected = format!("{SAID}.length === 181 - {first}");
    browser.wait("ben", &expected);
    browser.complains_of_nothing();
}

#[test]
fn a_line_marks_what_is_new_and_each_room_stays_where_it_was() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.join("ann", &server);
    let mut tom = Client::join(&server, "tom");
    for number in 0..60 {
        tom.say(&format!("old {number}"));
    }
    browser.shows("ann", &["tom  old 59"]);
    browser.eval("ann", "log.scrollTop = 300");
    browser.wait(
        "ann",
        "here.isAway && document.getElementById('newer').textContent.startsWith('To the end')",
    );
    let before = browser.eval("ann", PLACE);
    browser.say("ann", "/join dev");
    browser.wait("ann", "here.name === 'dev' && document.getElementById('newer').hidden");
    for number in 0..3 {
        tom.say(&format!("new {number}"));
    }
    browser.wait("ann", "rooms.get('lobby').unread === 3");
    let spoken = "document.querySelector('#rooms button').getAttribute('aria-label')";
    browser.wait("ann", &format!("{spoken} === 'lobby, 3 unread'"));
    browser.eval("ann", "show(rooms.get('lobby'))");
    assert_eq!(browser.eval("ann", PLACE), before);
    browser.wait("ann", "document.getElementById('newer').textContent.startsWith('New messages')");
    let marked = "document.querySelector('#log .new').nextElementSibling.textContent";
    assert!(browser.eval("ann", marked).as_str().unwrap().ends_with("tom  new 0"));
    browser.call("ann", "click", &["#newer"]);
    browser.wait("ann", "isAtBottom() && document.getElementById('newer').hidden");
    // The mark stays while they are read, and goes with the next visit.
    assert_eq!(browser.eval("ann", "document.querySelectorAll('#log .new').length"), 1);
    browser.eval("ann", "show(rooms.get('dev'))");
    browser.eval("ann", "show(rooms.get('lobby'))");
    assert_eq!(browser.eval("ann", "document.querySelectorAll('#log .new').length"), 0);
    browser.complains_of_nothing();
}

#[test]
fn who_comes_in_the_same_minute_shares_a_line_and_code_is_code() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.join("ann", &server);
    // A minute may end between two of them, but not between each of them.
    let names: Vec<String> = (0..10).map(|number| format!("person{number}")).collect();
    let people: Vec<Client> = names.iter().map(|name| Client::join(&server, name)).collect();
    browser.wait("ann", "here.people.size === 11");
    let notes = browser.lines("ann");
    assert!(notes.len() <= 2, "{notes:?}");
    let told = notes.join(" ");
    assert!(told.ends_with(" joined.") && names.iter().all(|name| told.contains(name)), "{told}");
    drop(people);
    browser.wait("ann", "here.people.size === 1");
    let mut tom = Client::join(&server, "tom");
    tom.say("use `read(&mut buffer)?` and https://example.org/`x` and `one tick");
    browser.shows("ann", &["tom  use read(&mut buffer)? and https://example.org/x and `one tick"]);
    let code = "[...document.querySelectorAll('#log code')].map(code => code.textContent)";
    assert_eq!(browser.eval("ann", code), serde_json::json!(["read(&mut buffer)?", "x"]));
    browser.complains_of_nothing();
}
