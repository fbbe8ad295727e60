//! What was typed comes back by the Up key.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::screen::{Screen, numbered, said};
use crate::support::{Client, Server};

#[test]
fn typed_lines_come_back_also_in_another_run() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    for line in ["one", "two"] {
        screen.says(line);
        assert_eq!(bob.skip_to("luca : "), format!("luca : {line}"));
    }
    // Whoever looks over a shoulder, or into the file, does not learn a password.
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
fn lines_come_while_one_searches() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    screen.says("what was it?");
    bob.skip_to("luca : ");
    screen.presses("C-r");
    screen.types("was");
    screen.shows("reverse-i-search");
    let heard = numbered("line", 100);
    for line in &heard {
        bob.say(line);
    }
    // None of these has to be shown before the end of the search, but none may be lost.
    bob.hears_nothing();
    screen.presses("C-e");
    screen.until("all lines, and what was found", |lines| {
        said(lines, "bob") == heard && lines.last().is_some_and(|line| line == "> what was it?")
    });
    screen.presses("Enter");
    assert_eq!(bob.skip_to("luca : "), "luca : what was it?");
}
