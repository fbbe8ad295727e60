//! The screen gets another width while a line is typed.

use super::has_tmux;
use super::pane::Pane;

/// A line of 150 columns, each tenth of which says where it is.
fn long_line() -> String {
    (1..=15).map(|number| format!("{number:.<10}")).collect()
}

/// Takes the screen through several widths while a long line is typed, with the cursor where `keys` bring it.
fn resize(name: &str, letters: usize, keys: &[&str]) {
    let mut pane = Pane::start_typing(name, 60, 20);
    let line = &long_line()[..letters];
    pane.order("burst 40");
    pane.wait_until("messages", |screen| screen.ends_with("message 40\n> "));
    pane.type_text(line);
    pane.press(keys);
    let mut last = 40;
    let whole = |pane: &Pane, last: usize| {
        let end = format!("bob: message {last}\n> {line}");
        pane.wait_until("the whole line", |_| pane.lines().join("\n").trim_end().ends_with(&end));
    };
    whole(&pane, last);
    for width in [100, 35, 48, 47, 60, 152, 20, 80] {
        pane.resize(width);
        // The first message may come with the new width. The second one is shown when the width counts as settled: the
        // next change is not taken for somebody dragging the edge of the window.
        for _ in 0..2 {
            last += 1;
            pane.order(&format!("show bob: message {last}"));
            whole(&pane, last);
        }
    }
    pane.press(&["C-e"]);
    pane.type_text("!");
    pane.press(&["Enter"]);
    assert_eq!(pane.event(), format!("Typed(\"{line}!\")"));
    pane.wait_until("the own line", |screen| screen.ends_with("\n> "));
    let lines = pane.lines();
    let from = lines.iter().position(|shown| shown == "bob: message 1").unwrap();
    let mut expected: Vec<String> =
        (1..=last).map(|number| format!("bob: message {number}")).collect();
    expected.push(format!("[12:03] luca: {line}!"));
    expected.push(">".into());
    assert_eq!(lines[from..from + expected.len()], expected[..], "{lines:#?}");
}

#[test]
fn no_message_is_lost_with_the_cursor_at_the_end() {
    if has_tmux() {
        resize("end", 150, &[]);
    }
}

#[test]
fn no_message_is_lost_with_the_cursor_in_the_middle() {
    if has_tmux() {
        resize("middle", 150, &["C-a", "M-f", "M-f", "M-f", "M-f", "M-f", "M-f", "M-f"]);
    }
}

#[test]
fn no_message_is_lost_with_the_cursor_at_the_beginning() {
    if has_tmux() {
        resize("beginning", 150, &["C-a"]);
    }
}

#[test]
fn no_message_is_lost_where_the_line_fills_its_rows() {
    if has_tmux() {
        resize("full", 118, &[]);
        resize("full-middle", 118, &["C-a", "M-f", "M-f"]);
    }
}
