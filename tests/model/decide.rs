//! Is it an order at all (family 1), and what is done once it is decided.

use super::book::{Order, Terms};
use super::gate::{Answer, Mistake, Model};
use super::log::Place;
use riskgate::abi::codes::{Check, field};
use riskgate::abi::order::{ExtensionSlot, OrderSlot, flag, kind, order_type, side, tif};
use riskgate::abi::verdict::{self, decision};
use riskgate::abi::{PRICE_UNDEFINED, SlotWords};
use riskgate::fixed::Wide;
use riskgate::machine::Environment;
use riskgate::state::setup::Lane;

/// Most unanswered replaces of an order.
const PENDING_MAX: usize = 16;

/// A request that has a shape.
pub(super) struct Request {
    pub lane: u32,
    pub id: u64,
    pub account: u32,
    pub instrument: u32,
    pub side: u8,
    pub venue: u16,
    pub capacity: u8,
    pub algo: u16,
    pub total: i64,
    pub price: i64,
    pub stop: i64,
    pub kind: u8,
    pub tif: u8,
    /// Index of the open order that it replaces.
    pub target: Option<usize>,
    /// Id of the parent that it is a child of, or 0.
    pub parent: u64,
}

impl Request {
    pub fn terms(&self, serial: u64, excess: i64) -> Terms {
        Terms {
            request: self.id,
            serial,
            total: self.total,
            price: self.price,
            stop: self.stop,
            kind: self.kind,
            tif: self.tif,
            excess,
        }
    }
}

type Shape<T> = Result<T, (Check, u32)>;

fn malformed<T>(field: u32) -> Shape<T> {
    Err((Check::Malformed, field))
}

impl Model {
    pub(super) fn decide(
        &mut self,
        now_ns: u64,
        lane: u32,
        slot: &OrderSlot,
        extension: Option<&SlotWords>,
        environment: Environment,
    ) -> Answer {
        let extension = extension.map(ExtensionSlot::from_words);
        let decided = match slot.kind {
            kind::NEW | kind::REPLACE => {
                self.structure(lane, slot, extension.as_ref(), environment)
            }
            kind::CANCEL | kind::MASS_CANCEL => {
                return match cancel_structure(slot) {
                    Ok(()) => self.cancel(lane, slot),
                    Err((check, detail)) => Answer::reject(check, detail),
                };
            }
            kind::PARENT_OPEN | kind::PARENT_CLOSE => {
                return self.parent_request(lane, slot, environment);
            }
            _ => malformed(field::KIND),
        };
        match decided {
            Err((check, detail)) => Answer::reject(check, detail),
            Ok(request) => self.evaluate(now_ns, &request, slot.flags & flag::WHAT_IF != 0),
        }
    }

    fn structure(
        &self,
        lane: u32,
        slot: &OrderSlot,
        extension: Option<&ExtensionSlot>,
        environment: Environment,
    ) -> Shape<Request> {
        let (order_kind, tif) = (slot.type_tif & 15, slot.type_tif >> 4);
        let order_side = slot.side_bits & 3;
        let mut slot = *slot;
        if !matches!(order_kind, order_type::LIMIT | order_type::STOP_LIMIT) {
            // What has no price of its own says nothing by one.
            slot.price = PRICE_UNDEFINED;
        }
        let slot = &slot;
        let stop = well_formed(self.wall_ns(), slot, extension)?;
        let setup = &self.setup;
        let Some(instrument) = setup.instruments.get(slot.instrument as usize) else {
            return Err((Check::UnknownInstrument, 0));
        };
        if !instrument.negative_price {
            if slot.price != PRICE_UNDEFINED && slot.price <= 0 {
                return malformed(field::PRICE);
            }
            if stop != PRICE_UNDEFINED && stop <= 0 {
                return malformed(field::STOP_PRICE);
            }
        }
        if stop != PRICE_UNDEFINED {
            let tick = self.tick_at(slot.instrument, stop);
            if tick != 0 && stop % tick != 0 {
                return malformed(field::STOP_PRICE);
            }
        }
        if slot.account as usize >= setup.accounts.len() || !self.is_leaf(slot.account) {
            return Err((Check::UnknownAccount, 0));
        }
        let mut target = None;
        if slot.kind == kind::REPLACE {
            let owned = |o: &Order| o.lane == lane && o.id == slot.reference;
            let Some(at) = self.orders.iter().position(owned) else {
                return Err((Check::UnknownOrder, 0));
            };
            let order = &self.orders[at];
            if (order.side, order.account, order.instrument)
                != (order_side, slot.account, slot.instrument)
            {
                return malformed(field::REPLACE_IDENTITY);
            }
            if slot.qty <= order.filled {
                return malformed(field::REPLACE_TOTAL);
            }
            target = Some(at);
        }
        self.permitted(lane, slot, instrument.class)?;
        let pending = self
            .orders
            .iter()
            .filter(|o| o.lane == lane)
            .any(|o| o.pending.iter().any(|t| t.request == slot.order_id));
        let parent = self.parents.iter().any(|p| (p.lane, p.id) == (lane, slot.order_id));
        if pending || parent || self.remembers(lane, slot.order_id) {
            return Err((Check::DuplicateOrderId, 0));
        }
        if !environment.ready {
            return Err((Check::GateNotReady, 0));
        }
        if !environment.journal_ok {
            return Err((Check::JournalUnavailable, 0));
        }
        let full = match target {
            // Unanswered replaces are in a table as large as that of the open orders.
            Some(at) => {
                let all: usize = self.orders.iter().map(|o| o.pending.len()).sum();
                self.orders[at].pending.len() >= PENDING_MAX
                    || all >= setup.capacity.open_orders as usize
            }
            None => {
                let most = setup.capacity.open_orders as usize;
                self.orders.len() >= most || {
                    let (account, instrument) = (Some(slot.account), Some(slot.instrument));
                    self.remembered_likenesses(&Place { lane, account, instrument }) >= most
                }
            }
        };
        if full {
            return Err((Check::Capacity, 0));
        }
        let request = Request {
            lane,
            id: slot.order_id,
            account: slot.account,
            instrument: slot.instrument,
            side: order_side,
            venue: slot.venue,
            capacity: slot.side_bits >> 2 & 3,
            algo: slot.algo,
            total: slot.qty,
            price: slot.price,
            stop,
            kind: order_kind,
            tif,
            target,
            parent: if target.is_none() { slot.reference } else { 0 },
        };
        Ok(request)
    }

