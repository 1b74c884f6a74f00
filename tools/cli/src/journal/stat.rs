//! `riskgate journal stat`: what a journal holds, in numbers.

use std::collections::BTreeMap;
use std::io::Write;

use riskgate::abi::codes::Check;
use riskgate::error::Result;
use riskgate::journal::reader::JournalReader;
use riskgate::journal::record::{Body, Kind, flag};
use riskgate::journal::replay::{decision_name, event_text};
use serde_json::{Map, Value, json};

use super::names::{self, Names};
use super::{Found, Source, torn_json, torn_text};

struct Epoch {
    epoch: u32,
    first_seq: u64,
    last_seq: u64,
    wall_ns: u64,
    first_ns: u64,
    last_ns: u64,
    build: String,
    continues: bool,
    stopped: bool,
}

#[derive(Default)]
struct Counts {
    records: u64,
    kinds: BTreeMap<Kind, u64>,
    messages: BTreeMap<&'static str, u64>,
    decisions: BTreeMap<&'static str, u64>,
    first_check: BTreeMap<Check, u64>,
    any_check: BTreeMap<Check, u64>,
    events: BTreeMap<String, u64>,
    lanes: BTreeMap<String, u64>,
    epochs: Vec<Epoch>,
}

/// Runs the command.
pub fn run(source: &Source, out: &mut dyn Write) -> Result<Found> {
    let mut reader = JournalReader::open_paths(&source.paths)?;
    let mut counts = Counts::default();
    let mut names = Names::default();
    while let Some(record) = reader.next_record()? {
        names.see(&record);
        counts.records += 1;
        *counts.kinds.entry(record.body.kind()).or_default() += 1;
        if counts.epochs.last().is_none_or(|e| e.epoch != record.epoch) {
            counts.epochs.push(Epoch {
                epoch: record.epoch,
                first_seq: record.seq,
                last_seq: record.seq,
                wall_ns: 0,
                first_ns: record.time_ns,
                last_ns: record.time_ns,
                build: String::new(),
                continues: false,
                stopped: false,
            });
        }
        let Some(epoch) = counts.epochs.last_mut() else { continue };
        epoch.last_seq = record.seq;
        epoch.last_ns = epoch.last_ns.max(record.time_ns);
        epoch.stopped = matches!(record.body, Body::Stop(_));
        match &record.body {
            Body::Start(start) => {
                epoch.wall_ns = start.wall_ns;
                epoch.build = start.build.as_str().to_string();
                epoch.continues = record.flags & flag::CONTINUES != 0;
            }
            Body::Order(d) | Body::Report(d) => {
                let kind = (d.words[riskgate::abi::order::WORD_KIND] & 0xff) as u8;
                *counts.messages.entry(names::kind_name(kind)).or_default() += 1;
                *counts.lanes.entry(names.lane(record.lane)).or_default() += 1;
                if d.decision != 0 {
                    *counts.decisions.entry(decision_name(d.decision)).or_default() += 1;
                }
                if let Some(check) = Check::from_number(d.first_check) {
                    *counts.first_check.entry(check).or_default() += 1;
                }
                for check in d.breaches.iter() {
                    *counts.any_check.entry(check).or_default() += 1;
                }
            }
            Body::Event(e) => {
                let text = event_text(&e.event);
                let name = text.split(' ').next().unwrap_or_default().to_string();
                *counts.events.entry(name).or_default() += 1;
            }
            _ => {}
        }
    }
    if source.json {
        writeln!(out, "{}", to_json(&counts, &reader))?;
    } else {
        print(&counts, &reader, out)?;
    }
    Ok(if reader.torn().is_some() { Found::Something } else { Found::Nothing })
}

fn print(c: &Counts, reader: &JournalReader, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "{} records in {} segments, {} bytes",
        c.records,
        reader.segments(),
        reader.bytes()
    )?;
    for e in &c.epochs {
        writeln!(
            out,
            "epoch {}: records {} to {}, {}, from {}, {} ms, build {:?}, {}",
            e.epoch,
            e.first_seq,
            e.last_seq,
            if e.continues { "continues" } else { "anew" },
            names::utc(e.wall_ns),
            (e.last_ns - e.first_ns) / 1_000_000,
            e.build,
            if e.stopped { "ended in good order" } else { "did not end in good order (yet)" }
        )?;
    }
    table(out, "records", c.kinds.iter().map(|(k, n)| (k.name(), *n)))?;
    table(out, "messages", c.messages.iter().map(|(k, n)| (*k, *n)))?;
    table(out, "lanes", c.lanes.iter().map(|(k, n)| (k.as_str(), *n)))?;
    table(out, "decisions", c.decisions.iter().map(|(k, n)| (*k, *n)))?;
    table(out, "rejects by first check", c.first_check.iter().map(|(k, n)| (k.name(), *n)))?;
    table(out, "rejects by any check", c.any_check.iter().map(|(k, n)| (k.name(), *n)))?;
    table(out, "events", c.events.iter().map(|(k, n)| (k.as_str(), *n)))?;
    if let Some(torn) = reader.torn() {
        writeln!(out, "{}", torn_text(torn))?;
    }
    Ok(())
}

fn table<'a>(
    out: &mut dyn Write,
    title: &str,
    rows: impl Iterator<Item = (&'a str, u64)>,
) -> Result<()> {
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        writeln!(out, "{title}:")?;
    }
    for (name, count) in rows {
        writeln!(out, "  {name:<24} {count:>12}")?;
    }
    Ok(())
}

fn to_json(c: &Counts, reader: &JournalReader) -> Value {
    let object = |rows: Vec<(&str, u64)>| -> Value {
        rows.into_iter().map(|(k, n)| (k.to_string(), json!(n))).collect::<Map<_, _>>().into()
    };
    json!({
        "records": c.records,
        "segments": reader.segments(),
        "bytes": reader.bytes(),
        "epochs": c.epochs.iter().map(|e| json!({
            "epoch": e.epoch,
            "first_seq": e.first_seq,
            "last_seq": e.last_seq,
            "continues": e.continues,
            "started": names::utc(e.wall_ns),
            "span_ns": e.last_ns - e.first_ns,
            "build": e.build,
            "stopped": e.stopped,
        })).collect::<Vec<_>>(),
        "by_kind": object(c.kinds.iter().map(|(k, n)| (k.name(), *n)).collect()),
        "messages": object(c.messages.iter().map(|(k, n)| (*k, *n)).collect()),
        "lanes": object(c.lanes.iter().map(|(k, n)| (k.as_str(), *n)).collect()),
        "decisions": object(c.decisions.iter().map(|(k, n)| (*k, *n)).collect()),
        "rejects_by_first_check":
            object(c.first_check.iter().map(|(k, n)| (k.name(), *n)).collect()),
        "rejects_by_check": object(c.any_check.iter().map(|(k, n)| (k.name(), *n)).collect()),
        "events": object(c.events.iter().map(|(k, n)| (k.as_str(), *n)).collect()),
        "torn": reader.torn().map(torn_json),
    })
}
