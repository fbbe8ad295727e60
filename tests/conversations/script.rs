//! A `.chat` file: one conversation, one step a line. [`Step`] lists the steps. Lines that begin with `#` are comments. A
//! syntax error is found before anything is played.

use std::time::Duration;

use regex::Regex;
use rustix::process::Signal;
use serde_json::Value;

/// A step and its place in the file.
#[derive(Debug)]
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    pub text: String,
    pub step: Step,
}

/// An action or an expectation.
#[derive(Debug)]
pub enum Step {
    /// `$ --port 0 --state-dir {dir}`: start the server with these flags. `{dir}` is a folder for this conversation.
    Start(Vec<String>),
    /// `restart`: start it again with the same flags.
    Restart,
    /// `file motd.txt: Hello\nthere`: write a file into `{dir}`.
    File { name: String, content: Vec<u8> },
    /// `== TITLE`: begin an example for the guide, which lasts until a blank line or the next title.
    Part(String),
    /// The blank line that ends an example.
    EndOfPart,
    /// `sleep 1.5`: wait.
    Sleep(Duration),
    /// `signal TERM`: send the server a signal.
    Signal { name: String, signal: Signal },
    /// `stdout~ REGEX`, `stderr~ REGEX`: wait until the server has printed a matching line.
    Printed { to_log: bool, pattern: Regex },
    /// `exit 0`: wait until the server ends with this status.
    Exit(i32),
    /// `alice…`: one person acts or hears something.
    Person { name: String, act: Act },
}

/// The steps of one person.
#[derive(Debug)]
pub enum Act {
    /// `alice: connect`, `alice: connect json`: open a connection, to the main port or the named one.
    Connect { listener: Option<String> },
    /// `alice: close`
    Close,
    /// `alice: half-close`: end the sending side only.
    HalfClose,
    /// `alice: reset`: close with an RST.
    Reset,
    /// `alice> Hello`: send a line and CR LF. `{word}` is the last word of `/reclaim` that anybody has heard.
    Say(String),
    /// `alice>> \xff\xf6Hi\n`: send exactly these bytes.
    Send { written: String, bytes: Vec<u8> },
    /// `alice< Bob : Hello`: expect this line next. `{any}` is any text, `{id}` her own `ip:port`.
    Line(String),
    /// `alice<~ REGEX`: skip lines until one matches.
    Match(Regex),
    /// `alice<j {"action": "chat"}`: expect an object next that has at least these fields.
    Object(Value),
    /// `alice<j~ {"action": "chat"}`: skip lines until one is such an object.
    SkipToObject(Value),
    /// `alice<!`: expect that nothing arrives for a moment.
    Nothing,
    /// `alice<eof`: expect the end of the connection next.
    End,
}

/// Parses a file. An error is about the first wrong line and names its number.
pub fn read(text: &str) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    let mut in_part = false;
    for (at, raw) in text.lines().enumerate() {
        let text = raw.trim().to_owned();
        let step = if text.is_empty() && in_part {
            Step::EndOfPart
        } else if text.is_empty() || text.starts_with('#') {
            continue;
        } else {
            step(&text).map_err(|wrong| format!("{}: {text}\n    {wrong}", at + 1))?
        };
        match step {
            Step::Part(_) => in_part = true,
            Step::EndOfPart => in_part = false,
            _ => {}
        }
        lines.push(Line { number: at + 1, text, step });
    }
    Ok(lines)
}

