//! The simulation finds faults in the server. `scripts/simulate --mutants` tries all of them; these are found in a few short
//! chats.

#![cfg(feature = "mutants")]

use std::panic;

use chatserv::mutants::Mutant;
use chatserv::server::simulation::simulate;

const CHATS: u64 = 6;
const STEPS_MAX: u64 = 2_500;

/// These need a client that is cut at a certain byte, a machine that is given up, long silence, a crowd, or another rare moment.
const RARE: [Mutant; 14] = [
    Mutant::LostIsHeard,
    Mutant::TotalIsUnlimited,
    Mutant::SmallestAreCut,
    Mutant::LeaversAreUnlimited,
    Mutant::LoginNeverEnds,
    Mutant::IdleNeverEnds,
    Mutant::NamelessStay,
    Mutant::CutLosesBegunLine,
    Mutant::CutLosesBegunBlock,
    Mutant::CutWithinReply,
    Mutant::ClosesUnread,
    Mutant::FrameHasLineFeed,
    Mutant::ViewIsKept,
    Mutant::BraceIsLost,
];

// One test, since a mutant is chosen for the whole process.
#[test]
fn most_faults_are_found_in_a_few_short_chats() {
    panic::set_hook(Box::new(|_| {}));
    let mut missed = Vec::new();
    for (mutant, _) in Mutant::ALL.iter().filter(|(mutant, _)| !RARE.contains(mutant)) {
        Mutant::choose(Some(*mutant));
        if (1..=CHATS).all(|seed| simulate(seed, STEPS_MAX).1.is_ok()) {
            missed.push(*mutant);
        }
    }
    Mutant::choose(None);
    let finding = simulate(1, STEPS_MAX).1.err();
    let _ = panic::take_hook();
    assert!(missed.is_empty(), "not found: {missed:?}");
    assert!(finding.is_none(), "found without a fault: {finding:?}");
}
