//! Break it on purpose: eight classic mistakes of a chat server, each with a check that fails until it is mended.
//!
//! Each lives in a file of its own, in one arm of one `match`: `Way::Broken`. Mend that arm, and `lab check` says whether it
//! holds. Beside it stands `Way::Mended`, whose code is the answer, at the end of the file: look there last.
//!
//! | file | what it holds |
//! |---|---|
//! | `one_read_one_line`, `cr_nul`, `endless_line` | mistakes in reading |
//! | `short_write`, `unbounded_queue` | mistakes in writing |
//! | `nonblocking_clone`, `write_under_lock`, `both_clean_up` | mistakes of threads that share something |
//! | `connection`, `pieces` | what the checks are made of: a real connection, and one that brings a piece at a time |
//! | `codec` | the answer to the mistakes in reading: the server's own codec |
//! | `mistake` | what a mistake is, and its check |

mod both_clean_up;
mod codec;
mod connection;
mod cr_nul;
mod endless_line;
mod mistake;
mod nonblocking_clone;
mod one_read_one_line;
mod pieces;
mod short_write;
#[cfg(test)]
mod tests;
mod unbounded_queue;
mod write_under_lock;

use std::io::{self, Write};

pub use mistake::Mistake;
use mistake::{Way, Wrong};

use crate::texts;

/// All of them, in the order in which they are taught.
pub const ALL: &[Mistake] = &[
    one_read_one_line::MISTAKE,
    short_write::MISTAKE,
    cr_nul::MISTAKE,
    nonblocking_clone::MISTAKE,
    unbounded_queue::MISTAKE,
    write_under_lock::MISTAKE,
    both_clean_up::MISTAKE,
    endless_line::MISTAKE,
];

/// Says of each of these mistakes what it is and where, and what its check says now. Without a name, it lists them all.
///
/// # Errors
/// There is no such mistake, or stdout cannot be written to.
pub fn broken(mistakes: &[String]) -> io::Result<()> {
    let stdout = &mut io::stdout().lock();
    if mistakes.is_empty() {
        return list(stdout);
    }
    // A name that is wrong is told before anything is checked.
    let mistakes: Vec<&Mistake> = mistakes
        .iter()
        .map(|name| named(name))
        .collect::<Result<_, _>>()?;
    for mistake in mistakes {
        tell(mistake, stdout)?;
    }
    Ok(())
}

/// Says of each mistake whether it is mended.
///
/// # Errors
/// One of them is not, or stdout cannot be written to.
pub fn check() -> io::Result<()> {
    let stdout = &mut io::stdout().lock();
    let mut left = 0;
    for mistake in ALL {
        match mistake.check(Way::Broken) {
            Ok(()) => writeln!(stdout, "mended      {}", mistake.name)?,
            Err(wrong) => {
                left += 1;
                writeln!(stdout, "not mended  {}: {}", mistake.name, wrong.came)?;
            }
        }
    }
    match left {
        0 => writeln!(stdout, "\nAll {} are mended.", ALL.len()),
        _ => Err(io::Error::other(format!(
            "{left} of {} mistakes are still to be mended",
            ALL.len()
        ))),
    }
}

fn named(name: &str) -> io::Result<&'static Mistake> {
    let found = ALL.iter().find(|mistake| mistake.name == name);
    found.ok_or_else(|| {
        let known: Vec<&str> = ALL.iter().map(|mistake| mistake.name).collect();
        texts::unknown("a mistake", name, &known)
    })
}

fn list(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "The classic mistakes:\n")?;
    for Mistake { name, title, .. } in ALL {
        writeln!(out, "  {name:<18}  {title}")?;
    }
    writeln!(
        out,
        "\n`lab broken NAME` says what one of them is, and runs the check that fails.\n\
         `lab check` says of each whether you have mended it."
    )
}

fn tell(mistake: &Mistake, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}: {}\n", mistake.name, mistake.title)?;
    for line in mistake.about {
        writeln!(out, "  {line}")?;
    }
    writeln!(
        out,
        "\n  File:  {}, which says how to see it by hand",
        mistake.file
    )?;
    writeln!(out, "  Place: {}, the arm `Way::Broken`", mistake.place)?;
    writeln!(out, "  Sign:  {}\n", mistake.sign)?;
    // The check may take a second: what has been said so far can be read meanwhile.
    out.flush()?;
    match mistake.check(Way::Broken) {
        Ok(()) => writeln!(out, "  Its check passes: you have mended it.\n"),
        Err(Wrong { expected, came }) => writeln!(
            out,
            "  Its check FAILS.\n    expected: {expected}\n    came:     {came}\n\n\
             \x20 Mend that arm, then see whether it holds:\n    \
             cargo run --release --bin lab -- check\n"
        ),
    }
}
