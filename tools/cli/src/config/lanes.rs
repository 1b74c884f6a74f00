//! Lanes: who may connect, and what they may do.

use riskgate::abi::order::kind;
use riskgate::state::permissions::{Grant, Grantee};
use riskgate::state::setup::{Lane, Setup};

use crate::config::instruments::{CLASSES, intern};
use crate::config::limits::Names;
use crate::config::permissions;
use crate::tree::{Kind, Problems, Table, Value};

const KEYS: &[&str] = &[
    "name",
    "group",
    "uids",
    "accounts",
    "classes",
    "kinds",
    "venues",
    "max_open_orders",
    "permission",
];
const KINDS: [(u8, &str); 4] = [
    (kind::NEW, "new"),
    (kind::REPLACE, "replace"),
    (kind::CANCEL, "cancel"),
    (kind::MASS_CANCEL, "mass_cancel"),
];

/// All lanes. Lanes of one `group` may report and cancel each other's orders; a lane without one
/// is alone.
pub fn read_lanes(setup: &mut Setup, rows: &[Value], problems: &mut Problems) {
    let mut groups = Vec::new();
    for row in rows {
        if let Some(table) = row.table("a lane", KEYS, problems)
            && let Some(lane) = read_lane(setup, &table, &mut groups, problems)
        {
            let to = Grantee::Lane(setup.lanes.len() as u32);
            let permission = table.get("permission");
            let permission = permission.and_then(|v| permissions::read(setup, v, problems));
            setup.grants.extend(permission.map(|permission| Grant { to, permission }));
            setup.lanes.push(lane);
        }
    }
}

fn read_lane(
    setup: &Setup,
    row: &Table,
    groups: &mut Vec<String>,
    problems: &mut Problems,
) -> Option<Lane> {
    let name = row.need("name", problems)?.text("name", problems)?;
    let group = match row.text("group", problems) {
        Some(group) => format!("group {group}"),
        None => format!("lane {name}"),
    };
    let mut lane = Lane::unrestricted(name, intern(groups, &group));
    let names = Names { setup };
    for uid in list(row, "uids", problems) {
        let uid = uid.whole("uid", 0, u32::MAX.into(), problems);
        lane.uids.extend(uid.map(|u| u as u32));
    }
    for account in list(row, "accounts", problems) {
        lane.accounts.extend(names.node(account, problems));
    }
    if row.get("classes").is_some() {
        let classes = list(row, "classes", problems);
        lane.classes = bits(classes, "classes", &CLASSES, problems);
    }
    if row.get("kinds").is_some() {
        lane.kinds = bits(list(row, "kinds", problems), "kinds", &KINDS, problems);
    }
    if row.get("venues").is_some() {
        let venues = list(row, "venues", problems).iter();
        let venues = venues.filter_map(|v| v.whole("venue", 0, 63, problems));
        lane.venues = venues.fold(0, |all, venue| all | 1 << venue);
    }
    if let Some(most) = row.get("max_open_orders") {
        let most = most.whole("max_open_orders", 0, u32::MAX.into(), problems);
        lane.max_open_orders = most.unwrap_or(0) as u32;
    }
    Some(lane)
}

fn list<'a>(row: &Table<'a>, key: &str, problems: &mut Problems) -> &'a [Value] {
    match row.get(key) {
        None => &[],
        Some(Value { kind: Kind::List(list), .. }) => list,
        Some(value) => {
            value.list(key, problems);
            &[]
        }
    }
}

fn bits(list: &[Value], what: &str, names: &[(u8, &str)], problems: &mut Problems) -> u32 {
    let codes = list.iter().filter_map(|v| v.name_of(what, names, problems));
    codes.fold(0, |all, code| all | 1 << code)
}
