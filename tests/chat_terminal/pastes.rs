//! What is pasted arrives: each line once, in order, however long the server takes.

use crate::screen::{Screen, numbered, said};
use crate::support::{Client, Server};

/// Somebody pastes 50 lines to a server with this rate limit.
fn arrives(rate_limit: &str, bracketed: bool) {
    let server = Server::start(&["--rate-limit", rate_limit]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    let pasted = numbered("line", 50);
    screen.pastes(&(pasted.join("\n") + "\n"), bracketed);
    for line in &pasted {
        assert_eq!(bob.skip_to("luca : "), format!("luca : {line}"));
    }
    screen.until("one's own lines, and an empty prompt", |lines| {
        said(lines, "luca") == pasted && lines.last().is_some_and(|line| line == ">")
    });
    screen.says("that was all");
    assert_eq!(bob.skip_to("luca : "), "luca : that was all");
}

#[test]
fn slowly() {
    arrives("20,5/s", true);
}

#[test]
fn slowly_from_a_terminal_that_does_not_tell_pastes_apart() {
    arrives("20,5/s", false);
}

#[test]
fn quickly() {
    arrives("50,1000/s", true);
}

#[test]
fn quickly_from_a_terminal_that_does_not_tell_pastes_apart() {
    arrives("50,1000/s", false);
}

#[test]
fn while_others_talk() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    let (heard, pasted) = (numbered("heard", 500), numbered("pasted", 100));
    for line in &heard[..250] {
        bob.say(line);
    }
    screen.pastes(&pasted.join("\n"), false);
    for line in &heard[250..] {
        bob.say(line);
    }
    for line in &pasted[..99] {
        assert_eq!(bob.skip_to("luca : "), format!("luca : {line}"));
    }
    let lines = screen.until("all lines, and the last one half", |lines| {
        let half = format!("> {}", pasted[99]);
        said(lines, "bob") == heard
            && said(lines, "luca") == pasted[..99]
            && lines.last() == Some(&half)
    });
    assert_eq!(lines.len(), 4 + 500 + 99 + 1, "no line is left over");
}

#[test]
fn into_the_middle_of_a_line() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    screen.types("one four");
    screen.presses("Left Left Left Left");
    // As if it were typed: the line end says all of the line, wherever the cursor is.
    screen.pastes("two \nthree", true);
    assert_eq!(bob.skip_to("luca : "), "luca : one two four");
    screen.prompts("> three");
    screen.presses("Enter");
    assert_eq!(bob.skip_to("luca : "), "luca : three");
    screen.until("one's own lines", |lines| {
        said(lines, "luca") == ["one two four", "three"]
    });
}

#[test]
fn behind_half_a_line_and_half_of_it_stays() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    screen.types("half a ");
    screen.pastes("line\na whole line\nand a ha", true);
    assert_eq!(bob.skip_to("luca : "), "luca : half a line");
    assert_eq!(bob.skip_to("luca : "), "luca : a whole line");
    screen.prompts("> and a ha");
    bob.hears_nothing();
    screen.says("lf");
    assert_eq!(bob.skip_to("luca : "), "luca : and a half");
}

#[test]
fn keys_are_none_in_it() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    // Tab would complete a name, Ctrl-U clear the line, Ctrl-D leave, Ctrl-Z stop the client.
    screen.pastes("b\tb\u{15}\n\u{4}\u{1a}the end\n", true);
    assert_eq!(bob.skip_to("luca : "), "luca : b b");
    assert_eq!(bob.skip_to("luca : "), "luca : the end");
}
