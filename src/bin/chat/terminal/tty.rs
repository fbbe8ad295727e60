//! The terminal's modes, which outlive the program: whatever happens, they are put back.

use std::io::{self, IsTerminal as _};
use std::panic;
use std::sync::Once;

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{
    self, InputModes, LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios,
};
use signal_hook::consts::SIGQUIT;
use signal_hook::low_level::emulate_default_handler;

/// A paste comes between two marks, so that its line ends can be told from the Enter key, and the terminal says when its
/// window gets the focus and loses it.
const REPORTS_ON: &str = "\u{1b}[?2004h\u{1b}[?1004h";
const REPORTS_OFF: &str = "\u{1b}[?2004l\u{1b}[?1004l";
/// The columns and rows of a screen that does not say how large it is.
const SIZE_UNKNOWN: (usize, usize) = (80, 24);
/// Terminals whose cursor cannot be moved.
const DUMB_TERMINALS: [&str; 3] = ["dumb", "cons25", "emacs"];

/// The modes that the terminal had before, while it has others.
static ORIGINAL: Mutex<Option<Termios>> = Mutex::new(None);

/// Whether a person sits at a terminal on which lines can be edited.
pub fn is_capable() -> bool {
    let term = std::env::var("TERM").unwrap_or_default();
    io::stdin().is_terminal() && io::stdout().is_terminal() && can_edit(&term)
}

fn can_edit(term: &str) -> bool {
    let is_dumb = DUMB_TERMINALS.iter().any(|name| name.eq_ignore_ascii_case(term));
    !term.is_empty() && !is_dumb
}

/// Has keys come one by one, unseen, and Ctrl-C, Ctrl-Z and Ctrl-\ as keys. A line feed still begins a row.
///
/// # Errors
///
/// What the kernel says; `EIO` after the terminal has gone.
pub fn enter() -> io::Result<()> {
    let mut original = ORIGINAL.lock();
    let modes = match original.as_ref() {
        Some(modes) => modes.clone(),
        None => termios::tcgetattr(io::stdin())?,
    };
    termios::tcsetattr(io::stdin(), OptionalActions::Now, &by_keys(&modes))?;
    if original.is_none() {
        *original = Some(modes);
    }
    write(REPORTS_ON);
    Ok(())
}

fn by_keys(original: &Termios) -> Termios {
    let mut modes = original.clone();
    modes.input_modes -= InputModes::BRKINT
        | InputModes::ICRNL
        | InputModes::INPCK
        | InputModes::ISTRIP
        | InputModes::IXON;
    modes.local_modes -=
        LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN | LocalModes::ISIG;
    modes.special_codes[SpecialCodeIndex::VMIN] = 1;
    modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    modes
}

/// Gives the terminal back as it was. May be called at any time, from any thread, and more than once.
pub fn leave() {
    let Some(original) = ORIGINAL.lock().take() else {
        return;
    };
    // In the background the shell has set its own modes, and who touches them is stopped.
    if is_foreground() {
        // A terminal that has gone needs no modes.
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &original);
    }
    if takes_text() {
        write(REPORTS_OFF);
    }
}

/// Whether the terminal takes something now. One that is stuck would keep the whole program from ending.
fn takes_text() -> bool {
    let stdout = io::stdout();
    let mut ready = [PollFd::new(&stdout, PollFlags::OUT)];
    poll(&mut ready, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// Throws away what was typed into the chat and has not been read: the shell would run the rest of a paste.
pub fn forget_typed() {
    if ORIGINAL.lock().is_some() && is_foreground() {
        let _ = termios::tcflush(io::stdin(), QueueSelector::IFlush);
    }
}

/// Has a panic, of whatever thread, give the terminal back before it says what happened.
pub fn leave_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            leave();
            if takes_text() {
                // The message begins a row of its own.
                write("\r\n");
            }
            previous(info);
        }));
    });
}

/// Gives the terminal back and ends the process, as Ctrl-\ does elsewhere. Returns only if that fails.
pub fn quit() {
    leave();
    let _ = emulate_default_handler(SIGQUIT);
}

/// Waits until there is something to read.
///
/// # Errors
///
/// The terminal has gone: then a read would return nothing, again and again.
pub fn wait_for_keys() -> io::Result<()> {
    let stdin = io::stdin();
    let mut keys = [PollFd::new(&stdin, PollFlags::IN)];
    loop {
        match poll(&mut keys, None) {
            Ok(_)
                if keys[0]
                    .revents()
                    .intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) =>
            {
                return Err(Errno::IO.into());
            }
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether the shell lets this program have the terminal.
pub fn is_foreground() -> bool {
    termios::tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp())
}

/// How many columns and rows the screen has.
pub fn size() -> (usize, usize) {
    let size = termios::tcgetwinsize(io::stdout());
    let known = |count: u16, unknown| if count == 0 { unknown } else { usize::from(count) };
    size.map_or(SIZE_UNKNOWN, |size| {
        (known(size.ws_col, SIZE_UNKNOWN.0), known(size.ws_row, SIZE_UNKNOWN.1))
    })
}

/// Writes to the terminal, past the standard library's lock: a thread that panics must not wait for one that cannot go
/// on. A terminal that has gone takes nothing, and the thread that reads from it will notice.
pub fn write(text: &str) {
    let mut bytes = text.as_bytes();
    while !bytes.is_empty() {
        match rustix::io::write(io::stdout(), bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            // A program before this one may have left the terminal non-blocking.
            Err(Errno::AGAIN) => {
                let stdout = io::stdout();
                let _ = poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], None);
            }
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_edited_where_a_cursor_can_be_moved() {
        for term in ["xterm-256color", "tmux", "linux", "vt100", "emacs-like"] {
            assert!(can_edit(term), "{term}");
        }
        for term in ["", "dumb", "DUMB", "cons25", "emacs"] {
            assert!(!can_edit(term), "{term}");
        }
    }
}
