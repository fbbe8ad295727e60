use proptest::prelude::*;

use super::*;

fn known() -> Known {
    let mut known = Known::default();
    for name in ["bob", "Ann", "anna", "Straße", "日本", "ben"] {
        known.here(name);
    }
    for name in ["bob", "anna", "ben"] {
        known.spoke(name);
    }
    known.set_rooms(vec!["lobby".into(), "dev".into(), "Design".into()]);
    let commands =
        ["msg", "me", "join", "who", "whois", "back", "quiet", "quit", "kick", "ban", "shutdown"];
    known.set_commands(commands.map(String::from).to_vec());
    known
}

/// The line with each candidate in place of the word, where `|` marks the cursor.
fn completed(known: &Known, typed: &str) -> Vec<String> {
    let (before, after) = typed.split_once('|').unwrap();
    let line = format!("{before}{after}");
    let Some(Completion { start, candidates }) = known.complete(&line, before.len()) else {
        return Vec::new();
    };
    let replaced = |candidate| format!("{}{candidate}|{after}", &line[..start]);
    candidates.iter().map(replaced).collect()
}

#[track_caller]
fn check(known: &Known, table: &[(&str, &[&str])]) {
    for (typed, expected) in table {
        assert_eq!(completed(known, typed), *expected, "{typed}");
    }
}

#[test]
fn names_by_who_spoke_last_then_by_alphabet() {
    check(
        &known(),
        &[
            ("b|", &["ben: |", "bob: |"]),
            ("an|", &["anna: |", "Ann: |"]),
            ("  BO|", &["  bob: |"]),
            ("hi b|", &["hi ben |", "hi bob |"]),
            ("@b|", &["@ben |", "@bob |"]),
            ("hi @AN|", &["hi @anna |", "hi @Ann |"]),
            ("@|", &["@ben |", "@anna |", "@bob |", "@Ann |", "@Straße |", "@日本 |"]),
            ("日|", &["日本: |"]),
            ("//b|", &[]),
            ("|", &[]),
            ("hi |", &[]),
            ("me@b|", &[]),
        ],
    );
}

#[test]
fn what_stands_around_the_word_stays() {
    check(
        &known(),
        &[
            ("hi bo| how are you?", &["hi bob| how are you?"]),
            ("bo| hi", &["bob:| hi"]),
            ("hi bo|!", &["hi bob |!"]),
            ("/msg bo|,ann hi", &["/msg bob|,ann hi"]),
        ],
    );
}

#[test]
fn commands_and_what_stands_behind_them() {
    check(
        &known(),
        &[
            ("/m|", &["/msg |", "/me |"]),
            ("/b|", &["/back |", "/bell |"]),
            ("/sw|", &["/switch |"]),
            ("/xyzzy|", &[]),
            // Commands that end or remove something are not completed.
            ("/q|", &["/quiet |"]),
            ("/k|", &[]),
            ("hi /m|", &[]),
            ("/msg b|", &["/msg ben |", "/msg bob |"]),
            ("/msg ann,bo|", &["/msg ann,bob |"]),
            ("/msg ann hi bo|", &["/msg ann hi bob |"]),
            ("/tell bo|", &["/tell bob |"]),
            ("/un bo|", &["/un bob |"]),
            ("/whois an|", &["/whois anna |", "/whois Ann |"]),
            ("/msg ann |", &[]),
            ("/me waves at bo|", &["/me waves at bob |"]),
            ("/join d|", &["/join dev |", "/join Design |"]),
            ("/switch |", &["/switch lobby |", "/switch dev |", "/switch Design |"]),
            ("/sw de|", &["/sw dev |", "/sw Design |"]),
            ("/topic as in #de|", &["/topic as in #dev |", "/topic as in #Design |"]),
            ("/help m|", &["/help msg |", "/help me |"]),
            ("/help /be|", &["/help /bell |"]),
            ("/op bo|", &[]),
        ],
    );
}

#[test]
fn every_command_that_takes_a_name_or_a_room_completes_it() {
    let known = known();
    let own = OWN_COMMANDS.iter().map(|own| (own.word, own.arguments));
    let servers = chatserv::chat::commands(true).map(|help| (help.word, help.arguments));
    // The argument of `/nick` is a new name.
    for (word, arguments) in own.chain(servers).filter(|(word, _)| *word != "nick") {
        let first = arguments.trim_start_matches('[');
        let name = first.starts_with("NAME") || first.starts_with("TEXT");
        let name = name || first.starts_with("WHY");
        let room = first.starts_with("ROOM");
        assert_eq!(!completed(&known, &format!("/{word} bo|")).is_empty(), name, "{word}");
        assert_eq!(!completed(&known, &format!("/{word} lo|")).is_empty(), room, "{word}");
    }
}

#[test]
fn who_comes_goes_and_changes_their_spelling() {
    let mut known = known();
    known.gone("BEN");
    check(&known, &[("be|", &[])]);
    known.spoke("Bob");
    known.here("ANN");
    check(&known, &[("b|", &["Bob: |"]), ("ann|", &["anna: |", "ANN: |"])]);
    known.set_rooms(Vec::new());
    check(&known, &[("/join d|", &[])]);
}

#[test]
fn what_is_no_name_is_not_learned() {
    let mut known = Known::default();
    let long = "x".repeat(NAME_BYTES_MAX + 1);
    for name in ["", " ", "x y", "x,y", "x\u{1b}[2J", "x\n", "x\u{202e}", &long] {
        known.here(name);
        known.spoke(name);
        known.set_rooms(vec![name.into()]);
        known.set_commands(vec![name.into()]);
        check(&known, &[("@|", &[]), ("#|", &[]), ("/x|", &[])]);
    }
}

#[test]
fn too_many_names_are_not_learned() {
    let mut known = Known::default();
    for number in 0..=NAMES_MAX {
        known.here(&format!("n{number}"));
    }
    check(&known, &[("n9999|", &["n9999: |"]), ("n10000|", &[])]);
    known.gone("n0");
    known.spoke("late");
    check(&known, &[("late|", &["late: |"])]);
}

proptest! {
    #[test]
    fn whatever_is_typed_the_rest_of_the_line_stays(
        line in prop_oneof![any::<String>(), "[/@#,]{0,2}(msg|who|help|b|d)?[ ,]{0,2}[@#/bd日]{0,3} ?"],
        pos in 0..30_usize,
    ) {
        if let Some(Completion { start, candidates }) = known().complete(&line, pos) {
            prop_assert!(start <= pos && line.is_char_boundary(start));
            prop_assert!(!line[start..pos].contains(place::is_separator));
            prop_assert!(!candidates.is_empty());
        }
    }
}
