//! The reference gate: the same inputs as the real machine, answered slowly and plainly.
//!
//! Written from the specification alone. It remembers positions, open orders, all executions in
//! sequence, peaks of results, latches, kills, restrictions and threshold levels; everything else is
//! summed again for each question. It never shares code with the gate that it judges.

use super::book::{Change, Order, Tally};
use super::ledger::Ledger;
use super::log::{Counted, Log};
use super::num::{self, Decimal, add, mul};
use super::states::Markets;
use riskgate::abi::codes::Check;
use riskgate::abi::order::{ExtensionSlot, OrderSlot, kind, side};
use riskgate::abi::verdict::{NO_NODE, decision, flag};
use riskgate::abi::{PRICE_UNDEFINED, SlotWords};
use riskgate::fixed::Wide;
use riskgate::gate::outcome::{EventKind, MeasureUnit};
use riskgate::machine::{Environment, MarkInput, NodeView, RowView};
use riskgate::state::command::{KillScope, Restriction};
use riskgate::state::limit::{Latch, Limit, Phase, Reset};
use riskgate::state::setup::Setup;
use std::collections::{BTreeMap, BTreeSet};

/// Deliberate mistakes, to prove that the comparison finds them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mistake {
    #[default]
    None,
    /// Exactly at the limit is refused.
    ExclusiveLimit,
    /// Ancestors are not charged.
    SkipAncestors,
    /// Rates are ignored.
    DropRate,
    /// Excess over the mark is not reserved.
    DropExcess,
    /// A replace reserves its new terms only.
    ForgetChain,
    /// Sells are not tested against own bids.
    WashBuysOnly,
    /// Thresholds never re-arm.
    NoRearm,
    /// A bust lowers the executed value of the day.
    BustLowersDay,
    /// Sales measure what was bought.
    SalesArePurchases,
    /// Fees are not paid.
    FeesIgnored,
    /// What was paid moves with the rate.
    CashAtNewRate,
    /// A week begins with each day.
    WeekResetsByDay,
    /// A peak outlives its re-arming.
    PeakOutlivesRearm,
    /// Accounts without short selling sell short.
    ShortAllowed,
    /// Margin of the short side is none.
    MarginOfLongs,
    /// Small deltas count as they are.
    NoDeltaFloor,
    /// Pairs are paid with nothing.
    NoQuoteLeg,
    /// A window does not hold the order that asks.
    WindowExcludesSelf,
    /// A tumbling window closes a nanosecond late.
    TumblingLate,
    /// A sliding window holds 63 previous buckets.
    BucketForgotten,
    /// Rejected orders are not counted.
    RejectsNotCounted,
    /// Limits of lanes are not looked at.
    LaneLimitIgnored,
    /// What is re-armed goes on counting where it stood.
    RearmKeepsCount,
    /// A walk is measured from the latest mark.
    WalkForgetsAnchor,
    /// A limit holds in all phases of the day.
    SessionsIgnored,
    /// Whether an algorithm may send orders is not asked.
    AlgosNotAsked,
    /// Children may come to more than their parent.
    ParentsForgotten,
}

/// A breach with exact numbers in the unit's places.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub check: Check,
    pub node: u32,
    pub unit: MeasureUnit,
    pub observed: Wide,
    pub limit: Wide,
    pub detail: u32,
    /// The instrument of a limit of node and instrument.
    pub only: Option<u32>,
}

impl Finding {
    /// What a latch of this finding blocks.
    pub fn place(&self) -> (u32, Option<u32>) {
        (self.node, self.only)
    }

    pub fn bare(check: Check) -> Finding {
        Finding {
            only: None,
            check,
            node: NO_NODE,
            unit: MeasureUnit::None,
            observed: Wide::ZERO,
            limit: Wide::ZERO,
            detail: 0,
        }
    }
}

/// An event, sortable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    pub kind: u8,
    pub check: Check,
    pub node: u32,
    pub percent: u8,
}

