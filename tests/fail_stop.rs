//! Canaries: the safety nets of the engine process do catch. Each runs in a child process of this
//! test program, because each of them ends its process.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use riskgate::abi::gate_page::state;
use riskgate::engine::frozen_alloc::{self, FrozenAlloc};
use riskgate::engine::{failstop, inherit};
use riskgate::shm::gate_page::{self, GatePageParams, GatePageReader, GatePageWriter};

#[global_allocator]
static ALLOCATOR: FrozenAlloc = FrozenAlloc;

const ROLE: &str = "RISKGATE_TEST_CANARY";
const PAGE: &str = "RISKGATE_TEST_PAGE";

/// Not a test by itself: the child.
#[test]
fn canary() {
    let Ok(role) = std::env::var(ROLE) else { return };
    match role.as_str() {
        "allocates" => {
            frozen_alloc::freeze();
            let late = std::hint::black_box(vec![1u8; 100]);
            drop(late);
        }
        "frees" => {
            let early = std::hint::black_box(vec![1u8; 100]);
            frozen_alloc::freeze();
            drop(early);
        }
        "panics" => {
            let number = std::env::var(PAGE).unwrap().parse().unwrap();
            let file = File::from(inherit::take(number).unwrap());
            let page = GatePageWriter::map(&file).unwrap();
            page.set_state(state::READY);
            failstop::install(page);
            frozen_alloc::freeze();
            let broken: Option<u8> = std::hint::black_box(None);
            assert!(broken.is_some(), "reservations are not conserved");
        }
        other => panic!("unknown canary {other}"),
    }
    frozen_alloc::thaw();
    println!("survived");
}

/// Standard error of the child, which must have been ended by SIGABRT.
fn aborts(role: &str, page: Option<&File>) -> String {
    let lent = page.map(|file| inherit::Lent::new(file.as_fd()).unwrap());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "canary", "--nocapture", "--test-threads=1"]).env(ROLE, role);
    if let Some(lent) = &lent {
        command.env(PAGE, lent.number().to_string());
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.signal(), Some(6), "{role}: {:?}\n{text}", output.status);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("survived"));
    text
}

#[test]
fn a_late_allocation_ends_the_process_with_a_message() {
    assert!(aborts("allocates", None).contains("the hot thread allocated memory after its start"));
    assert!(aborts("frees", None).contains("the hot thread freed memory after its start"));
}

#[test]
fn a_broken_invariant_says_failed_to_every_client_and_aborts() {
    let file = gate_page::create(GatePageParams {
        epoch: 1,
        heartbeat_stale_ns: 50_000_000,
        verdict_valid_ns: 1_000_000,
    })
    .unwrap();
    let reader = GatePageReader::map(&file).unwrap();
    let text = aborts("panics", Some(&file));
    assert!(text.contains("STOPPED by a broken invariant"), "{text}");
    assert!(text.contains("reservations are not conserved"), "{text}");
    assert_eq!(reader.state(), state::FAILED);
}
