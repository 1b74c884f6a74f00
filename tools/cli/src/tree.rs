//! A tree of values with line numbers: what JSON lines and TOML files have in common.
//!
//! Readers ask for what they need and note every problem instead of stopping at the first. It
//! never holds a floating-point number: decimals are text, exact to the last digit.

use riskgate::fixed::decimal;

/// A value and the line it begins in.
#[derive(Clone, Debug)]
pub struct Value {
    pub line: u32,
    pub kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind {
    Null,
    Bool(bool),
    Integer(i128),
    /// A number with a fraction or exponent: refused wherever a decimal is wanted.
    Float,
    Text(String),
    List(Vec<Value>),
    Table(Vec<Entry>),
}

/// A key of a table and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: String,
    pub value: Value,
}

/// Everything that is wrong with a file.
#[derive(Debug, Default)]
pub struct Problems {
    pub list: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The file, where it is not the one that is read.
    pub file: Option<String>,
    /// 0: the file as a whole.
    pub line: u32,
    pub text: String,
}

impl Problems {
    pub fn add(&mut self, line: u32, text: impl Into<String>) {
        self.list.push(Problem { file: None, line, text: text.into() });
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All problems as lines of `file:line: text`.
    pub fn texts(&self, file: &str) -> Vec<String> {
        let text = |p: &Problem| {
            let file = p.file.as_deref().unwrap_or(file);
            match p.line {
                0 => format!("{file}: {}", p.text),
                line => format!("{file}:{line}: {}", p.text),
            }
        };
        let mut sorted: Vec<&Problem> = self.list.iter().collect();
        sorted.sort_by_key(|p| (p.file.is_some(), p.line));
        sorted.into_iter().map(text).collect()
    }
}

impl Value {
    /// What it is, in a message.
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "null".into(),
            Kind::Bool(b) => b.to_string(),
            Kind::Integer(i) => i.to_string(),
            Kind::Float => "a floating-point number".into(),
            Kind::Text(t) => format!("\"{t}\""),
            Kind::List(_) => "a list".into(),
            Kind::Table(_) => "a table of keys".into(),
        }
    }

    fn mismatch<T>(&self, what: &str, wanted: &str, problems: &mut Problems) -> Option<T> {
        problems.add(self.line, format!("{what} is {}, it must be {wanted}", self.describe()));
        None
    }

    pub fn text(&self, what: &str, problems: &mut Problems) -> Option<&str> {
        match &self.kind {
            Kind::Text(t) => Some(t),
            _ => self.mismatch(what, "text in quotes", problems),
        }
    }

    pub fn bool(&self, what: &str, problems: &mut Problems) -> Option<bool> {
        match self.kind {
            Kind::Bool(b) => Some(b),
            _ => self.mismatch(what, "true or false", problems),
        }
    }

    pub fn list(&self, what: &str, problems: &mut Problems) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(l) => Some(l),
            _ => self.mismatch(what, "a list", problems),
        }
    }

    /// The entries of a table whose keys are all among `known`; unknown ones are noted.
    pub fn table<'a>(
        &'a self,
        what: &str,
        known: &[&str],
        problems: &mut Problems,
    ) -> Option<Table<'a>> {
        let Kind::Table(entries) = &self.kind else {
            return self.mismatch(what, "a table of keys", problems);
        };
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                problems.add(entry.value.line, unknown_key(what, &entry.key, known));
            }
        }
        Some(Table { what: what.to_string(), line: self.line, entries })
    }

    /// The digits of a decimal: text, or an integer as a number.
    pub fn decimal(&self, what: &str, problems: &mut Problems) -> Option<String> {
        match &self.kind {
            Kind::Text(t) => Some(t.clone()),
            Kind::Integer(i) => Some(i.to_string()),
            Kind::Float => {
                let text = format!(
                    "{what} is a floating-point number; write decimals as text in quotes, such as \
                     \"187.25\", so that no digit is lost"
                );
                problems.add(self.line, text);
                None
            }
            _ => self.mismatch(what, "a decimal number as text", problems),
        }
    }

    /// A decimal in units of 10^-`places`.
    pub fn scaled(&self, what: &str, places: u32, problems: &mut Problems) -> Option<i128> {
        let text = self.decimal(what, problems)?;
        match decimal::parse_i128(&text, places) {
            Ok(value) => Some(value),
            Err(error) => {
                problems.add(self.line, decimal_problem(what, &text, places, error));
                None
            }
        }
    }

    /// A decimal in units of 10^-`places` that fits 64 bits.
    pub fn scaled64(&self, what: &str, places: u32, problems: &mut Problems) -> Option<i64> {
        let value = self.scaled(what, places, problems)?;
        // `i64::MAX` stands for an undefined price.
        match i64::try_from(value) {
            Ok(v) if v != i64::MAX => Some(v),
            _ => {
                let largest = decimal::format_i128(i128::from(i64::MAX) - 1, places);
                let text = format!("{what} is {}, the bound is ±{largest}", self.describe());
                problems.add(self.line, text);
                None
            }
        }
    }

    /// A whole number from `least` to `most`.
    pub fn whole(
        &self,
        what: &str,
        least: i128,
        most: i128,
        problems: &mut Problems,
    ) -> Option<i128> {
        let value = self.scaled(what, 0, problems)?;
        if (least..=most).contains(&value) {
            return Some(value);
        }
        problems.add(self.line, format!("{what} is {value}, it must be from {least} to {most}"));
        None
    }

    /// A length of time such as `500ms`, in nanoseconds.
    pub fn duration_ns(&self, what: &str, problems: &mut Problems) -> Option<u64> {
        let Kind::Text(text) = &self.kind else {
            return self.mismatch(what, DURATION_FORM, problems);
        };
        match parse_duration_ns(text) {
            Some(ns) => Some(ns),
            None => self.mismatch(what, DURATION_FORM, problems),
        }
    }

    /// One of several names.
    pub fn name_of<T: Copy>(
        &self,
        what: &str,
        names: &[(T, &str)],
        problems: &mut Problems,
    ) -> Option<T> {
        let text = self.text(what, problems)?;
        if let Some((value, _)) = names.iter().find(|(_, name)| *name == text) {
            return Some(*value);
        }
        let all: Vec<&str> = names.iter().map(|(_, name)| *name).collect();
        let near = nearest(text, &all).map_or(String::new(), |n| format!(" (did you mean {n}?)"));
        let text = format!("{what} is \"{text}\"{near}, it must be one of {}", all.join(", "));
        problems.add(self.line, text);
        None
    }
}

