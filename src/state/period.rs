//! What a node has executed and won or lost, by day, by week, and since it was last re-armed.
//!
//! A period never ends by the clock: [`State::roll`] ends a day or a week, [`Node::restart`] what
//! never ends otherwise. A node keeps the day itself and, for the longer periods, what the days
//! before it had; nothing is counted twice, and a limit that is set in the middle of a period finds
//! the whole of it.

use crate::fixed::Wide;
use crate::state::State;
use crate::state::limit::Reset;
use crate::state::tree::Node;

/// Sums of a period, base currency 1e-36.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Totals {
    /// Executed value of buys and sells; a bust does not lower it.
    pub traded: Wide,
    /// Executed value of the buys among it.
    pub bought: Wide,
    /// Profit and loss.
    pub pnl: Wide,
}

impl Totals {
    /// Sum of both.
    pub fn plus(&self, other: &Totals) -> Totals {
        Totals {
            traded: self.traded.plus(other.traded),
            bought: self.bought.plus(other.bought),
            pnl: self.pnl.plus(other.pnl),
        }
    }

    /// Difference.
    pub fn minus(&self, other: &Totals) -> Totals {
        Totals {
            traded: self.traded.minus(other.traded),
            bought: self.bought.minus(other.bought),
            pnl: self.pnl.minus(other.pnl),
        }
    }

    /// Executed value of the sells.
    #[inline]
    pub fn sold(&self) -> Wide {
        self.traded.minus(self.bought)
    }
}

/// All policies; the discriminant is the place in [`Node::peaks`].
const POLICIES: [Reset; 3] = [Reset::Day, Reset::Week, Reset::Never];

impl Node {
    /// What the day has so far.
    fn day(&self) -> Totals {
        Totals { traded: self.traded, bought: self.bought, pnl: self.pnl }
    }

    fn set_day(&mut self, day: Totals) {
        (self.traded, self.bought, self.pnl) = (day.traded, day.bought, day.pnl);
    }

    /// What a period has so far.
    #[inline]
    pub fn period(&self, reset: Reset) -> Totals {
        match reset {
            Reset::Day => self.day(),
            Reset::Week => self.day().plus(&self.week_before),
            Reset::Never => self.day().plus(&self.ever_before),
        }
    }

    /// Executed value in a period, without adding up what is not asked for.
    #[inline(always)]
    pub fn traded_in(&self, reset: Reset) -> Wide {
        match reset {
            Reset::Day => self.traded,
            Reset::Week => self.traded.plus(self.week_before.traded),
            Reset::Never => self.traded.plus(self.ever_before.traded),
        }
    }

    /// Profit and loss of a period.
    #[inline(always)]
    pub fn pnl_in(&self, reset: Reset) -> Wide {
        match reset {
            Reset::Day => self.pnl,
            Reset::Week => self.pnl.plus(self.week_before.pnl),
            Reset::Never => self.pnl.plus(self.ever_before.pnl),
        }
    }

    /// Largest profit of a period so far, the present one included; at least the profit at its
    /// beginning.
    #[inline]
    pub fn peak_in(&self, reset: Reset) -> Wide {
        self.peaks[reset as usize].max(self.pnl_in(reset))
    }

    /// Remembers the present profit if it is the largest. Only between inputs is it one: while a mark
    /// goes from row to row, a sum that is half old and half new is nobody's profit.
    #[inline]
    pub fn note_peaks(&mut self) {
        for reset in POLICIES {
            self.peaks[reset as usize] = self.peak_in(reset);
        }
    }

    /// A person has re-armed the node: what never ends by itself begins again, and every drawdown is
    /// counted from the present profit.
    pub fn restart(&mut self) {
        self.ever_before = Totals::default().minus(&self.day());
        for reset in POLICIES {
            self.peaks[reset as usize] = self.pnl_in(reset);
        }
    }

    /// Ends the day, and with it the week if `week`.
    fn begin(&mut self, week: bool) {
        let day = self.day();
        self.week_before = if week { Totals::default() } else { self.week_before.plus(&day) };
        self.ever_before = self.ever_before.plus(&day);
        self.set_day(Totals::default());
        self.peaks[Reset::Day as usize] = Wide::ZERO;
        if week {
            self.peaks[Reset::Week as usize] = Wide::ZERO;
        }
    }

    /// A node below has ended its day (or week): its part of it leaves this node's. The drawdown
    /// stays what it was.
    fn lose(&mut self, below: &Node, week: bool) {
        let day = below.day();
        self.set_day(self.day().minus(&day));
        self.ever_before = self.ever_before.plus(&day);
        let peak = |peaks: &mut [Wide; 3], of: Reset, lost: Wide| {
            peaks[of as usize] = peaks[of as usize].minus(lost);
        };
        peak(&mut self.peaks, Reset::Day, day.pnl);
        if week {
            self.week_before = self.week_before.minus(&below.week_before);
            peak(&mut self.peaks, Reset::Week, below.period(Reset::Week).pnl);
        } else {
            self.week_before = self.week_before.plus(&day);
        }
    }
}

impl State {
    /// Begins a new day (and with `week` a new week) for a node and everything below it. Work: the
    /// rows below the node, and all nodes.
    pub fn roll(&mut self, node: u32, week: bool) {
        self.roll_cash(node);
        let (path, depth) = {
            let n = &self.nodes[node as usize];
            (n.path, n.depth)
        };
        for up in &path[1..depth] {
            // A parent stands before its children.
            let (above, below) = self.nodes.split_at_mut(node as usize);
            above[*up as usize].lose(&below[0], week);
        }
        for n in self.nodes.iter_mut().filter(|n| n.path().contains(&node)) {
            n.begin(week);
        }
        self.begin_counting_day(node, week);
    }
}
