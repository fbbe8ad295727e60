//! Why a file cannot stay in its place.

use std::fmt::{self, Display};

/// Why the server sets a file aside and begins an empty one.
#[derive(Debug)]
pub enum Fault {
    /// Its content is broken, as this says.
    Damaged(String),
    /// It is not the one that the server has opened, which is gone.
    Replaced,
}

impl Fault {
    /// The word for it in the name of the file that is set aside.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Damaged(_) => "damaged",
            Self::Replaced => "replaced",
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(what) => write!(f, "is damaged ({what})"),
            Self::Replaced => {
                f.write_str("was removed or replaced while the server ran (stop it before you restore a history)")
            }
        }
    }
}
