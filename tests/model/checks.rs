//! Every check of a request that has a shape, in the words of the catalogue.

use super::book::{Change, Order, Tally};
use super::decide::{Request, fresh_order};
use super::gate::{Answer, Finding, Mistake, Model};
use super::measure::{self, Measure};
use super::num::{self, Decimal, dec, mul};
use super::value::ValuePrice;
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::codes::Check;
use riskgate::abi::order::{order_type, side, tif};
use riskgate::abi::verdict::{self, NO_NODE, decision};
use riskgate::fixed::Wide;
use riskgate::gate::outcome::{EventKind, MeasureUnit};
use riskgate::state::command::{KillScope, Restriction};
use riskgate::state::limit::{Action, Bound, Latch, Limit, Phase, Variant};

/// Checks that cannot be evaluated without a mark.
const NEED_MARK: [Check; 14] = [
    Check::MaxOrderValue,
    Check::MinOrderValue,
    Check::PriceCollar,
    Check::PriceWalk,
    Check::OrderValueRate,
    Check::GrossExposure,
    Check::NetExposure,
    Check::LongExposure,
    Check::ShortExposure,
    Check::Purchases,
    Check::Sales,
    Check::OpenOrderValue,
    Check::BuyingPower,
    Check::SectorConcentration,
];

/// Breaches of one order while they are collected.
pub(super) struct Docket<'a> {
    pub answer: &'a mut Answer,
    account_phase: Phase,
    /// What rejects: (check, order of preference within the check, finding).
    rejecting: Vec<(Check, i128, Finding)>,
    latches: Vec<((u32, Option<u32>), Latch, Check)>,
}

impl Docket<'_> {
    /// A breach that rejects in every phase.
    pub(super) fn absolute(&mut self, finding: Finding) {
        self.answer.breaches |= finding.check.bit();
        self.rejecting.push((finding.check, 0, finding));
    }

    /// A breach of a limit; of several in one check the lowest `rank` is reported.
    pub(super) fn breach(
        &mut self,
        phase: Phase,
        action: Action,
        latch: Latch,
        rank: i128,
        found: Finding,
    ) {
        let bit = found.check.bit();
        match phase.min(self.account_phase) {
            Phase::Shadow => self.answer.shadow |= bit,
            Phase::Warn => self.answer.alerts |= bit,
            Phase::Enforce if action == Action::Alert => self.answer.alerts |= bit,
            Phase::Enforce => {
                match action {
                    Action::BlockLatch => self.latches.push((found.place(), latch, found.check)),
                    Action::CloseOnly => {
                        self.latches.push((found.place(), Latch::CloseOnly, found.check));
                    }
                    _ => {}
                }
                self.answer.breaches |= bit;
                self.rejecting.push((found.check, rank, found));
            }
        }
    }
}

impl Model {
    pub(super) fn evaluate(&mut self, now_ns: u64, request: &Request, what_if: bool) -> Answer {
        if what_if {
            // Touches nothing: everything happens to a copy (that does not need the history).
            let history = std::mem::take(&mut self.history);
            let mut copy = self.clone();
            self.history = history;
            if let Ok(mark) = copy.usable_mark(now_ns, request.instrument) {
                copy.valued[request.instrument as usize] = Some(mark);
            }
            if copy.overflows(now_ns, request) {
                return Answer::reject(Check::Arithmetic, 0);
            }
            let mut answer = Answer::default();
            copy.weigh(now_ns, request, &mut answer);
            if answer.decision == decision::ACCEPT {
                answer.decision = decision::WOULD_ACCEPT;
            }
            return answer;
        }
        let mut answer = Answer::default();
        if let Ok(mark) = self.usable_mark(now_ns, request.instrument)
            && self.valued[request.instrument as usize] != Some(mark)
        {
            self.valued[request.instrument as usize] = Some(mark);
            self.settle(&mut answer, true);
            // Events of their own: the mask of an order speaks of what the order does.
            answer.alerts = 0;
        }
        if self.overflows(now_ns, request) {
            let events = std::mem::take(&mut answer.events);
            return Answer { events, soft: answer.soft, ..Answer::reject(Check::Arithmetic, 0) };
        }
        let excess = self.weigh(now_ns, request, &mut answer);
        if answer.decision == decision::ACCEPT {
            self.accept(request, excess);
            self.settle(&mut answer, false);
        }
        answer
    }

