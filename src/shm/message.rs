//! Rendezvous messages as bytes: the structs of `abi::rendezvous`, field by field, little-endian.
//!
//! Decoding is total: whatever a client sends is a message or `None`.

use crate::abi::rendezvous::*;

/// Bytes of a [`Hello`].
pub const HELLO_BYTES: usize = 80;
/// Bytes of a [`Welcome`].
pub const WELCOME_BYTES: usize = 512;
/// Bytes of a [`Mapped`].
pub const MAPPED_BYTES: usize = 16;
/// Bytes of a [`Query`].
pub const QUERY_BYTES: usize = 80;
/// Bytes of an [`AnswerHeader`].
pub const ANSWER_BYTES: usize = 40;
/// Bytes of an [`OutstandingItem`].
pub const OUTSTANDING_BYTES: usize = 56;
/// Bytes of a [`PositionItem`].
pub const POSITION_BYTES: usize = 32;
/// Longest message of all.
pub const MESSAGE_BYTES_MAX: usize = ANSWER_BYTES + ANSWER_ITEMS_MAX * 64;

/// Reads fields in sequence.
struct Take<'a>(&'a [u8]);

impl Take<'_> {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let (head, rest) = self.0.split_at(N);
        self.0 = rest;
        head.try_into().expect("split_at gave N bytes")
    }
    fn u8(&mut self) -> u8 {
        self.bytes::<1>()[0]
    }
    fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.bytes())
    }
    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }
    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }
    fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.bytes())
    }
}

/// A text, zero-padded; cut at a character's border if it is too long.
pub fn pad<const N: usize>(text: &str) -> [u8; N] {
    let mut end = text.len().min(N - 1);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut bytes = [0; N];
    bytes[..end].copy_from_slice(&text.as_bytes()[..end]);
    bytes
}

