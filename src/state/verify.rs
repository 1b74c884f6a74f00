//! What every layer relies on in a [`Setup`], checked once when it is loaded.
//!
//! It never stops at the first problem: a person who repairs a file wants to see them all.

use crate::abi::PRICE_UNDEFINED;
use crate::abi::codes::Check;
use crate::fixed::{Money, PRICE_ONE, QTY_ONE};
use crate::state::calendar::CALENDARS_MAX;
use crate::state::defaults::{self, Number};
use crate::state::dimension::Dimension;
use crate::state::duplicates::DUPLICATE_LIMIT_MAX;
use crate::state::limit::{Bound, Limit, Variant};
use crate::state::session::Session;
use crate::state::setup::{Instrument, Setup, TICK_ROWS_MAX, TREE_DEPTH_MAX};

/// Longest name of a lane, bytes.
const LANE_NAME_MAX: usize = 63;
/// Largest limit of a concentration: ten thousand times the denominator.
const CONCENTRATION_MAX_BPS: i128 = 100_000_000;
/// What a concentration can be of.
const BUCKETS: [Dimension; 5] = [
    Dimension::Sector,
    Dimension::Issuer,
    Dimension::Instrument,
    Dimension::Country,
    Dimension::Currency,
];
/// Most cash of a node in a currency, and of an adjustment: 1e15 units.
pub const CASH_MAX: Money = 100_000_000_000_000_000_000_000_000_000_000;
/// It, for people.
pub const CASH_MAX_TEXT: &str = "1,000,000,000,000,000";
/// Longest window, ns.
const WINDOW_MAX_NS: u64 = 7 * 24 * 3_600_000_000_000;
/// A step's product (lot × contract size) is a multiple of this, 1e-16 per 1e-8.
const STEP_UNIT: i128 = QTY_ONE as i128;

impl Setup {
    /// Everything that is wrong with it, as texts for a person; empty if it can be used.
    pub fn verify(&self) -> Vec<String> {
        let mut problems = Vec::new();
        self.verify_currencies(&mut problems);
        self.verify_calendars(&mut problems);
        self.verify_instruments(&mut problems);
        self.verify_accounts(&mut problems);
        self.verify_limits(&mut problems);
        self.verify_lanes(&mut problems);
        self.verify_permissions(&mut problems);
        self.verify_capacity(&mut problems);
        problems
    }

    fn verify_currencies(&self, problems: &mut Vec<String>) {
        match self.currencies.first() {
            None => problems.push("there is no base currency; name it first".into()),
            Some(base) if base.rate != Some(PRICE_ONE) => {
                problems.push(format!("the base currency {} must have the rate 1", base.name));
            }
            Some(_) => {}
        }
        for currency in &self.currencies {
            if currency.rate.is_some_and(|rate| rate <= 0) {
                problems.push(format!("the rate of {} must be above 0", currency.name));
            }
        }
        unique("currency", self.currencies.iter().map(|c| c.name.as_str()), problems);
    }

    fn verify_calendars(&self, problems: &mut Vec<String>) {
        unique("calendar", self.calendars.iter().map(|c| c.name.as_str()), problems);
        if self.calendars.len() > CALENDARS_MAX {
            let count = self.calendars.len();
            problems.push(format!("there are {count} calendars, the most are {CALENDARS_MAX}"));
        }
        for calendar in &self.calendars {
            let texts = calendar.problems().into_iter();
            problems.extend(texts.map(|text| format!("calendar {}: {text}", calendar.name)));
        }
    }

    fn verify_instruments(&self, problems: &mut Vec<String>) {
        unique("instrument", self.instruments.iter().map(|i| i.symbol.as_str()), problems);
        for instrument in &self.instruments {
            for text in self.instrument_problems(instrument) {
                problems.push(format!("instrument {}: {text}", instrument.symbol));
            }
        }
    }

