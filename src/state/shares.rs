//! Shares of a table that all lanes use: half of it is divided evenly, the rest is for whoever comes
//! first. However much one lane takes, every other one finds what is its own.

/// Who uses how much of a table.
pub struct Shares {
    used: Vec<u32>,
    /// What nobody else can take from a lane.
    own: u32,
    /// What there is besides.
    common: u32,
    common_used: u32,
}

impl Shares {
    /// Of a table with `capacity` places, among `lanes` ≥ 1 lanes.
    pub fn new(lanes: usize, capacity: usize) -> Shares {
        let own = (capacity / (2 * lanes)) as u32;
        let common = capacity as u32 - own * lanes as u32;
        Shares { used: vec![0; lanes], own, common, common_used: 0 }
    }

    /// May the lane take one more?
    #[inline]
    pub fn has_room(&self, lane: u32) -> bool {
        self.used[lane as usize] < self.own || self.common_used < self.common
    }

    /// The lane took one.
    pub fn take(&mut self, lane: u32) {
        let used = &mut self.used[lane as usize];
        self.common_used += u32::from(*used >= self.own);
        *used += 1;
    }

    /// The lane gave one back.
    pub fn give(&mut self, lane: u32) {
        let used = &mut self.used[lane as usize];
        *used -= 1;
        self.common_used -= u32::from(*used >= self.own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greediest_lane_leaves_the_others_theirs() {
        let mut shares = Shares::new(4, 17);
        for lane in [0, 0, 0, 3] {
            shares.take(lane);
        }
        let mut taken = 3;
        while shares.has_room(0) {
            shares.take(0);
            taken += 1;
        }
        assert_eq!(taken, 2 + 9, "its own two, and all that is nobody's");
        for lane in [1, 2, 3] {
            while shares.has_room(lane) {
                shares.take(lane);
            }
        }
        assert_eq!(shares.used, [11, 2, 2, 2]);
        shares.give(0);
        assert!((0..4).all(|lane| shares.has_room(lane)));
        shares.give(1);
        assert!(shares.has_room(1));
    }

    #[test]
    fn a_lane_alone_has_all_and_a_tiny_table_is_for_all() {
        let mut alone = Shares::new(1, 16);
        (0..16).for_each(|_| alone.take(0));
        assert!(!alone.has_room(0));
        let mut tiny = Shares::new(64, 16);
        (0..16).for_each(|lane| tiny.take(lane));
        assert!(!tiny.has_room(63));
    }
}
