//! Everything that the gate is told before it starts: instruments, account tree, limits, lanes.
//!
//! Configuration files and scenario files both end up as a [`Setup`]; the journal begins with one.
//! Names are resolved to indices already: an id is an index into its list. [`Setup::verify`] holds
//! what every later layer relies on.

use crate::abi::PRICE_UNDEFINED;
use crate::abi::codes::CheckMask;
use crate::fixed::{Money, PRICE_ONE, Price, QTY_ONE, Qty, Rate, UNIT_MAX, Unit};
use crate::state::calendar::Calendar;
use crate::state::dimension::Dimension;
use crate::state::limit::{Limit, Phase};
use crate::state::permissions::{Algo, Grant};

/// Deepest account tree: firm, division, desk, trader, strategy, account, and two to spare.
pub const TREE_DEPTH_MAX: usize = 8;
/// Most rows of a tick table.
pub const TICK_ROWS_MAX: usize = 32;

/// A currency and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency {
    /// ISO code, such as `USD`.
    pub name: String,
    /// Base per unit, 1e-9; `None`: not known, values in it count as stale.
    pub rate: Option<Rate>,
}

/// An instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// Unique name.
    pub symbol: String,
    /// Index into the currencies.
    pub currency: u32,
    /// Prices are in 1/100 of the currency (GBp, ZAc).
    pub minor_unit: bool,
    /// `(from, tick)` by ascending `from`, which compares with the magnitude of the price; empty:
    /// every price is on tick.
    pub ticks: Vec<(Price, Price)>,
    /// Every quantity is a multiple of it; 0: none.
    pub lot: Qty,
    /// Contract size, 1e-8; > 0.
    pub multiplier: i64,
    /// Its group in each named dimension (index into `Setup::groups`); `None`: a group of its own.
    pub groups: [Option<u32>; Dimension::NAMED],
    /// Class (0 equity, 1 future, 2 option, 3 FX, 4 crypto, 5 bond, 6 other; below 32).
    pub class: u8,
    /// Contracts are worth their face (multiplier), whatever the price.
    pub inverse: bool,
    /// Prices ≤ 0 are allowed.
    pub negative_price: bool,
    /// Oldest usable quote, ns; 0: any age.
    pub mark_max_age_ns: u64,
    /// Oldest last trade that may replace a missing or old quote, ns; 0: never.
    pub last_max_age_ns: u64,
    /// Oldest close that may replace both, ns; 0: never.
    pub close_max_age_ns: u64,
    /// Widest usable quote, basis points of its middle; 0: any width.
    pub mark_max_spread_bps: u32,
    /// Index of its trading calendar; `None`: it always trades.
    pub calendar: Option<u32>,
    /// Market (venue number) whose halts stop it; `None`: none.
    pub market: Option<u16>,
    /// Last moment in which it trades, ns since 1970 UTC; 0: it does not expire.
    pub expiry_ns: u64,
    /// Static band of the venue (or LULD): lowest allowed price, or undefined.
    pub band_low: Price,
    /// Highest allowed price, or undefined.
    pub band_high: Price,
    /// Average daily volume; 0: not known.
    pub adv: Qty,
    /// Largest quantity that an order can sensibly have; 0: not known.
    pub sane_qty: Qty,
    /// Shares outstanding; 0: not known.
    pub shares_outstanding: Qty,
    /// Initial margin of a long contract, 1e-8 of its currency; ≥ 0.
    pub margin_long: i64,
    /// Initial margin of a short contract, 1e-8 of its currency; ≥ 0.
    pub margin_short: i64,
    /// Delta of a contract in units of its underlying's contract, 1e-8; 1 for what is no option.
    pub delta: i64,
    /// Smallest magnitude that the delta counts with, 1e-8 (CME counts at least 0.1).
    pub delta_floor: i64,
    /// Value of one unit of the underlying in base currency that delta is counted at, 1e-8; 0: at
    /// the instrument's own mark.
    pub underlying_value: i64,
    /// Gamma of a contract, base currency 1e-8.
    pub gamma: i64,
    /// Vega of a contract, base currency 1e-8.
    pub vega: i64,
    /// DV01 of a contract, base currency 1e-8.
    pub dv01: i64,
    /// CS01 of a contract, base currency 1e-8.
    pub cs01: i64,
    /// Futures-equivalents of a contract, 1e-8 (1 for the full-size future).
    pub futures_equivalent: i64,
    /// Month of expiry as YYYYMM; 0: none.
    pub month: u32,
    /// Is that month the spot month?
    pub spot_month: bool,
    /// What an FX pair buys: index of the currency; `None`: it is no pair.
    pub base_currency: Option<u32>,
    /// Legs of a spread: instrument (before this one) and signed ratio; empty: a plain instrument.
    pub legs: Vec<(u32, i32)>,
}