const DURATION_FORM: &str = "an integer and a unit: ns, us, ms, s, m or h, such as \"500ms\"";

/// A table whose keys have been looked at.
pub struct Table<'a> {
    what: String,
    pub line: u32,
    pub entries: &'a [Entry],
}

impl<'a> Table<'a> {
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.entries.iter().find(|e| e.key == key).map(|e| &e.value)
    }

    /// Like [`Table::get`], and notes if it is missing.
    pub fn need(&self, key: &str, problems: &mut Problems) -> Option<&'a Value> {
        let found = self.get(key);
        if found.is_none() {
            problems.add(self.line, format!("{} needs the key \"{key}\"", self.what));
        }
        found
    }

    /// Text under a key.
    pub fn text(&self, key: &str, problems: &mut Problems) -> Option<&'a str> {
        self.get(key)?.text(key, problems)
    }

    /// A flag under a key; false if absent.
    pub fn flag(&self, key: &str, problems: &mut Problems) -> bool {
        self.get(key).and_then(|v| v.bool(key, problems)).unwrap_or(false)
    }
}

/// Message about an unknown key.
pub fn unknown_key(what: &str, key: &str, known: &[&str]) -> String {
    let near = nearest(key, known).map_or(String::new(), |n| format!(" (did you mean \"{n}\"?)"));
    format!("{what} has the unknown key \"{key}\"{near}; known keys: {}", known.join(", "))
}

/// Message about a decimal that cannot be read.
pub fn decimal_problem(
    what: &str,
    text: &str,
    places: u32,
    error: decimal::DecimalError,
) -> String {
    match error {
        decimal::DecimalError::TooPrecise => {
            format!("{what} is \"{text}\", it can have at most {places} decimal places")
        }
        other => format!("{what} \"{text}\" {other}"),
    }
}

/// Nanoseconds of `500ms` and the like.
pub fn parse_duration_ns(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// The candidate that is likely meant, if any is near.
pub fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let near = candidates.iter().map(|c| (edit_distance(word, c), *c)).min()?;
    (near.0 <= 1 + word.len() / 4).then_some(near.1)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(parse_duration_ns("500ms"), Some(500_000_000));
        assert_eq!(parse_duration_ns("2h"), Some(7_200_000_000_000));
        for bad in ["", "5", "ms", "5 ms", "-5ms", "1.5s", "99999999999999h"] {
            assert_eq!(parse_duration_ns(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_near_key_is_proposed_and_a_far_one_not() {
        let known = ["max_order_qty", "max_order_value"];
        assert_eq!(nearest("max_order_qt", &known), Some("max_order_qty"));
        assert_eq!(nearest("zebra", &known), None);
    }
}
