//! The ways to leave. `Screen::ends_with` checks that each restores the terminal.

use rustix::process::Signal;

use super::meet;
use super::screen::{Screen, Setup};
use crate::fake::Fake;
use crate::support::{Client, Server, or_skip};
use crate::url;

#[test]
fn ctrl_c_clears_the_line_and_twice_leaves() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    screen.types("half a line");
    screen.prompts("> half a line");
    screen.presses("C-c");
    screen.prompts(">");
    // The line is cleared and not only hidden.
    screen.says("another");
    assert_eq!(bob.skip_to("luca : "), "luca : another");
    screen.presses("C-c");
    screen.shows("Ctrl-C again");
    screen.prompts(">");
    screen.presses("C-c");
    screen.ends_with(0);
    bob.skip_to("luca has left the chat");
}

#[test]
fn a_line_between_two_ctrl_c_keeps_the_client() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    for line in ["still", "here"] {
        screen.presses("C-c");
        screen.says(line);
        assert_eq!(bob.skip_to("luca : "), format!("luca : {line}"));
    }
}

#[test]
fn ctrl_d_leaves() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    // The last line is not lost.
    screen.types("good night");
    screen.presses("Enter C-d");
    assert_eq!(bob.skip_to("luca : "), "luca : good night");
    screen.ends_with(0);
    bob.skip_to("luca has left the chat");
}

#[test]
fn quit_leaves() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    screen.says("/quit");
    screen.ends_with(0);
    bob.skip_to("luca has left the chat");
}

#[test]
fn signals_end_the_client_in_the_middle_of_a_line() {
    let server = Server::start(&[]);
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let screen = or_skip!(Screen::of("luca", &server));
        let mut bob = Client::join(&server, "bob");
        screen.types("half a line");
        screen.prompts("> half a line");
        screen.signal(signal);
        screen.ends_with(0);
        bob.skip_to("luca has left the chat");
        bob.say("/quit");
    }
}

#[test]
fn a_signal_ends_the_client_while_the_server_does_not_answer() {
    let fake = Fake::new();
    let screen = or_skip!(Setup::chat(&["luca", &url(fake.port())]).open());
    let _silent = fake.accept();
    screen.shows("established");
    screen.signal(Signal::INT);
    screen.ends_with(0);
}

#[test]
fn ctrl_z_restores_the_terminal_until_fg() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let screen = or_skip!(Screen::in_shell("luca", &server));
    screen.types("half ");
    screen.prompts("> half");
    screen.presses("C-z");
    screen.shows("Stopped");
    screen.prompts("$");
    // The terminal echoes as in a shell, and Ctrl-C is a signal again.
    screen.says("echo cooked");
    let lines = screen.shows("$ echo cooked");
    assert!(!lines.contains(&"> half echo cooked".to_owned()));
    bob.say("Are you there?");
    screen.prompts("$");
    screen.says("fg");
    let back = screen.shows("bob: Are you there?");
    assert!(back.contains(&"cooked".to_owned()));
    screen.prompts("> half");
    screen.says("a line");
    assert_eq!(bob.skip_to("luca : "), "luca : half a line");
    screen.prompts(">");
    screen.presses("C-d");
    screen.prompts("$");
    screen.says("echo over");
    screen.shows("$ echo over");
}
