//! What the lines of the basket that is being decided come to, below each node.
//!
//! Between two inputs everything here is zero; it is scratch memory, no state.

use crate::fixed::{Qty, Wide};

/// Sums over the lines of a basket.
pub struct BasketSums {
    value: Vec<Wide>,
    qty: Vec<i128>,
    active: bool,
}

impl BasketSums {
    /// For a tree of `nodes` nodes.
    pub fn new(nodes: usize) -> BasketSums {
        BasketSums { value: vec![Wide::ZERO; nodes], qty: vec![0; nodes], active: false }
    }

    /// Is a basket being decided?
    #[inline(always)]
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// A basket begins.
    pub fn begin(&mut self) {
        self.active = true;
    }

    /// Counts a line at the nodes of its account's path.
    pub fn add(&mut self, path: &[u32], value: Wide, qty: Qty) {
        for node in path {
            let at = *node as usize;
            self.value[at] = self.value[at].plus(value);
            self.qty[at] += i128::from(qty);
        }
    }

    /// Forgets the sums at the nodes of a path.
    pub fn clear(&mut self, path: &[u32]) {
        for node in path {
            self.value[*node as usize] = Wide::ZERO;
            self.qty[*node as usize] = 0;
        }
    }

    /// The basket is decided; the caller has cleared every path.
    pub fn end(&mut self) {
        self.active = false;
    }

    /// Σ of the order values below a node, base currency 1e-36.
    pub fn value(&self, node: u32) -> Wide {
        self.value[node as usize]
    }

    /// Σ of the quantities below a node, 1e-8.
    pub fn qty(&self, node: u32) -> Wide {
        Wide::from_i128(self.qty[node as usize])
    }
}
