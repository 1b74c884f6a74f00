//! What operations push while the gate runs: rates, cash, margins, greeks, sensitivities, volumes.

use super::gate::Model;
use super::ledger::Begins;
use super::num::{self, add};
use riskgate::state::command::Command;
use riskgate::state::setup::Instrument;

impl Model {
    /// A command about money.
    pub(super) fn money(&mut self, command: &Command) {
        match *command {
            Command::SetRate { currency, rate } => {
                self.first_rate(currency, num::price(rate));
                self.setup.currencies[currency as usize].rate = Some(rate);
            }
            Command::AdjustCash { account, currency, amount } => {
                let cash = self.cash.entry((account, currency)).or_default();
                *cash = add(*cash, num::dec(amount, 17));
            }
            Command::RollWeek(node) => self.begin(node, Begins::Week),
            _ => panic!("{command:?} is not about money"),
        }
    }

    fn table(&mut self, instrument: u32) -> &mut Instrument {
        &mut self.setup.instruments[instrument as usize]
    }

    /// A command that replaces numbers of a table.
    pub(super) fn push(&mut self, command: &Command) {
        match *command {
            Command::SetMargin { instrument, long, short } => {
                let i = self.table(instrument);
                (i.margin_long, i.margin_short) = (long, short);
            }
            Command::SetGreeks { instrument, delta, gamma, vega } => {
                let i = self.table(instrument);
                (i.delta, i.gamma, i.vega) = (delta, gamma, vega);
            }
            Command::SetSensitivity { instrument, dv01, cs01 } => {
                let i = self.table(instrument);
                (i.dv01, i.cs01) = (dv01, cs01);
            }
            Command::SetAdv { instrument, adv, shares_outstanding } => {
                let i = self.table(instrument);
                i.adv = adv.unwrap_or(i.adv);
                i.shares_outstanding = shares_outstanding.unwrap_or(i.shares_outstanding);
            }
            _ => panic!("{command:?} is no table"),
        }
    }
}
