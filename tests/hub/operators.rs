//! The commands of operators.

use chatserv::chat::{Event, LogEvent, Secret};
use chatserv::config::Operators;

use super::{Chat, HubSettings, SETTINGS};

/// A chat with the operator A on this machine, and B and C from elsewhere.
pub fn chat() -> Chat {
    chat_with(SETTINGS)
}

fn chat_with(settings: HubSettings) -> Chat {
    let mut chat = Chat::with("a", settings);
    chat.connect_from('b', "192.0.2.1:40000");
    chat.say('b', "B");
    chat.connect_from('c', "192.0.2.2:40000");
    chat.say('c', "C");
    chat.forget();
    chat
}

#[test]
fn everybody_else_is_refused() {
    let mut chat = chat();
    let lines = "/kick c,/ban c,/unban c,/bans,/mute c,/unmute c,/motd,/threads,/shutdown,SHUTDOWN";
    for line in lines.split(',') {
        chat.say('b', line);
        chat.play("b< server: Only an operator of this chat may do that. See /help.");
        let logged = chat.log.pop();
        assert!(matches!(logged, Some(LogEvent::NotOperator { .. })), "{line}");
    }
    play! {chat, r#"
        ac<
        j: connect json 192.0.2.3:40000
        j> {"action":"connect","username":"j"}
        forget
        j> {"action":"shutdown","id":1}
        j<j {"action":"error","code":"not_operator","id":1}
    "#}
}

#[test]
fn everybody_hears_the_reason_for_a_kick() {
    let mut chat = chat();
    play! {chat, r#"
        j: join json lobby
        forget
        a> /kick B too loud
        b<~ too loud
        b<~ A
        c< server: B has left the chat: kicked by A (too loud)
        j<j {"action":"leaveroom","room":"lobby","from":"B","reason":"kicked","by":"A","message":"too loud"}
        b: gone Kicked
    "#}
    assert!(chat.log.iter().any(|event| matches!(
        event,
        LogEvent::Operated { what: "kick", reason: Some(reason), .. } if &**reason == "too loud"
    )));
    play! {chat, r#"
        forget
        a> /kick j
        j<j {"action":"bye","reason":"kicked","by":"A"}
        # A kicked client may come back.
        b: join 192.0.2.1:40001
    "#}
    assert!(chat.admitted.iter().filter(|&&who| who == 'b').count() == 2);
    for line in ["/kick dad", "/kick a"] {
        chat.forget();
        chat.say('a', line);
        assert!(chat.disconnected.is_empty() && chat.heard('a').len() == 1);
    }
}

#[test]
fn nobody_hears_a_muted_client_in_any_way() {
    let mut chat = chat();
    play! {chat, "
        a> /mute b
        forget
    "}
    let lines =
        "hello,/me waves,/msg c hi,psst @c,/topic mine,/nick Bob,/away an insult,/join insults";
    for line in lines.split(',') {
        chat.say('b', line);
        chat.play("b<~ muted\nb<# 1");
    }
    play! {chat, "
        ac<
        # Not after coming back either.
        b: leave
        b: join 192.0.2.1:40001
        forget
        b> hello again
        c<
        a> /unmute b
        forget
        b> at last
        c< B : at last
    "}
}

#[test]
fn the_password_makes_an_operator_and_nobody_sees_it() {
    let mut chat = chat_with(HubSettings {
        operators: Operators::Nobody,
        operator_password: Some(Secret("open sesame".to_owned())),
        log_messages: true,
        ..SETTINGS
    });
    play! {chat, "
        a> /kick c
        a<~ Only an operator
        b> /op open sesame
        a<
        b<# 1
    "}
    assert!(!format!("{:?}", chat.log).contains("sesame"));
    play! {chat, "
        b> /kick c
        c: gone Kicked
    "}
}

#[test]
fn one_student_cannot_lock_out_the_teacher() {
    let mut chat =
        chat_with(HubSettings { operator_password: Some(Secret("right".to_owned())), ..SETTINGS });
    for number in 0..3 {
        chat.say('b', &format!("/op wrong{number}"));
    }
    play! {chat, "
        b<~ that was the last attempt
        # Not even with the right password, nor under another name.
        b> /nick Bobby
        b> /op right
        b<~ Too many wrong passwords. Connect again
        # The teacher behind the same address.
        d: join 192.0.2.1:50000
        d> /op right
        d<~ You are an operator now.
        # The student may connect again.
        b: leave
        b: join 192.0.2.1:40001
        forget
        b> /op right
        b<~ You are an operator now.
    "}
    assert!(!format!("{:?}", chat.log).contains("right"));
}

#[test]
fn an_address_may_give_thirty_wrong_passwords_in_an_hour() {
    let mut chat =
        chat_with(HubSettings { operator_password: Some(Secret("right".to_owned())), ..SETTINGS });
    for connection in 0..10 {
        chat.act('e', &format!(": join 192.0.2.1:{}", 50_000 + connection));
        for number in 0..3 {
            chat.say('e', &format!("/op wrong{number}"));
        }
        chat.act('e', ": leave");
    }
    play! {chat, "
        d: join 192.0.2.1:51000
        forget
        d> /op right
        d<~ Too many wrong passwords came from your address. Try again in an hour.
        d> /kick c
        nobody gone
        # Others are not concerned.
        c> /op right
        c<~ You are an operator now.
        wait 3600
        d> /op right
        d<~ You are an operator now.
    "}
    assert!(!format!("{:?}", chat.log).contains("right"));
}

#[test]
fn without_a_password_nobody_becomes_an_operator() {
    play! {chat(), "
        b> /op anything
        b<# 1
        b> /kick c
        nobody gone
    "}
}

#[test]
fn newcomers_see_a_changed_message_of_the_day() {
    let mut chat = chat();
    play! {chat, "
        a> /motd
        a<# 1
        a> /motd Be kind.
        d: join
        d<~ server: Be kind.
        j: join json
    "}
    assert!(chat.heard('j')[1].contains(r#"{"action":"motd","message":"Be kind."}"#));
    play! {chat, "
        a> /motd off
        e: join
        e<!~ server: Be kind.
    "}
}

#[test]
fn a_shutdown_can_be_scheduled_and_cancelled() {
    let mut chat = chat();
    play! {chat, "
        a> /shutdown cancel
        a<# 1
        a> /shutdown in 5m a new version
        abc<~ 5m
        abc<~ a new version
        d: join
        d<~ a new version
        forget
        wait 240
        ad<~ 1m
        a> /shutdown cancel
        b<# 2
    "}
    assert_eq!(chat.hub.deadline(), None);
    play! {chat, "
        a> /shutdown in 30s
        forget
        wait 20
        b<~ 10s
        wait 10
    "}
    assert!(chat.shut_down);
    chat.play("b< server: The chat has been shut down");
    let is_end = |event: &LogEvent| matches!(event, LogEvent::ShuttingDown { .. });
    assert!(chat.log.iter().any(is_end));
}

#[test]
fn after_a_changed_password_op_is_needed_again() {
    let settings = |password: &str| HubSettings {
        operators: Operators::Nobody,
        operator_password: Some(Secret(password.to_owned())),
        ..SETTINGS
    };
    let mut chat = chat_with(settings("old"));
    chat.play("b> /op old");
    for (password, may) in [("old", true), ("new", false)] {
        let settings = Box::new(settings(password));
        chat.step(Event::Reloaded { settings });
        chat.forget();
        chat.say('b', "/bans");
        let answer = &chat.heard('b')[0];
        assert_eq!(answer.contains("Nobody is banned"), may, "{password}");
    }
}
