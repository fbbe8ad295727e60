//! Every command in the page: it works, or the page says why not.

use std::collections::BTreeSet;

use chatserv::chat::command_groups;

use super::support::directory::Directory;
use super::support::{Client, or_skip};
use super::{Browser, LINES, server};

/// Text that somebody types into the page, and a part of the line that it then shows.
const FOR_ALL: &[(&str, &str)] = &[
    ("/help", "/whois NAME"),
    ("/? who", "lists the people"),
    ("/rooms", "1 room(s):lobby3 here"),
    ("/list", "1 room(s):"),
    ("/who", "3 here:annlobby"),
    ("/names lobby", "3 here:"),
    ("/users dev", "no room dev"),
    ("/whois tom", "tom:roomslobby"),
    ("/msg tom, ben psst", "ann  psstprivate, only to tom, ben"),
    ("/tell Tom psst", "ann  psstprivate, only to tom"),
    ("/msg nobody psst", "Nobody here is called nobody."),
    ("/msg tom", "Type it like this: /msg NAME[,NAME…] TEXT"),
    ("/reply yes", "ann  yesprivate, only to tom"),
    ("/me waves", "* ann waves"),
    ("//me is a command", "ann  /me is a command"),
    ("/topic", "The topic of lobby: none"),
    ("/topic News", "Only an operator"),
    ("/history 1", "ann  /me is a command"),
    ("/history never", "Type it like this: /history [N]"),
    ("/search lunch", "This server has no history on disk."),
    ("/ignore tom", "You ignore tom."),
    ("/ignore", "You ignore tom."),
    ("/unignore @tom", "You do not ignore tom any more."),
    ("/away at lunch", "You are away (at lunch)."),
    ("/back", "You are back."),
    ("/quiet on", "Joins and leaves are hidden."),
    ("/quiet off", "Joins and leaves are shown."),
    ("/timestamp date", "The time is always shown here."),
    ("/reclaim", "join as: ann "),
    ("/nick anna", "You are now anna."),
    ("/nick ann", "You are now ann."),
    ("/nick tom", "tom is taken."),
    ("/op wrong", "That is not the operator password."),
    ("/kick ben", "Only an operator"),
    ("/ban ben", "Only an operator"),
    ("/unban ben", "Only an operator"),
    ("/bans", "Only an operator"),
    ("/mute ben", "Only an operator"),
    ("/unmute ben", "Only an operator"),
    ("/motd Hi", "Only an operator"),
    ("/threads", "Only an operator"),
    ("/shutdown", "Only an operator"),
    ("SHUTDOWN", "Only an operator"),
    // Nobody hears a password that unseen characters, or another keyboard's slash, precede.
    (" \u{200b}\u{3164}/op wrong", "That is not the operator password."),
    ("／OP open sesame", "You are an operator now."),
];

const FOR_OPERATORS: &[(&str, &str)] = &[
    ("/topic News", "ann has changed the topic. It is now: News"),
    ("/topic", "The topic of lobby: News"),
    ("/topic off", "ann has changed the topic. It is removed"),
    ("/mute ben", "ben is muted."),
    ("/unmute ben", "ben is not muted any more."),
    ("/motd Be kind.", "Be kind."),
    ("/motd off", "There is no message of the day."),
    ("/threads", "dispatcher"),
    ("/ban ben 30mn", "Type it like this: /ban"),
    ("/kic ben", "in full"),
    ("/kick ben too loud", "ben was kicked."),
    ("/ban Ben 2h 30m spam", "Banned: Ben"),
    ("/bans", "by annspam"),
    ("/unban ben", "No longer banned: Ben"),
    ("/shutdown in 5m a new version", "ann will shut down the chat in 5m (a new version)."),
    ("/shutdown cancel", "ann has cancelled the shutdown."),
    ("/shutdown cancle", "Type it like this: /shutdown"),
];

#[test]
fn every_command_works_in_the_page_or_says_why_not() {
    let mut browser = or_skip!(Browser::start());
    let directory = Directory::new("page-commands");
    directory.write_private("password", b"open sesame\n");
    let server = server(&["--operator-password-file", &directory.path("password")]);
    browser.join("ann", &server);
    let mut tom = Client::join(&server, "tom");
    let _ben = Client::join(&server, "ben");
    browser.wait("ann", "here.people.size === 3");
    tom.say("/msg ann Hello.");
    browser.shows("ann", &["tom  Hello.private, only to you"]);
    let mut typed = BTreeSet::new();
    let mut types = |browser: &mut Browser, line: &str, shown: &str| {
        let word = line.trim_start_matches(|c: char| !c.is_alphabetic()).split(' ').next().unwrap();
        typed.insert(word.to_lowercase());
        browser.say("ann", line);
        browser.wait("ann", &format!("({LINES}).pop()?.includes({shown:?})"));
        browser.call("ann", "fill", &["#text", ""]);
    };
    for (line, shown) in FOR_ALL.iter().chain(FOR_OPERATORS) {
        types(&mut browser, line, shown);
    }
    // Rooms: the one that is joined is shown, also if somebody is in it already.
    for (line, title) in [
        ("/join #dev", "dev"),
        ("/join lobby", "lobby"),
        ("/join DEV", "dev"),
        ("/part", "lobby"),
        ("/join two words", "lobby"),
        ("/join dev", "dev"),
        ("/leave lobby", "dev"),
        ("/join lobby", "lobby"),
    ] {
        typed.insert(line[1..].split(' ').next().unwrap().to_owned());
        browser.say("ann", line);
        browser.wait("ann", &format!("document.getElementById('title').textContent === {title:?}"));
        browser.call("ann", "fill", &["#text", ""]);
    }
    let left = "!document.getElementById('login').hidden";
    for line in ["/quit", "/exit", "/bye"] {
        typed.insert(line[1..].to_owned());
        browser.say("ann", line);
        browser.wait("ann", left);
        browser.call("ann", "fill", &["#name", "ann"]);
        browser.press("ann", "Enter");
        browser.wait("ann", "here && commands.length");
    }
    browser.say("ann", "That was all.");
    tom.skip_to_line(|line| {
        assert!(!line.contains("wrong") && !line.contains("sesame"), "{line}");
        line.contains("ann : That was all.")
    });
    for (_, commands) in command_groups(true) {
        for command in commands {
            for word in [&[command.word], command.aliases].concat() {
                assert!(word == "?" || typed.contains(word), "nobody types /{word}");
            }
        }
    }
    browser.complains_of_nothing();
}

#[test]
fn the_word_of_reclaim_takes_the_name_to_another_browser() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.join("ann", &server);
    browser.say("ann", "/join dev");
    browser.wait("ann", "here.name === 'dev'");
    browser.say("ann", "/reclaim");
    browser.wait("ann", &format!("({LINES}).pop()?.includes('join as: ann ')"));
    let told = browser.lines("ann").pop().unwrap();
    let name_and_word = told.split_once("join as: ").unwrap().1.to_owned();
    browser.open("phone", &server, 360, 640);
    // A wrong word is refused with its reason, and the field keeps the name.
    browser.call("phone", "fill", &["#name", "ann 0123456789abcdef0123456789abcdef"]);
    browser.press("phone", "Enter");
    browser.wait("phone", "document.getElementById('refusal').textContent.includes('word')");
    browser.call("phone", "fill", &["#name", &name_and_word]);
    browser.press("phone", "Enter");
    browser.wait("phone", "me === 'ann' && rooms.has('dev') && rooms.has('lobby')");
    browser.wait("ann", "!document.getElementById('login').hidden");
}
