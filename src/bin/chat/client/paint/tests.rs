//! Painted lines are readable, and their text is unchanged.

use std::collections::HashSet;

use regex::Regex;

use super::*;

fn line() -> Line {
    Line::of(Role::Time, "[12:03] ")
        .with(Role::Room, "dev | ")
        .with(Role::Name, "bob")
        .with(Role::Private, " -> you")
        .with(Role::Text, ": ")
        .with(Role::Mention, "hello 🦀, 你好 [1m m")
}

/// The line without SGR sequences.
fn stripped(painted: &str) -> String {
    let sgr =
        Regex::new("\u{1b}\\[[0-9;]*m").expect("this is a regular expression that regex knows");
    sgr.replace_all(painted, "").into_owned()
}

#[test]
fn without_colours_it_is_the_text() {
    assert_eq!(paint(&line(), false), line().text());
}

#[test]
fn with_colours_it_is_the_text_and_what_sgr_sets() {
    let lines = [
        line(),
        Line::default(),
        Line::notice("-- ann has joined dev"),
        Line::error("!! The name ann is taken."),
        Line::of(Role::Own, "luca").with(Role::Text, "\u{1b}[31mred\u{1b}]0;title\u{7}"),
    ];
    for line in lines {
        let painted = paint(&line, true);
        assert_eq!(stripped(&painted), line.text());
        assert!(!stripped(&painted).contains('\u{1b}'), "{painted:?}");
    }
}

#[test]
fn each_piece_takes_back_what_it_has_set() {
    for (role, expected) in [
        (Role::Time, "\u{1b}[38;5;244mx\u{1b}[0m"),
        (Role::Own, "\u{1b}[1mx\u{1b}[0m"),
        (Role::Room, "\u{1b}[38;5;30mx\u{1b}[0m"),
        (Role::Text, "x"),
        (Role::Mention, "\u{1b}[1mx\u{1b}[0m"),
        (Role::Private, "\u{1b}[38;5;198mx\u{1b}[0m"),
        (Role::Aside, "\u{1b}[38;5;244mx\u{1b}[0m"),
        (Role::Notice, "x"),
        (Role::Error, "\u{1b}[38;5;196mx\u{1b}[0m"),
    ] {
        assert_eq!(paint(&Line::of(role, "x"), true), expected, "{role:?}");
    }
    let name = paint(&Line::of(Role::Name, "x"), true);
    assert!(name.starts_with("\u{1b}[38;5;"), "{name:?}");
    assert!(name.ends_with("mx\u{1b}[0m"), "{name:?}");
}

#[test]
fn a_name_has_one_colour_in_every_client_and_every_run() {
    // These colours are fixed: a change would give every user another colour.
    for (name, colour) in [("ann", 64), ("bob", 133), ("luca", 99), ("Straße", 98)] {
        assert_eq!(name_colour(name), colour, "{name}");
    }
    for (one, other) in [("ann", "ANN"), ("straße", "STRASSE"), ("σίγμας", "ΣΊΓΜΑΣ")] {
        assert_eq!(name_colour(one), name_colour(other), "{one}");
    }
}

#[test]
fn names_share_the_colours_evenly() {
    let mut counts = [0; NAME_COLOURS.len()];
    for number in 0..1000 {
        let colour = name_colour(&format!("user{number}"));
        let at = NAME_COLOURS.iter().position(|&known| known == colour);
        counts[at.expect("a name has one of these colours only")] += 1;
    }
    assert!(counts.iter().all(|count| (50..=150).contains(count)), "{counts:?}");
}

/// The relative luminance of a colour of xterm's palette, from 0 to 1 (WCAG 2.2).
fn luminance(colour: u8) -> f64 {
    if colour >= 232 {
        let share = (8.0 + 10.0 * f64::from(colour - 232)) / 255.0;
        return ((share + 0.055) / 1.055).powf(2.4);
    }
    let linear = |level: u8| {
        let share = match level {
            0 => 0.0,
            level => f64::from(55 + 40 * u32::from(level)) / 255.0,
        };
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let at = colour - 16;
    0.2126 * linear(at / 36) + 0.7152 * linear(at / 6 % 6) + 0.0722 * linear(at % 6)
}

#[test]
fn every_colour_can_be_read_on_dark_and_on_light_backgrounds() {
    // Black, white, and the backgrounds of Solarized.
    let backgrounds = [0.0, 1.0, 0.0216, 0.92];
    let fixed = [ROOM, PRIVATE, GREY, RED].map(|style| {
        let number = style.strip_prefix("38;5;").and_then(|number| number.parse().ok());
        number.expect("they are colours of the palette")
    });
    let colours: Vec<u8> = NAME_COLOURS.into_iter().chain(fixed).collect();
    for &colour in &colours {
        for background in backgrounds {
            let text = luminance(colour);
            let contrast = (text.max(background) + 0.05) / (text.min(background) + 0.05);
            // WCAG requires this of large text.
            assert!(contrast >= 3.0, "{colour} on {background}: {contrast:.2}");
        }
    }
    let different: HashSet<u8> = colours.iter().copied().collect();
    assert_eq!(different.len(), colours.len(), "{colours:?}");
}

fn rows_of(line: &Line, columns: usize) -> Vec<String> {
    rows(line, columns, false).split('\n').map(str::to_owned).collect()
}

fn said(text: &str) -> Line {
    Line::of(Role::Time, "[12:03] ")
        .with(Role::Name, "bob")
        .with(Role::Text, ": ")
        .with(Role::Text, text)
        .indented("[12:03] bob: ".len())
}

#[test]
fn rows_end_at_blanks_and_hang_below_the_text() {
    let line = said("one two three four");
    assert_eq!(rows_of(&line, 80), ["[12:03] bob: one two three four"]);
    assert_eq!(rows_of(&line, 31), ["[12:03] bob: one two three four"]);
    assert_eq!(rows_of(&line, 30), ["[12:03] bob: one two three", "             four"]);
    assert_eq!(rows_of(&line, 27), ["[12:03] bob: one two three", "             four"]);
    // On a narrow screen, no word fits next to a deep indent.
    assert_eq!(rows_of(&line, 20), ["[12:03] bob: one two", "three four"]);
    assert_eq!(
        rows_of(&said("日本 の チャット"), 26),
        ["[12:03] bob: 日本 の", "             チャット"]
    );
}

#[test]
fn a_word_that_is_wider_than_a_row_stays_whole() {
    let link = format!("https://example.org/{}", "x".repeat(60));
    let line = said(&format!("see {link} and more"));
    let rows = rows_of(&line, 40);
    assert_eq!(rows.iter().filter(|row| row.contains(&link)).count(), 1, "{rows:?}");
    // A screen of width 0 still gets every character.
    for columns in 0..50 {
        let letters: String = rows_of(&line, columns).concat().split_whitespace().collect();
        let all: String = line.text().split_whitespace().collect();
        assert_eq!(letters, all);
    }
}

#[test]
fn each_row_has_the_colours_of_its_pieces() {
    let line = Line::of(Role::Mention, "one two").with(Role::Text, " three");
    assert_eq!(rows(&line, 5, true), "\u{1b}[1mone\u{1b}[0m\n\u{1b}[1mtwo\u{1b}[0m\nthree");
}
