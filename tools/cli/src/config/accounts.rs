//! The account tree: parents may stand before or after their children.

use riskgate::fixed::{MONEY_PLACES, Money};
use riskgate::state::limit::Phase;
use riskgate::state::permissions::{Grant, Grantee, Permission};
use riskgate::state::setup::{Account, Setup};

use crate::config::instruments::{currency_of, intern};
use crate::config::permissions;
use crate::tree::{Kind, Problems, Table, Value, nearest};

/// Keys of an account.
pub const ACCOUNT_KEYS: &[&str] =
    &["name", "parent", "owner", "equity", "phase", "cash", "short", "permission"];

struct Read<'a> {
    account: Account,
    parent: Option<&'a str>,
    permission: Option<Permission>,
    line: u32,
}

/// All accounts, parents first.
pub fn read_accounts(setup: &mut Setup, rows: &[Value], problems: &mut Problems) {
    let mut waiting: Vec<Read> = Vec::new();
    for row in rows {
        if let Some(read) = read_account(setup, row, problems) {
            if waiting.iter().any(|w| w.account.name == read.account.name) {
                problems.add(read.line, format!("the account {} stands twice", read.account.name));
            } else {
                waiting.push(read);
            }
        }
    }
    let names: Vec<String> = waiting.iter().map(|w| w.account.name.clone()).collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    waiting.retain(|w| match w.parent {
        Some(parent) if !known.contains(&parent) => {
            let near = nearest(parent, &known).map_or(String::new(), |n| format!(", is it {n}?"));
            let name = &w.account.name;
            problems.add(w.line, format!("the parent {parent} of {name} is not an account{near}"));
            false
        }
        _ => true,
    });
    // Each round places every account whose parent has its place.
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut later = Vec::new();
        for mut read in waiting {
            match read.parent.map(|p| setup.account_id(p)) {
                Some(None) => later.push(read),
                place => {
                    read.account.parent = place.flatten();
                    let to = Grantee::Node(setup.accounts.len() as u32);
                    let grant = read.permission.map(|permission| Grant { to, permission });
                    setup.grants.extend(grant);
                    setup.accounts.push(read.account);
                }
            }
        }
        waiting = later;
        if waiting.len() == before {
            name_circles(waiting, problems);
            return;
        }
    }
}

/// Accounts without a place have lost a parent to another problem, or go round in a circle.
fn name_circles(mut waiting: Vec<Read>, problems: &mut Problems) {
    loop {
        let left: Vec<String> = waiting.iter().map(|w| w.account.name.clone()).collect();
        waiting.retain(|w| w.parent.is_some_and(|p| left.iter().any(|name| name == p)));
        if waiting.len() == left.len() {
            break;
        }
    }
    if let Some(first) = waiting.first() {
        let names: Vec<&str> = waiting.iter().map(|w| w.account.name.as_str()).collect();
        let text = format!("the accounts {} are parents of each other", names.join(", "));
        problems.add(first.line, text);
    }
}

fn read_account<'a>(
    setup: &mut Setup,
    row: &'a Value,
    problems: &mut Problems,
) -> Option<Read<'a>> {
    let table = row.table("an account", ACCOUNT_KEYS, problems)?;
    let name = table.need("name", problems)?.text("name", problems)?.to_string();
    let owner = table.text("owner", problems).map(|o| intern(&mut setup.owners, o));
    let equity = table.get("equity").and_then(|v| v.scaled("equity", MONEY_PLACES, problems));
    let phase = table.get("phase").and_then(|v| v.name_of("phase", &Phase::NAMES, problems));
    let parent = match table.get("parent") {
        Some(Value { kind: crate::tree::Kind::Null, .. }) => None,
        _ => table.text("parent", problems),
    };
    let permission = table.get("permission");
    let permission = permission.and_then(|v| permissions::read(setup, v, problems));
    let cash = row_cash(setup, &table, problems);
    let short = table.get("short").and_then(|v| v.bool("short", problems));
    let account = Account { owner, equity, phase, cash, short, ..Account::plain(&name, None) };
    Some(Read { account, parent, permission, line: table.line })
}

/// `cash`: currencies and what there is of each at the start.
fn row_cash(setup: &mut Setup, row: &Table, problems: &mut Problems) -> Vec<(u32, Money)> {
    let Some(value) = row.get("cash") else { return Vec::new() };
    let Kind::Table(entries) = &value.kind else {
        let what = value.describe();
        problems.add(value.line, format!("cash is {what}, it must be {{currency: amount}}"));
        return Vec::new();
    };
    let mut cash = Vec::new();
    for entry in entries {
        let Some(amount) = entry.value.scaled(&entry.key, MONEY_PLACES, problems) else { continue };
        match currency_of(setup, &entry.key) {
            (_, true) => {
                let text =
                    format!("cash in {} is cash in hundredths; name the currency", entry.key);
                problems.add(entry.value.line, text);
            }
            (currency, false) => cash.push((currency, amount)),
        }
    }
    cash
}
