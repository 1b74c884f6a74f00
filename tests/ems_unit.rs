//! The parts of the sample EMS that need no gate, tested in C++.

#![allow(missing_docs)]

mod c_support;

use c_support::{Language, TempDir, root, run};

#[test]
fn reading_grouping_marks_percentiles_and_generator() {
    let dir = TempDir::new("ems-unit");
    let program = dir.path().join("unit_test");
    let mut compiler = Language::Cpp17.strict_compiler();
    compiler.arg("-I").arg(root().join("include")).arg("-I").arg(root().join("ffi/ems"));
    compiler.arg(root().join("tests/ems/unit_test.cpp"));
    compiler.args(["lobster.cpp", "generator.cpp"].map(|f| root().join("ffi/ems").join(f)));
    run(compiler.arg("-o").arg(&program));
    run(&mut std::process::Command::new(&program));
}
