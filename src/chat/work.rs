//! Counts work for the test that one event takes little of it: the characters that the slow functions of names, mentions and
//! commands look at. Unlike a time, the count is the same in every run.

use std::cell::Cell;

thread_local! {
    static DONE: Cell<usize> = const { Cell::new(0) };
}

/// Notes that so many characters, or as many small steps, were worked on.
pub(super) fn add(count: usize) {
    DONE.set(DONE.get() + count);
}

/// How much work this takes.
pub(super) fn of(action: impl FnOnce()) -> usize {
    let before = DONE.get();
    action();
    DONE.get() - before
}
