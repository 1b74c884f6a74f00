//! Limits that are set while it runs: whose they are, and for how long.

use super::gate::{Answer, Model};
use riskgate::state::limit::{Bound, Limit};

impl Model {
    /// Sets a limit, or replaces the one of the same place and owner.
    pub(super) fn set_limit(&mut self, limit: Limit) {
        match self.setup.limits.iter().position(|l| l.same_place(&limit)) {
            Some(at) => {
                let old = self.setup.limits[at];
                let was = (!self.gone.contains(&at)).then_some(old);
                if limit.until_ns == 0 {
                    self.covered.remove(&at);
                } else if old.until_ns == 0 || was.is_none() {
                    self.covered.insert(at, was);
                }
                if self.gone.remove(&at) {
                    let serial = self.log.next();
                    self.log.born.insert(at, serial);
                }
                self.put(at, limit);
            }
            None => {
                let at = self.setup.limits.len();
                let serial = self.log.next();
                self.log.born.insert(at, serial);
                if limit.until_ns != 0 {
                    self.covered.insert(at, None);
                }
                self.setup.limits.push(limit);
            }
        }
    }

    fn put(&mut self, at: usize, limit: Limit) {
        self.setup.limits[at] = limit;
        self.levels.retain(|(l, _), _| *l != at);
        self.log.over.remove(&at);
    }

    /// Have temporary values ended?
    pub(super) fn any_ended(&self) -> bool {
        self.covered.keys().any(|at| self.setup.limits[*at].until_ns <= self.wall_ns())
    }

    /// Before anything else: what temporary values covered holds again after their end.
    pub(super) fn time_passes(&mut self, answer: &mut Answer) {
        if !self.any_ended() {
            return;
        }
        let wall_ns = self.wall_ns();
        let mut ended: Vec<usize> = self.covered.keys().copied().collect();
        ended.retain(|at| self.setup.limits[*at].until_ns <= wall_ns);
        for at in ended {
            match self.covered.remove(&at).expect("just seen") {
                Some(limit) => self.put(at, limit),
                None => {
                    // As if it had never been set.
                    self.gone.insert(at);
                    let none =
                        Limit { bound: Bound::Unlimited, until_ns: 0, ..self.setup.limits[at] };
                    self.put(at, none);
                }
            }
        }
        self.settle(answer, true);
    }
}
