//! The `expect_state` line: positions, open quantities and exposures, exact.

use riskgate::fixed::{QTY_PLACES, WIDE_PLACES, decimal};
use riskgate::machine::Machine;
use riskgate::state::limit::Reset;
use riskgate::state::setup::Setup;

use crate::config::limits::Names;
use crate::scenario::expect::Mismatch;
use crate::scenario::names::canonical;
use crate::tree::{Problems, Value};

const ROW_KEYS: &[&str] = &["position", "open_buy", "open_sell", "max_long", "max_short"];
const NODE_KEYS: &[&str] = &[
    "gross_exposure",
    "executed",
    "daily_traded",
    "net_exposure",
    "long_exposure",
    "short_exposure",
    "open_order_value",
    "day_pnl",
    "purchases",
    "sales",
    "daily_loss",
    "drawdown",
    "cash_used",
    "cash",
    "open_orders",
    "max_open_orders",
];

/// What a node, or its row of an instrument, must be.
pub struct StateExpect {
    node: u32,
    instrument: Option<u32>,
    /// Key and canonical number.
    numbers: Vec<(String, String)>,
}

/// Reads the line.
pub fn read(setup: &Setup, value: &Value, problems: &mut Problems) -> Option<StateExpect> {
    let mut known = vec!["account", "node", "instrument"];
    known.extend(ROW_KEYS);
    known.extend(NODE_KEYS);
    let table = value.table("expect_state", &known, problems)?;
    let names = Names { setup };
    let node = match (table.get("account"), table.get("node")) {
        (Some(v), None) | (None, Some(v)) => names.node(v, problems)?,
        _ => {
            problems.add(value.line, "expect_state needs an account or a node");
            return None;
        }
    };
    let instrument = match table.get("instrument") {
        Some(v) => Some(names.instrument(v, problems)?),
        None => None,
    };
    let mut numbers = Vec::new();
    for entry in table.entries {
        let row = ROW_KEYS.contains(&entry.key.as_str());
        if !row && !NODE_KEYS.contains(&entry.key.as_str()) {
            continue;
        }
        if row && instrument.is_none() {
            problems.add(entry.value.line, format!("{} needs an instrument", entry.key));
        }
        let text = entry.value.decimal(&entry.key, problems)?;
        let Some(number) = canonical(&text) else {
            problems.add(entry.value.line, format!("{} \"{text}\" is no number", entry.key));
            return None;
        };
        numbers.push((entry.key.clone(), number));
    }
    if numbers.is_empty() {
        problems.add(value.line, "expect_state says nothing to compare");
    }
    Some(StateExpect { node, instrument, numbers })
}

impl StateExpect {
    /// Compares; returns how many were met, and what was not.
    pub fn compare(&self, machine: &Machine) -> (u32, Vec<Mismatch>) {
        let mut met = 0;
        let mut mismatches = Vec::new();
        for (key, expected) in &self.numbers {
            let came = self.current(machine, key);
            if came == *expected {
                met += 1;
            } else {
                mismatches.push(Mismatch { key: key.clone(), expected: expected.clone(), came });
            }
        }
        (met, mismatches)
    }

    /// Position, open buys and open sells of an instrument, over all accounts of the node.
    fn sums(&self, machine: &Machine, instrument: u32) -> (i128, i128, i128) {
        let accounts = &machine.setup().accounts;
        let below = |account: u32| {
            let up = |a: &u32| accounts[*a as usize].parent;
            std::iter::successors(Some(account), up).any(|a| a == self.node)
        };
        let rows = (0..accounts.len() as u32).filter(|a| below(*a));
        let rows = rows.map(|a| machine.row(a, instrument));
        rows.fold((0, 0, 0), |(p, b, s), row| {
            let (position, buy, sell) = (row.position, row.open_buy, row.open_sell);
            (p + i128::from(position), b + i128::from(buy), s + i128::from(sell))
        })
    }

    fn current(&self, machine: &Machine, key: &str) -> String {
        if let (true, Some(instrument)) = (ROW_KEYS.contains(&key), self.instrument) {
            let (position, open_buy, open_sell) = self.sums(machine, instrument);
            let qty = match key {
                "position" => position,
                "open_buy" => open_buy,
                "open_sell" => open_sell,
                "max_long" => position + open_buy,
                _ => open_sell - position,
            };
            return decimal::format_i128(qty, QTY_PLACES);
        }
        let view = machine.node(self.node);
        let funds = machine.funds(self.node, Reset::Day);
        let money = match key {
            "gross_exposure" => view.gross_exposure,
            "executed" => view.executed,
            "daily_traded" => view.daily_traded,
            "net_exposure" => view.net_exposure,
            "long_exposure" => view.long_exposure,
            "short_exposure" => view.short_exposure,
            "open_order_value" => view.open_order_value,
            "day_pnl" => view.day_pnl,
            "purchases" => funds.purchases,
            "sales" => funds.sales,
            "daily_loss" => funds.daily_loss,
            "drawdown" => funds.drawdown,
            "cash_used" => funds.cash_used,
            "cash" => funds.cash,
            _ => return view.open_orders.to_string(),
        };
        decimal::format_wide(money, WIDE_PLACES)
    }
}
