//! `@names` at the end of a message.

use regex::Regex;

use super::{Chat, SETTINGS, anonymous};

#[test]
fn a_mention_reaches_the_named_in_every_room() {
    play! {Chat::with("abcd", SETTINGS), "
        b> /join dev
        forget
        a> how are you? @b, @C!
        bc< A : how are you? @b, @C!
        d<
        a< server: Delivered to B, C.
    "}
}

#[test]
fn the_sender_hears_which_names_are_absent() {
    play! {Chat::with("abc", SETTINGS), "
        a> and you? @b @dad
        b< A : and you? @b @dad
        c<
        a< server: Delivered to B. Not here: dad.
        a> anybody? @dad @uncle
        bc< A : anybody? @dad @uncle
        a<~ dad
        a<~ uncle
        a<~ lobby
    "}
}

#[test]
fn own_and_repeated_names_do_not_count() {
    play! {Chat::with("abc", SETTINGS), "
        a> note to @a
        b< A : note to @a
        a<
        a> @b @B @a
        b< A : @b @B @a
        a< server: Delivered to B.
    "}
}

/// No punctuation of any script, no symbol and nothing invisible may turn a private line into a public one.
#[test]
fn punctuation_never_publishes_a_mention() {
    let signs = Regex::new(r"^[\p{P}\p{S}\p{Z}\p{Cf}]$").unwrap();
    let punctuation = Regex::new(r"^\p{P}$").unwrap();
    let mut chat = Chat::with("abcd", SETTINGS);
    let mut found = 0;
    // Letters in circles are letters.
    let all = (' '..=char::MAX).filter(|sign| !sign.is_alphanumeric()).map(String::from);
    for sign in all.filter(|sign| signs.is_match(sign)) {
        let asks = |line: &str| line.starts_with("server: Not said. For ");
        for (text, recipients) in [
            (format!("secret @b{sign}"), "b"),
            (format!("secret @b{sign}{sign}{sign}"), "b"),
            (format!("secret @b {sign}"), "b"),
            (format!("a {sign}secret @b{sign}"), "b"),
            (format!("secret {sign}@b{sign}"), "b"),
            (format!("secret @{sign}b{sign}"), "b"),
            (format!("secret @b{sign}@c"), "bc"),
            (format!("secret @b{sign} @c{sign}"), "bc"),
            (format!("secret @b,{sign}@c"), "bc"),
        ] {
            chat.say('a', &text);
            let answer = chat.heard('a');
            assert_eq!(chat.heard('d'), [""; 0], "{text:?}: {answer:?}");
            let [b, c] = ['b', 'c'].map(|who| chat.heard(who).len());
            let is_whole = b == 1 && c == usize::from(recipients == "bc");
            let is_asked = b + c == 0 && asks(&answer[0]);
            let glues = [format!("b{sign}@"), format!("@{sign}b")];
            let is_glued = glues.iter().any(|glue| text.contains(glue));
            assert!(
                is_whole || is_asked && (is_glued || !punctuation.is_match(&sign)),
                "{text:?}: b {b}, c {c}, {answer:?}"
            );
        }
        found += 1;
    }
    assert!(found > 8000, "{found}");
}

#[test]
fn commas_of_all_scripts_separate_mentions() {
    let mut chat = Chat::with("abcd", SETTINGS);
    for comma in
        ",\u{55d}\u{60c}\u{7f8}\u{1363}\u{1802}\u{3001}\u{a4fe}\u{a60d}\u{fe50}\u{ff0c}\u{ff64}"
            .chars()
    {
        chat.say('a', &format!("secret @b{comma}@c"));
        chat.play("bc<# 1\nd<\nforget");
    }
}

#[test]
fn what_may_be_a_failed_mention_is_not_said() {
    let mut chat = Chat::with("abcd", SETTINGS);
    play! {chat, "
        w: connect
        w> 小明
        forget
    "}
    for (text, name) in [
        ("secret@b", "B"),
        ("secret @b's", "B"),
        ("secret @b/@c", "B"),
        ("secret @b&@c", "B"),
        ("secret @b,c", "B"),
        ("secret @b, c", "C"),
        ("secret @zoe,c", "C"),
        ("secret @a,b", "B"),
        ("secret @ zoe, b", "B"),
        ("secret @zoe, x, b", "B"),
        ("secret @ b", "B"),
        ("secret @b:ok", "B"),
        ("你好@小明", "小明"),
        ("你好 @小明你在吗", "小明"),
        ("secret ＠小明さん", "小明"),
    ] {
        chat.say('a', text);
        chat.play(&format!("a<~ server: Not said. For {name}?\nbcdw<\nforget"));
    }
    // Nobody by that name is here, or the name is the speaker's own.
    for text in [
        "me@example.org",
        "mail b@b.example.org",
        "@bobby",
        "@uncle's",
        "hello@uncle",
        "@a's",
        "@b today",
    ] {
        chat.say('a', text);
        chat.play("bcdw<# 1\nforget");
    }
    play! {chat, r#"
        j: join json lobby
        forget
        j> {"action":"chat","room":"lobby","message":"secret@b","id":1}
        j<j {"action":"error","code":"unclear_mention","id":1}
        abcdw<
    "#}
}

#[test]
fn a_name_with_signs_is_mentioned_whole() {
    let mut chat = Chat::with("ab", SETTINGS);
    play! {chat, "
        c: connect
        c> C#
        d: connect
        d> C
        forget
        a> hi @C#!
        c< A : hi @C#!
        bd<
        a> hi @C!
        d< A : hi @C!
        bc<
    "}
}

#[test]
fn a_line_with_too_many_doubtful_words_is_refused() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.say('a', &format!("secret {}", "x@".repeat(200)));
    chat.play("a<~ at most 100\nb<");
}

#[test]
fn mentions_of_and_by_json_clients() {
    let mut chat = Chat::with("ab", SETTINGS);
    play! {chat, r#"
        j: join json lobby
        forget
        a> psst @j
        b<
    "#}
    let told = chat.heard('j');
    chat.play("forget");
    assert!(told[0].contains(r#""to":["j"]"#) && !told[0].contains("message_id"), "{told:?}");
    play! {chat, r#"
        j> {"action":"chat","room":"lobby","message":"hello @a @dad","id":"x"}
        a< j : hello @a @dad
        b<
        j<j {"action":"ack","id":"x","to":["A"],"absent":["dad"]}
        # Without an id there is no ack, but absent names are reported.
        j> {"action":"chat","message":"hello @a"}
        j<
        j> {"action":"chat","message":"hello @a @dad"}
        j<j {"action":"notice","code":"not_here"}
        # Neither a name nor a room.
        j> {"action":"chat","message":"hello"}
        j<j {"action":"error","code":"missing_field"}
    "#}
}

#[test]
fn me_goes_to_the_whole_room() {
    play! {Chat::with("abc", SETTINGS), "
        a> /me hugs @b
        bc< * A hugs @b
        a<
    "}
}

#[test]
fn anonymous_clients_are_mentioned_by_address() {
    play! {Chat::with("abc", anonymous()), "
        a> you there @127.0.0.1:40002
        b<# 1
        c<
    "}
}

#[test]
fn at_most_100_names_are_mentioned() {
    let mut chat = Chat::with("ab", SETTINGS);
    let run = |count| " @b".repeat(count);
    chat.say('a', &format!("hello{}", run(100)));
    play! {chat, "
        b<# 1
        forget
    "}
    for line in [format!("hello{}", run(101)), format!("/msg {} hello", vec!["b"; 101].join(","))] {
        chat.say('a', &line);
        chat.play("a<~ at most 100\nb<");
    }
}
