//! The exit status of the client.

use std::panic;
use std::process::{self, ExitCode};

use crate::client::Ending;

/// The exit status, which `chat --help` documents too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The user has left, and everything was delivered.
    Left = 0,
    /// The client could not do what the user wanted, and has said why.
    Refused = 1,
    /// An argument or the config file is wrong, and nothing was tried.
    Misused = 2,
    /// A line that was typed or piped was not delivered.
    Undelivered = 3,
    /// A bug of this program. (`EX_SOFTWARE` of sysexits.h.)
    Panicked = 70,
    /// A second Ctrl-C ended the client at once. A shell reports this status for a program that SIGINT has killed.
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

/// Installs a panic hook that ends the process: without one of its threads, the client would only seem to run. The
/// terminal installs another hook, which runs before this one and restores the terminal.
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

    /// Tells the child process that it is the one to panic.
    const IS_TO_PANIC: &str = "CHAT_TEST_IS_TO_PANIC";

    #[test]
    fn a_panic_in_any_thread_ends_the_process() {
        if env::var_os(IS_TO_PANIC).is_some() {
            end_with_any_panic();
            let faulty = thread::spawn(|| panic!("a fault of this test"));
            let _ = faulty.join();
            // Joining a panicked thread returns an error, and the process would continue. With the hook, it does not
            // get here.
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
