//! Account × instrument rows: position, open quantity, and what they are worth in the worst case.
//!
//! A *row* belongs to an account; a *cell* is the same sum for any node × instrument that has a
//! limit or a restriction of its own. Cells exist only where something needs them and are found
//! from the row, never searched.

use crate::abi::PRICE_UNDEFINED;
use crate::abi::order::side;
use crate::fixed::{Notional, Price, Qty, Unit, Wide};
use crate::state::command::Restriction;
use crate::state::index::NONE;
use crate::state::limit::Latch;
use crate::state::limits::RANKS;
use crate::state::setup::TREE_DEPTH_MAX;
use crate::state::tree::Exposure;

/// Largest sum of excesses of one side, 5e13 in price × quantity. With it, |p + B|, |S − p| < 2^63
/// (so B + S < 2^65) and marks below 2^61, no worth leaves 127 bits, nor does the sum of 2^24 rows
/// (the most that there are) in a cell.
pub const EXCESS_MAX: Notional = 1 << 102;

/// Position and open orders in one instrument, in contracts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sums {
    /// Signed filled quantity (1e-8).
    pub position: i128,
    /// Open buy quantity ≥ 0.
    pub buys: i128,
    /// Open sell quantity ≥ 0.
    pub sells: i128,
    /// Σ remaining × excess over the mark at acceptance, of buys (1e-17).
    pub buy_excess: Notional,
    /// The same of sells.
    pub sell_excess: Notional,
    /// Open orders.
    pub open_orders: u32,
}

impl Sums {
    /// Changes what is open on one side.
    #[inline]
    pub fn reserve(&mut self, order_side: u8, qty: i128, excess: Notional) {
        if order_side == side::BUY {
            self.buys += qty;
            self.buy_excess += excess;
        } else {
            self.sells += qty;
            self.sell_excess += excess;
        }
    }

    /// Follows a part of the sum from `before` to `after`.
    #[inline]
    pub fn shift(&mut self, before: &Sums, after: &Sums) {
        self.position += after.position - before.position;
        self.buys += after.buys - before.buys;
        self.sells += after.sells - before.sells;
        self.buy_excess += after.buy_excess - before.buy_excess;
        self.sell_excess += after.sell_excess - before.sell_excess;
        self.open_orders = self.open_orders + after.open_orders - before.open_orders;
    }

    /// p + B.
    #[inline]
    pub fn long(&self) -> i128 {
        self.position + self.buys
    }

    /// S − p.
    #[inline]
    pub fn short(&self) -> i128 {
        self.sells - self.position
    }

    /// Worst cases at a magnitude of the mark.
    #[inline]
    pub fn worth(&self, magnitude: Price) -> Worth {
        let m = i128::from(magnitude);
        Worth {
            buy_case: self.long() * m + self.buy_excess,
            sell_case: self.short() * m + self.sell_excess,
            open: (self.buys + self.sells) * m + self.buy_excess + self.sell_excess,
            executed: self.position.abs() * m,
            open_buys: self.buys * m + self.buy_excess,
        }
    }

    /// The value of the open orders at a magnitude of the mark, in the base currency. A cell sums
    /// over many accounts, each of which may fill 127 bits: the sum is taken in 256.
    #[inline]
    pub fn open_value(&self, magnitude: Price, unit: Unit) -> Wide {
        let at_mark = Wide::product(self.buys + self.sells, unit).checked_times(magnitude as u64);
        let excess = Wide::product(self.buy_excess + self.sell_excess, unit);
        // B + S of 2^24 rows is below 2^89, a unit below 2^104, a mark below 2^61.
        at_mark.unwrap_or(Wide::MAX).plus(excess)
    }

    /// Do p + B and S − p fit a quantity, and the excesses their range?
    #[inline]
    pub fn in_range(&self) -> bool {
        Qty::try_from(self.long()).is_ok()
            && Qty::try_from(self.short()).is_ok()
            && self.buy_excess <= EXCESS_MAX
            && self.sell_excess <= EXCESS_MAX
    }
}

