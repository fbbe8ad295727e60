//! Completion by Tab.

use super::meet;
use super::screen::Screen;
use crate::support::{Client, Server, or_skip};

#[test]
fn names_are_completed_latest_speaker_first() {
    let server = Server::start(&[]);
    let mut ann = Client::join(&server, "ann");
    let screen = or_skip!(Screen::of("luca", &server));
    let mut anton = Client::join(&server, "anton");
    ann.say("first");
    screen.shows("ann: first");
    anton.say("second");
    screen.shows("anton: second");
    screen.types("hi @an");
    screen.presses("Tab");
    screen.prompts("> hi @anton");
    // Tab again chooses the next name.
    screen.presses("Tab");
    screen.prompts("> hi @ann");
    screen.presses("Enter");
    assert_eq!(ann.skip_to("luca : ").trim_end(), "luca : hi @ann");
    ann.say("third");
    screen.shows("ann: third");
    screen.types("an");
    screen.presses("Tab");
    screen.prompts("> ann:");
}

#[test]
fn lines_arrive_during_completion() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    bob.say("one");
    screen.shows("bob: one");
    screen.types("/msg bo");
    screen.presses("Tab");
    screen.prompts("> /msg bob");
    bob.say("two");
    screen.shows("bob: two");
    screen.prompts("> /msg bob");
}

#[test]
fn rooms_and_commands_are_completed() {
    let server = Server::start(&[]);
    let screen =
        or_skip!(Screen::with_flags("luca", &server, &["--room", "lobby", "--room", "dev"]));
    // The client learns the commands from the server at a time that nobody can see, so this tries again.
    for (half, whole) in [
        ("/hist", "lobby> /history"),
        ("/sw", "lobby> /switch"),
        ("/switch d", "lobby> /switch dev"),
        ("/switch #d", "lobby> /switch #dev"),
    ] {
        screen.types(half);
        screen.until(whole, |lines| {
            let last = lines.last().map_or("", |line| line);
            if last == format!("lobby> {half}") {
                screen.presses("Tab");
            }
            last == whole
        });
        screen.presses("C-c");
        screen.prompts("lobby>");
    }
}
