//! The state machine: `(state, input) → (state, outcome)`. The one door to everything behind it.
//!
//! Engine, scenario runner, replay, followers and tests all drive it through these methods.
//! It does no I/O, reads no clock, and allocates only in [`Machine::new`]; the same inputs give
//! the same outcomes and the same state hash on any machine.

use crate::abi::SlotWords;
use crate::control;
use crate::error::{Error, Result};
use crate::fixed::{Price, Qty, Rate, Wide};
use crate::gate::outcome::{Event, Outcome};
use crate::gate::{Gate, Incoming, count};
use crate::state::State;
use crate::state::cash::Purse;
use crate::state::command::Command;
use crate::state::index::NONE;
use crate::state::instruments::{MarkChoice, Quote};
use crate::state::limit::{Limit, Reset};
use crate::state::orders::OpenOrder;
use crate::state::rows::Row;
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
    /// Cumulative volume of the market's day, 1e-8; 0: as told before.
    pub volume: u64,
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

/// What a node has executed, won and lost in a period, and spent today; base currency 1e-36.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FundsView {
    /// `purchases`.
    pub purchases: Wide,
    /// `sales`.
    pub sales: Wide,
    /// `daily_loss`; 0 if nothing is lost.
    pub daily_loss: Wide,
    /// `drawdown`.
    pub drawdown: Wide,
    /// What the day spent and open buys may spend; 0 for a node without a ledger.
    pub cash_used: Wide,
    /// Cash given to the node and what is below it; 0 for a node without a ledger.
    pub cash: Wide,
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
    gate: Gate,
    setup: Setup,
    outcome: Outcome,
}

impl Machine {
    /// Builds the state from reference data and limits. All memory is allocated here.
    /// A setup that does not hold what every layer relies on is refused, with all its problems.
    pub fn new(setup: &Setup) -> Result<Machine> {
        let problems = setup.verify();
        if !problems.is_empty() {
            return Err(Error::new(problems.join("; ")));
        }
        Ok(Machine {
            gate: Gate::new(State::new(setup)),
            setup: setup.clone(),
            outcome: Outcome::NONE,
        })
    }

    /// Nanoseconds from the host's clock to 1970 UTC, as recorded at the start; 0 without one.
    pub fn set_wall_offset(&mut self, wall_offset_ns: u64) {
        self.gate.state.wall_offset_ns = wall_offset_ns;
    }

    /// One order slot of a lane (and its extension): a request or a report. `words[0]`, the
    /// stamp, is ignored.
    pub fn order(
        &mut self,
        now_ns: u64,
        lane: u32,
        words: &SlotWords,
        extension: Option<&SlotWords>,
        environment: Environment,
    ) -> &Outcome {
        self.slot(now_ns, lane, words, extension, environment, None)
    }

    /// Like [`Machine::order`], but the decision is what the journal recorded, whatever the checks
    /// say now: recovery and followers never decide again.
    pub fn order_recorded(
        &mut self,
        now_ns: u64,
        lane: u32,
        words: &SlotWords,
        extension: Option<&SlotWords>,
        environment: Environment,
        recorded_decision: u8,
    ) -> &Outcome {
        self.slot(now_ns, lane, words, extension, environment, Some(recorded_decision))
    }

    fn slot(
        &mut self,
        now_ns: u64,
        lane: u32,
        words: &SlotWords,
        extension: Option<&SlotWords>,
        environment: Environment,
        recorded: Option<u8>,
    ) -> &Outcome {
        let Environment { ready, journal_ok } = environment;
        self.outcome = self.gate.order(&Incoming {
            now_ns,
            lane,
            words,
            extension,
            ready,
            journal_ok,
            recorded,
        });
        &self.outcome
    }

    /// A new mark of an instrument. One that does not exist is ignored.
    pub fn mark(&mut self, now_ns: u64, instrument: u32, mark: &MarkInput) -> &Outcome {
        self.gate.begin(now_ns);
        self.outcome = Outcome::NONE;
        if let Some(i) = self.gate.state.instruments.get_mut(instrument as usize) {
            let close_ns = if i.quote.close == mark.close { i.quote.close_ns } else { now_ns };
            i.quote = Quote {
                bid: mark.bid,
                ask: mark.ask,
                last: mark.last,
                close: mark.close,
                quote_ns: mark.quote_ns.min(now_ns),
                last_ns: mark.last_ns.min(now_ns),
                close_ns,
            };
            if let MarkChoice::Usable { price, age_ns } = i.mark_at(now_ns) {
                if price != i.valuation {
                    self.gate.revalue(instrument, price);
                }
                self.outcome.mark = price;
                self.outcome.mark_age_ns = age_ns;
            }
            count::market_volume(&mut self.gate.state, now_ns, instrument, mark.volume);
        }
        self.outcome = self.gate.collect(self.outcome);
        &self.outcome
    }