    /// Everything that is wrong with one instrument, which need not be among the setup's own.
    pub fn instrument_problems(&self, instrument: &Instrument) -> Vec<String> {
        let mut problems = Vec::new();
        let mut note = |text: String| problems.push(text);
        let currency = self.currencies.get(instrument.currency as usize);
        match currency {
            None => note(format!("there is no currency {}", instrument.currency)),
            Some(c) if c.rate.is_some() && instrument.unit(c.rate).is_none() => {
                note("multiplier times rate is beyond 1e12 of the base currency".into());
            }
            Some(_) => {}
        }
        for ((dimension, name), group) in Dimension::NAMES.iter().zip(instrument.groups) {
            let names = &self.groups[*dimension as usize];
            if group.is_some_and(|g| g as usize >= names.len()) {
                note(format!("there is no such {name}"));
            }
        }
        if instrument.base_currency.is_some_and(|c| c as usize >= self.currencies.len()) {
            note("there is no such base currency".into());
        }
        for (name, value) in [
            ("adv", instrument.adv),
            ("sane_qty", instrument.sane_qty),
            ("shares_outstanding", instrument.shares_outstanding),
            ("margin_long", instrument.margin_long),
            ("margin_short", instrument.margin_short),
            ("delta_floor", instrument.delta_floor),
            ("underlying_value", instrument.underlying_value),
            ("futures_equivalent", instrument.futures_equivalent),
        ] {
            if value < 0 {
                note(format!("{name} must not be negative"));
            }
        }
        let (low, high) = (instrument.band_low, instrument.band_high);
        if low != PRICE_UNDEFINED && high != PRICE_UNDEFINED && low > high {
            note("the static band's low is above its high".into());
        }
        if instrument.calendar.is_some_and(|c| c as usize >= self.calendars.len()) {
            note("there is no such calendar".into());
        }
        if instrument.market.is_some_and(|market| market >= 64) {
            note("the market must be a venue number below 64".into());
        }
        if instrument.class >= 32 {
            note(format!("the class is {}, it must be below 32", instrument.class));
        }
        if instrument.lot < 0 {
            note("the lot must not be negative; 0 means none".into());
        }
        if instrument.multiplier <= 0 {
            note("the multiplier must be above 0".into());
        } else if instrument.lot > 0 && !step_is_whole(instrument) {
            note("lot times multiplier must be a multiple of 0.00000001".into());
        }
        verify_ticks(instrument, &mut note);
        problems.extend(self.leg_problems(instrument));
        problems
    }

    fn verify_accounts(&self, problems: &mut Vec<String>) {
        unique("account", self.accounts.iter().map(|a| a.name.as_str()), problems);
        let mut depths: Vec<usize> = Vec::with_capacity(self.accounts.len());
        for (index, account) in self.accounts.iter().enumerate() {
            let name = &account.name;
            let depth = match account.parent {
                None => 1,
                Some(parent) if (parent as usize) < index => depths[parent as usize] + 1,
                Some(_) => {
                    problems.push(format!("account {name}: its parent must stand before it"));
                    1
                }
            };
            if depth > TREE_DEPTH_MAX {
                problems.push(format!(
                    "account {name}: it is {depth} levels deep, the tree has at most \
                     {TREE_DEPTH_MAX}"
                ));
            }
            depths.push(depth);
            if account.owner.is_some_and(|o| o as usize >= self.owners.len()) {
                problems.push(format!("account {name}: there is no such owner"));
            }
            let mut seen: Vec<u32> = Vec::new();
            for (currency, amount) in &account.cash {
                if *currency as usize >= self.currencies.len() {
                    problems.push(format!("account {name}: its cash is in an unknown currency"));
                }
                if seen.contains(currency) {
                    problems.push(format!("account {name}: its cash in one currency stands twice"));
                }
                if amount.unsigned_abs() > CASH_MAX as u128 {
                    problems.push(format!("account {name}: its cash is beyond {CASH_MAX_TEXT}"));
                }
                seen.push(*currency);
            }
        }
    }

    fn verify_limits(&self, problems: &mut Vec<String>) {
        for (index, limit) in self.limits.iter().enumerate() {
            for text in self.limit_problems(limit) {
                problems.push(format!(
                    "limit {} {}: {text}",
                    limit.check.name(),
                    self.place(limit)
                ));
            }
            if self.limits[..index].iter().any(|earlier| earlier.same_purpose(limit)) {
                let place = self.place(limit);
                problems.push(format!("limit {} stands twice {place}", limit.check.name()));
            }
        }
    }

