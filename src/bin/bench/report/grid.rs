//! Plain text in columns.

/// No line is wider, in characters.
pub const WIDTH_MAX: usize = 120;

/// Between two columns.
const GAP: usize = 2;

/// A table: the first column names the rows and is flush left, all others are flush right.
#[derive(Debug, Default)]
pub struct Grid {
    /// Rows above the line. Each has as many cells as those below it.
    pub head: Vec<Vec<String>>,
    /// Rows below the line.
    pub rows: Vec<Vec<String>>,
}

impl Grid {
    /// The text. What is too wide for one table becomes several, one below the other, of about as many columns each.
    pub fn text(&self) -> String {
        let widths = self.widths();
        let Some((first, others)) = widths.split_first() else {
            return String::new();
        };
        let parts = (1..=others.len().max(1))
            .find(|parts| {
                others
                    .chunks(others.len().div_ceil(*parts).max(1))
                    .all(|part| {
                        first + part.iter().map(|width| GAP + width).sum::<usize>() <= WIDTH_MAX
                    })
            })
            .unwrap_or(others.len().max(1));
        let size = others.len().div_ceil(parts).max(1);
        let columns: Vec<usize> = (1..widths.len()).collect();
        let tables: Vec<String> = columns
            .chunks(size)
            .map(|columns| self.part(&widths, columns))
            .collect();
        tables.join("\n")
    }

    fn all(&self) -> impl Iterator<Item = &Vec<String>> {
        self.head.iter().chain(&self.rows)
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.all().map(Vec::len).max().unwrap_or(0);
        let width = |column| {
            let cells = self.all().filter_map(|row| row.get(column));
            cells
                .map(|cell: &String| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        (0..columns).map(width).collect()
    }

    fn part(&self, widths: &[usize], columns: &[usize]) -> String {
        let line = |row: &Vec<String>| {
            let mut line = format!("{:<1$}", row[0], widths[0]);
            for &column in columns {
                let cell = row.get(column).map_or("", String::as_str);
                line.push_str(&format!("{cell:>0$}", GAP + widths[column]));
            }
            line.trim_end().to_owned() + "\n"
        };
        let width = widths[0] + columns.iter().map(|&c| GAP + widths[c]).sum::<usize>();
        let head: String = self.head.iter().map(line).collect();
        let rows: String = self.rows.iter().map(line).collect();
        format!("{head}{}\n{rows}", "─".repeat(width))
    }
}

/// Lines of at most [`WIDTH_MAX`], each of which ends in a line feed. The first begins with `lead`, and the others are
/// indented as far. White space is as good as any other: what a server says of itself may have several lines.
pub fn paragraph(lead: &str, text: &str) -> String {
    let indent = lead.chars().count();
    let mut done = String::new();
    let mut line = lead.to_owned();
    let mut length = indent;
    for word in text.split_whitespace() {
        let word_length = word.chars().count();
        if length > indent && length + 1 + word_length > WIDTH_MAX {
            done.push_str(&line);
            done.push('\n');
            line = " ".repeat(indent);
            length = indent;
        }
        if length > indent {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += word_length;
    }
    done + line.trim_end() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|&cell| cell.to_owned()).collect()
    }

    #[test]
    fn columns_are_aligned_by_characters_and_not_by_bytes() {
        let grid = Grid {
            head: vec![row(&["people", "10", "1,000"])],
            rows: vec![row(&["a", "1.25 ±4%", "–"]), row(&["bcdefgh", "12", "3"])],
        };
        let text = "\
people         10  1,000
────────────────────────
a        1.25 ±4%      –
bcdefgh        12      3
";
        assert_eq!(grid.text(), text);
    }

    #[test]
    fn what_is_too_wide_is_cut_between_columns_into_equal_parts() {
        let cell = "x".repeat(28);
        let grid = Grid {
            head: vec![row(&["head", &cell, &cell, &cell, &cell])],
            rows: vec![row(&["row", "1", "2", "3", "4"])],
        };
        let text = grid.text();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH_MAX));
        let tables: Vec<&str> = text.split("\n\n").collect();
        assert_eq!(tables.len(), 2, "{text}");
        for (table, figures) in tables.iter().zip([["1", "2"], ["3", "4"]]) {
            let words: Vec<&str> = table
                .lines()
                .last()
                .unwrap_or("")
                .split_whitespace()
                .collect();
            assert_eq!(words[1..], figures);
        }
    }

    #[test]
    fn long_text_is_broken_and_indented() {
        let text = paragraph("(1) ", &format!("{}\nend", "word ".repeat(30)));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].starts_with("(1) word ") && lines[0].chars().count() <= WIDTH_MAX);
        assert!(lines[1].starts_with("    word ") && lines[1].ends_with("word end"));
        assert_eq!(paragraph("lead", ""), "lead\n");
    }
}
