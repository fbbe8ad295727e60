//! The Tab key: the first press takes the best candidate, and each further press the next one.

use crate::client::complete::Completion;

/// The state of completion.
#[derive(Debug, Default)]
pub struct Tab {
    offered: Option<Offered>,
    /// Whether the last key was Shift-Tab.
    pub backward: bool,
}

/// The candidates of a completion, one of which is in the line.
#[derive(Debug)]
struct Offered {
    /// The text before the candidate.
    head: String,
    /// The text after the candidate.
    tail: String,
    candidates: Vec<String>,
    chosen: usize,
}

impl Offered {
    /// Returns whether the line has not changed since.
    fn stands_in(&self, line: &str, cursor: usize) -> bool {
        line.split_at_checked(cursor)
            .and_then(|(before, tail)| Some((before.strip_prefix(&*self.head)?, tail)))
            .is_some_and(|(chosen, tail)| {
                chosen == self.candidates[self.chosen] && tail == self.tail
            })
    }
}

impl Tab {
    /// Returns the replacement text and the byte offset where it begins; it replaces the text up to the cursor. Returns
    /// `None` if there is no candidate. `complete` provides the candidates.
    pub fn choose(
        &mut self,
        line: &str,
        cursor: usize,
        complete: impl FnOnce(&str, usize) -> Option<Completion>,
    ) -> Option<(usize, String)> {
        let again = self.offered.take().filter(|offered| offered.stands_in(line, cursor));
        let offered = match again {
            Some(mut offered) => {
                let count = offered.candidates.len();
                let step = if self.backward { count - 1 } else { 1 };
                offered.chosen = (offered.chosen + step) % count;
                offered
            }
            None => {
                let Completion { start, candidates } = complete(line, cursor)?;
                Offered {
                    head: line.get(..start)?.to_owned(),
                    tail: line.get(cursor..)?.to_owned(),
                    chosen: if self.backward { candidates.len().checked_sub(1)? } else { 0 },
                    candidates,
                }
            }
        };
        let choice = (offered.head.len(), offered.candidates.get(offered.chosen)?.clone());
        self.offered = Some(offered);
        Some(choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Presses Tab in the line, in which `|` is the cursor, and returns the new line.
    fn press(tab: &mut Tab, line: &str, candidates: &[&str]) -> Option<String> {
        let cursor = line.find('|').unwrap();
        let line = line.replacen('|', "", 1);
        let complete = |line: &str, cursor: usize| {
            let start = line[..cursor].rfind(' ').map_or(0, |blank| blank + 1);
            (!candidates.is_empty()).then(|| Completion {
                start,
                candidates: candidates.iter().map(|&text| text.into()).collect(),
            })
        };
        let (start, choice) = tab.choose(&line, cursor, complete)?;
        Some(format!("{}{choice}|{}", &line[..start], &line[cursor..]))
    }

    #[test]
    fn each_further_tab_takes_the_next_and_shift_tab_the_one_before() {
        let mut tab = Tab::default();
        let names = ["böb ", "bo ", "bodo "];
        let mut line = "hi b| and".to_owned();
        for expected in ["hi böb | and", "hi bo | and", "hi bodo | and", "hi böb | and"] {
            line = press(&mut tab, &line, &names).unwrap();
            assert_eq!(line, expected);
        }
        tab.backward = true;
        line = press(&mut tab, &line, &names).unwrap();
        assert_eq!(line, "hi bodo | and");
        let first = press(&mut Tab { backward: true, offered: None }, "b|", &names);
        assert_eq!(first.unwrap(), "bodo |");
    }

    #[test]
    fn what_is_typed_between_begins_anew() {
        let mut tab = Tab::default();
        assert_eq!(press(&mut tab, "b|", &["bob ", "bea "]).unwrap(), "bob |");
        assert_eq!(press(&mut tab, "bob a|", &["ann "]).unwrap(), "bob ann |");
        assert_eq!(press(&mut tab, "bob ann x|", &[]), None);
        assert_eq!(press(&mut tab, "bob ann |", &["zoe "]).unwrap(), "bob ann zoe |");
    }
}
