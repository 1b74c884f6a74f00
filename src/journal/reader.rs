//! Reads a journal from its segment files, and refuses what is not exactly what was written.
//!
//! A torn tail (a crash in the middle of a write) is cut and reported. Everything else that is
//! wrong is refused with file, offset and record: damage before the synced mark, a valid record
//! after a bad one, a gap, a file twice, in the wrong place, or of another journal. A segment is
//! verified as a whole before the first of its records is handed out. Files are never changed.

use std::path::{Path, PathBuf};

use super::record::{RECORD_BYTES, Record, RecordWords, words_of};
use super::segment::{Chain, EXTENSION, Head, Header, RECORDS_OFFSET, file_name, offset_of};
use crate::error::{Error, Result};

/// A tail that was cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// The file.
    pub path: PathBuf,
    /// Where it was cut.
    pub offset: u64,
    /// Number of the first record that is not there.
    pub seq: u64,
    /// Bytes after the cut that are not zero.
    pub bytes: u64,
    /// Why it was cut there.
    pub why: String,
}

/// A verified segment in memory.
pub struct Segment {
    /// The file.
    pub path: PathBuf,
    /// Header, mark and seal.
    pub head: Head,
    /// Number of its records.
    pub count: u64,
    /// Chain of everything up to its last record.
    pub chain: Chain,
    /// The tail that was cut.
    pub torn: Option<Torn>,
    bytes: Vec<u8>,
}

fn refuse<T>(path: &Path, offset: usize, seq: Option<u64>, what: &str) -> Result<T> {
    let record = seq.map_or(String::new(), |seq| format!(", record {seq}"));
    Err(Error::new(format!(
        "journal segment {} at byte {offset}{record}: {what}; restore this file from a copy",
        path.display()
    )))
}

impl Segment {
    /// Reads and verifies a file. Only the last file of a journal may be unsealed.
    pub fn load(path: &Path) -> Result<Segment> {
        let read = || {
            std::fs::read(path)
                .map_err(|e| Error::from(e).context(format!("read {}", path.display())))
        };
        let bytes = read()?;
        let open = Head::from_block(&bytes).is_ok_and(|head| head.seal.is_none());
        match Segment::verify(path, bytes) {
            // A file that is being written may look torn in the middle: its pages become visible
            // one by one. A second look tells.
            Err(_) if open => Segment::verify(path, read()?),
            result => result,
        }
    }

    fn verify(path: &Path, bytes: Vec<u8>) -> Result<Segment> {
        let head = match Head::from_block(&bytes) {
            Ok(head) => head,
            Err((offset, what)) => return refuse(path, offset, None, &what),
        };
        let header = head.header;
        let name = file_name(header.epoch, header.first_seq);
        if path.file_name().is_none_or(|n| n.to_string_lossy() != name) {
            let what = format!("its header says that its name is {name}: it was renamed or copied");
            return refuse(path, 32, None, &what);
        }
        let mut chain = header.previous;
        let mut count = 0;
        let slots = bytes[RECORDS_OFFSET..].chunks(RECORD_BYTES);
        let mut stopped = None;
        let seed = header.seed();
        for slot in slots.clone() {
            match check(slot, &header, seed, count) {
                Ok(words) => chain.absorb(&words),
                Err(why) => {
                    stopped = Some(why);
                    break;
                }
            }
            count += 1;
        }
        let next = header.first_seq + count;
        let offset = offset_of(next, header.first_seq) as usize;
        let why = stopped.unwrap_or_else(|| "the file ends".to_string());
        if let Some(seal) = head.seal {
            if next <= seal.last_seq {
                return refuse(
                    path,
                    offset,
                    Some(next),
                    &format!("{why}, but the file is sealed up to record {}", seal.last_seq),
                );
            }
            if next != seal.last_seq + 1 || bytes.len() != offset {
                return refuse(
                    path,
                    offset,
                    Some(next),
                    &format!("bytes after record {}, where the file is sealed", seal.last_seq),
                );
            }
            if chain != seal.chain {
                return refuse(path, offset, None, "the chain over its records is not the seal's");
            }
        }
        if next <= head.synced {
            return refuse(
                path,
                offset,
                Some(next),
                &format!(
                    "{why}, but everything up to record {} was on stable storage",
                    head.synced
                ),
            );
        }
        for (later, slot) in slots.enumerate().skip(count as usize + 1) {
            if check(slot, &header, seed, later as u64).is_ok() {
                let seq = header.first_seq + later as u64;
                return refuse(
                    path,
                    offset,
                    Some(next),
                    &format!("{why}, but record {seq} after it is valid: this is no torn tail"),
                );
            }
        }
        let left = bytes[offset..].iter().filter(|b| **b != 0).count() as u64;
        let torn = (left > 0).then(|| Torn {
            path: path.to_path_buf(),
            offset: offset as u64,
            seq: next,
            bytes: left,
            why,
        });
        Ok(Segment { path: path.to_path_buf(), head, count, chain, torn, bytes })
    }

    /// Number of the record after its last one.
    pub fn next_seq(&self) -> u64 {
        self.head.header.first_seq + self.count
    }

    /// The bytes after the cut.
    pub fn tail(&self) -> &[u8] {
        &self.bytes[RECORDS_OFFSET + self.count as usize * RECORD_BYTES..]
    }

    /// Words of the record at `index`; its crc is set to 0, as in the ring.
    pub fn words(&self, index: u64) -> RecordWords {
        let at = RECORDS_OFFSET + index as usize * RECORD_BYTES;
        let mut words = match self.bytes[at..].first_chunk::<RECORD_BYTES>() {
            Some(bytes) => words_of(bytes),
            None => unreachable!("index is below count, and all of these were verified"),
        };
        words[1] &= !0xffff_ffff;
        words
    }
}

