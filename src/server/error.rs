//! Why a server cannot start.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use rustix::io::Errno;

use crate::config::ConfigError;

/// Why a server cannot start.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names of the fields say what they hold")]
pub enum StartError {
    /// The server cannot listen on an address, which these flags have set.
    Bind { address: SocketAddr, port_flag: &'static str, bind_flag: &'static str, error: io::Error },
    /// This limit of the system leaves no room for one client.
    Capacity(String),
    /// A file that a setting names cannot be used.
    File(ConfigError),
    /// The server cannot take part in the chat of several machines.
    Cluster(String),
    /// A thread that the server needs cannot be started.
    Thread(io::Error),
}

impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> Self {
        Self::File(error)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind { address, port_flag, bind_flag, error } => {
                write!(f, "cannot listen on {address}: ")?;
                match error.kind() {
                    ErrorKind::AddrInUse => write!(
                        f,
                        "another program uses this port. Stop it, or choose another with {port_flag}"
                    ),
                    ErrorKind::PermissionDenied => write!(
                        f,
                        "ports below 1024 need special rights. Choose a higher one with {port_flag}"
                    ),
                    ErrorKind::AddrNotAvailable => write!(
                        f,
                        "this machine has no such address. Choose one of its own with {bind_flag}, or 0.0.0.0 for all"
                    ),
                    _ => error.fmt(f),
                }
            }
            Self::Capacity(limit) => {
                write!(f, "not even one client fits: {limit}. Raise that limit")
            }
            Self::File(error) => error.fmt(f),
            Self::Cluster(what) => write!(f, "cluster: {what}"),
            Self::Thread(error) => {
                let is_descriptor = error.raw_os_error() == Some(Errno::MFILE.raw_os_error());
                let limit = if is_descriptor {
                    "descriptors (ulimit -n)"
                } else {
                    "threads (ulimit -u, cgroup pids.max)"
                };
                write!(f, "cannot start a thread: {error}. Raise the limit on {limit}")
            }
        }
    }
}

impl Error for StartError {}