/// What a row contributes before currency and multiplier, 1e-17.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Worth {
    /// (p+B)·m + BX.
    pub buy_case: Notional,
    /// (S−p)·m + SX.
    pub sell_case: Notional,
    /// (B+S)·m + BX + SX.
    pub open: Notional,
    /// |p|·m.
    pub executed: Notional,
    /// B·m + BX.
    pub open_buys: Notional,
}

impl Worth {
    /// What changes from `self` to `after` at one unit, in the base currency.
    #[inline]
    pub fn change(&self, after: &Worth, unit: Unit) -> Exposure {
        let times = |from: Notional, to: Notional| {
            if from == to { Wide::ZERO } else { Wide::product(to - from, unit) }
        };
        Exposure {
            gross: times(self.buy_case.max(self.sell_case), after.buy_case.max(after.sell_case)),
            buy_case: times(self.buy_case, after.buy_case),
            sell_case: times(self.sell_case, after.sell_case),
            long: times(self.buy_case.max(0), after.buy_case.max(0)),
            short: times(self.sell_case.max(0), after.sell_case.max(0)),
            open: times(self.open, after.open),
            executed: times(self.executed, after.executed),
            open_buys: times(self.open_buys, after.open_buys),
        }
    }
}

/// An account's row in an instrument.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The account.
    pub account: u32,
    /// The instrument.
    pub instrument: u32,
    /// Position and open orders.
    pub sums: Sums,
    /// What it contributes now; computed with `magnitude`.
    pub worth: Worth,
    /// Magnitude of the mark that `worth` was computed with.
    pub magnitude: Price,
    /// Signed price that the position's profit is counted to, or undefined.
    pub pnl_price: Price,
    /// Next row of the instrument.
    pub next_of_instrument: u32,
    /// Cell of each node of the account's path, or `NONE`.
    pub cells: [u32; TREE_DEPTH_MAX],
    /// Soft levels of the account's own per-instrument limits: long by rank, short by rank.
    pub levels: [u8; 2 * RANKS],
    /// Total quantity of the latest accepted order or replace; 0: none yet.
    pub latest_qty: Qty,
}

impl Row {
    /// A row without anything.
    pub fn empty(account: u32, instrument: u32, magnitude: Price) -> Row {
        Row {
            account,
            instrument,
            sums: Sums::default(),
            worth: Worth::default(),
            magnitude,
            pnl_price: PRICE_UNDEFINED,
            next_of_instrument: NONE,
            cells: [NONE; TREE_DEPTH_MAX],
            levels: [0; 2 * RANKS],
            latest_qty: 0,
        }
    }
}

/// A node's sums in one instrument, its limits and its restriction there.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// The node.
    pub node: u32,
    /// The instrument.
    pub instrument: u32,
    /// Sums over all accounts below the node.
    pub sums: Sums,
    /// What the node may do in the instrument.
    pub restriction: Restriction,
    /// Latched by a breach of a limit of this node × instrument.
    pub latch: Option<Latch>,
    /// First limit of this node × instrument.
    pub first_limit: u32,
    /// Soft levels of the node's per-instrument limits: long by rank, short by rank.
    pub levels: [u8; 2 * RANKS],
}

impl Cell {
    /// Is there a latch or a restriction?
    #[inline(always)]
    pub fn is_guarded(&self) -> bool {
        self.latch.is_some() | (self.restriction as u8 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(position: i128, buys: i128, sells: i128) -> i128 {
        let w = Sums { position, buys, sells, ..Sums::default() }.worth(1);
        w.buy_case.max(w.sell_case)
    }

    #[test]
    fn worst_case_counts_the_worse_side() {
        assert_eq!(worst(-10, 5, 0), 10);
        assert_eq!(worst(100, 50, 300), 200);
        assert_eq!(worst(0, 0, 0), 0);
        assert_eq!(worst(0, 40, 40), 40);
    }
}
