//! Colours, bold letters and the bell.

use crate::screen::{Screen, Setup, url};
use crate::support::{Client, Server};

/// What a terminal is told before it shows letters in another way.
const ESCAPE: char = '\u{1b}';

/// Whether this text is bold, on a screen as `Screen::styled` tells it. `SGR 1` makes bold, 0 and 22 end that (ECMA-48).
fn is_bold(styled: &str, text: &str) -> bool {
    let before = &styled[..styled.find(text).expect("the text is on the screen")];
    let sequences = before.split("\u{1b}[").skip(1);
    let codes = sequences.filter_map(|sequence| Some(sequence.split_once('m')?.0));
    // What stands behind 38 and 48 is a colour.
    codes.fold(false, |bold, codes| {
        let codes: Vec<&str> = codes.split(';').collect();
        let colour = codes.iter().position(|&code| code == "38" || code == "48");
        codes[..colour.unwrap_or(codes.len())]
            .iter()
            .fold(bold, |bold, &code| match code {
                "1" => true,
                "" | "0" | "22" => false,
                _ => bold,
            })
    })
}

fn has_rung(screen: &Screen) -> bool {
    screen.knows("#{window_bell_flag}") == "1"
}

/// Somebody says a line, and then another one: with that, all that belongs to the first has happened.
fn hears(screen: &Screen, bob: &mut Client, line: &str) {
    bob.say(line);
    let next = format!("after {line}");
    bob.say(&next);
    screen.shows(&format!("bob: {next}"));
}

#[test]
fn a_mention_is_bold_and_rings_the_bell() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    hears(&screen, &mut bob, "good morning");
    assert!(!has_rung(&screen));
    assert!(!is_bold(&screen.styled(), "good morning"));
    hears(&screen, &mut bob, "where is @luca today?");
    screen.until("the bell has rung", |_| has_rung(&screen));
    assert!(is_bold(&screen.styled(), "where is @luca today?"));
}

#[test]
fn the_bell_rings_for_what_one_wants() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    let forgets = || screen.tmux.ask(&["kill-session", "-C"]);
    screen.says("/bell off");
    screen.prompts(">");
    hears(&screen, &mut bob, "hello @luca");
    hears(&screen, &mut bob, "/msg luca psst");
    assert!(!has_rung(&screen));
    screen.says("/bell all");
    screen.prompts(">");
    hears(&screen, &mut bob, "hello all");
    screen.until("it rings for everything", |_| has_rung(&screen));
    screen.says("/bell on");
    screen.prompts(">");
    forgets();
    hears(&screen, &mut bob, "hello again");
    assert!(!has_rung(&screen));
    bob.say("/msg luca psst again");
    screen.shows("bob -> you: psst again");
    screen.until("it rings for private lines", |_| has_rung(&screen));
}

#[test]
fn names_have_colours_and_notices_are_dim() {
    let server = Server::start(&[]);
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    let mut bob = Client::join(&server, "bob");
    hears(&screen, &mut bob, "hello");
    let styled = screen.styled();
    let notice = styled.lines().find(|line| line.contains("-- bob")).unwrap();
    assert!(notice.contains("\u{1b}[2m"), "{notice:?}");
    let said = styled.lines().find(|line| line.contains("hello")).unwrap();
    assert!(said.contains("\u{1b}[38;5;"), "{said:?}");
}

#[test]
fn there_are_no_colours_where_nobody_wants_them() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let url = url(server.port);
    for setup in [
        Setup::chat(&["luca", &url]).with("NO_COLOR", "1"),
        Setup::chat(&["luca", &url, "--color", "never"]),
    ] {
        let Some(screen) = setup.open() else {
            return;
        };
        screen.is_ready();
        hears(&screen, &mut bob, "hello @luca");
        screen.says("/who");
        screen.shows("bob: after hello @luca");
        let styled = screen.styled();
        assert!(!styled.contains(ESCAPE), "{styled:?}");
        screen.presses("C-d");
        screen.ends_with(0);
        bob.skip_to("luca has left the chat");
    }
}

#[test]
fn colours_come_by_the_flag_even_so() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let setup = Setup::chat(&["luca", &url(server.port), "--color", "always"]);
    let Some(screen) = setup.with("NO_COLOR", "1").open() else {
        return;
    };
    screen.is_ready();
    hears(&screen, &mut bob, "hello");
    assert!(screen.styled().contains(ESCAPE));
}
