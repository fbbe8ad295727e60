//! Older messages, page by page.

use super::*;

/// A client that has seen messages 41 to 42 of the lobby.
fn reader() -> Script {
    let mut luca = Script::new(person());
    luca.connects(42);
    let past = [said("ann", 41, "one", None), said("ann", 42, "two", None)].join(",");
    luca.answers(
        "history",
        &format!(r#""room":"lobby","messages":[{past}],"epoch":7,"more":true"#),
    );
    luca.forget();
    luca
}

/// The requests for older messages since the last `forget`.
fn asked(luca: &Script) -> Vec<String> {
    luca.sent().into_iter().filter(|object| action(object) == "history").collect()
}

#[test]
fn each_page_begins_where_the_last_one_ended() {
    let mut luca = reader();
    luca.happens(Event::WantsOlder);
    luca.happens(Event::WantsOlder);
    assert_eq!(asked(&luca).len(), 1, "one at once");
    assert!(
        asked(&luca)[0].contains(r#""before":41"#) && asked(&luca)[0].contains(r#""limit":20"#)
    );
    // A line that is typed meanwhile does not wait.
    luca.types("hello");
    assert_eq!(luca.said(), ["hello"]);
    luca.forget_but_sent();
    let past = [said("ann", 39, "nine", None), said("ann", 40, "ten", None)].join(",");
    luca.answers(
        "history",
        &format!(r#""room":"lobby","messages":[{past}],"epoch":7,"more":true"#),
    );
    assert_eq!(
        luca.screen(),
        [
            "-- Older messages in lobby:",
            "[12:03] ann: nine",
            "[12:03] ann: ten",
            "-- PageUp shows what came before."
        ]
    );
    luca.forget();
    luca.happens(Event::WantsOlder);
    assert!(asked(&luca)[0].contains(r#""before":39"#), "{:?}", asked(&luca));
    luca.forget_but_sent();
    luca.answers(
        "history",
        r#""room":"lobby","messages":[],"epoch":7,"more":false,"gaps":[{"first":1,"last":38,"cause":"absent"}]"#,
    );
    assert_eq!(
        luca.screen(),
        [
            "-- Older messages in lobby:",
            "-- A machine was away: messages in lobby may be missing.",
            "-- There is nothing older in lobby."
        ]
    );
    // It is said once, until there is something else to look at.
    luca.forget();
    luca.happens(Event::WantsOlder);
    assert_eq!((asked(&luca), luca.screen()), (vec![], vec![]));
    luca.hears(&said("ann", 43, "new", None));
    luca.forget();
    luca.happens(Event::WantsOlder);
    assert_eq!(asked(&luca).len(), 1);
}

#[test]
fn after_a_loss_of_the_connection_the_end_may_be_elsewhere() {
    let mut luca = reader();
    luca.happens(Event::WantsOlder);
    luca.answers("history", r#""room":"lobby","messages":[],"epoch":7,"more":false"#);
    luca.forget();
    luca.happens(Event::Disconnected(None));
    luca.waits();
    luca.comes_in();
    luca.answers("joinroom", r#""room":"lobby","from":"luca","members":["luca"],"total":1,"epoch":7,"last_message_id":42"#);
    luca.forget();
    luca.happens(Event::WantsOlder);
    assert_eq!(asked(&luca).len(), 1);
}

#[test]
fn a_page_by_date_moves_the_place() {
    let mut luca = reader();
    luca.types("/history 20 before:2025-11-19");
    let past = said("ann", 7, "seven", None);
    luca.answers(
        "history",
        &format!(r#""room":"lobby","messages":[{past}],"epoch":7,"more":true"#),
    );
    luca.forget();
    luca.happens(Event::WantsOlder);
    assert!(asked(&luca)[0].contains(r#""before":7"#), "{:?}", asked(&luca));
    luca.refuses("history", "history_failed");
    assert_eq!(luca.screen(), ["!! Because history_failed."]);
    // It may be tried again.
    luca.forget();
    luca.happens(Event::WantsOlder);
    assert!(asked(&luca)[0].contains(r#""before":7"#), "{:?}", asked(&luca));
}

#[test]
fn after_a_restart_with_other_ids_the_place_is_new() {
    let mut luca = reader();
    luca.happens(Event::Disconnected(None));
    luca.forget();
    luca.happens(Event::WantsOlder);
    assert_eq!(luca.screen(), ["-- You are not connected, so there are no older messages."]);
    luca.waits();
    luca.comes_in();
    luca.answers("joinroom", r#""room":"lobby","from":"luca","members":["luca"],"total":1,"epoch":8,"last_message_id":0"#);
    luca.forget();
    luca.happens(Event::WantsOlder);
    assert!(!asked(&luca)[0].contains("before"), "{:?}", asked(&luca));
}

#[test]
fn a_history_that_is_typed_shows_its_gaps_where_they_are() {
    let mut luca = reader();
    luca.types("/history 2");
    let past = [said("ann", 30, "before", None), said("ann", 40, "after", None)].join(",");
    let gaps = r#""gaps":[{"first":31,"last":39,"cause":"full"}]"#;
    luca.answers("history", &format!(r#""room":"lobby","messages":[{past}],"epoch":7,{gaps}"#));
    assert_eq!(
        luca.screen(),
        [
            "[12:03] ann: before",
            "-- 9 messages in lobby are missing: there was no room to keep them.",
            "[12:03] ann: after"
        ]
    );
}
