use super::*;

/// A desk whose editor has painted a line of 100 columns, prompt and all, on a screen of 60, with the cursor there.
fn desk(cursor: usize, start: Instant) -> Desk {
    let (errands, _) = crossbeam_channel::bounded(1);
    let desk = Desk::new(Screen::new(errands, Box::new(str::to_owned)));
    desk.begin_line();
    assert_eq!(desk.repaint(&line(), cursor, false, (60, start)), "");
    desk.painting_prompt("> ");
    desk
}

fn line() -> String {
    "x".repeat(98)
}

#[test]
fn each_painting_is_corrected_until_the_editor_knows_the_new_width() {
    let now = Instant::now();
    let desk = desk(98, now);
    let paints = |cursor| desk.repaint(&line(), cursor, false, (30, now));
    // Painted in two rows, wrapped anew into four; the editor will erase two.
    let first = "\u{1b}[3A\r\u{1b}[J\n";
    assert_eq!(paints(97), first, "by a key, since the cursor moves");
    // Painted in four rows by an editor that believes in two.
    assert_eq!(paints(96), first, "by another key");
    assert_eq!(paints(50), first);
    // It went up one row to the cursor: the last row is one below it, and the first one three above that.
    let from_middle = "\u{1b}[1B\u{1b}[3A\r\u{1b}[J\n\u{1b}[1A";
    assert_eq!(paints(50), from_middle, "by the signal");
    assert_eq!(paints(49), "", "from now on it erases what there is");
}

#[test]
fn nothing_is_erased_above_the_cursor_while_the_width_goes_on_changing() {
    let start = Instant::now();
    let desk = desk(98, start);
    let paints = |width, milliseconds| {
        let now = start + Duration::from_millis(milliseconds);
        desk.repaint(&line(), 98, false, (width, now))
    };
    assert_eq!(paints(40, 1_000), "\u{1b}[2A\r\u{1b}[J\n", "one change");
    let below_with_room = |rows| "\r\n\u{1b}[J".to_owned() + &"\n".repeat(rows);
    assert_eq!(paints(45, 1_250), below_with_room(2));
    assert_eq!(paints(55, 1_500), below_with_room(2));
    assert_eq!(paints(55, 1_799), below_with_room(1), "nobody knows yet");
    assert_eq!(paints(55, 1_800), "", "it has settled");
    assert_eq!(paints(30, 2_000), "\u{1b}[3A\r\u{1b}[J\n", "one change");
}

#[test]
fn xterm_and_screen_do_not_wrap_anew_unless_tmux_runs_in_them() {
    for (variables, expected) in [
        (&[][..], true),
        (&["XTERM_VERSION"], false),
        (&["STY"], false),
        (&["TMUX"], true),
        (&["XTERM_VERSION", "TMUX"], true),
    ] {
        let is_set = |name: &str| variables.contains(&name);
        assert_eq!(reflows(is_set), expected, "{variables:?}");
    }
}
