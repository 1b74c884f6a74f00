//! What the reference gate remembers of orders, and the accumulators, each summed from scratch.
//!
//! Nothing here is kept up to date step by step: a [`Tally`] is built from positions and open
//! orders whenever somebody asks.

use super::num::{self, Decimal, add, mul};
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::order::{order_type, side};
use riskgate::state::setup::Setup;

/// What an order asks for: the terms of a new order or of a replace.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Id of the request that brought them.
    pub request: u64,
    /// Sequence of acceptance.
    pub serial: u64,
    pub total: i64,
    pub price: i64,
    pub stop: i64,
    pub kind: u8,
    pub tif: u8,
    /// Value price less mark at acceptance, 1e-9; ≥ 0.
    pub excess: i64,
}

impl Terms {
    /// Without a limit price: market, pegged, stop.
    pub fn unpriced(&self) -> bool {
        matches!(self.kind, order_type::MARKET | order_type::PEGGED | order_type::STOP)
    }

    /// Price at which it may trade on its side, as an extended number.
    pub fn reach(&self, order_side: u8) -> i128 {
        match (self.price, order_side) {
            (PRICE_UNDEFINED, side::BUY) => i128::MAX,
            (PRICE_UNDEFINED, _) => i128::MIN,
            (p, _) => i128::from(p),
        }
    }
}

/// An open order.
#[derive(Clone, Debug)]
pub struct Order {
    pub lane: u32,
    pub id: u64,
    pub account: u32,
    pub instrument: u32,
    /// Id of its parent, or 0.
    pub parent: u64,
    pub side: u8,
    pub filled: i64,
    pub current: Terms,
    pub pending: Vec<Terms>,
    pub pending_cancel: bool,
    pub acknowledged: bool,
}

impl Order {
    /// Current terms and all that are not answered.
    pub fn chain(&self) -> impl Iterator<Item = &Terms> {
        std::iter::once(&self.current).chain(&self.pending)
    }

    /// Largest remaining quantity over the chain.
    pub fn reserved(&self) -> i64 {
        let total = self.chain().map(|t| t.total).max().unwrap_or(0);
        (total - self.filled).max(0)
    }

    /// Largest excess per unit over the chain.
    pub fn excess(&self) -> i64 {
        self.chain().map(|t| t.excess).max().unwrap_or(0)
    }
}

/// Position and open quantities of an account in an instrument; 1e-8 and 1e-17.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row {
    pub p: i128,
    pub b: i128,
    pub s: i128,
    pub bx: Decimal,
    pub sx: Decimal,
    pub orders: u32,
}

/// What a row is worth in the base currency.
#[derive(Clone, Copy, Debug, Default)]
pub struct Worth {
    /// (p + B)·v + BX
    pub long: Decimal,
    /// (S − p)·v + SX
    pub short: Decimal,
    /// |p|·v
    pub executed: Decimal,
    /// (B + S)·v + BX + SX
    pub open: Decimal,
    /// B·v + BX
    pub open_buys: Decimal,
}

impl Worth {
    /// The larger of both sides.
    pub fn worst(&self) -> Decimal {
        self.long.max(self.short)
    }
}

/// Sums over the accounts below a node.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    pub gross: Decimal,
    pub executed: Decimal,
    pub long_net: Decimal,
    pub short_net: Decimal,
    pub long: Decimal,
    pub short: Decimal,
    pub open: Decimal,
    pub orders: u32,
}

impl Sums {
    fn take(&mut self, w: &Worth, orders: u32) {
        self.gross = add(self.gross, w.worst());
        self.executed = add(self.executed, w.executed);
        self.long_net = add(self.long_net, w.long);
        self.short_net = add(self.short_net, w.short);
        self.long = add(self.long, w.long.max(Decimal::ZERO));
        self.short = add(self.short, w.short.max(Decimal::ZERO));
        self.open = add(self.open, w.open);
        self.orders += orders;
    }

    /// max(|Σ long side|, |Σ short side|)
    pub fn net(&self) -> Decimal {
        self.long_net.abs().max(self.short_net.abs())
    }
}

/// All rows of a state, with and without a hypothetical change, and what they are worth.
pub struct Tally {
    instruments: usize,
    rows: Vec<Row>,
    worths: Vec<Worth>,
    used: Vec<(u32, u32)>,
    parents: Vec<Option<u32>>,
}