    /// Everything that is wrong with one limit, which need not be among the setup's own.
    pub fn limit_problems(&self, limit: &Limit) -> Vec<String> {
        let mut problems = Vec::new();
        if limit.node.is_none() && limit.instrument.is_none() && limit.lane.is_none() {
            problems.push("it needs a node, an instrument, both, or a lane".into());
        }
        if limit.lane.is_some_and(|l| l as usize >= self.lanes.len()) {
            problems.push("there is no such lane".into());
        }
        if limit.currency.is_some_and(|c| c as usize >= self.currencies.len()) {
            problems.push("there is no such currency".into());
        }
        if usize::from(limit.owner) >= self.limit_owners.len().max(1) {
            problems.push("there is no such limit owner".into());
        }
        if limit.node.is_some_and(|n| n as usize >= self.accounts.len()) {
            problems.push("there is no such node".into());
        }
        if limit.instrument.is_some_and(|i| i as usize >= self.instruments.len()) {
            problems.push("there is no such instrument".into());
        }
        let is_collar = matches!(limit.bound, Bound::Collar(_));
        if matches!(limit.bound, Bound::Value(v) if v < 0) {
            problems.push("the number must not be negative".into());
        }
        let number = defaults::number_of(limit.check, limit.variant);
        let wants_collar = number == Number::Collar;
        if is_collar != wants_collar && limit.bound != Bound::Unlimited {
            problems.push("the number is of the wrong kind".into());
        }
        if is_collar && (limit.floor != 0 || limit.currency.is_some() || limit.min_count != 0) {
            problems.push("bands have no floor, currency or least count".into());
        }
        if defaults::has_window(limit.check) != (limit.window.length_ns != 0)
            && limit.bound != Bound::Unlimited
        {
            problems.push(match defaults::has_window(limit.check) {
                true => {
                    "it counts over a window of time; say which, such as window = \"1s\"".into()
                }
                false => "it has no window of time".into(),
            });
        }
        if limit.check == Check::DuplicateOrder {
            if limit.window.tumbling {
                problems.push(
                    "it counts by exact times, over the last window before each order; leave out \
                     kind = \"tumbling\""
                        .into(),
                );
            }
            if matches!(limit.bound, Bound::Value(most) if most > DUPLICATE_LIMIT_MAX) {
                problems.push(format!("the largest number is {DUPLICATE_LIMIT_MAX}"));
            }
        }
        if limit.window.length_ns > WINDOW_MAX_NS {
            problems.push("the longest window is 7 days".into());
        }
        if limit.check == Check::SectorConcentration
            && matches!(limit.bound, Bound::Value(bps) if bps > CONCENTRATION_MAX_BPS)
        {
            problems.push(format!(
                "a share is at most {CONCENTRATION_MAX_BPS} basis points; write unlimited for none"
            ));
        }
        if limit.check == Check::SectorConcentration && !BUCKETS.contains(&limit.bucket) {
            problems.push(format!("nothing is concentrated by {}", limit.bucket.name()));
        }
        if limit.check == Check::FxPosition && limit.currency == Some(0) {
            problems.push("positions in the firm's base currency have no limit".into());
        }
        if limit.check == Check::Ownership
            && limit.variant == Variant::Default
            && matches!(limit.bound, Bound::Value(bps) if bps > CONCENTRATION_MAX_BPS)
        {
            problems.push(format!(
                "a share is at most {CONCENTRATION_MAX_BPS} basis points; write unlimited for none"
            ));
        }
        if let Bound::Collar(collar) = &limit.bound {
            let bands = [collar.aggressive, collar.passive];
            let numbers = bands.iter().flat_map(|b| [b.percent_micro, b.ticks, b.absolute]);
            if numbers.flatten().any(|number| number < 0) {
                problems.push("the bands of a collar must not be negative".into());
            }
        }
        if limit.floor < 0 {
            problems.push("the floor must not be negative".into());
        }
        let place = (limit.node.is_some(), limit.instrument.is_some(), limit.lane.is_some());
        let (at_node, in_instrument, of_lane) = place;
        let scopes = defaults::scopes(limit.check);
        if place != (false, false, false) && !scopes.allow(at_node, in_instrument, of_lane) {
            problems.push(format!(
                "{} cannot be set for {}; its scopes are {}",
                limit.check.name(),
                match place {
                    (true, true, false) => "a node and an instrument",
                    (true, false, false) => "a node",
                    (false, true, false) => "an instrument alone",
                    (false, false, true) => "a lane",
                    _ => "a lane together with something else",
                },
                scopes.text()
            ));
        }
        if limit.sessions & !Session::ALL_BITS != 0 {
            problems.push("there is no such phase of the day".into());
        }
        let used = limit.soft_percent.iter().take_while(|p| **p != 0).count();
        let (soft, rest) = limit.soft_percent.split_at(used);
        if !soft.is_sorted() || soft.iter().any(|p| *p > 100) || rest.iter().any(|p| *p != 0) {
            problems.push("soft thresholds are ascending percents up to 100".into());
        }
        problems
    }

