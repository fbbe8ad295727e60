//! `/search` and its JSON form against a real index.

use serde_json::json;

use crate::support::Client;
use crate::support::directory::Directory;
use crate::{ask, search, server, texts};

#[test]
fn words_are_found_whatever_their_script_case_and_accents() {
    let directory = Directory::new("words");
    let server = server(&directory);
    let mut ann = Client::join_json(&server, "ann", "dev");
    let lines = [
        "Shall we meet in the café?",
        "A cafe without accents",
        "我们在悬空寺见面",
        "東京タワーへ行く",
        "한국어를 배우자",
        "naïve AND \"quoted\" NOT (parenthesised) text:prefix* NEAR^2",
        "пить чай",
        "full-width ｗｏｒｄｓ",
        "100% of 3.14",
        "Γειά σου",
        "Наряжали ёлку",
        "Łódź i Straße",
        "שָׁלוֹם, مُحَمَّد",
        "हिन्दी की किताब",
    ];
    for line in lines {
        ann.send_object(&json!({"action": "chat", "room": "dev", "message": line}));
    }
    #[rustfmt::skip]
    let table: &[(&str, &[usize])] = &[
        ("café", &[1, 0]),
        ("cafe", &[1, 0]),
        ("CAFÉ", &[1, 0]),
        ("cafe\u{301}", &[1, 0]),
        ("caf", &[]),
        ("cafe meet", &[0]),
        ("meet cafe", &[0]),
        ("悬空", &[2]),
        ("悬空寺", &[2]),
        ("空寺", &[2]),
        ("寺", &[2]),
        ("悬寺", &[]),
        ("我们 见面", &[2]),
        ("タワー", &[3]),
        ("東京", &[3]),
        ("국어", &[4]),
        ("NAIVE", &[5]),
        ("and", &[5]),
        ("AND", &[5]),
        ("not parenthesised", &[5]),
        ("\"quoted\"", &[5]),
        ("\"", &[]),
        ("text:prefix", &[5]),
        ("text:prefix*", &[5]),
        ("prefi*", &[]),
        ("NEAR(naive quoted)", &[]),
        ("near naive", &[5]),
        ("^2", &[5]),
        ("{text}", &[5]),
        ("чай", &[6]),
        ("ЧАЙ", &[6]),
        ("words", &[7]),
        ("full-width", &[7]),
        ("3.14", &[8]),
        ("γεια", &[9]),
        ("ΓΕΙΑ ΣΟΥ", &[9]),
        ("елку", &[10]),
        ("НАРЯЖАЛИ ЁЛКУ", &[10]),
        ("lodz strasse", &[11]),
        ("שלום", &[12]),
        ("محمد", &[12]),
        ("हिन्दी किताब", &[13]),
        ("किताब की", &[13]),
        ("'; DROP TABLE lines; --", &[]),
        ("rooms : dev", &[]),
        ("word OR cafe", &[]),
    ];
    for (words, expected) in table {
        ann.send_object(&json!({"action": "search", "words": words}));
        let answer = ann.object();
        if answer["code"] == "nothing_to_search" {
            assert!(!words.contains(char::is_alphanumeric), "{words}: {answer}");
            continue;
        }
        let expected: Vec<&str> = expected.iter().map(|&at| lines[at]).collect();
        assert_eq!(texts(&answer), expected, "{words}");
        assert_eq!(answer["more"], false, "{words}");
    }
}

#[test]
fn odd_input_gets_an_error_or_no_result() {
    let directory = Directory::new("odd");
    let server = server(&directory);
    let mut ann = Client::join_json(&server, "ann", "dev");
    for (words, code) in [
        ("", "wrong_field"),
        (" ", "wrong_field"),
        ("\u{0}", "wrong_field"),
        ("!?.,;", "nothing_to_search"),
        ("\"\"", "nothing_to_search"),
        ("😀", "nothing_to_search"),
        (&"x".repeat(10 * 1024), "text_too_long"),
        (&"a ".repeat(5 * 1024), "text_too_long"),
    ] {
        ann.send_object(&json!({"action": "search", "words": words}));
        let answer = ann.object();
        assert_eq!(
            (&answer["action"], &answer["code"]),
            (&"error".into(), &code.into()),
            "{words:.20}"
        );
    }
    for words in
        ["a\u{0}b", "x\u{0}\"", "a b c d e f g h i j k l m n o p q r s t u v w x y z", "𐒰𞤀", "ก"]
            .into_iter()
            .chain([&*"a ".repeat(199), &"\"a".repeat(190), &"悬".repeat(133)])
    {
        assert_eq!(texts(&search(&mut ann, words)), Vec::<&str>::new(), "{words:.20}");
    }
    // And in telnet, whose lines are shorter.
    let mut bob = Client::join(&server, "bob");
    bob.say("/search");
    bob.skip_to("Type it like this: /search");
    bob.say(&format!("/search {}", "x".repeat(4000)));
    bob.skip_to("That text is too long: at most 400 bytes.");
    bob.send(b"/search \"\xff\xfe*\0\r\n");
    bob.skip_to("Give a word to search for");
}

