//! The row in which a person types: what it shows of the lines that are on their way, and what it asks.

use rustix::process::Signal;

use super::looks::{GREY, looks};
use super::meet;
use super::screen::{Screen, Setup, said};
use crate::support::{Client, Server, or_skip, until};
use crate::url;

#[test]
fn a_line_is_seen_at_once_though_the_server_is_frozen() {
    let (server, mut bob, screen) = or_skip!(meet(&[]));
    server.signal(Signal::STOP);
    screen.says("is anybody there?");
    // The row shows the same text before the client has seen Enter.
    screen.prompts("> is anybody there?");
    until("the line is grey", || looks(&screen, "is anybody there?", GREY));
    screen.types("still here");
    screen.prompts("(1 waiting) > still here");
    screen.presses("Enter");
    screen.prompts("(2 waiting) > still here");
    server.signal(Signal::CONT);
    for line in ["is anybody there?", "still here"] {
        assert_eq!(bob.skip_to("luca : "), format!("luca : {line}"));
    }
    let lines = screen.prompts(">");
    assert_eq!(said(&lines, "luca"), ["is anybody there?", "still here"]);
}

#[test]
fn what_is_typed_before_the_chat_begins_is_said_in_it() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    server.signal(Signal::STOP);
    let screen = or_skip!(Setup::chat(&["luca", &url(server.port)]).open());
    screen.shows("established");
    screen.says("good morning");
    screen.prompts("good morning");
    server.signal(Signal::CONT);
    assert_eq!(bob.skip_to("luca : "), "luca : good morning");
}

#[test]
fn a_long_line_scrolls_sideways() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    let line = (1..=40).map(|number| format!("w{number:02} ")).collect::<String>();
    screen.types(&line);
    let rows = screen.until("the end of the line", |lines| {
        lines.last().is_some_and(|row| row.starts_with("> …") && row.ends_with("w39 w40"))
    });
    assert_eq!(rows.iter().filter(|row| row.contains("w40")).count(), 1);
    screen.presses("Home");
    screen.until("its begin", |lines| lines.last().is_some_and(|row| row.starts_with("> w01 w02")));
    screen.presses("End Enter");
    assert_eq!(bob.skip_to("luca : "), format!("luca : {}", line.trim_end()));
}

#[test]
fn words_that_wrap_hang_below_the_text() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    let words: Vec<String> = (1..=30).map(|number| format!("w{number:02}")).collect();
    bob.say(&words.join(" "));
    screen.shows("w30");
    let rows = screen.tmux.ask(&["capture-pane", "-p"]);
    let rows: Vec<&str> = rows.lines().skip_while(|row| !row.contains("w01")).take(2).collect();
    assert!(
        rows[0]
            .ends_with("bob: w01 w02 w03 w04 w05 w06 w07 w08 w09 w10 w11 w12 w13 w14 w15 w16 w17")
    );
    assert!(rows[1].starts_with("             w18"), "{rows:?}");
}

#[test]
fn what_cannot_be_undone_is_asked_about() {
    let (mut server, _bob, screen) = or_skip!(meet(&[]));
    screen.says("/kick bob");
    screen.prompts("/kick bob? (y/n)");
    screen.says("n");
    screen.shows("Nothing was done.");
    screen.types("/shut");
    screen.presses("Tab");
    screen.types("!");
    screen.prompts("> /shut!");
    screen.presses("C-u");
    screen.says("SHUTDOWN");
    screen.prompts("SHUTDOWN? (y/n)");
    screen.says("y");
    assert_eq!(server.exit_status().code(), Some(0));
}

#[test]
fn whoever_is_at_the_terminal_is_not_idle() {
    let server = Server::start(&["--idle-timeout", "2s"]);
    let screen = or_skip!(Screen::of("luca", &server));
    for _ in 0..2 {
        let mut clock = Client::join(&server, "clock");
        clock.skip_to("server: Bye!");
    }
    assert!(!screen.lines().iter().any(|line| line.contains("Bye!")));
    screen.loses_focus();
    screen.shows("Bye!");
}

#[test]
fn whoever_reads_a_pipe_is_not_idle() {
    let server = Server::start(&["--idle-timeout", "1s"]);
    let bot = crate::bot(&server, &[]);
    for _ in 0..3 {
        Client::join(&server, "clock").skip_to("server: Bye!");
    }
    let mut bob = Client::join(&server, "bob");
    bob.say("/who");
    assert!(bob.skip_to("bot").contains("bot"));
    drop(bot);
}

