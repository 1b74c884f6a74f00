//! The setup image: a whole [`Setup`] as bytes, as the journal begins with it.
//!
//! ```text
//! offset  0  magic u64 "RGSETUP1"   8  version u32
//!        12  lists, each a count u32 and its elements:
//!            currencies · 6 lists of group names · instruments · owners · accounts ·
//!            limits · limit owners
//!            required checks, 16 bytes · lanes · capacity, 4 × u32
//!            calendars · algorithms · permissions
//! ```
//! Texts are a length u32 and UTF-8. Optional fields are one byte 0, or 1 and the value. The order
//! of fields is that of the structs. One setup has one image ([`super::codec`]), so the image's
//! hash names the setup. Decoding is total and needs no more memory than a small multiple of the
//! image; it checks the encoding only: whether the setup makes sense is for `Setup::verify`.

use super::codec::{BadBytes, PHASES, Sink, Source, put_limit, take_limit};
use super::trading;
use crate::abi::codes::CheckMask;
use crate::error::Error;
use crate::state::dimension::Dimension;
use crate::state::setup::{Account, Capacity, Currency, Instrument, Lane, Setup};

/// First bytes of an image.
pub const SETUP_MAGIC: u64 = u64::from_le_bytes(*b"RGSETUP1");
/// Version of the image.
pub const SETUP_VERSION: u32 = 2;

/// The setup as bytes.
pub fn encode(setup: &Setup) -> Vec<u8> {
    let Setup {
        currencies,
        groups,
        instruments,
        owners,
        accounts,
        limits,
        limit_owners,
        required,
        lanes,
        capacity,
        calendars,
        algos,
        grants,
    } = setup;
    let mut out = Vec::new();
    out.put_u64(SETUP_MAGIC);
    out.put_u32(SETUP_VERSION);
    put_list(&mut out, currencies, |out, Currency { name, rate }| {
        put_text(out, name);
        out.put_option_i64(*rate);
    });
    for names in groups {
        put_list(&mut out, names, |out, name| put_text(out, name));
    }
    put_list(&mut out, instruments, put_instrument);
    put_list(&mut out, owners, |out, name| put_text(out, name));
    put_list(&mut out, accounts, put_account);
    put_list(&mut out, limits, put_limit);
    put_list(&mut out, limit_owners, |out, name| put_text(out, name));
    out.put(&required.0.to_le_bytes());
    put_list(&mut out, lanes, put_lane);
    let Capacity { open_orders, positions, limits, history } = *capacity;
    for size in [open_orders, positions, limits, history] {
        out.put_u32(size);
    }
    put_list(&mut out, calendars, trading::put_calendar);
    put_list(&mut out, algos, trading::put_algo);
    put_list(&mut out, grants, trading::put_grant);
    out
}

/// The setup that these bytes are the image of.
pub fn decode(bytes: &[u8]) -> Result<Setup, Error> {
    take_setup(bytes).map_err(|bad| {
        Error::new(format!(
            "setup image of {} bytes, {bad}; the journal was written by another version or is \
             damaged: run `riskgate journal verify`",
            bytes.len()
        ))
    })
}

