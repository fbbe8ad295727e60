//! Nothing that was said is ever erased: random messages, keys, pastes, resizes and stops, in tmux and in GNU screen. What
//! the terminal has kept must hold every message, whole and in order.
//!
//! `CHAT_FUZZ_SEEDS=1-100` chooses other seeds. A failing test names its seed.

use std::env;
use std::ops::RangeInclusive;
use std::process::Command;
use std::thread;
use std::time::Duration;

use regex::Regex;
use rustix::process::Signal;

use super::screen::{Screen, Setup};
use crate::support::directory::Directory;
use crate::support::{Client, Server, command, find, or_skip, until};
use crate::url;

const STEPS: usize = 80;
const SIZES: [(u16, u16); 9] =
    [(80, 24), (60, 24), (40, 24), (70, 24), (60, 8), (20, 10), (100, 30), (8, 4), (1, 1)];
/// Letters that people write: wide, combined, joined and right-to-left ones.
const WORDS: [&str; 12] = [
    "hello",
    "日本語のチャット",
    "👩\u{200d}👩\u{200d}👧",
    "🇩🇪🇫🇷",
    "❤\u{fe0f}",
    "e\u{301}a\u{308}o\u{308}",
    "שלום",
    "مرحبا",
    "नमस्ते",
    "한국어",
    "👋🏽🎉",
    "https://example.org/a/very/long/path/that/no/screen/breaks?and=some&more=of#it",
];
const KEYS: [&str; 16] = [
    "Left", "Left", "Right", "Home", "End", "C-w", "C-k", "C-u", "C-y", "BSpace", "Up", "Down",
    "Tab", "C-t", "M-b", "Delete",
];

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

/// A terminal that a seed plays with.
trait Terminal {
    fn types(&self, text: &str);
    fn presses(&self, key: &str);
    fn resizes(&self, columns: u16, rows: u16);
    fn signals(&self, signal: Signal);
    /// All that was ever shown and not erased.
    fn kept(&self) -> String;
    /// The part of a text that this terminal keeps.
    fn comparable(text: &str) -> String;
}

impl Terminal for Screen {
    fn types(&self, text: &str) {
        Screen::types(self, text);
    }

    fn presses(&self, key: &str) {
        Screen::presses(self, key);
    }

    fn resizes(&self, columns: u16, rows: u16) {
        let size = [columns.to_string(), rows.to_string()];
        self.tmux.ask(&["resize-window", "-x", &size[0], "-y", &size[1]]);
    }

    fn signals(&self, signal: Signal) {
        self.signal(signal);
    }

    fn kept(&self) -> String {
        self.tmux.ask(&["capture-pane", "-p", "-J", "-S", "-"])
    }

    fn comparable(text: &str) -> String {
        letters(text)
    }
}

/// GNU screen with nobody attached.
struct GnuScreen(Directory);

impl GnuScreen {
    fn open(server: &Server) -> Option<Self> {
        find("screen")?;
        let this = Self(Directory::new("gnu-screen"));
        let script = format!(
            "echo $$ >pid; export HOME=\"$PWD\" XDG_CONFIG_HOME=\"$PWD\" XDG_STATE_HOME=\"$PWD\"; exec \"{}\" luca {}",
            env!("CARGO_BIN_EXE_chat"),
            url(server.port)
        );
        this.0.write("screenrc", "defscrollback 20000\ndefutf8 on\nstartup_message off\n");
        let arguments = ["-U", "-c", "screenrc", "-dmS", "chat", "sh", "-c", &script];
        this.command().args(arguments).output().unwrap();
        assert!(this.asks(&["width", "-w", "80", "24"]), "screen does not run");
        Some(this)
    }

    /// In the directory of the test, since the path of a Unix socket has at most 107 bytes, and that of the directory may be
    /// longer.
    fn command(&self) -> Command {
        let mut screen = command("screen");
        screen.current_dir(self.0.path(""));
        screen.env("LANG", "C.UTF-8").env("SCREENDIR", "sockets");
        screen
    }

    /// Whether screen has taken the command.
    fn asks(&self, arguments: &[&str]) -> bool {
        let mut screen = self.command();
        let asked = screen.args(["-S", "chat", "-p", "0", "-X"]).args(arguments).output();
        asked.unwrap().status.success()
    }
}

impl Terminal for GnuScreen {
    fn types(&self, text: &str) {
        // `stuff` takes `^` and `\` for its own.
        let text: String = text.chars().filter(|c| !matches!(c, '^' | '\\' | '$')).collect();
        self.asks(&["stuff", &text]);
    }

    fn presses(&self, key: &str) {
        let bytes = match key {
            "Left" => "\u{1b}[D",
            "Right" => "\u{1b}[C",
            "Up" => "\u{1b}[A",
            "Down" => "\u{1b}[B",
            "Home" => "^a",
            "End" => "^e",
            "C-w" => "^w",
            "C-k" => "^k",
            "C-y" => "^y",
            "C-t" => "^t",
            "BSpace" => "^h",
            "Tab" => "^i",
            "Enter" => "^m",
            _ => "^u",
        };
        self.asks(&["stuff", bytes]);
    }

