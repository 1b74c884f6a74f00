//! Open orders and their pending replaces, in tables of fixed size.

use crate::fixed::{Notional, Price, Qty};
use crate::state::index::{Index, NONE, scoped};

/// Most replaces of one order that the venue has not answered.
pub const PENDING_REPLACES_MAX: u8 = 16;

/// What the client asked for: as accepted with the new or with a replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    /// Limit price, or undefined.
    pub price: Price,
    /// Total quantity.
    pub qty: Qty,
    /// Value price minus the magnitude of the mark at acceptance; ≥ 0.
    pub excess: Price,
    /// `abi::order::order_type`.
    pub order_type: u8,
    /// `abi::order::tif`.
    pub tif: u8,
    /// Age: the n-th accepted terms of the order.
    pub generation: u32,
    /// Entry in the own book.
    pub book_entry: u32,
}

/// An open order.
#[derive(Clone, Copy, Debug)]
pub struct OpenOrder {
    /// Lane that owns it; `NONE` marks a free slot.
    pub lane: u32,
    /// Id of its `new`.
    pub id: u64,
    /// Digest of its `new`.
    pub digest: u64,
    /// Account.
    pub account: u32,
    /// Instrument.
    pub instrument: u32,
    /// Its account × instrument row.
    pub row: u32,
    /// `abi::order::side`.
    pub side: u8,
    /// Slot of its parent, or `NONE`.
    pub parent: u32,
    /// The venue acknowledged it.
    pub acknowledged: bool,
    /// A cancel was requested.
    pub pending_cancel: bool,
    /// Terms in force.
    pub terms: Terms,
    /// Accepted terms so far.
    pub generations: u32,
    /// Filled quantity.
    pub filled: Qty,
    /// Reserved quantity: the largest total over terms and pending replaces, less what is filled.
    pub reserved: Qty,
    /// Largest excess over terms and pending replaces.
    pub excess: Price,
    /// Newest pending replace.
    pub first_pending: u32,
    /// Pending replaces.
    pub pending: u8,
    next_free: u32,
}

impl OpenOrder {
    /// What it reserves over the mark.
    pub fn reserved_excess(&self) -> Notional {
        crate::fixed::notional(self.excess, self.reserved)
    }
}

/// A replace that the venue has not answered.
#[derive(Clone, Copy, Debug)]
pub struct PendingReplace {
    /// Id of the request.
    pub request: u64,
    /// What it asks for.
    pub terms: Terms,
    /// Next older one.
    pub next: u32,
}

const FREE_TERMS: Terms =
    Terms { price: 0, qty: 0, excess: 0, order_type: 0, tif: 0, generation: 0, book_entry: NONE };

/// The table of open orders.
pub struct OrderTable {
    orders: Vec<OpenOrder>,
    free: u32,
    index: Index,
    pendings: Vec<PendingReplace>,
    pending_index: Index,
    free_pending: u32,
}

impl OrderTable {
    /// Room for `capacity` orders and as many pending replaces.
    pub fn new(capacity: usize) -> OrderTable {
        let chain = |i: usize| if i + 1 < capacity { i as u32 + 1 } else { NONE };
        let free_order = |i: usize| OpenOrder {
            lane: NONE,
            id: 0,
            digest: 0,
            account: 0,
            instrument: 0,
            row: NONE,
            side: 0,
            parent: NONE,
            acknowledged: false,
            pending_cancel: false,
            terms: FREE_TERMS,
            generations: 0,
            filled: 0,
            reserved: 0,
            excess: 0,
            first_pending: NONE,
            pending: 0,
            next_free: chain(i),
        };
        let free_pending =
            |i: usize| PendingReplace { request: 0, terms: FREE_TERMS, next: chain(i) };
        OrderTable {
            orders: (0..capacity).map(free_order).collect(),
            free: 0,
            index: Index::new(capacity),
            pendings: (0..capacity).map(free_pending).collect(),
            pending_index: Index::new(capacity),
            free_pending: 0,
        }
    }

    /// Slot of an open order, or `NONE`.
    #[inline]
    pub fn find(&self, lane: u32, id: u64) -> u32 {
        self.index.get(scoped(lane, id))
    }

    /// An open order.
    #[inline]
    pub fn get(&self, slot: u32) -> &OpenOrder {
        &self.orders[slot as usize]
    }

    /// An open order.
    #[inline]
    pub fn get_mut(&mut self, slot: u32) -> &mut OpenOrder {
        &mut self.orders[slot as usize]
    }

    /// Is there room for one more order?
    #[inline]
    pub fn has_room(&self) -> bool {
        self.free != NONE
    }

    /// Is there room for one more pending replace?
    #[inline]
    pub fn has_pending_room(&self) -> bool {
        self.free_pending != NONE
    }

    /// Is this the id of a replace that the venue has not answered?
    #[inline]
    pub fn is_pending(&self, lane: u32, request: u64) -> bool {
        self.pending_index.get(scoped(lane, request)) != NONE
    }

