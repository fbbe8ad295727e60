//! The room that the prompt names is the one that hears the line.

use super::meet;
use super::screen::Screen;
use crate::support::{Client, Server, or_skip};

#[test]
fn tab_and_switch_change_the_room() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    bob.say("/join dev");
    bob.skip_to("You are in room dev");
    let screen =
        or_skip!(Screen::with_flags("luca", &server, &["--room", "lobby", "--room", "dev"]));
    screen.prompts("lobby>");
    screen.presses("Tab");
    screen.prompts("dev>");
    screen.says("by Tab");
    assert_eq!(bob.skip_to("luca : "), "luca : by Tab");
    screen.presses("Tab");
    screen.prompts("lobby>");
    screen.says("to the lobby");
    screen.shows("] lobby | luca: to the lobby");
    screen.says("/switch dev");
    screen.prompts("dev>");
    screen.says("by name");
    // The lobby's line did not come here.
    assert_eq!(bob.skip_to("luca : "), "luca : by name");
    screen.says("/switch");
    screen.prompts("lobby>");
}

#[test]
fn the_first_room_is_the_current_one() {
    let server = Server::start(&[]);
    let screen = or_skip!(Screen::with_flags("luca", &server, &["--room", "dev"]));
    let mut bob = Client::join(&server, "bob");
    screen.prompts("dev>");
    bob.say("/join dev");
    assert_eq!(bob.skip_to("You are in"), "server: You are in room dev with luca.");
    screen.says("hello");
    assert_eq!(bob.skip_to("luca : "), "luca : hello");
}

#[test]
fn join_and_part_change_the_room() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    screen.says("/join dev");
    screen.prompts("dev>");
    bob.say("meanwhile in the lobby");
    // A line of another room has that room's name before it.
    screen.shows("lobby | bob: meanwhile in the lobby");
    screen.prompts("dev [lobby 1]>");
    bob.say("@luca are you here?");
    screen.prompts("dev [lobby 2!]>");
    screen.says("/part");
    screen.prompts(">");
    screen.says("back");
    assert_eq!(bob.skip_to("luca : "), "luca : back");
}
