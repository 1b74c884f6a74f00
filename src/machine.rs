//! The state machine: `(state, input) → (state, outcome)`. The one door to everything behind it.
//!
//! Engine, scenario runner, replay, followers and tests all drive it through these methods.
//! It does no I/O, reads no clock, and allocates only in [`Machine::new`]; the same inputs give
//! the same outcomes and the same state hash on any machine.

use crate::abi::SlotWords;
use crate::error::Error;
use crate::fixed::{Price, Qty, Wide};
use crate::gate::outcome::{Event, Outcome};
use crate::state::command::Command;
use crate::state::setup::Setup;

/// What the gate's surroundings allow at the moment of a decision; journaled with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Configuration, positions and limits are loaded and verified.
    pub ready: bool,
    /// The journal has room for new orders.
    pub journal_ok: bool,
}

impl Environment {
    /// Everything is well.
    pub const GOOD: Environment = Environment { ready: true, journal_ok: true };
}

/// What a feed handler says about an instrument; `PRICE_UNDEFINED` where nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkInput {
    /// Best bid.
    pub bid: Price,
    /// Best ask.
    pub ask: Price,
    /// Last trade.
    pub last: Price,
    /// Previous close.
    pub close: Price,
    /// Time of bid and ask, ns.
    pub quote_ns: u64,
    /// Time of the last trade, ns.
    pub last_ns: u64,
}

/// Position and open quantity of an account in an instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowView {
    /// Signed filled quantity.
    pub position: Qty,
    /// Reserved open buy quantity.
    pub open_buy: Qty,
    /// Reserved open sell quantity.
    pub open_sell: Qty,
}

/// Exposures of a node in the base currency, 1e-36, as the checks measure them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeView {
    /// `gross_exposure`, variant `position_and_open`.
    pub gross_exposure: Wide,
    /// `gross_exposure`, variant `executed`.
    pub executed: Wide,
    /// `gross_exposure`, variant `daily_traded`.
    pub daily_traded: Wide,
    /// `net_exposure`.
    pub net_exposure: Wide,
    /// `long_exposure`.
    pub long_exposure: Wide,
    /// `short_exposure`.
    pub short_exposure: Wide,
    /// `open_order_value`.
    pub open_order_value: Wide,
    /// Profit and loss since the start of the day.
    pub day_pnl: Wide,
    /// `max_open_orders`.
    pub open_orders: u32,
}

/// One open order, for reconciliation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOrderView {
    /// Lane that owns it.
    pub lane: u32,
    /// Id of its `new`.
    pub order_id: u64,
    /// Account id.
    pub account: u32,
    /// Instrument id.
    pub instrument: u32,
    /// `abi::order::side`.
    pub side: u8,
    /// Limit price in force, or `PRICE_UNDEFINED`.
    pub price: Price,
    /// Total quantity in force.
    pub qty: Qty,
    /// Filled quantity.
    pub filled: Qty,
    /// Reserved quantity.
    pub reserved: Qty,
    /// Replaces that the venue has not answered.
    pub pending_replaces: u8,
    /// A cancel was requested.
    pub pending_cancel: bool,
    /// The venue acknowledged it.
    pub acknowledged: bool,
}

/// The state machine.
pub struct Machine {
    _private: (),
}

impl Machine {
    /// Builds the state from reference data and limits. All memory is allocated here.
    pub fn new(_setup: &Setup) -> Result<Machine, Error> {
        todo!()
    }

    /// One order slot of a lane (and its extension): a request or a report. `words[0]`, the
    /// stamp, is ignored.
    pub fn order(
        &mut self,
        _now_ns: u64,
        _lane: u32,
        _words: &SlotWords,
        _extension: Option<&SlotWords>,
        _environment: Environment,
    ) -> &Outcome {
        todo!()
    }

    /// Like [`Machine::order`], but the decision is what the journal recorded, whatever the checks
    /// say now: recovery and followers never decide again.
    pub fn order_recorded(
        &mut self,
        _now_ns: u64,
        _lane: u32,
        _words: &SlotWords,
        _extension: Option<&SlotWords>,
        _environment: Environment,
        _recorded_decision: u8,
    ) -> &Outcome {
        todo!()
    }

    /// A new mark of an instrument.
    pub fn mark(&mut self, _now_ns: u64, _instrument: u32, _mark: &MarkInput) -> &Outcome {
        todo!()
    }

    /// A control command, applied between two orders.
    pub fn control(&mut self, _now_ns: u64, _command: &Command) -> Result<&Outcome, Error> {
        todo!()
    }

    /// Events of the last input.
    pub fn events(&self) -> &[Event] {
        todo!()
    }

    /// Position and open quantity; zeros where nothing ever happened.
    pub fn row(&self, _account: u32, _instrument: u32) -> RowView {
        todo!()
    }

    /// Exposures of a node.
    pub fn node(&self, _node: u32) -> NodeView {
        todo!()
    }

    /// All account × instrument rows: `(account, instrument, row)`. Cold.
    pub fn rows(&self) -> Vec<(u32, u32, RowView)> {
        todo!()
    }

    /// All open orders, in no meaningful but a deterministic sequence. Cold.
    pub fn open_orders(&self) -> Vec<OpenOrderView> {
        todo!()
    }

    /// Number of open orders of a lane.
    pub fn lane_open_orders(&self, _lane: u32) -> u32 {
        todo!()
    }

    /// Is the firm (first) or the lane (second) killed? For the words that clients read.
    pub fn killed(&self, _lane: u32) -> (bool, bool) {
        todo!()
    }

    /// Reference data and limits that it was built from.
    pub fn setup(&self) -> &Setup {
        todo!()
    }

    /// Hash of the whole state: equal after equal inputs. Cold.
    pub fn state_hash(&self) -> u64 {
        todo!()
    }
}
