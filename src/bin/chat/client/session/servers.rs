//! The addresses of the chat. A chat on several machines has one for each.

/// The addresses, and which one is in use.
#[derive(Debug)]
pub(super) struct Servers {
    /// Never empty.
    addresses: Vec<String>,
    at: usize,
    /// How many attempts have failed since the user was in the chat.
    failed: usize,
}

impl Servers {
    /// The first address is tried first.
    pub(super) fn new(addresses: &[String]) -> Self {
        Self { addresses: addresses.to_vec(), at: 0, failed: 0 }
    }

    /// The place of the current address among all.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    /// The current address.
    pub(super) fn current(&self) -> &str {
        &self.addresses[self.at]
    }

    /// Returns whether there is more than one.
    pub(super) fn are_several(&self) -> bool {
        self.addresses.len() > 1
    }

    /// Goes on to the next address, and after the last one to the first.
    pub(super) fn go_on(&mut self) {
        self.at = (self.at + 1) % self.addresses.len();
    }

    /// The current address has admitted the user.
    pub(super) fn reset_failures(&mut self) {
        self.failed = 0;
    }

    /// The current address does not admit the user. Goes on to the next one, and returns whether to try it at once: not
    /// after a round through all of them.
    pub(super) fn count_failure(&mut self) -> bool {
        self.failed += 1;
        self.go_on();
        !self.failed.is_multiple_of(self.addresses.len())
    }
}