/// A hypothetical order.
pub enum Change<'a> {
    None,
    Add(&'a Order),
    /// The open order at this index looks like that.
    Instead(usize, &'a Order),
}

impl Tally {
    /// Sums positions and orders; `values` are the instruments' marks (magnitudes count) and the
    /// base value of one contract at price 1.
    pub fn of<'a>(
        setup: &Setup,
        positions: impl Iterator<Item = (u32, u32, i64)>,
        orders: &'a [Order],
        change: &Change<'a>,
        values: &[(i64, Option<Decimal>)],
    ) -> Tally {
        let instruments = setup.instruments.len();
        let size = instruments * setup.accounts.len();
        let mut tally = Tally {
            instruments,
            rows: vec![Row::default(); size],
            worths: vec![Worth::default(); size],
            used: Vec::new(),
            parents: setup.accounts.iter().map(|a| a.parent).collect(),
        };
        for (account, instrument, position) in positions {
            tally.row_mut(account, instrument).p = i128::from(position);
        }
        for (i, order) in orders.iter().enumerate() {
            match change {
                Change::Instead(at, other) if *at == i => tally.book(other),
                _ => tally.book(order),
            }
        }
        if let Change::Add(order) = change {
            tally.book(order);
        }
        for account in 0..setup.accounts.len() {
            for (instrument, (mark, unit)) in values.iter().copied().enumerate() {
                let row = &tally.rows[account * instruments + instrument];
                if row.p != 0 || row.orders != 0 {
                    tally.worths[account * instruments + instrument] = worth(row, mark, unit);
                    tally.used.push((account as u32, instrument as u32));
                }
            }
        }
        tally
    }

    fn row_mut(&mut self, account: u32, instrument: u32) -> &mut Row {
        &mut self.rows[account as usize * self.instruments + instrument as usize]
    }

    fn book(&mut self, order: &Order) {
        let open = order.reserved();
        let over = mul(num::qty(i128::from(open)), num::price(order.excess()));
        let row = self.row_mut(order.account, order.instrument);
        row.orders += 1;
        if order.side == side::BUY {
            row.b += i128::from(open);
            row.bx = add(row.bx, over);
        } else {
            row.s += i128::from(open);
            row.sx = add(row.sx, over);
        }
    }

    pub fn row(&self, account: u32, instrument: u32) -> Row {
        self.rows[account as usize * self.instruments + instrument as usize]
    }

    fn below(&self, account: u32, node: u32) -> bool {
        let mut at = Some(account);
        while let Some(a) = at {
            if a == node {
                return true;
            }
            at = self.parents[a as usize];
        }
        false
    }

    /// The rows with anything in them below a node, of one instrument or of all.
    pub fn select(
        &self,
        node: u32,
        instrument: Option<u32>,
    ) -> impl Iterator<Item = (u32, Row, Worth)> {
        self.used
            .iter()
            .filter(move |(a, i)| instrument.is_none_or(|x| x == *i) && self.below(*a, node))
            .map(|(a, i)| {
                let at = *a as usize * self.instruments + *i as usize;
                (*i, self.rows[at], self.worths[at])
            })
    }

    /// The sums of a node, of one instrument or of all.
    pub fn sums(&self, node: u32, instrument: Option<u32>) -> Sums {
        let mut sums = Sums::default();
        for (_, row, worth) in self.select(node, instrument) {
            sums.take(&worth, row.orders);
        }
        sums
    }

    /// Σ(p + B), Σ(S − p) of an instrument below a node.
    pub fn quantities(&self, node: u32, instrument: u32) -> (i128, i128) {
        self.select(node, Some(instrument))
            .fold((0, 0), |(long, short), (_, r, _)| (long + r.p + r.b, short + r.s - r.p))
    }
}

fn worth(row: &Row, mark: i64, unit: Option<Decimal>) -> Worth {
    let Some(unit) = unit else { return Worth::default() };
    let m = num::price(mark).abs();
    let side = |quantity: i128, excess: Decimal| mul(add(mul(num::qty(quantity), m), excess), unit);
    Worth {
        long: side(row.p + row.b, row.bx),
        short: side(row.s - row.p, row.sx),
        executed: side(row.p.abs(), Decimal::ZERO),
        open: side(row.b + row.s, add(row.bx, row.sx)),
        open_buys: side(row.b, row.bx),
    }
}
