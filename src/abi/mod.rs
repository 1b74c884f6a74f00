//! Every byte that crosses a process boundary: slots, headers, messages, codes.
//!
//! This layer has layouts and numbers only; it never touches memory that another process can
//! write and never decides anything. `include/riskgate/abi.h` says the same in C, and
//! `tests/abi.rs` holds both to `tests/abi/golden_v1.txt`.
//!
//! All fields are little-endian. Reserved bits and bytes must be zero: a reader refuses anything
//! else, so that they can be given a meaning later.

pub mod codes;
pub mod gate_page;
pub mod lane;
pub mod marks;
pub mod order;
pub mod rendezvous;
pub mod verdict;

/// Major version of the interface. Client and gate must have the same.
pub const ABI_MAJOR: u16 = 1;
/// Minor version of the interface. A client may be older than the gate, never newer.
pub const ABI_MINOR: u16 = 1;

/// Bytes of a slot, which is one cache line on every host we know.
pub const SLOT_BYTES: usize = 64;
/// 64-bit words of a slot.
pub const SLOT_WORDS: usize = 8;

/// Distance between lines written by different processes (two cache lines: the adjacent-line
/// prefetcher of x86-64 fetches pairs).
pub const LINE_SEPARATION: usize = 128;

/// A slot as it travels: eight words, the first of which is the stamp.
pub type SlotWords = [u64; SLOT_WORDS];

/// An undefined price (market orders have no limit price, an empty book side has no bid).
pub const PRICE_UNDEFINED: i64 = i64::MAX;

const MIX_ADD: [u64; 8] = [
    0x9e37_79b9_7f4a_7c15,
    0xbf58_476d_1ce4_e5b9,
    0x94d0_49bb_1331_11eb,
    0xd6e8_feb8_6659_fd93,
    0xa076_1d64_78bd_642f,
    0xe703_7ed1_a0b4_28db,
    0x8ebc_6af0_9c88_c6e3,
    0x5899_65cc_7537_4cc3,
];
const MIX_MUL: [u64; 8] = [
    0x2545_f491_4f6c_dd1d,
    0xff51_afd7_ed55_8ccd,
    0xc4ce_b9fe_1a85_ec53,
    0x8764_8b6e_34b4_d8d5,
    0xaef1_7502_108e_f2d9,
    0xd3a2_646c_ab34_b2b7,
    0x9fb2_1c65_1e98_df25,
    0xe9ae_5c81_7b44_1b55,
];

/// Mixes the seven content words of a slot with its sequence number into 32 bits.
///
/// It finds torn slots and two producers on one ring; it is no protection against a client that
/// computes it on purpose (nothing that the gate trusts depends on it). Eight independent
/// multiplications, about 4 ns.
#[inline]
pub fn slot_mix(seq: u32, words: &SlotWords) -> u32 {
    let mut sum = u64::from(seq).wrapping_add(MIX_ADD[0]).wrapping_mul(MIX_MUL[0]);
    let mut i = 1;
    while i < SLOT_WORDS {
        let w = words[i].wrapping_add(MIX_ADD[i]);
        sum = sum.wrapping_add((w ^ (w >> 32)).wrapping_mul(MIX_MUL[i]));
        i += 1;
    }
    ((sum ^ (sum >> 31)).wrapping_mul(MIX_MUL[1]) >> 32) as u32
}

/// The stamp of a slot: sequence number in the low half, mix in the high half.
///
/// The sequence number of the n-th slot of a ring (n counted from 0) is `n + 1` truncated to 32
/// bits, so that zeroed memory never carries the stamp of the first lap.
#[inline]
pub fn slot_stamp(seq: u32, words: &SlotWords) -> u64 {
    u64::from(seq) | (u64::from(slot_mix(seq, words)) << 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mix_notices_every_single_bit() {
        let words = [0, 1, 2, 3, 4, 5, 6, 7];
        let base = slot_mix(1, &words);
        for i in 1..SLOT_WORDS {
            for bit in 0..64 {
                let mut w = words;
                w[i] ^= 1 << bit;
                assert_ne!(slot_mix(1, &w), base, "word {i} bit {bit}");
            }
        }
        assert_ne!(slot_mix(2, &words), base);
    }
}
