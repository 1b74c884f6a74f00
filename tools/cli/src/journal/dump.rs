//! `riskgate journal dump`: records as readable lines, or as JSON lines with decimals as strings.

use std::io::Write;

use riskgate::abi::order::{ExtensionSlot, OrderSlot, flag as order_flag};
use riskgate::error::Result;
use riskgate::fixed::decimal::{format_i128, format_wide};
use riskgate::gate::outcome::{Breach, MeasureUnit};
use riskgate::journal::reader::JournalReader;
use riskgate::journal::record::{Body, Decided, NO_LANE, Record, flag};
use riskgate::journal::replay::{decision_name, event_text, mask_names};
use serde_json::{Map, Value, json};

use super::names::{self, Names, price, qty};
use super::{Found, Source, torn_text};

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub source: Source,
    /// First record.
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: u64,
    /// Last record.
    #[arg(long, value_name = "N", default_value_t = u64::MAX)]
    to: u64,
    /// Only records of this lane, by name or number.
    #[arg(long, value_name = "LANE")]
    lane: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<Found> {
    let mut reader = JournalReader::open_paths(&args.source.paths)?;
    let mut names = Names::default();
    while let Some(record) = reader.next_record()? {
        names.see(&record);
        if record.seq > args.to {
            break;
        }
        let other_lane = args.lane.as_ref().is_some_and(|lane| {
            *lane != record.lane.to_string() && *lane != names.lane(record.lane)
        });
        if record.seq < args.from || other_lane {
            continue;
        }
        if args.source.json {
            writeln!(out, "{}", to_json(&record, &names))?;
        } else {
            writeln!(out, "{}", to_line(&record, &names))?;
        }
    }
    if let Some(torn) = reader.torn() {
        eprintln!("{}", torn_text(torn));
        return Ok(Found::Something);
    }
    Ok(Found::Nothing)
}

/// A record as a line.
pub fn to_line(record: &Record, names: &Names) -> String {
    let lane = match record.lane {
        NO_LANE => String::new(),
        lane => format!(" lane {}", names.lane(lane)),
    };
    let head = format!(
        "{} epoch {} t {}{lane} {}",
        record.seq,
        record.epoch,
        record.time_ns,
        record.body.kind().name()
    );
    let body = match &record.body {
        Body::Start(s) => format!(
            "{} at {} build {:?} setup {:#018x} ({} bytes in {} records) state {:#018x} accept \
             valid {} ns",
            if record.flags & flag::CONTINUES != 0 { "continues" } else { "anew" },
            names::utc(s.wall_ns),
            s.build.as_str(),
            s.setup_hash,
            s.setup_bytes,
            s.setup_records,
            s.state_hash,
            s.valid_ns
        ),
        Body::Setup(c) => format!("part {}, {} bytes", c.index, c.len),
        Body::Order(d) | Body::Report(d) => decided_line(d, names),
        Body::Extension(words) => {
            let e = ExtensionSlot::from_words(words);
            format!(
                "of {}: stop {} min {} display {} good till {}",
                e.order_id,
                price(e.stop_price),
                qty(e.min_qty),
                qty(e.display_qty),
                e.good_till_ns
            )
        }
        Body::Breach(b) => breach_line(b, names),
        Body::Event(e) => {
            let event = e.event;
            let mut text = format!("{} {}", kind_text(&event), event.check.name());
            if event.percent != 0 {
                text.push_str(&format!("@{}", event.percent));
            }
            if event.node != u32::MAX {
                text.push_str(&format!(" at {}", names.node(event.node)));
            }
            if event.instrument != u32::MAX {
                text.push_str(&format!(" in {}", names.instrument(event.instrument)));
            }
            text
        }
        Body::Mark(m) => format!(
            "{} bid {} ask {} last {} close {} quoted {} traded {} volume {}",
            names.instrument(m.instrument),
            price(m.mark.bid),
            price(m.mark.ask),
            price(m.mark.last),
            price(m.mark.close),
            m.mark.quote_ns,
            m.mark.last_ns,
            names::volume(m.mark.volume)
        ),
        Body::Control(c) => format!(
            "{}{} by {:?} approved by {:?} because {:?}",
            if record.flags & flag::REFUSED != 0 { "REFUSED " } else { "" },
            names.command(&c.command),
            c.operator.as_str(),
            c.approver.as_str(),
            c.reason.as_str()
        ),
        Body::Lane(l) => format!(
            "{} reason {} session {} uid {} pid {}",
            names::lane_state_name(l.state),
            names::quarantine_name(l.reason),
            l.session,
            l.uid,
            l.pid
        ),
        Body::Stop(s) => {
            format!("at {} state {:#018x} reason {}", names::utc(s.wall_ns), s.state_hash, s.reason)
        }
    };
    format!("{head} {body}")
}

