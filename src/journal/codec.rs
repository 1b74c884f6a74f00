//! Limits and control commands as bytes: the part that setup image and CONTROL records share.
//!
//! Everything is little-endian and canonical: one value has one encoding, and decoding accepts no
//! other, so that equal bytes and equal values are the same thing. Decoding is total: any bytes
//! give a value or a [`BadBytes`] with its place. Nothing here allocates.

use std::fmt;

use super::trading;
use crate::abi::codes::Check;
use crate::state::command::{Command, KillScope, Restriction};
use crate::state::dimension::Dimension;
use crate::state::limit::{
    Action, Band, Bound, Collar, Denominator, Latch, Limit, Phase, Reset, Variant, Window,
};

/// Bytes that mean nothing: where, and what was expected there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadBytes {
    /// Offset of the field that could not be read.
    pub offset: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

impl fmt::Display for BadBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.what)
    }
}

/// Where encoded bytes go.
pub trait Sink {
    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Appends a byte.
    fn put_u8(&mut self, value: u8) {
        self.put(&[value]);
    }
    /// Appends 4 bytes.
    fn put_u32(&mut self, value: u32) {
        self.put(&value.to_le_bytes());
    }
    /// Appends 8 bytes.
    fn put_u64(&mut self, value: u64) {
        self.put(&value.to_le_bytes());
    }
    /// Appends 8 bytes.
    fn put_i64(&mut self, value: i64) {
        self.put(&value.to_le_bytes());
    }
    /// Appends 16 bytes.
    fn put_i128(&mut self, value: i128) {
        self.put(&value.to_le_bytes());
    }
    /// Appends 0, or 1 and the value.
    fn put_option_u32(&mut self, value: Option<u32>) {
        self.put_u8(value.is_some().into());
        if let Some(v) = value {
            self.put_u32(v);
        }
    }
    /// Appends 0, or 1 and the value.
    fn put_option_i64(&mut self, value: Option<i64>) {
        self.put_u8(value.is_some().into());
        if let Some(v) = value {
            self.put_i64(v);
        }
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// A sink of fixed size, for the hot thread. Writing past its end panics: sizes are constants.
pub struct FixedSink<const N: usize> {
    /// The bytes.
    pub bytes: [u8; N],
    /// How many are written.
    pub len: usize,
}

impl<const N: usize> Default for FixedSink<N> {
    fn default() -> Self {
        FixedSink { bytes: [0; N], len: 0 }
    }
}

impl<const N: usize> Sink for FixedSink<N> {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }
}

/// Reads encoded bytes from the front.
pub struct Source<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Source<'a> {
    /// Reads these bytes.
    pub fn new(bytes: &'a [u8]) -> Source<'a> {
        Source { bytes, at: 0 }
    }

    /// Offset of the next byte.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Bytes left.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// A complaint about the field that ends `back` bytes before here.
    pub fn bad<T>(&self, back: usize, what: &'static str) -> Result<T, BadBytes> {
        Err(BadBytes { offset: self.at.saturating_sub(back), what })
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], BadBytes> {
        if count > self.left() {
            return self.bad(0, "the bytes end here");
        }
        let taken = &self.bytes[self.at..self.at + count];
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadBytes> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    /// A byte.
    pub fn u8(&mut self) -> Result<u8, BadBytes> {
        Ok(self.array::<1>()?[0])
    }
    /// 2 bytes.
    pub fn u16(&mut self) -> Result<u16, BadBytes> {
        Ok(u16::from_le_bytes(self.array()?))
    }
    /// 4 bytes.
    pub fn u32(&mut self) -> Result<u32, BadBytes> {
        Ok(u32::from_le_bytes(self.array()?))
    }
    /// 8 bytes.
    pub fn u64(&mut self) -> Result<u64, BadBytes> {
        Ok(u64::from_le_bytes(self.array()?))
    }
    /// 8 bytes.
    pub fn i64(&mut self) -> Result<i64, BadBytes> {
        Ok(i64::from_le_bytes(self.array()?))
    }
    /// 16 bytes.
    pub fn i128(&mut self) -> Result<i128, BadBytes> {
        Ok(i128::from_le_bytes(self.array()?))
    }
    /// 0 or 1.
    pub fn bool(&mut self) -> Result<bool, BadBytes> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => self.bad(1, "must be 0 or 1"),
        }
    }
    /// 0, or 1 and the value.
    pub fn option_u32(&mut self) -> Result<Option<u32>, BadBytes> {
        Ok(if self.bool()? { Some(self.u32()?) } else { None })
    }
    /// 0, or 1 and the value.
    pub fn option_i64(&mut self) -> Result<Option<i64>, BadBytes> {
        Ok(if self.bool()? { Some(self.i64()?) } else { None })
    }
    /// One byte that stands for one of `values`.
    pub fn one_of<T: Copy>(
        &mut self,
        values: &[(u8, T)],
        what: &'static str,
    ) -> Result<T, BadBytes> {
        let byte = self.u8()?;
        match values.iter().find(|(number, _)| *number == byte) {
            Some((_, value)) => Ok(*value),
            None => self.bad(1, what),
        }
    }
    /// One byte that is the number of one of `values`.
    pub fn numbered<T: Copy>(
        &mut self,
        values: &[T],
        number: impl Fn(T) -> u8,
        what: &'static str,
    ) -> Result<T, BadBytes> {
        let byte = self.u8()?;
        match values.iter().find(|v| number(**v) == byte) {
            Some(value) => Ok(*value),
            None => self.bad(1, what),
        }
    }
    /// A byte whose halves (low, high) are numbers of two things.
    pub fn halves<A, B>(
        &mut self,
        low: impl Fn(u8) -> Option<A>,
        high: impl Fn(u8) -> Option<B>,
        what: &'static str,
    ) -> Result<(A, B), BadBytes> {
        let byte = self.u8()?;
        match (low(byte & 15), high(byte >> 4)) {
            (Some(a), Some(b)) => Ok((a, b)),
            _ => self.bad(1, what),
        }
    }
    /// The end.
    pub fn finish(&self) -> Result<(), BadBytes> {
        if self.left() == 0 { Ok(()) } else { self.bad(0, "bytes left over") }
    }
}

