use super::*;

/// An editor, and its actions.
struct Person {
    editor: Editor,
    known: Known,
    actions: Vec<Action>,
}

impl Person {
    fn new() -> Self {
        let mut person = Self {
            editor: Editor::new(History::open(None).0),
            known: Known::default(),
            actions: Vec::new(),
        };
        person.editor.set_prompt(Prompt { text: "> ".into(), ..Prompt::default() });
        person
    }

    fn press(&mut self, key: Key) {
        self.actions.extend(self.editor.key(key, &self.known));
    }

    /// Types letters, and keys in angle brackets: `<C-a>`, `<A-b>`, `<Enter>`.
    fn keys(&mut self, text: &str) {
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            if let Some((name, behind)) = rest.strip_prefix('<').and_then(|key| key.split_once('>'))
            {
                self.press(named_key(name));
                rest = behind;
            } else {
                self.press(Key::Text(letter));
                rest = &rest[letter.len_utf8()..];
            }
        }
    }

    /// The row, with `|` for the cursor.
    fn row(&self) -> String {
        let Row { prompt, mut text, cursor, hint } = self.editor.row();
        text.insert(cursor, '|');
        format!("{prompt}{text}{hint}")
    }

    fn done(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }
}

fn named_key(name: &str) -> Key {
    let letter = || name.chars().next_back().expect("a key has a name");
    match name {
        "Enter" => Key::Enter,
        "Tab" => Key::Tab,
        "BackTab" => Key::BackTab,
        "Esc" => Key::Escape,
        "Up" => Key::Up,
        "Down" => Key::Down,
        "Left" => Key::Left,
        "Backspace" => Key::Backspace,
        "A-Backspace" => Key::Alt('\u{7f}'),
        _ if name.starts_with("C-") => Key::Control(letter()),
        _ if name.starts_with("A-") => Key::Alt(letter()),
        _ => panic!("{name}"),
    }
}

fn typed(line: &str) -> Action {
    Action::Tell(Event::Typed(line.into()))
}

fn pasted(lines: &[&str]) -> Action {
    Action::Tell(Event::Pasted(lines.iter().map(|&line| line.into()).collect()))
}

fn offered(lines: &[&str]) -> Action {
    Action::Tell(Event::PasteOffered(lines.iter().map(|&line| line.into()).collect()))
}

#[test]
fn keys_do_what_they_do_in_a_shell() {
    for (keys, row) in [
        ("hello<Left><Left>X", "> helX|lo"),
        ("hello<C-a>X<C-e>Y", "> XhelloY|"),
        ("one two three<A-b><A-b><C-k>", "> one |"),
        ("one two three<C-w><C-w>", "> one |"),
        ("one two<A-b><C-u>", "> |two"),
        ("one two<C-w><C-a><C-y>", "> two|one "),
        ("one two<C-a><A-d>", "> | two"),
        ("one, two<C-a><A-d><A-d><C-y>!", "> one, two!|"),
        ("see https://x.org/a<A-Backspace>", "> see https://x.org/|"),
        ("see https://x.org/a<C-w>", "> see |"),
        ("see x<C-w><Left><C-w><C-y>", "> see| "),
        ("abc<C-b><Backspace><C-d>", "> a|"),
        ("abcd<C-t>", "> abdc|"),
        ("abcd<C-b><C-b><C-t>", "> acb|d"),
        ("héé👩\u{200d}👧x<Left><Backspace>", "> héé|x"),
        ("e\u{301}a<Left><Left>X", "> X|e\u{301}a"),
        ("Grüße, 你好!<C-a><A-f>", "> Grüße|, 你好!"),
        ("Grüße, 你好!<C-a><A-f><A-f><A-f>", "> Grüße, 你好!|"),
        ("Grüße, 你好!<A-b>", "> Grüße, |你好!"),
        ("half<C-c>", "> |"),
        ("a<C-x><C-v><C-q>b", "> ab|"),
    ] {
        let mut person = Person::new();
        person.keys(keys);
        assert_eq!(person.row(), row, "{keys}");
        assert_eq!(person.done(), [], "{keys}");
    }
}