    /// All checks. Returns the excess that acceptance freezes.
    fn weigh(&mut self, now_ns: u64, request: &Request, answer: &mut Answer) -> i64 {
        let value = self.value_price(now_ns, request).expect("tested by the arithmetic check");
        let mut docket = Docket {
            account_phase: self.account_phase(request.account),
            answer,
            rejecting: Vec::new(),
            latches: Vec::new(),
        };
        let unpriced =
            matches!(request.kind, order_type::MARKET | order_type::PEGGED | order_type::STOP);
        self.limit_not_set(request, unpriced && !value.collared, &mut docket);
        let worth = self.worth(now_ns, request, &value);
        let counted = self.counted(request, worth, !self.replace_reduces(request));
        if !self.replace_reduces(request) {
            let change = self.changed_order(request, value.excess);
            let after = self.tally(&match request.target {
                None => Change::Add(&change),
                Some(at) => Change::Instead(at, &change),
            });
            let row = after.row(request.account, request.instrument);
            let reduces = match request.side {
                side::BUY => row.p < 0 && row.p + row.b <= 0,
                _ => row.p > 0 && row.p - row.s >= 0,
            };
            self.may_trade(request, reduces, &mut docket);
            let markless = self.stale(now_ns, request, unpriced, &mut docket);
            self.is_sane(now_ns, request, &value, markless, &mut docket);
            let mark = self.usable_mark(now_ns, request.instrument).ok().filter(|_| !markless);
            self.is_sane_too(request, worth, mark, &mut docket);
            self.child_of_parent(request, &mut docket);
            let grows = self.grows(request, &after);
            self.too_fast(request, &counted, reduces, markless, grows, &mut docket);
            self.fits(request, &after, reduces, markless, &mut docket);
        } else if let Ok(mark) = self.usable_mark(now_ns, request.instrument)
            && self.unit(request.instrument).is_some()
        {
            self.walks(request, mark);
        }
        self.wash(request, &mut docket);
        let Docket { mut rejecting, latches, .. } = docket;
        answer.counted = Some(counted);
        rejecting.sort_by_key(|(check, rank, _)| (*check, *rank));
        if let Some((check, rank, _)) = rejecting.first().cloned() {
            answer.decision = decision::REJECT;
            answer.first = rejecting
                .into_iter()
                .filter(|(c, r, _)| *c == check && *r == rank)
                .map(|(_, _, finding)| finding)
                .collect();
            for ((node, only), latch, check) in latches {
                let node = if node == NO_NODE { request.account } else { node };
                self.latch((node, only), latch, check, answer);
            }
        } else {
            answer.decision = decision::ACCEPT;
        }
        value.excess
    }

    /// The value of the order in the base currency; `None` without a mark or rate.
    fn worth(&self, now_ns: u64, request: &Request, value: &ValuePrice) -> Option<Decimal> {
        self.usable_mark(now_ns, request.instrument).ok()?;
        let unit = self.unit(request.instrument)?;
        let total = num::qty(i128::from(request.total));
        Some(mul(mul(total, num::price(value.price)), unit))
    }

    /// The order as it would be: a new one, or the target with one more pending replace.
    fn changed_order(&self, request: &Request, excess: i64) -> Order {
        let excess = if self.mistake == Mistake::DropExcess { 0 } else { excess };
        let terms = request.terms(u64::MAX, excess);
        match request.target {
            None => fresh_order(request, terms),
            Some(at) => {
                let mut order = self.orders[at].clone();
                if self.mistake == Mistake::ForgetChain {
                    order.pending.clear();
                    order.current = terms;
                } else {
                    order.pending.push(terms);
                }
                order
            }
        }
    }

    /// Against what the venue was told last.
    fn replace_reduces(&self, request: &Request) -> bool {
        let Some(at) = request.target else { return false };
        let chain = self.orders[at].chain();
        let latest = chain.max_by_key(|t| t.serial).expect("an order has terms");
        let (reach, was) = (request.terms(0, 0).reach(request.side), latest.reach(request.side));
        let not_more_aggressive = match request.side {
            side::BUY => reach <= was,
            _ => reach >= was,
        };
        request.total <= latest.total && not_more_aggressive && latest.kind == request.kind
    }

    /// Limits on the request's path with their rank: 0 for an instrument's own, else distance from
    /// the account.
    fn standing(&self, request: &Request, wanted: impl Fn(&Limit) -> bool) -> Vec<(i128, Limit)> {
        let path = match self.mistake {
            Mistake::SkipAncestors => vec![request.account],
            _ => self.path(request.account),
        };
        let limits = self.setup.limits.iter().enumerate();
        limits
            .filter(|(at, _)| !self.gone.contains(at))
            .map(|(_, limit)| limit)
            .filter(|l| self.in_session(l, request.instrument))
            .filter(|l| wanted(l) && l.instrument.is_none_or(|i| i == request.instrument))
            .filter(|l| l.lane.is_none_or(|lane| lane == request.lane))
            .filter_map(|l| match l.node {
                None => Some((0, *l)),
                Some(n) => path.iter().position(|p| *p == n).map(|depth| (depth as i128, *l)),
            })
            .collect()
    }

