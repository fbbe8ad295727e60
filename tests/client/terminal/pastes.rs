//! Pasted lines arrive once and in order, however long the server takes.

use super::meet;
use super::screen::{numbered, said};
use crate::support::or_skip;

/// Luca pastes 50 lines to a server with this rate limit.
fn arrives(rate_limit: &str, bracketed: bool) {
    let (_server, mut bob, screen) = or_skip!(meet(&["--rate-limit", rate_limit]));
    let pasted = numbered("line", 50);
    screen.pastes(&(pasted.join("\n") + "\n"), bracketed);
    screen.prompts("Send 50 lines? (y/n)");
    bob.hears_nothing();
    screen.says("y");
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
fn a_paste_arrives_slowly() {
    arrives("20,5/s", true);
}

#[test]
fn a_paste_without_brackets_arrives_slowly() {
    arrives("20,5/s", false);
}

#[test]
fn a_paste_arrives_quickly() {
    for bracketed in [true, false] {
        arrives("50,1000/s", bracketed);
    }
}

#[test]
fn a_paste_arrives_while_others_talk() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    let (heard, pasted) = (numbered("heard", 500), numbered("pasted", 100));
    for line in &heard[..250] {
        bob.say(line);
    }
    screen.pastes(&pasted.join("\n"), false);
    screen.prompts("Send 100 lines? (y/n)");
    screen.says("y");
    for line in &heard[250..] {
        bob.say(line);
    }
    for line in &pasted {
        assert_eq!(bob.skip_to("luca : "), format!("luca : {line}"));
    }
    let lines = screen.until("all lines", |lines| {
        said(lines, "bob") == heard
            && said(lines, "luca") == pasted
            && lines.last().is_some_and(|line| line == ">")
    });
    assert_eq!(lines.len(), 4 + 500 + 100 + 1, "no line is left over");
}

#[test]
fn a_paste_goes_into_the_middle_of_a_line() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    screen.types("one four");
    screen.presses("Left Left Left Left");
    screen.pastes("two \nthree ", true);
    assert_eq!(bob.skip_to("luca : ").trim_end(), "luca : one two");
    screen.prompts("> three four");
    screen.presses("Enter");
    assert_eq!(bob.skip_to("luca : "), "luca : three four");
    screen.until("one's own lines", |lines| said(lines, "luca") == ["one two", "three four"]);
}

#[test]
fn pasted_lines_are_text() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    screen.pastes("/etc/passwd\n", true);
    screen.prompts("> //etc/passwd");
    screen.presses("Enter");
    assert_eq!(bob.skip_to("luca : "), "luca : /etc/passwd");
    screen.prompts(">");
    // From loopback, luca is an operator.
    screen.pastes("/quit\nSHUTDOWN\n", true);
    for line in ["/quit", "SHUTDOWN"] {
        assert_eq!(bob.skip_to("luca : "), format!("luca : {line}"));
    }
}

#[test]
fn a_paste_that_was_refused_or_dropped_goes_no_further() {
    let (_server, mut bob, screen) = or_skip!(meet(&["--rate-limit", "20,1/s"]));
    let lines = numbered("line", 200).join("\n");
    screen.pastes(&lines, true);
    screen.prompts("Send 200 lines? (y/n)");
    screen.says("n");
    screen.shows("The lines were not sent.");
    bob.hears_nothing();
    screen.pastes(&lines, true);
    screen.prompts("Send 200 lines? (y/n)");
    screen.says("y");
    bob.skip_to("luca : line 9");
    screen.presses("C-c");
    screen.shows("lines were not sent.");
    screen.until("nothing waits", |lines| lines.last().is_some_and(|line| line == ">"));
    let shown = said(&screen.lines(), "luca").len();
    assert!((10..50).contains(&shown), "{shown}");
}

#[test]
fn a_paste_may_leave_half_a_line() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
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
fn control_characters_in_a_paste_are_not_keys() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    // Tab would complete a name, Ctrl-U clear the line, Ctrl-D leave, Ctrl-Z stop the client.
    screen.pastes("b\tb\u{15}\n\u{4}\u{1a}the end\n", true);
    assert_eq!(bob.skip_to("luca : "), "luca : b    b");
    assert_eq!(bob.skip_to("luca : "), "luca : the end");
}

#[test]
fn without_marks_a_paste_with_commands_is_asked_about() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    screen.pastes("/nick eve\n/quit\nthe end\n", false);
    screen.prompts("Send 3 lines? (y/n)");
    bob.hears_nothing();
    screen.says("y");
    for line in ["/nick eve", "/quit", "the end"] {
        assert_eq!(bob.skip_to("luca : "), format!("luca : {line}"));
    }
}

#[test]
fn a_paste_without_an_end_does_not_keep_the_keyboard() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    screen.types("\u{1b}[200~half a");
    screen.prompts("> half a");
    screen.says(" line");
    assert_eq!(bob.skip_to("luca : "), "luca : half a line");
}