/// A 64-bit hash of bytes, for naming images and comparing builds. Not cryptographic.
pub fn hash(bytes: &[u8]) -> u64 {
    const MULTIPLY: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = MULTIPLY ^ bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = (state ^ u64::from_le_bytes(word)).wrapping_mul(MULTIPLY);
        state ^= state >> 29;
    }
    state = (state ^ (state >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    state ^ (state >> 32)
}

pub(super) fn put_list<T>(out: &mut Vec<u8>, items: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    out.put_u32(items.len() as u32);
    items.iter().for_each(|item| put(out, item));
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    out.put_u32(text.len() as u32);
    out.put(text.as_bytes());
}

fn put_instrument(out: &mut Vec<u8>, instrument: &Instrument) {
    let Instrument {
        symbol,
        currency,
        minor_unit,
        ticks,
        lot,
        multiplier,
        groups,
        class,
        inverse,
        negative_price,
        mark_max_age_ns,
        last_max_age_ns,
        close_max_age_ns,
        mark_max_spread_bps,
        calendar,
        market,
        expiry_ns,
        band_low,
        band_high,
        adv,
        sane_qty,
        shares_outstanding,
        margin_long,
        margin_short,
        delta,
        delta_floor,
        underlying_value,
        gamma,
        vega,
        dv01,
        cs01,
        futures_equivalent,
        month,
        spot_month,
        base_currency,
        legs,
    } = instrument;
    put_text(out, symbol);
    out.put_u32(*currency);
    out.put_u8((*minor_unit).into());
    put_list(out, ticks, |out, (from, tick)| {
        out.put_i64(*from);
        out.put_i64(*tick);
    });
    out.put_i64(*lot);
    out.put_i64(*multiplier);
    groups.iter().for_each(|group| out.put_option_u32(*group));
    out.put_u8(*class);
    out.put_u8((*inverse).into());
    out.put_u8((*negative_price).into());
    out.put_u64(*mark_max_age_ns);
    out.put_u64(*last_max_age_ns);
    out.put_u64(*close_max_age_ns);
    out.put_u32(*mark_max_spread_bps);
    out.put_option_u32(*calendar);
    out.put_option_u32(market.map(u32::from));
    out.put_u64(*expiry_ns);
    for value in [
        band_low,
        band_high,
        adv,
        sane_qty,
        shares_outstanding,
        margin_long,
        margin_short,
        delta,
        delta_floor,
        underlying_value,
        gamma,
        vega,
        dv01,
        cs01,
        futures_equivalent,
    ] {
        out.put_i64(*value);
    }
    out.put_u32(*month);
    out.put_u8((*spot_month).into());
    out.put_option_u32(*base_currency);
    put_list(out, legs, |out, (instrument, ratio)| {
        out.put_u32(*instrument);
        out.put_u32(*ratio as u32);
    });
}

fn put_account(out: &mut Vec<u8>, account: &Account) {
    let Account { name, parent, owner, equity, phase, cash, short } = account;
    put_text(out, name);
    out.put_option_u32(*parent);
    out.put_option_u32(*owner);
    out.put_u8(equity.is_some().into());
    if let Some(equity) = equity {
        out.put_i128(*equity);
    }
    out.put_u8(phase.map_or(0, |p| p as u8));
    put_list(out, cash, |out, (currency, amount)| {
        out.put_u32(*currency);
        out.put_i128(*amount);
    });
    out.put_u8(match short {
        None => 0,
        Some(false) => 1,
        Some(true) => 2,
    });
}

fn put_lane(out: &mut Vec<u8>, lane: &Lane) {
    let Lane { name, group, uids, accounts, classes, kinds, venues, max_open_orders } = lane;
    put_text(out, name);
    out.put_u32(*group);
    put_list(out, uids, |out, uid| out.put_u32(*uid));
    put_list(out, accounts, |out, node| out.put_u32(*node));
    out.put_u32(*classes);
    out.put_u32(*kinds);
    out.put_u64(*venues);
    out.put_u32(*max_open_orders);
}

fn take_setup(bytes: &[u8]) -> Result<Setup, BadBytes> {
    let mut source = Source::new(bytes);
    if source.u64()? != SETUP_MAGIC {
        return source.bad(8, "not a setup image");
    }
    if source.u32()? != SETUP_VERSION {
        return source.bad(4, "an image version that this build does not know");
    }
    let source = &mut source;
    let setup = Setup {
        currencies: take_list(source, |source| {
            Ok(Currency { name: take_text(source)?, rate: source.option_i64()? })
        })?,
        groups: take_groups(source)?,
        instruments: take_list(source, take_instrument)?,
        owners: take_list(source, take_text)?,
        accounts: take_list(source, take_account)?,
        limits: take_list(source, take_limit)?,
        limit_owners: take_list(source, take_text)?,
        required: CheckMask(source.i128()? as u128),
        lanes: take_list(source, take_lane)?,
        capacity: Capacity {
            open_orders: source.u32()?,
            positions: source.u32()?,
            limits: source.u32()?,
            history: source.u32()?,
        },
        calendars: take_list(source, trading::take_calendar)?,
        algos: take_list(source, trading::take_algo)?,
        grants: take_list(source, trading::take_grant)?,
    };
    source.finish()?;
    Ok(setup)
}

pub(super) fn take_list<T>(
    source: &mut Source<'_>,
    take: impl Fn(&mut Source<'_>) -> Result<T, BadBytes>,
) -> Result<Vec<T>, BadBytes> {
    let count = source.u32()? as usize;
    // Every element takes at least a byte: a count beyond that is damage, not a reason to allocate.
    if count > source.left() {
        return source.bad(4, "a count beyond the end of the image");
    }
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(take(source)?);
    }
    Ok(items)
}

pub(super) fn take_text(source: &mut Source<'_>) -> Result<String, BadBytes> {
    let len = source.u32()? as usize;
    let bytes = source.take(len)?;
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_string()),
        Err(_) => source.bad(len, "a text that is not UTF-8"),
    }
}

