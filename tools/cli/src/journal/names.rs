//! Names for the numbers in records: from the setup that the journal begins with, and from the ABI.

use riskgate::abi::lane::{lane_state, quarantine};
use riskgate::abi::order::{kind, order_type, side, tif};
use riskgate::abi::{PRICE_UNDEFINED, verdict};
use riskgate::fixed::{MONEY_PLACES, PRICE_PLACES, QTY_PLACES, RATE_PLACES, decimal};
use riskgate::journal::groups::Groups;
use riskgate::journal::record::{NO_LANE, Record};
use riskgate::state::command::{Command, KillScope, Restriction};
use riskgate::state::session::Session;
use riskgate::state::setup::Setup;

/// Names of the epoch in which a record lies.
#[derive(Default)]
pub struct Names {
    groups: Groups,
    setup: Setup,
}

impl Names {
    /// Looks at the next record. What does not fit together has no names, and is no error here.
    pub fn see(&mut self, record: &Record) {
        let setup = &mut self.setup;
        let _ = self.groups.push(record, |group| {
            if let Some(new) = group.setup {
                *setup = new;
            }
            Ok(())
        });
    }

    /// Name of a lane.
    pub fn lane(&self, lane: u32) -> String {
        match self.setup.lanes.get(lane as usize) {
            Some(l) => l.name.clone(),
            None if lane == NO_LANE => "none".to_string(),
            None => format!("#{lane}"),
        }
    }

    /// Name of an instrument.
    pub fn instrument(&self, id: u32) -> String {
        match self.setup.instruments.get(id as usize) {
            Some(i) => i.symbol.clone(),
            None if id == u32::MAX => "any".to_string(),
            None => format!("#{id}"),
        }
    }

    /// Name of a currency.
    pub fn currency(&self, id: u32) -> String {
        let found = self.setup.currencies.get(id as usize);
        found.map_or_else(|| format!("#{id}"), |c| c.name.clone())
    }

    /// Name of a node or account.
    pub fn node(&self, id: u32) -> String {
        match self.setup.accounts.get(id as usize) {
            Some(a) => a.name.clone(),
            None if id == verdict::NO_NODE => "none".to_string(),
            None => format!("#{id}"),
        }
    }
}

impl Names {
    /// A command in words.
    pub fn command(&self, command: &Command) -> String {
        match command {
            Command::Kill(scope) => format!("kill {}", self.scope(scope)),
            Command::Unkill(scope) => format!("unkill {}", self.scope(scope)),
            Command::Halt(id) => format!("halt {}", self.instrument(*id)),
            Command::Resume(id) => format!("resume {}", self.instrument(*id)),
            Command::Restrict { node, instrument, mode } => {
                let names = &Restriction::NAMES;
                let mode = names.iter().find(|(m, _)| m == mode).map_or("?", |(_, name)| name);
                let instrument = instrument.map_or("everything".into(), |id| self.instrument(id));
                format!("restrict {} in {instrument} to {mode}", self.node(*node))
            }
            Command::Rearm(node) => format!("rearm {}", self.node(*node)),
            Command::RollDay(node) => format!("roll_day {}", self.node(*node)),
            Command::Session { instrument, mode } => {
                let found = Session::NAMES.iter().find(|(s, _)| Some(*s) == *mode);
                let mode = found.map_or("calendar", |(_, name)| name);
                format!("session {} {mode}", self.instrument(*instrument))
            }
            Command::MarketHalt { market, halted } => {
                let what = if *halted { "market_halt" } else { "market_resume" };
                let market = market.map_or("all".into(), |m| m.to_string());
                format!("{what} {market}")
            }
            Command::Band { instrument, low, high } => {
                let instrument = self.instrument(*instrument);
                format!("band {instrument} from {} to {}", price(*low), price(*high))
            }
            Command::Algo { id, active } => {
                format!("algo {id} {}", if *active { "active" } else { "inactive" })
            }
            Command::SetMargin { instrument, long, short } => format!(
                "margin {} long {} short {}",
                self.instrument(*instrument),
                number(*long),
                number(*short)
            ),
            Command::SetGreeks { instrument, delta, gamma, vega } => format!(
                "greeks {} delta {} gamma {} vega {}",
                self.instrument(*instrument),
                number(*delta),
                number(*gamma),
                number(*vega)
            ),
            Command::SetSensitivity { instrument, dv01, cs01 } => format!(
                "sensitivity {} dv01 {} cs01 {}",
                self.instrument(*instrument),
                number(*dv01),
                number(*cs01)
            ),
            Command::SetAdv { instrument, adv, shares_outstanding } => {
                let known = |what: &str, value: Option<i64>| {
                    value.map_or(String::new(), |v| format!(" {what} {}", number(v)))
                };
                format!(
                    "reference {}{}{}",
                    self.instrument(*instrument),
                    known("adv", *adv),
                    known("shares_outstanding", *shares_outstanding)
                )
            }
            Command::RollWeek(node) => format!("roll_day {} week", self.node(*node)),
            Command::SetRate { currency, rate } => {
                let rate = decimal::format_i128(i128::from(*rate), RATE_PLACES);
                format!("rate {} {rate}", self.currency(*currency))
            }
            Command::AdjustCash { account, currency, amount } => {
                let amount = decimal::format_i128(*amount, MONEY_PLACES);
                format!("cash {} {} {amount}", self.node(*account), self.currency(*currency))
            }
            Command::SetLimit(limit) => {
                let node = limit.node.map_or(String::new(), |id| format!(" at {}", self.node(id)));
                let instrument = limit
                    .instrument
                    .map_or(String::new(), |id| format!(" in {}", self.instrument(id)));
                // The unit of the number depends on the check; it is given as it is stored.
                format!("set_limit {}{node}{instrument} {:?}", limit.check.name(), limit.bound)
            }
        }
    }