#[test]
fn filters_narrow_a_search_and_a_cursor_continues_it() {
    let directory = Directory::new("filters");
    let server = server(&directory);
    let mut ann = Client::join_json(&server, "ann", "dev");
    let mut bob = Client::join_json(&server, "bob", "dev");
    ask(&mut bob, &json!({"action": "joinroom", "room": "tea"}));
    for number in 0..25 {
        ann.send_object(
            &json!({"action": "chat", "room": "dev", "message": format!("tea {number}")}),
        );
    }
    ask(&mut ann, &json!({"action": "who"}));
    bob.send_object(&json!({"action": "chat", "room": "dev", "message": "tea by Bob"}));
    bob.send_object(&json!({"action": "chat", "room": "tea", "message": "tea in tea"}));
    let count = |answer: &serde_json::Value| texts(answer).len();
    let by_bob = ask(&mut bob, &json!({"action": "search", "words": "tea", "username": "BOB"}));
    assert_eq!(texts(&by_bob), ["tea in tea", "tea by Bob"]);
    let by_ann = ask(&mut bob, &json!({"action": "search", "username": "ann", "limit": 500}));
    assert_eq!(count(&by_ann), 25);
    // Ann is not in the other room.
    assert_eq!(count(&search(&mut ann, "tea")), 26);
    let in_tea = ask(&mut bob, &json!({"action": "search", "words": "tea", "room": "Tea"}));
    assert_eq!(texts(&in_tea), ["tea in tea"]);
    let never = ask(&mut bob, &json!({"action": "search", "words": "tea", "before": "2020-01-01"}));
    assert_eq!(count(&never), 0);
    let future = json!({"action": "search", "words": "tea", "before": "2999-01-01T00:00:00Z"});
    assert_eq!(count(&ask(&mut bob, &future)), 20);
    // Page by page, each message once, the newest first.
    let (mut cursor, mut all) = (serde_json::Value::Null, Vec::new());
    loop {
        let request = json!({"action": "search", "words": "tea", "limit": 10, "cursor": cursor});
        let page = ask(&mut ann, &request);
        all.extend(texts(&page).into_iter().map(str::to_owned));
        cursor = page["cursor"].clone();
        assert_eq!(page["more"], cursor.is_u64(), "{page}");
        if cursor.is_null() {
            break;
        }
    }
    let expected: Vec<String> = (0..25).rev().map(|number| format!("tea {number}")).collect();
    assert_eq!(all[0], "tea by Bob");
    assert_eq!(all[1..], expected);
    // No message is an answer, too: it tells whether there is one.
    let none = ask(&mut ann, &json!({"action": "search", "words": "tea", "limit": 0}));
    assert_eq!((count(&none), &none["more"]), (0, &true.into()));
    let request = json!({"action": "search", "words": "tea", "limit": 1, "cursor": none["cursor"]});
    assert_eq!(texts(&ask(&mut ann, &request)), ["tea by Bob"]);
    let none = ask(&mut ann, &json!({"action": "search", "words": "milk", "limit": 0}));
    assert_eq!((count(&none), &none["more"]), (0, &false.into()));
}

#[test]
fn a_line_is_found_as_soon_as_it_was_heard() {
    let directory = Directory::new("at-once");
    let server = server(&directory);
    let mut ann = Client::join_json(&server, "ann", "dev");
    let mut bob = Client::join_json(&server, "bob", "dev");
    for number in 0..20 {
        let text = format!("word{number}");
        ann.send_object(&json!({"action": "chat", "room": "dev", "message": text}));
        bob.skip_to_action("chat");
        assert_eq!(texts(&search(&mut bob, &text)), [&text]);
    }
}

#[test]
fn private_lines_are_nowhere_in_the_file() {
    let directory = Directory::new("private");
    let first = server(&directory);
    let mut ann = Client::join(&first, "ann");
    let mut bob = Client::join(&first, "bob");
    ann.say("/msg bob geheimwort one");
    ann.say("geheimwort two @bob");
    ann.say("in public");
    bob.skip_to("in public");
    bob.say("/search geheimwort");
    bob.skip_to("Nothing found in lobby.");
    crate::end(first);
    let bytes = std::fs::read(directory.path(crate::FILE)).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("in public") && !has("geheimwort"));
}
