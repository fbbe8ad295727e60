//! The terminal is given back as it was.

use super::has_tmux;
use super::pane::Pane;

/// The modes before and after.
fn modes(pane: &Pane) -> (String, String) {
    let after = pane.wait_for_file("after");
    (pane.wait_for_file("before"), after)
}

#[test]
fn a_panic_gives_the_terminal_back() {
    if !has_tmux() {
        return;
    }
    let mut pane = Pane::start_typing("panic", 60, 20);
    pane.type_text("half");
    pane.wait_until("half a line", |screen| screen.ends_with("> half"));
    pane.order("panic");
    let (before, after) = modes(&pane);
    assert_eq!(before, after);
    assert!(pane.lines().iter().any(|line| line.contains("as the test wants it")));
    // Otherwise the shell would get marks around what is pasted.
    assert_eq!(pane.tmux(&["display-message", "-p", "#{bracket_paste_flag}"]).trim(), "");
}

#[test]
fn closing_shows_what_waits_and_leaves_the_half_typed_line() {
    if !has_tmux() {
        return;
    }
    let mut pane = Pane::start_typing("close", 60, 20);
    pane.type_text("half");
    pane.wait_until("half a line", |screen| screen.ends_with("> half"));
    pane.order("burst 100");
    pane.order("close");
    let (before, after) = modes(&pane);
    assert_eq!(before, after);
    let lines = pane.lines();
    let half = lines.iter().position(|line| line == "> half").unwrap();
    assert_eq!(lines[half - 1], "bob: message 100", "{lines:#?}");
}

#[test]
fn closing_works_before_the_first_turn_and_while_one_is_awaited() {
    if !has_tmux() {
        return;
    }
    let mut pane = Pane::start("early", 60, 20);
    pane.order("burst 3");
    pane.order("close");
    let (before, after) = modes(&pane);
    assert_eq!(before, after);
    assert!(pane.lines().iter().any(|line| line == "bob: message 3"));

    let mut pane = Pane::start_typing("awaited", 60, 20);
    pane.order("hold");
    assert_eq!(pane.event(), "held");
    pane.press(&["x", "Enter"]);
    pane.wait_until("an erased line", |screen| !screen.ends_with('x'));
    pane.order("burst 3");
    pane.order("close");
    let (before, after) = modes(&pane);
    assert_eq!(before, after);
    assert!(pane.lines().iter().any(|line| line == "bob: message 3"));
}

#[test]
fn the_interrupt_key_clears_the_line_then_says_how_to_leave_then_leaves() {
    if !has_tmux() {
        return;
    }
    let mut pane = Pane::start_typing("interrupt", 60, 20);
    pane.type_text("half");
    pane.wait_until("half a line", |screen| screen.ends_with("> half"));
    pane.press(&["C-c"]);
    pane.wait_until("an empty line", |screen| screen.ends_with("> "));
    pane.press(&["C-c"]);
    let hint = "(-- Ctrl-C again, or Ctrl-D, leaves.)\n> ";
    pane.wait_until("how to leave", |screen| screen.ends_with(hint));
    // Another key between, and it says so again.
    pane.press(&["x", "BSpace", "C-c"]);
    let twice = hint.repeat(2).replacen("> ", "", 1);
    pane.wait_until("it once more", |screen| screen.ends_with(&twice));
    pane.press(&["C-c"]);
    assert_eq!(pane.event(), "Interrupted");
    pane.press(&["C-d"]);
    assert_eq!(pane.event(), "InputEnded");
}

#[test]
fn a_stopped_client_goes_on_where_it_was() {
    if !has_tmux() {
        return;
    }
    let mut pane = Pane::start_typing("stop", 30, 20);
    pane.type_text("a line that takes two rows of these thirty columns");
    pane.press(&["C-a"]);
    pane.wait_until("the cursor at the beginning", |screen| screen.ends_with("> "));
    pane.press(&["C-z"]);
    pane.wait_until("the shell", |screen| screen.ends_with("$ "));
    pane.order("show while it was stopped");
    pane.press(&["stty -a | tr -d '\\n' | grep -c ' icanon.* echo '", "Enter"]);
    pane.wait_until("the shell's modes", |screen| screen.ends_with("\n1\n$ "));
    pane.press(&["fg", "Enter"]);
    pane.wait_until("the prompt", |screen| screen.ends_with("while it was stopped\n> "));
    pane.type_text("X");
    pane.press(&["Enter"]);
    let line = "Xa line that takes two rows of these thirty columns";
    assert_eq!(pane.event(), format!("Typed({line:?})"));
    pane.wait_until("the own line", |screen| screen.ends_with("\n> "));
    let lines = pane.lines();
    let shown = lines.iter().filter(|shown| **shown == format!("[12:03] luca: {line}"));
    assert_eq!(shown.count(), 1, "{lines:#?}");
}
