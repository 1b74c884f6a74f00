//! Algorithms, and the key `permission` of accounts and lanes: what is left out is permitted.

use riskgate::abi::order::{order_type, tif};
use riskgate::state::permissions::{Algo, AlgoGrant, Permission};
use riskgate::state::setup::Setup;

use crate::config::instruments::CLASSES;
use crate::config::limits::missing;
use crate::tree::{Kind, Problems, Table, Value};

const KEYS: &[&str] =
    &["classes", "types", "auction_types", "tifs", "capacities", "venues", "algos"];
const ALGO_KEYS: &[&str] = &["id", "name", "version", "active"];
/// Names of order types.
pub const TYPES: [(u8, &str); 5] = [
    (order_type::LIMIT, "limit"),
    (order_type::MARKET, "market"),
    (order_type::STOP, "stop"),
    (order_type::STOP_LIMIT, "stop_limit"),
    (order_type::PEGGED, "pegged"),
];
/// Names of times in force.
pub const TIFS: [(u8, &str); 7] = [
    (tif::DAY, "day"),
    (tif::GTC, "gtc"),
    (tif::IOC, "ioc"),
    (tif::FOK, "fok"),
    (tif::GTD, "gtd"),
    (tif::AT_OPEN, "at_open"),
    (tif::AT_CLOSE, "at_close"),
];
/// Names of capacities.
pub const CAPACITIES: [(u8, &str); 4] =
    [(0, "none"), (1, "agency"), (2, "principal"), (3, "riskless_principal")];
const ALGO_GRANTS: [(bool, &str); 2] = [(false, "any"), (true, "registered")];

/// Registered algorithms.
pub fn read_algos(setup: &mut Setup, rows: &[Value], problems: &mut Problems) {
    for row in rows {
        let Some(table) = row.table("an algorithm", ALGO_KEYS, problems) else { continue };
        let id = table.need("id", problems).and_then(|v| v.whole("id", 1, 65_535, problems));
        let name = table.need("name", problems).and_then(|v| v.text("name", problems));
        let version = table.text("version", problems).unwrap_or_default();
        let active = table.get("active").is_none() || table.flag("active", problems);
        let (Some(id), Some(name)) = (id, name) else { continue };
        let id = id as u16;
        if setup.algos.iter().any(|a| a.id == id) {
            problems.add(row.line, format!("the algorithm {id} stands twice"));
            continue;
        }
        setup.algos.push(Algo { id, name: name.into(), version: version.into(), active });
    }
}

/// The id of a registered algorithm.
pub fn algo_id(setup: &Setup, value: &Value, problems: &mut Problems) -> Option<u16> {
    let id = value.whole("algo", 1, 65_535, problems)? as u16;
    if setup.algos.iter().any(|a| a.id == id) {
        return Some(id);
    }
    let text = format!("there is no algorithm {id}; those registered stand under algos");
    problems.add(value.line, text);
    None
}

/// A permission.
pub fn read(setup: &Setup, value: &Value, problems: &mut Problems) -> Option<Permission> {
    let table = value.table("permission", KEYS, problems)?;
    let mut permission = Permission::ALL;
    if let Some(bits) = bits(&table, "classes", &CLASSES, problems) {
        permission.classes = bits;
    }
    if let Some(bits) = bits(&table, "types", &TYPES, problems) {
        permission.types = bits as u16;
    }
    if let Some(bits) = bits(&table, "auction_types", &TYPES, problems) {
        permission.auction_types = bits as u16;
    }
    if let Some(bits) = bits(&table, "tifs", &TIFS, problems) {
        permission.tifs = bits as u16;
    }
    if let Some(bits) = bits(&table, "capacities", &CAPACITIES, problems) {
        permission.capacities = bits as u8;
    }
    if let Some(list) = table.get("venues").and_then(|v| v.list("venues", problems)) {
        let venues = list.iter().filter_map(|v| v.whole("venue", 0, 63, problems));
        permission.venues = venues.fold(0, |all, venue| all | 1 << venue);
    }
    if let Some(value) = table.get("algos") {
        permission.algos = read_algo_grant(setup, value, problems)?;
    }
    Some(permission)
}

fn bits(table: &Table, key: &str, names: &[(u8, &str)], problems: &mut Problems) -> Option<u32> {
    let list = table.get(key)?.list(key, problems)?;
    let codes = list.iter().filter_map(|v| v.name_of(key, names, problems));
    Some(codes.fold(0, |all, code| all | 1 << code))
}

/// `"any"`, `"registered"`, or a list of ids and names; a name stands for all its versions.
fn read_algo_grant(setup: &Setup, value: &Value, problems: &mut Problems) -> Option<AlgoGrant> {
    let Kind::List(list) = &value.kind else {
        return match value.name_of("algos", &ALGO_GRANTS, problems)? {
            true => Some(AlgoGrant::Registered),
            false => Some(AlgoGrant::Any),
        };
    };
    let mut ids = Vec::new();
    for value in list {
        let Kind::Text(name) = &value.kind else {
            ids.extend(algo_id(setup, value, problems));
            continue;
        };
        let before = ids.len();
        ids.extend(setup.algos.iter().filter(|a| a.name == *name).map(|a| a.id));
        if ids.len() == before {
            let all: Vec<&str> = setup.algos.iter().map(|a| a.name.as_str()).collect();
            problems.add(value.line, missing("algorithm", name, &all));
        }
    }
    Some(AlgoGrant::Listed(ids))
}
