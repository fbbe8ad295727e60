//! A figure as a table for other programs: CSV as in RFC 4180.

use super::Drawing;

/// One line of headers, then one for each point, bar or span. Numbers have all their digits.
pub fn table(drawing: &Drawing) -> String {
    let mut text = String::new();
    match drawing {
        Drawing::Lines { x, y, series } => {
            record(&mut text, &["series", &x.label, &y.label]);
            for line in series {
                for (x, y) in &line.points {
                    record(&mut text, &[&line.name, &x.to_string(), &y.to_string()]);
                }
            }
        }
        Drawing::Bars { y, bars } => {
            record(&mut text, &["bar", &y.label]);
            for (label, value) in bars {
                record(&mut text, &[label, &value.to_string()]);
            }
        }
        Drawing::Spans { x, rows } => {
            let (from, to) = (format!("from: {}", x.label), format!("to: {}", x.label));
            record(&mut text, &["row", "what", &from, &to]);
            for row in rows {
                for span in &row.spans {
                    let (from, to) = (span.from.to_string(), span.to.to_string());
                    record(&mut text, &[&row.name, &span.what, &from, &to]);
                }
            }
        }
    }
    text
}

fn record(text: &mut String, fields: &[&str]) {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        if field.contains([',', '"', '\r', '\n']) {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(field);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::super::testing;
    use super::*;

    /// Reads what RFC 4180 allows.
    fn parsed(text: &str) -> Vec<Vec<String>> {
        let mut records = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let mut fields = Vec::new();
            loop {
                let mut field = String::new();
                if let Some(quoted) = rest.strip_prefix('"') {
                    let mut parts = quoted;
                    loop {
                        let (part, behind) = parts.split_once('"').unwrap();
                        field.push_str(part);
                        rest = behind;
                        match behind.strip_prefix('"') {
                            Some(more) => {
                                field.push('"');
                                parts = more;
                            }
                            None => break,
                        }
                    }
                } else {
                    let end = rest.find([',', '\r']).unwrap();
                    assert!(!rest[..end].contains(['"', '\n']));
                    field.push_str(&rest[..end]);
                    rest = &rest[end..];
                }
                fields.push(field);
                match rest.strip_prefix(',') {
                    Some(more) => rest = more,
                    None => break,
                }
            }
            rest = rest.strip_prefix("\r\n").unwrap();
            records.push(fields);
        }
        records
    }

    #[test]
    fn lines_parse_back_with_all_their_digits() {
        let Drawing::Lines { series, .. } = testing::lines(3, 40, true).drawing else {
            panic!("lines are lines");
        };
        let records = parsed(&testing::lines(3, 40, true).csv());
        assert_eq!(records[0].len(), 3);
        let mut points = records[1..].iter();
        for line in &series {
            for &(x, y) in &line.points {
                let point = points.next().unwrap();
                assert_eq!(point[0], line.name);
                assert_eq!(point[1].parse(), Ok(x));
                assert_eq!(point[2].parse(), Ok(y));
            }
        }
        assert!(points.next().is_none());
    }

    #[test]
    fn bars_and_spans_parse_back() {
        let bars = parsed(&testing::bars(8, false).csv());
        assert_eq!(bars.len(), 9);
        assert!(bars.iter().all(|record| record.len() == 2));
        let spans = parsed(&testing::spans(5).csv());
        assert!(spans.len() > 5);
        for span in &spans[1..] {
            let (from, to): (f64, f64) = (span[2].parse().unwrap(), span[3].parse().unwrap());
            assert!(from < to);
        }
    }

    #[test]
    fn what_a_comma_or_a_quotation_mark_is_in_is_quoted() {
        let mut text = String::new();
        record(&mut text, &["a,b", "say \"hi\"", "two\r\nlines", "plain"]);
        assert_eq!(
            text,
            "\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\",plain\r\n"
        );
        assert_eq!(
            parsed(&text),
            [["a,b", "say \"hi\"", "two\r\nlines", "plain"]]
        );
    }
}
