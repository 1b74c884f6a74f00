//! What a venue, or an EMS that is mistaken about it, may report next.

use super::book::Order;
use super::gate::Model;
use super::life::{Input, Life, pick};
use super::rng::Rng;
use super::world::World;
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::order::{ExtensionSlot, OrderSlot, flag, kind};
use riskgate::machine::Environment;

impl Life {
    fn blank_report(order: &Order) -> OrderSlot {
        OrderSlot {
            order_id: order.id,
            account: order.account,
            instrument: order.instrument,
            side_bits: order.side,
            price: PRICE_UNDEFINED,
            reference: order.id,
            ..OrderSlot::default()
        }
    }

    pub(super) fn report(&mut self, model: &Model, rng: &mut Rng, ends: bool) -> Input {
        let order = &model.orders[rng.below(model.orders.len() as u64) as usize];
        let mut slot = Self::blank_report(order);
        let pending = pick(rng, &order.pending).map(|t| t.request);
        let roll = if ends { 50 + rng.below(35) } else { rng.below(100) };
        match roll {
            0..=24 => {
                slot.kind = kind::ACK;
                slot.reference = pending.unwrap_or(order.id);
            }
            25..=34 if pending.is_some() => {
                slot.kind = kind::REPLACE_REJECTED;
                slot.reference = pending.unwrap_or(0);
            }
            35..=37 if pending.is_some() => {
                slot.kind = kind::VOID;
                slot.reference = pending.unwrap_or(0);
            }
            38..=41 if !(order.acknowledged || order.filled > 0) || rng.chance(10) => {
                slot.kind = kind::VOID;
            }
            42..=44 => slot.kind = rng.pick(&[kind::EXPIRED, kind::REJECTED]),
            45..=62 => {
                slot.kind = kind::CANCELLED;
                slot.reference = 0;
            }
            63 if !self.fills.is_empty() => return self.bust(rng),
            _ => self.fill(order, &mut slot, rng),
        }
        let lane = order.lane;
        let extension = self.fee(&mut slot, rng);
        Input::Order { lane, slot, extension, environment: Environment::GOOD }
    }

    /// Now and then a fill says what it cost.
    fn fee(&self, slot: &mut OrderSlot, rng: &mut Rng) -> Option<ExtensionSlot> {
        if slot.kind != kind::FILL || !rng.chance(40) {
            return None;
        }
        slot.flags |= flag::HAS_EXTENSION;
        Some(ExtensionSlot {
            order_id: slot.order_id,
            stop_price: PRICE_UNDEFINED,
            kind_word: u64::from(kind::EXTENSION),
            fee: rng.between(-20, 800) * 10_000_000,
            ..ExtensionSlot::default()
        })
    }

    fn fill(&mut self, order: &Order, slot: &mut OrderSlot, rng: &mut Rng) {
        slot.kind = kind::FILL;
        self.next_exec += 1;
        slot.reference = self.next_exec;
        slot.price = match order.current.price {
            PRICE_UNDEFINED => self.price[order.instrument as usize],
            price => price,
        };
        let open = order.reserved();
        slot.qty = match rng.below(120) {
            0 => open + open / 2 + 1_000_000,
            1..=45 => open,
            _ => (open / 3 / 1_000_000 * 1_000_000).max(1_000_000).min(open),
        };
    }

    pub(super) fn bust(&mut self, rng: &mut Rng) -> Input {
        let (lane, mut slot) = self.fills[rng.below(self.fills.len() as u64) as usize];
        (slot.kind, slot.flags) = (kind::BUST, 0);
        Input::Order { lane, slot, extension: None, environment: Environment::GOOD }
    }

    /// Reports that nobody expects.
    pub(super) fn stray(&mut self, world: &World, model: &Model, rng: &mut Rng) -> Input {
        if !self.fills.is_empty() && rng.chance(40) {
            // The same execution again.
            let (lane, mut slot) = self.fills[rng.below(self.fills.len() as u64) as usize];
            slot.flags = 0;
            return Input::Order { lane, slot, extension: None, environment: Environment::GOOD };
        }
        if !self.fills.is_empty() && rng.chance(30) {
            return self.bust(rng);
        }
        let Some(order) = pick(rng, &self.done).cloned() else {
            return self.cancel(world, model, rng);
        };
        let mut slot = Self::blank_report(&order);
        match rng.below(6) {
            0 => {
                self.fill(&order, &mut slot, rng);
                slot.qty = world.qty[order.instrument as usize];
            }
            1 => slot.kind = kind::CANCELLED,
            2 => slot.kind = kind::EXPIRED,
            _ => slot.kind = kind::ACK,
        }
        Input::Order { lane: order.lane, slot, extension: None, environment: Environment::GOOD }
    }
}
