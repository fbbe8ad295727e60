//! What Tab makes of half a word.

use crate::screen::Screen;
use crate::support::{Client, Server};

#[test]
fn names_by_who_spoke_last() {
    let server = Server::start(&[]);
    let mut ann = Client::join(&server, "ann");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    let mut anton = Client::join(&server, "anton");
    ann.say("first");
    screen.shows("ann: first");
    anton.say("second");
    screen.shows("anton: second");
    screen.types("hi @an");
    screen.presses("Tab");
    screen.prompts("> hi @anton");
    // Once more, and it is the next one.
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
fn lines_come_while_one_chooses() {
    let server = Server::start(&[]);
    let mut ann = Client::join(&server, "ann");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    ann.say("one");
    screen.shows("ann: one");
    screen.types("/msg an");
    screen.presses("Tab");
    screen.prompts("> /msg ann");
    ann.say("two");
    screen.shows("ann: two");
    screen.prompts("> /msg ann");
}

#[test]
fn rooms_and_commands() {
    let server = Server::start(&[]);
    let Some(screen) = Screen::with_flags("luca", &server, &["--room", "lobby", "--room", "dev"])
    else {
        return;
    };
    // The server's commands are known when it has told them, which nobody can see: so it is tried again.
    for (half, whole) in [
        ("/hist", "> /history"),
        ("/sw", "> /switch"),
        ("/switch d", "> /switch dev"),
        ("/switch #d", "> /switch #dev"),
    ] {
        screen.types(half);
        screen.until(whole, |lines| {
            let last = lines.last().map_or("", |line| line);
            if last == format!("> {half}") {
                screen.presses("Tab");
            }
            last == whole
        });
        screen.presses("C-c");
        screen.prompts(">");
    }
}
