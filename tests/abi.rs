//! The same bytes in three languages: Rust, C11 and C++17, and the golden file.
//!
//! A change of `tests/abi/golden_v1.txt` is a change of the interface that every built client
//! relies on. To write a new one: `RISKGATE_BLESS=1 cargo test --test abi`.

#![allow(missing_docs)]

mod c_support;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use riskgate::abi::codes::{self, Check};
use riskgate::abi::*;
use riskgate::state::session::Session;

macro_rules! layouts {
    ($out:ident; $($name:literal $type:ty { $($field:ident)* })*) => {$(
        write!($out, "struct {} {} {}", $name, size_of::<$type>(), align_of::<$type>()).unwrap();
        $(write!($out, " {} {}", stringify!($field), core::mem::offset_of!($type, $field))
            .unwrap();)*
        $out.push('\n');
    )*};
}

macro_rules! constants {
    ($out:ident; $($name:literal $value:expr;)*) => {$(
        writeln!($out, "const {} {}", $name, $value as u64).unwrap();
    )*};
}

fn structs(out: &mut String) {
    layouts! { out;
        "rg_order_slot" order::OrderSlot { seq mix order_id price qty reference instrument account kind side_bits type_tif flags venue algo _reserved client_time }
        "rg_extension_slot" order::ExtensionSlot { seq mix order_id stop_price min_qty display_qty good_till_ns kind_word fee }
        "rg_verdict_slot" verdict::VerdictSlot { seq mix order_id breaches observed limit valid_until_ns epoch node decision first_check flags detail }
        "rg_lane_header" lane::LaneHeader { magic abi_major abi_minor epoch lane session order_capacity verdict_capacity }
        "rg_gate_page_header" gate_page::GatePageHeader { magic abi_major abi_minor epoch heartbeat_stale_ns verdict_valid_ns }
        "rg_mark_line" marks::MarkLine { seq bid ask last close quote_ns last_ns volume }
        "rg_marks_header" marks::MarksHeader { magic abi_major abi_minor epoch instruments _reserved }
        "rg_hello" rendezvous::Hello { magic abi_major abi_minor role _reserved name }
        "rg_welcome" rendezvous::Welcome { magic abi_major abi_minor status epoch lane session order_capacity verdict_capacity instruments _reserved text }
        "rg_mapped" rendezvous::Mapped { magic _reserved }
        "rg_query" rendezvous::Query { magic kind _reserved arg name }
        "rg_answer_header" rendezvous::AnswerHeader { magic status count item_bytes more id _reserved journal_seq }
        "rg_outstanding_item" rendezvous::OutstandingItem { order_id price qty filled reserved instrument account side pending_replaces pending_cancel acknowledged _reserved }
        "rg_position_item" rendezvous::PositionItem { account instrument position open_buy open_sell }
    }
}