    fn on_path(&self, check: Check, request: &Request) -> Vec<(i128, Limit)> {
        self.standing(request, |l| l.check == check)
    }

    pub(super) fn bounded(&self, check: Check, request: &Request) -> Vec<(i128, Limit)> {
        let mut limits = self.on_path(check, request);
        limits.retain(|(_, l)| l.bound != Bound::Unlimited);
        limits
    }

    fn limit_not_set(&self, request: &Request, no_collar: bool, docket: &mut Docket) {
        let missing = self
            .setup
            .required
            .iter()
            .find(|check| self.on_path(*check, request).is_empty())
            .into_iter()
            .chain(no_collar.then_some(Check::PriceCollar))
            .min();
        if let Some(check) = missing {
            let detail = u32::from(check.number());
            docket.absolute(Finding { detail, ..Finding::bare(Check::LimitNotSet) });
        }
    }

    fn may_trade(&self, request: &Request, reduces: bool, docket: &mut Docket) {
        let path = self.path(request.account);
        let killed = self.kills.iter().any(|kill| match *kill {
            KillScope::Firm => true,
            KillScope::Node(n) => path.contains(&n),
            KillScope::NodeSide(n, s) => path.contains(&n) && s == request.side,
            KillScope::Instrument(i) => i == request.instrument,
            KillScope::Lane(l) => l == request.lane,
            KillScope::Venue(v) => v == request.venue,
            KillScope::Side(s) => s == request.side,
        });
        if killed {
            docket.absolute(Finding::bare(Check::Killed));
        }
        let places =
            path.iter().flat_map(|n| [(*n, None), (*n, Some(request.instrument))].into_iter());
        let blocked = places.into_iter().any(|p| {
            self.latched_all.contains(&p) || (self.latched_close.contains(&p) && !reduces)
        });
        if blocked {
            docket.absolute(Finding::bare(Check::Blocked));
        }
        self.may_trade_there(request, docket);
        let restricted = path.iter().any(|n| {
            [None, Some(request.instrument)].iter().any(|i| {
                match self.restrictions.get(&(*n, *i)) {
                    None | Some(Restriction::Open) => false,
                    Some(Restriction::BuyOnly) => request.side != side::BUY,
                    Some(Restriction::SellOnly) => request.side != side::SELL,
                    Some(Restriction::CloseOnly) => !reduces,
                    Some(Restriction::NoTrading) => true,
                }
            })
        });
        if restricted {
            docket.absolute(Finding::bare(Check::Restricted));
        }
    }

    /// Action and phase of a check that needs no number: of its nearest limit row, the strongest if
    /// there are several, or default.
    pub(super) fn always_on(&self, check: Check, request: &Request) -> Limit {
        let mut rows = self.on_path(check, request);
        let weakness = |l: &Limit| std::cmp::Reverse((l.phase, l.action != Action::Alert));
        rows.sort_by_key(|(rank, row)| (*rank, weakness(row)));
        match rows.first() {
            Some((_, row)) => *row,
            None => Limit::new(check, None, None, Bound::Unlimited),
        }
    }

    /// Can a limit not be evaluated without the mark of the request's instrument?
    fn needs_mark(&self, limit: &Limit, request: &Request) -> bool {
        let i = &self.setup.instruments[request.instrument as usize];
        match (limit.check, limit.variant) {
            (Check::OptionGreeks, Variant::Default) => i.underlying_value == 0,
            (Check::FxPosition, _) => !self.keys_of(limit, request.instrument).is_empty(),
            // Only what its currency is worth.
            (Check::Margin, _) => self.unit(request.instrument).is_none(),
            (check, _) => NEED_MARK.contains(&check),
        }
    }

    /// Is there no mark? Breaches `stale_mark` if anything needs one.
    fn stale(&self, now_ns: u64, request: &Request, unpriced: bool, docket: &mut Docket) -> bool {
        let usable = self.usable_mark(now_ns, request.instrument).is_ok()
            && self.unit(request.instrument).is_some();
        if usable {
            return false;
        }
        let needing = |l: &Limit| l.bound != Bound::Unlimited && self.needs_mark(l, request);
        let strongest = self
            .standing(request, needing)
            .into_iter()
            .map(|(_, limit)| limit.phase)
            .chain(unpriced.then_some(Phase::Enforce))
            .max();
        if let Some(strongest) = strongest {
            let row = self.always_on(Check::StaleMark, request);
            let phase = row.phase.min(strongest);
            docket.breach(phase, row.action, row.latch, 0, Finding::bare(Check::StaleMark));
        }
        true
    }

