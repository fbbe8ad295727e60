//! Taking a name back after the connection was lost.

use super::*;

#[test]
fn a_person_takes_the_place_of_their_old_connection_and_nobody_is_told() {
    let mut chat = Chat::with("abc", SETTINGS);
    play!(
        chat,
        r#"
        j: join json lobby
        a> /join dev
        b> /join dev
        a> /ignore c
        a> /away lunch
        a> /timestamp time
        a> /quiet on
        forget
        a> /reclaim
        a< server: If you lose the connection, connect again and give this as your name:
        a< server: A fffffffffffffffffffffffffffffffe
        b> missed
        x: connect 198.51.100.7:1
        x< server: Input username.
        # A copy from another program may have blanks around it, and another case.
        x>   a  FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE
        x: admitted
        x< server: You are A again, in room dev.
        x< server: The last 1 line(s) in dev:
        x< [12:00] B : missed
        a<~ server: You took your name back with another connection. Bye!
        a: gone TakenBack
        nobody gone
        bcj<
    "#
    );
}

#[test]
fn a_clock_that_is_set_hides_nothing_that_was_missed() {
    for clock in ["clock 86400", "clock -86400"] {
        let mut chat = Chat::with("ab", SETTINGS);
        let script = r#"
            b> before
            wait 5
            a> /reclaim
            forget
            a: leave
            wait 1
            b> one
            CLOCK
            b> two
            x: connect
            x> A {a}
            x<~ You are A again
            x<~ The last 2 line(s) in lobby:
            x<~ B : one
            x<~ B : two
        "#;
        chat.play(&script.replace("CLOCK", clock));
    }
}

#[test]
fn rooms_ignores_away_quiet_and_timestamps_stay() {
    let mut chat = Chat::with("abc", SETTINGS);
    play!(
        chat,
        r#"
        a> /join dev
        b> /join dev
        a> /ignore b
        c> /ignore a
        a> /away lunch
        a> /quiet on
        a> /timestamp time
        c> /msg a hello
        forget
        x: connect
        x> A {a}
        forget
        b> hidden
        x<
        c> /msg a still there?
        c<~ Delivered to A.
        x< [12:00] C -> A : still there?
        x> /reply yes
        x<~ Delivered to C.
        # C ignores A, whoever A's connection is.
        c<
        x> /whois a
        x<~ away
        x> /ignore
        x< server: You ignore B.
        d: join 192.0.2.1:1
        x<
        d> /join dev
        x<
        x> /who dev
        x<~ 3 in room dev
    "#
    );
}

#[test]
fn a_program_takes_its_place_back_and_learns_what_it_missed() {
    let mut chat = Chat::with("a", SETTINGS);
    play!(
        chat,
        r#"
        j: connect json
        j> {"action":"connect","username":"bot","id":1}
        j<j {"action":"connect","from":"bot","clients":2,"reclaim":"fffffffffffffffffffffffffffffffd","id":1}
        j> {"action":"joinroom","room":"lobby"}
        j> {"action":"joinroom","room":"dev"}
        a> one
        forget
        k: connect json
        k> {"action":"connect","username":"bot","reclaim":"fffffffffffffffffffffffffffffffd","id":2}
        k<j {"action":"connect","from":"bot","clients":2,"reclaim":"fffffffffffffffffffffffffffffffc","reclaimed":true,"rooms":["lobby","dev"],"id":2}
        j<j {"action":"bye","reason":"reclaimed"}
        j: gone TakenBack
        a<
        k> {"action":"joinroom","room":"lobby"}
        k<j {"action":"joinroom","room":"lobby","members":["A","bot"],"total":2,"last_message_id":1}
        k> {"action":"history","room":"lobby","after":0}
        k<~ one
        a> two
        k<~ two
        # The word of before is worth nothing now.
        l: connect json
        l> {"action":"connect","username":"bot","reclaim":"fffffffffffffffffffffffffffffffd","id":3}
        l<j {"action":"error","code":"wrong_reclaim","id":3}
        l> {"action":"connect","username":"bot","reclaim":"{k}","id":4}
        l<j {"action":"connect","reclaimed":true,"id":4}
    "#
    );
}

#[test]
fn the_end_of_a_connection_that_was_taken_over_changes_nothing() {
    let mut chat = Chat::with("ab", SETTINGS);
    play!(
        chat,
        r#"
        x: connect
        x> A {a}
        forget
        a: leave
        b<
        b> hello
        x< B : hello
    "#
    );
}

