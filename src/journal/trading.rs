//! What says when and how may be traded, as bytes: calendars, algorithms and permissions of a setup's
//! image, and the commands that change them.

use super::codec::{BadBytes, Sink, Source};
use super::image::{put_list, put_text, take_list, take_text};
use crate::state::calendar::{Calendar, Offset, Span, SpecialDay};
use crate::state::command::Command;
use crate::state::permissions::{Algo, AlgoGrant, Grant, Grantee, Permission};
use crate::state::session::Session;

/// Appends a calendar.
pub fn put_calendar(out: &mut Vec<u8>, calendar: &Calendar) {
    let Calendar { name, zone, offsets, week, special_days } = calendar;
    put_text(out, name);
    put_text(out, zone);
    put_list(out, offsets, |out, Offset { from_s, ahead_s }| {
        out.put_i64(*from_s);
        out.put_u32(*ahead_s as u32);
    });
    for spans in week {
        put_list(out, spans, put_span);
    }
    put_list(out, special_days, |out, SpecialDay { day, spans }| {
        out.put_u32(*day as u32);
        put_list(out, spans, put_span);
    });
}

/// Reads a calendar.
pub fn take_calendar(source: &mut Source<'_>) -> Result<Calendar, BadBytes> {
    Ok(Calendar {
        name: take_text(source)?,
        zone: take_text(source)?,
        offsets: take_list(source, |source| {
            Ok(Offset { from_s: source.i64()?, ahead_s: source.u32()? as i32 })
        })?,
        week: {
            let mut week = <[Vec<Span>; 7]>::default();
            for spans in &mut week {
                *spans = take_list(source, take_span)?;
            }
            week
        },
        special_days: take_list(source, |source| {
            Ok(SpecialDay { day: source.u32()? as i32, spans: take_list(source, take_span)? })
        })?,
    })
}

fn put_span(out: &mut Vec<u8>, span: &Span) {
    let Span { from_s, until_s, phase } = *span;
    out.put_u32(from_s as u32);
    out.put_u32(until_s as u32);
    out.put_u8(phase as u8);
}

fn take_span(source: &mut Source<'_>) -> Result<Span, BadBytes> {
    Ok(Span {
        from_s: source.u32()? as i32,
        until_s: source.u32()? as i32,
        phase: match Session::from_number(source.u8()?) {
            Some(session) => session,
            None => return source.bad(1, "no phase of the day has this number"),
        },
    })
}

/// Appends an algorithm.
pub fn put_algo(out: &mut Vec<u8>, algo: &Algo) {
    let Algo { id, name, version, active } = algo;
    out.put(&id.to_le_bytes());
    put_text(out, name);
    put_text(out, version);
    out.put_u8((*active).into());
}

/// Reads an algorithm.
pub fn take_algo(source: &mut Source<'_>) -> Result<Algo, BadBytes> {
    Ok(Algo {
        id: source.u16()?,
        name: take_text(source)?,
        version: take_text(source)?,
        active: source.bool()?,
    })
}

/// Appends a permission and whose it is.
pub fn put_grant(out: &mut Vec<u8>, grant: &Grant) {
    let Grant { to, permission } = grant;
    let (kind, id) = match to {
        Grantee::Node(id) => (0, *id),
        Grantee::Lane(id) => (1, *id),
    };
    out.put_u8(kind);
    out.put_u32(id);
    let Permission { classes, types, auction_types, tifs, capacities, venues, algos } = permission;
    out.put_u32(*classes);
    out.put(&types.to_le_bytes());
    out.put(&auction_types.to_le_bytes());
    out.put(&tifs.to_le_bytes());
    out.put_u8(*capacities);
    out.put_u64(*venues);
    match algos {
        AlgoGrant::Any => out.put_u8(0),
        AlgoGrant::Registered => out.put_u8(1),
        AlgoGrant::Listed(ids) => {
            out.put_u8(2);
            put_list(out, ids, |out, id| out.put(&id.to_le_bytes()));
        }
    }
}

/// Reads a permission and whose it is.
pub fn take_grant(source: &mut Source<'_>) -> Result<Grant, BadBytes> {
    Ok(Grant {
        to: match (source.u8()?, source.u32()?) {
            (0, id) => Grantee::Node(id),
            (1, id) => Grantee::Lane(id),
            _ => return source.bad(5, "a permission is for a node (0) or a lane (1)"),
        },
        permission: Permission {
            classes: source.u32()?,
            types: source.u16()?,
            auction_types: source.u16()?,
            tifs: source.u16()?,
            capacities: source.u8()?,
            venues: source.u64()?,
            algos: match source.u8()? {
                0 => AlgoGrant::Any,
                1 => AlgoGrant::Registered,
                2 => AlgoGrant::Listed(take_list(source, |source| source.u16())?),
                _ => return source.bad(1, "no grant of algorithms has this number"),
            },
        },
    })
}

/// In place of a phase of the day: as the calendar says.
const BY_CALENDAR: u8 = u8::MAX;

/// Appends a command of this file's kind, numbers 9 to 12; nothing for any other.
pub fn put_command(sink: &mut impl Sink, command: &Command) {
    match command {
        Command::Session { instrument, mode } => {
            sink.put_u8(9);
            sink.put_u32(*instrument);
            sink.put_u8(mode.map_or(BY_CALENDAR, |session| session as u8));
        }
        Command::MarketHalt { market, halted } => {
            sink.put_u8(10);
            sink.put_option_u32(market.map(u32::from));
            sink.put_u8((*halted).into());
        }
        Command::Band { instrument, low, high } => {
            sink.put_u8(11);
            sink.put_u32(*instrument);
            sink.put_i64(*low);
            sink.put_i64(*high);
        }
        Command::Algo { id, active } => {
            sink.put_u8(12);
            sink.put(&id.to_le_bytes());
            sink.put_u8((*active).into());
        }
        _ => {}
    }
}

/// Reads what follows the number of a command, 9 to 12.
pub fn take_command(number: u8, source: &mut Source<'_>) -> Result<Command, BadBytes> {
    Ok(match number {
        9 => Command::Session {
            instrument: source.u32()?,
            mode: match source.u8()? {
                BY_CALENDAR => None,
                number => match Session::from_number(number) {
                    Some(session) => Some(session),
                    None => return source.bad(1, "no phase of the day has this number"),
                },
            },
        },
        10 => Command::MarketHalt {
            market: match source.option_u32()?.map(u16::try_from) {
                None => None,
                Some(Ok(market)) => Some(market),
                Some(Err(_)) => return source.bad(4, "a market is below 65536"),
            },
            halted: source.bool()?,
        },
        11 => Command::Band { instrument: source.u32()?, low: source.i64()?, high: source.i64()? },
        12 => Command::Algo { id: source.u16()?, active: source.bool()? },
        _ => return source.bad(1, "no command has this number"),
    })
}
