//! The author of an entry.

use std::fmt;
use std::str::FromStr;

use crate::server::clock::wall;

/// One start of one node, and the number of the entry among those of that start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The name of the node.
    pub node: String,
    /// Grows with each start under this name. A node that the others have given up starts a new incarnation.
    pub incarnation: u64,
    /// From 1, by one for each entry. An entry that is sent twice, since its reply was lost, has the same number twice.
    pub sequence: u64,
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.node, self.incarnation, self.sequence)
    }
}

/// The number of a new incarnation: later ones are greater, even if the clock of this machine goes back.
pub fn next_incarnation(newest: u64) -> u64 {
    let milliseconds = u64::try_from(wall().as_millisecond()).unwrap_or(0);
    milliseconds.max(newest + 1)
}

/// A text that is no author.
#[derive(Debug, PartialEq, Eq)]
pub struct NoAuthor;

impl FromStr for Author {
    type Err = NoAuthor;

    fn from_str(text: &str) -> Result<Self, NoAuthor> {
        let mut parts = text.split(':');
        let (Some(node), Some(incarnation), Some(sequence), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NoAuthor);
        };
        Ok(Self {
            node: node.to_owned(),
            incarnation: incarnation.parse().map_err(|_| NoAuthor)?,
            sequence: sequence.parse().map_err(|_| NoAuthor)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_is_read_as_it_is_written() {
        let author = Author { node: "berlin-1".into(), incarnation: 7, sequence: 9 };
        assert_eq!(author.to_string(), "berlin-1:7:9");
        assert_eq!("berlin-1:7:9".parse(), Ok(author));
        for wrong in ["", "a", "a:1", "a:1:", "a:x:1", "a:1:2:3", "a:-1:2"] {
            assert_eq!(wrong.parse::<Author>(), Err(NoAuthor), "{wrong}");
        }
    }
}
