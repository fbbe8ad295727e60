//! The load generator, the costs of a process, and the plots, for the benchmark and the lab.
//!
//! | file | what it holds |
//! |---|---|
//! | `crowd` | thousands of clients in one thread |
//! | `dialect` | the protocol of a server |
//! | `cost`, `latencies` | what is measured |
//! | `plot` | figures in a terminal, as SVG and as CSV |

pub mod cost;
pub mod crowd;
pub mod dialect;
pub mod latencies;
pub mod plot;

pub use dialect::Names;
