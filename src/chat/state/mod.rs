//! The state of the chat, in three parts. Their fields are private, and their methods keep the invariants.
//!
//! | part | what it holds |
//! |---|---|
//! | [`People`] | connections, names, and the order in which people joined |
//! | [`Rooms`] | rooms, their members and their history |
//! | [`Extras`] | the state of features beyond the classic chat: bans, mutes, ignore lists, words and held names, lookups in the history on disk, a planned shutdown, folded announcements |

mod bans;
mod extras;
mod folded;
mod history;
mod ignores;
mod lookups;
mod password_attempts;
mod people;
mod reclaims;
mod rooms;
mod sorted;

pub use extras::{Extras, PlannedShutdown, ban_notice};
pub use folded::{Movement, Scope};
pub use lookups::{Asked, Lookup, Page};
pub use people::{People, Person, all_but};
pub use reclaims::Held;
pub use rooms::{LOBBY, LOBBY_NAME, Room, RoomId, Rooms};
