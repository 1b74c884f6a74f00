//! Limits of money: purchases and sales, buying power, loss and drawdown.

use super::book::{Row, Tally};
use super::decide::Request;
use super::gate::{Finding, Mistake, Model};
use super::num::{self, Decimal, add, dec, mul, sub};
use riskgate::abi::codes::Check;
use riskgate::abi::order::side;
use riskgate::fixed::Wide;
use riskgate::gate::outcome::MeasureUnit;
use riskgate::state::limit::{Limit, Reset};

/// Class of futures: they exchange no notional.
const FUTURE: u8 = 1;

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
        let counts = |instrument: u32| {
            let i = &self.setup.instruments[instrument as usize];
            limit.currency.is_none_or(|only| only == i.currency)
        };
        let rate = |instrument: u32| match limit.currency {
            Some(_) => Decimal::ONE,
            None => self.rate(self.setup.instruments[instrument as usize].currency),
        };
        let reserved = tally.select(node, None).filter(|(i, _, _)| counts(*i)).fold(
            Decimal::ZERO,
            |sum, (i, row, worth)| {
                let value = match limit.currency {
                    Some(_) => self.open_buys_native(i, &row),
                    None => worth.open_buys,
                };
                add(sum, value)
            },
        );
        self.executions_of(node, Reset::Day).filter(|e| counts(e.instrument)).fold(
            reserved,
            |sum, e| {
                let notional = self.setup.instruments[e.instrument as usize].class != FUTURE;
                let received = if notional { e.received() } else { Decimal::ZERO };
                sub(sum, mul(sub(received, self.cost(e)), rate(e.instrument)))
            },
        )
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

    /// Cash that a node has to begin with.
    pub(super) fn cash(&self, _node: u32, _currency: Option<u32>) -> Decimal {
        Decimal::ZERO
    }

    /// May an account sell what it does not have?
    pub(super) fn may_short(&self, _account: u32) -> bool {
        true
    }

    /// A sale of more than is held, where that is not allowed.
    pub(super) fn sells_short(&self, request: &Request, after: &Tally) -> Option<Finding> {
        let row = after.row(request.account, request.instrument);
        let held = row.p.max(0);
        let refused = !self.may_short(request.account)
            && request.side == side::SELL
            && row.s > held
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