fn take_groups(source: &mut Source<'_>) -> Result<[Vec<String>; Dimension::NAMED], BadBytes> {
    let mut groups = <[Vec<String>; Dimension::NAMED]>::default();
    for names in &mut groups {
        *names = take_list(source, take_text)?;
    }
    Ok(groups)
}

fn take_instrument(source: &mut Source<'_>) -> Result<Instrument, BadBytes> {
    Ok(Instrument {
        symbol: take_text(source)?,
        currency: source.u32()?,
        minor_unit: source.bool()?,
        ticks: take_list(source, |source| Ok((source.i64()?, source.i64()?)))?,
        lot: source.i64()?,
        multiplier: source.i64()?,
        groups: {
            let mut groups = [None; Dimension::NAMED];
            for group in &mut groups {
                *group = source.option_u32()?;
            }
            groups
        },
        class: source.u8()?,
        inverse: source.bool()?,
        negative_price: source.bool()?,
        mark_max_age_ns: source.u64()?,
        last_max_age_ns: source.u64()?,
        close_max_age_ns: source.u64()?,
        mark_max_spread_bps: source.u32()?,
        calendar: source.option_u32()?,
        market: match source.option_u32()?.map(u16::try_from) {
            None => None,
            Some(Ok(market)) => Some(market),
            Some(Err(_)) => return source.bad(4, "a market is below 65536"),
        },
        expiry_ns: source.u64()?,
        band_low: source.i64()?,
        band_high: source.i64()?,
        adv: source.i64()?,
        sane_qty: source.i64()?,
        shares_outstanding: source.i64()?,
        margin_long: source.i64()?,
        margin_short: source.i64()?,
        delta: source.i64()?,
        delta_floor: source.i64()?,
        underlying_value: source.i64()?,
        gamma: source.i64()?,
        vega: source.i64()?,
        dv01: source.i64()?,
        cs01: source.i64()?,
        futures_equivalent: source.i64()?,
        month: source.u32()?,
        spot_month: source.bool()?,
        base_currency: source.option_u32()?,
        legs: take_list(source, |source| Ok((source.u32()?, source.u32()? as i32)))?,
    })
}

fn take_account(source: &mut Source<'_>) -> Result<Account, BadBytes> {
    Ok(Account {
        name: take_text(source)?,
        parent: source.option_u32()?,
        owner: source.option_u32()?,
        equity: if source.bool()? { Some(source.i128()?) } else { None },
        phase: match source.u8()? {
            0 => None,
            number => match PHASES.iter().find(|(n, _)| *n == number) {
                Some((_, phase)) => Some(*phase),
                None => return source.bad(1, "no phase has this number"),
            },
        },
        cash: take_list(source, |source| Ok((source.u32()?, source.i128()?)))?,
        short: match source.u8()? {
            0 => None,
            1 => Some(false),
            2 => Some(true),
            _ => return source.bad(1, "must be 0, 1 or 2"),
        },
    })
}

fn take_lane(source: &mut Source<'_>) -> Result<Lane, BadBytes> {
    Ok(Lane {
        name: take_text(source)?,
        group: source.u32()?,
        uids: take_list(source, |source| source.u32())?,
        accounts: take_list(source, |source| source.u32())?,
        classes: source.u32()?,
        kinds: source.u32()?,
        venues: source.u64()?,
        max_open_orders: source.u32()?,
    })
}