/// What the model says about one input.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub decision: u8,
    pub flags: u16,
    pub breaches: u128,
    pub alerts: u128,
    pub soft: u128,
    pub shadow: u128,
    /// Equally good answers to "which breach is first"; empty: none.
    pub first: Vec<Finding>,
    pub events: Vec<Notice>,
    /// What the request adds to the sums of family 4, if it was evaluated.
    pub(super) counted: Option<Counted>,
}

impl Answer {
    pub fn notice(&mut self, kind: EventKind, check: Check, node: u32, percent: u8) {
        match kind {
            EventKind::Soft => self.soft |= check.bit(),
            EventKind::Alert => self.alerts |= check.bit(),
            _ => {}
        }
        self.events.push(Notice { kind: kind as u8, check, node, percent });
    }

    /// This answer, with what was said before it was decided.
    fn after(mut self, earlier: Answer) -> Answer {
        if self.decision == decision::NONE {
            // A verdict's masks are its own.
            self.alerts |= earlier.alerts;
        }
        self.soft |= earlier.soft;
        self.events.extend(earlier.events);
        self.events.sort();
        self
    }

    pub(super) fn reject(check: Check, detail: u32) -> Answer {
        Answer {
            decision: decision::REJECT,
            breaches: check.bit(),
            first: vec![Finding { detail, ..Finding::bare(check) }],
            ..Answer::default()
        }
    }
}

/// A recorded request.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    /// The lane's first recorded request is 1.
    pub number: u64,
    pub words: [u64; 7],
    pub extension: Option<[u64; 7]>,
    pub answer: Answer,
}

/// A recorded execution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Execution {
    /// The lane's first execution is 1.
    pub number: u64,
    pub account: u32,
    pub instrument: u32,
    pub side: u8,
    pub qty: i64,
    pub price: i64,
    /// 1e-8 of the instrument's currency.
    pub fee: i64,
    /// Parent of the order that it was of, or 0.
    pub parent: u64,
    pub busted: bool,
}

/// Level of a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Level {
    /// Bit per soft threshold that is crossed and not re-armed.
    pub crossed: u8,
    /// Beyond the hard limit.
    pub over: bool,
}

/// The reference gate.
#[derive(Clone)]
pub struct Model {
    pub setup: Setup,
    pub mistake: Mistake,
    /// What the wall clock shows when the recorded time is 0, ns since 1970 UTC.
    pub wall_offset_ns: u64,
    pub orders: Vec<Order>,
    pub parents: Vec<super::parents::Parent>,
    pub(super) positions: BTreeMap<(u32, u32), i64>,
    pub(super) ledger: Ledger,
    /// Cash that was given to nodes, by currency, and what ended days carried there.
    pub(super) cash: BTreeMap<(u32, u32), Decimal>,
    /// Price of the first execution of a row.
    pub(super) first_price: BTreeMap<(u32, u32), i64>,
    pub(super) marks: Vec<Option<MarkInput>>,
    pub(super) close_ns: Vec<u64>,
    /// Latest usable mark.
    pub(super) valued: Vec<Option<i64>>,
    pub(super) history: BTreeMap<(u32, u64), Recorded>,
    pub(super) executions: BTreeMap<(u32, u64), Execution>,
    /// Recorded requests and executions of each lane.
    pub(super) requests: BTreeMap<u32, u64>,
    pub(super) fills: BTreeMap<u32, u64>,
    pub(super) levels: BTreeMap<(usize, u32), Level>,
    pub(super) latched_all: BTreeSet<(u32, Option<u32>)>,
    pub(super) latched_close: BTreeSet<(u32, Option<u32>)>,
    pub(super) kills: Vec<KillScope>,
    pub(super) halted: BTreeSet<u32>,
    pub(super) restrictions: BTreeMap<(u32, Option<u32>), Restriction>,
    pub(super) serial: u64,
    pub(super) log: Log,
    pub(super) markets: Markets,
    /// What temporary limits cover, by their index; `None`: nothing was set there.
    pub(super) covered: BTreeMap<usize, Option<Limit>>,
    /// Limits that are not set any more.
    pub(super) gone: BTreeSet<usize>,
    /// Static bands: lowest and highest price of each instrument.
    pub(super) bands: Vec<(i64, i64)>,
}

