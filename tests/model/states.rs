//! May it trade now (the part of family 2 beyond kills and latches): phases of the day, markets,
//! permissions.

use super::checks::Docket;
use super::decide::Request;
use super::gate::{Finding, Mistake, Model};
use riskgate::abi::codes::{Check, permission_detail, state_detail};
use riskgate::abi::order::{order_type, tif};
use riskgate::abi::verdict::NO_NODE;
use riskgate::state::calendar::Calendar;
use riskgate::state::limit::Limit;
use riskgate::state::permissions::{AlgoGrant, Grantee, Permission};
use riskgate::state::session::Session;
use std::collections::{BTreeMap, BTreeSet};

const DAY_S: i64 = 86_400;

/// What operations said about markets and algorithms.
#[derive(Clone, Debug, Default)]
pub(super) struct Markets {
    /// Phases that hold whatever the calendar says.
    pub sessions: BTreeMap<u32, Session>,
    pub halted: BTreeSet<u16>,
    pub all_halted: bool,
    /// Algorithms that were switched, on or off.
    pub algos: BTreeMap<u16, bool>,
}

/// The phase of a calendar at a moment, seconds since 1970 UTC: the span, of whatever day, that
/// holds the local time.
fn phase_at(calendar: &Calendar, utc_s: i64) -> Session {
    let begun = |o: &&riskgate::state::calendar::Offset| o.from_s <= utc_s;
    let offset = calendar.offsets.iter().rev().find(begun).or(calendar.offsets.first());
    let local_s = utc_s + offset.map_or(0, |o| i64::from(o.ahead_s));
    let today = local_s.div_euclid(DAY_S);
    let mut phase = Session::Closed;
    for day in today - 2..=today + 2 {
        let special = calendar.special_days.iter().find(|d| i64::from(d.day) == day);
        // The first of January 1970 was a Thursday; weeks begin on Monday.
        let usual = &calendar.week[(day + 3).rem_euclid(7) as usize];
        for span in special.map_or(usual, |d| &d.spans) {
            let since_midnight = local_s - day * DAY_S;
            if i64::from(span.from_s) <= since_midnight && since_midnight < i64::from(span.until_s)
            {
                phase = span.phase;
            }
        }
    }
    phase
}

impl Model {
    /// The time on the wall, ns since 1970 UTC.
    pub(super) fn wall_ns(&self) -> u64 {
        self.log.now_ns.wrapping_add(self.wall_offset_ns)
    }

    /// The phase of an instrument's day.
    pub(super) fn session(&self, instrument: u32) -> Session {
        if let Some(mode) = self.markets.sessions.get(&instrument) {
            return *mode;
        }
        match self.setup.instruments[instrument as usize].calendar {
            Some(calendar) => {
                let utc_s = (self.wall_ns() / 1_000_000_000) as i64;
                phase_at(&self.setup.calendars[calendar as usize], utc_s)
            }
            None => Session::Continuous,
        }
    }

    /// Does a limit hold in the present phase of an instrument's day?
    pub(super) fn in_session(&self, limit: &Limit, instrument: u32) -> bool {
        limit.sessions == 0
            || self.mistake == Mistake::SessionsIgnored
            || limit.sessions & self.session(instrument).bit() != 0
    }

    /// Family 2 beyond kills, latches, halts of one instrument and restrictions.
    pub(super) fn may_trade_there(&self, request: &Request, docket: &mut Docket) {
        if let Some(reason) = self.wrong_state(request) {
            let detail = u32::from(reason);
            docket.absolute(Finding { detail, ..Finding::bare(Check::InstrumentState) });
        }
        let market = self.setup.instruments[request.instrument as usize].market;
        let halted = |venue: u16| self.markets.halted.contains(&venue);
        if self.markets.all_halted || halted(request.venue) || market.is_some_and(halted) {
            docket.absolute(Finding::bare(Check::MarketHalt));
        }
        if let Some((node, part)) = self.not_permitted(request) {
            let row = self.always_on(Check::Permission, request);
            let found = Finding {
                node: node.unwrap_or(NO_NODE),
                detail: u32::from(part),
                ..Finding::bare(Check::Permission)
            };
            docket.breach(row.phase, row.action, row.latch, 0, found);
        }
    }

