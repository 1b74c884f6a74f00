//! Windows of time: what limits of rates have counted. Integers on recorded time, no clock.
//!
//! A *sliding* window of length W counts in buckets of ⌈W/64⌉ ns, aligned to time zero; its measure
//! is the sum of the current bucket and the 64 before it. It never misses what lies within W, and
//! counts at most one bucket more. A *tumbling* window is opened by the first message, and the first
//! at or after its end opens the next. Reading never changes a window.
//!
//! All windows come out of one pool that is made with the state. A window takes about 2.2 KB; there
//! are as many as the setup's limits need, and [`SPARE_WINDOWS`] for limits set while running.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::state::index::NONE;
use crate::state::limit::{self, Limit};

/// Buckets of a length.
const BUCKETS: u64 = 64;
/// Buckets kept: the current one and those of a length.
const SLOTS: u64 = BUCKETS + 1;
/// Windows for limits that are set while running.
pub const SPARE_WINDOWS: usize = 256;

/// Does a limit of this check count messages, executions or rejects by itself?
pub const fn is_counted(check: Check) -> bool {
    COUNTED & check.bit() != 0
}

/// The checks whose limits count by themselves.
pub const COUNTED: u128 = Check::MessageRate.bit()
    | Check::OrderValueRate.bit()
    | Check::OrderQtyRate.bit()
    | Check::ExecutionRate.bit()
    | Check::RepeatedExecution.bit()
    | Check::OrderToTrade.bit()
    | Check::RejectStorm.bit()
    | Check::OrdersPerDay.bit()
    | Check::DuplicateOrder.bit()
    | Check::Participation.bit();

/// How many windows a limit owns: numerator and denominator of ratios are two.
pub fn windows_of(limit: &Limit) -> usize {
    match limit.check {
        _ if limit.window.length_ns == 0 => 0,
        Check::OrderToTrade | Check::Participation => 2,
        Check::MessageRate
        | Check::OrderValueRate
        | Check::OrderQtyRate
        | Check::ExecutionRate
        | Check::RejectStorm => 1,
        _ => 0,
    }
}

/// One window.
#[derive(Clone, Hash)]
pub struct Window {
    length_ns: u64,
    bucket_ns: u64,
    tumbling: bool,
    /// Was anything counted since it was made or cleared? Only then is a tumbling one open.
    open: bool,
    /// Sliding: number of the newest bucket.
    newest: u64,
    /// Sliding: where the newest bucket begins. Tumbling: when the window was opened.
    from_ns: u64,
    /// The latest time at which something was counted.
    last_ns: u64,
    total: Wide,
    buckets: [Wide; SLOTS as usize],
}

impl Window {
    /// An empty window; `of.length_ns` ≥ 1.
    pub fn new(of: limit::Window) -> Window {
        Window {
            length_ns: of.length_ns,
            bucket_ns: of.length_ns.div_ceil(BUCKETS),
            tumbling: of.tumbling,
            open: false,
            newest: 0,
            from_ns: 0,
            last_ns: 0,
            total: Wide::ZERO,
            buckets: [Wide::ZERO; SLOTS as usize],
        }
    }

    /// The bucket of a time; most times fall into the newest, which needs no division.
    #[inline]
    fn bucket_at(&self, now_ns: u64) -> u64 {
        match now_ns.checked_sub(self.from_ns) {
            Some(into) if into < self.bucket_ns => self.newest,
            _ => now_ns / self.bucket_ns,
        }
    }

    /// What was counted within the window that ends at `now_ns`. A time before the latest count
    /// (the host's clock began anew) sees everything.
    #[inline]
    pub fn read(&self, now_ns: u64) -> Wide {
        if self.tumbling {
            let over = now_ns.saturating_sub(self.from_ns) >= self.length_ns;
            return if over || !self.open { Wide::ZERO } else { self.total };
        }
        let age = self.bucket_at(now_ns).saturating_sub(self.newest);
        if age > BUCKETS {
            return Wide::ZERO;
        }
        let mut sum = self.total;
        for gone in 1..=age {
            // The slot that bucket newest + gone would take over holds the one that has left.
            sum = sum.minus(self.buckets[((self.newest + gone) % SLOTS) as usize]);
        }
        sum
    }

