//! Where one speaks: the prompt says so.

use crate::screen::{Screen, said};
use crate::support::{Client, Server};

#[test]
fn tab_and_switch_change_where_one_speaks() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    bob.say("/join dev");
    bob.skip_to("You are in room dev");
    let Some(screen) = Screen::with_flags("luca", &server, &["--room", "lobby", "--room", "dev"])
    else {
        return;
    };
    screen.prompts(">");
    screen.presses("Tab");
    screen.prompts("dev>");
    screen.says("by Tab");
    assert_eq!(bob.skip_to("luca : "), "luca : by Tab");
    screen.presses("Tab");
    screen.prompts(">");
    screen.says("to the lobby");
    screen.until("it was said", |lines| {
        said(lines, "luca").contains(&"to the lobby".to_owned())
    });
    screen.says("/switch dev");
    screen.prompts("dev>");
    screen.says("by name");
    // And not what was said to the lobby.
    assert_eq!(bob.skip_to("luca : "), "luca : by name");
    screen.says("/switch");
    screen.prompts(">");
}

#[test]
fn the_first_room_is_the_one_to_speak_in() {
    let server = Server::start(&[]);
    let Some(screen) = Screen::with_flags("luca", &server, &["--room", "dev"]) else {
        return;
    };
    let mut bob = Client::join(&server, "bob");
    screen.prompts("dev>");
    bob.say("/join dev");
    assert_eq!(
        bob.skip_to("You are in"),
        "server: You are in room dev with luca."
    );
    screen.says("hello");
    assert_eq!(bob.skip_to("luca : "), "luca : hello");
}

#[test]
fn one_speaks_in_the_room_one_has_joined_until_one_goes() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    screen.says("/join dev");
    screen.prompts("dev>");
    bob.say("meanwhile in the lobby");
    // Another room than the one before the prompt has its name before the line.
    screen.shows("lobby | bob: meanwhile in the lobby");
    screen.prompts("dev>");
    screen.says("/part");
    screen.prompts(">");
    screen.says("back");
    assert_eq!(bob.skip_to("luca : "), "luca : back");
}
