//! Colours, bold text and the bell.

use super::meet;
use super::screen::{Screen, Setup};
use crate::support::{Client, Server, or_skip, until};
use crate::url;

const ESCAPE: char = '\u{1b}';

const BOLD: &str = "1";
/// The colour of what matters least.
pub const GREY: &str = "244";
const COLOUR: &str = "38";

/// The SGR numbers (ECMA-48) in force at a text on a styled screen. They hold until 0, also over the ends of lines.
fn style(styled: &str, text: &str) -> Vec<String> {
    let before = &styled[..styled.find(text).expect("the text is on the screen")];
    let sequences = before.split("\u{1b}[").skip(1);
    let mut style = Vec::new();
    for codes in sequences.filter_map(|sequence| Some(sequence.split_once('m')?.0)) {
        match codes.split(';').next() {
            Some("" | "0") => style.clear(),
            // Another colour, or the usual one.
            Some("38" | "39") => {
                let colour = style.iter().position(|code| code == COLOUR);
                style.truncate(colour.unwrap_or(style.len()));
            }
            _ => {}
        }
        style.extend(codes.split(';').map(str::to_owned));
    }
    style
}

pub fn looks(screen: &Screen, text: &str, code: &str) -> bool {
    let mut styled = String::new();
    until(&format!("{text:?} is on the screen"), || {
        styled = screen.styled();
        styled.contains(text)
    });
    style(&styled, text).contains(&code.to_owned())
}

fn has_rung(screen: &Screen) -> bool {
    screen.knows("#{window_bell_flag}") == "1"
}

/// Bob says a line and then another one. When that is on the screen, everything about the first has happened.
fn hears(screen: &Screen, bob: &mut Client, line: &str) {
    bob.say(line);
    let next = format!("next to {}", line.len());
    bob.say(&next);
    screen.shows(&format!("bob: {next}"));
}

#[test]
fn a_mention_is_bold_and_rings_the_bell() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    hears(&screen, &mut bob, "good morning, gianluca");
    assert!(!has_rung(&screen));
    assert!(!looks(&screen, "good morning", BOLD));
    for said in ["where is @luca today?", "LUCA: ping", "hello luca!"] {
        screen.tmux.ask(&["kill-session", "-C"]);
        hears(&screen, &mut bob, said);
        screen.until("the bell has rung", |_| has_rung(&screen));
        assert!(looks(&screen, said, BOLD), "{said}");
    }
}

#[test]
fn the_bell_setting_says_when_it_rings() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    let forgets = || screen.tmux.ask(&["kill-session", "-C"]);
    screen.says("/bell off");
    screen.shows("The bell never rings.");
    hears(&screen, &mut bob, "hello @luca");
    hears(&screen, &mut bob, "/msg luca psst");
    assert!(!has_rung(&screen));
    screen.says("/bell all");
    screen.shows("The bell rings for every message");
    hears(&screen, &mut bob, "hello all");
    screen.until("it rings for everything", |_| has_rung(&screen));
    screen.says("/bell on");
    screen.shows("The bell rings when somebody mentions you or writes to you.");
    forgets();
    hears(&screen, &mut bob, "hello again");
    assert!(!has_rung(&screen));
    bob.say("/msg luca psst again");
    screen.shows("bob -> you: psst again");
    screen.until("it rings for private lines", |_| has_rung(&screen));
}

#[test]
fn names_have_colours_and_joins_are_grey() {
    let server = Server::start(&[]);
    let screen = or_skip!(Screen::of("luca", &server));
    let mut bob = Client::join(&server, "bob");
    hears(&screen, &mut bob, "hello");
    assert!(looks(&screen, "-- bob has joined", GREY));
    assert!(!looks(&screen, "hello", GREY));
    // The name before it has a colour.
    let styled = screen.styled();
    let said = styled.lines().find(|line| line.contains("hello")).unwrap();
    assert!(said.contains(&format!("{COLOUR};5;")), "{said:?}");
}

#[test]
fn without_colour_the_screen_is_plain() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let url = url(server.port);
    for setup in [
        Setup::chat(&["luca", &url]).with("NO_COLOR", "1"),
        Setup::chat(&["luca", &url, "--color", "never"]),
    ] {
        let screen = or_skip!(setup.open());
        screen.is_ready();
        hears(&screen, &mut bob, "hello @luca");
        screen.says("/who");
        screen.shows("2 people are here");
        let styled = screen.styled();
        assert!(!styled.contains(ESCAPE), "{styled:?}");
        screen.presses("C-d");
        screen.ends_with(0);
        bob.skip_to("luca has left the chat");
    }
}

#[test]
fn color_always_overrides_no_color() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let setup = Setup::chat(&["luca", &url(server.port), "--color", "always"]);
    let screen = or_skip!(setup.with("NO_COLOR", "1").open());
    screen.is_ready();
    hears(&screen, &mut bob, "hello");
    assert!(screen.styled().contains(ESCAPE));
}

#[test]
fn a_dumb_terminal_gets_lines_without_colours_and_a_prompt() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let screen = or_skip!(Setup::shell().open());
    screen.prompts("$");
    screen.says(&format!("TERM=dumb \"{}\" luca {}", env!("CARGO_BIN_EXE_chat"), url(server.port)));
    bob.skip_to("luca has joined room lobby");
    hears(&screen, &mut bob, "hello @luca");
    screen.says("hello bob");
    assert_eq!(bob.skip_to("luca : "), "luca : hello bob");
    let styled = screen.styled();
    assert!(!styled.contains(ESCAPE) && !styled.contains("> "), "{styled:?}");
    screen.presses("C-d");
    screen.prompts("$");
}