impl Model {
    pub fn new(setup: &Setup, mistake: Mistake) -> Model {
        let instruments = setup.instruments.len();
        Model {
            setup: setup.clone(),
            mistake,
            wall_offset_ns: 0,
            orders: Vec::new(),
            parents: Vec::new(),
            positions: BTreeMap::new(),
            ledger: Ledger::default(),
            cash: super::credit::opening_cash(setup),
            first_price: BTreeMap::new(),
            marks: vec![None; instruments],
            close_ns: vec![0; instruments],
            valued: vec![None; instruments],
            history: BTreeMap::new(),
            executions: BTreeMap::new(),
            requests: BTreeMap::new(),
            fills: BTreeMap::new(),
            levels: BTreeMap::new(),
            latched_all: BTreeSet::new(),
            latched_close: BTreeSet::new(),
            kills: Vec::new(),
            halted: BTreeSet::new(),
            restrictions: BTreeMap::new(),
            serial: 0,
            log: Log::default(),
            markets: Markets::default(),
            covered: BTreeMap::new(),
            gone: BTreeSet::new(),
            bands: setup.instruments.iter().map(|i| (i.band_low, i.band_high)).collect(),
        }
    }

    /// One order slot.
    pub fn order(
        &mut self,
        now_ns: u64,
        lane: u32,
        words: &SlotWords,
        extension: Option<&SlotWords>,
        environment: Environment,
    ) -> Answer {
        let slot = OrderSlot::from_words(words);
        self.log.now_ns = now_ns;
        let asks_only = matches!(slot.kind, kind::NEW | kind::REPLACE)
            && slot.flags & riskgate::abi::order::flag::WHAT_IF != 0;
        if asks_only && self.any_ended() {
            // What ends, ends for the question; it is said with the next input that counts.
            let mut copy = self.clone();
            copy.time_passes(&mut Answer::default());
            return copy.order(now_ns, lane, words, extension, environment);
        }
        let mut passing = Answer::default();
        self.time_passes(&mut passing);
        let answer = match slot.kind {
            kind::VOID | kind::ACK..=kind::BUST => {
                let fee = extension.map_or(0, |e| ExtensionSlot::from_words(e).fee);
                self.report(lane, &slot, fee)
            }
            _ => self.request(now_ns, lane, &slot, words, extension, environment),
        };
        self.forget_parents();
        answer.after(passing)
    }

    fn request(
        &mut self,
        now_ns: u64,
        lane: u32,
        slot: &OrderSlot,
        words: &SlotWords,
        extension: Option<&SlotWords>,
        environment: Environment,
    ) -> Answer {
        let content = content(words, true);
        let extension_content = extension.map(|e| self::content(e, false));
        let key = (lane, slot.order_id);
        if self.remembers(lane, slot.order_id)
            && let Some(past) = self.history.get(&key)
            && past.words == content
            && past.extension == extension_content
        {
            let mut answer = past.answer.clone();
            answer.flags |= flag::REPLAYED;
            answer.events.clear();
            return answer;
        }
        let what_if = slot.flags & riskgate::abi::order::flag::WHAT_IF != 0;
        let known = self.recorded(lane, slot.order_id);
        let in_use = self.orders.iter().any(|o| o.lane == lane && o.id == slot.order_id);
        let mut answer = self.decide(now_ns, lane, slot, extension, environment);
        if !what_if {
            self.note_request(lane, slot, &mut answer);
        }
        if what_if {
            answer.events.clear();
            answer.flags |= flag::WHAT_IF;
        } else if slot.order_id != 0 && !known {
            let number = self.requests.entry(lane).or_default();
            *number += 1;
            let number = *number;
            let recorded = Recorded {
                number,
                words: content,
                extension: extension_content,
                answer: answer.clone(),
            };
            // An open order's own record outlives the others.
            if !in_use {
                self.history.insert(key, recorded);
            }
        }
        answer.events.sort();
        answer
    }

    /// Is a request id in use, or among the last ones of its lane?
    pub(super) fn remembers(&self, lane: u32, id: u64) -> bool {
        self.recorded(lane, id) || self.orders.iter().any(|o| o.lane == lane && o.id == id)
    }

