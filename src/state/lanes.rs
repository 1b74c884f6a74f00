//! Lanes as the hot path reads them: permissions and counts.

use crate::abi::order::kind;
use crate::fixed::Qty;
use crate::state::index::NONE;
use crate::state::setup::{self, Setup};
use crate::state::tree::Node;

/// One lane.
pub struct Lane {
    /// Lanes of one group may report and cancel each other's orders.
    pub group: u32,
    accounts: Vec<bool>,
    classes: u32,
    kinds: u32,
    venues: u64,
    /// Most open orders; 0: no bound.
    pub max_open_orders: u32,
    /// Open orders.
    pub open_orders: u32,
    /// Is it killed?
    pub killed: bool,
    /// Order, quantity and instrument of the bust that was the lane's last message: a correction
    /// may follow.
    pub busted: Option<(u64, Qty, u32)>,
    /// First of its own limits.
    pub first_limit: u32,
    /// Checks for which it has a limit of its own.
    pub limit_mask: u128,
    /// Checks that count by themselves, of all limits that it ever had.
    pub counted: u128,
}

impl Lane {
    /// Builds all lanes of a setup that was verified.
    pub fn all(setup: &Setup, nodes: &[Node]) -> Vec<Lane> {
        let build = |lane: &setup::Lane| Lane {
            group: lane.group,
            accounts: nodes
                .iter()
                .map(|n| {
                    lane.accounts.is_empty() || n.path().iter().any(|a| lane.accounts.contains(a))
                })
                .collect(),
            classes: lane.classes,
            kinds: lane.kinds,
            venues: lane.venues,
            max_open_orders: lane.max_open_orders,
            open_orders: 0,
            killed: false,
            busted: None,
            first_limit: NONE,
            limit_mask: 0,
            counted: 0,
        };
        setup.lanes.iter().map(build).collect()
    }

    /// May it use this account?
    #[inline]
    pub fn may_use(&self, account: u32) -> bool {
        self.accounts.get(account as usize).copied().unwrap_or(false)
    }

    /// May it ask for this?
    #[inline]
    pub fn permits(&self, order_kind: u8, account: u32, class: u8, venue: u16) -> bool {
        debug_assert!(order_kind == kind::NEW || order_kind == kind::REPLACE);
        let venue_ok = if venue < 64 {
            self.venues & (1 << venue) != 0
        } else {
            self.venues == setup::Lane::ALL_VENUES
        };
        self.kinds & (1 << order_kind) != 0
            && self.classes & (1 << class) != 0
            && venue_ok
            && self.may_use(account)
    }
}
