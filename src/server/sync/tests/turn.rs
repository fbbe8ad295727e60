//! The reader's turn: an atomic word, `park` and `unpark`.

use std::sync::Arc;
use std::time::Duration;

use loom::cell::UnsafeCell;

use super::super::channel;
use super::super::testing::Fault;
use super::super::thread;
use super::{PREEMPTIONS_MAX, explore, finds};
use crate::server::clock::Clock;
use crate::server::turn::{Permit, Turn};

/// The dispatcher gives a turn after each event, and then closes. What it did before, the reader sees.
fn two_turns_and_the_end() {
    let (inbox, events) = channel::bounded(1);
    let turn = Arc::new(Turn::default());
    // Stands for all that the dispatcher does for an event, and the reader between two.
    let work = Arc::new(UnsafeCell::new(()));
    let reader = {
        let (turn, work) = (Arc::clone(&turn), Arc::clone(&work));
        loom::thread::spawn(move || {
            turn.belongs_to(thread::current());
            inbox.send(()).unwrap();
            for event in 0..2 {
                assert_eq!(turn.wait(), Permit { admitted: event == 1, closing: false });
                work.with_mut(|_| ());
                inbox.send(()).unwrap();
            }
            assert!(turn.wait().closing);
            work.with_mut(|_| ());
            assert!(turn.look().closing);
        })
    };
    for event in 0..2 {
        events.recv().unwrap();
        work.with_mut(|_| ());
        turn.give(event == 1);
    }
    events.recv().unwrap();
    work.with_mut(|_| ());
    turn.close();
    reader.join().unwrap();
}

/// A turn and a close come close together; the reader takes none, one or both, and ends.
fn a_close_behind_a_turn() {
    let turn = Arc::new(Turn::default());
    let reader = {
        let turn = Arc::clone(&turn);
        let thread = thread::current();
        turn.belongs_to(thread);
        let turns = Arc::clone(&turn);
        loom::thread::spawn(move || {
            turns.give(false);
            turns.close();
        })
    };
    let mut taken = 0;
    while !turn.wait().closing {
        taken += 1;
        assert_eq!(taken, 1, "a turn is taken once");
    }
    reader.join().unwrap();
}

/// Flood control holds the reader; a close ends that. (The time does not end.)
fn a_close_ends_a_pause() {
    let turn = Arc::new(Turn::default());
    turn.belongs_to(thread::current());
    let dispatcher = {
        let turn = Arc::clone(&turn);
        loom::thread::spawn(move || {
            turn.give(true);
            turn.close();
        })
    };
    assert!(turn.pause(Duration::from_secs(86_400), &Clock::new()));
    assert!(turn.wait().closing);
    dispatcher.join().unwrap();
}

#[test]
fn each_turn_wakes_its_reader_once_and_with_all_that_happened_before() {
    explore("two turns and the end", PREEMPTIONS_MAX, two_turns_and_the_end);
}

#[test]
fn two_turns_and_the_end_without_unpark() {
    finds(Fault::NoUnpark, "deadlock", two_turns_and_the_end);
}

#[test]
fn two_turns_and_the_end_with_relaxed_atomics() {
    finds(Fault::RelaxedAtomics, "Causality violation", two_turns_and_the_end);
}

#[test]
fn a_close_that_overtakes_a_turn_ends_the_reader() {
    explore("a close behind a turn", None, a_close_behind_a_turn);
}

#[test]
fn a_close_behind_a_turn_without_unpark() {
    finds(Fault::NoUnpark, "deadlock", a_close_behind_a_turn);
}

#[test]
fn a_close_ends_the_pause_of_flood_control() {
    explore("a close ends a pause", None, a_close_ends_a_pause);
}

#[test]
fn a_pause_without_unpark() {
    finds(Fault::NoUnpark, "deadlock", a_close_ends_a_pause);
}
