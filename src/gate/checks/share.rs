//! Shares of a whole in basis points: cross-multiplied, never divided. A whole that is not positive
//! fails closed: any part of it is beyond every share.

use crate::fixed::Wide;

/// Basis points of one.
pub const ONE_BPS: u64 = 10_000;

/// Is the part beyond `percent` percent of `bps` basis points of the whole (or, inclusive, at it)?
pub fn beyond(part: Wide, whole: Wide, bps: u64, percent: u64, inclusive: bool) -> bool {
    let share = part.checked_times(ONE_BPS * 100);
    let bound = whole.max(Wide::ZERO).checked_times(bps.saturating_mul(percent));
    match (share, bound) {
        (Some(share), Some(bound)) if inclusive => share >= bound && share > Wide::ZERO,
        (Some(share), Some(bound)) => share > bound,
        _ => true,
    }
}

/// The share in basis points to four places, rounded up, for people; the largest number that a
/// verdict holds where there is nothing to be a share of. Only after a breach.
pub fn in_bps(part: Wide, whole: Wide) -> Wide {
    let share = match part.checked_times(ONE_BPS * ONE_BPS) {
        Some(part) if part <= Wide::ZERO => 0,
        Some(part) if whole > Wide::ZERO => part.quotient_up(whole),
        _ => i64::MAX,
    };
    Wide::from_i128(i128::from(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_at_the_share_is_within_and_without_a_whole_everything_is_beyond() {
        let wide = Wide::from_i128;
        for (part, whole, limit, want) in [
            (600, 1_000, 6_000, false),
            (60_001, 100_001, 6_000, true),
            (1, 0, 6_000, true),
            (0, 0, 6_000, false),
            (-5, 100, 0, false),
        ] {
            assert_eq!(
                beyond(wide(part), wide(whole), limit, 100, false),
                want,
                "{part} of {whole}"
            );
        }
        assert!(beyond(wide(80), wide(1_000), 1_000, 80, true), "80% of a tenth");
        assert!(!beyond(wide(79), wide(1_000), 1_000, 80, true));
        assert_eq!(in_bps(wide(1), wide(3)), wide(33_333_334));
        assert_eq!(in_bps(wide(1), wide(0)), wide(i128::from(i64::MAX)));
    }
}
