//! A simulation of the server: one thread, simulated sockets, simulated time, and a seed that decides everything.
//!
//! The code is that of the server: the Hub, the codecs, the dispatcher with its outboxes, and the blocking loops of readers
//! and writers, which run as coroutines. What is simulated is what lies around them:
//!
//! | file | what it replaces |
//! |---|---|
//! | `wire` | a socket and the network: short writes, full sockets, resets, input that is split at any byte |
//! | `seam` | the clock, `park`, and blocking calls |
//! | `task` | threads |
//! | `client` | people and programs |
//! | `store` | the store of the log, if several machines share the chat, and the threads that speak to it |
//! | `others` | another machine, and its people |
//!
//! A scheduler (`world`) picks what happens next, in a chat that is set up by a `plan`. A simple model (`model`, with its own
//! `words`) computes from the order in which the Hub took the events what each client should receive, byte by byte; `peer`
//! and `world/judge` compare. With a log, `ledger` computes which entries count, `link` what waits for its entry, and `world/log`
//! compares. The promises are listed in [`Check`].

mod client;
mod dice;
#[cfg(feature = "cluster")]
mod ledger;
#[cfg(feature = "cluster")]
mod link;
mod model;
#[cfg(feature = "cluster")]
mod others;
mod peer;
mod plan;
mod report;
mod seam;
#[cfg(feature = "cluster")]
mod store;
mod task;
mod wire;
mod words;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;

pub(super) use seam::{Act, park, park_timeout, simulated_time, simulated_wall, witness};

pub use report::{Check, Finding, Report};

use super::admission::Admission;
use dice::Dice;
use plan::Plan;
use world::World;

/// Runs the chat that this seed stands for, from its start to its end, but shuts it down after `steps_max` steps. The same
/// seed gives the same report.
///
/// The error is the first promise that was broken.
pub fn simulate(seed: u64, steps_max: u64) -> (Report, Result<(), Finding>) {
    let (report, result, _) = run(seed, steps_max, false);
    (report, result)
}

/// As [`simulate`], with the story of the run, line by line.
pub fn simulate_and_tell(seed: u64, steps_max: u64) -> (Report, Result<(), Finding>, Vec<String>) {
    run(seed, steps_max, true)
}

fn run(seed: u64, steps_max: u64, tells: bool) -> (Report, Result<(), Finding>, Vec<String>) {
    let mut dice = Dice::new(seed);
    let plan = Plan::new(&mut dice, steps_max);
    let admission = Admission::new(plan.config.max_clients, None, None);
    let next_id = AtomicU64::new(1);
    let mut world = World::new(plan, dice, &admission, &next_id);
    if tells {
        world.tell_story();
    }
    let ran = catch_unwind(AssertUnwindSafe(|| world.run()));
    let result = ran.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Finding::of(Check::Panic, text.unwrap_or_default())
    });
    let report = std::mem::take(&mut world.report);
    let story = world.story.take().unwrap_or_default();
    if result.is_ok() {
        drop(world);
    } else {
        // Its threads are in the middle of something, and cannot be ended from outside.
        std::mem::forget(world);
    }
    seam::set_elapsed(None);
    drop(seam::take_acts());
    (report, result, story)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chat of a test is short: without optimization, a step takes ten times as long.
    const STEPS_MAX: u64 = 2_500;

    #[test]
    fn twenty_chats_keep_all_promises() {
        let mut total = Report::default();
        for seed in 1..=20 {
            let (report, result) = simulate(seed, STEPS_MAX);
            if let Err(finding) = result {
                let replay = format!("scripts/simulate --seed {seed} --steps {STEPS_MAX}");
                panic!("{finding}\nreplay it: {replay}");
            }
            total.add(&report);
        }
        // They are worth something only if things go wrong in them.
        for what in [
            "a client is cut and reads why",
            "a client resets the connection",
            "a full socket is handed to a writer",
            "a send is short",
            "lines are held back",
            "the dispatcher takes a batch",
            "the network brings a part",
            "the process is paused",
        ] {
            assert!(total.counts.get(what).is_some_and(|&times| times > 0), "never: {what}");
        }
        #[cfg(feature = "cluster")]
        for what in [
            "an entry of this machine counts",
            "an entry of another machine counts",
            "a copy of an entry is opened",
            "everybody is told that the chat goes on",
            "this machine takes part again",
        ] {
            assert!(total.counts.get(what).is_some_and(|&times| times > 0), "never: {what}");
        }
    }

    #[test]
    fn a_seed_replays_exactly() {
        let [(one, _), (again, _), (other, _)] = [7, 7, 8].map(|seed| simulate(seed, STEPS_MAX));
        assert_eq!(one, again);
        assert_ne!(one.digest, other.digest);
    }
}