#[test]
fn a_line_marks_what_was_read_before() {
    const MARK: &str = "-- You have read up to here.";
    let (_server, mut bob, screen) = or_skip!(meet(&["--rate-limit", "off"]));
    bob.say("seen");
    screen.shows("bob: seen");
    screen.loses_focus();
    // Nothing else shows when the client has read that.
    let mut count = 0;
    let is_marked = |lines: &[String]| lines.iter().any(|line| line == MARK);
    until("a mark", || {
        count += 1;
        bob.say(&format!("new {count}"));
        is_marked(&screen.shows(&format!("bob: new {count}")))
    });
    bob.say("newer");
    let lines = screen.shows("bob: newer");
    assert_eq!(lines.iter().filter(|line| *line == MARK).count(), 1);
    let at = lines.iter().position(|line| line == MARK).unwrap();
    assert!(lines[at + 1].ends_with(&format!("bob: new {count}")), "{lines:?}");
}

#[test]
fn the_terminal_is_given_back_for_a_stop_from_outside_and_for_quit() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let screen = or_skip!(Screen::in_shell("luca", &server));
    screen.types("half a");
    screen.prompts("> half a");
    screen.signal_program("chat", Signal::TSTP);
    screen.prompts("$");
    screen.says("stty -a | tr -d '\\n' | grep -c ' icanon.* echo '");
    screen.until("the shell's modes", |lines| lines.iter().rev().take(2).any(|line| line == "1"));
    bob.say("while it was stopped");
    screen.says("fg");
    screen.shows("bob: while it was stopped");
    screen.prompts("> half a");
    screen.says(" line");
    assert_eq!(bob.skip_to("luca : "), "luca : half a line");
    screen.prompts(">");
    screen.presses("C-\\");
    bob.skip_to("luca has left the chat");
    until("the shell is back", || screen.lines().last().is_some_and(|line| line == "$"));
    screen.says("stty -a | tr -d '\\n' | grep -c ' icanon.* echo '");
    screen.until("the shell's modes again", |lines| {
        lines.iter().rev().take(2).any(|line| line == "1")
    });
}

#[test]
fn whoever_wants_to_leave_a_frozen_server_can() {
    let (server, _bob, screen) = or_skip!(meet(&[]));
    server.signal(Signal::STOP);
    for line in ["one", "two", "three"] {
        screen.says(line);
    }
    screen.prompts("(3 waiting) > three");
    screen.presses("C-c");
    screen.shows("Press Ctrl-C again to leave.");
    screen.presses("C-c C-c");
    screen.ends_with(3);
    server.signal(Signal::CONT);
}

#[test]
fn a_sentence_that_is_being_typed_is_no_answer() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    screen.says("/kick bob");
    screen.prompts("/kick bob? (y/n)");
    screen.says("yesterday was fun");
    assert_eq!(bob.skip_to("luca : "), "luca : yesterday was fun");
    // Nor is a later one.
    screen.shows("Nothing was done.");
    screen.says("y");
    assert_eq!(bob.skip_to("luca : "), "luca : y");
}

#[test]
fn a_password_is_not_shown_while_it_is_typed() {
    let (_server, _bob, screen) = or_skip!(meet(&[]));
    screen.types("/op hunter2");
    screen.prompts("> /op *******");
    screen.presses("C-u");
    screen.prompts(">");
    assert!(!screen.lines().iter().any(|line| line.contains("hunter")));
}

#[test]
fn what_is_typed_behind_ctrl_z_is_not_said() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let screen = or_skip!(Screen::in_shell("luca", &server));
    bob.skip_to("luca has joined room lobby");
    screen.tmux.ask(&["send-keys", "C-z", "echo shell-secret", "Enter"]);
    screen.prompts("$");
    screen.says("fg");
    screen.prompts(">");
    screen.says("back");
    assert_eq!(bob.skip_to("luca : "), "luca : back");
}

#[test]
fn a_key_whose_parts_come_late_is_a_key() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    screen.types("helo");
    for part in ["1b", "5b", "44"] {
        screen.tmux.ask(&["send-keys", "-H", part]);
    }
    screen.types("l");
    screen.prompts("> hello");
    screen.presses("Enter");
    assert_eq!(bob.skip_to("luca : "), "luca : hello");
}

#[test]
fn the_client_ends_with_its_terminal() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let screen = or_skip!(Setup::shell().open());
    screen.prompts("$");
    let chat = env!("CARGO_BIN_EXE_chat");
    // Nothing but the terminal itself tells it.
    screen.says(&format!("trap '' HUP; exec \"{chat}\" luca {}", url(server.port)));
    screen.is_ready();
    drop(screen);
    bob.skip_to("luca has left the chat");
}
