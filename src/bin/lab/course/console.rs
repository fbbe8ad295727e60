//! Asks and tells.

use std::io::{self, BufRead, Write};

use crate::texts::hanging;

/// No guess needs more characters than this.
const GUESS_MAX: usize = 200;

/// Whom the lab talks to.
pub struct Console<'a> {
    /// Where guesses come from; none where nobody is asked.
    pub input: Option<&'a mut dyn BufRead>,
    /// For what is to be kept.
    pub output: &'a mut dyn Write,
    /// For questions and for how far it is.
    pub progress: &'a mut dyn Write,
    /// The progress goes to a terminal, on which a line can be drawn over.
    pub redraws: bool,
}

impl Console<'_> {
    /// Shows a text.
    ///
    /// # Errors
    /// Nobody is there to see it.
    pub fn tell(&mut self, text: &str) -> io::Result<()> {
        self.output.write_all(text.as_bytes())?;
        self.output.flush()
    }

    /// Asks for a guess. An empty answer is none, and so is Ctrl-D.
    ///
    /// # Errors
    /// The question cannot be shown, or the answer not be read.
    pub fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
        let Some(input) = &mut self.input else {
            return Ok(None);
        };
        let question = hanging("Guess first: ", question);
        // Where the plots go into a file, the question is still seen.
        write!(self.progress, "{question}> ")?;
        self.progress.flush()?;
        let mut line = Vec::new();
        // It reads on by itself where a signal has interrupted it.
        input.read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            // After Ctrl-D the cursor still stands behind the question.
            writeln!(self.progress)?;
        }
        let guess = String::from_utf8_lossy(&line);
        let shown = guess.chars().filter(|letter| !letter.is_control());
        let guess: String = shown.take(GUESS_MAX).collect();
        let guess = guess.trim();
        Ok((!guess.is_empty()).then(|| guess.to_owned()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::*;

    fn answers(typed: &[u8], questions: usize) -> Vec<Option<String>> {
        let mut typed = typed;
        let mut console = Console {
            input: Some(&mut typed),
            output: &mut io::sink(),
            progress: &mut io::sink(),
            redraws: true,
        };
        (0..questions)
            .map(|_| console.ask("How long?").unwrap())
            .collect()
    }

    #[test]
    fn an_empty_answer_and_the_end_of_input_are_no_guess() {
        let some = |guess: &str| Some(guess.to_owned());
        assert_eq!(
            answers(b" 20 GB \n\nlast", 4),
            [some("20 GB"), None, some("last"), None]
        );
    }

    #[test]
    fn a_guess_is_shown_again_so_it_holds_nothing_that_moves_the_cursor() {
        let typed = [b"\x1b[2J\xff".as_slice(), &[b'a'; 1000], b"\n"].concat();
        let guess = answers(&typed, 1).remove(0).unwrap();
        assert!(guess.starts_with("[2J\u{fffd}aaa"));
        assert_eq!(guess.chars().count(), GUESS_MAX);
    }
}
