//! The same chat in several servers. All use the Hub and the codecs of the real server ([`crate::chat`]). They differ
//! only in which thread reads, which thread writes, and which of them waits for another.

mod locked;
mod non_blocking;
mod one_at_a_time;
mod polling;
mod readiness_epoll;
mod readiness_poll;
mod threads;
mod threads_channels;
mod threads_dispatcher;
mod turns;

use std::io;
use std::time::Duration;

use chatserv::config::DeliveryPolicy as Delivery;
use clap::ValueEnum;

use crate::port::Port;

pub use locked::lock_waits;
pub use turns::batches;

pub struct Variant {
    pub name: &'static str,
    pub about: &'static str,
    /// The deficiencies of the variant in comparison with `chatserv`, one sentence each. All variants but the real server also
    /// lack what [`CANNOT`] says.
    pub cannot: &'static [&'static str],
    /// Serves until the chat is shut down and all outboxes are sent.
    pub serve: fn(Port, &Knobs) -> io::Result<()>,
}

/// The shortcomings of all variants but the real server.
pub const CANNOT: [&str; 3] = [
    "It has no limits: no idle timeout, no flood control, no deadline for the name.",
    "It has one port and no options, and it ignores signals: SIGTERM ends it without a farewell.",
    "A client that still sends while its connection closes may lose its last lines to a reset.",
];

/// Shortcomings of several variants.
mod cannot {
    pub const HURRY: &str =
        "A shutdown waits for as long as any client does not read its farewell.";
    pub const BOUND: &str = "The data that waits for a client that does not read has no limit.";
    pub const DESCRIPTORS: &str = "It ends when no descriptor is left.";
}

/// All variants, in the order of the lesson.
pub const ALL: &[Variant] = &[
    one_at_a_time::VARIANT,
    polling::VARIANT,
    threads::VARIANT,
    threads_channels::VARIANT,
    threads_dispatcher::VARIANT,
    turns::VARIANT,
    readiness_poll::VARIANT,
    readiness_epoll::VARIANT,
];

/// Options of `lab serve`. Each is for one variant, and an error for any other: an option that silently did nothing
/// would teach that it makes no difference.
#[derive(Debug, Default, clap::Args)]
pub struct Knobs {
    /// polling: sleep this long when no client had input; the default is no sleep
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    sleep: Option<Duration>,
    /// threads-channels: what to do when a client's channel is full; the default is wait
    #[arg(long, value_enum)]
    when_full: Option<WhenFull>,
    /// threads-dispatcher: which thread writes to a socket; the default is direct-then-writer
    #[arg(long, value_enum)]
    delivery: Option<Delivery>,
    /// turns: readers do not wait for their turn
    #[arg(long)]
    push_on: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum WhenFull {
    /// Wait up to 5 seconds, then disconnect the receiver
    #[default]
    Wait,
    /// Drop the message
    Drop,
}

impl Knobs {
    /// Refuses a knob that belongs to another variant.
    pub fn check(&self, variant: &str) -> io::Result<()> {
        let knobs = [
            ("--sleep", "polling", self.sleep.is_some()),
            ("--when-full", "threads-channels", self.when_full.is_some()),
            ("--delivery", "threads-dispatcher", self.delivery.is_some()),
            ("--push-on", "turns", self.push_on),
        ];
        let mut given = knobs.iter().filter(|(_, _, is_given)| *is_given);
        match given.find(|(_, owner, _)| *owner != variant) {
            None => Ok(()),
            Some((knob, owner, _)) => Err(io::Error::other(format!(
                "{knob} is for {owner}, and has no effect on {variant}"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_knob_is_for_one_variant() {
        let mut each: [Knobs; 4] = Default::default();
        each[0].sleep = Some(Duration::from_millis(1));
        each[1].when_full = Some(WhenFull::Drop);
        each[2].delivery = Some(Delivery::Writer);
        each[3].push_on = true;
        for (knobs, owner) in each.iter().zip([1, 3, 4, 5]) {
            for (at, variant) in ALL.iter().enumerate() {
                assert_eq!(knobs.check(variant.name).is_ok(), at == owner, "{knobs:?}");
            }
            let error = knobs.check("threads").unwrap_err().to_string();
            assert!(error.contains(&format!("is for {}", ALL[owner].name)), "{error}");
        }
        assert!(ALL.iter().all(|variant| Knobs::default().check(variant.name).is_ok()));
    }
}