    /// Open orders.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Is none open?
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The slot that the next order will have; `NONE` without room.
    pub fn next_slot(&self) -> u32 {
        self.free
    }

    /// Opens an order with these terms. The caller holds [`OrderTable::has_room`]. Id 0, which no
    /// request has, is not found by id: the line of a what-if basket, for as long as it is decided.
    #[allow(clippy::too_many_arguments)]
    pub fn open(
        &mut self,
        lane: u32,
        id: u64,
        digest: u64,
        account: u32,
        instrument: u32,
        row: u32,
        side: u8,
        terms: Terms,
    ) -> u32 {
        let slot = self.free;
        let order = &mut self.orders[slot as usize];
        self.free = order.next_free;
        *order = OpenOrder {
            lane,
            id,
            digest,
            account,
            instrument,
            row,
            side,
            parent: NONE,
            acknowledged: false,
            pending_cancel: false,
            terms,
            generations: 1,
            filled: 0,
            reserved: terms.qty,
            excess: terms.excess,
            first_pending: NONE,
            pending: 0,
            next_free: NONE,
        };
        if id != 0 {
            self.index.insert(scoped(lane, id), slot);
        }
        slot
    }

    /// Forgets an order whose pending replaces are gone.
    pub fn close(&mut self, slot: u32) {
        let order = &mut self.orders[slot as usize];
        debug_assert!(order.first_pending == NONE);
        self.index.remove(scoped(order.lane, order.id));
        order.lane = NONE;
        order.next_free = self.free;
        self.free = slot;
    }

    /// Adds a pending replace, whose id is not pending yet. The caller holds
    /// [`OrderTable::has_pending_room`].
    pub fn push_pending(&mut self, slot: u32, request: u64, terms: Terms) {
        let at = self.free_pending;
        self.free_pending = self.pendings[at as usize].next;
        let order = &mut self.orders[slot as usize];
        self.pendings[at as usize] = PendingReplace { request, terms, next: order.first_pending };
        order.first_pending = at;
        order.pending += 1;
        self.pending_index.insert(scoped(order.lane, request), at);
    }

    /// Takes out the pending replace of this request.
    pub fn take_pending(&mut self, slot: u32, request: u64) -> Option<Terms> {
        let order = &mut self.orders[slot as usize];
        let mut previous = NONE;
        let mut at = order.first_pending;
        while at != NONE && self.pendings[at as usize].request != request {
            previous = at;
            at = self.pendings[at as usize].next;
        }
        if at == NONE {
            return None;
        }
        let next = self.pendings[at as usize].next;
        if previous == NONE {
            order.first_pending = next;
        } else {
            self.pendings[previous as usize].next = next;
        }
        order.pending -= 1;
        self.pending_index.remove(scoped(order.lane, request));
        self.pendings[at as usize].next = self.free_pending;
        self.free_pending = at;
        Some(self.pendings[at as usize].terms)
    }

    /// Takes out any pending replace.
    pub fn pop_pending(&mut self, slot: u32) -> Option<Terms> {
        let first = self.orders[slot as usize].first_pending;
        if first == NONE {
            return None;
        }
        self.take_pending(slot, self.pendings[first as usize].request)
    }

    /// The pending replaces of an order, newest first.
    #[inline]
    pub fn pendings(&self, slot: u32) -> PendingList<'_> {
        PendingList { table: self, at: self.orders[slot as usize].first_pending }
    }

    /// Changes the terms in force and those of all pending replaces.
    pub fn change_terms(&mut self, slot: u32, change: impl Fn(&mut Terms)) {
        let order = &mut self.orders[slot as usize];
        change(&mut order.terms);
        let mut at = order.first_pending;
        while at != NONE {
            let pending = &mut self.pendings[at as usize];
            change(&mut pending.terms);
            at = pending.next;
        }
    }

    /// Slots in the table.
    pub fn capacity(&self) -> u32 {
        self.orders.len() as u32
    }

    /// The largest total quantity and the largest excess over terms and pending replaces.
    #[inline]
    pub fn chain_max(&self, slot: u32) -> (Qty, Price) {
        let terms = &self.orders[slot as usize].terms;
        self.pendings(slot).fold((terms.qty, terms.excess), |(q, x), p| {
            (q.max(p.terms.qty), x.max(p.terms.excess))
        })
    }

    /// All open orders, by slot.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &OpenOrder)> {
        self.orders.iter().enumerate().filter(|(_, o)| o.lane != NONE).map(|(i, o)| (i as u32, o))
    }
}

/// Pending replaces of one order.
pub struct PendingList<'a> {
    table: &'a OrderTable,
    at: u32,
}

impl<'a> Iterator for PendingList<'a> {
    type Item = &'a PendingReplace;

    #[inline]
    fn next(&mut self) -> Option<&'a PendingReplace> {
        let pending = self.table.pendings.get(self.at as usize)?;
        self.at = pending.next;
        Some(pending)
    }
}
