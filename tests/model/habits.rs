//! What people and machines do again and again: the same order twice, a notional typed as a
//! quantity, a burst at the very edge of a window, a limit for a few seconds.

use super::gate::Model;
use super::life::{Input, Life, pick};
use super::rng::Rng;
use super::world::World;
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::codes::Check;
use riskgate::abi::order::{OrderSlot, kind};
use riskgate::state::command::Command;
use riskgate::state::defaults;
use riskgate::state::limit::{Limit, Window};

/// Most steps of a life that a temporary limit may stay, ns.
const TEMPORARY_NS: [u64; 4] = [1, 3_000_000, 400_000_000, 9_000_000_000];

impl Life {
    /// Lets time pass; now and then to the very edge of a window or of a temporary limit.
    pub(super) fn pass_time(&mut self, model: &Model, rng: &mut Rng) {
        let step = match rng.below(100) {
            0 => rng.below(10_000_000_000),
            1..=9 => rng.below(400_000_000),
            10..=15 => return self.pass_to_an_edge(model, rng),
            16..=30 => 0,
            _ => rng.below(2_000_000),
        };
        self.now_ns += step;
    }

    fn pass_to_an_edge(&mut self, model: &Model, rng: &mut Rng) {
        let mut edges: Vec<u64> = Vec::new();
        for limit in &model.setup.limits {
            if limit.window.length_ns != 0 {
                edges.extend(self.edges_of(limit.window, model, rng));
            }
            if limit.until_ns != 0 {
                edges.push(limit.until_ns.wrapping_sub(model.wall_offset_ns));
            }
        }
        let near = |edge: &&u64| **edge > self.now_ns + 1 && **edge < self.now_ns + 20_000_000_000;
        let edges: Vec<u64> = edges.iter().filter(near).copied().collect();
        if let Some(edge) = pick(rng, &edges) {
            self.now_ns = edge - 1 + rng.below(3);
        }
    }

    /// When something that lately happened leaves a window.
    fn edges_of(&self, window: Window, model: &Model, rng: &mut Rng) -> Option<u64> {
        let moments = model.moments();
        let happened = pick(rng, &moments)?;
        if window.tumbling {
            return Some(happened + window.length_ns);
        }
        let bucket = window.length_ns.div_ceil(64);
        Some((happened / bucket + rng.pick(&[1, 64, 65])) * bucket)
    }

    /// Makes an order one that was seen before, or one with a typing mistake.
    pub(super) fn habit(
        &mut self,
        world: &World,
        model: &Model,
        rng: &mut Rng,
        slot: &mut OrderSlot,
    ) {
        match rng.below(100) {
            0..=9 => {
                if let Some(Input::Order { slot: old, .. }) = pick(rng, self.lately())
                    && old.kind == kind::NEW
                    && world.qty.get(old.instrument as usize).is_some_and(|q| old.qty / 20 < *q)
                {
                    let id = slot.order_id;
                    *slot = OrderSlot { order_id: id, flags: 0, ..*old };
                }
            }
            10..=12 => {
                let multiplier = world.setup.instruments[slot.instrument as usize].multiplier;
                let at = (slot.account, slot.instrument);
                if let Some(latest) = model.latest_qty(at)
                    && slot.price != PRICE_UNDEFINED
                {
                    let size = i128::from(latest) * i128::from(multiplier) / 100_000_000;
                    let notional = size * i128::from(slot.price) / 1_000_000_000;
                    let typed = notional * i128::from(rng.between(985, 1015)) / 1_000;
                    let lot = world.setup.instruments[slot.instrument as usize].lot.max(1);
                    let usual = world.qty[slot.instrument as usize];
                    if let Ok(typed) = i64::try_from(typed)
                        && typed > 0
                        && typed / 20 < usual
                    {
                        slot.qty = (typed / lot * lot).max(lot);
                    }
                }
            }
            _ => {}
        }
    }

    /// What the market traded of an instrument today, as the feed tells it now: mostly more, now and
    /// then nothing new or a new day.
    pub(super) fn market_volume(&mut self, world: &World, rng: &mut Rng, instrument: u32) -> u64 {
        let usual = world.qty[instrument as usize] as u64;
        let volume = &mut self.volume[instrument as usize];
        match rng.below(20) {
            0 => *volume = usual / 10,
            // The day ends before the number does.
            _ if *volume > 1 << 60 => *volume = usual / 10,
            1..=4 => return 0,
            _ => *volume += usual * rng.below(12) / 2,
        }
        *volume
    }

    /// A limit for a while; `None`: it stays for good.
    pub(super) fn for_a_while(&self, world: &World, rng: &mut Rng, limit: &mut Limit) {
        if rng.chance(25) {
            let length = rng.pick(&TEMPORARY_NS);
            limit.until_ns = self.now_ns.wrapping_add(world.wall_offset_ns) + length;
        } else {
            limit.until_ns = 0;
        }
    }

    /// A limit in the place of one that counts over time, with another number.
    pub(super) fn counts_over_time(&self, limit: &Limit) -> bool {
        defaults::has_window(limit.check)
            || matches!(limit.check, Check::RepeatedExecution | Check::OrdersPerDay)
    }

    /// A command about a node's counters.
    pub(super) fn restart(&self, model: &Model, rng: &mut Rng) -> Option<Command> {
        let counters: Vec<u32> = model
            .setup
            .limits
            .iter()
            .filter(|l| matches!(l.check, Check::RepeatedExecution | Check::OrdersPerDay))
            .filter_map(|l| l.node)
            .collect();
        pick(rng, &counters).map(|node| Command::Rearm(*node))
    }
}