impl Instrument {
    /// A plain instrument: multiplier 1, no tick, no lot, first currency, no group.
    pub fn plain(symbol: &str) -> Instrument {
        Instrument {
            symbol: symbol.to_string(),
            currency: 0,
            minor_unit: false,
            ticks: Vec::new(),
            lot: 0,
            multiplier: QTY_ONE,
            groups: [None; Dimension::NAMED],
            class: 0,
            inverse: false,
            negative_price: false,
            mark_max_age_ns: 0,
            last_max_age_ns: 0,
            close_max_age_ns: 0,
            mark_max_spread_bps: 0,
            calendar: None,
            market: None,
            expiry_ns: 0,
            band_low: PRICE_UNDEFINED,
            band_high: PRICE_UNDEFINED,
            adv: 0,
            sane_qty: 0,
            shares_outstanding: 0,
            margin_long: 0,
            margin_short: 0,
            delta: QTY_ONE,
            delta_floor: 0,
            underlying_value: 0,
            gamma: 0,
            vega: 0,
            dv01: 0,
            cs01: 0,
            futures_equivalent: QTY_ONE,
            month: 0,
            spot_month: false,
            base_currency: None,
            legs: Vec::new(),
        }
    }

    /// Its group in a named dimension.
    pub fn group(&self, dimension: Dimension) -> Option<u32> {
        self.groups.get(dimension as usize).copied().flatten()
    }

    /// Base value of one contract at price 1 (at any price if inverse), 1e-19; `None` without a
    /// rate or beyond [`UNIT_MAX`].
    pub fn unit(&self, rate: Option<Rate>) -> Option<Unit> {
        unit(self.multiplier, self.minor_unit, rate)
    }

    /// Value of one contract at price 1 in its own currency, 1e-10; below 2^70.
    pub fn currency_unit(&self) -> Unit {
        self.multiplier.unsigned_abs() as Unit * if self.minor_unit { 1 } else { 100 }
    }
}

/// See [`Instrument::unit`].
pub(super) fn unit(multiplier: i64, minor_unit: bool, rate: Option<Rate>) -> Option<Unit> {
    let minor = if minor_unit { 1 } else { 100 };
    let unit = (multiplier as u128).checked_mul(rate? as u128)?.checked_mul(minor)?;
    (unit <= UNIT_MAX).then_some(unit)
}

/// A node of the account tree; the leaves are the accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Unique name.
    pub name: String,
    /// Index of the parent, smaller than its own.
    pub parent: Option<u32>,
    /// Beneficial owner (index of a name); `None`: its own owner.
    pub owner: Option<u32>,
    /// Equity at the start of the day, 1e-17 of the base currency; `None` counts as 0.
    pub equity: Option<Money>,
    /// Phase of deployment; `None`: as the parent, and `Enforce` at the root.
    pub phase: Option<Phase>,
    /// Cash at the start: currency and 1e-17 of it, each currency at most once.
    pub cash: Vec<(u32, Money)>,
    /// May sells exceed the position? `None`: as the parent, and yes at the root.
    pub short: Option<bool>,
}

impl Account {
    /// A node with nothing but its name and its parent.
    pub fn plain(name: &str, parent: Option<u32>) -> Account {
        Account {
            name: name.to_string(),
            parent,
            owner: None,
            equity: None,
            phase: None,
            cash: Vec::new(),
            short: None,
        }
    }
}

