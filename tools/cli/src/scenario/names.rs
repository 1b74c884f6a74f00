//! Numbers and codes of the gate as texts, and texts as canonical numbers.

use std::collections::BTreeSet;

use riskgate::abi::codes::{
    Check, CheckMask, collar_detail, field, halt_detail, parent_rule, permission_detail,
    state_detail,
};
use riskgate::abi::verdict::{NO_NODE, decision, flag};
use riskgate::fixed::decimal;
use riskgate::gate::outcome::{Breach, MeasureUnit};
use riskgate::state::setup::Setup;

/// Names of decisions.
pub const DECISIONS: [(u8, &str); 4] = [
    (decision::ACCEPT, "accept"),
    (decision::REJECT, "reject"),
    (decision::WOULD_ACCEPT, "would_accept"),
    (decision::NONE, "none"),
];
/// Names of a verdict's flags.
pub const FLAGS: [(u16, &str); 11] = [
    (flag::REPLAYED, "replayed"),
    (flag::WHAT_IF, "what_if"),
    (flag::ALERTED, "alerted"),
    (flag::SOFT, "soft"),
    (flag::UNKNOWN_ORDER, "unknown_order"),
    (flag::CLAMPED, "clamped"),
    (flag::CANCEL_RESTING, "cancel_resting"),
    (flag::STAMP_SELF_MATCH, "stamp_self_match"),
    (flag::AUDIT, "audit"),
    (flag::SHADOWED, "shadowed"),
    (flag::OF_BASKET, "of_basket"),
];
/// Names of an order's fields.
const FIELDS: [(u32, &str); 16] = [
    (field::KIND, "kind"),
    (field::ORDER_ID, "id"),
    (field::SIDE, "side"),
    (field::TYPE, "type"),
    (field::TIME_IN_FORCE, "tif"),
    (field::FLAGS, "flags"),
    (field::RESERVED, "reserved"),
    (field::QTY, "qty"),
    (field::PRICE, "price"),
    (field::DISPLAY_QTY, "display"),
    (field::MIN_QTY, "min_qty"),
    (field::STOP_PRICE, "stop"),
    (field::GOOD_TILL, "good_till"),
    (field::REPLACE_IDENTITY, "replace_identity"),
    (field::REPLACE_TOTAL, "replace_total"),
    (field::FEE, "fee"),
];

const STATE_DETAILS: [(u8, &str); 5] = [
    (state_detail::HALTED, "halted"),
    (state_detail::EXPIRED, "expired"),
    (state_detail::CLOSED, "closed"),
    (state_detail::TYPE, "type"),
    (state_detail::TIME_IN_FORCE, "tif"),
];
const PERMISSION_DETAILS: [(u8, &str); 9] = [
    (permission_detail::CLASS, "class"),
    (permission_detail::TYPE, "type"),
    (permission_detail::AUCTION_TYPE, "auction_type"),
    (permission_detail::TIME_IN_FORCE, "tif"),
    (permission_detail::CAPACITY, "capacity"),
    (permission_detail::VENUE, "venue"),
    (permission_detail::ALGO, "algo"),
    (permission_detail::ALGO_UNKNOWN, "algo_unknown"),
    (permission_detail::ALGO_INACTIVE, "algo_inactive"),
];
const HALT_DETAILS: [(u8, &str); 3] = [
    (halt_detail::ALL, "all"),
    (halt_detail::VENUE, "venue"),
    (halt_detail::INSTRUMENT, "instrument"),
];
const COLLAR_DETAILS: [(u8, &str); 2] =
    [(0, "collar"), (collar_detail::STATIC_BAND, "static_band")];
/// Names of the rules about children.
const PARENT_RULES: [(u32, &str); 8] = [
    (parent_rule::UNKNOWN, "unknown"),
    (parent_rule::CLOSED, "closed"),
    (parent_rule::ACCOUNT, "account"),
    (parent_rule::INSTRUMENT, "instrument"),
    (parent_rule::SIDE, "side"),
    (parent_rule::PRICE, "price"),
    (parent_rule::QTY, "qty"),
    (parent_rule::CHILDREN, "children"),
];