    /// Why the instrument does not take the order now.
    fn wrong_state(&self, request: &Request) -> Option<u8> {
        let instrument = &self.setup.instruments[request.instrument as usize];
        if self.halted.contains(&request.instrument) {
            return Some(state_detail::HALTED);
        }
        if instrument.expiry_ns != 0 && self.wall_ns() > instrument.expiry_ns {
            return Some(state_detail::EXPIRED);
        }
        if instrument.calendar.is_none() && !self.markets.sessions.contains_key(&request.instrument)
        {
            // Nobody knows its day: it takes whatever its venue may take.
            return None;
        }
        let session = self.session(request.instrument);
        let (kind, time) = (request.kind, request.tif);
        let type_ok = match session {
            Session::Closed => return Some(state_detail::CLOSED),
            Session::PreOpen => kind != order_type::MARKET,
            Session::OpeningAuction | Session::IntradayAuction | Session::ClosingAuction => {
                matches!(kind, order_type::LIMIT | order_type::MARKET)
            }
            Session::Continuous => true,
            Session::PostClose => kind == order_type::LIMIT,
        };
        if !type_ok {
            return Some(state_detail::TYPE);
        }
        let time_ok = match session {
            Session::Closed => false,
            Session::PreOpen => {
                matches!(time, tif::AT_OPEN | tif::DAY | tif::GTC | tif::GTD)
            }
            Session::OpeningAuction => !matches!(time, tif::IOC | tif::FOK),
            Session::IntradayAuction | Session::ClosingAuction => {
                !matches!(time, tif::IOC | tif::FOK | tif::AT_OPEN)
            }
            Session::Continuous => time != tif::AT_OPEN,
            Session::PostClose => {
                matches!(time, tif::DAY | tif::IOC | tif::FOK | tif::GTC | tif::GTD)
            }
        };
        (!time_ok).then_some(state_detail::TIME_IN_FORCE)
    }

    /// Who on the path, or the lane, does not permit which part.
    fn not_permitted(&self, request: &Request) -> Option<(Option<u32>, u8)> {
        let granted = |to: Grantee| {
            let grant = self.setup.grants.iter().find(|g| g.to == to)?;
            self.refused_part(&grant.permission, request)
        };
        let path = self.path(request.account);
        let on_path =
            path.iter().find_map(|n| granted(Grantee::Node(*n)).map(|part| (Some(*n), part)));
        on_path.or_else(|| granted(Grantee::Lane(request.lane)).map(|part| (None, part)))
    }

    fn refused_part(&self, permission: &Permission, request: &Request) -> Option<u8> {
        let class = self.setup.instruments[request.instrument as usize].class;
        let all_venues = permission.venues == u64::MAX;
        let venue = match request.venue {
            v if v < 64 => permission.venues >> v & 1 == 1,
            _ => all_venues,
        };
        let active = |id: u16| {
            let known = self.setup.algos.iter().find(|a| a.id == id)?;
            Some(self.markets.algos.get(&id).copied().unwrap_or(known.active))
        };
        let algo = match &permission.algos {
            AlgoGrant::Any => None,
            AlgoGrant::Registered if request.algo == 0 => None,
            AlgoGrant::Listed(ids) if !ids.contains(&request.algo) => Some(permission_detail::ALGO),
            _ => match active(request.algo) {
                Some(true) => None,
                Some(false) => Some(permission_detail::ALGO_INACTIVE),
                None => Some(permission_detail::ALGO_UNKNOWN),
            },
        };
        let bit = |mask: u64, n: u8| mask >> n & 1 == 1;
        if !bit(u64::from(permission.classes), class) {
            Some(permission_detail::CLASS)
        } else if !bit(u64::from(permission.types), request.kind) {
            Some(permission_detail::TYPE)
        } else if !bit(u64::from(permission.tifs), request.tif) {
            Some(permission_detail::TIME_IN_FORCE)
        } else if !bit(u64::from(permission.capacities), request.capacity) {
            Some(permission_detail::CAPACITY)
        } else if !venue {
            Some(permission_detail::VENUE)
        } else {
            algo.filter(|_| self.mistake != Mistake::AlgosNotAsked)
        }
    }
}
