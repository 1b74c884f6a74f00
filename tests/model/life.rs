//! Random lives: what clients, venue, feed and operations might send next, and what they might
//! send by mistake.

use super::book::Order;
use super::gate::Model;
use super::rng::Rng;
use super::world::World;
use riskgate::abi::codes::Check;
use riskgate::abi::order::{ANY_ID, ExtensionSlot, OrderSlot, flag, kind, order_type, side, tif};
use riskgate::abi::{PRICE_UNDEFINED, SlotWords};
use riskgate::fixed::PRICE_ONE;
use riskgate::machine::{Environment, MarkInput};
use riskgate::state::command::{Command, KillScope, Restriction};
use riskgate::state::limit::{Bound, Limit, Phase};

/// One input of the gate.
#[derive(Clone, Debug)]
pub enum Input {
    Order { lane: u32, slot: OrderSlot, extension: Option<ExtensionSlot>, environment: Environment },
    Mark { instrument: u32, mark: MarkInput },
    Control(Command),
}

/// A source of inputs for one world.
pub struct Life {
    pub now_ns: u64,
    wall_offset_ns: u64,
    pub(super) volume: Vec<u64>,
    next_id: u64,
    pub(super) next_exec: u64,
    pub(super) price: Vec<i64>,
    past: Vec<Input>,
    pub(super) fills: Vec<(u32, OrderSlot)>,
    pub(super) done: Vec<Order>,
    crowd: usize,
}

impl Life {
    pub fn new(world: &World, rng: &mut Rng) -> Life {
        Life {
            now_ns: 100_000_000_000,
            wall_offset_ns: world.wall_offset_ns,
            next_id: 1,
            next_exec: 1,
            price: world.price.clone(),
            volume: vec![0; world.price.len()],
            past: Vec::new(),
            fills: Vec::new(),
            done: Vec::new(),
            crowd: rng.pick(&[6, 12, 25, 50]),
        }
    }

    /// The first mark of an instrument.
    pub fn open(&mut self, world: &World, rng: &mut Rng, instrument: u32) -> Input {
        let mark = MarkInput { bid: 0, ask: 0, ..self.mark(world, rng, instrument) };
        let half = tick(world, instrument, self.price[instrument as usize]);
        let price = self.price[instrument as usize];
        Input::Mark { instrument, mark: MarkInput { bid: price - half, ask: price + half, ..mark } }
    }

    /// The next input.
    pub fn next(&mut self, world: &World, model: &Model, rng: &mut Rng) -> Input {
        self.pass_time(model, rng);
        let latched: Vec<u32> =
            model.latched_all.iter().chain(&model.latched_close).map(|p| p.0).collect();
        if !latched.is_empty() && rng.chance(5) {
            return Input::Control(Command::Rearm(rng.pick(&latched)));
        }
        let crowded = model.orders.len() > self.crowd;
        let roll = rng.below(1000);
        let input = match roll {
            0..=1 => match self.restart(model, rng) {
                Some(command) => Input::Control(command),
                None => self.control(world, rng),
            },
            2..=4 => Input::Control(self.market_command(world, rng)),
            5..=24 => self.control(world, rng),
            25..=89 => {
                let instrument = rng.below(self.price.len() as u64) as u32;
                Input::Mark { instrument, mark: self.mark(world, rng, instrument) }
            }
            90..=109 if !self.past.is_empty() => self.again(rng),
            110..=112 => self.parent_input(world, model, rng),
            113..=119 => self.stray(world, model, rng),
            120..=449 if !model.orders.is_empty() => self.report(model, rng, false),
            450..=529 if !model.orders.is_empty() => self.replace(world, model, rng),
            530..=579 => self.cancel(world, model, rng),
            580..=759 if crowded => self.report(model, rng, true),
            _ => self.new_order(world, model, rng),
        };
        self.remember(&input, model);
        input
    }

    fn remember(&mut self, input: &Input, model: &Model) {
        if let Input::Order { lane, slot, .. } = input {
            match slot.kind {
                kind::FILL => self.fills.push((*lane, *slot)),
                kind::NEW | kind::REPLACE | kind::CANCEL => self.past.push(input.clone()),
                kind::CANCELLED | kind::EXPIRED | kind::REJECTED => {
                    self.done.extend(model.orders.iter().find(|o| o.id == slot.order_id).cloned());
                }
                _ => {}
            }
        }
        for list in [self.past.len(), self.fills.len(), self.done.len()] {
            debug_assert!(list < 1 << 20);
        }
    }