    /// Is a request id among the last ones of its lane?
    fn recorded(&self, lane: u32, id: u64) -> bool {
        let last = self.requests.get(&lane).copied().unwrap_or(0);
        let kept = u64::from(self.setup.capacity.history);
        self.history.get(&(lane, id)).is_some_and(|r| r.number + kept > last)
    }

    /// Is an execution among the last ones of its lane?
    pub(super) fn executed(&self, lane: u32, execution: u64) -> bool {
        let last = self.fills.get(&lane).copied().unwrap_or(0);
        let kept = u64::from(self.setup.capacity.history);
        self.executions.get(&(lane, execution)).is_some_and(|e| e.number + kept > last)
    }

    /// A new mark.
    pub fn mark(&mut self, now_ns: u64, instrument: u32, mark: &MarkInput) -> Answer {
        self.log.now_ns = now_ns;
        let mut answer = Answer::default();
        self.time_passes(&mut answer);
        let at = instrument as usize;
        self.note_volume(instrument, mark.volume);
        // A close has no time of its own: it is as old as the first message that brought it.
        if self.marks[at].is_none_or(|old| old.close != mark.close) {
            self.close_ns[at] = now_ns;
        }
        // A time in the future counts as now.
        let quote_ns = mark.quote_ns.min(now_ns);
        self.marks[at] = Some(MarkInput { quote_ns, last_ns: mark.last_ns.min(now_ns), ..*mark });
        if let Ok(price) = self.usable_mark(now_ns, instrument) {
            if self.valued[at].is_none() && !self.setup.instruments[at].inverse {
                // Until now these orders held their whole price; the first mark freezes the excess.
                for order in self.orders.iter_mut().filter(|o| o.instrument == instrument) {
                    for terms in std::iter::once(&mut order.current).chain(&mut order.pending) {
                        terms.excess = (terms.excess - price.abs()).max(0);
                    }
                }
            }
            self.valued[at] = Some(price);
            self.settle(&mut answer, true);
        }
        answer.events.sort();
        answer
    }

    /// The price that the checks use, or that there is none.
    pub(super) fn usable_mark(&self, now_ns: u64, instrument: u32) -> Result<i64, ()> {
        let i = &self.setup.instruments[instrument as usize];
        let mark = self.marks[instrument as usize].ok_or(())?;
        let old = |time: u64, age: u64| now_ns.saturating_sub(time) > age;
        if mark.bid != PRICE_UNDEFINED && mark.ask != PRICE_UNDEFINED {
            let (bid, ask) = (i128::from(mark.bid), i128::from(mark.ask));
            if bid > ask {
                return Err(());
            }
            let bps = i128::from(i.mark_max_spread_bps);
            if bps != 0 && (ask - bid) * 20_000 > bps * (bid + ask).abs() {
                return Err(());
            }
            if i.mark_max_age_ns == 0 || !old(mark.quote_ns, i.mark_max_age_ns) {
                return Ok((bid + ask).div_euclid(2) as i64);
            }
        }
        if mark.last != PRICE_UNDEFINED
            && i.last_max_age_ns != 0
            && !old(mark.last_ns, i.last_max_age_ns)
        {
            return Ok(mark.last);
        }
        let close_ns = self.close_ns[instrument as usize];
        if mark.close != PRICE_UNDEFINED
            && i.close_max_age_ns != 0
            && !old(close_ns, i.close_max_age_ns)
        {
            return Ok(mark.close);
        }
        Err(())
    }

    /// Base value of one contract at price 1.
    pub(super) fn unit(&self, instrument: u32) -> Option<Decimal> {
        let i = &self.setup.instruments[instrument as usize];
        let rate = self.setup.currencies[i.currency as usize].rate?;
        let rate = if self.mistake == Mistake::DropRate { 1_000_000_000 } else { rate };
        let unit = mul(num::qty(i128::from(i.multiplier)), num::price(rate));
        Some(if i.minor_unit { mul(unit, num::dec(1, 2)) } else { unit })
    }

    /// Mark for valuation (zero without any; one for inverse contracts) and unit of each
    /// instrument.
    pub(super) fn values(&self) -> Vec<(i64, Option<Decimal>)> {
        (0..self.setup.instruments.len())
            .map(|i| (self.valuation_mark(i as u32), self.unit(i as u32)))
            .collect()
    }