fn constants(out: &mut String) {
    constants! { out;
        "RG_ABI_MAJOR" ABI_MAJOR;
        "RG_ABI_MINOR" ABI_MINOR;
        "RG_SLOT_BYTES" SLOT_BYTES;
        "RG_SLOT_WORDS" SLOT_WORDS;
        "RG_LINE_SEPARATION" LINE_SEPARATION;
        "RG_PRICE_UNDEFINED" PRICE_UNDEFINED;
        "RG_KIND_NEW" order::kind::NEW;
        "RG_KIND_REPLACE" order::kind::REPLACE;
        "RG_KIND_CANCEL" order::kind::CANCEL;
        "RG_KIND_MASS_CANCEL" order::kind::MASS_CANCEL;
        "RG_KIND_VOID" order::kind::VOID;
        "RG_KIND_ACK" order::kind::ACK;
        "RG_KIND_FILL" order::kind::FILL;
        "RG_KIND_CANCELLED" order::kind::CANCELLED;
        "RG_KIND_REJECTED" order::kind::REJECTED;
        "RG_KIND_EXPIRED" order::kind::EXPIRED;
        "RG_KIND_REPLACE_REJECTED" order::kind::REPLACE_REJECTED;
        "RG_KIND_CANCEL_REJECTED" order::kind::CANCEL_REJECTED;
        "RG_KIND_BUST" order::kind::BUST;
        "RG_KIND_PARENT_OPEN" order::kind::PARENT_OPEN;
        "RG_KIND_PARENT_CLOSE" order::kind::PARENT_CLOSE;
        "RG_KIND_EXTENSION" order::kind::EXTENSION;
        "RG_SIDE_BUY" order::side::BUY;
        "RG_SIDE_SELL" order::side::SELL;
        "RG_TYPE_LIMIT" order::order_type::LIMIT;
        "RG_TYPE_MARKET" order::order_type::MARKET;
        "RG_TYPE_STOP" order::order_type::STOP;
        "RG_TYPE_STOP_LIMIT" order::order_type::STOP_LIMIT;
        "RG_TYPE_PEGGED" order::order_type::PEGGED;
        "RG_TIF_DAY" order::tif::DAY;
        "RG_TIF_GTC" order::tif::GTC;
        "RG_TIF_IOC" order::tif::IOC;
        "RG_TIF_FOK" order::tif::FOK;
        "RG_TIF_GTD" order::tif::GTD;
        "RG_TIF_AT_OPEN" order::tif::AT_OPEN;
        "RG_TIF_AT_CLOSE" order::tif::AT_CLOSE;
        "RG_FLAG_WHAT_IF" order::flag::WHAT_IF;
        "RG_FLAG_HAS_EXTENSION" order::flag::HAS_EXTENSION;
        "RG_FLAG_BASKET_MORE" order::flag::BASKET_MORE;
        "RG_FLAG_ALL" order::flag::ALL;
        "RG_FLAG_CORRECTION" order::flag::CORRECTION;
        "RG_ANY_ID" order::ANY_ID;
        "RG_DECISION_NONE" verdict::decision::NONE;
        "RG_DECISION_ACCEPT" verdict::decision::ACCEPT;
        "RG_DECISION_REJECT" verdict::decision::REJECT;
        "RG_DECISION_WOULD_ACCEPT" verdict::decision::WOULD_ACCEPT;
        "RG_DECISION_CANCEL_INTENT" verdict::decision::CANCEL_INTENT;
        "RG_VERDICT_REPLAYED" verdict::flag::REPLAYED;
        "RG_VERDICT_WHAT_IF" verdict::flag::WHAT_IF;
        "RG_VERDICT_ALERTED" verdict::flag::ALERTED;
        "RG_VERDICT_SOFT" verdict::flag::SOFT;
        "RG_VERDICT_UNKNOWN_ORDER" verdict::flag::UNKNOWN_ORDER;
        "RG_VERDICT_CLAMPED" verdict::flag::CLAMPED;
        "RG_VERDICT_CANCEL_RESTING" verdict::flag::CANCEL_RESTING;
        "RG_VERDICT_STAMP_SELF_MATCH" verdict::flag::STAMP_SELF_MATCH;
        "RG_VERDICT_AUDIT" verdict::flag::AUDIT;
        "RG_VERDICT_SHADOWED" verdict::flag::SHADOWED;
        "RG_BREACH_MORE" verdict::BREACH_MORE;
        "RG_NO_NODE" verdict::NO_NODE;
        "RG_EXECUTIONS_BY_VALUE" verdict::EXECUTIONS_BY_VALUE;
        "RG_CLIENT_MAGIC" lane::CLIENT_MAGIC;
        "RG_GATE_MAGIC" lane::GATE_MAGIC;
        "RG_CLIENT_HEARTBEAT_OFFSET" lane::CLIENT_HEARTBEAT_OFFSET;
        "RG_VERDICTS_READ_OFFSET" lane::VERDICTS_READ_OFFSET;
        "RG_ORDERS_CONSUMED_OFFSET" lane::ORDERS_CONSUMED_OFFSET;
        "RG_LANE_STATE_OFFSET" lane::LANE_STATE_OFFSET;
        "RG_LANE_REASON_OFFSET" lane::LANE_REASON_OFFSET;
        "RG_LANE_KILLED_OFFSET" lane::LANE_KILLED_OFFSET;
        "RG_SLOTS_OFFSET" lane::SLOTS_OFFSET;
        "RG_RING_CAPACITY_MIN" lane::RING_CAPACITY_MIN;
        "RG_RING_CAPACITY_MAX" lane::RING_CAPACITY_MAX;
        "RG_LANE_AWAIT_READY" lane::lane_state::AWAIT_READY;
        "RG_LANE_OPEN" lane::lane_state::OPEN;
        "RG_LANE_CLOSED" lane::lane_state::CLOSED;
        "RG_LANE_QUARANTINED" lane::lane_state::QUARANTINED;
        "RG_QUARANTINE_BAD_MIX" lane::quarantine::BAD_MIX;
        "RG_QUARANTINE_BAD_SEQUENCE" lane::quarantine::BAD_SEQUENCE;
        "RG_QUARANTINE_BAD_CURSOR" lane::quarantine::BAD_CURSOR;
        "RG_QUARANTINE_BROKEN_EXTENSION" lane::quarantine::BROKEN_EXTENSION;
        "RG_GATE_PAGE_MAGIC" gate_page::GATE_PAGE_MAGIC;
        "RG_GATE_PAGE_BYTES" gate_page::GATE_PAGE_BYTES;
        "RG_HEARTBEAT_OFFSET" gate_page::HEARTBEAT_OFFSET;
        "RG_STATE_OFFSET" gate_page::STATE_OFFSET;
        "RG_KILLED_OFFSET" gate_page::KILLED_OFFSET;
        "RG_GATE_LOCKED" gate_page::state::LOCKED;
        "RG_GATE_READY" gate_page::state::READY;
        "RG_GATE_STOPPED" gate_page::state::STOPPED;
        "RG_GATE_FAILED" gate_page::state::FAILED;
        "RG_MARKS_MAGIC" marks::MARKS_MAGIC;
        "RG_MARK_LINES_OFFSET" marks::MARK_LINES_OFFSET;
        "RG_HELLO_MAGIC" rendezvous::HELLO_MAGIC;
        "RG_WELCOME_MAGIC" rendezvous::WELCOME_MAGIC;
        "RG_MAPPED_MAGIC" rendezvous::MAPPED_MAGIC;
        "RG_QUERY_MAGIC" rendezvous::QUERY_MAGIC;
        "RG_ANSWER_MAGIC" rendezvous::ANSWER_MAGIC;
        "RG_NAME_BYTES" rendezvous::NAME_BYTES;
        "RG_TEXT_BYTES" rendezvous::TEXT_BYTES;
        "RG_ANSWER_ITEMS_MAX" rendezvous::ANSWER_ITEMS_MAX;
        "RG_ROLE_LANE" rendezvous::role::LANE;
        "RG_ROLE_MARKS" rendezvous::role::MARKS;
        "RG_QUERY_INSTRUMENT" rendezvous::query::INSTRUMENT;
        "RG_QUERY_ACCOUNT" rendezvous::query::ACCOUNT;
        "RG_QUERY_OUTSTANDING" rendezvous::query::OUTSTANDING;
        "RG_QUERY_POSITIONS" rendezvous::query::POSITIONS;
        "RG_QUERY_NODE_NAME" rendezvous::query::NODE_NAME;
        "RG_STATUS_OK" rendezvous::status::OK;
        "RG_STATUS_VERSION_MISMATCH" rendezvous::status::VERSION_MISMATCH;
        "RG_STATUS_UNKNOWN_LANE" rendezvous::status::UNKNOWN_LANE;
        "RG_STATUS_NOT_PERMITTED" rendezvous::status::NOT_PERMITTED;
        "RG_STATUS_IN_USE" rendezvous::status::IN_USE;
        "RG_STATUS_QUARANTINED" rendezvous::status::QUARANTINED;
        "RG_STATUS_GATE_DOWN" rendezvous::status::GATE_DOWN;
        "RG_STATUS_PROTOCOL" rendezvous::status::PROTOCOL;
        "RG_STATUS_NOT_FOUND" rendezvous::status::NOT_FOUND;
        "RG_STATUS_RESOURCES" rendezvous::status::RESOURCES;
        "RG_FIELD_KIND" codes::field::KIND;
        "RG_FIELD_ORDER_ID" codes::field::ORDER_ID;
        "RG_FIELD_SIDE" codes::field::SIDE;
        "RG_FIELD_TYPE" codes::field::TYPE;
        "RG_FIELD_TIME_IN_FORCE" codes::field::TIME_IN_FORCE;
        "RG_FIELD_FLAGS" codes::field::FLAGS;
        "RG_FIELD_RESERVED" codes::field::RESERVED;
        "RG_FIELD_QTY" codes::field::QTY;
        "RG_FIELD_PRICE" codes::field::PRICE;
        "RG_FIELD_DISPLAY_QTY" codes::field::DISPLAY_QTY;
        "RG_FIELD_MIN_QTY" codes::field::MIN_QTY;
        "RG_FIELD_STOP_PRICE" codes::field::STOP_PRICE;
        "RG_FIELD_GOOD_TILL" codes::field::GOOD_TILL;
        "RG_FIELD_REPLACE_IDENTITY" codes::field::REPLACE_IDENTITY;
        "RG_FIELD_REPLACE_TOTAL" codes::field::REPLACE_TOTAL;
        "RG_FIELD_FEE" codes::field::FEE;
        "RG_STATE_HALTED" codes::state_detail::HALTED;
        "RG_STATE_EXPIRED" codes::state_detail::EXPIRED;
        "RG_STATE_CLOSED" codes::state_detail::CLOSED;
        "RG_STATE_TYPE" codes::state_detail::TYPE;
        "RG_STATE_TIME_IN_FORCE" codes::state_detail::TIME_IN_FORCE;
        "RG_PERMISSION_CLASS" codes::permission_detail::CLASS;
        "RG_PERMISSION_TYPE" codes::permission_detail::TYPE;
        "RG_PERMISSION_TIME_IN_FORCE" codes::permission_detail::TIME_IN_FORCE;
        "RG_PERMISSION_CAPACITY" codes::permission_detail::CAPACITY;
        "RG_PERMISSION_VENUE" codes::permission_detail::VENUE;
        "RG_PERMISSION_ALGO" codes::permission_detail::ALGO;
        "RG_PERMISSION_ALGO_UNKNOWN" codes::permission_detail::ALGO_UNKNOWN;
        "RG_PERMISSION_ALGO_INACTIVE" codes::permission_detail::ALGO_INACTIVE;
        "RG_PERMISSION_AUCTION_TYPE" codes::permission_detail::AUCTION_TYPE;
        "RG_HALT_ALL" codes::halt_detail::ALL;
        "RG_HALT_VENUE" codes::halt_detail::VENUE;
        "RG_HALT_INSTRUMENT" codes::halt_detail::INSTRUMENT;
        "RG_COLLAR_STATIC_BAND" codes::collar_detail::STATIC_BAND;
        "RG_SESSION_CLOSED" Session::Closed as u32;
        "RG_SESSION_PRE_OPEN" Session::PreOpen as u32;
        "RG_SESSION_OPENING_AUCTION" Session::OpeningAuction as u32;
        "RG_SESSION_CONTINUOUS" Session::Continuous as u32;
        "RG_SESSION_INTRADAY_AUCTION" Session::IntradayAuction as u32;
        "RG_SESSION_CLOSING_AUCTION" Session::ClosingAuction as u32;
        "RG_SESSION_POST_CLOSE" Session::PostClose as u32;
    }
}