    pub(super) fn permitted(&self, lane: u32, slot: &OrderSlot, class: u8) -> Shape<()> {
        let rights = &self.setup.lanes[lane as usize];
        let venue_ok = match slot.venue {
            v if v < 64 => rights.venues >> v & 1 == 1,
            _ => rights.venues == Lane::ALL_VENUES,
        };
        let account_ok = self.may_use_account(lane, slot.account);
        let ok = account_ok
            && venue_ok
            && rights.classes >> class & 1 == 1
            && rights.kinds >> slot.kind & 1 == 1;
        if ok { Ok(()) } else { Err((Check::LaneNotPermitted, 0)) }
    }

    /// Is an account granted to a lane?
    pub(super) fn may_use_account(&self, lane: u32, account: u32) -> bool {
        let granted = &self.setup.lanes[lane as usize].accounts;
        granted.is_empty() || self.path(account).iter().any(|n| granted.contains(n))
    }

    /// A sum of quantities or a value beyond its range.
    pub(super) fn overflows(&self, now_ns: u64, request: &Request) -> bool {
        let row = self.tally(&super::book::Change::None).row(request.account, request.instrument);
        let adds = match request.target {
            None => i128::from(request.total),
            Some(at) => {
                let order = &self.orders[at];
                let remaining = i128::from(request.total - order.filled);
                (remaining - i128::from(order.reserved())).max(0)
            }
        };
        let bought = request.side == side::BUY;
        let (long, short) = (
            row.p + row.b + if bought { adds } else { 0 },
            row.s - row.p + if bought { 0 } else { adds },
        );
        let bound = i128::from(i64::MAX);
        if long.abs() > bound || short.abs() > bound {
            return true;
        }
        let value = match self.value_price(now_ns, request) {
            Some(value) => value.price,
            None => return true,
        };
        let multiplier = self.setup.instruments[request.instrument as usize].multiplier;
        let notional = i128::from(value) * i128::from(request.total);
        // In 1e-25; the bound is 2^127 in 1e-17.
        Wide::product(notional, multiplier as u128) > Wide::product(i128::MAX, 100_000_000)
    }

    /// Cancels always pass; nothing is released before the venue confirms.
    fn cancel(&mut self, lane: u32, slot: &OrderSlot) -> Answer {
        let mut answer = Answer { decision: decision::ACCEPT, ..Answer::default() };
        if slot.kind == kind::CANCEL {
            match self.find(lane, slot.venue, slot.reference) {
                Some(at) => self.orders[at].pending_cancel = true,
                None => answer.flags |= verdict::flag::UNKNOWN_ORDER,
            }
            return answer;
        }
        // Which orders a mass cancel reaches, the venue says.
        answer
    }

    /// The open order of a lane, or of another lane of its group.
    pub(super) fn find(&self, lane: u32, origin: u16, id: u64) -> Option<usize> {
        let owner = self.origin(lane, origin)?;
        self.orders.iter().position(|o| o.lane == owner && o.id == id)
    }

