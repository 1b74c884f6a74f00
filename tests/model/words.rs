//! Worlds and inputs in words, for the message about a disagreement.

use super::life::Input;
use super::world::World;
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::order::{ExtensionSlot, OrderSlot, kind};
use riskgate::fixed::decimal::format_i128;
use riskgate::state::limit::{Bound, Limit};
use std::fmt::Write;

pub fn price(value: i64) -> String {
    if value == PRICE_UNDEFINED { "-".into() } else { format_i128(i128::from(value), 9) }
}

pub fn qty(value: i64) -> String {
    format_i128(i128::from(value), 8)
}

/// The whole world, a line per thing.
pub fn world(world: &World) -> String {
    let mut out = String::new();
    let setup = &world.setup;
    for (n, i) in setup.instruments.iter().enumerate() {
        let currency = &setup.currencies[i.currency as usize];
        let ticks: Vec<_> = i
            .ticks
            .iter()
            .map(|(from, tick)| format!("{}:{}", price(*from), price(*tick)))
            .collect();
        let _ = writeln!(
            out,
            "  instrument {n} {} minor {} rate {} ticks {} lot {} multiplier {} sector {:?} \
             inverse {} negative {} ages {}/{}/{} spread {}",
            currency.name,
            i.minor_unit,
            currency.rate.map_or("-".into(), price),
            ticks.join(" "),
            qty(i.lot),
            qty(i.multiplier),
            i.groups[0],
            i.inverse,
            i.negative_price,
            i.mark_max_age_ns,
            i.last_max_age_ns,
            i.close_max_age_ns,
            i.mark_max_spread_bps
        );
    }
    for (n, a) in setup.accounts.iter().enumerate() {
        let equity = a.equity.map_or("-".into(), |e| format_i128(e, 17));
        let (name, parent) = (&a.name, a.parent);
        let _ = writeln!(
            out,
            "  node {n} {name} parent {parent:?} owner {:?} equity {equity} phase {:?}",
            a.owner, a.phase
        );
    }
    for lane in &setup.lanes {
        let _ = writeln!(out, "  lane {lane:?}");
    }
    for l in &setup.limits {
        let _ = writeln!(out, "  limit {}", limit(l));
    }
    let _ = writeln!(out, "  required {:#x} {:?}", setup.required.0, setup.capacity);
    out
}

/// A limit in one line.
pub fn limit(l: &Limit) -> String {
    let bound = match l.bound {
        Bound::Unlimited => "unlimited".to_string(),
        Bound::Value(v) => format!("{v}"),
        Bound::Collar(c) => format!("{c:?}"),
    };
    format!(
        "{} node {:?} instrument {:?} lane {:?} owner {} window {} {} sessions {:#x} reset {:?} \
         until {} min {} {:?} bound {bound} {:?} {:?} latch {:?} soft {:?} of {:?} floor {}",
        l.check.name(),
        l.node,
        l.instrument,
        l.lane,
        l.owner,
        l.window.length_ns,
        if l.window.tumbling { "tumbling" } else { "sliding" },
        l.sessions,
        l.reset,
        l.until_ns,
        l.min_count,
        l.variant,
        l.action,
        l.phase,
        l.latch,
        l.soft_percent,
        l.denominator,
        format_i128(l.floor, 17)
    )
}

/// An input in one line.
pub fn input(input: &Input) -> String {
    match input {
        Input::Order { lane, slot, extension, environment } => {
            format!("{} in lane {lane} {environment:?}", order(slot, extension))
        }
        Input::Mark { instrument, mark } => format!(
            "mark of instrument {instrument}: bid {} ask {} last {} close {} at {} and {}",
            price(mark.bid),
            price(mark.ask),
            price(mark.last),
            price(mark.close),
            mark.quote_ns,
            mark.last_ns
        ),
        Input::Control(riskgate::state::command::Command::SetLimit(l)) => {
            format!("set limit {}", limit(l))
        }
        Input::Control(command) => format!("{command:?}"),
    }
}

fn order(s: &OrderSlot, extension: &Option<ExtensionSlot>) -> String {
    let name = match s.kind {
        kind::NEW => "new",
        kind::REPLACE => "replace",
        kind::CANCEL => "cancel",
        kind::MASS_CANCEL => "mass cancel",
        kind::VOID => "void",
        kind::ACK => "ack",
        kind::FILL => "fill",
        kind::CANCELLED => "cancelled",
        kind::REJECTED => "rejected",
        kind::EXPIRED => "expired",
        kind::REPLACE_REJECTED => "replace rejected",
        kind::CANCEL_REJECTED => "cancel rejected",
        kind::BUST => "bust",
        kind::PARENT_OPEN => "parent open",
        kind::PARENT_CLOSE => "parent close",
        _ => "unknown kind",
    };
    let more = extension.map_or(String::new(), |e| {
        format!(
            " stop {} display {} min {} until {}",
            price(e.stop_price),
            qty(e.display_qty),
            qty(e.min_qty),
            e.good_till_ns
        )
    });
    format!(
        "{name} {} ref {} account {} instrument {} side {:#x} type {} tif {} price {} qty {} \
         flags {:#x} venue {}{more}",
        s.order_id,
        s.reference,
        s.account,
        s.instrument,
        s.side_bits,
        s.type_tif & 15,
        s.type_tif >> 4,
        price(s.price),
        qty(s.qty),
        s.flags,
        s.venue
    )
}
