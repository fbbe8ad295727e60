//! Every request, and where it is done: the one list of all that people can ask for. A further part of [`Hub`].

use super::reaction::Reaction;
use super::saying::Saying;
use super::{ChatError, ClientId, Effect, Hub, LogEvent, Manner, Message, Request};

impl Hub {
    /// Does what somebody who is in the chat asks for. Each request has one answer, but for a line that is said to a
    /// room, which needs none.
    pub(super) fn request(&mut self, client: ClientId, request: Request, out: &mut Reaction) {
        if request.is_operators() && !self.is_operator(client) {
            out.log(LogEvent::NotOperator { client });
            return out.refuse(client, ChatError::NotOperator);
        }
        match request {
            Request::Connect { .. } => out.refuse(client, ChatError::AlreadyConnected),
            Request::Chat {
                target,
                text,
                sent_at,
            } => {
                let saying = Saying {
                    manner: Manner::Chat,
                    text,
                    sent_at,
                };
                self.say(client, target, saying, out);
            }
            Request::Me {
                target,
                text,
                sent_at,
            } => {
                let saying = Saying {
                    manner: Manner::Me,
                    text,
                    sent_at,
                };
                self.say(client, target, saying, out);
            }
            Request::Private { to, text, sent_at } => {
                let saying = Saying {
                    manner: Manner::Private,
                    text,
                    sent_at,
                };
                let names: Vec<&str> = to.iter().map(String::as_str).collect();
                self.say_to_named(client, &names, saying, out);
            }
            Request::Reply { text } => self.reply(client, text, out),
            Request::Join { room, history } => self.join_room(client, room, history, out),
            Request::Part { room } => self.part_room(client, room, out),
            Request::Topic { room, topic } => self.topic(client, room, topic, out),
            Request::Nick { name } => self.nick(client, &name, out),
            Request::Away { why } => self.away(client, why, out),
            Request::Back => self.back(client, out),
            Request::Ignore { name } => self.ignore(client, name, out),
            Request::Unignore { name } => self.unignore(client, name, out),
            Request::Quiet { on } => self.quiet(client, on, out),
            Request::Timestamps { show } => self.timestamps(client, show, out),
            Request::Help { about } => self.help(client, about, out),
            Request::Who { room } => self.who(client, room, out),
            Request::Rooms => self.list_rooms(client, out),
            Request::Whois { name } => self.whois(client, name, out),
            Request::History { room, range, limit } => {
                self.history(client, room, range, limit, out);
            }
            Request::Ping => out.answer(client, Message::Pong),
            Request::Quit => self.quit(client, out),
            Request::Op { word } => self.become_operator(client, &word, out),
            Request::Kick { name, why } => self.kick(client, name, why, out),
            Request::Ban {
                whom,
                duration,
                why,
            } => self.ban(client, &whom, duration, why, out),
            Request::Unban { whom } => self.unban(client, whom, out),
            Request::Bans => self.list_bans(client, out),
            Request::Mute { name } => self.mute(client, name, true, out),
            Request::Unmute { name } => self.mute(client, name, false, out),
            Request::Motd { text } => self.motd(client, text, out),
            Request::Threads => {
                let tag = out.take_tag();
                out.push(Effect::TellThreads { client, tag });
            }
            Request::Shutdown { after, why } => self.plan_end(client, after, why, out),
            Request::CancelShutdown => self.cancel_end(client, out),
        }
    }
}