    /// The lane that a report or cancel speaks of.
    pub(super) fn origin(&self, lane: u32, origin: u16) -> Option<u32> {
        if origin == 0 {
            return Some(lane);
        }
        let other = u32::from(origin) - 1;
        let lanes = &self.setup.lanes;
        let group = lanes.get(other as usize)?.group;
        (group == lanes[lane as usize].group).then_some(other)
    }

    /// Charges an accepted request.
    pub(super) fn accept(&mut self, request: &Request, excess: i64) {
        self.serial += 1;
        let excess = if self.mistake == Mistake::DropExcess { 0 } else { excess };
        self.log.latest_qty.insert((request.account, request.instrument), request.total);
        let terms = request.terms(self.serial, excess);
        match request.target {
            None => {
                let mut order = fresh_order(request, terms);
                match self.parent(request.lane, request.parent) {
                    Some(parent) => parent.children += 1,
                    // Accepted in spite of a parent that nobody knows: it has none.
                    None => order.parent = 0,
                }
                self.orders.push(order);
            }
            Some(at) => self.orders[at].pending.push(terms),
        }
    }

    /// Tick at a price; 0: none.
    pub(super) fn tick_at(&self, instrument: u32, price: i64) -> i64 {
        let magnitude = price.unsigned_abs();
        self.setup.instruments[instrument as usize]
            .ticks
            .iter()
            .rev()
            .find(|(from, _)| magnitude >= from.unsigned_abs())
            .or(self.setup.instruments[instrument as usize].ticks.first())
            .map_or(0, |(_, tick)| *tick)
    }
}

/// A new order with these terms.
pub(super) fn fresh_order(request: &Request, terms: Terms) -> Order {
    Order {
        lane: request.lane,
        id: request.id,
        account: request.account,
        instrument: request.instrument,
        parent: request.parent,
        side: request.side,
        filled: 0,
        current: terms,
        pending: Vec::new(),
        pending_cancel: false,
        acknowledged: false,
    }
}

/// Fields that make sense without knowing the instrument. Returns the stop price.
fn well_formed(wall_ns: u64, slot: &OrderSlot, extension: Option<&ExtensionSlot>) -> Shape<i64> {
    if slot.order_id == 0 {
        return malformed(field::ORDER_ID);
    }
    if !matches!(slot.side_bits & 3, side::BUY | side::SELL) || slot.side_bits >> 6 != 0 {
        return malformed(field::SIDE);
    }
    let (order_kind, time) = (slot.type_tif & 15, slot.type_tif >> 4);
    if !(order_type::LIMIT..=order_type::PEGGED).contains(&order_kind) {
        return malformed(field::TYPE);
    }
    if !(tif::DAY..=tif::AT_CLOSE).contains(&time) {
        return malformed(field::TIME_IN_FORCE);
    }
    let extended = slot.flags & flag::HAS_EXTENSION != 0;
    if slot.flags & !flag::ALL != 0
        || slot.flags & flag::BASKET_MORE != 0
        || extended != extension.is_some()
    {
        return malformed(field::FLAGS);
    }
    if slot._reserved != 0 {
        return malformed(field::RESERVED);
    }
    if slot.qty <= 0 {
        return malformed(field::QTY);
    }
    let priced = matches!(order_kind, order_type::LIMIT | order_type::STOP_LIMIT);
    if priced && slot.price == PRICE_UNDEFINED {
        return malformed(field::PRICE);
    }
    let stops = matches!(order_kind, order_type::STOP | order_type::STOP_LIMIT);
    let Some(extension) = extension else {
        return match (stops, time == tif::GTD) {
            (true, _) => malformed(field::STOP_PRICE),
            (_, true) => malformed(field::GOOD_TILL),
            _ => Ok(PRICE_UNDEFINED),
        };
    };
    if extension.display_qty < 0 || extension.display_qty > slot.qty {
        return malformed(field::DISPLAY_QTY);
    }
    if extension.min_qty < 0 || extension.min_qty > slot.qty {
        return malformed(field::MIN_QTY);
    }
    if stops != (extension.stop_price != PRICE_UNDEFINED) {
        return malformed(field::STOP_PRICE);
    }
    if time == tif::GTD && extension.good_till_ns <= wall_ns {
        return malformed(field::GOOD_TILL);
    }
    Ok(extension.stop_price)
}

/// Cancels always pass if they can be read at all.
fn cancel_structure(slot: &OrderSlot) -> Shape<()> {
    if slot.order_id == 0 {
        return malformed(field::ORDER_ID);
    }
    if slot._reserved != 0 {
        return malformed(field::RESERVED);
    }
    Ok(())
}
