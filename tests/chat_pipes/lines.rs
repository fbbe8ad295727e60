//! Lines that go in and come out.

use std::fmt::Write;
use std::fs::File;

use crate::pipe::{Pipe, chat, url};
use crate::support::directory::Directory;
use crate::support::{Client, Server};

#[test]
fn an_echo_is_delivered_and_nothing_else_is_printed() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let mut bot = Pipe::start(&mut chat(&["bot", &url(&server)]));
    bot.types("hi\n");
    let ended = bot.ends();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.is_empty(), "{ended:?}");
    assert_eq!(bob.skip_to("bot : "), "bot : hi");
    // It has left by now, and there was one line.
    assert!(bob.skip_to("bot").ends_with("has left the chat"));
    for line in &ended.stderr {
        assert!(!line.contains('\u{1b}') && !line.starts_with('>'), "{line}");
    }
}

#[test]
fn a_last_line_without_an_end_is_a_line() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let mut bot = Pipe::start(&mut chat(&["bot", &url(&server)]));
    bot.types("one\r\n\ntwo");
    assert_eq!(bot.ends().status, Some(0));
    assert_eq!(bob.skip_to("bot : "), "bot : one");
    assert_eq!(bob.line(), "bot : two");
}

#[test]
fn no_input_is_no_line() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let ended = Pipe::start(&mut chat(&["bot", &url(&server)])).ends();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    bob.skip_to("bot has left the chat");
}

#[test]
fn what_others_say_is_printed_plainly() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let mut bot = Pipe::start(&mut chat(&["bot", &url(&server)]));
    bob.skip_to("bot has joined room lobby");
    bob.say("hello bot");
    let line = bot.stdout.wait_for(|line| line.contains("hello"));
    assert_eq!(line.split_at("[12:03]".len()).1, " bob: hello bot");
    bot.types("one's own line\n");
    bob.skip_to("bot : ");
    bob.say("and the last one");
    bot.stdout.wait_for(|line| line.contains("last"));
    let ended = bot.ends();
    let all = ended.stdout.join("\n");
    assert!(!all.contains('\u{1b}') && !all.contains('\u{7}'), "{all:?}");
    assert!(!all.contains("own line"), "{all:?}");
}

#[test]
fn commands_work_and_go_where_they_belong() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let mut bot = Pipe::start(&mut chat(&[
        "bot",
        &url(&server),
        "--room",
        "lobby",
        "--room",
        "dev",
    ]));
    bot.types("/switch dev\nto dev\n/switch lobby\nto the lobby\n/msg bob to bob\n");
    assert_eq!(bot.ends().status, Some(0));
    assert_eq!(bob.skip_to("bot : "), "bot : to the lobby");
    assert_eq!(bob.line(), "bot -> bob : to bob");
}

/// Under flood control the server takes no more than 16 KiB a second, which is what this takes most of its time for.
#[test]
fn a_file_of_ten_thousand_lines_arrives_whole_and_in_order() {
    const LINES: usize = 10_000;
    let server = Server::start(&["--rate-limit", "50,1000/s"]);
    let mut bob = Client::join(&server, "bob");
    let directory = Directory::new("ten-thousand-lines");
    let text = (0..LINES).fold(String::new(), |mut text, number| {
        let _ = writeln!(text, "line {number}");
        text
    });
    directory.write("lines", &text);
    let file = File::open(directory.path("lines")).unwrap();
    let bot = Pipe::start(chat(&["bot", &url(&server)]).stdin(file));
    assert_eq!(bob.skip_to("bot : "), "bot : line 0");
    for number in 1..LINES {
        bob.expect(&format!("bot : line {number}"));
    }
    let ended = bot.ends();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.is_empty(), "{ended:?}");
    assert!(bob.skip_to("bot").ends_with("has left the chat"));
}

#[test]
fn a_reader_who_goes_away_ends_it_quietly() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let url = url(&server);
    for flags in [&[][..], &["--json"]] {
        let arguments = [&["bot", &url], flags].concat();
        // As `head -1` does.
        let mut command = chat(&arguments);
        let bot = Pipe::start_read_up_to(&mut command, |line| line.contains("the first line"));
        bob.skip_to("bot has joined room lobby");
        bob.say("the first line");
        bot.stdout.whole();
        bob.say("the second line");
        bob.say("the third line");
        let ended = bot.ends_by_itself();
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let complains = |line: &String| line.starts_with("!!") || line.contains("ipe");
        assert!(!ended.stderr.iter().any(complains), "{ended:?}");
        bob.skip_to("bot has left the chat");
    }
}
