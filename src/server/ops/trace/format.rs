//! The text of the trace: the "JSON array" of the Trace Event Format. Its end may be missing, so a killed server leaves a
//! file that can be read as well.

use std::io::{self, Write};
use std::process;

use super::Note;

/// What closes the array.
pub const END: &[u8] = b"\n]\n";

/// The first event: it names the process, and lets all others begin with a comma.
pub fn beginning() -> Vec<u8> {
    let event = r#"{"ph":"M","name":"process_name","args":{"name":"chatserv"}"#;
    format!("[\n{event},\"pid\":{}}}", process::id()).into_bytes()
}

/// Appends one event. Names are the server's own, and hold nothing that JSON escapes.
pub fn write_event(note: &Note, text: &mut Vec<u8>) -> io::Result<()> {
    let pid = process::id();
    match note {
        Note::Started { thread, name } => write!(
            text,
            ",\n{{\"ph\":\"M\",\"name\":\"thread_name\",\"args\":{{\"name\":\"{name}\"}},\"pid\":{pid},\"tid\":{thread}}}"
        ),
        Note::Did {
            thread,
            activity,
            from,
            to,
        } => {
            let (name, ts, dur) = (
                activity.as_str(),
                microseconds(*from),
                // Whoever notes a span sees to it that it does not end before it begins.
                microseconds(to - from),
            );
            write!(
                text,
                ",\n{{\"ph\":\"X\",\"name\":\"{name}\",\"ts\":{ts},\"dur\":{dur},\"pid\":{pid},\"tid\":{thread}}}"
            )
        }
        Note::End => Ok(()),
    }
}

/// Appends an event that all rows show, at this time in nanoseconds.
pub fn write_remark(remark: &str, time: u64, text: &mut Vec<u8>) -> io::Result<()> {
    let (ts, pid) = (microseconds(time), process::id());
    write!(
        text,
        ",\n{{\"ph\":\"i\",\"s\":\"g\",\"name\":\"{remark}\",\"ts\":{ts},\"pid\":{pid},\"tid\":0}}"
    )
}

/// Leaves as many whole events as lie in so many bytes, and returns whether there were more.
pub fn shorten(text: &mut Vec<u8>, bytes: usize) -> bool {
    let is_longer = text.len() > bytes;
    if is_longer {
        // Every event but the first begins with these two, and nothing in an event is like them.
        let mut pairs = text.windows(2).take(bytes + 1);
        let end = pairs.rposition(|pair| pair == b",\n");
        text.truncate(end.unwrap_or(0));
    }
    is_longer
}

/// The format counts in microseconds, and takes fractions.
fn microseconds(nanoseconds: u64) -> String {
    format!("{}.{:03}", nanoseconds / 1000, nanoseconds % 1000)
}