/// A decimal text without noise: `+01.50` → `1.5`; `None` if it is none.
pub fn canonical(text: &str) -> Option<String> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let digits = digits.replace('_', "");
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, "0"));
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !numeric(whole) || !numeric(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = fraction.trim_end_matches('0');
    let sign = if whole == "0" && fraction.is_empty() { "" } else { sign };
    Some(if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    })
}

pub fn decision_name(decision: u8) -> &'static str {
    DECISIONS.iter().find(|(code, _)| *code == decision).map_or("?", |(_, name)| name)
}

pub fn node_name(setup: &Setup, node: u32) -> String {
    let account = setup.accounts.get(node as usize);
    account.map_or("no node".to_string(), |a| a.name.clone())
}

pub fn detail_name(breach: &Breach) -> String {
    match breach.check {
        Check::Malformed => FIELDS
            .iter()
            .find(|(code, _)| *code == breach.detail)
            .map_or(breach.detail.to_string(), |(_, name)| name.to_string()),
        Check::LimitNotSet => u8::try_from(breach.detail)
            .ok()
            .and_then(Check::from_number)
            .map_or(breach.detail.to_string(), |c| c.name().to_string()),
        Check::InstrumentState => named(&STATE_DETAILS, breach.detail),
        Check::Permission => named(&PERMISSION_DETAILS, breach.detail),
        Check::MarketHalt => named(&HALT_DETAILS, breach.detail),
        Check::PriceCollar => named(&COLLAR_DETAILS, breach.detail),
        Check::ChildOfParent => PARENT_RULES
            .iter()
            .find(|(code, _)| *code == breach.detail)
            .map_or(breach.detail.to_string(), |(_, name)| name.to_string()),
        _ => breach.detail.to_string(),
    }
}

/// Name of the reason in the low byte of a detail.
fn named(names: &[(u8, &str)], detail: u32) -> String {
    let name = names.iter().find(|(code, _)| *code == detail as u8);
    name.map_or(detail.to_string(), |(_, name)| name.to_string())
}

/// A number for people: with separators, or that an order has no price (an end of the range).
fn readable(number: &str) -> String {
    match number {
        "9223372036.854775807" | "-9223372036.854775807" | "-9223372036.854775808" => {
            "no price".to_string()
        }
        number => decimal::group_thousands(number),
    }
}

pub fn describe_breach(breach: &Breach, setup: &Setup) -> String {
    let mut text = breach.check.name().to_string();
    if breach.unit != MeasureUnit::None {
        let (observed, limit) = (breach.observed_text(), breach.limit_text());
        text += &format!(" {} against {}", readable(&observed), readable(&limit));
    }
    if breach.node != NO_NODE {
        text += &format!(" at {}", node_name(setup, breach.node));
    }
    if breach.detail != 0 {
        text += &format!(", {}", detail_name(breach));
    }
    text
}

pub fn mask_names(mask: CheckMask) -> String {
    let names: Vec<&str> = mask.iter().map(|c| c.name()).collect();
    format!("[{}]", names.join(", "))
}

pub fn soft_names(soft: &BTreeSet<(Check, u8)>) -> String {
    let names: Vec<String> = soft.iter().map(|(c, p)| format!("{}@{p}", c.name())).collect();
    format!("[{}]", names.join(", "))
}

pub fn flag_names(flags: u16) -> String {
    let set = FLAGS.iter().filter(|(bit, _)| flags & bit != 0);
    format!("[{}]", set.map(|(_, name)| *name).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_without_a_price_is_said_so() {
        assert_eq!(readable("9223372036.854775807"), "no price");
        assert_eq!(readable("-9223372036.854775807"), "no price");
        assert_eq!(readable("9223372036.854775806"), "9,223,372,036.854775806");
    }

    #[test]
    fn numbers_compare_without_their_noise() {
        for (text, want) in [
            ("1_000.50", "1000.5"),
            ("+007", "7"),
            ("-0.00", "0"),
            ("-12.340", "-12.34"),
            ("0", "0"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(want), "{text}");
        }
        for bad in ["", "-", ".5", "5.", "1e5", "abc", "1,000"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
