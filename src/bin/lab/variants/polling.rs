//! TODO

use std::io;
use std::net::TcpListener;

use super::{Knobs, Variant};

/// See the module.
pub const VARIANT: Variant = Variant {
    name: "polling",
    about: "to be written",
    cannot: &[],
    serve,
};

fn serve(_listener: TcpListener, _knobs: &Knobs) -> io::Result<()> {
    Err(io::Error::other("to be written"))
}
