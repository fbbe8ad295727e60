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
    screen.says("/s dev");
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

#[test]
fn alt_a_goes_where_somebody_calls_and_away_is_shown() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    for room in ["dev", "ops"] {
        screen.says(&format!("/join {room}"));
        screen.prompts(&format!("{room}>"));
    }
    bob.say("hello all");
    screen.prompts("ops [lobby 1]>");
    bob.say("/join dev");
    bob.say("luca: over here");
    screen.prompts("ops [dev 1!, lobby 1]>");
    screen.presses("M-a");
    screen.prompts("dev [lobby 1]>");
    screen.presses("M-a");
    screen.prompts("lobby>");
    screen.presses("M-a");
    screen.shows("There is nothing new in your other rooms.");
    screen.says("/away lunch");
    screen.prompts("lobby (away)>");
    screen.says("/back");
    screen.prompts("lobby>");
}

#[test]
fn a_crowd_that_comes_and_goes_has_a_few_lines() {
    let (server, _bob, screen) = or_skip!(meet(&["--rate-limit", "off"]));
    let mut crowd: Vec<Client> = (0..60).map(|_| Client::connect(&server)).collect();
    for (number, person) in crowd.iter_mut().enumerate() {
        person.say(&format!("p{number}"));
    }
    for person in &mut crowd {
        person.skip_to("client(s) connected");
    }
    let moved = |lines: &[String], what: &str| {
        let lines = lines.iter().filter(|line| line.starts_with("-- ") && line.contains(what));
        let people = lines.clone().map(|line| {
            let others = line.split(" and ").nth(1).and_then(|rest| rest.split_once(" others"));
            let others: usize = others.map_or(0, |(count, _)| count.parse().unwrap());
            others + line.matches('p').count()
        });
        (people.sum::<usize>(), lines.count())
    };
    let lines = screen.until("all have come", |lines| moved(lines, "joined").0 >= 60);
    assert!(moved(&lines, "joined").1 < 30, "{lines:#?}");
    screen.says("/who");
    screen.shows("62 people are here:");
    screen.until("the names in columns", |lines| {
        let is_row = |line: &&String| line.starts_with("--   ");
        lines.iter().rev().find(is_row).is_some_and(|row| row.split_whitespace().count() > 5)
    });
    drop(crowd);
    let lines = screen.until("all have gone", |lines| moved(lines, "left").0 >= 60);
    assert!(moved(&lines, "left").1 < 30, "{lines:#?}");
}
