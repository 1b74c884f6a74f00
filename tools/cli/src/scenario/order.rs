//! What an order says, from its keys to the words of its slot.
//!
//! Unknown *values* are not judged here: they are encoded so that the gate has to refuse them.

use riskgate::abi::order::{ExtensionSlot, OrderSlot, flag, kind, order_type, side, tif};
use riskgate::abi::{PRICE_UNDEFINED, SlotWords};
use riskgate::fixed::decimal::{self, DecimalError};
use riskgate::fixed::{PRICE_PLACES, QTY_PLACES};
use riskgate::state::setup::Setup;

use crate::tree::{Kind, Problems, Table, Value};

/// Keys of `new` besides `id`; those of `replace` are the same.
pub const ORDER_KEYS: &[&str] = &[
    "account",
    "instrument",
    "side",
    "type",
    "price",
    "qty",
    "display",
    "min_qty",
    "tif",
    "what_if",
    "stop",
    "stop_price",
    "good_till",
    "venue",
    "algo",
    "capacity",
    "mark",
    "parent",
];

const SIDES: [(u8, &str); 2] = [(side::BUY, "buy"), (side::SELL, "sell")];
const TYPES: [(u8, &str); 6] = [
    (order_type::LIMIT, "limit"),
    (order_type::MARKET, "market"),
    (order_type::STOP, "stop"),
    (order_type::STOP, "stop_market"),
    (order_type::STOP_LIMIT, "stop_limit"),
    (order_type::PEGGED, "pegged"),
];
const TIFS: [(u8, &str); 7] = [
    (tif::DAY, "day"),
    (tif::GTC, "gtc"),
    (tif::IOC, "ioc"),
    (tif::FOK, "fok"),
    (tif::GTD, "gtd"),
    (tif::AT_OPEN, "at_open"),
    (tif::AT_CLOSE, "at_close"),
];
const CAPACITIES: [(u8, &str); 4] =
    [(0, "none"), (1 << 2, "agency"), (2 << 2, "principal"), (3 << 2, "riskless_principal")];
const SALE_MARKS: [(u8, &str); 4] =
    [(0, "none"), (1 << 4, "long"), (2 << 4, "short"), (3 << 4, "short_exempt")];

const SIDE_UNASSIGNED: u8 = 3;
const CODE_UNASSIGNED: u8 = 15;
const CAPACITY_UNASSIGNED: u8 = 1 << 6;
const SALE_MARK_UNASSIGNED: u8 = 1 << 7;
/// A number that no field can hold.
const UNREPRESENTABLE: i64 = i64::MIN;

/// Everything that an order says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub account: u32,
    pub instrument: u32,
    pub side: u8,
    pub order_type: u8,
    pub tif: u8,
    pub price: i64,
    pub qty: i64,
    pub display: i64,
    pub min_qty: i64,
    pub stop: i64,
    pub good_till: GoodTill,
    pub venue: u16,
    pub algo: u16,
    pub capacity: u8,
    pub sale_mark: u8,
    pub parent: u64,
    pub what_if: bool,
}

/// Last moment of a good-till-date order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoodTill {
    /// Nanoseconds of the gate's clock; 0 for none.
    At(u64),
    /// This long after the line.
    In(u64),
}

impl Terms {
    /// An order that says nothing: a limit order for the day, without the rest.
    pub const BLANK: Terms = Terms {
        account: UNKNOWN_FIRST,
        instrument: UNKNOWN_FIRST,
        side: 0,
        order_type: order_type::LIMIT,
        tif: tif::DAY,
        price: PRICE_UNDEFINED,
        qty: 0,
        display: 0,
        min_qty: 0,
        stop: PRICE_UNDEFINED,
        good_till: GoodTill::At(0),
        venue: 0,
        algo: 0,
        capacity: 0,
        sale_mark: 0,
        parent: 0,
        what_if: false,
    };
}

/// What a line says; the rest stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub account: Option<u32>,
    pub instrument: Option<u32>,
    pub side: Option<u8>,
    order_type: Option<u8>,
    tif: Option<u8>,
    pub price: Option<i64>,
    pub qty: Option<i64>,
    display: Option<i64>,
    min_qty: Option<i64>,
    stop: Option<i64>,
    good_till: Option<GoodTill>,
    venue: Option<u16>,
    algo: Option<u16>,
    capacity: Option<u8>,
    sale_mark: Option<u8>,
    parent: Option<u64>,
    what_if: bool,
}