    fn wall_ns(&self) -> u64 {
        self.now_ns.wrapping_add(self.wall_offset_ns)
    }

    /// The latest requests.
    pub(super) fn lately(&self) -> &[Input] {
        &self.past[self.past.len().saturating_sub(12)..]
    }

    fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub(super) fn environment(&self, rng: &mut Rng) -> Environment {
        Environment { ready: !rng.per_mille(2), journal_ok: !rng.per_mille(2) }
    }

    fn mark(&mut self, world: &World, rng: &mut Rng, instrument: u32) -> MarkInput {
        let at = instrument as usize;
        let step = tick(world, instrument, self.price[at]);
        let wild = rng.chance(10);
        let moved = self.price[at] + rng.between(-5, 5) * step * if wild { 12 } else { 1 };
        let positive = !world.setup.instruments[at].negative_price;
        if !(positive && moved < 20 * step || moved.abs() > 10 * world.price[at].abs() + 50 * step)
        {
            self.price[at] = on_grid(moved, step);
        }
        let middle = self.price[at];
        let (mut bid, mut ask) = (middle - step, middle + step * rng.between(0, 2));
        match rng.below(60) {
            0 => (bid, ask) = (ask + step, bid),
            1 => bid = PRICE_UNDEFINED,
            2 => ask = PRICE_UNDEFINED,
            3 => (bid, ask) = (PRICE_UNDEFINED, PRICE_UNDEFINED),
            4 => ask = middle + middle.abs() / 5 / step * step + step,
            5 => (bid, ask) = (middle, middle),
            _ => {}
        }
        let age = if rng.chance(5) { rng.below(15_000_000_000) } else { 0 };
        let last_age = rng.below(3_000_000_000);
        let known = |yes: bool, price: i64| if yes { price } else { PRICE_UNDEFINED };
        MarkInput {
            bid,
            ask,
            last: known(rng.chance(70), middle + rng.between(-2, 2) * step),
            close: known(rng.chance(70), world.price[at]),
            quote_ns: self.now_ns - age + u64::from(rng.chance(2)) * 1_000_000_000,
            last_ns: self.now_ns - last_age,
            volume: self.market_volume(world, rng, instrument),
        }
    }

    /// A sane request of a random account, wherever it comes to stand.
    pub(super) fn draft(&mut self, world: &World, rng: &mut Rng, instrument: u32) -> OrderSlot {
        let at = instrument as usize;
        let middle = self.price[at];
        let step = tick(world, instrument, middle);
        let away = match rng.below(20) {
            0 => rng.between(-200, 200),
            1..=4 => rng.between(-30, 30),
            _ => rng.between(-6, 6),
        };
        let usual = world.qty[at];
        let lot = world.setup.instruments[at].lot.max(1);
        let part = match rng.below(20) {
            0 => usual * rng.between(2, 10),
            1..=3 => usual * 2,
            _ => (usual * rng.between(1, 10) / 10).max(lot),
        };
        let mut price = on_grid(middle + away * step, step);
        if price <= 0 && !world.setup.instruments[at].negative_price {
            price = step;
        }
        if rng.per_mille(8) && step > 1 {
            price += step / 2;
        }
        let qty = part / lot * lot + if rng.per_mille(8) && lot > 1 { lot / 2 } else { 0 };
        let order_side = 1 + rng.below(2) as u8;
        let time = match rng.below(10) {
            0 => rng.pick(&[tif::AT_OPEN, tif::AT_CLOSE]),
            1 | 2 => rng.pick(&[tif::GTC, tif::IOC, tif::FOK]),
            _ => tif::DAY,
        };
        OrderSlot {
            order_id: self.fresh_id(),
            price,
            qty,
            instrument,
            account: rng.pick(&world.leaves),
            kind: kind::NEW,
            side_bits: order_side | (rng.below(4) << 2 | rng.below(4) << 4) as u8,
            type_tif: order_type::LIMIT | time << 4,
            venue: rng.below(4) as u16,
            algo: rng.below(3) as u16,
            client_time: rng.bits() as u32,
            ..OrderSlot::default()
        }
    }

