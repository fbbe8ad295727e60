//! A file whose words an older version has indexed.

use super::*;

#[test]
fn the_words_of_an_older_version_are_indexed_anew() {
    let place = Place::new("words");
    let mut archive = place.archive();
    let texts = ["γειά", "tea", "Łódź", "悬空", "ёлка"];
    let lines: Vec<Write> =
        (0..2_500).map(|id| line(1, id + 1, "ann", texts[id as usize % 5])).collect();
    archive.write_batch(&lines, 0).unwrap();
    // As the index was: NFKC, and letters of Chinese as words.
    for (text, old) in [("γειά", "γειά"), ("Łódź", "Łódź"), ("悬空", " 悬  空 "), ("ёлка", "ёлка")]
    {
        let update = "UPDATE words SET text = ?1, room = ?2, sender = ?3 WHERE rowid IN (SELECT id FROM lines WHERE text = ?4)";
        let (room, ann) = (words::token(&NameKey::of("room1")), words::token(&NameKey::of("ann")));
        archive.connection().execute(update, params![old, room, ann, text]).unwrap();
    }
    let count = |archive: &Archive, words| {
        found(archive, &Search { limit: 9_999, ..find(words, None, &[1]) }).len()
    };
    assert_eq!(count(&archive, "γεια"), 0);
    archive.end();
    let connection = rusqlite::Connection::open(place.file()).unwrap();
    let as_before = "DROP TABLE runs; ALTER TABLE state DROP COLUMN noted_at; ALTER TABLE state DROP COLUMN doubted_at;
                     ALTER TABLE state DROP COLUMN old_words; PRAGMA user_version = 2;";
    connection.execute_batch(as_before).unwrap();
    drop(connection);
    let mut archive = place.archive();
    // New lines meanwhile are none of it, and the newest old ones come first.
    archive.write_batch(&[line(1, 2_501, "ann", "ΓΕΙΑ")], 0).unwrap();
    let mut counts = Vec::new();
    loop {
        counts.push(count(&archive, "γεια"));
        if !retention::step(archive.connection_mut(), UNBOUNDED, at(0)).unwrap() {
            break;
        }
    }
    assert_eq!(counts, [1, 201, 401]);
    for (words, expected) in [
        ("γεια", 501),
        ("ΓΕΙΆ", 501),
        ("елка", 500),
        ("Ёлка", 500),
        ("lodz", 500),
        ("悬空", 500),
        ("TEA", 500),
        ("", 2_501),
    ] {
        let sender = words.is_empty().then_some("ann");
        let asked = Search { limit: 9_999, ..find(words, sender, &[1]) };
        assert_eq!(found(&archive, &asked).len(), expected, "{words}");
    }
    let state = "SELECT old_words FROM state";
    assert_eq!(archive.connection().query_row(state, [], |row| row.get::<_, i64>(0)), Ok(0));
}