impl Changes {
    /// These terms with what the line says.
    pub fn over(&self, old: Terms) -> Terms {
        Terms {
            account: self.account.unwrap_or(old.account),
            instrument: self.instrument.unwrap_or(old.instrument),
            side: self.side.unwrap_or(old.side),
            order_type: self.order_type.unwrap_or(old.order_type),
            tif: self.tif.unwrap_or(old.tif),
            price: self.price.unwrap_or(old.price),
            qty: self.qty.unwrap_or(old.qty),
            display: self.display.unwrap_or(old.display),
            min_qty: self.min_qty.unwrap_or(old.min_qty),
            stop: self.stop.unwrap_or(old.stop),
            good_till: self.good_till.unwrap_or(old.good_till),
            venue: self.venue.unwrap_or(old.venue),
            algo: self.algo.unwrap_or(old.algo),
            capacity: self.capacity.unwrap_or(old.capacity),
            sale_mark: self.sale_mark.unwrap_or(old.sale_mark),
            parent: self.parent.unwrap_or(old.parent),
            what_if: self.what_if,
        }
    }
}

/// Ids of names: those of the setup, and one that does not exist for every other name.
pub struct Ids<'a> {
    pub setup: &'a Setup,
    pub unknown: &'a mut Vec<String>,
}

const UNKNOWN_FIRST: u32 = u32::MAX - 1;

impl Ids<'_> {
    pub fn account(&mut self, value: &Value, problems: &mut Problems) -> Option<u32> {
        let name = value.text("account", problems)?;
        Some(self.setup.account_id(name).unwrap_or_else(|| self.unknown_id(name)))
    }

    pub fn instrument(&mut self, value: &Value, problems: &mut Problems) -> Option<u32> {
        let name = value.text("instrument", problems)?;
        Some(self.setup.instrument_id(name).unwrap_or_else(|| self.unknown_id(name)))
    }

    fn unknown_id(&mut self, name: &str) -> u32 {
        // The first is what an order without a name says.
        UNKNOWN_FIRST - 1 - crate::config::instruments::intern(self.unknown, name)
    }
}

/// Reads what an order line says.
pub fn read_changes(table: &Table, ids: &mut Ids, problems: &mut Problems) -> Changes {
    Changes {
        account: table.get("account").and_then(|v| ids.account(v, problems)),
        instrument: table.get("instrument").and_then(|v| ids.instrument(v, problems)),
        side: table.get("side").map(read_side),
        order_type: table.get("type").map(|v| code(v, &TYPES, CODE_UNASSIGNED)),
        tif: table.get("tif").map(|v| code(v, &TIFS, CODE_UNASSIGNED)),
        price: table.get("price").and_then(|v| read_price(v, "price", problems)),
        qty: table.get("qty").and_then(|v| read_qty(v, "qty", problems)),
        display: table.get("display").and_then(|v| read_qty(v, "display", problems)),
        min_qty: table.get("min_qty").and_then(|v| read_qty(v, "min_qty", problems)),
        stop: table
            .get("stop")
            .or(table.get("stop_price"))
            .and_then(|v| read_price(v, "stop", problems))
            .map(|p| match p {
                UNREPRESENTABLE => PRICE_UNDEFINED,
                price => price,
            }),
        good_till: table.get("good_till").and_then(|v| read_good_till(v, problems)),
        venue: table
            .get("venue")
            .and_then(|v| v.whole("venue", 0, 65_535, problems))
            .map(|n| n as u16),
        algo: table
            .get("algo")
            .and_then(|v| v.whole("algo", 0, 65_535, problems))
            .map(|n| n as u16),
        capacity: table.get("capacity").map(|v| code(v, &CAPACITIES, CAPACITY_UNASSIGNED)),
        sale_mark: table.get("mark").map(|v| code(v, &SALE_MARKS, SALE_MARK_UNASSIGNED)),
        parent: table.get("parent").and_then(|v| read_id(v, "parent", problems)),
        what_if: table.flag("what_if", problems),
    }
}

