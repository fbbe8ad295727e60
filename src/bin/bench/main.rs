//! The benchmark: the same work for this server and for others, side by side.
#![allow(dead_code)]

mod dialect;
mod floor;
mod peers;
mod record;
mod report;

fn main() {}
