//! The ways to leave. Each gives the terminal back as it was, which `Screen::ends_with` looks at.

use rustix::process::Signal;

use crate::screen::{Screen, Setup, url};
use crate::support::fake::Fake;
use crate::support::{Client, Server};

#[test]
fn ctrl_c_clears_half_a_line_and_leaves_at_the_second_time_after_that() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    screen.types("half a line");
    screen.prompts("> half a line");
    screen.presses("C-c");
    screen.prompts(">");
    // It is cleared and not only hidden.
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
fn a_line_between_two_ctrl_c_means_that_one_stays() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    for line in ["still", "here"] {
        screen.presses("C-c");
        screen.says(line);
        assert_eq!(bob.skip_to("luca : "), format!("luca : {line}"));
    }
}

#[test]
fn ctrl_d() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    // What is said last is not lost on the way out.
    screen.types("good night");
    screen.presses("Enter C-d");
    assert_eq!(bob.skip_to("luca : "), "luca : good night");
    screen.ends_with(0);
    bob.skip_to("luca has left the chat");
}

#[test]
fn quit() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    screen.says("/quit");
    screen.ends_with(0);
    bob.skip_to("luca has left the chat");
}

#[test]
fn signals_in_the_middle_of_a_line() {
    let server = Server::start(&[]);
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let Some(screen) = Screen::of("luca", &server) else {
            return;
        };
        let mut bob = Client::join(&server, "bob");
        screen.types("half a line");
        screen.prompts("> half a line");
        screen.signals(signal);
        screen.ends_with(0);
        bob.skip_to("luca has left the chat");
        bob.say("/quit");
    }
}

#[test]
fn while_the_server_does_not_answer() {
    let fake = Fake::new();
    let Some(screen) = Setup::chat(&["luca", &url(fake.port())]).open() else {
        return;
    };
    let _silent = fake.accepts();
    screen.shows("established");
    screen.signals(Signal::INT);
    screen.ends_with(0);
}

#[test]
fn ctrl_z_gives_the_terminal_back_until_one_comes_back() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Setup::shell().open() else {
        return;
    };
    screen.prompts("$");
    let chat = env!("CARGO_BIN_EXE_chat");
    screen.says(&format!("{chat} luca {}", url(server.port)));
    screen.is_ready();
    screen.types("half ");
    screen.prompts("> half");
    screen.presses("C-z");
    screen.shows("Stopped");
    screen.prompts("$");
    // The terminal echoes, as a shell's should, and Ctrl-C is a signal again.
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
