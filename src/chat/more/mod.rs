//! Features beyond the classic chat. Their requests come here through one `match` arm of the Hub, [`Hub::more`]; beside it,
//! the Hub calls `found`, `help`, `reload`, `shut_down`, `check_planned_shutdown`, `release_names`, `machine_gone` and
//! `dismiss_for_restart`, and `login` calls `reclaim`.
//!
//! | file | feature |
//! |---|---|
//! | `lists` | `/help`, `/who`, `/whois`, `/rooms`, `/topic` |
//! | `history` | `/history`, `/search`, and what the history on disk finds |
//! | `presence` | `/nick`, `/away`, `/back`, `/quiet`, `/timestamp` |
//! | `private` | `/msg`, `/reply` |
//! | `ignore` | `/ignore`, `/unignore` |
//! | `reclaim` | `/reclaim`, and names that are taken back after the connection was lost |
//! | `operators` | `/op`, `/kick`, `/mute`, `/unmute`, `/motd`, and changed settings (`/threads` is an effect) |
//! | `ban` | `/ban`, `/unban`, `/bans` |
//! | `glass` | the glass view, and lines that are followed on their way |
//! | `restart` | the restart of a server whose people go on elsewhere |
//! | `machine` | a node that is gone, in a chat on several |
//! | `shutdown` | `/shutdown`, now or later |
//! | `typed` | lines that somebody has typed into a program |

mod ban;
mod glass;
mod history;
mod ignore;
mod lists;
mod machine;
mod operators;
mod presence;
mod private;
mod reclaim;
mod restart;
mod shutdown;
mod typed;

use std::sync::Arc;

use super::client::ClientId;
use super::error::ChatError;
use super::event::{Effect, Reaction};
use super::hub::Hub;
use super::log_event::LogEvent;
use super::message::{Draft, Manner, Message};
use super::request::Request;
use crate::config::limits::NOTE_BYTES_MAX;
use history::Typed;

impl Hub {
    /// Carries out a request that the classic chat does not have.
    pub(super) fn more(&mut self, client: ClientId, request: Request, out: &mut Reaction) {
        if request.is_for_operators() && !self.is_operator(client) {
            out.log(LogEvent::NotOperator { client });
            return out.refuse(client, ChatError::NotOperator);
        }
        match request {
            Request::Private { to, text, sent_at } => {
                self.say_to_named(
                    client,
                    &to,
                    Draft { manner: Manner::Private, text, sent_at },
                    out,
                );
            }
            Request::Reply { text } => self.reply(client, text, out),
            Request::Topic { room, topic } => self.topic(client, room, topic, out),
            Request::Nick { name } => self.nick(client, &name, out),
            Request::Away { reason } => self.away(client, reason, out),
            Request::Back => self.back(client, out),
            Request::Ignore { name: Some(name) } => self.ignore(client, name, out),
            Request::Ignore { name: None } => {
                let names = self.extras.ignores.names(client, &self.people);
                out.answer(client, Message::Ignoring(names));
            }
            Request::Unignore { name } => self.unignore(client, name, out),
            Request::Quiet { on } => self.quiet(client, on, out),
            Request::Timestamps { show } => self.timestamps(client, show, out),
            Request::Help { about } => self.help(client, about, out),
            Request::Who { room } => self.who(client, room, out),
            Request::Rooms => self.list_rooms(client, out),
            Request::Whois { name } => self.whois(client, name, out),
            Request::History { room, range, limit } => {
                self.history(client, room, range, limit, out)
            }
            Request::Typed { line, room, sent_at } => self.typed(client, line, room, sent_at, out),
            Request::Search { words, from, room, before, cursor, limit } => {
                self.search(client, Typed { words, from, room, before, cursor, limit }, out)
            }
            Request::Reclaim => self.tell_reclaim_word(client, out),
            Request::Op { password } => self.become_operator(client, &password, out),
            Request::Kick { name, reason } => self.kick(client, name, reason, out),
            Request::Ban { target, duration, reason } => {
                self.ban(client, &target, duration, reason, out)
            }
            Request::Unban { target } => self.unban(client, target, out),
            Request::Bans => self.list_bans(client, out),
            Request::Mute { name } => self.mute(client, name, true, out),
            Request::Unmute { name } => self.mute(client, name, false, out),
            Request::Motd { text } => self.motd(client, text, out),
            Request::Threads => {
                let tag = out.take_tag();
                out.push(Effect::AnswerThreads { client, tag });
            }
            Request::Glass => self.glass(client, out),
            Request::Follow { target, text, moments } => {
                self.follow(client, target, text, *moments, out);
            }
            Request::Shutdown { after, reason } => self.plan_shutdown(client, after, reason, out),
            Request::CancelShutdown => self.cancel_shutdown(client, out),
            Request::Chat { .. }
            | Request::Me { .. }
            | Request::Connect { .. }
            | Request::Join { .. }
            | Request::Part { .. }
            | Request::Ping
            | Request::Quit => debug_assert!(false, "`Hub::request` carries out {request:?}"),
        }
    }

    /// Logs what an operator does.
    fn log_operation(
        &self,
        client: ClientId,
        what: &'static str,
        target: &str,
        reason: Option<Arc<str>>,
        out: &mut Reaction,
    ) {
        if let Some(by) = self.people.name(client) {
            out.log(LogEvent::Operated { by, what, target: target.to_owned(), reason });
        }
    }
}

/// A topic, a reason or an away message. An empty one counts as none.
///
/// # Errors
/// It is longer than [`NOTE_BYTES_MAX`].
fn note(typed: Option<String>) -> Result<Option<Arc<str>>, ChatError> {
    match typed.filter(|typed| !typed.is_empty()) {
        Some(typed) if typed.len() > NOTE_BYTES_MAX => {
            Err(ChatError::TextTooLong { bytes_max: NOTE_BYTES_MAX })
        }
        typed => Ok(typed.map(Into::into)),
    }
}
