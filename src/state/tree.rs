//! The account tree as the hot path reads it: paths, exposures, latches, kills.

use crate::abi::order::side;
use crate::fixed::{Wide, wide_from_money};
use crate::state::command::Restriction;
use crate::state::index::NONE;
use crate::state::limit::{Latch, Phase};
use crate::state::period::Totals;
use crate::state::setup::{Setup, TREE_DEPTH_MAX};

/// Exposures of a node: sums over all accounts below it, base currency 1e-36. Each is a sum of
/// what the rows contribute, so that adding and taking away cancel to the last digit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Exposure {
    /// Σ max((p+B)·v + BX, (S−p)·v + SX).
    pub gross: Wide,
    /// Σ ((p+B)·v + BX).
    pub buy_case: Wide,
    /// Σ ((S−p)·v + SX).
    pub sell_case: Wide,
    /// Σ max((p+B)·v + BX, 0).
    pub long: Wide,
    /// Σ max((S−p)·v + SX, 0).
    pub short: Wide,
    /// Σ (B+S)·v + BX + SX.
    pub open: Wide,
    /// Σ |p|·v.
    pub executed: Wide,
    /// Σ B·v + BX, the buys' part of `open`.
    pub open_buys: Wide,
}

impl Exposure {
    /// Adds another.
    #[inline]
    pub fn add(&mut self, d: &Exposure) {
        self.gross = self.gross.plus(d.gross);
        self.buy_case = self.buy_case.plus(d.buy_case);
        self.sell_case = self.sell_case.plus(d.sell_case);
        self.long = self.long.plus(d.long);
        self.short = self.short.plus(d.short);
        self.open = self.open.plus(d.open);
        self.executed = self.executed.plus(d.executed);
        self.open_buys = self.open_buys.plus(d.open_buys);
    }

    /// Each with the other sign.
    pub fn negated(&self) -> Exposure {
        Exposure {
            gross: self.gross.negated(),
            buy_case: self.buy_case.negated(),
            sell_case: self.sell_case.negated(),
            long: self.long.negated(),
            short: self.short.negated(),
            open: self.open.negated(),
            executed: self.executed.negated(),
            open_buys: self.open_buys.negated(),
        }
    }

    /// The measure of `net_exposure`: the worse of all buys and all sells filled.
    #[inline]
    pub fn net(&self) -> Wide {
        self.buy_case.magnitude().max(self.sell_case.magnitude())
    }
}

/// One node.
pub struct Node {
    /// The node and its ancestors, nearest first; `depth` of them.
    pub path: [u32; TREE_DEPTH_MAX],
    /// Length of the path.
    pub depth: usize,
    /// Does it have children?
    pub interior: bool,
    /// Beneficial owner, for wash trades.
    pub owner: u32,
    /// Equity at the start of the day.
    pub equity: Wide,
    /// Phase of the account.
    pub phase: Phase,
    /// Its exposures.
    pub exposure: Exposure,
    /// Executed value of the day.
    pub traded: Wide,
    /// Executed value of the day's buys.
    pub bought: Wide,
    /// Profit and loss of the day: cash flows − fees + Σ p·mark − value at the start of the day.
    pub pnl: Wide,
    /// What the earlier days of this week had.
    pub week_before: Totals,
    /// What the earlier days had since a person re-armed the node.
    pub ever_before: Totals,
    /// Largest profit of each period, by [`Reset`](crate::state::limit::Reset); as of the last look.
    pub peaks: [Wide; 3],
    /// Its place among nodes with a ledger, or `NONE`.
    pub ledger: u32,
    /// Sells beyond the position are allowed (accounts).
    pub short: bool,
    /// Open orders below it.
    pub open_orders: u32,
    /// Latched by a breach or an anomaly.
    pub latch: Option<Latch>,
    /// Killed sides: bit 0 both, bit 1 buys, bit 2 sells.
    pub killed: u8,
    /// What it may do in all instruments.
    pub restriction: Restriction,
    /// First of its limits for all instruments.
    pub first_limit: u32,
    /// Checks for which it, or an ancestor, has a limit for all instruments.
    pub path_mask: u128,
    /// Checks that count by themselves, of all limits that it, or an ancestor, ever had.
    pub counted: u128,
    /// Does it have a limit that counts each instrument by itself?
    pub tracks_instruments: bool,
    /// First of its sums over groups of instruments, or `NONE`.
    pub first_tally: u32,
    /// Levels of its limits that are not zero: something has fired and may re-arm.
    pub fired: u32,
    /// Last input after which its limits were looked at.
    pub watched_at: u64,
}

impl Node {
    /// Builds all nodes of a setup that was verified.
    pub fn all(setup: &Setup) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::with_capacity(setup.accounts.len());
        for (id, account) in setup.accounts.iter().enumerate() {
            let mut path = [NONE; TREE_DEPTH_MAX];
            path[0] = id as u32;
            let mut depth = 1;
            let mut inherited = Phase::Enforce;
            let mut short = true;
            if let Some(parent) = account.parent {
                let up = &mut nodes[parent as usize];
                up.interior = true;
                path[1..=up.depth].copy_from_slice(&up.path[..up.depth]);
                depth = up.depth + 1;
                inherited = up.phase;
                short = up.short;
            }
            nodes.push(Node {
                path,
                depth,
                interior: false,
                owner: account.owner.unwrap_or((setup.owners.len() + id) as u32),
                equity: account.equity.map_or(Wide::ZERO, wide_from_money),
                phase: account.phase.unwrap_or(inherited),
                exposure: Exposure::default(),
                traded: Wide::ZERO,
                bought: Wide::ZERO,
                pnl: Wide::ZERO,
                week_before: Totals::default(),
                ever_before: Totals::default(),
                peaks: [Wide::ZERO; 3],
                ledger: NONE,
                short: account.short.unwrap_or(short),
                open_orders: 0,
                latch: None,
                killed: 0,
                restriction: Restriction::Open,
                first_limit: NONE,
                path_mask: 0,
                counted: 0,
                tracks_instruments: false,
                first_tally: NONE,
                fired: 0,
                watched_at: 0,
            });
        }
        nodes
    }

    /// The node and its ancestors, nearest first.
    #[inline]
    pub fn path(&self) -> &[u32] {
        &self.path[..self.depth]
    }

    /// Is there a kill, a latch or a restriction for all instruments?
    #[inline(always)]
    pub fn is_guarded(&self) -> bool {
        (self.killed != 0) | self.latch.is_some() | (self.restriction as u8 != 0)
    }

    /// Is an order of this side killed here?
    #[inline]
    pub fn kills(&self, order_side: u8) -> bool {
        self.killed & (1 | kill_bit(order_side)) != 0
    }
}

/// Bit of a side in [`Node::killed`].
pub const fn kill_bit(order_side: u8) -> u8 {
    match order_side {
        side::BUY => 2,
        side::SELL => 4,
        _ => 1,
    }
}
