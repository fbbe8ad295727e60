//! Without the feature `cluster`, no chat has a log.

use super::super::report::{Check, Finding};
use super::World;
use crate::chat::{ClientId, Event, Now};

impl World<'_> {
    pub(super) fn has_log(&self) -> bool {
        false
    }

    pub(super) fn may_be_given_up(&self) -> bool {
        true
    }

    pub(super) fn takes_part(&self) -> bool {
        true
    }

    pub(super) fn waits_for_log(&self, _: ClientId) -> bool {
        false
    }

    pub(super) fn is_under_way(&self, _: ClientId) -> bool {
        false
    }

    pub(super) fn is_log_settled(&self) -> bool {
        true
    }

    pub(super) fn log_runs(&mut self) -> bool {
        false
    }

    pub(super) fn log_settles(&mut self) -> bool {
        false
    }

    pub(super) fn disturb_log(&mut self) {}

    pub(super) fn takes_of_log(&mut self, _: Now, event: Event) -> Result<(), Finding> {
        Finding::of(Check::Log, format!("no entry has {event:?}"))
    }

    pub(super) fn check_log(&mut self) -> Result<(), Finding> {
        Ok(())
    }

    pub(super) fn check_copies(&mut self) -> Result<(), Finding> {
        Ok(())
    }

    pub(super) fn has_left(&self) -> bool {
        false
    }
}
