//! How many instructions does a decision take? To be run under callgrind, which repeats exactly:
//!
//! ```text
//! cargo bench --bench instructions --no-run
//! valgrind --tool=callgrind --toggle-collect='instructions::submit' target/release/deps/instructions-* all 10000
//! ```
//! The total divided by the number of orders is the count per accepted order, with the slot's
//! making. First argument: `all` limits (60 on five levels) or `none`; second: orders.

mod fixture;

use fixture::Fixture;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let with_limits = args.first().is_none_or(|a| a == "all");
    let orders: u32 = args.get(1).and_then(|n| n.parse().ok()).unwrap_or(1000);
    let mut gate = Fixture::new(with_limits);
    for _ in 0..orders {
        submit(&mut gate);
        gate.void();
    }
    println!("{orders} orders decided");
}

#[inline(never)]
fn submit(gate: &mut Fixture) {
    gate.submit();
}
