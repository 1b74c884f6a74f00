//! Where a limit holds, and what is there: the measures that accumulated checks read.
//!
//! The same reading functions serve the state as it is and the state as it would be with an order.

use crate::fixed::{Unit, Wide};
use crate::gate::plan::Plan;
use crate::gate::spread::LegPlan;
use crate::state::State;
use crate::state::instruments::Instrument;
use crate::state::rows::{Row, Sums};
use crate::state::tallies::TallyRef;
use crate::state::tree::Node;
use crate::state::weights::{Part, Total, Weight};

/// A node on the path of a row, as it is or with an order.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The state.
    pub state: &'a State,
    /// The account's row.
    pub row: &'a Row,
    /// Id of the node.
    pub node_id: u32,
    /// The node.
    pub node: &'a Node,
    /// Its level on the account's path, 0 for the account itself.
    pub level: usize,
    /// The order's effect, or `None` for the state as it is.
    pub plan: Option<&'a Plan>,
    /// The order's legs, if it is for a spread.
    pub legs: &'a [LegPlan],
}

macro_rules! exposure {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])*
        #[inline(always)]
        pub fn $name(&self) -> Wide {
            let now = self.node.exposure.$name;
            match self.plan { Some(plan) => now.plus(plan.change.$name), None => now }
        })*
    };
}

impl Place<'_> {
    exposure! {
        /// Σ of the accounts' worst cases.
        gross;
        /// Σ with all buys filled.
        buy_case;
        /// Σ with all sells filled, sign of sells.
        sell_case;
        /// Σ of the long worst cases.
        long;
        /// Σ of the short worst cases.
        short;
        /// Value of what is open.
        open;
        /// Σ |position| at the mark.
        executed;
        /// Value of open buys.
        open_buys;
    }

    /// Position and open orders of the row's instrument at this node.
    #[inline(always)]
    pub fn sums(&self) -> Sums {
        let mut sums = self.state.sums_at(self.row, self.level);
        if let Some(plan) = self.plan {
            sums.shift(&self.row.sums, &plan.after);
        }
        sums
    }

    /// Open orders at this node.
    #[inline(always)]
    pub fn open_orders(&self) -> u32 {
        let now = self.node.open_orders;
        match self.plan {
            Some(plan) => now + plan.after.open_orders - self.row.sums.open_orders,
            None => now,
        }
    }

    /// Value per contract and price unit of the row's instrument.
    #[inline(always)]
    pub fn unit(&self) -> Unit {
        self.state.instruments[self.row.instrument as usize].unit
    }

    /// The row's instrument.
    #[inline(always)]
    pub fn instrument(&self) -> &Instrument {
        &self.state.instruments[self.row.instrument as usize]
    }

    /// The sum over one of the groups that the row counts in; with an order for a spread all of its
    /// legs that count there.
    #[inline(always)]
    pub fn total(&self, of: &TallyRef, group: u32) -> Total {
        let now = self.state.tallies.total(of, group);
        match self.plan {
            None => now,
            Some(plan) if self.legs.is_empty() => {
                now.plus(shift(self.state, of, group, plan, plan.change.gross))
            }
            Some(_) => self.legs.iter().fold(now, |sum, leg| {
                sum.plus(shift(self.state, of, group, &leg.plan, leg.change.gross))
            }),
        }
    }
}

/// What a plan changes a group's sum by; its row's worst case at the mark grows by `gross`.
#[inline(always)]
fn shift(state: &State, of: &TallyRef, group: u32, plan: &Plan, gross: Wide) -> Total {
    let i = &state.instruments[plan.row.instrument as usize];
    let before = plan.row.part();
    let after = Part { sums: &plan.after, worth: &plan.worth, magnitude: before.magnitude };
    let mut total = Total::default();
    for (leg, _) in of.legs(i).into_iter().enumerate().filter(|(_, of)| *of == group) {
        let change = match of.weight {
            Weight::Exposure => Total { up: gross, down: Wide::ZERO },
            weight => weight.of(leg, i, &after).minus(weight.of(leg, i, &before)),
        };
        total = total.plus(change);
    }
    total
}