    fn scope(&self, scope: &KillScope) -> String {
        match *scope {
            KillScope::Firm => "firm".to_string(),
            KillScope::Node(node) => format!("node {}", self.node(node)),
            KillScope::NodeSide(node, side) => {
                format!("node {} side {}", self.node(node), side_name(side))
            }
            KillScope::Instrument(id) => format!("instrument {}", self.instrument(id)),
            KillScope::Lane(lane) => format!("lane {}", self.lane(lane)),
            KillScope::Venue(venue) => format!("venue {venue}"),
            KillScope::Side(side) => format!("side {}", side_name(side)),
        }
    }
}

/// A number of eight places.
fn number(value: i64) -> String {
    decimal::format_i128(value.into(), QTY_PLACES)
}

/// Name of a message's kind.
pub fn kind_name(number: u8) -> &'static str {
    match number {
        kind::NEW => "new",
        kind::REPLACE => "replace",
        kind::CANCEL => "cancel",
        kind::MASS_CANCEL => "mass_cancel",
        kind::VOID => "void",
        kind::ACK => "ack",
        kind::FILL => "fill",
        kind::CANCELLED => "cancelled",
        kind::REJECTED => "rejected",
        kind::EXPIRED => "expired",
        kind::REPLACE_REJECTED => "replace_rejected",
        kind::CANCEL_REJECTED => "cancel_rejected",
        kind::BUST => "bust",
        kind::PARENT_OPEN => "parent_open",
        kind::PARENT_CLOSE => "parent_close",
        kind::EXTENSION => "extension",
        _ => "unknown",
    }
}

/// Name of a side.
pub fn side_name(bits: u8) -> &'static str {
    match bits & 3 {
        side::BUY => "buy",
        side::SELL => "sell",
        0 => "none",
        _ => "unknown",
    }
}

/// Name of an order's type.
pub fn type_name(type_tif: u8) -> &'static str {
    match type_tif & 15 {
        0 => "none",
        order_type::LIMIT => "limit",
        order_type::MARKET => "market",
        order_type::STOP => "stop",
        order_type::STOP_LIMIT => "stop_limit",
        order_type::PEGGED => "pegged",
        _ => "unknown",
    }
}

/// Name of a time in force.
pub fn tif_name(type_tif: u8) -> &'static str {
    match type_tif >> 4 {
        0 => "none",
        tif::DAY => "day",
        tif::GTC => "gtc",
        tif::IOC => "ioc",
        tif::FOK => "fok",
        tif::GTD => "gtd",
        tif::AT_OPEN => "at_open",
        tif::AT_CLOSE => "at_close",
        _ => "unknown",
    }
}

/// Name of a lane's state.
pub fn lane_state_name(number: u8) -> &'static str {
    match u32::from(number) {
        lane_state::OPEN => "opened",
        lane_state::CLOSED => "closed",
        lane_state::QUARANTINED => "quarantined",
        _ => "unknown",
    }
}

/// Name of the reason of a quarantine.
pub fn quarantine_name(number: u32) -> &'static str {
    match number {
        0 => "none",
        quarantine::BAD_MIX => "bad_mix",
        quarantine::BAD_SEQUENCE => "bad_sequence",
        quarantine::BAD_CURSOR => "bad_cursor",
        quarantine::BROKEN_EXTENSION => "broken_extension",
        _ => "other",
    }
}

/// Names of a verdict's flags.
pub fn flag_names(flags: u16) -> Vec<&'static str> {
    [
        (verdict::flag::REPLAYED, "replayed"),
        (verdict::flag::WHAT_IF, "what_if"),
        (verdict::flag::ALERTED, "alerted"),
        (verdict::flag::SOFT, "soft"),
        (verdict::flag::UNKNOWN_ORDER, "unknown_order"),
        (verdict::flag::CLAMPED, "clamped"),
        (verdict::flag::CANCEL_RESTING, "cancel_resting"),
        (verdict::flag::STAMP_SELF_MATCH, "stamp_self_match"),
        (verdict::flag::AUDIT, "audit"),
        (verdict::flag::SHADOWED, "shadowed"),
    ]
    .into_iter()
    .filter(|(bit, _)| flags & bit != 0)
    .map(|(_, name)| name)
    .collect()
}

/// A price as text.
pub fn price(value: i64) -> String {
    if value == PRICE_UNDEFINED {
        "undefined".to_string()
    } else {
        decimal::format_i128(i128::from(value), PRICE_PLACES)
    }
}

/// A volume of the market.
pub fn volume(value: u64) -> String {
    decimal::format_i128(i128::from(value), QTY_PLACES)
}

/// A quantity as text.
pub fn qty(value: i64) -> String {
    decimal::format_i128(i128::from(value), QTY_PLACES)
}

/// Nanoseconds since 1970 as UTC text.
pub fn utc(wall_ns: u64) -> String {
    let (days, rest) = (wall_ns / 86_400_000_000_000, wall_ns % 86_400_000_000_000);
    // Days since 0000-03-01, in eras of 400 years: February, with its leap day, comes last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (seconds, ns) = (rest / 1_000_000_000, rest % 1_000_000_000);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{ns:09}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_days_come_out_right() {
        assert_eq!(utc(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(utc(951_782_400_000_000_000), "2000-02-29T00:00:00.000000000Z");
        assert_eq!(utc(1_735_689_599_000_000_001), "2024-12-31T23:59:59.000000001Z");
        assert_eq!(utc(4_107_542_400_000_000_000), "2100-03-01T00:00:00.000000000Z");
    }
}