const ACTIONS: [(u8, Action); 6] = [
    (1, Action::Alert),
    (2, Action::Block),
    (3, Action::AlertBlock),
    (4, Action::BlockAudit),
    (5, Action::BlockLatch),
    (6, Action::CloseOnly),
];
/// Phases by number.
pub const PHASES: [(u8, Phase); 3] = [(1, Phase::Shadow), (2, Phase::Warn), (3, Phase::Enforce)];
const LATCHES: [(u8, Latch); 2] = [(1, Latch::All), (2, Latch::CloseOnly)];
const DENOMINATORS: [(u8, Denominator); 3] =
    [(0, Denominator::Equity), (1, Denominator::LiveEquity), (2, Denominator::Gross)];
const RESTRICTIONS: [(u8, Restriction); 5] = [
    (0, Restriction::Open),
    (1, Restriction::BuyOnly),
    (2, Restriction::SellOnly),
    (3, Restriction::CloseOnly),
    (4, Restriction::NoTrading),
];

fn put_band(sink: &mut impl Sink, band: &Band) {
    let Band { percent_micro, ticks, absolute } = *band;
    sink.put_option_i64(percent_micro);
    sink.put_option_i64(ticks);
    sink.put_option_i64(absolute);
}

fn take_band(source: &mut Source<'_>) -> Result<Band, BadBytes> {
    Ok(Band {
        percent_micro: source.option_i64()?,
        ticks: source.option_i64()?,
        absolute: source.option_i64()?,
    })
}

/// Appends a limit; at most [`LIMIT_BYTES_MAX`] bytes. Bands come without floor, currency and least
/// count, which they do not have.
pub fn put_limit(sink: &mut impl Sink, limit: &Limit) {
    let Limit {
        node,
        instrument,
        lane,
        check,
        variant,
        bound,
        action,
        phase,
        latch,
        soft_percent,
        denominator,
        floor,
        bucket,
        currency,
        window,
        min_count,
        reset,
        sessions,
        owner,
        until_ns,
    } = limit;
    sink.put_option_u32(*node);
    sink.put_option_u32(*instrument);
    sink.put_option_u32(*lane);
    sink.put_u8(check.number());
    sink.put_u8(*variant as u8);
    match bound {
        Bound::Unlimited => sink.put_u8(0),
        Bound::Value(value) => {
            sink.put_u8(1);
            sink.put_i128(*value);
        }
        Bound::Collar(Collar { aggressive, passive, use_smaller }) => {
            sink.put_u8(2);
            put_band(sink, aggressive);
            put_band(sink, passive);
            sink.put_u8((*use_smaller).into());
        }
    }
    if !matches!(bound, Bound::Collar(_)) {
        sink.put_i128(*floor);
        sink.put_option_u32(*currency);
        sink.put_u32(*min_count);
    }
    sink.put_u8(*action as u8 | ((*phase as u8) << 4));
    sink.put_u8(*latch as u8 | ((*reset as u8) << 4));
    sink.put(soft_percent);
    sink.put_u8(*denominator as u8 | ((*bucket as u8) << 4));
    sink.put_u64(window.length_ns << 1 | u64::from(window.tumbling));
    sink.put_u8(*sessions);
    sink.put(&owner.to_le_bytes());
    sink.put_u64(*until_ns);
}

