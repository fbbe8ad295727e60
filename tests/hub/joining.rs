//! Names and joining.

use chatserv::chat::{Event, Input, Line, LogEvent};

use super::{Chat, HubSettings, SETTINGS, anonymous};

#[test]
fn the_classic_welcome() {
    let mut chat = Chat::new(SETTINGS);
    play! {chat, "
        a: connect
        a< server: Input username.
    "}
    assert!(chat.admitted.is_empty());
    play! {chat, "
        a> Alice
        a< server: Your username is Alice.
        a< server: Congratulations! You've successfully joined the chat server.
        a< server: There are 1 client(s) connected to this server.
        a: admitted
        b: connect
        b> Bob
        a< server: A new client has connected to the chat: id = Bob
        b<~ server: There are 2 client(s) connected to this server.
    "}
}

#[test]
fn an_anonymous_client_is_known_by_address() {
    play! {Chat::with("a", anonymous()), "
        b: connect [::1]:36832
        b< server: Congratulations! You've successfully joined the chat server.
        b< server: Your id is: '[::1]:36832'.
        b< server: There are 2 client(s) connected to this server.
        a< server: A new client has connected to the chat: id = [::1]:36832
        b> hi
        a< [::1]:36832 : hi
    "}
}

#[test]
fn a_name_is_taken_in_any_case_until_its_owner_leaves() {
    play! {Chat::new(SETTINGS), "
        a: connect
        a> Alice
        b: connect
        forget
        b> aLICE
        b< server: aLICE is taken: it looks like Alice, who is here. Choose another name.
        b< server: Input username.
        a: leave
        b> Alice
        b<~ server: Your username is Alice.
    "}
}

#[test]
fn look_alikes_are_taken_and_the_refusal_says_so() {
    let mut chat = Chat::new(SETTINGS);
    play! {chat, "
        a: connect
        a> modern
        b: connect
        forget
        b> modem
        b<~ server: modem is taken: it looks like modern, who is here. Choose another name.
        # Styled letters are the same letters.
        c: connect
        c> Mike
        d: connect
        forget
    "}
    chat.say('d', "\u{1d40c}ike");
    chat.play("d<~ is taken");
}

#[test]
fn an_empty_line_asks_again_without_counting() {
    let mut chat = Chat::new(SETTINGS);
    chat.play("a: connect");
    for _ in 0..10 {
        chat.say('a', "");
    }
    assert_eq!(chat.heard('a'), ["server: Input username."; 11]);
    play! {chat, "
        a> Alice
        a: admitted
    "}
}

#[test]
fn the_fourth_refusal_closes() {
    let mut chat = Chat::with("a", SETTINGS);
    play! {chat, "
        b: connect
        forget
    "}
    for name in ["two words", "server", "@all"] {
        chat.say('b', name);
        let lines = chat.heard('b');
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("server: Invalid username: "), "{lines:?}");
        assert_eq!(lines[1], "server: Input username.");
    }
    play! {chat, "
        b> A
        b< server: A is taken. Choose another name.
        b< server: If you are A, type A and the word that /reclaim showed.
        b< server: Too many attempts. Connect again with another name.
        b: gone NamesRefused
        # Nobody hears of it, and what it still sends does nothing.
        a<
        b> Bob
        a<
    "}
}

/// Programs that took the port for another one, and people who type what works elsewhere.
#[test]
fn the_first_words_of_programs_are_no_names() {
    let words = "QUIT exit Bye logout HELP info INFO stats STATS VERSION PING CAPA USER NICK PASS AUTH LOGIN STARTTLS \
                 HELO EHLO NOOP RSET SYST FEAT ROOT root Admin administrator enable system shell sh *1 *3 $4";
    for word in words.split_ascii_whitespace() {
        let mut chat = Chat::with("a", SETTINGS);
        chat.connect('b');
        chat.forget();
        chat.say('b', word);
        chat.play("b<~ server: Invalid username: \na<\nforget");
        // Not by another way either.
        chat.say('a', &format!("/nick {word}"));
        chat.play("a<~ server: Invalid username: \nforget");
        chat.connect_with('j', "127.0.0.1:9", super::Protocol::Json);
        chat.ask('j', &format!(r#"{{"action":"connect","username":"{word}"}}"#));
        chat.play(r#"j<j {"action":"error","code":"name_refused"}"#);
    }
    // Rooms may have such names, and longer names may begin like this.
    play! {Chat::with("ab", SETTINGS), "
        a> /join help
        a<~ server: You are in room help alone.
        a> /nick Helper
        a<~ Helper
        a> /nick *star
        a<~ *star
    "}
}

/// Whoever says `root` to a server may say its password next.
#[test]
fn the_line_after_a_user_name_for_another_server_is_not_taken_for_a_name() {
    for word in ["root", "ADMIN", "administrator", "user", "login", "enable"] {
        let mut chat = Chat::with("a", SETTINGS);
        chat.connect('b');
        chat.forget();
        chat.say('b', word);
        chat.say('b', "hunter2");
        chat.play("b<~ it may be a password. If it is a name, type it again.\na<");
        // A program goes on like this.
        let mut bot = Chat::with("a", SETTINGS);
        bot.connect('b');
        for line in [word, "hunter2", "enable", "system"] {
            bot.say('b', line);
        }
        bot.play("b: gone NamesRefused\na<");
        // Nobody types a password into JSON.
        let mut chat_of_program = Chat::with("a", SETTINGS);
        chat_of_program.connect_with('j', "127.0.0.1:9", super::Protocol::Json);
        chat_of_program.ask('j', &format!(r#"{{"action":"connect","username":"{word}"}}"#));
        chat_of_program.ask('j', r#"{"action":"connect","username":"luca"}"#);
        chat_of_program.play("a<~ id = luca");
        // A person repeats the name.
        chat.say('b', "luca");
        chat.play("b<~ server: Your username is luca.\na<~ id = luca");
    }
}

#[test]
fn people_with_names_beyond_latin_hear_how_to_type_them_in_telnet() {
    let mut chat = Chat::new(SETTINGS);
    for (who, name, hears) in [
        ('a', "Нина", true),
        ('b', "שלום", true),
        ('c', "小明", true),
        ('d', "Zoë", false),
        ('e', "ann", false),
    ] {
        chat.connect(who);
        chat.forget();
        chat.say(who, name);
        let heard = chat.heard(who);
        let hint = heard.iter().position(|line| line.contains("telnet -E"));
        // Right after the congratulation.
        assert_eq!(hint, hears.then_some(2), "{heard:#?}");
    }
}

#[test]
fn a_name_of_which_a_part_did_not_arrive_is_refused_with_a_hint() {
    let mut chat = Chat::new(SETTINGS);
    chat.connect('a');
    chat.input('a', Input::Line(Line { text: "\u{fffd}ина".into(), altered: true }));
    chat.play("a<~ telnet -E");
}

#[test]
fn a_name_with_removed_characters_is_refused() {
    let mut chat = Chat::new(SETTINGS);
    play! {chat, "
        a: connect
        forget
    "}
    chat.input('a', Input::Line(Line { text: "Alice".into(), altered: true }));
    chat.play("a<~ server: Invalid username:");
    assert!(matches!(chat.log.last(), Some(LogEvent::NameRefused { .. })));
}

#[test]
fn commands_before_a_name() {
    let mut chat = Chat::new(SETTINGS);
    play! {chat, "
        a: connect
        forget
        a> /help
    "}
    let help = chat.heard('a');
    assert!(help[0].starts_with("server: The most useful commands"));
    assert_eq!(help.last().unwrap(), "server: Input username.");
    play! {chat, "
        a> /who
        a< server: Choose a username first.
        a< server: Input username.
        # SHUTDOWN is no name either, and does nothing without one.
        a> SHUTDOWN
        a< server: Choose a username first.
        a< server: Input username.
    "}
    assert!(!chat.shut_down);
    play! {chat, "
        a> /xyzzy
        a< server: There is no command /xyzzy. Try /help.
        a< server: Input username.
        b: connect
        forget
        b> /quit
        b< server: Bye!
        b: gone Quit
    "}
}

#[test]
fn the_login_deadline_holds_only_without_a_name() {
    let mut chat = Chat::with("a", SETTINGS);
    play! {chat, "
        b: connect
        forget
    "}
    for who in ['a', 'b'] {
        let client = chat.ids[&who];
        chat.step(Event::LoginTimedOut { client });
    }
    play! {chat, "
        a<
        b< server: You entered no username in time. Connect again to retry.
        b: gone LoginTimeout
    "}
}

#[test]
fn a_client_without_a_name_hears_nothing_and_leaves_unnoticed() {
    play! {Chat::with("a", SETTINGS), "
        b: connect
        a> anybody?
        b< server: Input username.
        b: leave
        a<
    "}
}

#[test]
fn above_a_number_of_hearers_arrivals_are_summarized() {
    let mut chat = Chat::with("ab", HubSettings { announce_up_to: 1, ..SETTINGS });
    play! {chat, "
        # Two would hear of c, which is more than one.
        c: join
        b: leave
        d: join
        a<
        wait 4
        a<
        wait 1
        a< server: 2 clients have connected and 1 has left; 3 are here.
    "}
    // Nothing more to report until somebody comes or goes.
    assert_eq!(chat.hub.deadline(), None);
    play! {chat, "
        wait 60
        a<
    "}
}

/// On two machines, or through two ports of a server. The kernel may also reuse a port before the Hub learns that its last
/// connection has ended.
#[test]
fn clients_with_the_same_address_have_different_ids() {
    play! {Chat::with("w", anonymous()), "
        a: connect 127.0.0.1:50000
        forget
        b: connect 127.0.0.1:50000
        b< server: Congratulations! You've successfully joined the chat server.
        b< server: Your id is: '127.0.0.1:50000-2'.
        b< server: There are 3 client(s) connected to this server.
        c: connect [::1]:50000
        d: connect 127.0.0.1:50000
        d<~ server: Your id is: '127.0.0.1:50000-3'.
        nobody gone
        forget
        w> to you alone @127.0.0.1:50000-2
        b<# 1
        acd<
        w> /msg 127.0.0.1:50000 there?
        a<# 1
        bcd<
        b: leave
        forget
        # An id is free again as a name is.
        b: connect 127.0.0.1:50000
        b<~ server: Your id is: '127.0.0.1:50000-2'.
    "}
}
