//! The commands that the client handles itself, since they concern only its display and its current room.

use chatserv::chat::{commands, near_word, typed_command};

use super::{Bell, Typed};

/// A command of the client, with its help text.
#[derive(Debug)]
pub struct OwnCommand {
    /// The command word, without the slash.
    pub word: &'static str,
    /// The syntax of the arguments, in the style of the server's help.
    pub arguments: &'static str,
    /// A description without a subject and a full stop, in one short sentence.
    pub about: &'static str,
    /// Parses the arguments. Returns `None` if they do not fit.
    read: fn(&str) -> Option<Typed>,
}

pub static OWN_COMMANDS: [OwnCommand; 2] = [
    OwnCommand {
        word: "switch",
        arguments: "[ROOM]",
        about: "goes to another of your rooms",
        read: switch,
    },
    OwnCommand {
        word: "bell",
        arguments: "[on|off|all]",
        about: "sets when the bell rings",
        read: bell,
    },
];

/// Parses a cleaned line, if it is one of the client's own commands.
pub(super) fn understand(text: &str) -> Option<Typed> {
    let typed = typed_command(text)?.trim();
    let end = typed.find(char::is_whitespace).unwrap_or(typed.len());
    let (word, arguments) = typed.split_at(end);
    let own = own_command(word)?;
    let understood = (own.read)(arguments.trim());
    Some(understood.unwrap_or_else(|| {
        let OwnCommand { word, arguments, .. } = own;
        Typed::Refused(format!("Type it like this: /{word} {arguments} (see /help {word})"))
    }))
}

/// Returns the help of one of the client's own commands, which may be abbreviated, with or without the slash. The
/// server does not know these commands.
pub(super) fn help(about: &str) -> Option<Typed> {
    let own = own_command(about.strip_prefix('/').unwrap_or(about))?;
    Some(Typed::Told(format!("/{} {}: {}.", own.word, own.arguments, own.about)))
}

/// The commands that begin with this prefix. The empty prefix matches nothing.
pub(super) fn begun(typed: &str) -> impl Iterator<Item = &'static OwnCommand> {
    let lower = typed.to_ascii_lowercase();
    OWN_COMMANDS.iter().filter(move |own| !lower.is_empty() && own.word.starts_with(&lower))
}

/// Returns the command that was probably meant, if any.
pub(super) fn near(typed: &str) -> Option<&'static str> {
    let words = OWN_COMMANDS.iter().map(|own| own.word);
    near_word(&typed.to_ascii_lowercase(), words)
}

/// Returns the command with this word, or with this abbreviation if no command of the server that is for everybody and
/// gives no way begins like it.
pub fn own_command(typed: &str) -> Option<&'static OwnCommand> {
    let in_full = |own: &&OwnCommand| own.word.eq_ignore_ascii_case(typed);
    OWN_COMMANDS.iter().find(in_full).or_else(|| {
        let lower = typed.to_ascii_lowercase();
        let mut begun = begun(typed);
        let own = begun.next()?;
        let mut servers = commands(false)
            .filter(|help| !help.gives_way)
            .flat_map(|help| std::iter::once(&help.word).chain(help.aliases));
        let is_clear = begun.next().is_none() && !servers.any(|word| word.starts_with(&lower));
        is_clear.then_some(own)
    })
}

/// Parses an optional room, with or without its sign.
fn switch(arguments: &str) -> Option<Typed> {
    if arguments.is_empty() {
        return Some(Typed::Switch(None));
    }
    let room = arguments.strip_prefix('#').unwrap_or(arguments);
    let is_one = !room.is_empty() && !room.contains(char::is_whitespace);
    is_one.then(|| Typed::Switch(Some(room.to_owned())))
}

fn bell(arguments: &str) -> Option<Typed> {
    let bell = match arguments.to_ascii_lowercase().as_str() {
        "" => None,
        "on" => Some(Bell::On),
        "off" => Some(Bell::Off),
        "all" => Some(Bell::All),
        _ => return None,
    };
    Some(Typed::Bell(bell))
}