    fn new_order(&mut self, world: &World, model: &Model, rng: &mut Rng) -> Input {
        let instrument = rng.below(self.price.len() as u64) as u32;
        let mut slot = self.draft(world, rng, instrument);
        self.habit(world, model, rng, &mut slot);
        let mut extension = None;
        let order_kind = match rng.below(100) {
            0..=5 => order_type::MARKET,
            6..=8 => order_type::PEGGED,
            9..=12 => order_type::STOP,
            13..=17 => order_type::STOP_LIMIT,
            _ => order_type::LIMIT,
        };
        slot.type_tif = slot.type_tif & 0xf0 | order_kind;
        if matches!(order_kind, order_type::STOP | order_type::STOP_LIMIT) || rng.chance(4) {
            let mut stop = PRICE_UNDEFINED;
            if matches!(order_kind, order_type::STOP | order_type::STOP_LIMIT) {
                stop = self.draft(world, rng, slot.instrument).price;
            }
            extension = Some(self.extension(&mut slot, stop, rng));
        }
        if matches!(order_kind, order_type::MARKET | order_type::PEGGED | order_type::STOP) {
            slot.price = PRICE_UNDEFINED;
        }
        if rng.per_mille(25) {
            slot.flags |= flag::WHAT_IF;
        }
        let mut lane = rng.below(world.setup.lanes.len() as u64) as u32;
        if rng.chance(60) {
            lane = 0;
        }
        if rng.chance(8)
            && let Some(of) = self.child(world, model, rng, &mut slot)
        {
            lane = of;
        }
        if rng.per_mille(25) {
            self.spoil(world, model, rng, &mut slot, &mut extension);
        }
        Input::Order { lane, slot, extension, environment: self.environment(rng) }
    }

    fn extension(&self, slot: &mut OrderSlot, stop: i64, rng: &mut Rng) -> ExtensionSlot {
        slot.flags |= flag::HAS_EXTENSION;
        let mut extension = ExtensionSlot {
            order_id: slot.order_id,
            stop_price: stop,
            kind_word: u64::from(kind::EXTENSION),
            ..ExtensionSlot::default()
        };
        if rng.chance(20) {
            extension.display_qty = slot.qty / 2;
            extension.min_qty = slot.qty / 4;
        }
        if rng.chance(20) {
            slot.type_tif = slot.type_tif & 0x0f | tif::GTD << 4;
            extension.good_till_ns = self.wall_ns() + 1 + rng.below(1_000_000);
        }
        extension
    }

    /// Makes one field wrong, or a number too large.
    fn spoil(
        &mut self,
        world: &World,
        model: &Model,
        rng: &mut Rng,
        slot: &mut OrderSlot,
        extension: &mut Option<ExtensionSlot>,
    ) {
        match rng.below(22) {
            0 => slot.kind = rng.pick(&[0, 18, kind::EXTENSION, 17, 255]),
            1 => slot.order_id = 0,
            2 => slot.side_bits = rng.pick(&[0, 3, 0x41, 0x82]),
            3 => slot.type_tif = slot.type_tif & 0xf0 | rng.pick(&[0, 6, 15]),
            4 => slot.type_tif = slot.type_tif & 0x0f | rng.pick(&[0x00, 0x80, 0xf0]),
            5 => slot.flags |= rng.pick(&[flag::BASKET_MORE, 0x80]),
            6 => slot._reserved = 1 << rng.below(32),
            7 => slot.qty = rng.pick(&[0, -1, i64::MIN]),
            8 if slot.price == PRICE_UNDEFINED => slot.price = PRICE_ONE,
            8 => slot.price = PRICE_UNDEFINED,
            9 if slot.price != PRICE_UNDEFINED => slot.price = rng.pick(&[0, -PRICE_ONE]),
            10 => slot.instrument = rng.pick(&[world.price.len() as u32, ANY_ID]),
            11 => slot.account = rng.pick(&[world.setup.accounts.len() as u32, ANY_ID]),
            12..=16 => {
                if let Some(extension) = extension {
                    match rng.below(5) {
                        0 => extension.display_qty = slot.qty + 1,
                        1 => extension.min_qty = -1,
                        2 if extension.stop_price != PRICE_UNDEFINED => extension.stop_price += 1,
                        3 if slot.type_tif >> 4 == tif::GTD => {
                            extension.good_till_ns = self.wall_ns();
                        }
                        _ => extension.display_qty = -1,
                    }
                } else {
                    slot.type_tif = slot.type_tif & 0x0f | tif::GTD << 4;
                }
            }
            17 => slot.kind = kind::REPLACE,
            18 | 19 => {
                // More than a sum of quantities can hold, where something is open already.
                let row = model.row(slot.account, slot.instrument);
                let held = if slot.side_bits & 3 == side::BUY {
                    row.position + row.open_buy
                } else {
                    row.open_sell - row.position
                };
                if held > 0 {
                    slot.flags &= !flag::WHAT_IF;
                    slot.qty = i64::MAX - held + 1;
                }
            }
            _ => {
                let big = world.setup.instruments[slot.instrument as usize].multiplier;
                let inverse = world.setup.instruments[slot.instrument as usize].inverse;
                if big >= 1_000_000_000 && !inverse && slot.price != PRICE_UNDEFINED {
                    (slot.price, slot.qty) = (i64::MAX / 10 * 9, i64::MAX / 4);
                }
            }
        }
    }

