//! What the process tests share: a gate of real processes in a directory of its own, clients, and
//! a watchdog. Every process that a test started is ended with it.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use riskgate::abi::order::{OrderSlot, kind, order_type, side, tif};
use riskgate::abi::rendezvous::{role, status};
use riskgate::abi::verdict::VerdictSlot;
use riskgate::abi::{PRICE_UNDEFINED, SlotWords};
use riskgate::clock;
use riskgate::engine::options::Options;
use riskgate::fixed::{PRICE_ONE, QTY_ONE};
use riskgate::journal::image;
use riskgate::shm::client::{LaneClient, NotSubmitted, Rendezvous};
use riskgate::shm::marks::{Mark, MarkWriter};
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, RATE_ONE, Setup};
use riskgate::stats::StatsReader;

/// Longest time that anything may take before the test is given up; never asserted as a speed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// One test at a time: two cores are shared by five processes already.
pub fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Ends the whole test program, with a message, if a test hangs.
pub struct Watchdog(Arc<AtomicBool>);

impl Watchdog {
    pub fn new(name: &'static str) -> Watchdog {
        let done = Arc::new(AtomicBool::new(false));
        let theirs = done.clone();
        std::thread::spawn(move || {
            let started = Instant::now();
            while !theirs.load(Ordering::Relaxed) {
                if started.elapsed() > Duration::from_secs(120) {
                    eprintln!("watchdog: {name} hangs");
                    std::process::abort();
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        Watchdog(done)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Waits until `done` gives something.
pub fn until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(started.elapsed() < PATIENCE, "waited too long: {what}");
        std::thread::yield_now();
    }
}

/// A firm with one account, four instruments and three lanes, without limits.
pub fn setup() -> Setup {
    let account = Account::plain;
    Setup {
        currencies: vec![Currency { name: "USD".to_string(), rate: Some(RATE_ONE) }],
        instruments: ["AAPL", "MSFT", "GOOG", "AMZN"].map(Instrument::plain).to_vec(),
        accounts: vec![account("firm", None), account("A", Some(0)), account("B", Some(0))],
        lanes: vec![
            Lane::unrestricted("a", 0),
            Lane::unrestricted("b", 1),
            Lane { uids: vec![12345], ..Lane::unrestricted("c", 2) },
        ],
        capacity: Capacity::SMALL,
        ..Setup::default()
    }
}

/// A running gate.
pub struct Gate {
    pub dir: PathBuf,
    supervisor: Child,
    output: Arc<Mutex<String>>,
}

/// A fresh directory on tmpfs if there is one.
pub fn fresh_dir() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let base = Path::new("/dev/shm");
    let base = if base.is_dir() { base.to_path_buf() } else { std::env::temp_dir() };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let dir = base.join(format!("riskgate-test-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

impl Gate {
    /// Starts a gate in a fresh directory and waits until it is ready.
    pub fn start(riskgate: &str) -> Gate {
        Gate::start_with(riskgate, &[])
    }

    pub fn start_with(riskgate: &str, extra: &[&str]) -> Gate {
        let dir = fresh_dir();
        std::fs::write(dir.join("setup"), image::encode(&setup())).unwrap();
        Gate::start_in(riskgate, &dir, extra)
    }

    /// Starts a gate in a directory that another one has used.
    pub fn start_in(riskgate: &str, dir: &Path, extra: &[&str]) -> Gate {
        let mut gate = Gate::launch(riskgate, dir, extra);
        gate.wait_for("ready: epoch");
        gate
    }

    /// Starts a gate and does not wait. Without a setup in the directory it runs the example
    /// configuration.
    pub fn launch(riskgate: &str, dir: &Path, extra: &[&str]) -> Gate {
        let setup = dir.join("setup");
        let mut command = Command::new(riskgate);
        command.arg("run");
        if setup.exists() {
            command.arg("--setup").arg(setup);
        }
        let mut supervisor = command
            .arg("--state-dir")
            .arg(dir.join("state"))
            .arg("--journal-dir")
            .arg(dir.join("journal"))
            .args(["--wait", "yield", "--profile", "small-host"])
            .args(["--order-capacity", "64", "--verdict-capacity", "64"])
            .args(extra)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = Arc::new(Mutex::new(String::new()));
        let pipes: [Box<dyn Read + Send>; 2] = [
            Box::new(supervisor.stdout.take().unwrap()),
            Box::new(supervisor.stderr.take().unwrap()),
        ];
        for pipe in pipes {
            let output = output.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    println!("    | {line}");
                    let mut text = output.lock().unwrap();
                    text.push_str(&line);
                    text.push('\n');
                }
            });
        }
        Gate { dir: dir.to_path_buf(), supervisor, output }
    }

    pub fn options(&self) -> Options {
        Options::new(self.dir.join("state"), self.dir.join("journal"))
    }

    pub fn socket(&self) -> PathBuf {
        self.options().socket()
    }

    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// Waits for a line that contains `text`; that line.
    pub fn wait_for(&mut self, text: &str) -> String {
        until(&format!("the gate to say {text:?}"), || {
            std::thread::sleep(Duration::from_millis(2));
            self.output().lines().find(|line| line.contains(text)).map(str::to_string)
        })
    }

    /// Waits for the n-th line that contains `text`.
    pub fn wait_for_nth(&mut self, text: &str, n: usize) {
        until(&format!("the gate to say {text:?} {n} times"), || {
            std::thread::sleep(Duration::from_millis(2));
            (self.output().lines().filter(|line| line.contains(text)).count() >= n).then_some(())
        });
    }

    pub fn supervisor_pid(&self) -> u32 {
        self.supervisor.id()
    }

    pub fn engine_pid(&self) -> u32 {
        self.pid_of("engine.lock").expect("an engine runs")
    }

    pub fn pid_of(&self, lock: &str) -> Option<u32> {
        std::fs::read_to_string(self.dir.join("state").join(lock)).ok()?.trim().parse().ok()
    }

    pub fn stats(&self) -> StatsReader {
        StatsReader::open(&self.options().stats()).unwrap()
    }

    pub fn connect(&self, lane: &str) -> LaneClient {
        LaneClient::connect(&self.socket(), lane).unwrap()
    }

    /// Connects as soon as the gate lets us.
    pub fn connect_soon(&self, lane: &str) -> LaneClient {
        until("the lane to be free", || {
            LaneClient::connect(&self.socket(), lane)
                .inspect_err(|_| std::thread::sleep(Duration::from_millis(5)))
                .ok()
        })
    }

    /// Status and text of a refused hello.
    pub fn refusal(&self, lane: &str) -> (u32, String) {
        let (_, welcome, _) = Rendezvous::open_any(&self.socket(), role::LANE, lane).unwrap();
        assert_ne!(welcome.status, status::OK, "lane {lane} was not refused");
        (welcome.status, riskgate::shm::message::unpad(&welcome.text))
    }

    /// A feed handler that has set a mark for every instrument.
    pub fn marks(&self) -> MarkWriter {
        let mut writer = MarkWriter::connect(&self.socket()).unwrap();
        for instrument in 0..writer.instruments() {
            assert!(writer.set(instrument, &mark(100)));
        }
        writer
    }

    /// Asks for the end in good order and waits for it.
    pub fn stop(&mut self) -> ExitStatus {
        signal(self.supervisor.id(), libc::SIGTERM);
        self.ended()
    }

    /// Waits for the supervisor's end.
    pub fn ended(&mut self) -> ExitStatus {
        until("the supervisor to end", || {
            std::thread::sleep(Duration::from_millis(2));
            self.supervisor.try_wait().unwrap()
        })
    }

    pub fn kill_supervisor(&mut self) {
        self.supervisor.kill().unwrap();
        self.supervisor.wait().unwrap();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if self.supervisor.try_wait().ok().flatten().is_none() {
            // The engine first: a supervisor that lives would start another one.
            let _ = self.supervisor.kill();
            let _ = self.supervisor.wait();
        }
        for lock in ["engine.lock", "recorder.lock"] {
            if let Some(pid) = self.pid_of(lock)
                && runs_in(pid, &self.dir)
            {
                signal(pid, libc::SIGKILL);
            }
        }
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

/// Is this process one of a gate in this directory? (A number may be used again.)
pub fn runs_in(pid: u32, dir: &Path) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/cmdline"))
        .is_ok_and(|line| line.contains(&dir.display().to_string()))
}

pub fn is_alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or("").trim().starts_with('Z'))
}

pub fn signal(pid: u32, signal: i32) {
    let pid = libc::pid_t::try_from(pid).unwrap();
    assert!(pid > 1);
    // SAFETY: numbers only; the process was started by this test.
    unsafe { libc::kill(pid, signal) };
}

pub fn mark(price: i64) -> Mark {
    Mark {
        bid: price * PRICE_ONE - PRICE_ONE / 100,
        ask: price * PRICE_ONE + PRICE_ONE / 100,
        last: PRICE_UNDEFINED,
        close: PRICE_UNDEFINED,
        quote_ns: clock::now_ns(),
        last_ns: 0,
        volume: 0,
    }
}

/// A limit order for ten shares in account A.
pub fn new_order(id: u64, instrument: u32) -> OrderSlot {
    OrderSlot {
        order_id: id,
        price: 100 * PRICE_ONE,
        qty: 10 * QTY_ONE,
        instrument,
        account: 1,
        kind: kind::NEW,
        side_bits: side::BUY,
        type_tif: order_type::LIMIT | (tif::DAY << 4),
        ..OrderSlot::default()
    }
}

/// A report about an order of [`new_order`].
pub fn report(kind: u8, id: u64, reference: u64, qty: i64, price: i64) -> OrderSlot {
    OrderSlot {
        order_id: id,
        reference,
        price: if price == 0 { PRICE_UNDEFINED } else { price },
        qty,
        instrument: 0,
        account: 1,
        kind,
        side_bits: side::BUY,
        ..OrderSlot::default()
    }
}

/// Submits, waiting for room.
pub fn submit(client: &mut LaneClient, slot: &OrderSlot) {
    let words: SlotWords = slot.to_words();
    until("room for an order", || match client.submit(&words) {
        Ok(()) => Some(()),
        Err(NotSubmitted::Full) => None,
        Err(why) => panic!("not submitted: {why:?}"),
    });
}

/// The next verdict.
pub fn verdict(client: &mut LaneClient) -> VerdictSlot {
    until("a verdict", || client.poll().expect("the gate's ring is sound"))
}
