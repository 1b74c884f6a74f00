//! Cash of the nodes that are asked for it: what they have, what the day changed, what open buys
//! may still take, in each currency and together in the base currency.
//!
//! A *ledger* belongs to a node with a `buying_power` limit or with cash of its own; it has a
//! [`Purse`] for each currency. Nodes without one pay nothing. Everything in a ledger is a sum over
//! what the rows below the node keep of the day ([`crate::state::day::DayBook`]), so that a ledger
//! that is opened in the middle of the day finds the whole of it.

use crate::error::{Error, Result};
use crate::fixed::{Money, Rate, Wide};
use crate::state::State;
use crate::state::index::NONE;
use crate::state::setup::Setup;

/// Ledgers that may be opened while running.
const SPARE_LEDGERS: usize = 16;
/// From money (1e-17) to what a purse counts in (1e-27).
const PURSE_PER_MONEY: u128 = 10_000_000_000;
/// From what a purse counts in (1e-27) to what exposures are counted in (1e-36).
pub const WIDE_PER_PURSE: u64 = 1_000_000_000;

/// What a node has in one currency, 1e-27 of it; or together, 1e-36 of the base currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Purse {
    /// Given to the node itself, or carried into it from earlier days.
    pub own: Wide,
    /// That of the node and all nodes below it.
    pub cash: Wide,
    /// What the day's executions, fees and settlements changed; below zero: spent.
    pub change: Wide,
    /// What open buys may take: Σ B·v + BX of instruments that are paid for.
    pub open: Wide,
}

impl Purse {
    fn add(&mut self, other: &Purse) {
        self.own = self.own.plus(other.own);
        self.cash = self.cash.plus(other.cash);
        self.change = self.change.plus(other.change);
        self.open = self.open.plus(other.open);
    }

    /// Each of it × the difference of two rates.
    fn times(&self, before: Rate, after: Rate) -> Purse {
        let each = |amount: Wide| in_base(amount, after).minus(in_base(amount, before));
        Purse {
            own: each(self.own),
            cash: each(self.cash),
            change: each(self.change),
            open: each(self.open),
        }
    }
}

/// A node's ledger.
pub struct Ledger {
    /// The node.
    pub node: u32,
    /// Was cash ever given to the node itself? Then what a day changed is carried into the next.
    pub has_own: bool,
    /// All purses together in the base currency; one without a rate counts nothing.
    pub base: Purse,
}

/// All ledgers.
pub struct Ledgers {
    heads: Vec<Ledger>,
    purses: Vec<Purse>,
    currencies: usize,
    capacity: usize,
}

impl Ledgers {
    /// Room for the ledgers of a setup and sixteen more: 128 bytes for each currency of each.
    pub fn new(setup: &Setup) -> Ledgers {
        use crate::abi::codes::Check;
        let limits = setup.limits.iter().filter(|l| l.check == Check::BuyingPower).count();
        let given = setup.accounts.iter().filter(|a| !a.cash.is_empty()).count();
        let capacity = (limits + given + SPARE_LEDGERS).min(setup.accounts.len());
        let currencies = setup.currencies.len();
        Ledgers {
            heads: Vec::with_capacity(capacity),
            purses: Vec::with_capacity(capacity * currencies),
            currencies,
            capacity,
        }
    }

    /// A ledger.
    #[inline]
    pub fn head(&self, slot: u32) -> &Ledger {
        &self.heads[slot as usize]
    }

    /// A ledger's purse of a currency.
    #[inline]
    pub fn purse(&self, slot: u32, currency: u32) -> &Purse {
        &self.purses[slot as usize * self.currencies + currency as usize]
    }

    /// All of it, for the state hash.
    pub fn items(&self) -> impl Iterator<Item = (u32, bool, &Purse, &[Purse])> {
        let purses = self.purses.chunks(self.currencies.max(1));
        self.heads.iter().zip(purses).map(|(h, p)| (h.node, h.has_own, &h.base, p))
    }

    fn add(&mut self, slot: u32, currency: u32, rate: Rate, change: &Purse) {
        self.purses[slot as usize * self.currencies + currency as usize].add(change);
        self.heads[slot as usize].base.add(&change.times(0, rate));
    }
}

/// An amount in a currency (1e-27) at a rate, 1e-36 of the base currency. What a row can bring stays
/// below 2^230 (`fixed::UNIT_MAX`); beyond the range the sign is kept.
#[inline]
pub fn in_base(amount: Wide, rate: Rate) -> Wide {
    match amount.checked_times(rate as u64) {
        Some(value) => value,
        None if amount.is_negative() => Wide::MAX.negated(),
        None => Wide::MAX,
    }
}

impl State {
    /// Adds to what a currency's purses hold, of a node and of all above it that have a ledger.
    fn pass_up(&mut self, node: u32, currency: u32, change: &Purse) {
        let rate = self.rates[currency as usize];
        let (path, depth) = {
            let n = &self.nodes[node as usize];
            (n.path, n.depth)
        };
        for id in &path[..depth] {
            let slot = self.nodes[*id as usize].ledger;
            if slot != NONE {
                self.ledgers.add(slot, currency, rate, change);
            }
        }
    }

