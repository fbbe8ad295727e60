//! The floors: this same program, asked to be a server.

use std::env;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use clap::ValueEnum;

use super::running::Running;
use crate::floor::{Floor, GREETING, Sends};
use chatserv::load::dialect::{Dialect, Role};

/// The command by which this program becomes a floor.
pub const COMMAND: &str = "floor";

/// What stands before each payload, as a name does in a chat: with it a floor delivers as many bytes as `chatserv`.
const PREFIX: &[u8] = b"s00001 : ";

/// How this program is asked to be a floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
pub struct Arguments {
    /// When it sends
    #[arg(long)]
    pub sends: Sends,
}

/// Becomes a floor on a free port of 127.0.0.1, whose number is the first line on stdout. Serves until it is killed.
///
/// # Errors
/// What the kernel says.
pub fn serve(arguments: Arguments) -> io::Result<()> {
    let floor = Floor::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), arguments.sends)?;
    writeln!(io::stdout(), "{}", floor.address()?.port())?;
    floor.run()
}

/// Its version: that of this package.
pub fn version() -> String {
    format!("of this benchmark {}", env!("CARGO_PKG_VERSION"))
}

/// Starts this program once more, as a floor.
///
/// # Errors
/// It does not begin.
pub fn start(sends: Sends) -> io::Result<Running> {
    let mut command = Command::new(env::current_exe()?);
    command.args(words(sends));
    Running::that_says_its_port(command, tempfile::tempdir()?)
}

/// The command line of a floor, without the program.
fn words(sends: Sends) -> [String; 3] {
    let sends = sends
        .to_possible_value()
        .expect("no way to send is hidden from the command line");
    [
        COMMAND.to_owned(),
        "--sends".to_owned(),
        sends.get_name().to_owned(),
    ]
}

/// A greeting, then lines.
#[derive(Debug)]
pub struct Lines;

impl Dialect for Lines {
    fn log_in(
        &self,
        step: usize,
        _name: &str,
        _role: Role,
        _out: &mut Vec<u8>,
    ) -> Option<&'static [u8]> {
        (step == 0).then_some(GREETING)
    }

    fn say(&self, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(PREFIX);
        out.extend_from_slice(payload);
        out.extend_from_slice(b"\r\n");
    }

    fn speakers_hear(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Arguments, COMMAND, words};
    use crate::floor::Sends;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn what_is_asked_is_what_is_understood() {
        for sends in [Sends::Gathered, Sends::Each] {
            let [command, flag, value] = words(sends);
            assert_eq!(command, COMMAND);
            // The command stands where a program's own name would.
            let line = Line::try_parse_from([command, flag, value]).expect("all is known");
            assert_eq!(line.arguments, Arguments { sends });
        }
    }
}
