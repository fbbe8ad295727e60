//! Parts that several sentences share.

use crate::chat::Removal;

/// By whom and why somebody was made to go, behind a line that says they have.
pub(super) fn removal(removed: Option<&Removal>) -> String {
    removed.map_or_else(String::new, |Removal { banned, by, why }| {
        let done = if *banned { "banned" } else { "kicked" };
        format!(": {done} by {by}{}", because(why.as_deref()))
    })
}

/// A reason, where one was told.
pub(super) fn because(why: Option<&str>) -> String {
    why.map_or_else(String::new, |why| format!(" ({why})"))
}

pub(super) fn have(count: usize) -> &'static str {
    if count == 1 { "has" } else { "have" }
}

pub(super) fn clients_have(count: usize) -> String {
    format!(
        "{count} {} {}",
        if count == 1 { "client" } else { "clients" },
        have(count)
    )
}
