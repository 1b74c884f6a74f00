//! Records and images: what is written is read back, and any bytes give an answer.

mod journal_support;

use journal_support::{self as make, Random};
use riskgate::abi::codes::CheckMask;
use riskgate::journal::image;
use riskgate::journal::record::{
    Body, ControlEntry, Decided, EventEntry, Kind, LaneEntry, MarkEntry, RECORD_BYTES, Record,
    SetupChunk, Start, Stop, Text, bytes_of, flag, words_of,
};

fn body(r: &mut Random, kind: Kind) -> Body {
    let mut slot = std::array::from_fn(|_| r.next());
    slot[0] = 0;
    match kind {
        Kind::Start => Body::Start(Start {
            setup_hash: r.next(),
            state_hash: r.next(),
            wall_ns: r.next(),
            setup_bytes: r.next(),
            setup_records: r.u32(),
            valid_ns: r.next(),
            build: Text::new(&r.text()),
        }),
        Kind::Setup => {
            let len = 1 + r.below(216) as usize;
            let mut bytes = [0; 216];
            bytes[..len].fill_with(|| r.next() as u8);
            Body::Setup(SetupChunk { index: r.u32(), len: len as u32, bytes })
        }
        Kind::Order | Kind::Report => {
            let decided = Decided {
                words: slot,
                breaches: CheckMask(r.u128()),
                alerts: CheckMask(r.u128()),
                soft: CheckMask(r.u128()),
                shadow: CheckMask(r.u128()),
                decision: if kind == Kind::Order { 1 + r.below(255) as u8 } else { 0 },
                first_check: r.next() as u8,
                flags: r.next() as u16,
                node: r.u32(),
                detail: r.u32(),
                environment: make::environment(r),
                unit: make::unit(r),
                events: r.next() as u8,
                observed: r.i64(),
                limit: r.i64(),
                mark: r.i64(),
                mark_age_ns: r.next(),
                received_ns: r.next(),
                valid_until_ns: r.next(),
                order_id: r.next(),
                configuration_seq: r.next(),
            };
            if kind == Kind::Order { Body::Order(decided) } else { Body::Report(decided) }
        }
        Kind::Extension => Body::Extension(slot),
        Kind::Breach => Body::Breach(make::breach(r)),
        Kind::Event => Body::Event(EventEntry { index: r.next() as u8, event: make::event(r) }),
        Kind::Mark => Body::Mark(MarkEntry {
            instrument: r.u32(),
            events: r.next() as u8,
            mark: make::mark(r),
        }),
        Kind::Control => Body::Control(ControlEntry {
            command: make::command(r),
            events: r.next() as u8,
            operator: Text::new(&r.text()),
            approver: Text::new(&r.text()),
            reason: Text::new(&"grün ".repeat(20)),
        }),
        Kind::Lane => Body::Lane(LaneEntry {
            state: 1 + r.below(3) as u8,
            reason: r.u32(),
            session: r.u32(),
            uid: r.u32(),
            pid: r.u32(),
        }),
        Kind::Stop => Body::Stop(Stop { state_hash: r.next(), wall_ns: r.next(), reason: r.u32() }),
    }
}

fn flags(r: &mut Random, kind: Kind) -> u16 {
    let all = match kind {
        Kind::Start => flag::CONTINUES,
        Kind::Control => flag::REFUSED,
        Kind::Order | Kind::Report => flag::HAS_EXTENSION | flag::HAS_BREACH,
        _ => 0,
    };
    r.next() as u16 & all
}

fn record(r: &mut Random, kind: Kind) -> Record {
    Record {
        seq: 1 + r.below(u64::MAX),
        epoch: 1 + r.u32() / 2,
        flags: flags(r, kind),
        lane: r.u32(),
        time_ns: r.next(),
        body: body(r, kind),
    }
}

#[test]
fn records_are_read_back_as_written() {
    let mut r = Random(1);
    for kind in Kind::ALL {
        for _ in 0..500 {
            let record = record(&mut r, kind);
            let words = record.to_words();
            assert_eq!(Record::from_words(&words), Ok(record), "{}", kind.name());
            assert_eq!(words_of(&bytes_of(&words)), words);
        }
    }
}

#[test]
fn any_bytes_give_a_record_or_a_reason_and_only_the_canonical_form_is_a_record() {
    let mut r = Random(2);
    for kind in Kind::ALL {
        for _ in 0..20 {
            let words = record(&mut r, kind).to_words();
            for bit in 0..RECORD_BYTES * 8 {
                let mut damaged = words;
                damaged[bit / 64] ^= 1 << (bit % 64);
                if let Ok(read) = Record::from_words(&damaged) {
                    let mut again = read.to_words();
                    again[1] |= damaged[1] & 0xffff_ffff;
                    assert_eq!(again, damaged, "{} bit {bit}", kind.name());
                }
            }
        }
    }
    for _ in 0..200_000 {
        let mut bytes = [0u8; RECORD_BYTES];
        bytes.fill_with(|| r.next() as u8);
        bytes[16] = r.below(13) as u8;
        bytes[17] = 1;
        bytes[18..20].fill(0);
        let _ = Record::from_bytes(&bytes);
    }
}

#[test]
fn fresh_memory_is_no_record() {
    for fill in [0, 0xff] {
        assert!(Record::from_bytes(&[fill; RECORD_BYTES]).is_err());
    }
}

#[test]
fn texts_are_cut_between_characters() {
    assert_eq!(Text::<4>::new("ab€").as_str(), "ab");
    assert_eq!(Text::<5>::new("ab€").as_str(), "ab€");
}

#[test]
fn setups_are_read_back_as_written_and_their_hash_names_them() {
    let mut r = Random(3);
    let mut hashes = std::collections::BTreeSet::new();
    for _ in 0..2_000 {
        let setup = make::setup(&mut r);
        let bytes = image::encode(&setup);
        assert_eq!(image::decode(&bytes).expect("decodes"), setup);
        hashes.insert(image::hash(&bytes));
    }
    assert_eq!(hashes.len(), 2_000);
}

#[test]
fn a_damaged_image_is_refused_or_another_setup_never_a_panic() {
    let mut r = Random(4);
    for _ in 0..30 {
        let bytes = image::encode(&make::setup(&mut r));
        for end in 0..bytes.len() {
            assert!(image::decode(&bytes[..end]).is_err(), "cut at {end}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(image::hash(&damaged), image::hash(&bytes), "bit {bit}");
            if let Ok(setup) = image::decode(&damaged) {
                assert_eq!(image::encode(&setup), damaged, "one setup has one image: bit {bit}");
            }
        }
    }
}
