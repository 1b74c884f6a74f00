//! Limits of money: purchases and sales, buying power, loss and drawdown.

use super::book::{Row, Tally};
use super::decide::Request;
use super::gate::{Finding, Mistake, Model};
use super::ledger::Exchange;
use super::num::{self, Decimal, add, dec, mul, sub};
use riskgate::abi::codes::Check;
use riskgate::abi::order::side;
use riskgate::fixed::Wide;
use riskgate::gate::outcome::MeasureUnit;
use riskgate::state::limit::{Limit, Reset};
use riskgate::state::setup::Setup;
use std::collections::BTreeMap;

/// Class of currency pairs.
const PAIR: u8 = 3;

/// The cash that a setup gives.
pub(super) fn opening_cash(setup: &Setup) -> BTreeMap<(u32, u32), Decimal> {
    let nodes = setup.accounts.iter().enumerate();
    nodes
        .flat_map(|(n, a)| a.cash.iter().map(move |(c, held)| ((n as u32, *c), dec(*held, 17))))
        .collect()
}

impl Model {
    /// Executed since the period began, and open, of one side.
    pub(super) fn traded(&self, limit: &Limit, tally: &Tally) -> Decimal {
        let node = limit.node.expect("such limits hold at a node");
        let buys = limit.check == Check::Purchases;
        let asked = buys || self.mistake == Mistake::SalesArePurchases;
        let open = tally.select(node, None).fold(Decimal::ZERO, |sum, (_, _, worth)| {
            add(sum, if buys { worth.open_buys } else { sub(worth.open, worth.open_buys) })
        });
        add(self.executed_value(node, limit.reset, Some(asked)), open)
    }

    /// Cash that is spent since the day began, and reserved for open buys.
    pub(super) fn spent(&self, limit: &Limit, tally: &Tally) -> Decimal {
        let node = limit.node.expect("such limits hold at a node");
        let only = limit.currency;
        let counts = |currency: u32| only.is_none_or(|only| only == currency);
        let rate = |c: u32| if only.is_some() { Decimal::ONE } else { self.rate(c) };
        let reserved = tally
            .select(node, None)
            .filter(|(i, _, _)| self.exchange(*i) == Exchange::Price || self.is_pair(*i))
            .filter(|(i, _, _)| counts(self.setup.instruments[*i as usize].currency))
            .fold(Decimal::ZERO, |sum, (i, row, worth)| {
                let native = only.is_some();
                add(sum, if native { self.open_buys_native(i, &row) } else { worth.open_buys })
            });
        self.cash_changes()
            .into_iter()
            .filter(|((a, c), _)| self.is_below(*a, node) && counts(*c))
            .fold(reserved, |sum, ((_, c), change)| sub(sum, mul(change, rate(c))))
    }

    /// Does an instrument exchange two currencies?
    fn is_pair(&self, instrument: u32) -> bool {
        let i = &self.setup.instruments[instrument as usize];
        i.class == PAIR && !i.inverse && i.base_currency.is_some()
    }

    /// What the day changed of each account's cash, by currency.
    pub(super) fn cash_changes(&self) -> BTreeMap<(u32, u32), Decimal> {
        let mut changes: BTreeMap<(u32, u32), Decimal> = BTreeMap::new();
        let mut gain = |account: u32, currency: u32, amount: Decimal| {
            let sum = changes.entry((account, currency)).or_default();
            *sum = add(*sum, amount);
        };
        for e in self.executions_of(0, Reset::Day) {
            let i = &self.setup.instruments[e.instrument as usize];
            gain(e.account, i.currency, -self.cost(e));
            if self.exchange(e.instrument) == Exchange::Price || self.is_pair(e.instrument) {
                gain(e.account, i.currency, e.received());
            }
            if self.is_pair(e.instrument) {
                let bought = mul(num::qty(i128::from(e.qty)), num::qty(i128::from(i.multiplier)));
                let bought = if e.adds() { bought } else { -bought };
                gain(e.account, i.base_currency.unwrap_or(0), bought);
            }
        }
        for ((account, instrument), result) in self.day_natives() {
            let i = &self.setup.instruments[instrument as usize];
            match self.exchange(instrument) {
                Exchange::Result if !self.is_pair(instrument) => gain(account, i.currency, result),
                Exchange::Coins => gain(account, i.base_currency.unwrap_or(i.currency), result),
                _ => {}
            }
        }
        changes
    }

    /// A day ends: what it changed stays in the cash of the nearest node that was given some.
    pub(super) fn carry_cash(&mut self, node: u32) {
        for ((account, currency), change) in self.cash_changes() {
            if !self.is_below(account, node) {
                continue;
            }
            let given = |n: &u32| self.cash.keys().any(|(at, _)| at == n);
            if let Some(keeper) = self.path(account).into_iter().find(|n| given(n)) {
                let cash = self.cash.entry((keeper, currency)).or_default();
                *cash = add(*cash, change);
            }
        }
    }

    /// Cash that a node and all below it have, in one currency or together.
    pub(super) fn cash_below(&self, node: u32, currency: Option<u32>) -> Decimal {
        self.cash
            .iter()
            .filter(|((n, c), _)| self.is_below(*n, node) && currency.is_none_or(|only| only == *c))
            .fold(Decimal::ZERO, |sum, ((_, c), amount)| {
                let rate = if currency.is_some() { Decimal::ONE } else { self.rate(*c) };
                add(sum, mul(*amount, rate))
            })
    }

    /// May an account sell what it does not have? As the nearest node says.
    fn may_short(&self, account: u32) -> bool {
        let path = self.path(account);
        path.iter().find_map(|n| self.setup.accounts[*n as usize].short).unwrap_or(true)
    }

    /// B·v + BX in the instrument's own currency.
    fn open_buys_native(&self, instrument: u32, row: &Row) -> Decimal {
        let i = &self.setup.instruments[instrument as usize];
        let unit = num::qty(i128::from(i.multiplier));
        let unit = if i.minor_unit { mul(unit, dec(1, 2)) } else { unit };
        let mark = num::price(self.valuation_mark(instrument)).abs();
        mul(add(mul(num::qty(row.b), mark), row.bx), unit)
    }

    /// Loss of the period; none is 0.
    pub(super) fn loss(&self, limit: &Limit) -> Decimal {
        let node = limit.node.expect("such limits hold at a node");
        (-self.result(node, limit.reset)).max(Decimal::ZERO)
    }

    /// Fall from the period's peak.
    pub(super) fn fall(&self, limit: &Limit) -> Decimal {
        let node = limit.node.expect("such limits hold at a node");
        let result = self.result(node, limit.reset);
        let peak = self.ledger.peaks.get(&(node, limit.reset)).copied().unwrap_or_default();
        sub(peak.max(result), result)
    }

    /// A sale of more than is held, where that is not allowed.
    pub(super) fn sells_short(
        &self,
        request: &Request,
        before: &Tally,
        after: &Tally,
    ) -> Option<Finding> {
        let was = before.row(request.account, request.instrument);
        let row = after.row(request.account, request.instrument);
        let held = row.p.max(0);
        let refused = !self.may_short(request.account)
            && request.side == side::SELL
            && row.s > held
            && row.s > was.s
            && self.mistake != Mistake::ShortAllowed;
        refused.then(|| Finding {
            node: request.account,
            unit: MeasureUnit::Qty,
            observed: Wide::from_i128(row.s),
            limit: Wide::from_i128(held),
            ..Finding::bare(Check::BuyingPower)
        })
    }
}
