//! A half-typed line is never torn, whatever comes meanwhile.

use crate::screen::{Screen, Setup, numbered, said, url};
use crate::support::{Client, Server};

/// One line of 150 columns, of which one can see where it begins and ends.
fn long_line() -> String {
    let words: Vec<String> = (1..=30).map(|number| format!("w{number:03}")).collect();
    words.join(" ") + "!"
}

/// Somebody types a line in two halves. In between, somebody else says these lines.
fn survives(columns: u16, halves: [&str; 2], heard: &[String]) {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Setup::chat(&["luca", &url(server.port)])
        .columns(columns)
        .open()
    else {
        return;
    };
    screen.is_ready();
    let [first, second] = halves;
    let half = format!("> {first}");
    screen.types(first);
    screen.prompts(&half);
    for line in heard {
        bob.say(line);
    }
    screen.until(
        "all lines, each once and in order, and the half line",
        |lines| said(lines, "bob") == heard && lines.last() == Some(&half),
    );
    screen.says(second);
    let whole = format!("{first}{second}");
    assert_eq!(bob.skip_to("luca : "), format!("luca : {whole}"));
    bob.hears_nothing();
    let lines = screen.prompts(">");
    assert_eq!(said(&lines, "bob"), heard);
    assert_eq!(said(&lines, "luca"), [&*whole]);
    let own = lines.iter().rposition(|line| line.contains(first));
    assert_eq!(own, Some(lines.len() - 2), "one's own line is the last one");
    let left_over = lines.iter().filter(|line| line.contains(first)).count();
    assert_eq!(left_over, 1, "{lines:#?}");
    // The three lines of the beginning, what was said, and the prompt.
    assert_eq!(lines.len(), 3 + heard.len() + 1 + 1, "{lines:#?}");
}

#[test]
fn by_a_thousand_lines() {
    survives(80, ["hello wor", "ld"], &numbered("line", 1_000));
}

#[test]
fn by_lines_that_are_wrapped() {
    let line = long_line();
    survives(60, ["hello wor", "ld"], &numbered(&line, 100));
}

#[test]
fn when_it_is_wrapped_itself() {
    let line = long_line();
    survives(60, [&line, " and that is all"], &numbered("line", 100));
}

#[test]
fn when_it_fills_its_row() {
    // With the prompt, 60 columns.
    let line = "x".repeat(58);
    survives(60, [&line, "y"], &numbered("line", 100));
}

#[test]
fn by_wide_letters() {
    survives(
        60,
        ["hello wor", "ld"],
        &numbered("日本語のチャット 👋🎉 Grüße", 100),
    );
}

#[test]
fn when_it_has_wide_letters_itself() {
    survives(60, ["日本語の👋", "チャット🎉"], &numbered("line", 100));
}

#[test]
fn when_wide_letters_do_not_fit_into_a_row() {
    // The last column of each row stays free: half a letter does not fit there.
    let line = "a".to_owned() + &"本".repeat(70);
    survives(60, [&line, "語"], &numbered("line", 100));
}

/// Where the cursor stands in the half-typed line.
#[derive(Clone, Copy, PartialEq)]
enum Cursor {
    AtTheEnd,
    InTheMiddle,
}

/// The terminal changes its width while half a line is there, and others talk.
fn survives_resizing(line: &str, cursor: Cursor) {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    // So many that the prompt is at the bottom, and some wider than a narrow terminal.
    let mut heard = numbered("before", 30);
    heard.extend(numbered(long_line(), 3));
    for line in &heard {
        bob.say(line);
    }
    screen.types(line);
    let middle = line.chars().count() / 2;
    if cursor == Cursor::InTheMiddle {
        let left = vec!["Left"; middle];
        screen.presses(&left.join(" "));
    }
    let half = format!("> {line}");
    screen.until("all lines and the half line", |lines| {
        said(lines, "bob") == heard && lines.last() == Some(&half)
    });
    for columns in [50, 100, 80, 50, 120] {
        screen.resizes_to(columns);
        let line = format!("at {columns} columns");
        bob.say(&line);
        heard.push(line);
        screen.until("nothing is torn by another width", |lines| {
            said(lines, "bob") == heard && lines.last() == Some(&half)
        });
    }
    screen.says("<>");
    let mut whole: Vec<char> = line.chars().collect();
    let at = match cursor {
        Cursor::AtTheEnd => whole.len(),
        Cursor::InTheMiddle => whole.len() - middle,
    };
    whole.splice(at..at, "<>".chars());
    let whole: String = whole.into_iter().collect();
    assert_eq!(bob.skip_to("luca : "), format!("luca : {whole}"));
    let lines = screen.prompts(">");
    assert_eq!(said(&lines, "bob"), heard);
    assert_eq!(said(&lines, "luca"), [&*whole]);
    assert_eq!(lines.len(), 3 + heard.len() + 1 + 1, "{lines:#?}");
}

#[test]
fn by_another_width() {
    survives_resizing("hello world", Cursor::AtTheEnd);
}

#[test]
fn by_another_width_when_it_is_long() {
    survives_resizing(&long_line(), Cursor::AtTheEnd);
}

#[test]
fn by_another_width_with_the_cursor_in_the_middle() {
    survives_resizing(&long_line(), Cursor::InTheMiddle);
}

#[test]
fn by_another_width_when_it_has_wide_letters() {
    survives_resizing(&"日本語の👋".repeat(8), Cursor::InTheMiddle);
}
