//! What does the decision alone cost, warm: decode, plan, all checks, reservation, outcome?
//!
//! Each iteration submits an order that is accepted and takes it back with a void. Read the ratio
//! between rows, not the absolute time: `many_limits` carries every check that has a number, at all
//! five levels of the tree (60 limits), `no_limits` none.

mod fixture;

use criterion::{Criterion, criterion_group, criterion_main};
use fixture::Fixture;

fn decide(c: &mut Criterion) {
    let mut group = c.benchmark_group("decision");
    for (name, with_limits) in [("no_limits", false), ("many_limits", true)] {
        let mut gate = Fixture::new(with_limits);
        group.bench_function(format!("{name}_new_and_void"), |b| {
            b.iter(|| {
                gate.submit();
                gate.void();
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decide);
criterion_main!(benches);