    /// Counts an amount ≥ 0.
    pub fn count(&mut self, now_ns: u64, amount: Wide) {
        if self.tumbling {
            let over = now_ns.saturating_sub(self.from_ns) >= self.length_ns;
            if over || !self.open || now_ns < self.last_ns {
                // A clock that began anew: what was counted stays, in a window from here.
                self.total = if over || !self.open { Wide::ZERO } else { self.total };
                self.from_ns = now_ns;
            }
        } else {
            self.advance(self.bucket_at(now_ns));
            let slot = (self.newest % SLOTS) as usize;
            self.buckets[slot] = self.buckets[slot].plus(amount);
        }
        self.total = self.total.plus(amount);
        self.last_ns = now_ns;
        self.open = true;
    }

    fn advance(&mut self, bucket: u64) {
        if bucket < self.newest {
            // The host's clock began anew: nothing that was counted is lost, and it ages from here.
            self.buckets = [Wide::ZERO; SLOTS as usize];
            self.buckets[(bucket % SLOTS) as usize] = self.total;
        }
        for step in 1..=bucket.saturating_sub(self.newest).min(SLOTS) {
            let slot = &mut self.buckets[((self.newest + step) % SLOTS) as usize];
            self.total = self.total.minus(*slot);
            *slot = Wide::ZERO;
        }
        self.newest = bucket;
        self.from_ns = bucket * self.bucket_ns;
    }

    /// Forgets what was counted.
    pub fn clear(&mut self) {
        if self.open {
            self.total = Wide::ZERO;
            self.buckets = [Wide::ZERO; SLOTS as usize];
            self.open = false;
        }
    }

    /// Turns it into the other kind; what it holds counts from the latest time at which it counted.
    fn set_kind(&mut self, tumbling: bool) {
        if tumbling == self.tumbling {
            return;
        }
        let held = core::mem::replace(
            self,
            Window::new(limit::Window { length_ns: self.length_ns, tumbling }),
        );
        if held.open {
            self.count(held.last_ns, held.read(held.last_ns));
        }
    }
}

/// All windows. A limit owns the ones from its first on.
#[derive(Hash)]
pub struct Windows {
    list: Vec<Window>,
    capacity: usize,
}

impl Windows {
    /// Room for `capacity` windows.
    pub fn new(capacity: usize) -> Windows {
        Windows { list: Vec::with_capacity(capacity), capacity }
    }

    /// Is there room for the windows of one more limit?
    pub fn has_room(&self, limit: &Limit) -> bool {
        self.list.len() + windows_of(limit) <= self.capacity
    }

    /// Windows in use.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Is none in use?
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Makes the windows of a limit; returns the first, or `NONE` if it has none. The caller holds
    /// the room.
    pub fn make(&mut self, limit: &Limit) -> u32 {
        let first = self.list.len() as u32;
        for _ in 0..windows_of(limit) {
            self.list.push(Window::new(limit.window));
        }
        if windows_of(limit) == 0 { NONE } else { first }
    }

    /// Another limit takes over the windows of one with the same length.
    pub fn hand_over(&mut self, first: u32, limit: &Limit) {
        for window in self.list.iter_mut().skip(first as usize).take(windows_of(limit)) {
            window.set_kind(limit.window.tumbling);
        }
    }

    /// A window.
    #[inline]
    pub fn get(&self, slot: u32) -> &Window {
        &self.list[slot as usize]
    }

