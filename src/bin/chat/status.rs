//! How the client has ended, as whoever has started it is told.

use std::panic;
use std::process::{self, ExitCode};

use crate::client::Ending;

/// The exit status. `chat --help` says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// As was wished, with everything delivered.
    Left = 0,
    /// Not as was wished; it has been told why.
    Refused = 1,
    /// An argument or the config file is wrong: nothing was tried.
    Misused = 2,
    /// Something of what was typed did not arrive.
    Undelivered = 3,
    /// A fault of this program. (`EX_SOFTWARE` of sysexits.h.)
    Panicked = 70,
    /// At once, by a second Ctrl-C. As a shell tells it of a program that SIGINT has killed.
    AtOnce = 130,
}

impl From<Ending> for Status {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Left => Self::Left,
            Ending::Refused => Self::Refused,
            Ending::Undelivered => Self::Undelivered,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// Makes a panic in any thread end the process: with one thread less, the client would be a window in which nothing
/// happens any more. The terminal puts a hook of its own before this one, which makes it what it was.
pub fn end_with_any_panic() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        usual(panic);
        process::exit(Status::Panicked as i32);
    }));
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;
    use std::thread;

    use super::*;

    /// Says that this process is the one that is to panic.
    const IS_TO_PANIC: &str = "CHAT_TEST_IS_TO_PANIC";

    #[test]
    fn a_panic_in_any_thread_ends_the_process() {
        if env::var_os(IS_TO_PANIC).is_some() {
            end_with_any_panic();
            let faulty = thread::spawn(|| panic!("a fault of this test"));
            let _ = faulty.join();
            // Whoever joins a thread that has panicked could go on. This one does not get here.
            process::exit(0);
        }
        let name = "status::tests::a_panic_in_any_thread_ends_the_process";
        let ended = Command::new(env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(IS_TO_PANIC, "1")
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(70));
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains("a fault of this test"), "{said}");
    }
}
