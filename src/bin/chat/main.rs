//! The terminal client: `chat luca chat://localhost:1337`.

mod client;

fn main() {}
