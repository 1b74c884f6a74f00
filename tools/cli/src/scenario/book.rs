//! What the runner remembers about its orders, so that lines can say `ack` and mean the oldest
//! request without an answer.

use std::collections::BTreeMap;

use riskgate::abi::order::kind;

use crate::scenario::order::Terms;

/// First request id of replaces and cancels.
const REQUEST_ID_FIRST: u64 = 1 << 62;
/// First execution id of fills without one.
const EXEC_ID_FIRST: u64 = 1 << 61;

/// A request that the gate accepted and the venue did not answer.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub id: u64,
    /// `NEW`, `REPLACE` or `CANCEL`.
    pub kind: u8,
    pub terms: Terms,
}

/// A fill.
#[derive(Clone, Copy, Debug)]
pub struct Execution {
    pub id: u64,
    pub qty: i64,
    pub price: i64,
    pub busted: bool,
}

/// An order.
#[derive(Clone, Debug)]
pub struct Tracked {
    /// Terms that the venue confirmed, or those of the `new`.
    pub in_force: Terms,
    /// Oldest first.
    pub unanswered: Vec<Request>,
    pub executions: Vec<Execution>,
    last_replace: u64,
    last_cancel: u64,
}

impl Tracked {
    pub fn new(terms: Terms) -> Tracked {
        Tracked {
            in_force: terms,
            unanswered: Vec::new(),
            executions: Vec::new(),
            last_replace: 0,
            last_cancel: 0,
        }
    }

    /// Terms of the newest request that still counts.
    pub fn latest(&self) -> Terms {
        let newest = self.unanswered.iter().rev().find(|r| r.kind == kind::REPLACE);
        newest.map_or(self.in_force, |r| r.terms)
    }

    /// The gate accepted a request.
    pub fn accepted(&mut self, request: Request) {
        match request.kind {
            kind::REPLACE => self.last_replace = request.id,
            kind::CANCEL => self.last_cancel = request.id,
            _ => {}
        }
        self.unanswered.push(request);
    }

    /// The oldest unanswered request among these kinds, which is now answered.
    pub fn answer_oldest(&mut self, kinds: &[u8]) -> Option<Request> {
        let at = self.unanswered.iter().position(|r| kinds.contains(&r.kind))?;
        Some(self.unanswered.remove(at))
    }

    /// Id of the last accepted request of a kind, which is now taken back.
    pub fn take_back_last(&mut self, request_kind: u8) -> Option<u64> {
        if let Some(at) = self.unanswered.iter().rposition(|r| r.kind == request_kind) {
            return Some(self.unanswered.remove(at).id);
        }
        let last = if request_kind == kind::REPLACE { self.last_replace } else { self.last_cancel };
        (last != 0).then_some(last)
    }
}

/// All orders, and the numbers that the runner gives.
#[derive(Default)]
pub struct Book {
    pub orders: BTreeMap<u64, Tracked>,
    requests: u64,
    executions: u64,
}

impl Book {
    /// A request id that was never used.
    pub fn fresh_request(&mut self) -> u64 {
        self.requests += 1;
        REQUEST_ID_FIRST + self.requests
    }

    /// An execution id that was never used.
    pub fn fresh_execution(&mut self) -> u64 {
        self.executions += 1;
        EXEC_ID_FIRST + self.executions
    }
}
