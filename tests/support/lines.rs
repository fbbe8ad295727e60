//! The output of a program, collected while it runs.

use std::io::Read;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use super::PATIENCE;

/// The output of a stream, collected by a thread.
#[derive(Clone, Default)]
pub struct Lines(Arc<(Mutex<Output>, Condvar)>);

#[derive(Default)]
struct Output {
    bytes: Vec<u8>,
    is_open: bool,
}

impl Lines {
    /// Reads a stream to its end.
    pub fn collect(mut stream: impl Read + Send + 'static) -> Self {
        let lines = Self::default();
        lines.0.0.lock().is_open = true;
        let shared = lines.0.clone();
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            loop {
                let count = stream.read(&mut buffer).unwrap_or(0);
                let mut output = shared.0.lock();
                output.bytes.extend_from_slice(&buffer[..count]);
                output.is_open = count > 0;
                shared.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        lines
    }

    /// Waits for the first line that fits, and returns it.
    pub fn wait_for(&self, fits: impl Fn(&str) -> bool) -> String {
        let mut checked = 0;
        self.wait(|output| {
            loop {
                let rest = &output.bytes[checked..];
                let end = rest.iter().position(|&byte| byte == b'\n');
                let length = match end {
                    Some(end) => end + 1,
                    None if !output.is_open && !rest.is_empty() => rest.len(),
                    None => return None,
                };
                let line = String::from_utf8_lossy(&rest[..length]);
                checked += length;
                let line = line.trim_end_matches(['\r', '\n']);
                if fits(line) {
                    return Some(line.to_owned());
                }
            }
        })
    }

    /// Waits for a text at or after `from`, and returns the place behind it.
    pub fn wait_for_text(&self, text: &str, from: usize) -> usize {
        self.wait(|output| find(output, text, from))
    }

    /// The place behind a text at or after `from`, if it is there by now.
    pub fn find_text(&self, text: &str, from: usize) -> Option<usize> {
        find(&self.0.0.lock(), text, from)
    }

    /// Everything so far.
    pub fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.0.0.lock().bytes).into_owned()
    }

    /// Waits for the end of the stream, and returns everything.
    pub fn to_end(&self) -> String {
        self.wait(|output| (!output.is_open).then_some(()));
        self.so_far()
    }

    /// Waits for the end of the stream, and returns its lines.
    pub fn whole(&self) -> Vec<String> {
        self.to_end().lines().map(str::to_owned).collect()
    }

    fn wait<T>(&self, mut look: impl FnMut(&Output) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let (output, changed) = &*self.0;
        let mut output = output.lock();
        loop {
            if let Some(found) = look(&output) {
                return found;
            }
            let is_late = changed.wait_until(&mut output, end).timed_out();
            if is_late || !output.is_open {
                return look(&output).unwrap_or_else(|| {
                    let all = String::from_utf8_lossy(&output.bytes);
                    panic!("not in this output:\n{all}");
                });
            }
        }
    }
}

fn find(output: &Output, text: &str, from: usize) -> Option<usize> {
    let mut windows = output.bytes[from..].windows(text.len());
    let at = windows.position(|window| window == text.as_bytes())?;
    Some(from + at + text.len())
}