/// Conditions 1 to 5 of the record format.
fn check(
    slot: &[u8],
    header: &Header,
    seed: u32,
    index: u64,
) -> std::result::Result<RecordWords, String> {
    let Ok(bytes) = <&[u8; RECORD_BYTES]>::try_from(slot) else {
        return Err("the file ends inside the record".to_string());
    };
    let words = words_of(bytes);
    let seq = header.first_seq + index;
    if words[0] != seq {
        return Err(format!("the number there is {}", words[0]));
    }
    if (words[1] >> 32) as u32 != header.epoch {
        return Err(format!("epoch {} in a file of epoch {}", words[1] >> 32, header.epoch));
    }
    if !Header::crc_is_right(seed, bytes) {
        return Err("the record's checksum is wrong".to_string());
    }
    Record::from_words(&words).map_err(|bad| bad.to_string())?;
    Ok(words)
}

/// All segment files of a directory, by name.
pub fn segment_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let place = || format!("list the journal directory {}", dir.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|e| Error::from(e).context(place()))? {
        let path = entry.map_err(|e| Error::from(e).context(place()))?.path();
        if path.extension().is_some_and(|e| e == EXTENSION) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Does a directory have any segment?
pub fn has_segments(dir: &Path) -> Result<bool> {
    Ok(!segment_files(dir)?.is_empty())
}

/// First record of a segment, by its name.
fn first_seq_of(path: &Path) -> u64 {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    stem.rsplit('-').next().and_then(|seq| seq.parse().ok()).unwrap_or(0)
}

/// Reads the records of a journal in order.
pub struct JournalReader {
    files: std::vec::IntoIter<PathBuf>,
    current: Option<Segment>,
    index: u64,
    torn: Option<Torn>,
    bytes: u64,
    segments: u64,
}

impl JournalReader {
    /// All segments of a directory.
    pub fn open_dir(dir: &Path) -> Result<JournalReader> {
        let files = segment_files(dir)?;
        if files.is_empty() {
            return Err(Error::new(format!(
                "read the journal in {}: no file journal-*.{EXTENSION} is there; name the directory \
                 that the gate's configuration calls the journal",
                dir.display()
            )));
        }
        Ok(JournalReader::open_files(files))
    }

    /// The segments of a directory from the one that holds record `seq` on. It may begin before.
    pub fn open_dir_from(dir: &Path, seq: u64) -> Result<JournalReader> {
        let mut files = segment_files(dir)?;
        let passed = files.iter().take_while(|path| first_seq_of(path) <= seq).count();
        files.drain(..passed.saturating_sub(1));
        Ok(JournalReader::open_files(files))
    }

    /// These segments, in this order.
    pub fn open_files(files: Vec<PathBuf>) -> JournalReader {
        JournalReader {
            files: files.into_iter(),
            current: None,
            index: 0,
            torn: None,
            bytes: 0,
            segments: 0,
        }
    }

    /// A directory, or files.
    pub fn open_paths(paths: &[PathBuf]) -> Result<JournalReader> {
        match paths {
            [dir] if dir.is_dir() => JournalReader::open_dir(dir),
            files => Ok(JournalReader::open_files(files.to_vec())),
        }
    }

    /// The tail that was cut, so far.
    pub fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    /// Bytes of records and headers read.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Segments read.
    pub fn segments(&self) -> u64 {
        self.segments
    }

    /// The segment that the last record came from.
    pub fn segment(&self) -> Option<&Segment> {
        self.current.as_ref()
    }

    /// The next record as words (crc 0), or `None` at the end.
    pub fn next_words(&mut self) -> Result<Option<RecordWords>> {
        loop {
            if let Some(segment) = &self.current
                && self.index < segment.count
            {
                let words = segment.words(self.index);
                self.index += 1;
                return Ok(Some(words));
            }
            let Some(path) = self.files.next() else { return Ok(None) };
            let segment = Segment::load(&path)?;
            if let Some(before) = &self.current {
                follows(before, &segment)?;
            }
            self.bytes += offset_of(segment.next_seq(), segment.head.header.first_seq);
            self.segments += 1;
            self.torn = segment.torn.clone();
            self.index = 0;
            self.current = Some(segment);
        }
    }

    /// The next record, or `None` at the end.
    pub fn next_record(&mut self) -> Result<Option<Record>> {
        let Some(words) = self.next_words()? else { return Ok(None) };
        // The canonical form was checked when the segment was loaded.
        let record = Record::decode(&words);
        record.map(Some).map_err(|bad| Error::new(format!("record {}: {bad}", words[0])))
    }
}

fn follows(before: &Segment, next: &Segment) -> Result<()> {
    let header = &next.head.header;
    if before.head.seal.is_none() {
        return refuse(
            &before.path,
            1024,
            Some(before.next_seq()),
            &format!("it is not sealed, but {} follows it", next.path.display()),
        );
    }
    if header.first_seq != before.next_seq() {
        return refuse(
            &next.path,
            40,
            Some(header.first_seq),
            &format!(
                "it begins with record {} where {} must follow {}: a file is missing, twice there, or \
             in the wrong place",
                header.first_seq,
                before.next_seq(),
                before.path.display()
            ),
        );
    }
    if header.epoch < before.head.header.epoch {
        return refuse(
            &next.path,
            32,
            None,
            &format!(
                "its epoch {} is before epoch {} of the file before it",
                header.epoch, before.head.header.epoch
            ),
        );
    }
    if header.previous != before.chain {
        return refuse(
            &next.path,
            56,
            None,
            &format!(
                "it does not continue the chain of {}: it belongs to another journal",
                before.path.display()
            ),
        );
    }
    Ok(())
}
