//! Mentions: they are marked, and notify those who want that and look elsewhere.

use serde_json::json;

use super::support::{Client, or_skip};
use super::{Browser, server};

/// Writes down what the browser shows and plays. Both are the browser's own and only watched. Playwright gives every page
/// the focus, so the page is told that it has none.
const WATCH: &str = "window.notices = []; window.tones = []; document.hasFocus = () => window.focused; \
    window.Notification = class extends Notification { constructor(title, options) { super(title, options); \
        this.addEventListener('error', () => notices.push('error')); notices.push([title, options.body]); } }; \
    window.AudioContext = class extends AudioContext { createOscillator() { const tone = super.createOscillator(); \
        tone.addEventListener('ended', () => tones.push(tone.frequency.value)); return tone; } }; null";

#[test]
fn a_mention_notifies_and_sounds_and_nothing_else_does() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.join_with("ann", &server, &json!({"permissions": ["notifications"]}));
    let mut tom = Client::join(&server, "tom");
    browser.eval("ann", WATCH);
    // Not before they are switched on.
    tom.say("@ann one?");
    browser.shows("ann", &["tom  @ann one?"]);
    browser.call("ann", "check", &["#notify"]);
    browser.call("ann", "check", &["#sound"]);
    browser.wait(
        "ann",
        "document.getElementById('notify').checked && localStorage.getItem('notify') === 'yes'",
    );
    for line in [
        "no mention",
        "@annabel two?",
        "mail@ann.example",
        "@ann three?",
        "ann four?",
        "(@ANN) five?",
    ] {
        tom.say(line);
    }
    tom.say("/msg ann six");
    browser.shows("ann", &["tom  sixprivate, only to you"]);
    let expected =
        json!([["tom in lobby", "@ann three?"], ["tom in lobby", "(@ANN) five?"], ["tom", "six"]]);
    browser.wait("ann", "tones.length === 3");
    assert_eq!(browser.eval("ann", "notices"), expected);
    let called = "[...document.querySelectorAll('.call > div')].map(line => line.textContent)";
    assert_eq!(
        browser.eval("ann", called),
        json!(["tom  @ann one?", "tom  @ann three?", "tom  (@ANN) five?"])
    );
    // In another room, with the counter in the colour of a mention.
    browser.say("ann", "/join dev");
    browser.wait("ann", "here.name === 'dev'");
    tom.say("where is @ann now?");
    browser.wait("ann", "notices.length === 4 && document.querySelector('#rooms b.calls')");
    // Not while somebody looks.
    browser.eval("ann", "window.focused = true");
    tom.say("@ann seven?");
    browser.wait("ann", "document.querySelector('#rooms b')?.textContent === '2'");
    // Without the permission the box does not stay ticked, and the page says why.
    browser.join_with("ben", &server, &json!({"permissions": []}));
    browser.eval("ben", "Notification.requestPermission = async () => 'denied'; null");
    browser.call("ben", "click", &["#notify"]);
    browser.wait("ben", "!document.getElementById('notify').checked && here.lines.textContent.includes('does not allow')");
    assert_eq!(browser.eval("ann", "[notices.length, tones.length]"), json!([4, 4]));
    browser.complains_of_nothing();
}

/// On Android, the constructor throws.
#[test]
fn a_browser_that_cannot_notify_shows_the_message_all_the_same() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.join_with("ann", &server, &json!({"permissions": ["notifications"]}));
    browser.call("ann", "check", &["#notify"]);
    browser.eval("ann", "document.hasFocus = () => false; window.Notification = class { constructor() { throw new TypeError('Illegal constructor'); } }; null");
    let mut tom = Client::join(&server, "tom");
    tom.say("@ann one?");
    tom.say("two");
    browser.shows("ann", &["tom  @ann one?", "tom  two"]);
    browser.complains_of_nothing();
}
