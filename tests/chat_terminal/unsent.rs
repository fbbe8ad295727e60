//! What is typed while there is no connection is asked about, and then sent once or not at all.

use crate::reconnecting::{meet, notices};
use crate::screen::said;

/// Two lines are typed while nobody is there, and what is answered to the question about them.
fn answered(answer: &str, arrive: bool) {
    let Some((_server, mut relay, mut bob, screen)) = meet(&[]) else {
        return;
    };
    relay.cut();
    bob.skip_to("luca has left the chat");
    notices(&screen);
    let typed = ["one meanwhile", "two meanwhile"];
    for line in typed {
        screen.says(line);
    }
    // Before anything is sent, it is asked.
    screen.prompts(">");
    relay.mend();
    bob.skip_to("luca has joined room lobby");
    screen.shows("Type y or n.");
    bob.hears_nothing();
    screen.says(answer);
    screen.says("now");
    if arrive {
        for line in typed {
            assert_eq!(bob.skip_to("luca : "), format!("luca : {line}"));
        }
    }
    assert_eq!(bob.skip_to("luca : "), "luca : now");
    bob.hears_nothing();
    let lines = screen.until("one's own lines", |lines| {
        said(lines, "luca").contains(&"now".to_owned())
    });
    let shown = said(&lines, "luca");
    assert_eq!(shown.len(), if arrive { 3 } else { 1 }, "{shown:?}");
}

#[test]
fn with_a_yes_all_of_it_is_sent_once() {
    answered("y", true);
}

#[test]
fn with_a_no_none_of_it_is_sent() {
    answered("n", false);
}
