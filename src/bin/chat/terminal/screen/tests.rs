use super::*;

/// A line editor that counts how often it is woken.
#[derive(Default)]
struct Woken(usize);

impl ExternalPrinter for Woken {
    fn print(&mut self, message: String) -> rustyline::Result<()> {
        assert_eq!(message, WAKE);
        self.0 += 1;
        Ok(())
    }
}

fn screen() -> (Screen, crossbeam_channel::Receiver<Errand>) {
    let (sender, receiver) = crossbeam_channel::bounded(1);
    (Screen::new(sender, Box::new(str::to_owned)), receiver)
}

#[test]
fn however_many_lines_wait_the_editor_is_woken_once() {
    let (screen, errands) = screen();
    let mut editor = Woken::default();
    screen.give_to_editor();
    screen.show("one".into());
    assert_eq!(errands.try_recv(), Ok(Errand::Look));
    screen.print(&mut editor, || None);
    assert_eq!(editor.0, 0, "it does not wait for messages yet");
    screen.editor_waits(true);
    assert_eq!(errands.try_recv(), Ok(Errand::Look), "since it waits now");
    screen.print(&mut editor, || None);
    screen.show("two".into());
    screen.print(&mut editor, || None);
    assert_eq!(editor.0, 1);
    assert_eq!(screen.take(true), format!("{AWAKE}one\ntwo\n"));
    // Nothing waits, so nobody is woken for it.
    screen.print(&mut editor, || None);
    assert_eq!(editor.0, 1);
    screen.show("three".into());
    screen.print(&mut editor, || None);
    assert_eq!(editor.0, 2);
}

#[test]
fn what_a_key_shows_is_not_shown_again_when_the_message_comes() {
    let (screen, _errands) = screen();
    let mut editor = Woken::default();
    screen.editor_waits(true);
    screen.show("one".into());
    screen.print(&mut editor, || None);
    assert_eq!(screen.take(false), "one\n");
    // The message is still under way, and a second one would block.
    screen.show("two".into());
    screen.print(&mut editor, || None);
    assert_eq!(editor.0, 1);
    assert_eq!(screen.take(true), format!("{AWAKE}two\n"));
}

#[test]
fn an_editor_that_ends_its_line_is_not_woken() {
    let (screen, _errands) = screen();
    let mut editor = Woken::default();
    screen.editor_waits(true);
    screen.editor_waits(false);
    screen.show("one".into());
    screen.print(&mut editor, || None);
    assert_eq!(editor.0, 0);
}

#[test]
fn an_editor_that_does_not_know_where_its_prompt_stands_is_woken_later() {
    let (screen, _errands) = screen();
    let mut editor = Woken::default();
    screen.editor_waits(true);
    screen.show("one".into());
    let hold = Some(Duration::from_millis(7));
    assert_eq!(screen.print(&mut editor, || hold), hold);
    assert_eq!(editor.0, 0);
    assert_eq!(screen.print(&mut editor, || None), None);
    assert_eq!(editor.0, 1);
}

#[test]
fn waiting_for_the_screen_ends_when_it_has_all_or_in_time() {
    let (screen, _errands) = screen();
    let soon = || Instant::now() + Duration::from_millis(1);
    assert!(screen.wait_until_taken(soon()));
    screen.show("one".into());
    assert!(!screen.wait_until_taken(soon()));
    let far = Instant::now() + Duration::from_secs(60);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| screen.wait_until_taken(far));
        screen.take(false);
        assert!(waiting.join().unwrap());
    });
}
