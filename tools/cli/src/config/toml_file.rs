//! TOML text as a tree of values with line numbers.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::tree::{Entry, Kind, Problems, Value};

/// The document as one table; `None` if it is not TOML.
pub fn parse(text: &str, problems: &mut Problems) -> Option<Value> {
    let lines = Lines::of(text);
    match DeTable::parse(text) {
        Ok(table) => Some(lines.table(table.get_ref(), 1)),
        Err(error) => {
            let line = error.span().map_or(0, |span| lines.line_at(span.start));
            problems.add(line, format!("not TOML: {}", error.message().replace('\n', ", ")));
            None
        }
    }
}

struct Lines {
    /// Offset at which each line begins.
    starts: Vec<usize>,
}

impl Lines {
    fn of(text: &str) -> Lines {
        let breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        Lines { starts: std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect() }
    }

    fn line_at(&self, offset: usize) -> u32 {
        self.starts.partition_point(|start| *start <= offset) as u32
    }

    fn table(&self, table: &DeTable, line: u32) -> Value {
        let mut entries = Vec::new();
        for (key, value) in table.iter() {
            let key_line = self.line_at(key.span().start);
            let mut value = self.value(value);
            // The table of a `[header]` begins where its name stands.
            if matches!(value.kind, Kind::Table(_)) {
                value.line = key_line;
            }
            entries.push((key.span().start, Entry { key: key.get_ref().to_string(), value }));
        }
        // In the order of the file, so that problems are too.
        entries.sort_by_key(|(at, _)| *at);
        let entries = entries.into_iter().map(|(_, entry)| entry).collect();
        Value { line, kind: Kind::Table(entries) }
    }

    fn value(&self, value: &Spanned<DeValue>) -> Value {
        let line = self.line_at(value.span().start);
        let kind = match value.get_ref() {
            DeValue::String(text) => Kind::Text(text.to_string()),
            DeValue::Integer(integer) => {
                let digits = integer.as_str().replace('_', "");
                match i128::from_str_radix(&digits, integer.radix()) {
                    Ok(number) => Kind::Integer(number),
                    Err(_) => Kind::Text(digits),
                }
            }
            DeValue::Float(_) => Kind::Float,
            DeValue::Boolean(b) => Kind::Bool(*b),
            DeValue::Datetime(d) => Kind::Text(d.to_string()),
            DeValue::Array(list) => Kind::List(list.iter().map(|v| self.value(v)).collect()),
            DeValue::Table(table) => return self.table(table, line),
        };
        Value { line, kind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_lines() {
        let mut problems = Problems::default();
        let text = "base = \"USD\"\n\n[gate]\ncore = 3\n[[account]]\nname = \"A\"\n";
        let Some(Value { kind: Kind::Table(entries), .. }) = parse(text, &mut problems) else {
            panic!("{problems:?}")
        };
        let lines: Vec<(&str, u32)> =
            entries.iter().map(|e| (e.key.as_str(), e.value.line)).collect();
        assert_eq!(lines[0], ("base", 1));
        assert_eq!(lines[1], ("gate", 3));
        let Kind::List(accounts) = &entries[2].value.kind else { panic!() };
        assert_eq!(accounts[0].line, 5);
    }

    #[test]
    fn what_is_no_toml_is_named_with_its_line() {
        let mut problems = Problems::default();
        assert!(parse("a = 1\nb = = 2\n", &mut problems).is_none());
        assert_eq!(problems.list[0].line, 2);
    }
}
