//! Typed lines come back by the Up key, and older messages by PageUp.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::meet;
use super::screen::{Setup, numbered, said};
use crate::support::{Client, Server, or_skip};
use crate::url;

#[test]
fn history_survives_the_end_of_the_client() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    for line in ["one", "two"] {
        screen.says(line);
        assert_eq!(bob.skip_to("luca : "), format!("luca : {line}"));
    }
    // Passwords are not kept.
    screen.says("/op open-sesame");
    screen.prompts(">");
    screen.presses("Up");
    screen.prompts("> two");
    screen.presses("Up");
    screen.prompts("> one");
    screen.presses("Down");
    screen.prompts("> two");
    screen.presses("C-c");
    screen.prompts(">");
    screen.presses("C-d");
    screen.ends_with(0);

    screen.presses("Enter");
    screen.prompts(">");
    screen.presses("Up");
    screen.prompts("> two");
    screen.presses("Enter");
    assert_eq!(bob.skip_to("luca : "), "luca : two");

    let path = "chatserv/history";
    let kept = screen.directory.read(path);
    assert!(kept.contains("one") && !kept.contains("sesame"), "{kept}");
    let mode = fs::metadata(screen.directory.path(path)).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
}

#[test]
fn lines_arrive_during_a_search() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    screen.says("what was it?");
    bob.skip_to("luca : ");
    screen.presses("C-r");
    screen.types("was");
    screen.shows("reverse-i-search");
    let heard = numbered("line", 100);
    for line in &heard {
        bob.say(line);
    }
    // The client may show these after the search, but must not lose one.
    bob.hears_nothing();
    screen.presses("C-e");
    screen.until("all lines and the found one", |lines| {
        said(lines, "bob") == heard && lines.last().is_some_and(|line| line == "> what was it?")
    });
    screen.presses("Enter");
    assert_eq!(bob.skip_to("luca : "), "luca : what was it?");
}

#[test]
fn page_up_goes_back_through_the_room() {
    let server = Server::start(&["--rate-limit", "off"]);
    let mut bob = Client::join(&server, "bob");
    for line in numbered("line", 90) {
        bob.say(&line);
    }
    bob.hears_nothing();
    let screen = or_skip!(Setup::chat(&["luca", &url(server.port)]).open());
    screen.is_ready();
    bob.skip_to("luca has joined room lobby");
    // At the start, the last twenty are shown.
    for (first, end) in [
        (51, "what came before"),
        (31, "what came before"),
        (11, "what came before"),
        (1, "nothing older"),
    ] {
        screen.types("half a line");
        screen.presses("PageUp");
        screen.until("the page and its end", |lines| {
            let at = |text: &str| lines.iter().rposition(|line| line.contains(text));
            let (page, end) = (at("-- Older messages in lobby:"), at(end));
            page < end && lines.iter().any(|line| line.ends_with(&format!("line {first}")))
        });
        screen.prompts("> half a line");
        screen.presses("C-u");
    }
}