fn stamps(out: &mut String) {
    let mut words = [0u64; SLOT_WORDS];
    for seq in [0, 1, u32::MAX] {
        writeln!(out, "stamp {seq} {:016x}", slot_stamp(seq, &words)).unwrap();
    }
    let mut x = 1u64;
    for seq in 2..10 {
        for word in &mut words[1..] {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            *word = x;
        }
        writeln!(out, "stamp {seq} {:016x}", slot_stamp(seq, &words)).unwrap();
    }
}

/// What `tests/abi/probe.c` prints, from Rust.
fn from_rust() -> String {
    let mut out = String::new();
    structs(&mut out);
    constants(&mut out);
    writeln!(out, "bytes region 1024 {}", lane::region_bytes(1024)).unwrap();
    writeln!(out, "bytes region 2 {}", lane::region_bytes(2)).unwrap();
    writeln!(out, "bytes marks 500 {}", marks::table_bytes(500)).unwrap();
    for check in Check::ALL {
        writeln!(out, "check {} {}", check.number(), check.name()).unwrap();
    }
    stamps(&mut out);
    out
}

/// The same from C or C++.
fn from_probe(language: c_support::Language) -> String {
    let dir = c_support::TempDir::new("abi");
    let program = dir.path().join("probe");
    let mut compile = language.strict_compiler();
    compile.arg("-I").arg(c_support::root().join("include"));
    compile.args(language.treat_as()).arg(c_support::root().join("tests/abi/probe.c"));
    compile.arg("-o").arg(&program);
    c_support::run(&mut compile);
    c_support::run(&mut Command::new(&program))
}

