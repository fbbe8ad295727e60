//! Stands where the line editor will be.

use std::io;
use std::path::PathBuf;

use crossbeam_channel::Sender;
use parking_lot::{Mutex, MutexGuard};

use crate::client::Event;

#[derive(Default)]
pub struct Known;

impl Known {
    pub fn spoke(&mut self, _name: &str) {}
    pub fn here(&mut self, _name: &str) {}
    pub fn gone(&mut self, _name: &str) {}
    pub fn set_rooms(&mut self, _rooms: Vec<String>) {}
    pub fn set_commands(&mut self, _commands: Vec<String>) {}
}

pub struct Terminal {
    known: Mutex<Known>,
}

impl Terminal {
    pub fn is_capable() -> bool {
        false
    }

    pub fn open(_history: Option<PathBuf>, _inbox: Sender<Event>) -> io::Result<Self> {
        Ok(Self {
            known: Mutex::default(),
        })
    }

    pub fn show(&self, _text: String) {}
    pub fn ring(&self) {}
    pub fn turn(&self, _prompt: String) {}

    pub fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }

    pub fn close(self) {}
}
