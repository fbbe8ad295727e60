//! The terminal client: `chat luca chat://localhost:1337`.

mod client;
mod terminal;

fn main() {}
