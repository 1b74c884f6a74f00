//! Requests about parent orders. Opening one reserves nothing: its children are checked. Closing
//! one is always accepted, like a cancel.

use crate::abi::PRICE_UNDEFINED;
use crate::abi::codes::{Check, field};
use crate::abi::order::kind;
use crate::abi::verdict::{decision, flag};
use crate::gate::outcome::{Breach, Outcome};
use crate::gate::request::{ParentClose, ParentOpen};
use crate::gate::{Gate, Incoming, accepted, rejected};
use crate::state::index::NONE;

impl Gate {
    /// A parent opens, if its names mean something and there is room.
    pub(super) fn parent_open(&mut self, incoming: &Incoming, parent: &ParentOpen) -> Outcome {
        if let Err(breach) = self.parent_structural(incoming, parent) {
            return rejected(parent.id, breach);
        }
        if incoming.recorded.unwrap_or(decision::ACCEPT) == decision::ACCEPT {
            let ParentOpen { id, account, instrument, side, qty, price, .. } = *parent;
            self.state.parents.open(incoming.lane, id, account, instrument, side, qty, price);
        }
        accepted(parent.id)
    }

    fn parent_structural(&self, incoming: &Incoming, parent: &ParentOpen) -> Result<(), Breach> {
        let state = &self.state;
        let bare = |check| Err(Breach::bare(check));
        let Some(instrument) = state.instruments.get(parent.instrument as usize) else {
            return bare(Check::UnknownInstrument);
        };
        let price = parent.price;
        if price != PRICE_UNDEFINED && price <= 0 && !instrument.negative_price {
            return Err(Breach { detail: field::PRICE, ..Breach::bare(Check::Malformed) });
        }
        if parent.account as usize >= state.nodes.len() {
            return bare(Check::UnknownAccount);
        }
        let lane = &state.lanes[incoming.lane as usize];
        if !lane.permits(kind::NEW, parent.account, instrument.class, parent.venue) {
            return bare(Check::LaneNotPermitted);
        }
        if self.is_used(incoming.lane, parent.id) {
            return bare(Check::DuplicateOrderId);
        }
        if !incoming.ready {
            return bare(Check::GateNotReady);
        }
        if !incoming.journal_ok {
            return bare(Check::JournalUnavailable);
        }
        if !state.parents.has_room(incoming.lane) {
            return bare(Check::Capacity);
        }
        Ok(())
    }

    /// No more children. One that the lane does not have open is flagged.
    pub(super) fn parent_close(&mut self, lane: u32, close: &ParentClose) -> Outcome {
        let mut outcome = accepted(close.id);
        let slot = self.state.parents.find(lane, close.target);
        if slot == NONE || !self.state.parents.close(slot) {
            outcome.flags |= flag::UNKNOWN_ORDER;
        }
        outcome
    }

    /// Has the lane used this id for a request that is open or remembered?
    pub(super) fn is_used(&self, lane: u32, id: u64) -> bool {
        let state = &self.state;
        state.decided.get(lane, id).is_some()
            || state.orders.find(lane, id) != NONE
            || state.orders.is_pending(lane, id)
            || state.parents.find(lane, id) != NONE
    }
}
