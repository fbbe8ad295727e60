//! A half-typed line stays whole, whatever arrives meanwhile.

use super::meet;
use super::screen::{Screen, Setup, numbered, said};
use crate::support::{Client, Server, or_skip};
use crate::url;

/// A line of 150 columns.
fn long_line() -> String {
    let words: Vec<String> = (1..=30).map(|number| format!("w{number:03}")).collect();
    words.join(" ") + "!"
}

/// Luca types a line in two halves. In between, bob says these lines.
fn survives(columns: u16, halves: [&str; 2], heard: &[String]) {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let screen = or_skip!(Setup::chat(&["luca", &url(server.port)]).columns(columns).open());
    screen.is_ready();
    bob.skip_to("luca has joined room lobby");
    let [first, second] = halves;
    let is_half = |lines: &[String]| lines.last().is_some_and(|row| shows_end(row, first));
    screen.types(first);
    screen.until("the half line", is_half);
    for line in heard {
        bob.say(line);
    }
    screen.until("all lines in order, and the half line", |lines| {
        said(lines, "bob") == heard && is_half(lines)
    });
    screen.says(second);
    let whole = format!("{first}{second}");
    assert_eq!(bob.skip_to("luca : "), format!("luca : {whole}"));
    bob.hears_nothing();
    is_clean(&screen, heard, &whole);
}

/// Whether the row shows the end of what was typed behind its prompt: all of it, if it fits.
fn shows_end(row: &str, typed: &str) -> bool {
    match row.strip_prefix("> …") {
        Some(end) => typed.ends_with(end) && end.chars().count() >= 15,
        None => row.strip_prefix("> ") == Some(typed),
    }
}

/// The screen shows the four lines of the beginning, bob's lines, luca's line and a prompt. Nothing else is left over
/// from the half-typed line.
fn is_clean(screen: &Screen, heard: &[String], own: &str) {
    screen.until("luca's line, and a prompt below it", |lines| {
        let last = &lines[lines.len().saturating_sub(2)..];
        said(last, "luca") == [own] && last.last().is_some_and(|line| line == ">")
    });
    let lines = screen.lines();
    assert_eq!(said(&lines, "bob"), heard);
    assert_eq!(lines.len(), 4 + heard.len() + 1 + 1, "a line is left over");
}

#[test]
fn a_thousand_lines() {
    survives(80, ["hello wor", "ld"], &numbered("line", 1_000));
}

#[test]
fn wrapped_lines() {
    let line = long_line();
    survives(60, ["hello wor", "ld"], &numbered(&line, 100));
}

#[test]
fn a_wrapped_line_of_ones_own() {
    let line = long_line();
    survives(60, [&line, " and that is all"], &numbered("line", 100));
}

#[test]
fn a_line_that_fills_its_row() {
    // With the prompt, 60 columns.
    let line = "x".repeat(58);
    survives(60, [&line, "y"], &numbered("line", 100));
}

#[test]
fn wide_letters() {
    survives(60, ["hello wor", "ld"], &numbered("日本語のチャット 👋🎉 Grüße", 100));
}

#[test]
fn wide_letters_of_ones_own() {
    survives(60, ["日本語の👋", "チャット🎉"], &numbered("line", 100));
}

#[test]
fn letters_of_several_code_points() {
    // A family with zero-width joiners, a flag of two letters, a combining accent, a heart with a selector. Only in
    // luca's own line: when tmux gets a long text in parts, it may lose a joiner between them.
    let line = "👩\u{200d}👩\u{200d}👧 🇩🇪 e\u{301} ❤\u{fe0f}";
    survives(60, [line, "!"], &numbered("line", 100));
}

#[test]
fn wide_letters_that_do_not_fit_into_a_row() {
    // The last column of each row stays empty, since half a letter does not fit.
    let line = "a".to_owned() + &"本".repeat(70);
    survives(60, [&line, "語"], &numbered("line", 100));
}

#[test]
fn a_key_that_would_wait_for_another_one() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    for key in ["C-x", "C-v", "C-q", "C-]", "C-M-]"] {
        screen.types("half");
        screen.prompts("> half");
        screen.presses(key);
        bob.say(key);
        screen.until("the message and the half line below it", |lines| {
            said(lines, "bob").last().is_some_and(|said| said == key)
                && lines.last().is_some_and(|line| line == "> half")
        });
        screen.presses("C-u");
        screen.prompts(">");
    }
}
