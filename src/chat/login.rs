//! The first part of every conversation: somebody has no name yet and is asked for one. The other half of [`Hub`].

use super::hub::{Client, Standing};
use super::{
    ClientId, Command, DisconnectReason, Effect, Hub, Line, Message, Name, Notable, Request, Time,
};
use crate::config::limits::NAME_REFUSALS_MAX;

impl Hub {
    /// A line from somebody who has no name yet: a name, or one of the few commands that make sense without one.
    pub(super) fn unnamed_line(
        &mut self,
        now: Time,
        client: ClientId,
        line: Line,
        effects: &mut Vec<Effect>,
    ) {
        match Command::parse(line.clone(), false) {
            // An empty line asks again, and is no refusal.
            Command::Empty => self.say(client, Message::InputUsername, effects),
            Command::Do(Request::Chat { .. }) => self.choose_name(now, client, &line, effects),
            Command::Do(Request::Help { .. }) => {
                self.say(
                    client,
                    Message::Help {
                        operator: false,
                        about: None,
                    },
                    effects,
                );
                self.say(client, Message::InputUsername, effects);
            }
            Command::Do(Request::Quit) => self.quit(now, client, effects),
            Command::Do(_) => {
                self.say(client, Message::NameFirst, effects);
                self.say(client, Message::InputUsername, effects);
            }
            // What is meant as a command is never taken for a name. What cannot be done here counts like a refused name.
            Command::OperatorsOnly => {
                self.refuse_name(now, client, Message::NameFirst, effects);
            }
            Command::TypeInFull(word) => {
                self.refuse_name(now, client, Message::TypeInFull(word), effects)
            }
            Command::Misused(word) => {
                self.refuse_name(now, client, Message::Misused(word), effects);
            }
            Command::Ambiguous(word, candidates) => {
                self.refuse_name(
                    now,
                    client,
                    Message::AmbiguousCommand { word, candidates },
                    effects,
                );
            }
            Command::Unknown { word, near } => {
                self.refuse_name(now, client, Message::UnknownCommand { word, near }, effects)
            }
        }
    }

    fn choose_name(&mut self, now: Time, client: ClientId, line: &Line, effects: &mut Vec<Effect>) {
        let name = match Name::parse(line) {
            Ok(name) => name,
            Err(refusal) => {
                effects.push(Effect::Log(Notable::NameRefused {
                    client,
                    refusal: refusal.clone(),
                }));
                return self.refuse_name(now, client, Message::NameRefused(refusal), effects);
            }
        };
        if let Some(by) = self
            .names
            .get(name.key())
            .and_then(|&holder| self.name_of(holder))
        {
            effects.push(Effect::Log(Notable::NameTaken {
                client,
                by: by.clone(),
            }));
            let message = Message::NameTaken {
                wanted: name.shown().clone(),
                by,
            };
            return self.refuse_name(now, client, message, effects);
        }
        self.names.insert(name.key().clone(), client);
        self.say(client, Message::YourNameIs(name.shown().clone()), effects);
        self.join(
            now,
            client,
            name.shown().clone(),
            Some(name.key().clone()),
            effects,
        );
    }

    /// Says why a name is none and asks again, unless that was the last try.
    pub(super) fn refuse_name(
        &mut self,
        now: Time,
        client: ClientId,
        why: Message,
        effects: &mut Vec<Effect>,
    ) {
        let Some(Client {
            standing: Standing::Unnamed { refusals },
            ..
        }) = self.clients.get_mut(&client)
        else {
            return;
        };
        *refusals += 1;
        let last = *refusals >= NAME_REFUSALS_MAX;
        self.say(client, why, effects);
        if last {
            self.say(client, Message::TooManyNames, effects);
            self.dismiss(now, client, DisconnectReason::NamesRefused, effects);
        } else {
            self.say(client, Message::InputUsername, effects);
        }
    }
}
