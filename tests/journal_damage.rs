//! A small journal, cut at every byte, changed at every byte, with files twice, swapped, left out:
//! a torn tail is cut, everything else is refused with its place; never a wrong record, no panic.

mod journal_support;

use std::path::{Path, PathBuf};

use journal_support::{self as make, Dir, Random};
use riskgate::error::Result;
use riskgate::journal::image;
use riskgate::journal::reader::{JournalReader, Torn, segment_files};
use riskgate::journal::record::RecordWords;
use riskgate::journal::recorder::{Options, Recorder, close_directory};
use riskgate::journal::ring::RingPaths;
use riskgate::journal::segment::RECORDS_OFFSET;
use riskgate::journal::writer::{JournalWriter, OrderInput, StartInput};
use riskgate::state::setup::Setup;

/// Records after which the last fsync came.
const SYNCED: u64 = 38;
/// Records of the whole journal.
const LAST: u64 = 40;

/// A journal of three sealed segments, of 16 and 4 records of epoch 1 and 16 of epoch 2, and an
/// unsealed one of 4 records, of which only the first two were made durable.
fn build(state: &Path, dir: &Path) -> Vec<RecordWords> {
    let mut r = Random(41);
    let options = Options {
        segment_records: 16,
        sync_interval_ns: 1000,
        sync_records: 1000,
        ..Options::in_dir(dir)
    };
    let mut first = 1;
    for (epoch, until) in [(1, 20), (2, LAST)] {
        let paths = RingPaths::in_dir(state, epoch);
        paths.create(1024, first).expect("create");
        let mut writer = JournalWriter::open(&paths).expect("writer");
        let input = StartInput {
            setup_image: &image::encode(&Setup::default()),
            continues: epoch > 1,
            state_hash: 7,
            valid_ns: 1_000_000,
            now_ns: 1,
            wall_ns: 2,
            build: "test",
        };
        writer.append_start(&input).expect("start fits");
        let mut recorder = Recorder::open(&paths, options.clone()).expect("recorder");
        let mut now = 0;
        while writer.next_seq() <= until {
            let words = std::array::from_fn(|_| r.next());
            let outcome = riskgate::gate::outcome::Outcome { first: None, ..make::outcome(&mut r) };
            let input = OrderInput {
                now_ns: 1,
                received_ns: 1,
                lane: 0,
                words: &words,
                extension: None,
                environment: make::environment(&mut r),
            };
            let seq = writer.append_order(&input, &outcome, &[]).expect("room").seq;
            if seq == SYNCED {
                now = 1_000_000;
            }
            recorder.drain_some(now).expect("drain");
        }
        if epoch == 1 {
            recorder.finish(now).expect("finish");
        }
        first = writer.next_seq();
    }
    let (records, torn) = read(&segment_files(dir).expect("list")).expect("an honest journal");
    assert_eq!((records.len() as u64, torn), (LAST, None));
    records
}

fn read(files: &[PathBuf]) -> Result<(Vec<RecordWords>, Option<Torn>)> {
    let mut reader = JournalReader::open_files(files.to_vec());
    let mut records = Vec::new();
    while let Some(words) = reader.next_words()? {
        records.push(words);
    }
    Ok((records, reader.torn().cloned()))
}

struct Journal {
    _state: Dir,
    _dir: Dir,
    files: Vec<PathBuf>,
    bytes: Vec<Vec<u8>>,
    records: Vec<RecordWords>,
}

fn journal(name: &str) -> Journal {
    let state = Dir::new(&format!("{name}-state"));
    let dir = Dir::new(name);
    let records = build(&state.0, &dir.0);
    let files = segment_files(&dir.0).expect("list");
    assert_eq!(files.len(), 4);
    let bytes = files.iter().map(|f| std::fs::read(f).expect("read")).collect();
    Journal { _state: state, _dir: dir, files, bytes, records }
}

impl Journal {
    /// Reads it from the file before the changed one on, to the file after it; whatever is read
    /// must be the beginning of what was written. Returns the number of the last record.
    fn with(&self, file: usize, bytes: &[u8]) -> std::result::Result<(u64, Option<Torn>), String> {
        std::fs::write(&self.files[file], bytes).expect("write");
        let (from, to) = (file.saturating_sub(1), (file + 2).min(self.files.len()));
        let result = read(&self.files[from..to]);
        std::fs::write(&self.files[file], &self.bytes[file]).expect("write");
        match result {
            Ok((records, torn)) => {
                let begin = first_of(&self.files[from]) as usize - 1;
                let end = begin + records.len();
                assert_eq!(records[..], self.records[begin..end], "a wrong record");
                Ok((end as u64, torn))
            }
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains(" at byte ") && text.contains(".rgj"), "no place: {text}");
                Err(text)
            }
        }
    }

    fn is_last(&self, file: usize) -> bool {
        file + 1 == self.files.len()
    }

    fn first_of_last(&self) -> u64 {
        first_of(self.files.last().expect("files"))
    }
}

fn first_of(path: &Path) -> u64 {
    let name = path.file_stem().expect("name").to_string_lossy();
    name.rsplit('-').next().expect("seq").parse().expect("number")
}

