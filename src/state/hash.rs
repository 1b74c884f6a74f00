//! A 64-bit hash of everything that decides: equal after equal inputs, on any machine.

use core::hash::{Hash, Hasher};

use crate::state::State;
use crate::state::orders::OpenOrder;
use crate::state::rows::Cell;

/// Multiply-mix over 64-bit words; fixed for ever, unlike the standard library's hasher.
struct StateHasher(u64);

impl Hasher for StateHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 ^= self.0 >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl State {
    /// Hash of the whole state. Cold: reads everything.
    pub fn hash(&self) -> u64 {
        let mut h = StateHasher(0x5241_5445_4741_5445);
        for i in &self.instruments {
            (i.session_override, i.band_low, i.band_high).hash(&mut h);
            (i.quote, i.valuation, i.halted, i.killed, i.unit, i.weights, i.adv).hash(&mut h);
            i.volume.hash(&mut h);
        }
        for n in &self.nodes {
            (n.exposure, n.traded, n.pnl, n.open_orders, n.latch, n.killed).hash(&mut h);
            (n.restriction, n.equity, n.phase).hash(&mut h);
            (n.bought, n.week_before, n.ever_before, n.peaks).hash(&mut h);
        }
        for r in &self.rows {
            (r.account, r.instrument, r.sums, r.worth, r.pnl_price, r.levels).hash(&mut h);
            r.latest_qty.hash(&mut h);
        }
        self.days.hash(&mut h);
        self.rates.hash(&mut h);
        for ledger in self.ledgers.items() {
            ledger.hash(&mut h);
        }
        let cell = |h: &mut StateHasher, c: &Cell| {
            (c.node, c.instrument, c.sums, c.restriction, c.latch, c.levels).hash(h);
        };
        self.cells.iter().for_each(|c| cell(&mut h, c));
        for l in self.limits.iter() {
            l.hash(&mut h);
        }
        self.limits.counts().for_each(|count| count.hash(&mut h));
        self.limits.windows.hash(&mut h);
        self.duplicates.items().for_each(|item| item.hash(&mut h));
        self.tallies.contents().hash(&mut h);
        let order = |h: &mut StateHasher, o: &OpenOrder| {
            (o.lane, o.id, o.digest, o.account, o.instrument, o.side, o.parent).hash(h);
            (o.acknowledged, o.pending_cancel, o.terms, o.filled, o.reserved, o.excess).hash(h);
        };
        for (slot, o) in self.orders.iter() {
            order(&mut h, o);
            for p in self.orders.pendings(slot) {
                (p.request, p.terms).hash(&mut h);
            }
            if self.instruments[o.instrument as usize].is_spread() {
                self.legs.get(slot).hash(&mut h);
            }
        }
        for p in self.parents.iter() {
            (p.lane, p.id, p.account, p.instrument, p.side, p.qty, p.price).hash(&mut h);
            (p.used, p.children, p.open, p.closed).hash(&mut h);
        }
        for (id, lane) in self.lanes.iter().enumerate() {
            (lane.open_orders, lane.killed, lane.busted).hash(&mut h);
            for d in self.decided.lane_items(id) {
                (d.id, d.digest, d.decision, d.breaches.0).hash(&mut h);
            }
            for e in self.executions.lane_items(id) {
                (e.id, e.qty, e.price, e.fee, e.parent, e.busted).hash(&mut h);
            }
            self.spread_executions.lane_items(id).for_each(|e| e.hash(&mut h));
        }
        self.walks.hash(&mut h);
        (self.firm_killed, self.venues_killed, self.sides_killed).hash(&mut h);
        (self.all_markets_halted, self.markets_halted, self.permissions.algos()).hash(&mut h);
        h.finish()
    }
}