/// Most bytes of a limit: ids 15, check and variant 2, collar 1 + 6 × 9 + 1 (more than a value with
/// its floor, currency and count, 42), the rest 26.
pub const LIMIT_BYTES_MAX: usize = 99;

/// Reads a limit.
pub fn take_limit(source: &mut Source<'_>) -> Result<Limit, BadBytes> {
    let node = source.option_u32()?;
    let instrument = source.option_u32()?;
    let lane = source.option_u32()?;
    let number = source.u8()?;
    let Some(check) = Check::from_number(number) else {
        return source.bad(1, "no check has this number");
    };
    let variant = source.numbered(&Variant::ALL, |v| v as u8, "no variant has this number")?;
    let bound = match source.u8()? {
        0 => Bound::Unlimited,
        1 => Bound::Value(source.i128()?),
        2 => Bound::Collar(Collar {
            aggressive: take_band(source)?,
            passive: take_band(source)?,
            use_smaller: source.bool()?,
        }),
        _ => return source.bad(1, "no bound has this number"),
    };
    let (floor, currency, min_count) = match bound {
        Bound::Collar(_) => (0, None, 0),
        _ => (source.i128()?, source.option_u32()?, source.u32()?),
    };
    let (action, phase) = source.halves(
        |n| ACTIONS.iter().find(|(number, _)| *number == n).map(|(_, a)| *a),
        |n| PHASES.iter().find(|(number, _)| *number == n).map(|(_, p)| *p),
        "no action or phase has this number",
    )?;
    let (latch, reset) = source.halves(
        |n| LATCHES.iter().find(|(number, _)| *number == n).map(|(_, l)| *l),
        |n| Reset::NAMES.iter().map(|(r, _)| *r).find(|r| *r as u8 == n),
        "no latch or reset policy has this number",
    )?;
    let soft_percent = source.array()?;
    let (denominator, bucket) = source.halves(
        |n| DENOMINATORS.iter().find(|(number, _)| *number == n).map(|(_, d)| *d),
        |n| Dimension::NAMES.iter().map(|(d, _)| *d).find(|d| *d as u8 == n),
        "no denominator or bucket has this number",
    )?;
    let window = source.u64()?;
    let sessions = source.u8()?;
    let owner = u16::from_le_bytes(source.array()?);
    let until_ns = source.u64()?;
    Ok(Limit {
        node,
        instrument,
        lane,
        check,
        variant,
        bound,
        action,
        phase,
        latch,
        soft_percent,
        denominator,
        floor,
        bucket,
        currency,
        window: Window { length_ns: window >> 1, tumbling: window & 1 != 0 },
        min_count,
        reset,
        sessions,
        owner,
        until_ns,
    })
}

fn put_scope(sink: &mut impl Sink, scope: &KillScope) {
    match *scope {
        KillScope::Firm => sink.put_u8(0),
        KillScope::Node(node) => {
            sink.put_u8(1);
            sink.put_u32(node);
        }
        KillScope::NodeSide(node, side) => {
            sink.put_u8(2);
            sink.put_u32(node);
            sink.put_u8(side);
        }
        KillScope::Instrument(instrument) => {
            sink.put_u8(3);
            sink.put_u32(instrument);
        }
        KillScope::Lane(lane) => {
            sink.put_u8(4);
            sink.put_u32(lane);
        }
        KillScope::Venue(venue) => {
            sink.put_u8(5);
            sink.put_u32(u32::from(venue));
        }
        KillScope::Side(side) => {
            sink.put_u8(6);
            sink.put_u8(side);
        }
    }
}

fn take_scope(source: &mut Source<'_>) -> Result<KillScope, BadBytes> {
    Ok(match source.u8()? {
        0 => KillScope::Firm,
        1 => KillScope::Node(source.u32()?),
        2 => KillScope::NodeSide(source.u32()?, source.u8()?),
        3 => KillScope::Instrument(source.u32()?),
        4 => KillScope::Lane(source.u32()?),
        5 => match u16::try_from(source.u32()?) {
            Ok(venue) => KillScope::Venue(venue),
            Err(_) => return source.bad(4, "a venue is below 65536"),
        },
        6 => KillScope::Side(source.u8()?),
        _ => return source.bad(1, "no kill scope has this number"),
    })
}