    fn replace(&mut self, world: &World, model: &Model, rng: &mut Rng) -> Input {
        let order = &model.orders[rng.below(model.orders.len() as u64) as usize];
        let terms = order.chain().last().expect("an order has terms").clone();
        let mut slot = self.draft(world, rng, order.instrument);
        let lot = world.setup.instruments[order.instrument as usize].lot.max(1);
        slot.kind = kind::REPLACE;
        slot.reference = order.id;
        slot.account = order.account;
        slot.side_bits = slot.side_bits & !3 | order.side;
        slot.type_tif = if rng.chance(90) { terms.kind | terms.tif << 4 } else { slot.type_tif };
        slot.qty = match rng.below(4) {
            0 => order.filled + slot.qty,
            1 => terms.total,
            2 => (order.filled + (terms.total - order.filled) / 2).max(lot) / lot * lot,
            _ => terms.total + slot.qty / 4 / lot * lot,
        };
        if rng.chance(25) {
            slot.price = terms.price;
        }
        let order_kind = slot.type_tif & 15;
        if matches!(order_kind, order_type::MARKET | order_type::PEGGED | order_type::STOP) {
            slot.price = PRICE_UNDEFINED;
        } else if slot.price == PRICE_UNDEFINED {
            slot.price = self.draft(world, rng, order.instrument).price;
        }
        let mut extension = None;
        let stops = matches!(order_kind, order_type::STOP | order_type::STOP_LIMIT);
        if stops || slot.type_tif >> 4 == tif::GTD {
            let stop = if stops { terms.stop } else { PRICE_UNDEFINED };
            let mut with = self.extension(&mut slot, stop, rng);
            if slot.type_tif >> 4 == tif::GTD {
                with.good_till_ns = self.wall_ns() + 5;
            }
            if stops && stop == PRICE_UNDEFINED {
                with.stop_price = self.draft(world, rng, order.instrument).price;
            }
            extension = Some(with);
        }
        match rng.below(60) {
            0 => slot.side_bits ^= 3,
            1 => slot.account = rng.pick(&world.leaves),
            2 => slot.qty = order.filled,
            3 => slot.flags |= flag::WHAT_IF,
            4 => slot.reference = rng.below(self.next_id + 5),
            _ => {}
        }
        let mut lane = order.lane;
        if rng.per_mille(15) {
            lane = rng.below(world.setup.lanes.len() as u64) as u32;
        }
        Input::Order { lane, slot, extension, environment: self.environment(rng) }
    }

    pub(super) fn cancel(&mut self, world: &World, model: &Model, rng: &mut Rng) -> Input {
        let mut slot =
            OrderSlot { kind: kind::CANCEL, order_id: self.fresh_id(), ..OrderSlot::default() };
        slot.price = PRICE_UNDEFINED;
        let mut lane = rng.below(world.setup.lanes.len() as u64) as u32;
        if rng.chance(10) {
            slot.kind = kind::MASS_CANCEL;
            let leaf = rng.pick(&world.leaves);
            slot.account = rng.pick(&[ANY_ID, leaf, 0]);
            slot.instrument = rng.pick(&[ANY_ID, ANY_ID, 0]);
            slot.side_bits = rng.below(3) as u8;
        } else if let Some(order) = pick(rng, &model.orders) {
            slot.reference = order.id;
            slot.account = order.account;
            slot.instrument = order.instrument;
            slot.side_bits = order.side;
            if rng.chance(80) {
                lane = order.lane;
            } else {
                slot.venue = order.lane as u16 + 1;
            }
        } else {
            slot.reference = rng.below(self.next_id) + 1;
            slot.side_bits = side::BUY;
        }
        Input::Order { lane, slot, extension: None, environment: Environment::GOOD }
    }

