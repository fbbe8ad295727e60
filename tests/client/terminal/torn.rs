//! A half-typed line stays whole, whatever arrives meanwhile.

use std::thread;
use std::time::Duration;

use super::meet;
use super::screen::{Screen, Setup, numbered, said};
use crate::support::until;
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
    let [first, second] = halves;
    let half = format!("> {first}");
    screen.types(first);
    screen.prompts(&half);
    for line in heard {
        bob.say(line);
    }
    screen.until("all lines in order, and the half line", |lines| {
        said(lines, "bob") == heard && lines.last() == Some(&half)
    });
    screen.says(second);
    let whole = format!("{first}{second}");
    assert_eq!(bob.skip_to("luca : "), format!("luca : {whole}"));
    bob.hears_nothing();
    is_clean(&screen, heard, &whole);
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

/// The terminal changes its width while bob talks and the cursor stands between these two parts of a line.
fn survives_resizing([before, behind]: [&str; 2]) {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    // Enough to push the prompt to the bottom, and some wider than a narrow terminal.
    let mut heard = numbered("before", 30);
    heard.extend(numbered(long_line(), 3));
    for line in &heard {
        bob.say(line);
    }
    screen.types(&format!("{before}{behind}"));
    if !behind.is_empty() {
        screen.presses(&vec!["Left"; behind.chars().count()].join(" "));
    }
    // Shows when the cursor is there.
    screen.types("<");
    let half = format!("> {before}<{behind}");
    let is_whole = |lines: &[String], heard: &[String]| {
        said(lines, "bob") == heard && lines.last() == Some(&half)
    };
    screen.until("all lines and the half line", |lines| is_whole(lines, &heard));
    for columns in [50, 100, 80, 50, 120] {
        screen.resizes_to(columns);
        // The first line may come with the new width. When the client shows the second one, it takes the width as
        // settled, and does not take the next change for a dragged window.
        for count in 1..=2 {
            let line = format!("{count} at {columns} columns");
            bob.say(&line);
            heard.push(line);
            let what = format!("all lines are whole at {columns} columns");
            screen.until(&what, |lines| is_whole(lines, &heard));
        }
    }
    screen.says(">");
    let whole = format!("{before}<>{behind}");
    assert_eq!(bob.skip_to("luca : "), format!("luca : {whole}"));
    is_clean(&screen, &heard, &whole);
}

#[test]
fn another_width() {
    survives_resizing(["hello world", ""]);
}

#[test]
fn another_width_with_a_long_line() {
    survives_resizing([&long_line(), ""]);
}

#[test]
fn another_width_with_the_cursor_in_the_middle() {
    let line = long_line();
    let (before, behind) = line.split_at(75);
    survives_resizing([before, behind]);
}

#[test]
fn another_width_with_wide_letters() {
    let letters = "日本語の👋";
    survives_resizing([&letters.repeat(5), &letters.repeat(3)]);
}

#[test]
fn another_width_while_keys_are_pressed() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    let heard = numbered("before", 30);
    for line in &heard {
        bob.say(line);
    }
    let line = long_line();
    screen.types(&line);
    screen.until("all", |lines| {
        said(lines, "bob") == heard && lines.last().is_some_and(|l| *l == format!("> {line}"))
    });
    // Wait, since output for the old width that arrives after the change may leave copies behind.
    screen.presses(&vec!["Left"; 75].join(" "));
    until("the cursor is in the middle", || screen.knows("#{cursor_x}") == "77");
    screen.tmux.ask(&["resize-window", "-x", "50"]);
    screen.types("<");
    let half = format!("> {}<{}", &line[..75], &line[75..]);
    screen.until("half", |lines| lines.last() == Some(&half));
    assert_eq!(said(&screen.lines(), "bob"), heard);
    assert_eq!(screen.lines().len(), 4 + 30 + 1);
}

/// The width changes by one column at a time, like a dragged window, while bob talks above a half-typed line. Copies of
/// the half line may be left over, but every message is there.
fn loses_nothing_while_dragged(columns: impl Iterator<Item = u16>, keys: &str) {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    let half = &long_line()[..99];
    screen.types(half);
    screen.prompts(&format!("> {half}"));
    screen.presses(keys);
    let mut heard = Vec::new();
    for columns in columns {
        screen.tmux.ask(&["resize-window", "-x", &columns.to_string()]);
        if columns % 10 == 0 {
            let line = format!("at {columns} columns");
            bob.say(&line);
            heard.push(line);
        }
        // The pace of a hand, and not a wait for anything.
        thread::sleep(Duration::from_millis(20));
    }
    screen.until("all lines and the half line", |lines| {
        said(lines, "bob") == heard && lines.last() == Some(&format!("> {half}"))
    });
    screen.presses("C-e");
    screen.says("!");
    assert_eq!(bob.skip_to("luca : "), format!("luca : {half}!"));
    assert_eq!(said(&screen.lines(), "bob"), heard);
}

#[test]
fn a_window_that_gets_wider() {
    loses_nothing_while_dragged(40..=109, "End");
}

#[test]
fn a_window_that_gets_narrower() {
    loses_nothing_while_dragged((40..=109).rev(), "End");
}

#[test]
fn a_window_that_changes_with_the_cursor_at_the_beginning() {
    loses_nothing_while_dragged((40..=109).chain((40..109).rev()), "Home");
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
