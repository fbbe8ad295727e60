//! Lines typed without a connection. The client asks about them, and sends them once or not at all.

use super::reconnecting::{meet_by_relay, notices};
use super::screen::said;
use crate::support::or_skip;

/// Luca types two lines without a connection and gives this answer to the question about them.
fn answered(answer: &str, arrive: bool) {
    let (_server, mut relay, mut bob, screen) = or_skip!(meet_by_relay(&[]));
    relay.cut();
    bob.skip_to("luca has left the chat");
    notices(&screen);
    let typed = ["one meanwhile", "two meanwhile"];
    for line in typed {
        screen.says(line);
    }
    // The client asks before it sends.
    screen.prompts("(offline)>");
    relay.mend();
    bob.skip_to("id = luca");
    screen.shows("2 lines may not have been sent");
    bob.hears_nothing();
    screen.prompts("Send them? (y/n)");
    screen.says(answer);
    screen.says("now");
    if arrive {
        for line in typed {
            assert_eq!(bob.skip_to("luca : "), format!("luca : {line}"));
        }
    }
    assert_eq!(bob.skip_to("luca : "), "luca : now");
    bob.hears_nothing();
    let lines =
        screen.until("one's own lines", |lines| said(lines, "luca").contains(&"now".to_owned()));
    let shown = said(&lines, "luca");
    assert_eq!(shown.len(), if arrive { 3 } else { 1 }, "{shown:?}");
}

#[test]
fn after_yes_all_lines_are_sent_once() {
    answered("y", true);
}

#[test]
fn after_no_none_is_sent() {
    answered("n", false);
}