fn kind_text(event: &riskgate::gate::outcome::Event) -> String {
    let text = event_text(event);
    text.split(':').next().unwrap_or_default().to_string()
}

fn decided_line(d: &Decided, names: &Names) -> String {
    let o = OrderSlot::from_words(&d.words);
    let mut text = format!(
        "{} {} {} {} {} @ {} account {}",
        names::kind_name(o.kind),
        o.order_id,
        names::side_name(o.side_bits),
        qty(o.qty),
        names.instrument(o.instrument),
        price(o.price),
        names.node(o.account)
    );
    if o.type_tif != 0 {
        text.push_str(&format!(
            " {} {}",
            names::type_name(o.type_tif),
            names::tif_name(o.type_tif)
        ));
    }
    if o.reference != 0 {
        text.push_str(&format!(" ref {}", o.reference));
    }
    if d.decision != 0 {
        text.push_str(&format!(" -> {}", decision_name(d.decision)));
    }
    if !d.breaches.is_empty() {
        text.push_str(&format!(" [{}]", mask_names(d.breaches)));
    }
    if d.unit != MeasureUnit::None {
        let (observed, limit) = numbers(d);
        text.push_str(&format!(" {observed} over {limit} at {}", names.node(d.node)));
    }
    for (name, mask) in [("alerts", d.alerts), ("soft", d.soft), ("shadow", d.shadow)] {
        if !mask.is_empty() {
            text.push_str(&format!(" {name} [{}]", mask_names(mask)));
        }
    }
    let flags = names::flag_names(d.flags);
    if !flags.is_empty() {
        text.push_str(&format!(" flags {}", flags.join("+")));
    }
    if d.mark != riskgate::abi::PRICE_UNDEFINED {
        text.push_str(&format!(" mark {} age {} ns", price(d.mark), d.mark_age_ns));
    }
    if !d.environment.ready {
        text.push_str(" (gate not ready)");
    }
    if !d.environment.journal_ok {
        text.push_str(" (journal has no room)");
    }
    text
}

/// Observed value and limit of the first breach, as in the verdict.
fn numbers(d: &Decided) -> (String, String) {
    let text = |value: i64| format_i128(i128::from(value), d.unit.verdict_places());
    (text(d.observed), text(d.limit))
}

fn breach_line(b: &Breach, names: &Names) -> String {
    format!(
        "{} at {}: before {} observed {} limit {} detail {}",
        b.check.name(),
        names.node(b.node),
        format_wide(b.before, b.unit.places()),
        b.observed_text(),
        b.limit_text(),
        b.detail
    )
}

