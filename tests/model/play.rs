//! Plays whole worlds: one seed, one world, one life, to its end or to the first disagreement.

use super::duel::{Coverage, Duel};
use super::gate::{Mistake, Model};
use super::life::{Input, Life, words as words_of};
use super::rng::Rng;
use super::words;
use super::world::World;
use riskgate::gate::outcome::Outcome;
use riskgate::machine::{Machine, NodeView, OpenOrderView, RowView};
use std::time::{Duration, Instant};

/// Number from the environment, or a default.
pub fn number_from(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Err(_) => default,
        Ok(text) => {
            let digits = text.replace('_', "");
            let parsed = match digits.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            parsed.unwrap_or_else(|_| panic!("{name} = {text:?} is not a number"))
        }
    }
}

/// Ends the process when a test hangs.
pub fn watchdog(limit: Duration) {
    std::thread::spawn(move || {
        let end = Instant::now() + limit;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            std::thread::sleep(left);
        }
        eprintln!("the test did not end within {} s", limit.as_secs());
        std::process::abort();
    });
}

/// Plays the world of a seed until so many new orders and replaces were compared.
pub fn world(seed: u64, orders: u64, mistake: Mistake) -> Result<Coverage, String> {
    let mut rng = Rng::new(seed);
    let world = World::random(&mut rng);
    let mut life = Life::new(&world, &mut rng);
    let mut duel = Duel::new(&world.setup, mistake);
    duel.set_wall_offset(world.wall_offset_ns);
    let mut step = 0u64;
    let mut recent: Vec<String> = Vec::new();
    let verbose = std::env::var_os("RISKGATE_VERBOSE").is_some();
    while duel.coverage.orders < orders {
        let opening = step < world.price.len() as u64;
        let input = if opening {
            life.open(&world, &mut rng, step as u32)
        } else {
            life.next(&world, &duel.model, &mut rng)
        };
        if verbose {
            recent.push(format!("  {step} at {}: {}", life.now_ns, words::input(&input)));
        }
        let mut told = duel.step(life.now_ns, &input);
        if told.is_ok() && (step.is_multiple_of(16) || verbose) {
            told = duel.views();
        }
        if let Err(difference) = told {
            return Err(format!(
                "seed {seed:#x}, step {step}, at {} ns\n{}{}\ninput: {}\n{difference}\n\
                 again: RISKGATE_SEED={seed:#x} RISKGATE_ORDERS=1 RISKGATE_VERBOSE=1",
                life.now_ns,
                words::world(&world),
                recent.join("\n"),
                words::input(&input)
            ));
        }
        step += 1;
    }
    duel.views().map_err(|d| format!("seed {seed:#x}, at the end\n{}{d}", words::world(&world)))?;
    Ok(duel.coverage)
}

/// The inputs of a random life, as the reference lived it.
pub fn script(seed: u64, inputs: usize) -> (World, Vec<(u64, Input)>) {
    let mut rng = Rng::new(seed);
    let world = World::random(&mut rng);
    let mut life = Life::new(&world, &mut rng);
    let mut model = Model::new(&world.setup, Mistake::None);
    model.wall_offset_ns = world.wall_offset_ns;
    let mut script = Vec::new();
    for step in 0..inputs {
        let input = match step < world.price.len() {
            true => life.open(&world, &mut rng, step as u32),
            false => life.next(&world, &model, &mut rng),
        };
        match &input {
            Input::Order { lane, slot, extension, environment } => {
                let (slot, extension) = words_of(slot, extension);
                model.order(life.now_ns, *lane, &slot, extension.as_ref(), *environment);
            }
            Input::Mark { instrument, mark } => {
                model.mark(life.now_ns, *instrument, mark);
            }
            Input::Control(command) => {
                model.control(life.now_ns, command);
            }
        }
        script.push((life.now_ns, input));
    }
    (world, script)
}

/// One input of a script, given to the real machine.
pub fn feed(machine: &mut Machine, now_ns: u64, input: &Input) -> Outcome {
    match input {
        Input::Order { lane, slot, extension, environment } => {
            let (slot, extension) = words_of(slot, extension);
            *machine.order(now_ns, *lane, &slot, extension.as_ref(), *environment)
        }
        Input::Mark { instrument, mark } => *machine.mark(now_ns, *instrument, mark),
        Input::Control(command) => *machine.control(now_ns, command).expect("a valid command"),
    }
}

/// All that can be seen of a machine from outside.
#[derive(Debug, PartialEq)]
pub struct Views {
    pub rows: Vec<(u32, u32, RowView)>,
    pub nodes: Vec<NodeView>,
    pub orders: Vec<OpenOrderView>,
}

/// Everything that has a view, in a fixed sequence, without empty rows.
pub fn views(machine: &Machine) -> Views {
    let mut rows = machine.rows();
    rows.retain(|(_, _, row)| *row != RowView::default());
    rows.sort_by_key(|(account, instrument, _)| (*account, *instrument));
    let mut orders = machine.open_orders();
    orders.sort_by_key(|o| (o.lane, o.order_id));
    let nodes = (0..machine.setup().accounts.len() as u32).map(|n| machine.node(n)).collect();
    Views { rows, nodes, orders }
}
