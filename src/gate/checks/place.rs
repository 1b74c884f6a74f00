//! Where a limit holds, and what is there: the measures that accumulated checks read.
//!
//! The same reading functions serve the state as it is and the state as it would be with an order.

use crate::fixed::{Unit, Wide};
use crate::gate::plan::Plan;
use crate::state::State;
use crate::state::rows::{Row, Sums};
use crate::state::tree::Node;

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

    /// Worst-case exposure of the row's concentration bucket at this node.
    #[inline(always)]
    pub fn bucket(&self) -> Wide {
        let now = match self.state.bucket(self.node_id, self.row.instrument) {
            Some(bucket) => self.state.bucket_exposure(bucket),
            None => Wide::ZERO,
        };
        match self.plan {
            Some(plan) => now.plus(plan.change.gross),
            None => now,
        }
    }
}
