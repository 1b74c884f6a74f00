//! `riskgate run`: the gate itself; and the hidden commands that it starts as its children.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use riskgate::engine::options::{Options, Profile, WaitStrategy};
use riskgate::engine::{process, recorder_process, supervisor};
use riskgate::error::{Error, Result};
use riskgate::journal::image;
use riskgate::state::setup::Setup;

use crate::config::options as configured;
use crate::config::{example, load};

const AFTER_HELP: &str = "\
Example:
  riskgate run --config riskgate.toml --state-dir /dev/shm/riskgate

The supervisor starts an engine and a recorder and prints a line when the gate is ready. Clients
connect at STATE_DIR/gate.sock. SIGTERM or Ctrl-C stops in good order: the journal is sealed.

Exit status: 0 stopped in good order, 1 refused to start or did not end in good order.";

/// Runs the gate: supervisor, engine, recorder.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// The configuration (TOML); without one, the example that `riskgate config example` prints.
    #[arg(long)]
    config: Option<PathBuf>,
    /// A setup image instead of a configuration, for tests.
    #[arg(long, hide = true, conflicts_with = "config", requires = "state_dir")]
    setup: Option<PathBuf>,
    /// Holds lock, socket, journal ring, statistics; on tmpfs. Overrides the configuration.
    #[arg(long)]
    state_dir: Option<PathBuf>,
    /// Holds the journal's segment files. Overrides the configuration.
    #[arg(long)]
    journal_dir: Option<PathBuf>,
    /// Core of the engine's hot thread. Overrides the configuration.
    #[arg(long)]
    core: Option<usize>,
    /// spin, yield or park. Overrides the configuration.
    #[arg(long)]
    wait: Option<String>,
    /// production or small-host. Overrides the configuration.
    #[arg(long)]
    profile: Option<String>,
    /// Order slots of a lane, a power of two. Overrides the configuration.
    #[arg(long)]
    order_capacity: Option<u32>,
    /// Verdict slots of a lane, a power of two. Overrides the configuration.
    #[arg(long)]
    verdict_capacity: Option<u32>,
    /// Records of the journal ring, a power of two. Overrides the configuration.
    #[arg(long)]
    journal_records: Option<u64>,
}

/// What a child is told.
#[derive(clap::Args)]
pub struct ChildArgs {
    /// `key=value`, as the supervisor says.
    words: Vec<String>,
}

/// Runs the gate.
pub fn main(args: &Args) -> ExitCode {
    let outcome = prepare(args).and_then(|(options, setup)| supervisor::run(options, setup));
    finish("riskgate run", outcome)
}

/// Runs the engine child.
pub fn engine(args: &ChildArgs) -> ExitCode {
    finish("riskgate engine", process::main(&args.words))
}

/// Runs the recorder child.
pub fn recorder(args: &ChildArgs) -> ExitCode {
    finish("riskgate recorder", recorder_process::main(&args.words))
}

fn finish(what: &str, outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{what}: {error}");
            ExitCode::from(1)
        }
    }
}

fn prepare(args: &Args) -> Result<(Options, Setup)> {
    let (mut options, setup) = match (&args.config, &args.setup) {
        (Some(path), _) => from_config(path)?,
        (None, Some(path)) => from_image(path)?,
        (None, None) => from_example()?,
    };
    if let Some(dir) = &args.state_dir {
        options.state_dir.clone_from(dir);
        if args.journal_dir.is_none() {
            options.journal_dir = dir.join("journal");
        }
    }
    if let Some(dir) = &args.journal_dir {
        options.journal_dir.clone_from(dir);
    }
    if let Some(core) = args.core {
        options.core = Some(core);
    }
    if let Some(wait) = &args.wait {
        options.wait = WaitStrategy::from_name(wait)?;
    }
    if let Some(profile) = &args.profile {
        options.profile = Profile::from_name(profile)?;
    }
    if let Some(capacity) = args.order_capacity {
        options.order_capacity = capacity;
    }
    if let Some(capacity) = args.verdict_capacity {
        options.verdict_capacity = capacity;
    }
    if let Some(records) = args.journal_records {
        options.journal_records = records;
    }
    options.state_dir = std::path::absolute(&options.state_dir)?;
    options.journal_dir = std::path::absolute(&options.journal_dir)?;
    Ok((options, setup))
}

fn from_image(path: &Path) -> Result<(Options, Setup)> {
    let bytes = std::fs::read(path)
        .map_err(|e| Error::new(format!("read the setup {}: {e}", path.display())))?;
    Ok((Options::new(PathBuf::new(), PathBuf::new()), image::decode(&bytes)?))
}

fn from_config(path: &Path) -> Result<(Options, Setup)> {
    let config = load::load(path).map_err(|problems| {
        Error::new(format!("{} is refused:\n  {}", path.display(), problems.join("\n  ")))
    })?;
    Ok(options_of(config))
}

fn from_example() -> Result<(Options, Setup)> {
    println!("no --config: running the example (`riskgate config example` prints it)");
    let config = example::load().map_err(|problems| Error::new(problems.join("\n  ")))?;
    Ok(options_of(config))
}

fn options_of(config: load::Config) -> (Options, Setup) {
    let run = config.options;
    let mut profile = match run.profile {
        configured::Profile::Production => Profile::PRODUCTION,
        configured::Profile::SmallHost => Profile::SMALL_HOST,
        configured::Profile::Auto if is_isolated(run.engine_core) => Profile::PRODUCTION,
        configured::Profile::Auto => Profile::SMALL_HOST,
    };
    profile.verdict_valid_ns = run.verdict_valid_ns.unwrap_or(profile.verdict_valid_ns);
    profile.heartbeat_stale_ns = run.heartbeat_stale_ns.unwrap_or(profile.heartbeat_stale_ns);
    profile.stall_kill_ns = run.stalled_after_ns.unwrap_or(profile.stall_kill_ns);
    let options = Options {
        core: run.engine_core,
        wait: match run.wait {
            configured::Wait::Spin => WaitStrategy::Spin,
            configured::Wait::Yield => WaitStrategy::Yield,
            configured::Wait::Park => WaitStrategy::Park,
        },
        profile,
        order_capacity: run.order_capacity,
        verdict_capacity: run.verdict_capacity,
        orders_per_sweep: run.orders_per_sweep,
        journal_records: run.journal_ring_records,
        segment_records: run.segment_records,
        ..Options::new(run.state_dir, run.journal_dir)
    };
    (options, config.setup)
}

/// Is the core taken out of the kernel's scheduling (`isolcpus`)?
fn is_isolated(core: Option<usize>) -> bool {
    let Some(core) = core else { return false };
    let Ok(text) = std::fs::read_to_string("/sys/devices/system/cpu/isolated") else {
        return false;
    };
    text.trim().split(',').any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        match (first.parse::<usize>(), last.parse::<usize>()) {
            (Ok(first), Ok(last)) => (first..=last).contains(&core),
            _ => false,
        }
    })
}