/// The text before the padding; what is not UTF-8 is replaced.
pub fn unpad(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// Bytes of a [`Hello`].
pub fn encode_hello(m: &Hello) -> Vec<u8> {
    let mut out = m.magic.to_le_bytes().to_vec();
    for v in [m.abi_major, m.abi_minor, m.role, m._reserved] {
        out.extend(v.to_le_bytes());
    }
    out.extend(m.name);
    out
}

/// The inverse; `None` for another length or magic.
pub fn decode_hello(bytes: &[u8]) -> Option<Hello> {
    let mut t = (bytes.len() == HELLO_BYTES).then_some(Take(bytes))?;
    let hello = Hello {
        magic: t.u64(),
        abi_major: t.u16(),
        abi_minor: t.u16(),
        role: t.u16(),
        _reserved: t.u16(),
        name: t.bytes(),
    };
    (hello.magic == HELLO_MAGIC && hello._reserved == 0).then_some(hello)
}

/// Bytes of a [`Welcome`].
pub fn encode_welcome(m: &Welcome) -> Vec<u8> {
    let mut out = m.magic.to_le_bytes().to_vec();
    out.extend(m.abi_major.to_le_bytes());
    out.extend(m.abi_minor.to_le_bytes());
    let numbers =
        [m.status, m.epoch, m.lane, m.session, m.order_capacity, m.verdict_capacity, m.instruments];
    for v in numbers.iter().chain(&m._reserved) {
        out.extend(v.to_le_bytes());
    }
    out.extend(m.text);
    out
}

/// The inverse; `None` for another length or magic.
pub fn decode_welcome(bytes: &[u8]) -> Option<Welcome> {
    let mut t = (bytes.len() == WELCOME_BYTES).then_some(Take(bytes))?;
    let welcome = Welcome {
        magic: t.u64(),
        abi_major: t.u16(),
        abi_minor: t.u16(),
        status: t.u32(),
        epoch: t.u32(),
        lane: t.u32(),
        session: t.u32(),
        order_capacity: t.u32(),
        verdict_capacity: t.u32(),
        instruments: t.u32(),
        _reserved: std::array::from_fn(|_| t.u32()),
        text: t.bytes(),
    };
    (welcome.magic == WELCOME_MAGIC).then_some(welcome)
}

/// Bytes of a [`Mapped`].
pub fn encode_mapped() -> Vec<u8> {
    [MAPPED_MAGIC.to_le_bytes(), [0; 8]].concat()
}

/// Is it a [`Mapped`]?
pub fn is_mapped(bytes: &[u8]) -> bool {
    bytes == encode_mapped()
}

/// Bytes of a [`Query`].
pub fn encode_query(m: &Query) -> Vec<u8> {
    let mut out = m.magic.to_le_bytes().to_vec();
    out.extend(m.kind.to_le_bytes());
    out.extend(m._reserved.to_le_bytes());
    out.extend(m.arg.to_le_bytes());
    out.extend(m.name);
    out
}

/// The inverse; `None` for another length or magic.
pub fn decode_query(bytes: &[u8]) -> Option<Query> {
    let mut t = (bytes.len() == QUERY_BYTES).then_some(Take(bytes))?;
    let query =
        Query { magic: t.u64(), kind: t.u16(), _reserved: t.u16(), arg: t.u32(), name: t.bytes() };
    (query.magic == QUERY_MAGIC && query._reserved == 0).then_some(query)
}

/// Bytes of an [`AnswerHeader`].
pub fn encode_answer(m: &AnswerHeader) -> Vec<u8> {
    let mut out = m.magic.to_le_bytes().to_vec();
    for v in [m.status, m.count, m.item_bytes, m.more, m.id, m._reserved] {
        out.extend(v.to_le_bytes());
    }
    out.extend(m.journal_seq.to_le_bytes());
    out
}

/// The head of an answer and its items; `None` if lengths or magic are wrong.
pub fn decode_answer(bytes: &[u8]) -> Option<(AnswerHeader, &[u8])> {
    let (head, items) = bytes.split_at_checked(ANSWER_BYTES)?;
    let mut t = Take(head);
    let answer = AnswerHeader {
        magic: t.u64(),
        status: t.u32(),
        count: t.u32(),
        item_bytes: t.u32(),
        more: t.u32(),
        id: t.u32(),
        _reserved: t.u32(),
        journal_seq: t.u64(),
    };
    let fits = u64::from(answer.count) * u64::from(answer.item_bytes) == items.len() as u64;
    (answer.magic == ANSWER_MAGIC && fits).then_some((answer, items))
}

/// Bytes of an [`OutstandingItem`].
pub fn encode_outstanding(m: &OutstandingItem, out: &mut Vec<u8>) {
    out.extend(m.order_id.to_le_bytes());
    for v in [m.price, m.qty, m.filled, m.reserved] {
        out.extend(v.to_le_bytes());
    }
    out.extend(m.instrument.to_le_bytes());
    out.extend(m.account.to_le_bytes());
    out.extend([m.side, m.pending_replaces, m.pending_cancel, m.acknowledged]);
    out.extend(m._reserved.to_le_bytes());
}

/// The inverse, for exactly [`OUTSTANDING_BYTES`] bytes.
pub fn decode_outstanding(bytes: &[u8]) -> Option<OutstandingItem> {
    let mut t = (bytes.len() == OUTSTANDING_BYTES).then_some(Take(bytes))?;
    Some(OutstandingItem {
        order_id: t.u64(),
        price: t.i64(),
        qty: t.i64(),
        filled: t.i64(),
        reserved: t.i64(),
        instrument: t.u32(),
        account: t.u32(),
        side: t.u8(),
        pending_replaces: t.u8(),
        pending_cancel: t.u8(),
        acknowledged: t.u8(),
        _reserved: t.u32(),
    })
}

/// Bytes of a [`PositionItem`].
pub fn encode_position(m: &PositionItem, out: &mut Vec<u8>) {
    out.extend(m.account.to_le_bytes());
    out.extend(m.instrument.to_le_bytes());
    for v in [m.position, m.open_buy, m.open_sell] {
        out.extend(v.to_le_bytes());
    }
}

/// The inverse, for exactly [`POSITION_BYTES`] bytes.
pub fn decode_position(bytes: &[u8]) -> Option<PositionItem> {
    let mut t = (bytes.len() == POSITION_BYTES).then_some(Take(bytes))?;
    Some(PositionItem {
        account: t.u32(),
        instrument: t.u32(),
        position: t.i64(),
        open_buy: t.i64(),
        open_sell: t.i64(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_inverse_and_have_the_size_of_their_structs() {
        let hello = Hello {
            magic: HELLO_MAGIC,
            abi_major: 1,
            abi_minor: 2,
            role: role::LANE,
            _reserved: 0,
            name: pad("lane-a"),
        };
        assert_eq!(encode_hello(&hello).len(), size_of::<Hello>());
        assert_eq!(decode_hello(&encode_hello(&hello)), Some(hello));
        let welcome = Welcome {
            magic: WELCOME_MAGIC,
            abi_major: 1,
            abi_minor: 0,
            status: status::IN_USE,
            epoch: 3,
            lane: 4,
            session: 5,
            order_capacity: 256,
            verdict_capacity: 512,
            instruments: 9,
            _reserved: [0; 6],
            text: pad("somebody else"),
        };
        assert_eq!(encode_welcome(&welcome).len(), size_of::<Welcome>());
        assert_eq!(decode_welcome(&encode_welcome(&welcome)), Some(welcome));
        let query = Query { magic: QUERY_MAGIC, kind: 1, _reserved: 0, arg: 7, name: pad("AAPL") };
        assert_eq!(decode_query(&encode_query(&query)), Some(query));
        assert!(is_mapped(&encode_mapped()));
        let item =
            OutstandingItem { order_id: 1, price: -2, acknowledged: 1, ..Default::default() };
        let mut bytes = Vec::new();
        encode_outstanding(&item, &mut bytes);
        assert_eq!(bytes.len(), size_of::<OutstandingItem>());
        assert_eq!(decode_outstanding(&bytes), Some(item));
        let item = PositionItem { account: 3, position: -9, ..Default::default() };
        let mut bytes = Vec::new();
        encode_position(&item, &mut bytes);
        assert_eq!(decode_position(&bytes), Some(item));
    }

    #[test]
    fn decoding_is_total() {
        for length in 0..600 {
            let bytes = vec![0xff; length];
            assert_eq!(decode_hello(&bytes), None);
            assert_eq!(decode_welcome(&bytes), None);
            assert_eq!(decode_query(&bytes), None);
            assert_eq!(decode_answer(&bytes), None);
            assert!(!is_mapped(&bytes));
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(unpad(&pad::<8>("äöüäöü")), "äöü");
        assert_eq!(unpad(&pad::<8>("abc")), "abc");
    }
}
