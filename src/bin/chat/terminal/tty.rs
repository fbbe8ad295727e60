//! The terminal's modes. They outlive the process, so they are restored however it ends.

use std::io::{self, IsTerminal as _};
use std::panic;
use std::sync::Once;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{
    self, InputModes, LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios,
};
use signal_hook::consts::SIGQUIT;
use signal_hook::low_level::emulate_default_handler;

/// Switches on bracketed paste, which distinguishes pasted line ends from the Enter key, and focus reports.
const REPORTS_ON: &str = "\u{1b}[?2004h\u{1b}[?1004h";
const REPORTS_OFF: &str = "\u{1b}[?2004l\u{1b}[?1004l";
/// The size of one read, which is all that the kernel keeps for a terminal.
const READ_BYTES: usize = 4096;
/// The columns and rows to assume if the terminal does not report its size.
const SIZE_UNKNOWN: (usize, usize) = (80, 24);
/// Terminals without cursor movement.
const DUMB_TERMINALS: [&str; 3] = ["dumb", "cons25", "emacs"];

/// The terminal's original modes, while the client has set its own.
static ORIGINAL: Mutex<Option<Termios>> = Mutex::new(None);

/// Returns whether stdin and stdout are a terminal on which lines can be edited.
pub fn is_capable() -> bool {
    let term = std::env::var("TERM").unwrap_or_default();
    io::stdin().is_terminal() && io::stdout().is_terminal() && can_edit(&term)
}

fn can_edit(term: &str) -> bool {
    let is_dumb = DUMB_TERMINALS.iter().any(|name| name.eq_ignore_ascii_case(term));
    !term.is_empty() && !is_dumb
}

/// Delivers keys one by one and without echo, and Ctrl-C, Ctrl-Z and Ctrl-\ as keys instead of signals. A line feed
/// still begins a new row.
///
/// # Errors
///
/// The system call failed; `EIO` means that the terminal has gone.
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

/// Restores the terminal. May be called at any time, from any thread, and more than once.
pub fn leave() {
    let Some(original) = ORIGINAL.lock().take() else {
        return;
    };
    // In the background, the shell has set its own modes, and a process that changes them is stopped.
    if is_foreground() {
        // A terminal that has gone needs no modes.
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &original);
    }
    if takes_text() {
        write(REPORTS_OFF);
    }
}

/// Returns whether the terminal accepts output now. A write to a stuck terminal would keep the process from ending.
fn takes_text() -> bool {
    let stdout = io::stdout();
    let mut ready = [PollFd::new(&stdout, PollFlags::OUT)];
    poll(&mut ready, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// Discards keys that were typed but not read. Otherwise the shell would run the rest of a paste.
pub fn forget_typed() {
    if ORIGINAL.lock().is_some() && is_foreground() {
        let _ = termios::tcflush(io::stdin(), QueueSelector::IFlush);
    }
}

/// Installs a panic hook that restores the terminal before the message is printed.
pub fn leave_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            leave();
            if takes_text() {
                // The message begins on a new row.
                write("\r\n");
            }
            previous(info);
        }));
    });
}

/// Restores the terminal and ends the process, as Ctrl-\ does in other programs. Returns only if that fails.
pub fn quit() {
    leave();
    let _ = emulate_default_handler(SIGQUIT);
}

/// Waits until there is something to read. Returns whether there is: without it, the time has passed.
///
/// # Errors
///
/// The terminal has gone, and a read would return nothing, again and again.
pub fn wait_for_keys(time: Option<Duration>) -> io::Result<bool> {
    let stdin = io::stdin();
    let mut keys = [PollFd::new(&stdin, PollFlags::IN)];
    let time = time.map(|time| Timespec::try_from(time).expect("a timeout of seconds fits"));
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    loop {
        match poll(&mut keys, time.as_ref()) {
            Ok(_) if keys[0].revents().intersects(gone) => return Err(Errno::IO.into()),
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads what the terminal has sent.
///
/// # Errors
///
/// The terminal has gone.
pub fn read() -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; READ_BYTES];
    loop {
        match rustix::io::read(io::stdin(), &mut bytes) {
            Ok(0) => return Err(Errno::IO.into()),
            Ok(length) => {
                bytes.truncate(length);
                return Ok(bytes);
            }
            // Another process may have taken the keys, or left the terminal non-blocking.
            Err(Errno::AGAIN) => return Ok(Vec::new()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Returns whether the process is in the foreground.
pub fn is_foreground() -> bool {
    termios::tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp())
}

/// The number of columns and rows of the screen.
pub fn size() -> (usize, usize) {
    let size = termios::tcgetwinsize(io::stdout());
    let known = |count: u16, unknown| if count == 0 { unknown } else { usize::from(count) };
    size.map_or(SIZE_UNKNOWN, |size| {
        (known(size.ws_col, SIZE_UNKNOWN.0), known(size.ws_row, SIZE_UNKNOWN.1))
    })
}

/// Writes to the terminal without the standard library's lock, since a thread that panics must not wait for a blocked
/// one. If the terminal has gone, the write is ignored: the thread that reads from the terminal notices.
pub fn write(text: &str) {
    let mut bytes = text.as_bytes();
    while !bytes.is_empty() {
        match rustix::io::write(io::stdout(), bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            // Another program may have left the terminal non-blocking.
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
