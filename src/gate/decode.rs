//! Slot words → [`Request`]: a total function. Nothing before it trusts, nothing after it doubts.
//!
//! What a slot says about itself is tested here (shape, ranges, combinations); what needs
//! reference data (grid, sign of prices, existence) is tested by the checks of family 1.

use crate::abi::codes::field;
use crate::abi::order::{ExtensionSlot, OrderSlot, flag, kind, order_type, side, tif};
use crate::abi::{PRICE_UNDEFINED, SlotWords};
use crate::gate::request::{Cancel, Order, Report, Request};

/// Why a slot is malformed: a code of `abi::codes::field`, and whether it gets a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Id of the request or order.
    pub order_id: u64,
    /// Which field.
    pub field: u32,
    /// Requests, and what is of no known kind, are answered; reports are not.
    pub answered: bool,
}

/// Is this kind answered by a verdict?
pub fn is_answered(kind_code: u8) -> bool {
    !matches!(kind_code, kind::VOID..=kind::BUST)
}

/// Decodes a slot and its extension. `wall_ns` is the recorded time in ns since 1970 UTC.
pub fn decode(
    words: &SlotWords,
    extension: Option<&SlotWords>,
    wall_ns: u64,
) -> Result<Request, Malformed> {
    let slot = OrderSlot::from_words(words);
    let bad =
        |field| Malformed { order_id: slot.order_id, field, answered: is_answered(slot.kind) };
    if slot.order_id == 0 {
        return Err(bad(field::ORDER_ID));
    }
    if slot._reserved != 0 || slot.side_bits & 0xc0 != 0 {
        return Err(bad(field::RESERVED));
    }
    if slot.flags & !(flag::ALL | flag::CORRECTION) != 0
        || slot.flags & flag::BASKET_MORE != 0
        || (slot.flags & flag::HAS_EXTENSION != 0) != extension.is_some()
        || (slot.flags != 0 && matches!(slot.kind, kind::CANCEL | kind::MASS_CANCEL))
    {
        return Err(bad(field::FLAGS));
    }
    match slot.kind {
        kind::NEW | kind::REPLACE => order(&slot, extension, wall_ns).map_err(bad),
        kind::CANCEL => Ok(Request::Cancel(Cancel {
            id: slot.order_id,
            target: slot.reference,
            origin: slot.venue,
        })),
        kind::MASS_CANCEL => Ok(Request::MassCancel(slot.order_id)),
        kind::VOID..=kind::BUST => report(&slot, extension).map_err(bad),
        _ => Err(bad(field::KIND)),
    }
}

fn order(slot: &OrderSlot, ext: Option<&SlotWords>, wall_ns: u64) -> Result<Request, u32> {
    let none = ExtensionSlot { stop_price: PRICE_UNDEFINED, ..ExtensionSlot::default() };
    let ext = ext.map_or(none, ExtensionSlot::from_words);
    let (order_side, code) = (slot.side_bits & 3, slot.type_tif & 0xf);
    let time_in_force = slot.type_tif >> 4;
    if slot.flags & flag::CORRECTION != 0 {
        return Err(field::FLAGS);
    }
    if !matches!(order_side, side::BUY | side::SELL) {
        return Err(field::SIDE);
    }
    if !(order_type::LIMIT..=order_type::PEGGED).contains(&code) {
        return Err(field::TYPE);
    }
    if !(tif::DAY..=tif::AT_CLOSE).contains(&time_in_force) {
        return Err(field::TIME_IN_FORCE);
    }
    if ext.fee != 0 {
        return Err(field::FEE);
    }
    if ext.kind_word != u64::from(kind::EXTENSION) && ext != none {
        return Err(field::RESERVED);
    }
    if slot.qty <= 0 || slot.qty == i64::MAX {
        return Err(field::QTY);
    }
    // A market order's price means nothing, whatever it is; it must never make the order look cheap.
    let price = match code {
        order_type::LIMIT | order_type::STOP_LIMIT => slot.price,
        _ => PRICE_UNDEFINED,
    };
    let priced = matches!(code, order_type::LIMIT | order_type::STOP_LIMIT);
    if priced && matches!(price, PRICE_UNDEFINED | i64::MIN) {
        return Err(field::PRICE);
    }
    if !(0..=slot.qty).contains(&ext.display_qty) {
        return Err(field::DISPLAY_QTY);
    }
    if !(0..=slot.qty).contains(&ext.min_qty) {
        return Err(field::MIN_QTY);
    }
    let stops = matches!(code, order_type::STOP | order_type::STOP_LIMIT);
    if (ext.stop_price != PRICE_UNDEFINED) != stops || ext.stop_price == i64::MIN {
        return Err(field::STOP_PRICE);
    }
    let dated = time_in_force == tif::GTD;
    if (ext.good_till_ns != 0) != dated || dated && ext.good_till_ns <= wall_ns {
        return Err(field::GOOD_TILL);
    }
    Ok(Request::Order(Order {
        id: slot.order_id,
        kind: slot.kind,
        reference: slot.reference,
        instrument: slot.instrument,
        account: slot.account,
        side: order_side,
        order_type: code,
        tif: time_in_force,
        price,
        stop_price: ext.stop_price,
        qty: slot.qty,
        venue: slot.venue,
        algo: slot.algo,
        capacity: slot.side_bits >> 2 & 3,
        what_if: slot.flags & flag::WHAT_IF != 0,
    }))
}