/// Most bytes of a command.
pub const COMMAND_BYTES_MAX: usize = 1 + LIMIT_BYTES_MAX;

/// Appends a command; at most [`COMMAND_BYTES_MAX`] bytes.
pub fn put_command(sink: &mut impl Sink, command: &Command) {
    match command {
        Command::Kill(scope) => {
            sink.put_u8(1);
            put_scope(sink, scope);
        }
        Command::Unkill(scope) => {
            sink.put_u8(2);
            put_scope(sink, scope);
        }
        Command::Halt(instrument) => {
            sink.put_u8(3);
            sink.put_u32(*instrument);
        }
        Command::Resume(instrument) => {
            sink.put_u8(4);
            sink.put_u32(*instrument);
        }
        Command::Restrict { node, instrument, mode } => {
            sink.put_u8(5);
            sink.put_u32(*node);
            sink.put_option_u32(*instrument);
            sink.put_u8(*mode as u8);
        }
        Command::Rearm(node) => {
            sink.put_u8(6);
            sink.put_u32(*node);
        }
        Command::RollDay(node) => {
            sink.put_u8(7);
            sink.put_u32(*node);
        }
        Command::SetLimit(limit) => {
            sink.put_u8(8);
            put_limit(sink, limit);
        }
        Command::SetRate { currency, rate } => {
            sink.put_u8(13);
            sink.put_u32(*currency);
            sink.put_i64(*rate);
        }
        Command::AdjustCash { account, currency, amount } => {
            sink.put_u8(14);
            sink.put_u32(*account);
            sink.put_u32(*currency);
            sink.put_i128(*amount);
        }
        Command::RollWeek(node) => {
            sink.put_u8(16);
            sink.put_u32(*node);
        }
        Command::Session { .. }
        | Command::MarketHalt { .. }
        | Command::Band { .. }
        | Command::Algo { .. } => trading::put_command(sink, command),
        Command::SetMargin { instrument, long, short } => {
            sink.put_u8(17);
            sink.put_u32(*instrument);
            sink.put_i64(*long);
            sink.put_i64(*short);
        }
        Command::SetGreeks { instrument, delta, gamma, vega } => {
            sink.put_u8(18);
            sink.put_u32(*instrument);
            sink.put_i64(*delta);
            sink.put_i64(*gamma);
            sink.put_i64(*vega);
        }
        Command::SetSensitivity { instrument, dv01, cs01 } => {
            sink.put_u8(19);
            sink.put_u32(*instrument);
            sink.put_i64(*dv01);
            sink.put_i64(*cs01);
        }
        Command::SetAdv { instrument, adv, shares_outstanding } => {
            sink.put_u8(20);
            sink.put_u32(*instrument);
            sink.put_option_i64(*adv);
            sink.put_option_i64(*shares_outstanding);
        }
    }
}

/// Reads a command.
pub fn take_command(source: &mut Source<'_>) -> Result<Command, BadBytes> {
    Ok(match source.u8()? {
        1 => Command::Kill(take_scope(source)?),
        2 => Command::Unkill(take_scope(source)?),
        3 => Command::Halt(source.u32()?),
        4 => Command::Resume(source.u32()?),
        5 => Command::Restrict {
            node: source.u32()?,
            instrument: source.option_u32()?,
            mode: source.one_of(&RESTRICTIONS, "no restriction has this number")?,
        },
        6 => Command::Rearm(source.u32()?),
        7 => Command::RollDay(source.u32()?),
        8 => Command::SetLimit(take_limit(source)?),
        13 => Command::SetRate { currency: source.u32()?, rate: source.i64()? },
        14 => Command::AdjustCash {
            account: source.u32()?,
            currency: source.u32()?,
            amount: source.i128()?,
        },
        16 => Command::RollWeek(source.u32()?),
        number @ 9..=12 => trading::take_command(number, source)?,
        17 => Command::SetMargin {
            instrument: source.u32()?,
            long: source.i64()?,
            short: source.i64()?,
        },
        18 => Command::SetGreeks {
            instrument: source.u32()?,
            delta: source.i64()?,
            gamma: source.i64()?,
            vega: source.i64()?,
        },
        19 => Command::SetSensitivity {
            instrument: source.u32()?,
            dv01: source.i64()?,
            cs01: source.i64()?,
        },
        20 => Command::SetAdv {
            instrument: source.u32()?,
            adv: source.option_i64()?,
            shares_outstanding: source.option_i64()?,
        },
        _ => return source.bad(1, "no command has this number"),
    })
}
