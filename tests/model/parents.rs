//! Parent orders and their children: what is open and executed of all children is added up for each
//! question.

use super::checks::Docket;
use super::decide::Request;
use super::gate::{Answer, Finding, Mistake, Model};
use super::life::{Input, Life, pick};
use super::num::dec;
use super::rng::Rng;
use super::world::World;
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::codes::{Check, field, parent_rule};
use riskgate::abi::order::{OrderSlot, kind, side};
use riskgate::abi::verdict::{self, decision};
use riskgate::fixed::Wide;
use riskgate::gate::outcome::MeasureUnit;
use riskgate::machine::Environment;
use riskgate::state::limit::Bound;

/// A parent order; it is forgotten when it is closed and no child is open.
#[derive(Clone, Debug)]
pub struct Parent {
    pub lane: u32,
    pub id: u64,
    pub account: u32,
    pub instrument: u32,
    pub side: u8,
    pub qty: i64,
    pub price: i64,
    /// Of all its children, less what was busted.
    pub executed: i128,
    /// Accepted children, less those that were never sent.
    pub children: i64,
    pub closed: bool,
}

impl Model {
    /// The parent of this id in a lane.
    pub(super) fn parent(&mut self, lane: u32, id: u64) -> Option<&mut Parent> {
        self.parents.iter_mut().find(|p| id != 0 && (p.lane, p.id) == (lane, id))
    }

    pub(super) fn parent_request(
        &mut self,
        lane: u32,
        slot: &OrderSlot,
        environment: Environment,
    ) -> Answer {
        let mut answer = Answer { decision: decision::ACCEPT, ..Answer::default() };
        if slot.kind == kind::PARENT_OPEN {
            return match self.parent_refused(lane, slot, environment) {
                Some((check, detail)) => Answer::reject(check, detail),
                None => {
                    self.parents.push(Parent {
                        lane,
                        id: slot.order_id,
                        account: slot.account,
                        instrument: slot.instrument,
                        side: slot.side_bits & 3,
                        qty: slot.qty,
                        price: slot.price,
                        executed: 0,
                        children: 0,
                        closed: false,
                    });
                    answer
                }
            };
        }
        match self.parent(lane, slot.reference) {
            Some(parent) if !parent.closed => parent.closed = true,
            _ => answer.flags |= verdict::flag::UNKNOWN_ORDER,
        }
        answer
    }

    /// Why a parent cannot be opened.
    fn parent_refused(
        &mut self,
        lane: u32,
        slot: &OrderSlot,
        environment: Environment,
    ) -> Option<(Check, u32)> {
        if slot.qty <= 0 {
            return Some((Check::Malformed, field::QTY));
        }
        let Some(instrument) = self.setup.instruments.get(slot.instrument as usize) else {
            return Some((Check::UnknownInstrument, 0));
        };
        if slot.price != PRICE_UNDEFINED && slot.price <= 0 && !instrument.negative_price {
            return Some((Check::Malformed, field::PRICE));
        }
        if slot.account as usize >= self.setup.accounts.len() {
            return Some((Check::UnknownAccount, 0));
        }
        let as_new = OrderSlot { kind: kind::NEW, ..*slot };
        if let Err(refused) = self.permitted(lane, &as_new, instrument.class) {
            return Some(refused);
        }
        if self.remembers(lane, slot.order_id) || self.parent(lane, slot.order_id).is_some() {
            return Some((Check::DuplicateOrderId, 0));
        }
        match (environment.ready, environment.journal_ok) {
            (false, _) => Some((Check::GateNotReady, 0)),
            (_, false) => Some((Check::JournalUnavailable, 0)),
            _ => None,
        }
    }

    /// Closed parents without an open child are no more.
    pub(super) fn forget_parents(&mut self) {
        let orders = &self.orders;
        let open = |p: &Parent| orders.iter().any(|o| (o.lane, o.parent) == (p.lane, p.id));
        self.parents.retain(|p| !p.closed || open(p));
    }

    /// What a parent says to its child.
    pub(super) fn child_of_parent(&self, request: &Request, docket: &mut Docket) {
        let id = match request.target {
            Some(at) => self.orders[at].parent,
            None => request.parent,
        };
        if id == 0 {
            return;
        }
        let parent = self.parents.iter().find(|p| (p.lane, p.id) == (request.lane, id));
        if let Some(found) = self.against_parent(request, parent) {
            let row = self.always_on(Check::ChildOfParent, request);
            docket.breach(row.phase, row.action, row.latch, -1, found);
        }
        let Some(parent) = parent.filter(|_| request.target.is_none()) else { return };
        for (depth, limit) in self.bounded(Check::ChildOfParent, request) {
            let Bound::Value(bound) = limit.bound else { continue };
            let children = i128::from(parent.children) + 1;
            if super::measure::exceeds(self.mistake, dec(children, 0), dec(bound, 0)) {
                let found = Finding {
                    node: limit.node.unwrap_or(verdict::NO_NODE),
                    unit: MeasureUnit::Count,
                    observed: Wide::from_i128(children),
                    limit: Wide::from_i128(bound),
                    detail: parent_rule::CHILDREN,
                    ..Finding::bare(Check::ChildOfParent)
                };
                docket.breach(limit.phase, limit.action, limit.latch, depth, found);
            }
        }
    }