fn report(slot: &OrderSlot, ext: Option<&SlotWords>) -> Result<Request, u32> {
    let executes = matches!(slot.kind, kind::FILL | kind::BUST);
    let allowed = match slot.kind {
        kind::FILL => flag::CORRECTION | flag::HAS_EXTENSION,
        _ => 0,
    };
    if slot.flags & !allowed != 0 {
        return Err(field::FLAGS);
    }
    let fee = ext.map_or(Ok(0), fee)?;
    if executes && (slot.qty <= 0 || slot.qty == i64::MAX) {
        return Err(field::QTY);
    }
    if executes && (slot.price == PRICE_UNDEFINED || slot.price == i64::MIN) {
        return Err(field::PRICE);
    }
    if executes && !matches!(slot.side_bits & 3, side::BUY | side::SELL) {
        return Err(field::SIDE);
    }
    Ok(Request::Report(Report {
        kind: slot.kind,
        order_id: slot.order_id,
        reference: slot.reference,
        price: slot.price,
        qty: slot.qty,
        account: slot.account,
        instrument: slot.instrument,
        side: slot.side_bits & 3,
        origin: slot.venue,
        corrects: slot.flags & flag::CORRECTION != 0,
        fee,
    }))
}

/// The fee in a fill's extension, which says nothing else.
fn fee(words: &SlotWords) -> Result<i64, u32> {
    let ext = ExtensionSlot::from_words(words);
    let no_price = matches!(ext.stop_price, 0 | PRICE_UNDEFINED);
    let nothing_else = no_price && (ext.min_qty, ext.display_qty, ext.good_till_ns) == (0, 0, 0);
    if ext.kind_word != u64::from(kind::EXTENSION) || !nothing_else {
        return Err(field::RESERVED);
    }
    if ext.fee == i64::MIN { Err(field::FEE) } else { Ok(ext.fee) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> OrderSlot {
        OrderSlot {
            order_id: 1,
            price: 10,
            qty: 5,
            kind: kind::NEW,
            side_bits: side::BUY,
            type_tif: order_type::LIMIT | tif::DAY << 4,
            ..OrderSlot::default()
        }
    }

    fn field_of(slot: OrderSlot) -> Option<u32> {
        decode(&slot.to_words(), None, 0).err().map(|m| m.field)
    }

    #[test]
    fn each_wrong_field_is_named() {
        assert_eq!(field_of(good()), None);
        let wrong = [
            (OrderSlot { order_id: 0, ..good() }, field::ORDER_ID),
            (OrderSlot { kind: 0, ..good() }, field::KIND),
            (OrderSlot { kind: 200, ..good() }, field::KIND),
            (OrderSlot { side_bits: 0, ..good() }, field::SIDE),
            (OrderSlot { side_bits: 3, ..good() }, field::SIDE),
            (OrderSlot { side_bits: 0x41, ..good() }, field::RESERVED),
            (OrderSlot { type_tif: 0x10, ..good() }, field::TYPE),
            (OrderSlot { type_tif: 0x1f, ..good() }, field::TYPE),
            (OrderSlot { type_tif: 0x01, ..good() }, field::TIME_IN_FORCE),
            (OrderSlot { type_tif: 0xf1, ..good() }, field::TIME_IN_FORCE),
            (OrderSlot { type_tif: 0x51, ..good() }, field::GOOD_TILL),
            (OrderSlot { flags: 0x80, ..good() }, field::FLAGS),
            (OrderSlot { flags: flag::HAS_EXTENSION, ..good() }, field::FLAGS),
            (OrderSlot { kind: kind::CANCEL, flags: flag::WHAT_IF, ..good() }, field::FLAGS),
            (OrderSlot { qty: 0, ..good() }, field::QTY),
            (OrderSlot { qty: -5, ..good() }, field::QTY),
            (OrderSlot { qty: i64::MIN, ..good() }, field::QTY),
            (OrderSlot { qty: i64::MAX, ..good() }, field::QTY),
            (OrderSlot { price: PRICE_UNDEFINED, ..good() }, field::PRICE),
            (OrderSlot { price: i64::MIN, ..good() }, field::PRICE),
            (OrderSlot { type_tif: 0x14, ..good() }, field::STOP_PRICE),
            (OrderSlot { _reserved: 1, ..good() }, field::RESERVED),
        ];
        for (slot, want) in wrong {
            assert_eq!(field_of(slot), Some(want), "{slot:?}");
        }
    }

    #[test]
    fn any_bit_pattern_decodes_or_is_refused() {
        let mut x = 7u64;
        let mut next = || {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            x ^ (x >> 29)
        };
        for round in 0..200_000 {
            let mut words: SlotWords = std::array::from_fn(|_| next());
            if round % 2 == 0 {
                words[6] = words[6] & 0x0000_ffff_0077_03ff | 1;
                words[7] = 0;
            }
            let ext: SlotWords = std::array::from_fn(|_| next());
            let _ = decode(&words, None, next());
            let _ = decode(&words, Some(&ext), next());
        }
    }
}