#[test]
fn a_line_stands_dimmed_until_the_server_has_it() {
    let mut person = Person::new();
    person.keys("hello<Enter>");
    assert_eq!(person.done(), [typed("hello")]);
    assert_eq!(person.row(), "> |hello", "before anybody has heard of it");
    let prompt = |taken, waiting, last: Option<&str>| Prompt {
        text: "> ".into(),
        taken,
        waiting,
        last_waiting: last.map(str::to_owned),
        ..Prompt::default()
    };
    person.editor.set_prompt(prompt(1, 1, Some("hello")));
    assert_eq!(person.row(), "> |hello");
    person.keys("nex");
    assert_eq!(person.row(), "(1 waiting) > nex|");
    person.keys("t<Enter>");
    assert_eq!(person.row(), "(2 waiting) > |next");
    person.editor.set_prompt(prompt(2, 1, Some("next")));
    assert_eq!(person.row(), "> |next");
    person.editor.set_prompt(prompt(2, 0, None));
    assert_eq!(person.row(), "> |");
}

#[test]
fn a_command_stays_on_the_screen_and_a_password_does_not() {
    let mut person = Person::new();
    person.keys("/who<Enter>");
    let shown = Action::Show(Line::of(Role::Text, "> /who"));
    assert_eq!(person.done(), [shown, typed("/who")]);
    assert_eq!(person.row(), "> |");
    person.keys("/op word<Enter>");
    assert_eq!(person.done(), [typed("/op word")]);
    person.keys("//etc<Enter>");
    assert_eq!(person.done(), [typed("//etc")]);
}

#[test]
fn typed_lines_come_back() {
    let mut person = Person::new();
    person.keys("one<Enter>/op word<Enter>two<Enter>dra");
    person.keys("<Up>");
    assert_eq!(person.row(), "(2 waiting) > two|");
    person.keys("<Up><Up>");
    assert_eq!(person.row(), "(2 waiting) > one|");
    person.keys("<Down>");
    assert_eq!(person.row(), "(2 waiting) > two|");
    person.keys("<C-n><Down>");
    assert_eq!(person.row(), "(2 waiting) > dra|");
    person.done();
    person.keys("<C-r>o");
    assert_eq!(person.row(), "(reverse-i-search)`o': tw|o");
    person.keys("<C-r>");
    assert_eq!(person.row(), "(reverse-i-search)`o': |one");
    person.keys("<C-g>");
    assert_eq!(person.row(), "(2 waiting) > dra|");
    person.keys("<C-r>nex<C-r>");
    assert_eq!(person.row(), "(failed reverse-i-search)`nex': |one", "no line has it");
    person.keys("<Backspace><C-e>!<Enter>");
    assert_eq!(person.done(), [typed("one!")]);
}

#[test]
fn ctrl_c_clears_then_drops_then_says_how_to_leave() {
    let mut person = Person::new();
    person.keys("half<C-c><C-c>");
    let hint = Action::Show(Line::notice("-- Press Ctrl-C again, or Ctrl-D, to leave."));
    assert_eq!(person.done(), [hint]);
    person.keys("<C-c>");
    assert_eq!(person.done(), [Action::Tell(Event::Interrupted)]);
    let waiting = Prompt { waiting: 40, ..Prompt::default() };
    person.editor.set_prompt(waiting);
    person.keys("x<Backspace><C-c>");
    assert_eq!(person.done(), [Action::Tell(Event::Dropped)]);
    person.keys("<C-c>");
    assert_eq!(person.done(), [Action::Tell(Event::Interrupted)]);
    person.keys("<C-g>");
    person.keys("<C-d>");
    assert_eq!(person.done(), [Action::Tell(Event::InputEnded)]);
    person.keys("<C-c>");
    assert_eq!(person.done(), [Action::Tell(Event::Interrupted)]);
    person.keys("<C-z><C-\\>");
    assert_eq!(person.done(), [Action::Suspend, Action::Quit]);
}

