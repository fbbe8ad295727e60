//! The restart of a server, which sends its people away.

use super::*;

#[test]
fn those_who_come_back_soon_were_never_gone() {
    play! {Chat::with("ab", SETTINGS), r#"
        j: join json lobby
        a> /join dev
        a> /ignore b
        a> /away lunch
        b> /join tea
        forget
        a: dismiss
        a<~ server: This server restarts. Connect again and give this as your name:
        a<~ server: A fffffffffffffffffffffffffffffffe
        a: gone Restart
        j: dismiss
        j<j {"action":"bye","reason":"restart","message":"This server restarts. Connect again."}
        j: gone Restart
        b> /msg a are you there?
        b<~ Nobody here is called a
        forget
        x: connect
        x> A {a}
        x<~ server: You are A again, in room dev.
        k: connect json
        k> {"action":"connect","username":"j","reclaim":"{j}","id":1}
        k<j {"action":"connect","from":"j","clients":3,"reclaimed":true,"rooms":["lobby"],"id":1}
        wait 6
        b<
        x<!~ connected
        x> /whois a
        x<~ lunch
        x> /ignore
        x<~ You ignore B.
    "#}
}

#[test]
fn those_who_do_not_come_back_leave_in_one_line() {
    play! {Chat::with("abc", SETTINGS), r#"
        j: join json lobby
        a> /join dev
        forget
        ab: dismiss
        x: connect
        x> B
        x<~ the name is held for 60 s
        c<
        forget
        wait 6
        c< server: 0 clients have connected and 2 have left; 2 are here.
        j<~ "code":"membership"
        forget
        # Somebody who comes later has been missed, so their return is told.
        y: connect
        y> A {a}
        y<~ in room dev
        wait 6
        c<~ server: 1 client has connected and 0 have left; 3 are here.
        wait 60
        z: connect
        z> B
        z<~ Your username is B.
    "#}
}

/// Two people who are alone in a room, on a server that sends both away before either is back.
#[test]
fn a_room_stays_open_for_those_who_are_awaited() {
    play! {Chat::with("a", SETTINGS), r#"
        j: join json lobby
        k: join json lobby
        jk> {"action":"joinroom","room":"dev"}
        j> {"action":"topic","room":"dev","topic":"green"}
        j> {"action":"chat","room":"dev","message":"acknowledged","id":7}
        j<~ "message_id":1
        k: dismiss
        j: dismiss
        a> /rooms
        a<~ dev
        forget
        l: connect json
        l> {"action":"connect","username":"k","reclaim":"{k}"}
        l> {"action":"joinroom","room":"dev"}
        l<~ "topic":"green"
        l> {"action":"history","room":"dev","after":0}
        l<~ acknowledged
        l> {"action":"leaveroom","room":"dev"}
        forget
        a> /rooms
        a<~ dev
        # The name of the other is free, and nobody is awaited any more.
        wait 60
        forget
        a> /rooms
        a<!~ dev
    "#}
}

#[test]
fn clients_without_a_name_and_anonymous_ones_just_go() {
    play! {Chat::new(SETTINGS), r#"
        x: connect
        forget
        x: dismiss
        x< server: This server restarts. Connect again.
        x: gone Restart
        # It is gone already.
        x: dismiss
        nobody gone
    "#}
    play! {Chat::new(anonymous()), r#"
        x: connect
        forget
        x: dismiss
        x< server: This server restarts. Connect again.
    "#}
}
