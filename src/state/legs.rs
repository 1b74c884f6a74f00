//! Spreads: instruments whose orders are orders in other instruments, their *legs*.
//!
//! An order for a spread reserves its quantity times the ratio in the account's row of each leg,
//! and keeps here what each leg has reserved and filled. The spread's own row counts open quantity
//! and open orders and is worth nothing: all exposure is in the legs, each leg's worst case by
//! itself. Nothing here decides.

use crate::abi::order::side;
use crate::fixed::{Price, Qty};
use crate::state::State;
use crate::state::history::Identified;
use crate::state::index::NONE;
use crate::state::rows::Sums;
use crate::state::setup::{Instrument, Setup, TREE_DEPTH_MAX};

/// Most legs of a spread.
pub const LEGS_MAX: usize = 4;
/// Largest magnitude of a leg's ratio.
pub const RATIO_MAX: i32 = 10_000;

/// A leg of a spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Id of its instrument, which is none of a spread.
    pub instrument: u32,
    /// Contracts of the leg per spread, not 0; negative: buying the spread sells the leg.
    pub ratio: i32,
}

impl Leg {
    /// What fills unused places.
    pub const NONE: Leg = Leg { instrument: NONE, ratio: 0 };

    /// Side of the leg for a side of the spread (`abi::order::side`).
    #[inline]
    pub fn side(self, order_side: u8) -> u8 {
        match (order_side, self.ratio > 0) {
            (side::BUY, true) | (side::SELL, false) => side::BUY,
            _ => side::SELL,
        }
    }

    /// Contracts of the leg per spread, without the sign.
    #[inline]
    pub fn times(self) -> i128 {
        i128::from(self.ratio.unsigned_abs())
    }
}

/// What the legs of one open order for a spread hold, in the sequence of the legs.
#[derive(Clone, Copy, Debug, Hash)]
pub struct LegProgress {
    /// Account × instrument rows of the legs.
    pub rows: [u32; LEGS_MAX],
    /// Filled quantities of the legs; ≥ 0.
    pub filled: [Qty; LEGS_MAX],
    /// Reserved quantities of the legs; ≥ 0.
    pub reserved: [Qty; LEGS_MAX],
}

impl LegProgress {
    /// Nothing reserved, nothing filled.
    pub const NONE: LegProgress =
        LegProgress { rows: [NONE; LEGS_MAX], filled: [0; LEGS_MAX], reserved: [0; LEGS_MAX] };

    /// Spreads of which all legs are filled.
    pub fn whole(&self, legs: &[Leg]) -> Qty {
        let units = legs.iter().zip(self.filled).map(|(leg, filled)| {
            // A ratio is at least 1, so the quotient is a quantity.
            (i128::from(filled) / leg.times()) as Qty
        });
        units.min().unwrap_or(0)
    }

    /// Has a leg filled more than these spreads are made of?
    pub fn exceeds(&self, legs: &[Leg], qty: Qty) -> bool {
        let most = |leg: &Leg| i128::from(qty) * leg.times();
        legs.iter().zip(self.filled).any(|(leg, filled)| i128::from(filled) > most(leg))
    }
}

/// The legs of all open orders, by the slot of the order. Empty where no spread exists.
pub struct LegTable {
    orders: Vec<LegProgress>,
}

impl LegTable {
    /// Room for the legs of `orders` orders if the setup has spreads.
    pub fn new(setup: &Setup, orders: usize) -> LegTable {
        let count = if has_spreads(setup) { orders } else { 0 };
        LegTable { orders: vec![LegProgress::NONE; count] }
    }

    /// The legs of the order in a slot.
    pub fn get(&self, slot: u32) -> &LegProgress {
        &self.orders[slot as usize]
    }

    /// The legs of the order in a slot.
    pub fn get_mut(&mut self, slot: u32) -> &mut LegProgress {
        &mut self.orders[slot as usize]
    }
}

/// Prices at which an execution of a whole spread was booked to its legs, so that a bust takes
/// back exactly that.
#[derive(Clone, Copy, Debug, Hash)]
pub struct SpreadExecution {
    /// The execution's id.
    pub id: u64,
    /// Prices of the legs.
    pub prices: [Price; LEGS_MAX],
}