    pub(super) fn valuation_mark(&self, instrument: u32) -> i64 {
        if self.setup.instruments[instrument as usize].inverse {
            riskgate::fixed::PRICE_ONE
        } else {
            self.valued[instrument as usize].unwrap_or(0)
        }
    }

    pub(super) fn tally(&self, change: &Change) -> Tally {
        let positions = self.positions.iter().map(|((a, i), p)| (*a, *i, *p));
        Tally::of(&self.setup, positions, &self.orders, change, &self.values())
    }

    /// A node and its ancestors, nearest first.
    pub(super) fn path(&self, node: u32) -> Vec<u32> {
        let mut path = vec![node];
        while let Some(parent) = self.setup.accounts[path[path.len() - 1] as usize].parent {
            path.push(parent);
        }
        path
    }

    pub(super) fn is_leaf(&self, node: u32) -> bool {
        self.setup.accounts.iter().all(|a| a.parent != Some(node))
    }

    pub(super) fn account_phase(&self, account: u32) -> Phase {
        self.path(account)
            .iter()
            .find_map(|n| self.setup.accounts[*n as usize].phase)
            .unwrap_or(Phase::Enforce)
    }

    /// Result of the day.
    pub(super) fn day_pnl(&self, node: u32) -> Decimal {
        self.result(node, Reset::Day)
    }

    /// Latches a node, or one instrument at it.
    pub(super) fn latch(
        &mut self,
        place: (u32, Option<u32>),
        latch: Latch,
        check: Check,
        answer: &mut Answer,
    ) {
        // What refuses everything refuses also what does not reduce.
        let stronger = self.latched_all.contains(&place);
        let (set, kind) = match latch {
            Latch::All => (&mut self.latched_all, EventKind::Blocked),
            Latch::CloseOnly => (&mut self.latched_close, EventKind::CloseOnly),
        };
        if !stronger && set.insert(place) {
            answer.notice(kind, check, place.0, 0);
        }
    }

    /// Position and open quantities.
    pub fn row(&self, account: u32, instrument: u32) -> RowView {
        let row = self.tally(&Change::None).row(account, instrument);
        RowView { position: row.p as i64, open_buy: row.b as i64, open_sell: row.s as i64 }
    }

    /// All rows with anything in them.
    pub fn rows(&self) -> BTreeMap<(u32, u32), RowView> {
        let mut rows: BTreeMap<(u32, u32), RowView> = BTreeMap::new();
        for ((a, i), p) in &self.positions {
            rows.entry((*a, *i)).or_default().position = *p;
        }
        for o in &self.orders {
            let row = rows.entry((o.account, o.instrument)).or_default();
            if o.side == side::BUY {
                row.open_buy += o.reserved();
            } else {
                row.open_sell += o.reserved();
            }
        }
        rows.retain(|_, row| *row != RowView::default());
        rows
    }

    /// Exposures of all nodes.
    pub fn nodes(&self) -> Vec<NodeView> {
        let tally = self.tally(&Change::None);
        let money = |value: Decimal| num::wide(value, 36);
        (0..self.setup.accounts.len() as u32)
            .map(|node| {
                let sums = tally.sums(node, None);
                let executed_day = self.executed_value(node, Reset::Day, None);
                NodeView {
                    gross_exposure: money(sums.gross),
                    executed: money(sums.executed),
                    daily_traded: money(add(executed_day, sums.open)),
                    net_exposure: money(sums.net()),
                    long_exposure: money(sums.long),
                    short_exposure: money(sums.short),
                    open_order_value: money(sums.open),
                    day_pnl: money(self.day_pnl(node)),
                    open_orders: sums.orders,
                }
            })
            .collect()
    }
}

/// What makes a repeated request the same: all words but the stamp and the client's time.
fn content(words: &SlotWords, order: bool) -> [u64; 7] {
    let mut content = [0; 7];
    content.copy_from_slice(&words[1..]);
    if order {
        content[6] &= u64::from(u32::MAX);
    }
    content
}
