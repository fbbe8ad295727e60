//! Every text that a person on telnet sees, in one place: a [`Message`] becomes lines that end in CR LF.
//!
//! The server's own lines begin with `server: `, a person's with `NAME : `. A name holds no blank and a text no line
//! end, so nobody can forge either. UTF-8 has no byte 0xFF, so nothing here needs telnet's doubling of IAC.

use unicode_width::UnicodeWidthStr;

use crate::chat::{Message, Stranger};

/// A line of `/who` is at most this wide, so that an ordinary terminal does not break it.
const LINE_COLUMNS_MAX: usize = 80;
/// An answer to `/who` is at most this long, so that the beginning is still on the screen.
const WHO_LINES_MAX: usize = 48;

/// Appends `message` to `out` as the bytes that go to a terminal.
pub fn encode(message: &Message, out: &mut Vec<u8>) {
    match message {
        // By far the most frequent one: written without the machinery of formatting.
        Message::Said(said) => {
            for part in [said.from.as_bytes(), b" : ", said.text.as_bytes(), b"\r\n"] {
                out.extend_from_slice(part);
            }
        }
        Message::Help { operator, .. } => help(*operator, out),
        Message::Who { people, total, .. } => {
            let names: Vec<_> = people.iter().map(|person| person.name.clone()).collect();
            who(&names, *total, out);
        }
        Message::WrongProtocol(stranger) => wrong_protocol(*stranger, out),
        other => line(&sentence(other), out),
    }
}

/// One line of the server's own.
fn line(text: &str, out: &mut Vec<u8>) {
    for part in [b"server: ".as_slice(), text.as_bytes(), b"\r\n"] {
        out.extend_from_slice(part);
    }
}

/// The messages that are one sentence.
pub(super) fn sentence(message: &Message) -> String {
    match message {
        Message::InputUsername => "Input username.".into(),
        Message::YourNameIs(name) => format!("Your username is {name}."),
        Message::Congratulations => {
            "Congratulations! You've successfully joined the chat server.".into()
        }
        Message::YourId(id) => format!("Your id is: '{id}'."),
        Message::ClientCount(count) => {
            format!("There are {count} client(s) connected to this server.")
        }
        Message::NameRefused(refusal) => format!("That is no username: {refusal}"),
        Message::NameTaken { wanted, by } if wanted == by => {
            format!("{by} is taken. Choose another name.")
        }
        Message::NameTaken { wanted, by } => {
            format!("{wanted} is taken: it looks like {by}, who is here. Choose another name.")
        }
        Message::TooManyNames => {
            "Too many tries. Connect again when you have thought of a name.".into()
        }
        Message::LoginTimedOut => {
            "You gave no username in time. Connect again to try once more.".into()
        }
        Message::Arrived(name) => format!("A new client has connected to the chat: id = {name}"),
        Message::Left { name, .. } => format!("{name} has left the chat"),
        Message::MembershipChanged {
            arrived,
            left,
            present,
            ..
        } => {
            format!(
                "{} connected and {left} {} left; {present} are here.",
                clients_have(*arrived),
                have(*left)
            )
        }
        Message::UnknownCommand { word, .. } => {
            format!("There is no command /{}. Try /help.", shortened(word))
        }
        Message::AmbiguousCommand { word, candidates } => {
            format!(
                "/{} could be /{}. Type a little more.",
                shortened(word),
                candidates.join(" or /")
            )
        }
        Message::TypeInFull(word) => format!("Type /{word} in full to do that."),
        Message::NameFirst => "First choose a username, then that.".into(),
        Message::NotOperator => "Only an operator of this chat may do that.".into(),
        Message::LineTooLong(_) => {
            format!(
                "That line was too long and was not said: at most {} bytes.",
                super::LINE_BYTES_MAX
            )
        }
        Message::HeldBack { lines: 0, .. } => {
            "That was much at once: the rest is read a little slower.".into()
        }
        Message::HeldBack { lines, wait } => format!(
            "Not so fast: {lines} line(s) held back. Nothing is lost, the last is said in {} s.",
            // Rounded up: it is a promise.
            wait.as_secs() + 1
        ),
        Message::EndlessLine => {
            format!(
                "That line is too long: {} bytes without an end. Goodbye.",
                super::ENDLESS_BYTES_MAX
            )
        }
        Message::Bye => "Bye!".into(),
        Message::ServerFull => "The chat server is full. Try again later.".into(),
        Message::TooManyFromAddress => {
            "Too many connections from your address. Try again in a minute.".into()
        }
        Message::NoThread => {
            "The chat server cannot take another client now. Try again later.".into()
        }
        Message::TooSlow => {
            "You were disconnected: your end did not read what was sent. Connect again.".into()
        }
        Message::ShutDown => "The chat has been shut down".into(),
        // Written by `encode` itself: they are no single sentence.
        _ => String::new(),
    }
}

fn have(count: usize) -> &'static str {
    if count == 1 { "has" } else { "have" }
}

fn clients_have(count: usize) -> String {
    format!(
        "{count} {} {}",
        if count == 1 { "client" } else { "clients" },
        have(count)
    )
}

/// What somebody typed, quoted back to them: never more than a screen line of it.
fn shortened(word: &str) -> &str {
    word.char_indices()
        .nth(32)
        .map_or(word, |(end, _)| &word[..end])
}

fn help(operator: bool, out: &mut Vec<u8>) {
    line("/help      shows this list", out);
    line("/who       shows who is here", out);
    line("/quit      leaves the chat", out);
    if operator {
        line(
            "/shutdown  ends the chat for everybody (so does SHUTDOWN alone)",
            out,
        );
    }
    line("//text     says a line that begins with a slash", out);
    line("Whatever else you type is said to everybody else.", out);
}

/// The names in as few lines as hold them, and how many are not shown.
fn who(names: &[std::sync::Arc<str>], total: usize, out: &mut Vec<u8>) {
    let mut text = format!("{total} client(s) connected:");
    let (mut lines, mut shown) = (0, 0);
    for name in names {
        // What a continued line needs besides: the prefix and the comma.
        if "server: ".len() + text.width() + " ".len() + name.width() + ",".len() > LINE_COLUMNS_MAX
        {
            line(&text, out);
            text.clear();
            lines += 1;
            if lines == WHO_LINES_MAX {
                break;
            }
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(name);
        shown += 1;
        if shown < total {
            text.push(',');
        }
    }
    if !text.is_empty() {
        line(&text, out);
    }
    if shown < total {
        line(&format!("… and {} more", total - shown), out);
    }
}

/// An answer that the other program can show to whoever started it, in its own manner where that is one line.
fn wrong_protocol(stranger: Stranger, out: &mut Vec<u8>) {
    match stranger {
        Stranger::Http => {
            out.extend_from_slice(
                b"HTTP/1.1 400 This is a chat server: use telnet\r\nConnection: close\r\n\r\n",
            );
        }
        // RFC 4253, 4.2: a server may send lines of text before its version, and ssh -v shows them.
        Stranger::Ssh => line("This is a chat server, not SSH: use telnet.", out),
        // TLS has no line to say anything in.
        Stranger::Tls => {}
    }
}