impl Identified for SpreadExecution {
    fn id(&self) -> u64 {
        self.id
    }
}

/// Is any of the instruments a spread?
pub fn has_spreads(setup: &Setup) -> bool {
    setup.instruments.iter().any(|i| !i.legs.is_empty())
}

impl State {
    /// Changes the open quantity and the open orders of a spread's own row, and of the sums that
    /// contain it: it has no position and is worth nothing.
    pub fn set_spread_sums(&mut self, slot: u32, after: Sums) {
        let row = &mut self.rows[slot as usize];
        let before = row.sums;
        row.sums = after;
        for cell in row.cells.iter().filter(|c| **c != NONE) {
            self.cells[*cell as usize].sums.shift(&before, &after);
        }
        let account = row.account as usize;
        for level in 0..self.nodes[account].depth {
            let id = self.nodes[account].path[level] as usize;
            let node = &mut self.nodes[id];
            node.open_orders = node.open_orders + after.open_orders - before.open_orders;
        }
    }

    /// Is there room for so many rows that an order needs? See [`State::has_row_room`].
    pub fn has_room_for_rows(&self, count: usize) -> bool {
        let kept = self.row_capacity / 16;
        self.rows.len() + kept + count <= self.row_capacity
            && self.cells.len() + kept * 2 + count * TREE_DEPTH_MAX <= self.cell_capacity
    }

    /// Rows that an account lacks for an order in this instrument: its own and those of its legs.
    pub fn missing_rows(&self, account: u32, instrument: u32) -> usize {
        let legs = self.instruments[instrument as usize].legs();
        let lacks = |id: u32| usize::from(self.find_row(account, id) == NONE);
        lacks(instrument) + legs.iter().map(|leg| lacks(leg.instrument)).sum::<usize>()
    }
}

impl Setup {
    /// Everything that is wrong with the legs of an instrument, which need not be among the setup's
    /// own: it then stands after all of them.
    pub(super) fn leg_problems(&self, spread: &Instrument) -> Vec<String> {
        let mut problems = Vec::new();
        let mut note = |text: String| problems.push(text);
        if spread.legs.is_empty() {
            return problems;
        }
        if spread.legs.len() > LEGS_MAX {
            let count = spread.legs.len();
            note(format!("it has {count} legs, the most are {LEGS_MAX}"));
        }
        let own = self.instruments.iter().position(|i| i.symbol == spread.symbol);
        let before = &self.instruments[..own.unwrap_or(self.instruments.len())];
        for (position, (id, ratio)) in spread.legs.iter().enumerate() {
            let number = position + 1;
            if *ratio == 0 || ratio.unsigned_abs() > RATIO_MAX.unsigned_abs() {
                note(format!(
                    "the ratio of leg {number} is {ratio}, it must be a whole number from 1 to \
                     {RATIO_MAX} or from -{RATIO_MAX} to -1"
                ));
            }
            match before.get(*id as usize) {
                None => note(format!("the instrument of leg {number} must stand before it")),
                Some(leg) if !leg.legs.is_empty() => {
                    note(format!("leg {number}, {}, is a spread itself", leg.symbol));
                }
                Some(leg) if spread.legs[..position].iter().any(|(other, _)| other == id) => {
                    note(format!("leg {number}, {}, stands twice; add up its ratios", leg.symbol));
                }
                Some(_) => {}
            }
        }
        if spread.inverse {
            note("a spread is not inverse; its legs may be".into());
        }
        if spread.base_currency.is_some() {
            note("a spread is no FX pair; its legs may be".into());
        }
        for (name, value) in [
            ("margin_long", spread.margin_long),
            ("margin_short", spread.margin_short),
            ("gamma", spread.gamma),
            ("vega", spread.vega),
            ("dv01", spread.dv01),
            ("cs01", spread.cs01),
            ("underlying_value", spread.underlying_value),
        ] {
            if value != 0 {
                note(format!("a spread has no {name} of its own; give it to its legs"));
            }
        }
        problems
    }
}
