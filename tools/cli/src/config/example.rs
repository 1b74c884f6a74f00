//! The commented example configuration that ships inside the program.

use crate::config::load::{Config, parse};
use crate::tree::Problems;

/// The example's text.
pub const TOML: &str = include_str!("../../example/riskgate.toml");
/// The instruments that it names.
pub const INSTRUMENTS: &str = include_str!("../../example/instruments.csv");

/// The example, loaded.
pub fn load() -> Result<Config, Vec<String>> {
    let mut problems = Problems::default();
    let read = |file: &str| match file {
        "instruments.csv" => Ok(INSTRUMENTS.to_string()),
        other => Err(format!("the example has no file {other}")),
    };
    parse(TOML, &read, &mut problems).ok_or_else(|| problems.texts("riskgate.toml (the example)"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use riskgate::abi::codes::Check;

    #[test]
    fn the_example_loads_and_is_what_its_comments_say() {
        let config = load().unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
        let setup = &config.setup;
        assert_eq!(setup.base(), "USD");
        assert_eq!(setup.instruments.len(), 500);
        assert_eq!(setup.groups[0].len(), 11);
        assert!(setup.instrument_id("AAPL").is_some());
        assert_eq!(setup.accounts.iter().filter(|a| a.parent.is_none()).count(), 1);
        for check in
            [Check::MaxOrderQty, Check::MaxOrderValue, Check::PriceCollar, Check::GrossExposure]
        {
            assert!(setup.required.contains(check), "{}", check.name());
        }
        assert!(setup.lane_id("ems1").is_some() && setup.lane_id("ems2").is_some());
    }
}