    /// A window.
    #[inline]
    pub fn get_mut(&mut self, slot: u32) -> &mut Window {
        &mut self.list[slot as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(length_ns: u64, tumbling: bool) -> Window {
        Window::new(limit::Window { length_ns, tumbling })
    }

    fn read(w: &Window, now_ns: u64) -> i128 {
        w.read(now_ns).to_i128().unwrap()
    }

    const ONE: Wide = Wide { low: 1, high: 0 };

    #[test]
    fn sliding_keeps_a_bucket_for_64_more() {
        let mut w = window(64, false);
        w.count(100, ONE);
        assert_eq!((read(&w, 100), read(&w, 163), read(&w, 164), read(&w, 165)), (1, 1, 1, 0));
        w.count(164, ONE);
        assert_eq!((read(&w, 164), read(&w, 165), read(&w, 228), read(&w, 229)), (2, 1, 1, 0));
        w.count(1_000_000, ONE);
        assert_eq!((read(&w, 1_000_000), read(&w, u64::MAX)), (1, 0));
    }

    #[test]
    fn tumbling_opens_with_a_message_and_ends_exactly() {
        let mut w = window(100, true);
        assert_eq!(read(&w, 7), 0);
        w.count(7, ONE);
        w.count(106, ONE);
        assert_eq!((read(&w, 106), read(&w, 107)), (2, 0));
        w.count(107, ONE);
        assert_eq!((read(&w, 107), read(&w, 206), read(&w, 207)), (1, 1, 0));
    }

    #[test]
    fn agrees_with_a_list_of_times() {
        let mut x = 0x5eed_u64;
        let mut random = |below: u64| {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (x >> 33) % below
        };
        for length in [1u64, 5, 63, 64, 65, 100, 1_000, 64_000, 100_003] {
            let bucket = length.div_ceil(64);
            let (mut sliding, mut tumbling) = (window(length, false), window(length, true));
            let mut times: Vec<(u64, i128)> = Vec::new();
            let mut opened: Option<(u64, i128)> = None;
            let mut now = random(10 * length);
            for _ in 0..5_000 {
                now += match random(20) {
                    0 => random(3 * length + 1),
                    1 => length,
                    2 => bucket * 64,
                    _ => random(bucket * 3 + 1),
                };
                let within = |span: u64| -> i128 {
                    times.iter().filter(|(t, _)| now - t < span).map(|(_, n)| n).sum()
                };
                let (least, most) = (within(length), within(bucket * 65));
                let is = read(&sliding, now);
                assert!(least <= is && is <= most, "{length}: {least} <= {is} <= {most}");
                let open = opened.filter(|(t, _)| now - t < length);
                assert_eq!(read(&tumbling, now), open.map_or(0, |(_, n)| n), "{length}");
                if random(3) != 0 {
                    let amount = i128::from(random(9));
                    let exact = Wide::from_i128(amount);
                    sliding.count(now, exact);
                    tumbling.count(now, exact);
                    times.push((now, amount));
                    opened = Some(open.map_or((now, amount), |(t, n)| (t, n + amount)));
                    assert_eq!(read(&sliding, now), is + amount);
                }
                times.retain(|(t, _)| now - t < bucket * 70);
            }
        }
    }

    #[test]
    fn a_clock_that_begins_anew_loses_nothing_and_sticks_for_no_longer_than_a_length() {
        for tumbling in [false, true] {
            let mut w = window(640, tumbling);
            w.count(1_000_000, ONE);
            assert_eq!(read(&w, 5), 1);
            w.count(5, ONE);
            assert_eq!((read(&w, 5), read(&w, 644)), (2, 2));
            assert_eq!(read(&w, 660), 0);
        }
    }

    #[test]
    fn the_other_kind_keeps_what_was_counted() {
        let mut w = window(640, false);
        w.count(100, ONE);
        w.count(300, ONE);
        w.set_kind(true);
        assert_eq!((read(&w, 300), read(&w, 939), read(&w, 940)), (2, 2, 0));
        w.set_kind(false);
        assert_eq!((read(&w, 300), read(&w, 949), read(&w, 950)), (2, 2, 0));
        w.clear();
        assert_eq!(read(&w, 300), 0);
    }
}