/// A lane: one client's pair of rings, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Unique name, at most 63 bytes.
    pub name: String,
    /// Lanes of one group may report and cancel each other's orders.
    pub group: u32,
    /// User ids that may connect; empty: only the gate's own.
    pub uids: Vec<u32>,
    /// Nodes whose accounts it may use; empty: all.
    pub accounts: Vec<u32>,
    /// Bit per instrument class.
    pub classes: u32,
    /// Bit per order kind (`abi::order::kind`) among new, replace, cancel, mass cancel.
    pub kinds: u32,
    /// Bit per venue number below 64; larger numbers need [`Lane::ALL_VENUES`].
    pub venues: u64,
    /// Most open orders; 0: no bound.
    pub max_open_orders: u32,
}

impl Lane {
    /// Every venue.
    pub const ALL_VENUES: u64 = u64::MAX;

    /// A lane with every permission.
    pub fn unrestricted(name: &str, group: u32) -> Lane {
        Lane {
            name: name.to_string(),
            group,
            uids: Vec::new(),
            accounts: Vec::new(),
            classes: u32::MAX,
            kinds: u32::MAX,
            venues: Lane::ALL_VENUES,
            max_open_orders: 0,
        }
    }
}

/// Sizes of all tables. Nothing grows after the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Open orders; in [16, 2^24].
    pub open_orders: u32,
    /// Account × instrument rows; in [16, 2^24]. One sixteenth is kept for reports.
    pub positions: u32,
    /// Limits, those set while running included; in [16, 2^20].
    pub limits: u32,
    /// Request and execution ids remembered per lane; in [16, 2^20], a power of two.
    pub history: u32,
}

impl Default for Capacity {
    fn default() -> Self {
        Capacity { open_orders: 1 << 16, positions: 1 << 16, limits: 1 << 12, history: 1 << 16 }
    }
}

impl Capacity {
    /// Small tables, for tests and scenarios.
    pub const SMALL: Capacity =
        Capacity { open_orders: 1 << 12, positions: 1 << 12, limits: 1 << 10, history: 1 << 10 };
}

/// All reference data and limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// Currencies; the first is the firm's base currency, at rate 1.
    pub currencies: Vec<Currency>,
    /// Names of the groups of each named dimension.
    pub groups: [Vec<String>; Dimension::NAMED],
    /// Instruments; the index is the instrument's id.
    pub instruments: Vec<Instrument>,
    /// Owner names.
    pub owners: Vec<String>,
    /// Account tree; the index is the node's id.
    pub accounts: Vec<Account>,
    /// Limits.
    pub limits: Vec<Limit>,
    /// Whose limits there are; the first is the firm itself.
    pub limit_owners: Vec<String>,
    /// Checks without which no order passes.
    pub required: CheckMask,
    /// Lanes; the index is the lane's id.
    pub lanes: Vec<Lane>,
    /// Sizes of all tables.
    pub capacity: Capacity,
    /// Trading calendars.
    pub calendars: Vec<Calendar>,
    /// Registered algorithms.
    pub algos: Vec<Algo>,
    /// Permissions of nodes and lanes; who has none may do everything.
    pub grants: Vec<Grant>,
}

/// The rate of the base currency itself.
pub const RATE_ONE: Rate = PRICE_ONE;

impl Setup {
    /// The base currency's name.
    pub fn base(&self) -> &str {
        self.currencies.first().map_or("", |c| c.name.as_str())
    }

    /// Id of an instrument.
    pub fn instrument_id(&self, symbol: &str) -> Option<u32> {
        self.instruments.iter().position(|i| i.symbol == symbol).map(|i| i as u32)
    }

    /// Id of a node.
    pub fn account_id(&self, name: &str) -> Option<u32> {
        self.accounts.iter().position(|a| a.name == name).map(|a| a as u32)
    }

    /// Id of a lane.
    pub fn lane_id(&self, name: &str) -> Option<u32> {
        self.lanes.iter().position(|l| l.name == name).map(|l| l as u32)
    }
}