    fn resizes(&self, columns: u16, rows: u16) {
        self.asks(&["width", "-w", &columns.to_string(), &rows.to_string()]);
    }

    fn signals(&self, signal: Signal) {
        let pid = self.0.read("pid").trim().parse().unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    fn kept(&self) -> String {
        let file = self.0.path("hardcopy");
        let _ = std::fs::remove_file(&file);
        self.asks(&["hardcopy", "-h", &file]);
        let mut kept = String::new();
        until("the hardcopy is written", || {
            let Ok(bytes) = std::fs::read(&file) else {
                return false;
            };
            kept = String::from_utf8_lossy(&bytes).into_owned();
            kept.ends_with('\n')
        });
        kept
    }

    fn comparable(text: &str) -> String {
        tags(text)
    }
}

impl Drop for GnuScreen {
    fn drop(&mut self) {
        self.asks(&["quit"]);
    }
}

/// The rest of a text in tmux: letters that it may drop or join are not compared, and neither is where its rows end.
fn letters(text: &str) -> String {
    let is_mark = |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{97f}');
    text.chars().filter(|&c| c.is_alphanumeric() && !is_mark(c)).collect()
}

/// The rest of a text in the hardcopy of GNU screen, which writes one byte for each letter: the begin and the end of
/// each message.
fn tags(text: &str) -> String {
    let rows: String = text.split_whitespace().collect();
    let tag = Regex::new("m[0-9]+s|e[0-9]+n").unwrap();
    tag.find_iter(&rows).map(|found| found.as_str()).collect()
}

/// Plays with the terminal, and then looks whether it has kept every message of bob.
fn play<T: Terminal>(seed: u64, terminal: &T, bob: &mut Client) {
    let mut dice = Dice(seed);
    let mut said = Vec::new();
    let mut columns = 80;
    let say = |bob: &mut Client, text: String, said: &mut Vec<String>| {
        bob.say(&text);
        said.push(text);
    };
    for step in 0..STEPS {
        match dice.below(10) {
            0..=2 => {
                let count = 1 + dice.below(4);
                // No wide letter fits into one column.
                let words = if columns == 1 { &WORDS[..1] } else { &WORDS[..] };
                let words: Vec<&str> = (0..count).map(|_| dice.one_of(words)).collect();
                say(bob, format!("m{step}s {} e{step}n", words.join(" ")), &mut said);
            }
            3 | 4 => terminal.types(&format!("{} ", dice.one_of(&WORDS))),
            5 | 6 => terminal.presses(dice.one_of(&KEYS)),
            7 => {
                let (x, y) = SIZES[dice.below(SIZES.len())];
                columns = x;
                // tmux itself deletes the rows below the cursor to make a screen lower, and after joined letters it is wrong
                // about the row of the cursor. No program can save those rows.
                if y < 8 {
                    terminal.presses("End");
                    terminal.presses("C-u");
                }
                terminal.resizes(x, y);
            }
            8 => {
                // A window that is dragged.
                for (x, y) in [(60, 24), (40, 24), (70, 24)] {
                    terminal.resizes(x, y);
                    columns = x;
                }
            }
            _ => {
                terminal.signals(Signal::TSTP);
                say(bob, format!("m{step}s while it was stopped e{step}n"), &mut said);
                terminal.signals(Signal::CONT);
            }
        }
        // The pace of a hand, and not a wait for anything.
        thread::sleep(Duration::from_millis(dice.below(30) as u64));
    }
    terminal.resizes(120, 24);
    say(bob, "m999s that was all e999n".to_owned(), &mut said);
    // A copy that ends with the last message is whole. The next one may be half written when it is read.
    let mut kept = String::new();
    until("the last message is shown", || {
        kept = T::comparable(&terminal.kept());
        kept.contains("e999n")
    });
    let mut rest = &*kept;
    for text in &said {
        let message = T::comparable(text);
        let Some((_, behind)) = rest.split_once(&message) else {
            panic!("seed {seed}: {text:?} is lost, or out of order; kept: {kept}");
        };
        rest = behind;
    }
}

fn seeds() -> RangeInclusive<u64> {
    let chosen = env::var("CHAT_FUZZ_SEEDS").ok();
    let bounds = chosen.as_deref().and_then(|seeds| seeds.split_once('-'));
    bounds.map_or(1..=3, |(first, last)| first.parse().unwrap()..=last.parse().unwrap())
}

fn server() -> (Server, Client) {
    let server = Server::start(&["--rate-limit", "off"]);
    let bob = Client::join(&server, "bob");
    (server, bob)
}

#[test]
fn nothing_is_erased_in_tmux() {
    for seed in seeds() {
        let (server, mut bob) = server();
        let screen = or_skip!(Setup::chat(&["luca", &url(server.port)]).open());
        screen.is_ready();
        bob.skip_to("luca has joined room lobby");
        play(seed, &screen, &mut bob);
    }
}

#[test]
fn nothing_is_erased_in_gnu_screen() {
    for seed in seeds() {
        let (server, mut bob) = server();
        let screen = or_skip!(GnuScreen::open(&server));
        bob.skip_to("luca has joined room lobby");
        play(seed, &screen, &mut bob);
    }
}
