//! Lines for messages.

use chatserv::chat::Manner;

use super::super::heard::Said;
use super::super::{Line, Role, times};
use super::calls::mentions;
use super::{Viewer, is_private, is_same};

/// Formats a message: `[12:03] bob: hello`, and its variants.
pub(super) fn line(manner: Manner, said: &Said, viewer: Viewer) -> Line {
    let is_mine = is_same(&said.from, viewer.me);
    let is_private = is_private(manner, said);
    let mut line = Line::default();
    if let Some(stamp) = times::stamp(said, viewer) {
        line = line.with(Role::Time, &format!("{stamp} "));
    }
    if let Some(room) = &said.room
        && !is_private
        && !viewer.room.is_some_and(|here| is_same(here, room))
    {
        line = line.with(Role::Room, &format!("{room} | "));
    }
    // A message to the people it mentions would look like one to a room, so its line begins with the recipients.
    if is_private && manner != Manner::Private {
        let receivers = receivers(said, viewer.me, is_mine);
        line = line.with(Role::Private, &format!("to {receivers} | "));
    }
    if manner == Manner::Me {
        line = line.with(Role::Text, "* ");
    }
    line = line.with(if is_mine { Role::Own } else { Role::Name }, &said.from);
    if manner == Manner::Private {
        line = line.with(Role::Private, &format!(" -> {}", receivers(said, viewer.me, is_mine)));
    }
    let between = if manner == Manner::Me { " " } else { ": " };
    let is_for_me = !is_mine && (is_private || mentions(&said.message, viewer.me));
    let text = if is_for_me { Role::Mention } else { Role::Text };
    let line = line.with(Role::Text, between);
    let indent = line.width();
    line.with(text, &said.message).indented(indent)
}

/// Lists the recipients in the order in which they were named: `you, mom`.
fn receivers(said: &Said, me: &str, is_mine: bool) -> String {
    if said.to.is_empty() {
        return "you".into();
    }
    let names = said.to.iter().map(|name| {
        let is_me = !is_mine && is_same(name, me);
        if is_me { "you" } else { name.as_str() }
    });
    names.collect::<Vec<_>>().join(", ")
}