    /// A control command, applied between two orders; an error changes nothing.
    pub fn control(&mut self, now_ns: u64, command: &Command) -> Result<&Outcome> {
        self.outcome = Outcome::NONE;
        if let Command::SetLimit(limit) = command {
            let problems = self.setup.limit_problems(limit);
            if !problems.is_empty() {
                return Err(Error::new(problems.join("; ")));
            }
        }
        control::apply(&mut self.gate, now_ns, command)?;
        self.outcome = self.gate.collect(self.outcome);
        Ok(&self.outcome)
    }

    /// Events of the last input.
    pub fn events(&self) -> &[Event] {
        self.gate.events.as_slice()
    }

    /// Position and open quantity of an account itself; zeros where nothing ever happened.
    pub fn row(&self, account: u32, instrument: u32) -> RowView {
        match self.gate.state.find_row(account, instrument) {
            NONE => RowView::default(),
            slot => row_view(&self.gate.state.rows[slot as usize]),
        }
    }

    /// Exposures of a node.
    pub fn node(&self, node: u32) -> NodeView {
        let n = &self.gate.state.nodes[node as usize];
        NodeView {
            gross_exposure: n.exposure.gross,
            executed: n.exposure.executed,
            daily_traded: n.traded.plus(n.exposure.open),
            net_exposure: n.exposure.net(),
            long_exposure: n.exposure.long,
            short_exposure: n.exposure.short,
            open_order_value: n.exposure.open,
            day_pnl: n.pnl,
            open_orders: n.open_orders,
        }
    }

    /// What a node has executed, won and lost in a period, and spent today.
    pub fn funds(&self, node: u32, reset: Reset) -> FundsView {
        let state = &self.gate.state;
        let n = &state.nodes[node as usize];
        let period = n.period(reset);
        let cash = match n.ledger {
            NONE => Purse::default(),
            slot => state.ledgers.head(slot).base,
        };
        FundsView {
            purchases: period.bought.plus(n.exposure.open_buys),
            sales: period.sold().plus(n.exposure.open.minus(n.exposure.open_buys)),
            daily_loss: period.pnl.negated().max(Wide::ZERO),
            drawdown: n.peak_in(reset).minus(period.pnl),
            cash_used: cash.open.minus(cash.change),
            cash: cash.cash,
        }
    }

    /// What a currency is worth now, base per unit in 1e-9; `None`: not known.
    pub fn rate(&self, currency: u32) -> Option<Rate> {
        Some(self.gate.state.rates[currency as usize]).filter(|rate| *rate != 0)
    }

    /// All account × instrument rows: `(account, instrument, row)`. Cold.
    pub fn rows(&self) -> Vec<(u32, u32, RowView)> {
        self.gate.state.rows.iter().map(|r| (r.account, r.instrument, row_view(r))).collect()
    }

    /// All open orders, in no meaningful but a deterministic sequence. Cold.
    pub fn open_orders(&self) -> Vec<OpenOrderView> {
        let view = |(_, o): (u32, &OpenOrder)| OpenOrderView {
            lane: o.lane,
            order_id: o.id,
            account: o.account,
            instrument: o.instrument,
            side: o.side,
            price: o.terms.price,
            qty: o.terms.qty,
            filled: o.filled,
            reserved: o.reserved,
            pending_replaces: o.pending,
            pending_cancel: o.pending_cancel,
            acknowledged: o.acknowledged,
        };
        self.gate.state.orders.iter().map(view).collect()
    }

    /// Number of open orders of a lane.
    pub fn lane_open_orders(&self, lane: u32) -> u32 {
        self.gate.state.lanes[lane as usize].open_orders
    }

    /// Is the firm (first) or the lane (second) killed? For the words that clients read.
    pub fn killed(&self, lane: u32) -> (bool, bool) {
        (self.gate.state.firm_killed, self.gate.state.lanes[lane as usize].killed)
    }

    /// Sums over groups of instruments that differ from what the rows say, as texts: always none.
    /// Cold.
    pub fn miscounts(&self) -> Vec<String> {
        self.gate.state.miscounts()
    }

    /// What a node's limit of this check (variant, bucket) compares for the group that an instrument
    /// counts in, signed: with all that adds to it filled, and with all that takes from it. Money
    /// 1e-36 (delta 1e-44), shares 1e-8, futures-equivalents 1e-24. `None` without such a limit. Cold.
    pub fn group_total(&self, limit: &Limit, instrument: u32, leg: usize) -> Option<(Wide, Wide)> {
        self.gate.state.group_total(limit, instrument, leg)
    }

    /// Reference data and limits that it was built from.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Hash of the whole state: equal after equal inputs. Cold.
    pub fn state_hash(&self) -> u64 {
        self.gate.state.hash()
    }
}

fn row_view(row: &Row) -> RowView {
    let clamped = |v: i128| v.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
    RowView {
        position: clamped(row.sums.position),
        open_buy: clamped(row.sums.buys),
        open_sell: clamped(row.sums.sells),
    }
}