    fn is_sane(
        &mut self,
        now_ns: u64,
        request: &Request,
        value: &ValuePrice,
        markless: bool,
        docket: &mut Docket,
    ) {
        let instrument = self.setup.instruments[request.instrument as usize].clone();
        let total = num::qty(i128::from(request.total));
        let mut largest = |check: Check, observed: Decimal, unit: MeasureUnit, places: u32| {
            for (_, limit) in self.bounded(check, request) {
                let Bound::Value(bound) = limit.bound else { continue };
                let bound = dec(bound, if unit == MeasureUnit::Money { 17 } else { places });
                self.per_order(&limit, observed, bound, unit, docket);
            }
        };
        largest(Check::MaxOrderQty, total, MeasureUnit::Qty, 8);
        if !markless {
            let unit = self.unit(request.instrument).expect("there is a rate");
            let worth = mul(mul(total, num::price(value.price)), unit);
            largest(Check::MaxOrderValue, worth, MeasureUnit::Money, 36);
        }
        for (_, limit) in self.bounded(Check::MinOrderQty, request) {
            let Bound::Value(bound) = limit.bound else { continue };
            let least = bound.max(i128::from(instrument.lot));
            if i128::from(request.total) < least {
                let found = Finding {
                    node: limit.node.unwrap_or(NO_NODE),
                    only: limit.node.and(limit.instrument),
                    unit: MeasureUnit::Qty,
                    observed: Wide::from_i128(i128::from(request.total)),
                    limit: Wide::from_i128(least),
                    ..Finding::bare(Check::MinOrderQty)
                };
                docket.breach(limit.phase, limit.action, limit.latch, -least, found);
            }
        }
        let mut multiple = |check: Check, value: i64, step: i64, unit: MeasureUnit| {
            if step != 0 && value % step != 0 {
                let row = self.always_on(check, request);
                let found = Finding {
                    unit,
                    observed: Wide::from_i128(i128::from(value)),
                    limit: Wide::from_i128(i128::from(step)),
                    ..Finding::bare(check)
                };
                docket.breach(row.phase, row.action, row.latch, 0, found);
            }
        };
        multiple(Check::LotSize, request.total, instrument.lot, MeasureUnit::Qty);
        if request.price != PRICE_UNDEFINED {
            let tick = self.tick_at(request.instrument, request.price);
            multiple(Check::TickSize, request.price, tick, MeasureUnit::Price);
        }
        if !markless && request.price != PRICE_UNDEFINED {
            let mark = self.usable_mark(now_ns, request.instrument).expect("there is a mark");
            self.collar(mark, request, docket);
        }
    }

    /// A number of the order against a limit, with thresholds where set.
    pub(super) fn per_order(
        &self,
        limit: &Limit,
        observed: Decimal,
        bound: Decimal,
        unit: MeasureUnit,
        docket: &mut Docket,
    ) {
        let node = limit.node.unwrap_or(NO_NODE);
        if measure::exceeds(self.mistake, observed, bound) {
            let places = unit.places();
            let found = Finding {
                node,
                only: limit.node.and(limit.instrument),
                unit,
                observed: num::wide(observed, places),
                limit: num::wide(bound, places),
                ..Finding::bare(limit.check)
            };
            let rank = bound.mantissa() * 10i128.pow(17 - bound.scale().min(17));
            docket.breach(limit.phase, limit.action, limit.latch, rank, found);
        } else if limit.phase.min(docket.account_phase) != Phase::Shadow {
            let reached = |p: &&u8| **p > 0 && observed >= mul(bound, dec(i128::from(**p), 2));
            if let Some(percent) = limit.soft_percent.iter().filter(reached).max() {
                docket.answer.notice(EventKind::Soft, limit.check, node, *percent);
            }
        }
    }

