//! The signals that a process ignores because its parent did.

use std::fs;

/// Whether this process ignores the signal, as it may have been told to by its parent. Bit n−1 of the kernel's mask is for
/// signal n.
pub fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
