//! What came of the demo, on one screen.

use hdrhistogram::Histogram;
use riskgate::fixed::decimal::group_thousands;
use serde_json::Value;

/// Percentiles that are shown, with their names in the EMS's report.
const PERCENTILES: [(f64, &str); 6] = [
    (50.0, "p50"),
    (90.0, "p90"),
    (99.0, "p99"),
    (99.9, "p99.9"),
    (99.99, "p99.99"),
    (100.0, "max"),
];

/// Prints the summary; returns whether EMS and gate agree.
pub fn print(
    ems: &Value,
    journal: &Value,
    before: Option<&Histogram<u64>>,
    after: Option<&Histogram<u64>>,
    wait: &str,
) -> bool {
    println!("\nverdicts");
    counts(&journal["decisions"]);
    println!("rejects by check (an order may breach several)");
    counts(&journal["rejects_by_check"]);
    latency(ems, before, after, wait);
    let equal = ems["equal"].as_bool().unwrap_or(false);
    println!("\nopen orders and positions of the EMS");
    println!("  {:<28}{:>14}", "open orders", grouped(&ems["open_orders"]));
    println!("  {:<28}{:>14}", "positions", grouped(&ems["positions"]));
    println!(
        "  {}",
        if equal {
            "equal to the gate's, order by order and position by position"
        } else {
            "NOT equal to the gate's"
        }
    );
    if !equal {
        println!("{ems:#}");
    }
    equal
}

fn counts(table: &Value) {
    let Some(rows) = table.as_object() else { return };
    for (name, count) in rows {
        println!("  {name:<28}{:>14}", grouped(count));
    }
}

fn grouped(value: &Value) -> String {
    group_thousands(&value.as_u64().unwrap_or(0).to_string())
}

fn latency(
    ems: &Value,
    before: Option<&Histogram<u64>>,
    after: Option<&Histogram<u64>>,
    wait: &str,
) {
    let samples = grouped(&ems["latency"]["samples"]);
    println!("\nverdict latency in ns: round trip of rg_check, closed loop, {samples} samples,");
    println!("engine waits by {wait}, journal on, beside the host's floor before and after");
    println!(
        "  {:<10}{:>12}{:>14}{:>14}{:>12}",
        "", "gate", "floor before", "floor after", "ratio"
    );
    for (percentile, name) in PERCENTILES {
        let gate = ems["latency"][name].as_u64().unwrap_or(0);
        let at = |h: Option<&Histogram<u64>>| h.map(|h| h.value_at_percentile(percentile));
        let (first, second) = (at(before), at(after));
        let text = |v: Option<u64>| v.map_or("-".into(), |v| group_thousands(&v.to_string()));
        // The floors of two moments may differ; the ratio is to their middle.
        let ratio = match (first, second) {
            (Some(a), Some(b)) if a + b > 0 => {
                let tenths = gate * 20 / (a + b);
                format!("{}.{}", tenths / 10, tenths % 10)
            }
            _ => "-".into(),
        };
        let gate = group_thousands(&gate.to_string());
        println!("  {name:<10}{gate:>12}{:>14}{:>14}{ratio:>12}", text(first), text(second));
    }
}
