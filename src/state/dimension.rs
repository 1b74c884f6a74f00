//! What instruments are grouped by: sums per group are what concentration, greeks, rate
//! sensitivity, currency and ownership limits compare.

use std::collections::BTreeMap;

use crate::state::index::NONE;
use crate::state::setup::Setup;

/// A way to group instruments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Dimension {
    /// Sector of the issuer.
    #[default]
    Sector = 0,
    /// Issuer of a security.
    Issuer = 1,
    /// Country of risk.
    Country = 2,
    /// Underlying of a derivative.
    Underlying = 3,
    /// Interest rate or credit curve.
    Curve = 4,
    /// Product of a derivative (all expiries of one contract).
    Product = 5,
    /// Each instrument by itself.
    Instrument = 6,
    /// Currency of the price.
    Currency = 7,
    /// Product and month of expiry.
    Month = 8,
    /// Product, counting only what is in its spot month.
    SpotMonth = 9,
    /// Everything together.
    All = 10,
}

impl Dimension {
    /// Dimensions whose groups have names of their own; they come first.
    pub const NAMED: usize = 6;

    /// All dimensions.
    pub const COUNT: usize = 11;

    /// Names of the dimensions that a limit can name; the named ones are keys of an instrument.
    pub const NAMES: [(Dimension, &'static str); 8] = [
        (Dimension::Sector, "sector"),
        (Dimension::Issuer, "issuer"),
        (Dimension::Country, "country"),
        (Dimension::Underlying, "underlying"),
        (Dimension::Curve, "curve"),
        (Dimension::Product, "product"),
        (Dimension::Instrument, "instrument"),
        (Dimension::Currency, "currency"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Dimension::Month => "month",
            Dimension::SpotMonth => "spot month",
            Dimension::All => "all",
            other => Dimension::NAMES[other as usize].1,
        }
    }
}

/// The group of every instrument in every dimension; `NONE` where it does not count.
pub struct Groups {
    /// By instrument, then by dimension.
    pub of: Vec<[u32; Dimension::COUNT]>,
    /// How many groups each dimension has.
    pub counts: [u32; Dimension::COUNT],
}

impl Groups {
    /// Groups all instruments of a setup. An instrument without a named group is its own; without a
    /// curve it has no sensitivity to any; only what is in its spot month counts there.
    pub fn new(setup: &Setup) -> Groups {
        use Dimension as D;
        let instruments = &setup.instruments;
        let own = |dimension: D, id: usize| (setup.groups[dimension as usize].len() + id) as u32;
        let mut counts = [0; D::COUNT];
        for (dimension, names) in setup.groups.iter().enumerate() {
            counts[dimension] = (names.len() + instruments.len()) as u32;
        }
        counts[D::Curve as usize] = setup.groups[D::Curve as usize].len() as u32;
        counts[D::Instrument as usize] = instruments.len() as u32;
        counts[D::Currency as usize] = setup.currencies.len() as u32;
        counts[D::SpotMonth as usize] = counts[D::Product as usize];
        counts[D::All as usize] = 1;
        let mut months: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        let mut of = Vec::with_capacity(instruments.len());
        for (id, i) in instruments.iter().enumerate() {
            let mut groups = [NONE; D::COUNT];
            for (dimension, _) in &D::NAMES[..D::NAMED] {
                groups[*dimension as usize] = i.group(*dimension).unwrap_or(own(*dimension, id));
            }
            groups[D::Curve as usize] = i.group(D::Curve).unwrap_or(NONE);
            groups[D::Instrument as usize] = id as u32;
            groups[D::Currency as usize] = i.currency;
            let product = groups[D::Product as usize];
            let next = months.len() as u32;
            groups[D::Month as usize] = *months.entry((product, i.month)).or_insert(next);
            if i.spot_month {
                groups[D::SpotMonth as usize] = product;
            }
            groups[D::All as usize] = 0;
            of.push(groups);
        }
        counts[D::Month as usize] = months.len() as u32;
        Groups { of, counts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::setup::Instrument;

    #[test]
    fn months_and_spot_months_belong_to_products() {
        let mut setup = Setup::default();
        setup.groups[Dimension::Product as usize] = vec!["corn".into(), "wheat".into()];
        let mut future = |product: Option<u32>, month: u32, spot: bool| {
            let mut i = Instrument::plain("X");
            i.groups[Dimension::Product as usize] = product;
            (i.month, i.spot_month) = (month, spot);
            setup.instruments.push(i);
        };
        future(Some(0), 202_612, true);
        future(Some(0), 202_612, true);
        future(Some(0), 202_703, false);
        future(Some(1), 202_612, false);
        future(None, 202_612, true);
        let groups = Groups::new(&setup);
        let of = |d: Dimension| groups.of.iter().map(|g| g[d as usize]).collect::<Vec<_>>();
        assert_eq!(of(Dimension::Product), [0, 0, 0, 1, 6]);
        assert_eq!(of(Dimension::Month), [0, 0, 1, 2, 3]);
        assert_eq!(of(Dimension::SpotMonth), [0, 0, NONE, NONE, 6]);
        assert_eq!(of(Dimension::Curve), [NONE; 5]);
        assert_eq!(groups.counts[Dimension::Month as usize], 4);
    }
}
