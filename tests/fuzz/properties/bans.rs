//! The list of bans, which people may edit.

use jiff::Timestamp;

use super::{assert_clean, assert_one_line};
use crate::server::fuzzing::{read_bans, write_bans};

pub fn check(bytes: &[u8]) {
    // The file is read as UTF-8 only.
    let Ok(text) = str::from_utf8(bytes) else { return };
    let bans = match read_bans(text, Timestamp::UNIX_EPOCH) {
        Ok(bans) => bans,
        Err(error) => return assert_one_line(&error),
    };
    for ban in &bans {
        assert!(ban.name.is_some() || ban.network.is_some(), "{ban:?}");
        assert!(ban.until.is_none_or(|until| until > Timestamp::UNIX_EPOCH), "{ban:?}");
        assert!(!ban.network.is_some_and(|network| network.is_loopback()), "{ban:?}");
        for text in
            [ban.name.as_deref(), ban.reason.as_deref(), Some(&*ban.by)].into_iter().flatten()
        {
            assert_clean(text);
            assert!(!text.trim().is_empty(), "{ban:?}");
        }
    }
    // What the server writes after the next ban, it reads at the next start.
    let written = write_bans(&bans);
    assert_eq!(read_bans(&written, Timestamp::UNIX_EPOCH).as_ref(), Ok(&bans), "{written}");
    // With all bans expired, none is left.
    let late = read_bans(text, Timestamp::MAX);
    let is_without_end =
        |count: usize| bans.iter().filter(|ban| ban.until.is_none()).count() == count;
    assert!(late.is_ok_and(|late| is_without_end(late.len())));
}
