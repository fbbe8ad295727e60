//! Load for a chat server, and what it costs: the half of the benchmark that the lab has too.
//!
//! | file | what it holds |
//! |---|---|
//! | `crowd` | thousands of clients in one thread |
//! | `dialect`, `names` | how one talks to a server; to this one |
//! | `cost`, `latencies` | what is read of a process and of a clock |
//! | `plot` | the plots of the benchmark and the lab |

pub mod cost;
pub mod crowd;
pub mod dialect;
pub mod latencies;
mod names;
pub mod plot;

pub use names::Names;
