//! Legs of a spread: `[["ESZ6", 1], ["ESH7", -1]]`, or the same as text, `"ESZ6:1 ESH7:-1"`.

use riskgate::state::legs::RATIO_MAX;
use riskgate::state::setup::{Instrument, Setup};

use crate::tree::{Kind, Problems, Table, Value, nearest};

/// Reads the legs. What a spread does not say of currency and multiplier is that of its first leg,
/// so that its price, a difference of theirs, is in their units.
pub fn read(setup: &Setup, row: &Table, instrument: &mut Instrument, problems: &mut Problems) {
    let Some(value) = row.get("legs") else { return };
    let pairs = match &value.kind {
        Kind::Text(text) => of_text(text, value.line, problems),
        _ => of_list(value, problems),
    };
    for (name, ratio) in pairs {
        let leg = name.text("the instrument of a leg", problems);
        let most = i128::from(RATIO_MAX);
        let ratio = ratio.whole("the ratio of a leg", -most, most, problems);
        let (Some(leg), Some(ratio)) = (leg, ratio) else { continue };
        match setup.instrument_id(leg) {
            Some(id) => instrument.legs.push((id, ratio as i32)),
            None => {
                let known: Vec<&str> =
                    setup.instruments.iter().map(|i| i.symbol.as_str()).collect();
                let near = nearest(leg, &known);
                let near = near.map_or(String::new(), |n| format!(" (did you mean {n}?)"));
                let text = format!(
                    "legs: no instrument \"{leg}\" stands before this one{near}; a spread comes \
                     after its legs"
                );
                problems.add(name.line, text);
            }
        }
    }
    let Some((first, _)) = instrument.legs.first() else { return };
    let first = &setup.instruments[*first as usize];
    if row.get("currency").is_none() {
        (instrument.currency, instrument.minor_unit) = (first.currency, first.minor_unit);
    }
    if row.get("multiplier").is_none() {
        instrument.multiplier = first.multiplier;
    }
}

fn of_list(value: &Value, problems: &mut Problems) -> Vec<(Value, Value)> {
    let mut pairs = Vec::new();
    for row in value.list("legs", problems).unwrap_or_default() {
        match row.list("a leg", problems) {
            Some([name, ratio]) => pairs.push((name.clone(), ratio.clone())),
            Some(_) => problems.add(row.line, "a leg is [instrument, ratio]"),
            None => {}
        }
    }
    pairs
}

fn of_text(text: &str, line: u32, problems: &mut Problems) -> Vec<(Value, Value)> {
    let value = |text: &str| Value { line, kind: Kind::Text(text.to_string()) };
    let mut pairs = Vec::new();
    for word in text.split_whitespace() {
        // A symbol may hold a colon itself.
        match word.rsplit_once(':') {
            Some((name, ratio)) => pairs.push((value(name), value(ratio))),
            None => {
                problems.add(line, format!("leg \"{word}\": write SYMBOL:RATIO, such as ESZ6:1"));
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::instruments::read_instruments;

    fn spread(legs: Kind) -> (Setup, Problems) {
        let text = |t: &str| Value { line: 1, kind: Kind::Text(t.into()) };
        let table = |entries: Vec<(&str, Value)>| Value {
            line: 1,
            kind: Kind::Table(
                entries
                    .into_iter()
                    .map(|(key, value)| crate::tree::Entry { key: key.into(), value })
                    .collect(),
            ),
        };
        let rows = [
            table(vec![("symbol", text("A")), ("multiplier", text("50"))]),
            table(vec![("symbol", text("B")), ("multiplier", text("50"))]),
            table(vec![("symbol", text("AB")), ("legs", Value { line: 1, kind: legs })]),
        ];
        let mut setup = Setup::default();
        let usd = riskgate::state::setup::Currency { name: "USD".into(), rate: Some(1) };
        setup.currencies.push(usd);
        let mut problems = Problems::default();
        read_instruments(&mut setup, &rows, &mut problems);
        (setup, problems)
    }

    #[test]
    fn text_and_list_say_the_same_and_the_multiplier_follows_the_legs() {
        let value = |kind| Value { line: 1, kind };
        let pair = |name: &str, ratio: i128| {
            let items = vec![value(Kind::Text(name.into())), value(Kind::Integer(ratio))];
            value(Kind::List(items))
        };
        let list = Kind::List(vec![pair("A", 1), pair("B", -2)]);
        for legs in [Kind::Text("A:1 B:-2".into()), list] {
            let (setup, problems) = spread(legs);
            assert!(problems.is_empty(), "{:?}", problems.list);
            assert_eq!(setup.instruments[2].legs, [(0, 1), (1, -2)]);
            assert_eq!(setup.instruments[2].multiplier, 50 * 100_000_000);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (legs, words) in [
            ("A:1 C:-1", "no instrument \"C\""),
            ("A:1 B", "SYMBOL:RATIO"),
            ("A:1 B:x", "ratio of a leg"),
            ("A:1 B:1.5", "ratio of a leg"),
            ("A:1 B:0", "ratio of leg 2 is 0"),
            ("A:1 A:-1", "stands twice"),
            ("A:1 AB:-1", "no instrument \"AB\""),
        ] {
            let (_, problems) = spread(Kind::Text(legs.into()));
            assert!(problems.list.iter().any(|p| p.text.contains(words)), "{legs}: {problems:?}");
        }
    }
}