    fn against_parent(&self, request: &Request, parent: Option<&Parent>) -> Option<Finding> {
        let rule = |detail: u32| Finding { detail, ..Finding::bare(Check::ChildOfParent) };
        let numbers = |detail: u32, unit: MeasureUnit, observed: i128, limit: i128| Finding {
            unit,
            observed: Wide::from_i128(observed),
            limit: Wide::from_i128(limit),
            ..rule(detail)
        };
        let Some(parent) = parent else { return Some(rule(parent_rule::UNKNOWN)) };
        if parent.closed {
            return Some(rule(parent_rule::CLOSED));
        }
        if !self.path(request.account).contains(&parent.account) {
            return Some(rule(parent_rule::ACCOUNT));
        }
        if parent.instrument != request.instrument {
            return Some(rule(parent_rule::INSTRUMENT));
        }
        if parent.side != request.side {
            return Some(rule(parent_rule::SIDE));
        }
        if parent.price != PRICE_UNDEFINED {
            if request.price == PRICE_UNDEFINED {
                return Some(rule(parent_rule::PRICE));
            }
            let worse = match request.side {
                side::BUY => request.price > parent.price,
                _ => request.price < parent.price,
            };
            if worse {
                let (price, bound) = (i128::from(request.price), i128::from(parent.price));
                return Some(numbers(parent_rule::PRICE, MeasureUnit::Price, price, bound));
            }
        }
        let children =
            self.orders.iter().filter(|o| (o.lane, o.parent) == (parent.lane, parent.id));
        let used = parent.executed + children.map(|o| i128::from(o.reserved())).sum::<i128>();
        let (held, asked) = match request.target {
            None => (0, request.total),
            Some(at) => {
                let order = &self.orders[at];
                (order.reserved(), order.reserved().max(request.total - order.filled))
            }
        };
        let after = used + i128::from(asked) - i128::from(held);
        let exceeds = after > i128::from(parent.qty) && after > used;
        let exceeds = exceeds && self.mistake != Mistake::ParentsForgotten;
        exceeds.then(|| numbers(parent_rule::QTY, MeasureUnit::Qty, after, i128::from(parent.qty)))
    }
}

impl Life {
    /// An algorithm begins, or ends.
    pub(super) fn parent_input(&mut self, world: &World, model: &Model, rng: &mut Rng) -> Input {
        let instrument = rng.below(self.price.len() as u64) as u32;
        let mut slot = self.draft(world, rng, instrument);
        let mut lane = rng.below(world.setup.lanes.len() as u64) as u32;
        if rng.chance(30)
            && let Some(parent) = pick(rng, &model.parents)
        {
            (slot.kind, slot.reference, lane) = (kind::PARENT_CLOSE, parent.id, parent.lane);
        } else {
            slot.kind = kind::PARENT_OPEN;
            slot.qty *= rng.between(1, 6);
            match rng.below(40) {
                0..=9 => slot.price = PRICE_UNDEFINED,
                10..=19 => slot.account = rng.below(world.setup.accounts.len() as u64) as u32,
                20 => slot.qty = 0,
                21 => slot.instrument = world.price.len() as u32,
                22 => slot.account = world.setup.accounts.len() as u32,
                _ => {}
            }
        }
        Input::Order { lane, slot, extension: None, environment: self.environment(rng) }
    }

    /// Makes a new order somebody's child; returns the lane in which its parent is known.
    pub(super) fn child(
        &mut self,
        world: &World,
        model: &Model,
        rng: &mut Rng,
        slot: &mut OrderSlot,
    ) -> Option<u32> {
        let parent = pick(rng, &model.parents)?;
        slot.reference = parent.id;
        let leaves: Vec<u32> = world.leaves.clone();
        let below: Vec<u32> =
            leaves.into_iter().filter(|l| model.path(*l).contains(&parent.account)).collect();
        if rng.chance(95)
            && let Some(leaf) = pick(rng, &below)
        {
            slot.account = *leaf;
        }
        if rng.chance(95) && parent.instrument != slot.instrument {
            let drafted = self.draft(world, rng, parent.instrument);
            (slot.instrument, slot.price, slot.qty) =
                (parent.instrument, drafted.price, drafted.qty);
        }
        if rng.chance(95) {
            slot.side_bits = slot.side_bits & !3 | parent.side;
        }
        if parent.price != PRICE_UNDEFINED && rng.chance(70) {
            slot.price = parent.price;
        }
        rng.chance(95).then_some(parent.lane)
    }
}