/// Code of a side; what is none gets a code that is not assigned.
pub fn read_side(value: &Value) -> u8 {
    code(value, &SIDES, SIDE_UNASSIGNED)
}

fn code(value: &Value, names: &[(u8, &str)], unassigned: u8) -> u8 {
    match &value.kind {
        Kind::Text(text) => {
            names.iter().find(|(_, name)| name == text).map_or(unassigned, |(code, _)| *code)
        }
        _ => unassigned,
    }
}

/// A price; `null` is undefined.
pub fn read_price(value: &Value, what: &str, problems: &mut Problems) -> Option<i64> {
    if matches!(value.kind, Kind::Null) {
        return Some(PRICE_UNDEFINED);
    }
    read_number(value, what, PRICE_PLACES, UNREPRESENTABLE, problems)
}

/// A quantity.
pub fn read_qty(value: &Value, what: &str, problems: &mut Problems) -> Option<i64> {
    read_number(value, what, QTY_PLACES, 0, problems)
}

/// A number as it is; what is none becomes `otherwise`, what does not fit or has more places than
/// the gate knows [`UNREPRESENTABLE`]: the gate must refuse it.
fn read_number(
    value: &Value,
    what: &str,
    places: u32,
    otherwise: i64,
    problems: &mut Problems,
) -> Option<i64> {
    let text = value.decimal(what, problems)?;
    match decimal::parse_i64(&text, places) {
        Ok(i64::MAX) => Some(UNREPRESENTABLE),
        Ok(number) => Some(number),
        Err(DecimalError::Malformed) => Some(otherwise),
        Err(DecimalError::OutOfRange | DecimalError::TooPrecise) => Some(UNREPRESENTABLE),
    }
}

fn read_good_till(value: &Value, problems: &mut Problems) -> Option<GoodTill> {
    if let Kind::Integer(_) = value.kind {
        return value
            .whole("good_till", 0, u64::MAX.into(), problems)
            .map(|ns| GoodTill::At(ns as u64));
    }
    value.duration_ns("good_till", problems).map(GoodTill::In)
}

/// Id of an order: a whole number.
pub fn read_id(value: &Value, what: &str, problems: &mut Problems) -> Option<u64> {
    value.whole(what, 0, u64::MAX.into(), problems).map(|id| id as u64)
}

/// The words of a request (`new` or `replace`) and of its extension, if it needs one. `wall_ns` is
/// the line's time, ns since 1970 UTC.
pub fn request_words(
    request_kind: u8,
    id: u64,
    reference: u64,
    terms: &Terms,
    wall_ns: u64,
) -> (SlotWords, Option<SlotWords>) {
    let good_till_ns = match terms.good_till {
        GoodTill::At(ns) => ns,
        GoodTill::In(ns) => wall_ns.saturating_add(ns),
    };
    let priced = matches!(terms.order_type, order_type::LIMIT | order_type::STOP_LIMIT);
    // A number that fits no price must not become a good order.
    let price = match terms.price {
        UNREPRESENTABLE if priced => PRICE_UNDEFINED,
        price => price,
    };
    let extension = ExtensionSlot {
        order_id: id,
        stop_price: terms.stop,
        min_qty: terms.min_qty,
        display_qty: terms.display,
        good_till_ns,
        kind_word: u64::from(kind::EXTENSION),
        ..ExtensionSlot::default()
    };
    let needed = terms.stop != PRICE_UNDEFINED
        || terms.min_qty != 0
        || terms.display != 0
        || good_till_ns != 0;
    let mut flags = if terms.what_if { flag::WHAT_IF } else { 0 };
    if needed {
        flags |= flag::HAS_EXTENSION;
    }
    let slot = OrderSlot {
        order_id: id,
        price,
        qty: terms.qty,
        reference,
        instrument: terms.instrument,
        account: terms.account,
        kind: request_kind,
        side_bits: (terms.side & 3) | terms.capacity | terms.sale_mark,
        type_tif: (terms.order_type & 15) | (terms.tif << 4),
        flags,
        venue: terms.venue,
        algo: terms.algo,
        ..OrderSlot::default()
    };
    (slot.to_words(), needed.then(|| extension.to_words()))
}