    fn place(&self, limit: &Limit) -> String {
        let name = |n: u32| self.accounts.get(n as usize).map_or("?", |a| a.name.as_str());
        let symbol = |i: u32| self.instruments.get(i as usize).map_or("?", |i| i.symbol.as_str());
        if let Some(lane) = limit.lane {
            let name = self.lanes.get(lane as usize).map_or("?", |l| l.name.as_str());
            return format!("of lane {name}");
        }
        match (limit.node, limit.instrument) {
            (Some(node), Some(i)) => format!("at node {} in {}", name(node), symbol(i)),
            (Some(node), None) => format!("at node {}", name(node)),
            (None, Some(i)) => format!("in {}", symbol(i)),
            (None, None) => "nowhere".into(),
        }
    }

    fn verify_lanes(&self, problems: &mut Vec<String>) {
        unique("lane", self.lanes.iter().map(|l| l.name.as_str()), problems);
        for lane in &self.lanes {
            let name = &lane.name;
            if name.is_empty() || name.len() > LANE_NAME_MAX {
                problems.push(format!("lane \"{name}\": a name has 1 to {LANE_NAME_MAX} bytes"));
            }
            if lane.accounts.iter().any(|a| *a as usize >= self.accounts.len()) {
                problems.push(format!("lane {name}: there is no such account"));
            }
        }
    }

    fn verify_capacity(&self, problems: &mut Vec<String>) {
        let c = &self.capacity;
        for (name, value, most) in [
            ("open_orders", c.open_orders, 1 << 24),
            ("positions", c.positions, 1 << 24),
            ("limits", c.limits, 1 << 20),
            ("history", c.history, 1 << 20),
        ] {
            if !(16..=most).contains(&value) {
                problems.push(format!("capacity {name} is {value}, it must be from 16 to {most}"));
            }
        }
        if !c.history.is_power_of_two() {
            problems.push(format!("capacity history is {}, it must be a power of two", c.history));
        }
        if self.limits.len() > c.limits as usize {
            let count = self.limits.len();
            problems.push(format!("there are {count} limits, the capacity is {}", c.limits));
        }
    }
}

fn step_is_whole(instrument: &Instrument) -> bool {
    let product = i128::from(instrument.lot) * i128::from(instrument.multiplier);
    product % STEP_UNIT == 0
}

fn verify_ticks(instrument: &Instrument, note: &mut impl FnMut(String)) {
    let ticks = &instrument.ticks;
    if ticks.len() > TICK_ROWS_MAX {
        note(format!("the tick table has {} rows, the most are {TICK_ROWS_MAX}", ticks.len()));
    }
    if ticks.first().is_some_and(|(from, _)| *from != 0) {
        note("the tick table must begin at 0".into());
    }
    if ticks.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
        note("the tick table must ascend".into());
    }
    if ticks.iter().any(|(_, tick)| *tick <= 0) {
        note("a tick must be above 0".into());
    }
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a str>, problems: &mut Vec<String>) {
    let mut sorted: Vec<&str> = names.collect();
    sorted.sort_unstable();
    for pair in sorted.windows(2).filter(|pair| pair[0] == pair[1]) {
        problems.push(format!("the {what} {} stands twice", pair[0]));
    }
    if sorted.first().is_some_and(|name| name.is_empty()) {
        problems.push(format!("a {what} has no name"));
    }
}