/// A record as JSON.
pub fn to_json(record: &Record, names: &Names) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_string(), value);
    put("seq", json!(record.seq));
    put("epoch", json!(record.epoch));
    put("time_ns", json!(record.time_ns));
    put("kind", json!(record.body.kind().name()));
    if record.lane != NO_LANE {
        put("lane", json!(names.lane(record.lane)));
    }
    let body = match &record.body {
        Body::Start(s) => json!({
            "continues": record.flags & flag::CONTINUES != 0,
            "wall": names::utc(s.wall_ns),
            "build": s.build.as_str(),
            "setup_hash": format!("{:016x}", s.setup_hash),
            "state_hash": format!("{:016x}", s.state_hash),
            "setup_bytes": s.setup_bytes,
            "setup_records": s.setup_records,
            "valid_ns": s.valid_ns,
        }),
        Body::Setup(c) => json!({"part": c.index, "bytes": c.len}),
        Body::Order(d) | Body::Report(d) => decided_json(d, names),
        Body::Extension(words) => {
            let e = ExtensionSlot::from_words(words);
            json!({
                "order_id": e.order_id,
                "stop_price": price(e.stop_price),
                "min_qty": qty(e.min_qty),
                "display_qty": qty(e.display_qty),
                "good_till_ns": e.good_till_ns,
            })
        }
        Body::Breach(b) => json!({
            "check": b.check.name(),
            "node": names.node(b.node),
            "before": format_wide(b.before, b.unit.places()),
            "observed": b.observed_text(),
            "limit": b.limit_text(),
            "detail": b.detail,
        }),
        Body::Event(e) => json!({
            "event": kind_text(&e.event),
            "check": e.event.check.name(),
            "percent": e.event.percent,
            "node": names.node(e.event.node),
            "instrument": names.instrument(e.event.instrument),
        }),
        Body::Mark(m) => json!({
            "instrument": names.instrument(m.instrument),
            "bid": price(m.mark.bid),
            "ask": price(m.mark.ask),
            "last": price(m.mark.last),
            "close": price(m.mark.close),
            "quote_ns": m.mark.quote_ns,
            "last_ns": m.mark.last_ns,
            "volume": names::volume(m.mark.volume),
        }),
        Body::Control(c) => json!({
            "command": names.command(&c.command),
            "refused": record.flags & flag::REFUSED != 0,
            "operator": c.operator.as_str(),
            "approver": c.approver.as_str(),
            "reason": c.reason.as_str(),
        }),
        Body::Lane(l) => json!({
            "state": names::lane_state_name(l.state),
            "reason": names::quarantine_name(l.reason),
            "session": l.session,
            "uid": l.uid,
            "pid": l.pid,
        }),
        Body::Stop(s) => json!({
            "wall": names::utc(s.wall_ns),
            "state_hash": format!("{:016x}", s.state_hash),
            "reason": s.reason,
        }),
    };
    if let Value::Object(fields) = body {
        object.extend(fields);
    }
    Value::Object(object)
}

fn decided_json(d: &Decided, names: &Names) -> Value {
    let o = OrderSlot::from_words(&d.words);
    let checks = |mask: riskgate::abi::codes::CheckMask| -> Vec<&str> {
        mask.iter().map(|check| check.name()).collect()
    };
    let first = (d.unit != MeasureUnit::None).then(|| numbers(d));
    json!({
        "message": names::kind_name(o.kind),
        "order_id": o.order_id,
        "ref": o.reference,
        "account": names.node(o.account),
        "instrument": names.instrument(o.instrument),
        "side": names::side_name(o.side_bits),
        "type": names::type_name(o.type_tif),
        "tif": names::tif_name(o.type_tif),
        "price": price(o.price),
        "qty": qty(o.qty),
        "what_if": o.flags & order_flag::WHAT_IF != 0,
        "venue": o.venue,
        "algo": o.algo,
        "words": d.words[1..].iter().map(|w| format!("{w:016x}")).collect::<Vec<_>>(),
        "decision": decision_name(d.decision),
        "breaches": checks(d.breaches),
        "alerts": checks(d.alerts),
        "soft": checks(d.soft),
        "shadow": checks(d.shadow),
        "observed": first.as_ref().map(|f| f.0.clone()),
        "limit": first.as_ref().map(|f| f.1.clone()),
        "node": names.node(d.node),
        "detail": d.detail,
        "flags": names::flag_names(d.flags),
        "mark": price(d.mark),
        "mark_age_ns": d.mark_age_ns,
        "ready": d.environment.ready,
        "journal_ok": d.environment.journal_ok,
        "received_ns": d.received_ns,
        "valid_until_ns": d.valid_until_ns,
        "configuration_seq": d.configuration_seq,
        "events": d.events,
    })
}
