//! What the generator has to know of a server's language: how to get in, and how to say something to all.

/// What somebody is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// To hear what is said.
    Listener,
    /// To say something. In a chat a speaker hears the others too.
    Speaker,
}

/// A server's language.
pub trait Dialect: Sync {
    /// The way in, step by step. Appends what to send in this step, and returns what to wait for before the next one;
    /// `None` when there is none: they are in. Step 0 comes as soon as the connection is there. Names are ASCII letters
    /// and digits, at most 9 of them (RFC 2812), and differ.
    fn log_in(
        &self,
        step: usize,
        name: &str,
        role: Role,
        out: &mut Vec<u8>,
    ) -> Option<&'static [u8]>;

    /// Appends what a speaker sends to say `payload` to all.
    fn say(&self, payload: &[u8], out: &mut Vec<u8>);

    /// Whether a speaker hears what the other speakers say, as in a chat.
    fn speakers_hear(&self) -> bool;

    /// Appends what is sent before the connection is closed, where there is a word that all clients say.
    fn leave(&self, _out: &mut Vec<u8>) {}
}