fn golden_path() -> PathBuf {
    c_support::root().join("tests/abi/golden_v1.txt")
}

/// Compares line by line, so that a failure shows the line.
fn assert_same(what: &str, got: &str, golden: &str) {
    for (i, (g, w)) in got.lines().zip(golden.lines()).enumerate() {
        assert_eq!(g, w, "{what} differs from golden_v1.txt in line {}", i + 1);
    }
    assert_eq!(got.lines().count(), golden.lines().count(), "{what}: number of lines");
}

#[test]
fn rust_is_golden() {
    if std::env::var_os("RISKGATE_BLESS").is_some() {
        std::fs::write(golden_path(), from_rust()).unwrap();
    }
    assert_same("Rust", &from_rust(), &std::fs::read_to_string(golden_path()).unwrap());
}

#[test]
fn c11_is_golden() {
    let golden = std::fs::read_to_string(golden_path()).unwrap();
    assert_same("C11", &from_probe(c_support::Language::C11), &golden);
}

#[test]
fn cpp17_is_golden() {
    let golden = std::fs::read_to_string(golden_path()).unwrap();
    assert_same("C++17", &from_probe(c_support::Language::Cpp17), &golden);
    // C++11 must read the header, too.
    let golden = std::fs::read_to_string(golden_path()).unwrap();
    assert_same("C++11", &from_probe(c_support::Language::Cpp11), &golden);
}
