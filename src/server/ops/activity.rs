//! What threads do, for the table of those that live.

/// What a thread is doing now. A reader of the table sees at once where each thread blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "each is told in words by `as_str`")]
pub enum Activity {
    Starting,
    Accepting,
    BackingOff,
    WaitingForTurn,
    Reading,
    SendingToInbox,
    HeldBack,
    ThrowingAway,
    WaitingForEvents,
    Dispatching,
    Sending,
    WaitingForWork,
    Writing,
    WaitingForSignals,
    ReadingSettings,
}

impl Activity {
    const ALL: [Self; 15] = [
        Self::Starting,
        Self::Accepting,
        Self::BackingOff,
        Self::WaitingForTurn,
        Self::Reading,
        Self::SendingToInbox,
        Self::HeldBack,
        Self::ThrowingAway,
        Self::WaitingForEvents,
        Self::Dispatching,
        Self::Sending,
        Self::WaitingForWork,
        Self::Writing,
        Self::WaitingForSignals,
        Self::ReadingSettings,
    ];

    /// The one with this number.
    pub fn numbered(number: u8) -> Self {
        Self::ALL[usize::from(number)]
    }

    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            // Not wider than 21 columns: five more stand beside it.
            Self::Starting => "starting",
            Self::Accepting => "in accept",
            Self::BackingOff => "pausing before accept",
            Self::WaitingForTurn => "waiting for its turn",
            Self::Reading => "in read",
            Self::SendingToInbox => "sending to the inbox",
            Self::HeldBack => "held back for a flood",
            Self::ThrowingAway => "reading to throw away",
            Self::WaitingForEvents => "waiting for events",
            Self::Dispatching => "dispatching",
            Self::Sending => "sending to sockets",
            Self::WaitingForWork => "waiting for work",
            Self::Writing => "in write",
            Self::WaitingForSignals => "waiting for signals",
            Self::ReadingSettings => "reading settings",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_activity_has_its_number() {
        for (number, activity) in Activity::ALL.into_iter().enumerate() {
            assert_eq!(activity as usize, number);
        }
    }
}
