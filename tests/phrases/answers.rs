//! Answers to requests.

use chatserv::chat::{ChatError, Message, NameError, Protocol, RequestError as Wrong, Timestamps};

use crate::phrases::{Row, name, row};

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    use Message::*;
    let topic = |topic: Option<&str>, by: Option<&str>| Topic {
        room: name("dev"),
        topic: topic.map(name),
        by: by.map(name),
    };
    let unknown = |word: &str, near| {
        Error(ChatError::UnknownCommand {
            word: word.into(),
            near,
        })
    };
    let ambiguous = Error(ChatError::AmbiguousCommand {
        word: "l".into(),
        candidates: vec!["list", "leave"],
    });
    let long = "x".repeat(4000);
    let wide = "字".repeat(1000);
    let joined = "x\u{200d}".repeat(1000);
    let marks = "\u{301}".repeat(1000);
    vec![
        row(topic(Some("Rust"), None), "The topic of dev: Rust"),
        row(topic(None, None), "dev has no topic. /topic TEXT sets one."),
        row(topic(Some("Rust"), Some("Bob")), "Bob has set the topic of dev: Rust"),
        row(topic(None, Some("Bob")), "Bob has removed the topic of dev"),
        row(Ignored(name("bob")), "You now ignore bob. /unignore bob undoes this."),
        row(Unignored(name("bob")), "You no longer ignore bob."),
        row(Error(ChatError::NoHistory), "This server has no history on disk. /history shows the latest messages."),
        row(Error(ChatError::NothingToSearch), "Give a word to search for, or from:NAME. Signs alone are no words."),
        row(Error(ChatError::WrongDate), "That is no date. Write before:2026-11-20 or before:2026-11-20T14:30."),
        row(Error(ChatError::FilterTwice("from")), "Give from: only once."),
        row(Error(ChatError::TooManySearches), "You have 4 searches under way. Wait for the first of them."),
        row(Error(ChatError::SearchesBusy), "Too many searches are under way. Try again in a moment."),
        row(Error(ChatError::HistoryBehind), "The last lines cannot be looked up yet. Try again in a moment."),
        row(Error(ChatError::SearchTooSlow), "That search takes too long. Add a word, from:NAME or before:DATE."),
        row(Error(ChatError::HistoryFailed), "The history cannot be read. The log of the server says why."),
        row(Error(ChatError::NotIgnored("bob".into())), "You do not ignore bob. /ignore lists the people you ignore."),
        row(Quiet { on: true }, "Joins and leaves are hidden. /quiet off shows them again."),
        row(Quiet { on: false }, "Joins and leaves are shown."),
        row(TimestampsAre(Timestamps::Off), "Lines are shown without their time. /timestamp time shows it."),
        row(TimestampsAre(Timestamps::Time), "Lines are shown with their time. /timestamp off hides it."),
        row(TimestampsAre(Timestamps::Date), "Lines are shown with their date and time. /timestamp off hides them."),
        row(Pong, "Pong!"),
        row(unknown("hepl", Some("help")), "There is no command /hepl. Did you mean /help?"),
        row(unknown("xyzzy", None), "There is no command /xyzzy. Try /help."),
        row(unknown(&long, None), &format!("There is no command /{}. Try /help.", &long[..32])),
        row(unknown(&wide, None), &format!("There is no command /{}. Try /help.", &wide[..16 * 3])),
        row(unknown(&joined, None), &format!("There is no command /{}. Try /help.", &joined[..16 * 4])),
        row(unknown(&marks, None), &format!("There is no command /{}. Try /help.", &marks[..32 * 2])),
        row(Error(ChatError::Misused("join")), "Type it like this: /join ROOM (see /help join)"),
        row(Error(ChatError::Misused("back")), "Type it like this: /back (see /help back)"),
        row(Error(ChatError::Misused("ban")),
            "Type it like this: /ban NAME|ADDRESS [30m|2h|7d] [WHY] (see /help ban)"),
        row(Error(ChatError::Misused("shutdown")),
            "Type it like this: /shutdown [in 5m] [WHY] | cancel (see /help shutdown)"),
        row(ambiguous, "/l could be /list or /leave. Type a little more."),
        row(Error(ChatError::TypeInFull("quit")), "Type /quit in full to do that."),
        row(Error(ChatError::NameFirst), "Choose a username first."),
        row(Error(ChatError::AlreadyConnected), "You have joined already. /nick NAME changes your name."),
        row(Error(ChatError::Request(Wrong::NotUtf8)), &Wrong::NotUtf8.to_string()),
        row(Error(ChatError::NoSuchPerson("bob".into())), "Nobody here is called bob. /who shows who is here."),
        row(Error(ChatError::NoSuchRoom("dev".into())), "There is no room dev. /rooms shows the rooms."),
        row(Error(ChatError::NotInRoom("dev".into())), "You are not in room dev. /join dev goes there."),
        row(Error(ChatError::RoomName(NameError::Empty)),
            "Invalid room name: a name has at least one letter. Type one."),
        row(Error(ChatError::TooManyRooms), "You cannot be in more rooms. Leave one of them first."),
        row(Error(ChatError::NoMoreRooms), "No more rooms can be opened. /rooms shows those that exist."),
        row(Error(ChatError::TopicIsOperators(name("lobby"))), "Only an operator may change the topic of lobby."),
        row(Error(ChatError::TextTooLong { bytes_max: 300 }),
            "That text is too long: at most 300 bytes. Make it shorter."),
        row(Error(ChatError::NameBanned(name("bob"))), "bob is banned. Choose another name."),
        row(Error(ChatError::NoNamesHere), "This chat has no names: people are known by their addresses."),
        row(Error(ChatError::TooManyIgnored), "You cannot ignore more people. /unignore NAME removes one."),
        row(Error(ChatError::TooManyRecipients), "That names too many people: at most 100 in one message."),
        row(Error(ChatError::UnclearMention(name("bob"))),
            "Not said. For bob? Write @bob as a word. For all? Add a word after it."),
        row(Error(ChatError::UnclearMention(name(&"x".repeat(32)))),
            "Not said. For xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx? Write\n\
             @xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx as a word. For all? Add a word after\nit."),
        row(Error(ChatError::NobodyToReplyTo), "Nobody has written to you in private. /msg NAME TEXT does that."),
        row(Error(ChatError::NotYourself), "You cannot do that to yourself."),
        row(Error(ChatError::LineTooLong(Protocol::Plain)),
            "That line was too long and was not said: at most 4096 bytes."),
        row(Error(ChatError::LineTooLong(Protocol::Json)),
            "That line was too long and was not said: at most 16384 bytes."),
    ]
}