#[test]
fn one_pasted_line_stays_in_the_row() {
    for (text, row) in [
        ("hello", "> hello|"),
        ("hello\n", "> hello|"),
        ("hello\r\n", "> hello|"),
        ("\ta\u{1b}[31m\u{15}", ">     a|"),
        // Pasted lines are text, so a leading slash is doubled.
        ("/etc/passwd", "> //etc/passwd|"),
        ("／op word", "> /／op word|"),
        ("SHUTDOWN", ">  SHUTDOWN|"),
    ] {
        let mut person = Person::new();
        assert_eq!(person.editor.paste(text, true), [], "{text}");
        assert_eq!(person.row(), row, "{text}");
    }
}

#[test]
fn several_pasted_lines_are_text() {
    let mut person = Person::new();
    person.keys("one four<A-b>");
    assert_eq!(person.editor.paste("two \n/who\nthree", true), [pasted(&["one two ", "/who"])]);
    assert_eq!(person.row(), "(1 waiting) > three|four");
    assert_eq!(person.editor.paste("\nlast\n", true), [pasted(&["three", "lastfour"])]);
    assert_eq!(person.row(), "(2 waiting) > |lastfour");
    // More than three lines are sent together, even if the last one has no line end, and the typed line is kept.
    person.keys("draft");
    assert_eq!(person.editor.paste("a\nb\nc\nd", true), [offered(&["a", "b", "c", "d"])]);
    assert_eq!(person.row(), "(2 waiting) > draft|");
    // Without the marks of the terminal, commands may have been typed.
    assert_eq!(person.editor.paste("a\n/who\n", false), [offered(&["a", "/who"])]);
    assert_eq!(person.editor.paste("a\nb\n", false), [pasted(&["drafta", "b"])]);
}

#[test]
fn a_paste_into_a_command_belongs_to_it() {
    let mut person = Person::new();
    person.keys("/msg bob ");
    assert_eq!(person.editor.paste("two\nlines\n", true), []);
    assert_eq!(person.row(), "> /msg bob two lines|");
}

#[test]
fn a_question_is_answered_by_a_line_of_one_word() {
    let mut person = Person::new();
    person.keys("half");
    let question = Prompt { question: Some("Send them? (y/n)".into()), ..Prompt::default() };
    person.editor.set_prompt(question.clone());
    assert_eq!(person.row(), "half|", "the line is finished before");
    person.keys("y<Enter>");
    assert_eq!(person.done(), [typed("halfy")]);
    assert_eq!(person.row(), "Send them? (y/n) |");
    person.keys("no problem");
    assert_eq!(person.row(), "Send them? (y/n) no problem|");
    person.keys("<Enter>");
    assert_eq!(person.done(), [typed("no problem")]);
    person.keys("Y<Enter>");
    assert_eq!(person.done(), [Action::Tell(Event::Answered(true))]);
    for no in ["n<Enter>", "no<Enter>", "<C-g>", "<C-c>"] {
        person.editor.set_prompt(question.clone());
        person.keys(no);
        assert_eq!(person.done(), [Action::Tell(Event::Answered(false))]);
    }
}

#[test]
fn a_password_is_hidden_and_what_was_cut_stays() {
    let mut person = Person::new();
    person.keys("/op secret<Left>");
    assert_eq!(person.row(), "> /op *****|*");
    person.keys("<Enter>one<Enter>");
    person.done();
    person.keys("two<C-u><Up><Down><C-y>");
    assert_eq!(person.row(), "(1 waiting) > two|");
}

#[test]
fn tab_completes_and_on_an_empty_line_changes_the_room() {
    let mut person = Person::new();
    for name in ["ann", "bob", "böb"] {
        person.known.here(name);
    }
    person.keys("<Tab>");
    assert_eq!(person.done(), [Action::Tell(Event::NextRoom)]);
    person.keys("hi @b<Tab>");
    assert_eq!(person.row(), "> hi @bob |");
    person.keys("<Tab>");
    assert_eq!(person.row(), "> hi @böb |");
    person.keys("<BackTab>");
    assert_eq!(person.row(), "> hi @bob |");
    person.keys("xyz<Tab>");
    assert_eq!(person.done(), [Action::Ring]);
}

#[test]
fn a_line_has_an_end() {
    let mut person = Person::new();
    assert_eq!(person.editor.paste(&"x".repeat(64 * 1024), true), []);
    assert_eq!(person.editor.paste("y", true), [Action::Ring]);
    person.keys("z");
    assert_eq!(person.done(), [Action::Ring]);
}