    /// The day's cash of an account in a currency changed.
    pub(super) fn move_cash(&mut self, account: u32, currency: u32, change: Wide) {
        if change != Wide::ZERO {
            self.pass_up(account, currency, &Purse { change, ..Purse::default() });
        }
    }

    /// What an account's open buys may take in a currency changed.
    pub(super) fn move_open(&mut self, account: u32, currency: u32, open: Wide) {
        if open != Wide::ZERO {
            self.pass_up(account, currency, &Purse { open, ..Purse::default() });
        }
    }

    /// A deposit (above zero) or a withdrawal at a node.
    pub fn adjust_cash(&mut self, node: u32, currency: u32, amount: Money) -> Result<()> {
        self.ledger_or_make(node)?;
        self.give(node, currency, Wide::product(amount, PURSE_PER_MONEY));
        Ok(())
    }

    /// Gives cash to a node that has a ledger.
    fn give(&mut self, node: u32, currency: u32, amount: Wide) {
        let slot = self.nodes[node as usize].ledger;
        let rate = self.rates[currency as usize];
        self.ledgers.add(slot, currency, rate, &Purse { own: amount, ..Purse::default() });
        self.ledgers.heads[slot as usize].has_own = true;
        self.pass_up(node, currency, &Purse { cash: amount, ..Purse::default() });
    }

    /// Has a node a ledger, or is there room for one?
    pub fn ledger_room(&self, node: u32) -> Result<()> {
        let has = self.nodes[node as usize].ledger != NONE;
        if has || self.ledgers.heads.len() < self.ledgers.capacity {
            return Ok(());
        }
        Err(Error::new(format!(
            "open a cash ledger: {} nodes have one already, which is the bound while running; give \
             the node cash or a buying_power limit in the configuration and restart",
            self.ledgers.capacity
        )))
    }

    /// The node's ledger, opened if it has none.
    pub(super) fn ledger_or_make(&mut self, node: u32) -> Result<u32> {
        let found = self.nodes[node as usize].ledger;
        if found != NONE {
            return Ok(found);
        }
        self.ledger_room(node)?;
        let slot = self.ledgers.heads.len() as u32;
        let head = Ledger { node, has_own: false, base: Purse::default() };
        let currencies = self.ledgers.currencies;
        self.ledgers.heads.push(head);
        self.ledgers.purses.resize(self.ledgers.purses.len() + currencies, Purse::default());
        for other in 0..slot {
            let below = self.ledgers.heads[other as usize].node;
            if self.nodes[below as usize].path().contains(&node) {
                for currency in 0..currencies as u32 {
                    let cash = self.ledgers.purse(other, currency).own;
                    let rate = self.rates[currency as usize];
                    self.ledgers.add(slot, currency, rate, &Purse { cash, ..Purse::default() });
                }
            }
        }
        for (row, day) in self.rows.iter().zip(&self.days) {
            if !self.nodes[row.account as usize].path().contains(&node) {
                continue;
            }
            let instrument = &self.instruments[row.instrument as usize];
            for (currency, change) in day.cash_parts(instrument) {
                let rate = self.rates[currency as usize];
                self.ledgers.add(slot, currency, rate, &Purse { change, ..Purse::default() });
            }
            let open = instrument.paid_value(row.worth.open_buys);
            let rate = self.rates[instrument.currency as usize];
            let open = Purse { open, ..Purse::default() };
            self.ledgers.add(slot, instrument.currency, rate, &open);
        }
        self.nodes[node as usize].ledger = slot;
        Ok(slot)
    }

    /// The day ends for a node and everything below it: what it changed leaves every ledger, and is
    /// carried into the cash of the nearest node that was given some.
    pub(super) fn roll_cash(&mut self, node: u32) {
        for at in 0..self.rows.len() {
            let row = self.rows[at];
            let account = row.account;
            if !self.nodes[account as usize].path().contains(&node) {
                continue;
            }
            let day = core::mem::take(&mut self.days[at]);
            let parts = day.cash_parts(&self.instruments[row.instrument as usize]);
            for (currency, change) in parts {
                self.move_cash(account, currency, change.negated());
                let owner = self.nodes[account as usize].path().iter().copied().find(|id| {
                    let ledger = self.nodes[*id as usize].ledger;
                    ledger != NONE && self.ledgers.head(ledger).has_own
                });
                if let Some(owner) = owner {
                    self.give(owner, currency, change);
                }
            }
        }
    }

    /// The ledgers' part of a new rate.
    pub(super) fn rate_ledgers(&mut self, currency: u32, before: Rate, after: Rate) {
        for slot in 0..self.ledgers.heads.len() {
            let change = self.ledgers.purse(slot as u32, currency).times(before, after);
            self.ledgers.heads[slot].base.add(&change);
        }
    }

    /// The cash that the setup gives.
    pub(super) fn give_from(&mut self, setup: &Setup) {
        for (node, account) in setup.accounts.iter().enumerate() {
            for (currency, amount) in &account.cash {
                self.adjust_cash(node as u32, *currency, *amount)
                    .expect("a setup's cash has its ledgers");
            }
        }
    }
}
