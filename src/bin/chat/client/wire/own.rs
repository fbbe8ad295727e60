//! The commands that the client obeys itself, since they are about what it shows and where it speaks.

use chatserv::chat::{commands, near_word, typed_command};

use super::{Bell, Typed};

/// One of the client's own commands, in the words of the help.
#[derive(Debug)]
pub struct OwnCommand {
    /// What is typed behind the slash.
    pub word: &'static str,
    /// What may stand behind the word, written as in the server's help.
    pub arguments: &'static str,
    /// What it does, in one short sentence without its subject and its full stop.
    pub about: &'static str,
    /// Reads what stands behind the word; `None` where that does not fit.
    read: fn(&str) -> Option<Typed>,
}

/// All of them.
pub static OWN_COMMANDS: [OwnCommand; 2] = [
    OwnCommand {
        word: "switch",
        arguments: "[ROOM]",
        about: "speaks in another of your rooms",
        read: switch,
    },
    OwnCommand {
        word: "bell",
        arguments: "[on|off|all]",
        about: "when the bell rings",
        read: bell,
    },
];

/// Understands a clean line, if it is one of the client's own commands.
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

/// The help of one of them, asked for by its word or a beginning, with or without the slash. The server knows nothing
/// of them, so the answer has to come from here.
pub(super) fn help(about: &str) -> Option<Typed> {
    let own = own_command(about.strip_prefix('/').unwrap_or(about))?;
    Some(Typed::Told(format!("/{} {}: {}.", own.word, own.arguments, own.about)))
}

/// Those that begin like this. Every word begins with nothing at all, which is none.
pub(super) fn begun(typed: &str) -> impl Iterator<Item = &'static OwnCommand> {
    let lower = typed.to_ascii_lowercase();
    OWN_COMMANDS.iter().filter(move |own| !lower.is_empty() && own.word.starts_with(&lower))
}

/// The one that was probably meant, if any.
pub(super) fn near(typed: &str) -> Option<&'static str> {
    let words = OWN_COMMANDS.iter().map(|own| own.word);
    near_word(&typed.to_ascii_lowercase(), words)
}

/// The one that is meant by this word: one in full, or the beginning of one of them and of no command of the server's
/// that everybody may use.
pub fn own_command(typed: &str) -> Option<&'static OwnCommand> {
    let in_full = |own: &&OwnCommand| own.word.eq_ignore_ascii_case(typed);
    OWN_COMMANDS.iter().find(in_full).or_else(|| {
        let lower = typed.to_ascii_lowercase();
        let mut begun = begun(typed);
        let own = begun.next()?;
        let mut servers =
            commands(false).flat_map(|help| std::iter::once(&help.word).chain(help.aliases));
        let is_clear = begun.next().is_none() && !servers.any(|word| word.starts_with(&lower));
        is_clear.then_some(own)
    })
}

/// No room, or one, with or without the sign that may stand before it.
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