#[test]
fn cut_at_every_byte() {
    let journal = journal("damage-cut");
    let first = journal.first_of_last();
    let (mut cut, mut refused) = (0, 0);
    for file in 0..journal.files.len() {
        for end in 0..journal.bytes[file].len() {
            let whole = end.saturating_sub(RECORDS_OFFSET) as u64 / 256;
            match journal.with(file, &journal.bytes[file][..end]) {
                Ok((count, torn)) => {
                    cut += 1;
                    assert!(
                        journal.is_last(file) && count >= SYNCED,
                        "cut of file {file} at {end}"
                    );
                    assert_eq!(count, LAST.min(first - 1 + whole));
                    if count < LAST && (end - RECORDS_OFFSET) % 256 > 32 {
                        assert_eq!(torn.expect("reported").seq, count + 1);
                    }
                }
                Err(_) => {
                    refused += 1;
                    assert!(
                        !journal.is_last(file)
                            || end < RECORDS_OFFSET
                            || first - 1 + whole < SYNCED,
                        "cut of file {file} at {end} is only a torn tail"
                    );
                }
            }
        }
    }
    println!("{cut} cut, {refused} refused");
    assert!(cut > 0 && refused > 0);
}

#[test]
fn changed_at_every_byte() {
    let journal = journal("damage-flip");
    let first = journal.first_of_last();
    let (mut cut, mut refused, mut after) = (0, 0, 0);
    for file in 0..journal.files.len() {
        for at in 0..journal.bytes[file].len() {
            {
                let change = [0x01, 0x80, 0xff][at % 3];
                let mut bytes = journal.bytes[file].clone();
                bytes[at] ^= change;
                let index = at.saturating_sub(RECORDS_OFFSET) as u64 / 256;
                let seq = first + index;
                match journal.with(file, &bytes) {
                    Ok((count, torn)) => {
                        assert!(journal.is_last(file) && at >= RECORDS_OFFSET, "{file} {at}");
                        assert!(torn.is_some(), "a changed byte goes unnoticed: {file} {at}");
                        if seq == LAST {
                            assert_eq!(count, LAST - 1);
                            cut += 1;
                        } else {
                            assert!(seq > LAST, "{seq}");
                            assert_eq!(count, LAST);
                            after += 1;
                        }
                    }
                    Err(text) => {
                        refused += 1;
                        let header = at < RECORDS_OFFSET;
                        assert!(!journal.is_last(file) || header || seq < LAST, "{text}");
                    }
                }
            }
        }
    }
    println!("{cut} cut, {refused} refused, {after} after the end");
    assert!(cut > 0 && refused > 0 && after > 0);
}

#[test]
fn files_twice_swapped_left_out_and_from_another_journal() {
    let journal = journal("damage-files");
    let other = self::journal("damage-other");
    let f = &journal.files;
    let pick = |order: &[usize]| order.iter().map(|i| f[*i].clone()).collect::<Vec<_>>();
    for order in [
        vec![0, 0, 1, 2, 3],
        vec![0, 1, 1, 2, 3],
        vec![0, 1, 2, 3, 3],
        vec![1, 0, 2, 3],
        vec![0, 2, 1, 3],
        vec![0, 1, 3, 2],
        vec![0, 2, 3],
        vec![0, 1, 3],
        vec![3, 2, 1, 0],
    ] {
        let text = read(&pick(&order)).expect_err("must be refused").to_string();
        assert!(text.contains(".rgj at byte"), "{order:?}: {text}");
    }
    for from in 0..4 {
        assert!(read(&f[from..]).is_ok(), "a journal whose oldest files are archived is readable");
    }
    for (file, path) in f.iter().enumerate().skip(1) {
        // Same epoch, same numbers, another journal: ids differ, so the chain does not fit, unless
        // the records are the same ones.
        let text = journal.with(file, &other.bytes[file]);
        assert!(text.is_ok(), "the same records are the same journal: {text:?}");
        let mut mixed = journal.bytes[file].clone();
        mixed[RECORDS_OFFSET..].copy_from_slice(&other.bytes[file][RECORDS_OFFSET..]);
        assert!(journal.with(file, &mixed).is_err(), "records of another file are never taken");
        // Under a wrong name.
        let renamed = path.with_file_name("journal-0000000001-00000000000000000999.rgj");
        std::fs::copy(path, &renamed).expect("copy");
        let text = read(&[renamed]).expect_err("refused").to_string();
        assert!(text.contains("renamed"), "{text}");
    }
}

#[test]
fn a_torn_tail_is_kept_aside_and_the_journal_goes_on_after_the_cut() {
    let journal = journal("damage-torn");
    let last = journal.files.last().expect("files");
    let dir = last.parent().expect("dir").to_path_buf();
    let mut bytes = journal.bytes.last().expect("bytes").clone();
    let at = RECORDS_OFFSET + (LAST - journal.first_of_last()) as usize * 256;
    bytes[at + 100..at + 256].fill(0);
    std::fs::write(last, &bytes).expect("write");
    let (end, torn) = close_directory(&dir).expect("closes");
    assert_eq!(end, LAST - 1);
    let torn = torn.expect("reported");
    assert_eq!((torn.seq, torn.offset), (LAST, at as u64));
    assert!(last.with_extension("torn").exists(), "evidence is kept");
    let (records, torn) = read(&journal.files).expect("is whole now");
    assert_eq!((records.len() as u64, torn), (LAST - 1, None));
    assert_eq!(close_directory(&dir).expect("again").0, LAST - 1);
    // The next epoch continues after the cut.
    let state = Dir::new("damage-torn-next");
    let paths = RingPaths::in_dir(&state.0, 3);
    paths.create(1024, LAST).expect("create");
    Recorder::open(&paths, Options::in_dir(&dir)).expect("continues");
}