#[test]
fn a_name_is_held_for_its_word_after_a_loss() {
    let mut chat = Chat::with("ab", SETTINGS);
    play!(
        chat,
        r#"
        j: join json lobby
        a> /reclaim
        a> /join dev
        a> /ignore b
        a> /away lunch
        forget
        a: leave
        b< server: A has left the chat
        b> /nick a
        b< server: a has lost the connection: the name is held for 60 s. Choose another.
        b< server: If you are a, type a and the word that /reclaim showed.
        wait 20
        x: connect 192.0.2.1:1
        x> A
        x<~ server: A has lost the connection: the name is held for 40 s. Choose another.
        forget
        y: connect
        y> A {a}
        y<~ server: You are A again, in room dev.
        b<~ server: A new client has connected to the chat: id = A
        y> /join lobby
        b> hidden
        y<!~ hidden
        y> /whois a
        y<~ lunch
    "#
    );
}

#[test]
fn a_name_is_free_again_after_a_minute() {
    let mut chat = Chat::with("ab", SETTINGS);
    play!(
        chat,
        r#"
        a> /reclaim
        a> /ignore b
        a: leave
        wait 60
        forget
        x: connect
        x> A {a}
        x<~ Your username is A.
        x> /ignore
        x<~ You ignore nobody.
    "#
    );
}

#[test]
fn a_name_is_not_held_if_its_owner_wanted_to_go_or_had_to_or_never_saw_the_word() {
    let mut chat = Chat::with("abcdo", SETTINGS);
    play!(
        chat,
        r#"
        abc> /reclaim
        a> /quit
        o> /kick b
        o> /ban c
        d: leave
        forget
        abd: connect
        a> A
        a<~ Your username is A.
        b> B
        b<~ Your username is B.
        d> D
        d<~ Your username is D.
    "#
    );
}

#[test]
fn a_ban_of_a_name_holds_for_its_word_too() {
    let mut chat = Chat::with("ao", SETTINGS);
    play!(
        chat,
        r#"
        a> /reclaim
        a: leave
        o> /ban a
        x: connect
        x> A {a}
        x<~ A is banned.
    "#
    );
}

#[test]
fn a_word_gives_no_operator_rights_and_lifts_no_mute() {
    let password = Some(Secret("mellon".to_owned()));
    let settings =
        HubSettings { operators: Operators::Nobody, operator_password: password, ..SETTINGS };
    let mut chat = Chat::with("ab", settings);
    play!(
        chat,
        r#"
        ab> /op mellon
        b> /mute a
        x: connect
        x> A {a}
        forget
        x> hello
        b<
        x> /threads
        x<~ Only an operator
    "#
    );
}

#[test]
fn wrong_words_are_limited_by_connection_and_by_address_and_operators_passwords_are_not() {
    let password = Some(Secret("mellon".to_owned()));
    let settings =
        HubSettings { operators: Operators::Nobody, operator_password: password, ..SETTINGS };
    let mut chat = Chat::with("a", settings);
    play!(
        chat,
        r#"
        x: connect 192.0.2.1:1
        x> A 0123456789abcdef0123456789abcdef
        x<~ That word does not belong to this name. You have 2 more tries.
        x> A 0123456789abcdef0123456789abcde
        x<~ You have 1 more try.
        x> A 0123456789abcdef0123456789abcdef
        x<~ that was the last attempt.
        # Not even the right one now, so nobody learns which one it is.
        x> A {a}
        x<~ Too many wrong words.
        x: gone NamesRefused
    "#
    );
    for _ in 0..9 {
        play!(
            chat,
            r#"
            x: connect 192.0.2.1:1
            x> A 0123456789abcdef0123456789abcdef
            x> A 0123456789abcdef0123456789abcdef
            x> A 0123456789abcdef0123456789abcdef
        "#
        );
    }
    play!(
        chat,
        r#"
        x: connect 192.0.2.1:1
        x> A {a}
        x<~ Too many wrong words.
        x> X
        x> /op mellon
        x<~ You are an operator now.
        y: connect 192.0.2.2:1
        y> A {a}
        y<~ You are A again
    "#
    );
    // Neither the right word nor a wrong one is logged.
    let log = format!("{:?}", chat.log);
    assert!(log.contains("WrongReclaimWord") && log.contains("TookBack"));
    let written = word_of(chat.ids[&'a']).written();
    assert!(!log.contains(&written[..16]) && !log.contains("0123456789abcde"));
}