    fn fits(
        &self,
        request: &Request,
        after: &Tally,
        reduces: bool,
        markless: bool,
        docket: &mut Docket,
    ) {
        let before = self.tally(&Change::None);
        let lane_bound = self.setup.lanes[request.lane as usize].max_open_orders;
        let lane_orders = self.orders.iter().filter(|o| o.lane == request.lane).count() as u32;
        if lane_bound != 0 && request.target.is_none() && lane_orders + 1 > lane_bound {
            let found = Finding {
                unit: MeasureUnit::Count,
                observed: Wide::from_i128(i128::from(lane_orders + 1)),
                limit: Wide::from_i128(i128::from(lane_bound)),
                ..Finding::bare(Check::MaxOpenOrders)
            };
            docket.breach(Phase::Enforce, Action::Block, Latch::All, i128::MAX, found);
        }
        let bounded =
            |l: &Limit| measure::ACCUMULATED.contains(&l.check) && l.bound != Bound::Unlimited;
        for (depth, limit) in self.standing(request, bounded) {
            if markless && self.needs_mark(&limit, request) {
                continue;
            }
            for key in self.keys_of(&limit, request.instrument) {
                let was = self.measure(&limit, key, &before);
                let is = self.measure(&limit, key, after);
                if self.breaks(&limit, &was, &is, reduces) {
                    let found = finding(&limit, &is);
                    docket.breach(limit.phase, limit.action, limit.latch, depth, found);
                }
            }
        }
        if let Some(found) = self.sells_short(request, &before, after) {
            // Rows of buying power bound cash; they do not weaken what holdings bound.
            docket.breach(Phase::Enforce, Action::Block, Latch::All, -1, found);
        }
    }

    fn breaks(&self, limit: &Limit, was: &Measure, is: &Measure, reduces: bool) -> bool {
        match (limit.check, limit.variant) {
            (Check::GrossExposure, Variant::Executed) => was.over(self.mistake) && !reduces,
            (Check::GrossExposure, Variant::DailyTraded) => is.over(self.mistake) && !reduces,
            (Check::DailyLoss | Check::Drawdown, _) => was.over(self.mistake) && !reduces,
            _ => is.over(self.mistake) && is.value > was.value,
        }
    }

    fn wash(&self, request: &Request, docket: &mut Docket) {
        let owner = |account: u32| match self.setup.accounts[account as usize].owner {
            Some(owner) => (0, owner),
            None => (1, account),
        };
        let book = |tif: u8| if matches!(tif, tif::AT_OPEN | tif::AT_CLOSE) { tif } else { 0 };
        let reach = request.terms(0, 0).reach(request.side);
        let mine = owner(request.account);
        let crosses = self
            .orders
            .iter()
            .filter(|o| o.instrument == request.instrument && o.side != request.side)
            .filter(|o| owner(o.account) == mine)
            .flat_map(|o| o.chain().map(|t| (o.side, t)))
            .filter(|(_, t)| book(t.tif) == book(request.tif))
            .any(|(s, t)| match request.side {
                side::BUY => reach >= t.reach(s),
                _ if self.mistake == Mistake::WashBuysOnly => false,
                _ => reach <= t.reach(s),
            });
        if !crosses {
            return;
        }
        let row = self.always_on(Check::WashTrade, request);
        let rejects = row.phase.min(docket.account_phase) == Phase::Enforce;
        match row.variant {
            Variant::CancelResting if rejects => {
                docket.answer.flags |= verdict::flag::CANCEL_RESTING;
            }
            Variant::StampSelfMatch if rejects => {
                docket.answer.flags |= verdict::flag::STAMP_SELF_MATCH;
            }
            _ => {
                let node = row.node.unwrap_or(NO_NODE);
                let found = Finding { node, ..Finding::bare(Check::WashTrade) };
                docket.breach(row.phase, row.action, row.latch, 0, found);
            }
        }
    }
}

fn finding(limit: &Limit, is: &Measure) -> Finding {
    let node = limit.node.unwrap_or(NO_NODE);
    let only = limit.node.and(limit.instrument);
    let bare = Finding { node, only, ..Finding::bare(limit.check) };
    if is.unit == MeasureUnit::BasisPoints {
        let observed = match is.fails_closed {
            true => Wide::from_i128(i128::from(i64::MAX)),
            false => Wide::from_i128(num::ratio_up(is.bucket, is.denominator, 8)),
        };
        let bps = match limit.bound {
            Bound::Value(bps) => bps * 10_000,
            _ => 0,
        };
        let unit = MeasureUnit::BasisPoints;
        return Finding { unit, observed, limit: Wide::from_i128(bps), ..bare };
    }
    let places = is.unit.places();
    let shown = |number: Decimal| num::wide_up(num::add(number, is.shown), places);
    let (observed, limit) = (shown(is.value), shown(is.bound));
    Finding { unit: is.unit, observed, limit, ..bare }
}
