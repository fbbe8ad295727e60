//! What is typed stays whole, whatever comes meanwhile.

use super::has_tmux;
use super::pane::Pane;

/// The numbers of the messages among the lines, in their order.
fn messages(lines: &[String]) -> Vec<usize> {
    lines.iter().filter_map(|line| line.strip_prefix("bob: message ")?.parse().ok()).collect()
}

#[test]
fn a_thousand_messages_around_a_half_typed_line_keep_their_order_and_the_line() {
    if !has_tmux() {
        return;
    }
    let mut pane = Pane::start_typing("burst", 60, 20);
    pane.type_text("hello 你好🚀 wor");
    pane.wait_until("the line", |screen| screen.ends_with("> hello 你好🚀 wor"));
    pane.order("burst 1000");
    pane.wait_until("all messages, and the line below", |screen| {
        screen.ends_with("bob: message 1000\n> hello 你好🚀 wor")
    });
    pane.type_text("ld");
    pane.press(&["Enter"]);
    assert_eq!(pane.event(), r#"Typed("hello 你好🚀 world")"#);
    pane.wait_until("the own line", |screen| {
        screen.ends_with("bob: message 1000\n[12:03] luca: hello 你好🚀 world\n> ")
    });
    let lines = pane.lines();
    assert_eq!(messages(&lines), Vec::from_iter(1..=1_000));
    let prompts = lines.iter().filter(|line| line.starts_with('>')).count();
    assert_eq!(prompts, 1, "{lines:#?}");
}

#[test]
fn messages_while_keys_are_pressed_keep_their_order_and_the_keys_theirs() {
    if !has_tmux() {
        return;
    }
    let mut pane = Pane::start_typing("keys", 60, 20);
    for round in 0..20 {
        pane.order("burst 50");
        pane.type_text(&format!("round {round} of"));
        pane.order("burst 50");
        pane.press(&["Enter"]);
        assert_eq!(pane.event(), format!("Typed(\"round {round} of\")"));
    }
    pane.order("show the end");
    pane.wait_until("the end", |screen| screen.ends_with("the end\n> "));
    let lines = pane.lines();
    let expected = Vec::from_iter((0..40).flat_map(|_| 1..=50));
    assert_eq!(messages(&lines), expected);
    let own: Vec<&String> = lines.iter().filter(|line| line.contains("round")).collect();
    let expected = (0..20).map(|round| format!("[12:03] luca: round {round} of"));
    assert!(own.into_iter().eq(&Vec::from_iter(expected)), "{lines:#?}");
    let prompts = lines.iter().filter(|line| line.starts_with('>')).count();
    assert_eq!(prompts, 1, "{lines:#?}");
}

#[test]
fn while_the_turn_is_awaited_messages_come_and_keys_are_kept() {
    if !has_tmux() {
        return;
    }
    let mut pane = Pane::start_typing("hold", 60, 20);
    pane.order("hold");
    assert_eq!(pane.event(), "held");
    pane.type_text("one");
    pane.press(&["Enter"]);
    pane.wait_until("an erased line", |screen| !screen.contains("one"));
    pane.order("burst 3");
    pane.wait_until("messages", |screen| screen.ends_with("message 3\n"));
    pane.type_text("two");
    pane.order("go");
    assert_eq!(pane.event(), r#"Typed("one")"#);
    pane.wait_until("what was typed ahead", |screen| {
        screen.ends_with("message 3\n[12:03] luca: one\n> two")
    });
}

#[test]
fn a_paste_of_many_lines_arrives_whole_and_in_order() {
    if !has_tmux() {
        return;
    }
    for (name, count, bracketed) in
        [("paste", 50, true), ("paste-more", 1_000, true), ("paste-plain", 50, false)]
    {
        let mut pane = Pane::start_typing(name, 60, 20);
        pane.type_text("before ");
        pane.wait_until("half a line", |screen| screen.ends_with("> before "));
        let lines: Vec<String> = (1..=count).map(|number| format!("line {number} 你好")).collect();
        pane.paste(&format!("{}\nlast", lines.join("\n")), bracketed);
        for (at, line) in lines.iter().enumerate() {
            let before = if at == 0 { "before " } else { "" };
            assert_eq!(pane.event(), format!("Typed(\"{before}{line}\")"));
        }
        pane.wait_until("the last line", |screen| screen.ends_with("> last"));
        pane.press(&["Enter"]);
        assert_eq!(pane.event(), r#"Typed("last")"#);
        pane.wait_until("the last line", |screen| screen.ends_with("luca: last\n> "));
        let said = pane.lines().iter().filter(|line| line.starts_with("[12:03]")).count();
        assert_eq!(said, count + 1);
    }
}

#[test]
fn a_line_end_pasted_into_a_line_sends_all_of_it() {
    if !has_tmux() {
        return;
    }
    let mut pane = Pane::start_typing("paste-into", 60, 20);
    pane.type_text("one four");
    pane.press(&["M-b"]);
    pane.wait_until("the cursor within", |screen| screen.ends_with("> one "));
    pane.paste("two \nthree", true);
    assert_eq!(pane.event(), r#"Typed("one two four")"#);
    pane.wait_until("the next line", |screen| screen.ends_with("> three"));
}

#[test]
fn a_pasted_tab_is_a_blank_and_a_typed_one_completes() {
    if !has_tmux() {
        return;
    }
    let mut pane = Pane::start_typing("tab", 60, 20);
    pane.paste("a\tb", true);
    pane.wait_until("a blank", |screen| screen.ends_with("> a b"));
    pane.press(&["C-c"]);
    pane.wait_until("an empty line", |screen| screen.ends_with("> "));
    pane.press(&["Tab"]);
    assert_eq!(pane.event(), "TabPressed");
    pane.type_text("hi @b");
    pane.press(&["Tab"]);
    pane.wait_until("a name", |screen| screen.ends_with("> hi @bob "));
    pane.press(&["Tab"]);
    pane.wait_until("the next", |screen| screen.ends_with("> hi @böb "));
    pane.press(&["BTab"]);
    pane.wait_until("the one before", |screen| screen.ends_with("> hi @bob "));
    pane.order("burst 2");
    pane.wait_until("messages", |screen| screen.ends_with("message 2\n> hi @bob "));
    pane.press(&["Enter"]);
    assert_eq!(pane.event(), r#"Typed("hi @bob ")"#);
}

#[test]
fn bytes_that_are_no_text_leave_the_line_as_it_is() {
    if !has_tmux() {
        return;
    }
    let mut pane = Pane::start_typing("bytes", 80, 20);
    pane.type_text("half");
    pane.wait_until("half a line", |screen| screen.ends_with("> half"));
    pane.press(&["Left", "Left"]);
    pane.wait_until("the cursor within", |screen| screen.ends_with("> ha"));
    pane.press(&["-H", "ff"]);
    pane.wait_until("a notice", |screen| screen.ends_with("is no UTF-8, and was dropped.)\n> ha"));
    pane.type_text("X");
    pane.wait_until("one more letter", |screen| screen.ends_with("> haX"));
    pane.order("burst 2");
    pane.wait_until("messages", |screen| screen.ends_with("message 2\n> haX"));
    pane.press(&["Enter"]);
    assert_eq!(pane.event(), r#"Typed("haXlf")"#);
    let halves = pane.lines().iter().filter(|line| line.starts_with("> ")).count();
    assert_eq!(halves, 0);
}

#[test]
fn commands_stay_and_come_back_with_the_up_key() {
    if !has_tmux() {
        return;
    }
    let mut pane = Pane::start_typing("history", 60, 20);
    for line in ["/who", "hello", "/op word"] {
        pane.type_text(line);
        pane.press(&["Enter"]);
        assert_eq!(pane.event(), format!("Typed({line:?})"));
    }
    pane.wait_until("the command, and what was said", |screen| {
        screen.ends_with("> /who\n[12:03] luca: hello\n> ")
    });
    pane.press(&["Up"]);
    pane.wait_until("what was said", |screen| screen.ends_with("> hello"));
    pane.press(&["Up"]);
    pane.wait_until("the command", |screen| screen.ends_with("> /who"));
    assert_eq!(pane.wait_for_file("state/history"), "#V2\n/who\nhello\n");
}