#[test]
fn the_refusal_of_a_taken_name_says_how_to_take_it_back() {
    let mut chat = Chat::with("a", SETTINGS);
    play!(
        chat,
        r#"
        x: connect
        x> A
        x< server: Input username.
        x< server: A is taken. Choose another name.
        x< server: If you are A, type A and the word that /reclaim showed.
        x< server: Input username.
    "#
    );
}

#[test]
fn a_word_that_is_typed_too_late_is_not_said() {
    let mut chat = Chat::with("abc", SETTINGS);
    play!(
        chat,
        r#"
        b> /reclaim
        b: leave
        x: connect
        x> X
        forget
        x> A {a}
        x< server: Not said: nobody else may see that word. Connect again, and type it.
        x> server: b {b}
        x< server: Not said: nobody else may see that word. Connect again, and type it.
        ac<
        # Other numbers of that length are no secret.
        x> commit 0123456789abcdef0123456789abcdef
        ac< X : commit 0123456789abcdef0123456789abcdef
        x> C {a}
        ac<# 1
    "#
    );
}

#[test]
fn a_person_changes_from_a_program_to_telnet_and_back() {
    let mut chat = Chat::with("b", SETTINGS);
    play!(
        chat,
        r#"
        j: join json
        k: join json lobby
        j> {"action":"joinroom","room":"dev"}
        k> {"action":"joinroom","room":"tea"}
        j> {"action":"joinroom","room":"tea"}
        forget
        x: connect
        x> j {j}
        x<~ server: You are j again, in room dev.
        # Somebody on plain text is in one room.
        k<j {"action":"leaveroom","room":"tea","from":"j"}
        b<
        l: connect json
        l> {"action":"connect","username":"j","reclaim":"{x}"}
        l<j {"action":"connect","reclaimed":true,"rooms":["dev"]}
        b<
    "#
    );
    // A program that was in no room is in the lobby.
    play!(
        chat,
        r#"
        m: join json
        forget
        y: connect
        y> m {m}
        y<~ server: You are m again, in room lobby.
        k<j {"action":"joinroom","room":"lobby","from":"m"}
    "#
    );
}

#[test]
fn an_anonymous_chat_has_no_words() {
    let mut chat = Chat::with("a", anonymous());
    play!(
        chat,
        r#"
        a> /reclaim
        a< server: This chat has no names: people are known by their addresses.
        j: connect json
        j> {"action":"connect"}
        j<!~ reclaim
    "#
    );
}

#[test]
fn the_rooms_come_back_after_a_noticed_loss_even_if_they_have_closed() {
    let mut chat = Chat::with("b", SETTINGS);
    play!(
        chat,
        r#"
        k: join json lobby
        j: join json lobby
        j> {"action":"joinroom","room":"dev"}
        j> {"action":"ignore","username":"B"}
        j> {"action":"away","message":"lunch"}
        forget
        j: leave
        k<j {"action":"leaveroom","room":"lobby","from":"j"}
        b< server: j has left the chat
        b> /rooms
        b<!~ dev
        # An ignored person who has left and come back meanwhile is still ignored.
        b> /quit
        b: join 192.0.2.1:1
        forget
        l: connect json
        l> {"action":"connect","username":"J","reclaim":"{j}"}
        l<j {"action":"connect","from":"j","reclaimed":true,"rooms":["lobby","dev"]}
        k<j {"action":"joinroom","room":"lobby","from":"j"}
        b< server: A new client has connected to the chat: id = j
        l> {"action":"joinroom","room":"dev"}
        l<j {"action":"joinroom","room":"dev","members":["j"],"total":1,"last_message_id":0}
        k<
        b> hidden
        l<
        b> /whois j
        b<~ lunch
        l<
    "#
    );
}

#[test]
fn the_number_of_held_names_is_limited() {
    let mut chat = Chat::with("", SETTINGS);
    let first = chat.held("n0");
    for number in 1..=10_000 {
        chat.held(&format!("n{number}"));
    }
    chat.connect('x');
    chat.say('x', &format!("n0 {first}"));
    // The first one is free, before its minute is over.
    play!(chat, "x<~ Your username is n0.");
    chat.connect('y');
    chat.say('y', "n1");
    play!(chat, "y<~ n1 has lost the connection: the name is held for 60 s.");
}

impl Chat {
    /// Somebody joins under this name, learns the word and loses the connection.
    fn held(&mut self, name: &str) -> String {
        self.connect('h');
        self.say('h', name);
        self.say('h', "/reclaim");
        self.leave('h', DisconnectReason::ReadError);
        self.forget();
        word_of(self.ids[&'h']).written()
    }
}