    /// The same request again, or nearly.
    fn again(&mut self, rng: &mut Rng) -> Input {
        let mut input = self.past[rng.below(self.past.len() as u64) as usize].clone();
        if let Input::Order { slot, .. } = &mut input {
            slot.client_time = rng.bits() as u32;
            if rng.chance(30) {
                slot.qty = slot.qty.wrapping_add(100_000_000);
            }
        }
        input
    }

    fn control(&mut self, world: &World, rng: &mut Rng) -> Input {
        let accounts = world.setup.accounts.len() as u64;
        let node = rng.below(accounts) as u32;
        let instrument = rng.below(self.price.len() as u64) as u32;
        if rng.chance(35) {
            return Input::Control(world.push(instrument, rng));
        }
        let scope = match rng.below(14) {
            0 => KillScope::Firm,
            1 => KillScope::Side(1 + rng.below(2) as u8),
            2 | 3 => KillScope::NodeSide(node, 1 + rng.below(2) as u8),
            4 | 5 => KillScope::Instrument(instrument),
            6 => KillScope::Lane(rng.below(world.setup.lanes.len() as u64) as u32),
            7 => KillScope::Venue(rng.below(4) as u16),
            _ => KillScope::Node(node),
        };
        Input::Control(match rng.below(40) {
            0 => Command::Kill(scope),
            1..=9 => Command::Unkill(scope),
            10 => Command::Halt(instrument),
            11..=14 => Command::Resume(instrument),
            15..=19 => Command::Restrict {
                node,
                instrument: rng.chance(70).then_some(instrument),
                mode: match rng.below(10) {
                    n @ 0..=3 => Restriction::NAMES[n as usize + 1].0,
                    _ => Restriction::Open,
                },
            },
            20..=27 => Command::Rearm(node),
            28..=30 => Command::RollDay(node),
            _ => Command::SetLimit(self.changed_limit(world, rng)),
        })
    }

    fn changed_limit(&self, world: &World, rng: &mut Rng) -> Limit {
        let mut limit = match pick(rng, &world.setup.limits) {
            Some(limit) if rng.chance(70) => *limit,
            _ => {
                let mut limit = world.limit(rng);
                self.for_a_while(world, rng, &mut limit);
                return limit;
            }
        };
        match rng.below(4) {
            0 => {
                limit.phase = rng.pick(&[Phase::Shadow, Phase::Warn, Phase::Enforce]);
            }
            _ => {
                if let Bound::Value(bound) = limit.bound
                    && !matches!(limit.check, Check::StaleMark | Check::WashTrade)
                {
                    let percent = rng.pick(&[50, 80, 120, 200]);
                    limit.bound = Bound::Value((bound * percent / 100).max(1));
                }
            }
        }
        super::world::tame(&mut limit, &world.setup);
        self.for_a_while(world, rng, &mut limit);
        limit
    }
}

/// The stamp is the ring's business; the rest of the slot as words.
pub fn words(
    slot: &OrderSlot,
    extension: &Option<ExtensionSlot>,
) -> (SlotWords, Option<SlotWords>) {
    (slot.to_words(), extension.as_ref().map(ExtensionSlot::to_words))
}

pub(super) fn pick<'a, T>(rng: &mut Rng, list: &'a [T]) -> Option<&'a T> {
    (!list.is_empty()).then(|| &list[rng.below(list.len() as u64) as usize])
}

fn on_grid(price: i64, step: i64) -> i64 {
    price.div_euclid(step) * step
}

/// Tick of an instrument at a price; a cent where it has none.
fn tick(world: &World, instrument: u32, price: i64) -> i64 {
    let ticks = &world.setup.instruments[instrument as usize].ticks;
    let magnitude = price.abs();
    ticks
        .iter()
        .rev()
        .find(|(from, _)| magnitude >= *from)
        .map_or(PRICE_ONE / 100, |(_, tick)| *tick)
}
