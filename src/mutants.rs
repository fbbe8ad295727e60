//! Mutation testing: small faults in the server, each of which the simulation has to find (`scripts/simulate --mutants`).
//!
//! `mutant!(Name)` marks the place of a mutation. It is `false` unless the crate is built with the feature `mutants`, which no
//! shipped program is. A reader of the server can read `&& !mutant!(Name)` as if it were not there.

/// Whether this mutation is chosen.
#[cfg(not(feature = "mutants"))]
#[allow(unused_macros, reason = "the server has the mutants, but is a feature itself")]
macro_rules! mutant {
    ($name:ident) => {
        false
    };
}

/// Whether this mutation is chosen.
#[cfg(feature = "mutants")]
macro_rules! mutant {
    ($name:ident) => {
        $crate::mutants::Mutant::$name.is_chosen()
    };
}

#[cfg(feature = "mutants")]
mod chosen {
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// One more than the mutant that is chosen; 0 without one.
    static CHOSEN: AtomicUsize = AtomicUsize::new(0);

    macro_rules! mutants {
        ($($name:ident = $about:literal,)*) => {
            /// A mutation.
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            #[expect(missing_docs, reason = "each has its sentence")]
            pub enum Mutant {
                $($name,)*
            }

            impl Mutant {
                /// All of them, each with what it does.
                pub const ALL: &[(Self, &'static str)] = &[$((Self::$name, $about),)*];

                /// The mutation with this name.
                pub fn named(name: &str) -> Option<Self> {
                    let mut all = Self::ALL.iter().map(|&(mutant, _)| mutant);
                    all.find(|mutant| format!("{mutant:?}") == name)
                }
            }
        };
    }

    mutants! {
        TapeJoinsDistantParts = "a part of the tape swallows what lies before the next one",
        OutboxLosesPart = "an outbox forgets its part when the next one is not adjacent",
        ShortSendIsWhole = "a short send from the tape counts as a whole one",
        TapeOvertakesBuffer = "a new part of the tape is sent before the older bytes in the buffer",
        BufferIsNotCleared = "a buffer that is lent again still holds old bytes",
        CutLosesBegunLine = "a cut by the dispatcher does not finish the line that has begun",
        CutLosesBegunBlock = "a cut during a write does not know that a line has begun",
        CutSaysNothing = "a client that is cut is not told why",
        CutWithinReply = "a cut says its last words behind a part of a pong",
        WriterStopsInLine = "a writer gives its block back in the middle of a line",
        StalledIsForgotten = "a full socket without a writer is not tried again",
        ShutsTooEarly = "a cut shuts the sending side while a writer still has the last words",
        LingersForEver = "the last second of a connection never ends",
        PlaceIsKept = "a place is free only when the socket is closed, long after the leave line",
        ClosesUnread = "a socket is closed although it may hold unread input",
        NobodyIsCut = "no limit of an outbox is enforced",
        TotalIsUnlimited = "the limit of all outboxes together is not enforced",
        SmallestAreCut = "when too much waits for all together, the smallest outboxes are cut first",
        LeaversAreUnlimited = "clients that have left and read nothing may hold any number of connections",
        AgeNeverEnds = "bytes that were sent still count for the age of an outbox",
        PauseCounts = "the time in which the server did not run counts",
        TurnIsNotAwaited = "a reader sends without its turn",
        TurnBeforeFlush = "a reader gets its turn before the flush",
        LoginNeverEnds = "nobody is sent away who gives no name in time",
        IdleNeverEnds = "a silent client is warned again and again, and stays",
        FloodPasses = "flood control lets everything through",
        LostIsHeard = "lines of a lost connection that are held back are said, however many there are",
        CrLfIsTwoLines = "the LF of a CR LF ends a line of its own",
        TelnetForgetsVerb = "a telnet command is forgotten after its first byte",
        NobodyIsIgnored = "messages reach people who ignore their sender",
        SpeakerHears = "people hear their own lines",
        LeaverListens = "somebody who has left a room still hears who comes and goes",
        FrameHasLineFeed = "the length of a WebSocket's frame may hold an LF",
        BackslashIsPlain = "a backslash is not escaped in JSON",
        NameIsTakenTwice = "a name that somebody has can be taken",
        CopyIsApplied = "an entry of the log that comes twice has its effect twice",
        TurnBeforeEntry = "a reader gets its turn before its event has come back from the log",
        WaitingLosesEvents = "what comes while the chat waits for the log is not appended",
        NobodyHearsItGoOn = "nobody is told that a chat which waited goes on",
        LossIsSilent = "nobody is told of a line that was lost when the others gave the machine up",
        NobodyIsGivenUp = "a machine that is silent for ever keeps its people in the chat",
        OutageIsSilence = "time in which nobody could append to the log counts in full",
        NamelessStay = "somebody who has lost the place and gives no name again stays",
        ViewIsKept = "somebody who has lost the place still sees lines with their times",
        BraceIsLost = "a program whose first line was lost arrives again as a person",
        HashIsTold = "programs are told the hash of the word for taking their name back",
    }

    impl Mutant {
        /// Chooses this mutation and no other; `None` chooses none.
        pub fn choose(mutant: Option<Self>) {
            CHOSEN.store(mutant.map_or(0, |mutant| mutant as usize + 1), Ordering::Relaxed);
        }

        /// Whether this mutation is chosen.
        pub fn is_chosen(self) -> bool {
            CHOSEN.load(Ordering::Relaxed) == self as usize + 1
        }
    }
}

#[cfg(feature = "mutants")]
pub use chosen::Mutant;
