//! `quote` lines: a two-sided quote is two orders, the bid with the line's id and the ask with the
//! next one. The line becomes two lines, `new` or `replace`, and nothing else knows of it.

use crate::scenario::order;
use crate::tree::{Entry, Kind, Problems, Value};

/// Keys of a quote.
const QUOTE_KEYS: &[&str] = &[
    "id",
    "account",
    "instrument",
    "bid",
    "bid_qty",
    "ask",
    "ask_qty",
    "replace",
    "tif",
    "venue",
    "algo",
    "capacity",
    "what_if",
];
/// Keys that both orders take over as they are.
const COMMON: &[&str] = &["account", "instrument", "tif", "venue", "algo", "capacity", "what_if"];

/// The lines that a quote line stands for; `None` if it is no quote. A side that is not given has
/// no line. What is expected holds for both sides, or is `{"bid": …, "ask": …}`.
pub fn expand(line: &Value, problems: &mut Problems) -> Option<Vec<Value>> {
    let Kind::Table(entries) = &line.kind else { return None };
    let at = entries.iter().position(|e| e.key == "quote")?;
    let rest = || entries.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, e)| e);
    if let Some(second) = rest().find(|e| e.key != "note" && e.key != "expect") {
        let text = format!("a line does one thing, this one has quote and {}", second.key);
        problems.add(second.value.line, text);
        return Some(Vec::new());
    }
    let expect = rest().find(|e| e.key == "expect").map(|e| &e.value);
    Some(sides(line.line, &entries[at].value, expect, problems).unwrap_or_default())
}

fn sides(
    line: u32,
    quote: &Value,
    expect: Option<&Value>,
    problems: &mut Problems,
) -> Option<Vec<Value>> {
    let table = quote.table("quote", QUOTE_KEYS, problems)?;
    let id = order::read_id(table.need("id", problems)?, "id", problems)?;
    let kind = if table.flag("replace", problems) { "replace" } else { "new" };
    let text = |t: &str| Value { line, kind: Kind::Text(t.into()) };
    let entry = |key: &str, value: Value| Entry { key: key.into(), value };
    let mut lines = Vec::new();
    for (number, key, qty, side) in [(0, "bid", "bid_qty", "buy"), (1, "ask", "ask_qty", "sell")] {
        let Some(price) = table.get(key) else { continue };
        let qty = table.need(qty, problems)?;
        let id = Value { line, kind: Kind::Integer(i128::from(id) + number) };
        let mut order = vec![
            entry("id", id),
            entry("side", text(side)),
            entry("price", price.clone()),
            entry("qty", qty.clone()),
        ];
        let common = table.entries.iter().filter(|e| COMMON.contains(&e.key.as_str()));
        order.extend(common.cloned());
        let mut entries = vec![entry(kind, Value { line, kind: Kind::Table(order) })];
        entries.extend(expectation(expect, key).map(|e| entry("expect", e.clone())));
        lines.push(Value { line, kind: Kind::Table(entries) });
    }
    if lines.is_empty() {
        problems.add(quote.line, "a quote needs bid and bid_qty, ask and ask_qty, or both");
    }
    Some(lines)
}

/// What is expected of a side.
fn expectation<'a>(expect: Option<&'a Value>, side: &str) -> Option<&'a Value> {
    let expect = expect?;
    let Kind::Table(entries) = &expect.kind else { return Some(expect) };
    let by_side = |e: &Entry| matches!(e.key.as_str(), "bid" | "ask");
    if !entries.iter().any(by_side) {
        return Some(expect);
    }
    // Any other key beside the sides is unknown to what reads an expectation of a side.
    match entries.iter().all(by_side) {
        true => entries.iter().find(|e| e.key == side).map(|e| &e.value),
        false => Some(expect),
    }
}
