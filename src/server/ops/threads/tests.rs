//! Rows of threads that live, and of some that never did.

use super::*;
use std::thread;

#[test]
fn a_thread_is_listed_while_it_lives_and_a_panic_ends_only_it() {
    let table = Arc::new(ThreadTable::default());
    let (go, wait) = crossbeam_channel::bounded::<()>(0);
    let (listed, is_listed) = crossbeam_channel::bounded(1);
    thread::scope(|scope| {
        let row = table.row("reader", "reader-7".into());
        let body = move |row: &Row| {
            row.doing(Activity::Reading);
            listed.send(()).unwrap();
            // Until the sender is gone.
            let _ = wait.recv();
            panic!("as the test wants it");
        };
        table.spawn(scope, row, 256 * 1024, body).unwrap();
        is_listed.recv().unwrap();
        let rows = table.snapshot();
        assert_eq!(rows.len(), 1);
        let text = rows[0].to_string();
        assert!(
            text.starts_with("reader-7 (reader) for 0 s, in read, 0 bytes in"),
            "{text}"
        );
        drop(go);
    });
    // The scope did not panic, and the row is gone.
    assert!(table.snapshot().is_empty());
}

#[test]
fn people_see_the_beginning_of_the_table_and_service_threads_first() {
    let table = Arc::new(ThreadTable::default());
    let reader = |number| table.row("reader", format!("reader-{number}"));
    let mut rows: Vec<_> = (0..limits::LIST_ENTRIES_MAX).map(reader).collect();
    rows.push(table.row("writer", "writer-1".into()));
    rows.push(table.row("bans", "bans".into()));
    rows.push(table.row("dispatcher", "dispatcher".into()));
    rows[0].doing(Activity::Reading);
    rows[0].count_in(7);
    rows[0].set_queue(8);
    rows[502].set_queue(9);
    let listed: Vec<_> = rows.iter().map(|row| table.list(row)).collect();
    let Message::Threads { rows, total } = table.message() else {
        panic!("another message");
    };
    assert_eq!(
        (rows.len(), total),
        (limits::LIST_ENTRIES_MAX, listed.len())
    );
    let names: Vec<&str> = rows.iter().map(|row| &row.name[..]).collect();
    assert_eq!(names[..4], ["dispatcher", "bans", "reader-0", "reader-1"]);
    assert_eq!((rows[2].doing, rows[2].bytes_in), ("in read", 7));
    let queues: Vec<Option<Queue>> = rows[..3].iter().map(|row| row.queue).collect();
    assert_eq!(
        queues,
        [Some(Queue::Events(9)), None, Some(Queue::Bytes(8))]
    );
}
