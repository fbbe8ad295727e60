//! The terminal, or a buffer in a test.

use std::io::{self, BufRead, Write};

use crate::texts::hanging;

/// The longest guess, in characters.
const GUESS_MAX: usize = 200;

pub struct Console<'a> {
    /// The source of guesses, or nothing if the lab asks no questions.
    pub input: Option<&'a mut dyn BufRead>,
    pub output: &'a mut dyn Write,
    /// Shows questions and progress, so the output can go to a file.
    pub progress: &'a mut dyn Write,
    /// Whether `progress` is a terminal, where a line can be redrawn.
    pub redraws: bool,
}

impl Console<'_> {
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        self.output.write_all(text.as_bytes())?;
        self.output.flush()
    }

    /// Replaces the progress line on a terminal. It writes CR and EL (ECMA-48) before the line.
    pub fn redraw(&mut self, line: &str) -> io::Result<()> {
        if self.redraws {
            write!(self.progress, "\r\x1b[K{line}")?;
            self.progress.flush()?;
        }
        Ok(())
    }

    /// Asks for a guess. An empty line or Ctrl-D means no guess.
    pub fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
        let Some(input) = &mut self.input else {
            return Ok(None);
        };
        write!(self.progress, "{}> ", hanging("Guess first: ", question))?;
        self.progress.flush()?;
        let mut line = Vec::new();
        input.read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            // Ctrl-D leaves the cursor behind the question.
            writeln!(self.progress)?;
        }
        let guess = String::from_utf8_lossy(&line);
        let visible = guess.chars().filter(|letter| !letter.is_control());
        let guess: String = visible.take(GUESS_MAX).collect();
        let guess = guess.trim();
        Ok((!guess.is_empty()).then(|| guess.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(mut typed: &[u8], questions: usize) -> Vec<Option<String>> {
        let mut console = Console {
            input: Some(&mut typed),
            output: &mut io::sink(),
            progress: &mut io::sink(),
            redraws: true,
        };
        let answers = (0..questions).map(|_| console.ask("How long?").unwrap());
        answers.collect()
    }

    #[test]
    fn an_empty_line_or_the_end_of_input_is_no_guess() {
        let some = |guess: &str| Some(guess.to_owned());
        let expected = [some("20 GB"), None, some("last"), None];
        assert_eq!(answers(b" 20 GB \n\nlast", 4), expected);
    }

    #[test]
    fn a_guess_is_short_and_holds_no_control_characters() {
        let typed = [b"\x1b[2J\xff".as_slice(), &[b'a'; 1000], b"\n"].concat();
        let guess = answers(&typed, 1).remove(0).unwrap();
        assert!(guess.starts_with("[2J\u{fffd}aaa"));
        assert_eq!(guess.chars().count(), GUESS_MAX);
    }
}
