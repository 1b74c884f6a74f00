//! What does each check cost? For every check of the catalogue that has a number: the time of an
//! accepted order (and of the void that takes it back) with that check alone set at all five levels
//! of the tree, less the time without any limit. Rounds of all rows are interleaved, so that a host
//! that changes its speed changes it for all; the least of the rounds is shown.
//!
//! ```text
//! cargo bench --bench per_check              # a table
//! cargo bench --bench per_check -- 20000 9   # orders per round, rounds
//! ```

mod fixture;

use std::time::Instant;

use fixture::Fixture;
use riskgate::gate::checks::CATALOGUE;
use riskgate::state::defaults::Number;

struct Row {
    name: &'static str,
    gate: Fixture,
    best_ns: f64,
}

fn main() {
    let args: Vec<u32> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let orders = args.first().copied().unwrap_or(20_000);
    let rounds = args.get(1).copied().unwrap_or(5);
    let mut rows = vec![Row { name: "no limits", gate: Fixture::new(false), best_ns: f64::MAX }];
    for row in CATALOGUE.iter().filter(|row| row.number() != Number::None) {
        let gate = Fixture::with(|setup| fixture::set_everywhere(setup, row.check));
        rows.push(Row { name: row.check.name(), gate, best_ns: f64::MAX });
    }
    rows.push(Row { name: "everything", gate: Fixture::with(fixture::set_all), best_ns: f64::MAX });
    for _ in 0..rounds {
        for row in &mut rows {
            let begin = Instant::now();
            for _ in 0..orders {
                row.gate.submit();
                row.gate.void();
            }
            let each = begin.elapsed().as_nanos() as f64 / f64::from(orders);
            row.best_ns = row.best_ns.min(each);
        }
    }
    let without = rows[0].best_ns;
    println!("{:<24}{:>10}{:>12}", "check at 5 levels", "ns/order", "more than none");
    for row in &rows {
        println!("{:<24}{:>10.0}{:>12.0}", row.name, row.best_ns, row.best_ns - without);
    }
}
