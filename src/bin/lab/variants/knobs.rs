//! What can be turned at a variant. Each knob is for one of them, and refused where another is asked for: a lesson whose knob
//! does nothing would teach that it makes no difference.

use std::io;
use std::time::Duration;

use chatserv::config::DeliveryPolicy as Delivery;
use clap::ValueEnum;

/// What a variant is told. Each looks at what is for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knobs {
    /// polling: how long to sleep when nobody had anything to say; without it, it does not.
    pub sleep: Option<Duration>,
    /// threads-channels: what to do where somebody's channel is full.
    pub when_full: WhenFull,
    /// threads-dispatcher: who writes to a socket.
    pub delivery: Delivery,
    /// turns: readers do not wait for their turn.
    pub push_on: bool,
}

/// What a sender does where a receiver's channel is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum WhenFull {
    /// Waits, for 5 seconds at the most, and then lets the receiver go
    #[default]
    Wait,
    /// Throws the message away
    Drop,
}

/// The knobs as they stand on the command line: each may be missing.
#[derive(Debug, Default, clap::Args)]
pub struct Given {
    /// polling: how long to sleep when nobody had anything to say; without it, it does not
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    sleep: Option<Duration>,
    /// threads-channels: what to do where somebody's channel is full; without it, wait
    #[arg(long, value_enum)]
    when_full: Option<WhenFull>,
    /// threads-dispatcher: who writes to a socket; without it, direct-then-writer
    #[arg(long, value_enum)]
    delivery: Option<Delivery>,
    /// turns: readers do not wait for their turn
    #[arg(long)]
    push_on: bool,
}

impl Given {
    /// The knobs of this variant, the others at their defaults.
    ///
    /// # Errors
    /// One was given that is for another variant.
    pub fn for_variant(&self, variant: &str) -> io::Result<Knobs> {
        let knobs = [
            ("--sleep", "polling", self.sleep.is_some()),
            ("--when-full", "threads-channels", self.when_full.is_some()),
            ("--delivery", "threads-dispatcher", self.delivery.is_some()),
            ("--push-on", "turns", self.push_on),
        ];
        for (knob, owner, is_given) in knobs {
            if is_given && owner != variant {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!("{knob} is for {owner}, and does nothing to {variant}"),
                ));
            }
        }
        Ok(Knobs {
            sleep: self.sleep,
            when_full: self.when_full.unwrap_or_default(),
            delivery: self.delivery.unwrap_or_default(),
            push_on: self.push_on,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::*;
    use crate::variants;

    #[test]
    fn each_knob_is_for_one_variant_and_no_other() {
        let each = [
            Given {
                sleep: Some(Duration::from_millis(1)),
                ..Given::default()
            },
            Given {
                when_full: Some(WhenFull::Drop),
                ..Given::default()
            },
            Given {
                delivery: Some(Delivery::Writer),
                ..Given::default()
            },
            Given {
                push_on: true,
                ..Given::default()
            },
        ];
        for given in each {
            let is_taken = |variant: &&variants::Variant| given.for_variant(variant.name).is_ok();
            let takers: Vec<_> = variants::ALL.iter().filter(is_taken).collect();
            let [taker] = takers[..] else {
                panic!("{given:?} is taken by {} variants", takers.len());
            };
            let error = given.for_variant("threads").unwrap_err().to_string();
            assert!(error.contains(&format!("is for {}", taker.name)), "{error}");
        }
    }

    #[test]
    fn without_knobs_every_variant_can_be_had() {
        for variant in &variants::ALL {
            let knobs = Given::default().for_variant(variant.name).unwrap();
            assert_eq!(knobs.when_full, WhenFull::Wait);
            assert_eq!(knobs.delivery, Delivery::DirectThenWriter);
        }
    }
}
