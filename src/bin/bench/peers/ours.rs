//! `chatserv`, with all that it does by default except the limit on how fast one may speak.

use std::env;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use chatserv::config::DeliveryPolicy as Delivery;
use clap::ValueEnum;

use super::running::Running;
use super::{Demand, program};

/// Places for those whose connections are just ending, beyond the people of a workload.
const SPARE: usize = 100;

/// The names of the environment's variables that would change its settings begin so.
const VARIABLES: &str = "CHATSERV_";

/// The program that was built together with this one.
fn find() -> Result<PathBuf, String> {
    let this = env::current_exe().map_err(|error| error.to_string())?;
    // Tests lie one folder deeper.
    this.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("chatserv"))
        .find(|file| file.is_file())
        .ok_or_else(|| "chatserv is missing: cargo build --release --bin chatserv".to_owned())
}

/// Its version.
///
/// # Errors
/// It is not built.
pub fn version() -> Result<String, String> {
    program::version(&find()?)
}

/// Starts it.
///
/// # Errors
/// It is not built, or does not begin.
pub fn start(delivery: Delivery, demand: Demand) -> io::Result<Running> {
    let mut command = Command::new(find().map_err(io::Error::other)?);
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with(VARIABLES) {
            command.env_remove(name);
        }
    }
    let delivery = delivery
        .to_possible_value()
        .expect("no policy is hidden from the command line");
    command
        .args(["--port", "0", "--bind", "127.0.0.1", "--rate-limit", "off"])
        .args(["--delivery", delivery.get_name()])
        .arg("--max-clients")
        .arg((demand.people + SPARE).to_string());
    Running::that_says_its_port(command, tempfile::tempdir()?)
}
