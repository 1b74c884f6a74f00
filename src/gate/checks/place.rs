//! Where a limit holds, and what is there: the measures that accumulated checks read.
//!
//! The same reading functions serve the state as it is and the state as it would be with an order.

use crate::fixed::{Unit, Wide};
use crate::gate::plan::Plan;
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

    /// The sum over one of the groups that the row counts in.
    #[inline(always)]
    pub fn total(&self, of: &TallyRef, group: u32) -> Total {
        let now = self.state.tallies.total(of, group);
        let Some(plan) = self.plan else { return now };
        if of.weight == Weight::Exposure {
            return Total { up: now.up.plus(plan.change.gross), ..now };
        }
        let i = self.instrument();
        let before = self.row.part();
        let after = Part { sums: &plan.after, worth: &plan.worth, magnitude: before.magnitude };
        let mut total = now;
        for (leg, _) in of.legs(i).into_iter().enumerate().filter(|(_, of)| *of == group) {
            let change = of.weight.of(leg, i, &after).minus(of.weight.of(leg, i, &before));
            total = total.plus(change);
        }
        total
    }
}
