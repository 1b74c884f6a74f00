//! JSON values one after the other, with line numbers; a key that stands twice is an error.
//!
//! Usually one value stands on a line, but a long one may go over several lines and several may
//! share one.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::tree::{Entry, Kind, Problems, Value};

/// All values of a file. After a syntax error nothing more is read.
pub fn parse(text: &str, problems: &mut Problems) -> Vec<Value> {
    let mut values = Vec::new();
    let (mut line, mut counted) = (1, 0);
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Raw>();
    loop {
        let offset = stream.byte_offset();
        let begin = text.len() - text[offset..].trim_start().len();
        line += text[counted..begin].bytes().filter(|b| *b == b'\n').count() as u32;
        counted = begin;
        match stream.next() {
            None => return values,
            Some(Ok(raw)) => values.push(raw.at(line)),
            Some(Err(error)) => {
                let at = (error.line() as u32).max(1);
                let words = error.to_string();
                let words = words.split(" at line ").next().unwrap_or_default().to_string();
                problems.add(at, format!("column {}: not JSON: {words}", error.column()));
                return values;
            }
        }
    }
}

/// A JSON value, not yet with a line.
enum Raw {
    Null,
    Bool(bool),
    Integer(i128),
    Float,
    Text(String),
    List(Vec<Raw>),
    Table(Vec<(String, Raw)>),
}

impl Raw {
    fn at(self, line: u32) -> Value {
        let kind = match self {
            Raw::Null => Kind::Null,
            Raw::Bool(b) => Kind::Bool(b),
            Raw::Integer(i) => Kind::Integer(i),
            Raw::Float => Kind::Float,
            Raw::Text(t) => Kind::Text(t),
            Raw::List(l) => Kind::List(l.into_iter().map(|v| v.at(line)).collect()),
            Raw::Table(t) => Kind::Table(
                t.into_iter().map(|(key, v)| Entry { key, value: v.at(line) }).collect(),
            ),
        };
        Value { line, kind }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Integer(value.into()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Float)
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_string()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element()? {
            list.push(value);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut table: Vec<(String, Raw)> = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Raw>()? {
            if table.iter().any(|(known, _)| *known == key) {
                let text = format!("the key \"{key}\" stands twice in one object");
                return Err(serde::de::Error::custom(text));
            }
            table.push((key, value));
        }
        Ok(Raw::Table(table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_lines() {
        let mut problems = Problems::default();
        let values =
            parse("\n{\"a\":1}\n{\"b\":\n 2}  {\"c\":3}\n\n{\"d\":\"x\"}\n", &mut problems);
        assert!(problems.is_empty());
        assert_eq!(values.iter().map(|v| v.line).collect::<Vec<_>>(), [2, 3, 4, 6]);
    }

    #[test]
    fn what_is_no_json_or_says_a_thing_twice_is_named_with_its_line() {
        for (text, line, words) in [
            ("{\"a\":1}\n# note\n", 2, "not JSON"),
            ("{\"a\":1,\n\"a\":2}", 2, "twice"),
            ("{\"a\":1}\n{\"b\":", 2, "not JSON"),
        ] {
            let mut problems = Problems::default();
            parse(text, &mut problems);
            assert_eq!(problems.list.len(), 1, "{text}");
            assert_eq!(problems.list[0].line, line, "{text}");
            assert!(problems.list[0].text.contains(words), "{}", problems.list[0].text);
        }
    }
}