fn step(text: &str) -> Result<Step, String> {
    if let Some(flags) = text.strip_prefix('$') {
        return words(flags).map(Step::Start);
    }
    if let Some(title) = text.strip_prefix("== ") {
        return Ok(Step::Part(title.trim().to_owned()));
    }
    match text.split_once(' ').unwrap_or((text, "")) {
        ("restart", "") => return Ok(Step::Restart),
        ("sleep", seconds) => return sleep(seconds),
        ("signal", name) => {
            let (name, signal) = (name.to_owned(), signal(name)?);
            return Ok(Step::Signal { name, signal });
        }
        ("exit", code) => return code.parse().map(Step::Exit).map_err(|_| no_step()),
        ("file", rest) => {
            let (name, content) = rest.split_once(": ").ok_or_else(no_step)?;
            if name.contains('/') {
                return Err("a file name contains no slash".to_owned());
            }
            let (name, content) = (name.to_owned(), unescaped(content)?);
            return Ok(Step::File { name, content });
        }
        (stream @ ("stdout~" | "stderr~"), pattern) => {
            let (to_log, pattern) = (stream == "stderr~", regex(pattern)?);
            return Ok(Step::Printed { to_log, pattern });
        }
        _ => {}
    }
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let (name, rest) = text.split_at(text.find(|c| !is_of_name(c)).unwrap_or(text.len()));
    if name.is_empty() {
        return Err(no_step());
    }
    let (name, act) = (name.to_owned(), act(rest)?);
    Ok(Step::Person { name, act })
}

/// Parses the text behind a person's name.
fn act(rest: &str) -> Result<Act, String> {
    let (sign, argument) = rest.split_once(' ').unwrap_or((rest, ""));
    Ok(match (sign, argument) {
        (":", "connect") => Act::Connect { listener: None },
        (":", "close") => Act::Close,
        (":", "half-close") => Act::HalfClose,
        (":", "reset") => Act::Reset,
        (":", other) => match other.strip_prefix("connect ") {
            Some(listener) => Act::Connect { listener: Some(listener.to_owned()) },
            None => return Err(no_step()),
        },
        (">", line) => Act::Say(line.to_owned()),
        (">>", written) => Act::Send { written: written.to_owned(), bytes: unescaped(written)? },
        ("<", line) => Act::Line(line.to_owned()),
        ("<~", pattern) => Act::Match(regex(pattern)?),
        ("<j", wanted) => Act::Object(json(wanted)?),
        ("<j~", wanted) => Act::SkipToObject(json(wanted)?),
        ("<!", "") => Act::Nothing,
        ("<eof", "") => Act::End,
        _ => return Err(no_step()),
    })
}

fn no_step() -> String {
    "no such step".to_owned()
}

fn sleep(seconds: &str) -> Result<Step, String> {
    let seconds = seconds.parse().map_err(|_| no_step())?;
    Duration::try_from_secs_f64(seconds).map(Step::Sleep).map_err(|error| error.to_string())
}

fn signal(name: &str) -> Result<Signal, String> {
    Ok(match name {
        "INT" => Signal::INT,
        "TERM" => Signal::TERM,
        "HUP" => Signal::HUP,
        "USR1" => Signal::USR1,
        "KILL" => Signal::KILL,
        _ => return Err("no such signal".to_owned()),
    })
}

fn regex(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|error| error.to_string())
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Splits flags at blanks outside quotation marks, as a shell does.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut in_word) = (None, false);
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_whitespace() => {
                in_word = false;
                continue;
            }
            _ => {}
        }
        if !in_word {
            words.push(String::new());
            in_word = true;
        }
        if let Some(word) = words.last_mut()
            && (quote != Some(c) && (quote.is_some() || (c != '"' && c != '\'')))
        {
            word.push(c);
        }
    }
    match quote {
        Some(_) => Err("an unclosed quotation mark".to_owned()),
        None => Ok(words),
    }
}

/// Replaces escapes: `\n`, `\xff`, `\0`, `\\`.
fn unescaped(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        bytes.push(match rest.next() {
            Some('n') => b'\n',
            Some('r') => b'\r',
            Some('t') => b'\t',
            Some('b') => 8,
            Some('0') => 0,
            Some(c @ ('\\' | '\'' | '"')) => c as u8,
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                u8::from_str_radix(&digits, 16).map_err(|_| format!("\\x{digits}: no byte"))?
            }
            other => return Err(format!("\\{}: no such escape", other.unwrap_or(' '))),
        });
    }
    Ok(bytes)
}
