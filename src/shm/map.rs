//! Shared memory as the only thing it can safely be: words that somebody else may change.
//!
//! A [`Mapping`] hands out references to atomic words, bounds-checked, and nothing else: never a
//! slice of bytes, never a struct. Whether plain Rust references over memory written by another process
//! are sound is an open question of the language; atomic words are the narrowest form that model
//! checkers and sanitizers understand, and compile to plain loads and stores.

#![allow(unsafe_code)]

use std::fs::File;

use memmap2::{MmapOptions, MmapRaw};

use crate::error::{Error, Result};
use crate::sync::{AtomicU32, AtomicU64};

/// A mapped file (memfd or file on tmpfs), read-only or writable, unmapped on drop.
pub struct Mapping {
    raw: MmapRaw,
    writable: bool,
}

impl Mapping {
    /// Maps `bytes` of the file for reading and writing, with all pages present.
    pub fn writable(file: &File, bytes: usize) -> Result<Mapping> {
        let raw = MmapOptions::new()
            .len(bytes)
            .populate()
            .map_raw(file)
            .map_err(|e| Error::new(format!("map {bytes} bytes for writing: {e}")))?;
        Ok(Mapping { raw, writable: true })
    }

    /// Maps `bytes` of the file read-only, with all pages present.
    pub fn read_only(file: &File, bytes: usize) -> Result<Mapping> {
        let raw = MmapOptions::new()
            .len(bytes)
            .populate()
            .map_raw_read_only(file)
            .map_err(|e| Error::new(format!("map {bytes} bytes for reading: {e}")))?;
        Ok(Mapping { raw, writable: false })
    }

    /// Bytes mapped.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// Is nothing mapped?
    pub fn is_empty(&self) -> bool {
        self.raw.len() == 0
    }

    /// May this process store?
    pub fn is_writable(&self) -> bool {
        self.writable
    }

    /// The 64-bit word at a byte offset. Panics if it is out of bounds or not aligned. Storing
    /// through it into a read-only mapping faults: the process that tries is broken and dies.
    #[inline(always)]
    pub fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset + 8 <= self.raw.len(), "word {offset} outside");
        // SAFETY: in bounds and aligned by the assertion (mappings are page-aligned); an atomic
        // may be changed by others at any time; the borrow of `self` keeps the mapping alive.
        unsafe { &*self.raw.as_mut_ptr().add(offset).cast::<AtomicU64>() }
    }

    /// `N` 64-bit words from a byte offset on. Panics like [`Mapping::word`], once for all of them.
    #[inline(always)]
    pub fn words<const N: usize>(&self, offset: usize) -> &[AtomicU64; N] {
        let inside =
            offset.is_multiple_of(8) && N * 8 <= self.raw.len() && offset <= self.raw.len() - N * 8;
        assert!(inside, "{N} words at {offset} outside");
        // SAFETY: as in `word`, for each of the N words; an array of atomics is nothing but atomics.
        unsafe { &*self.raw.as_mut_ptr().add(offset).cast::<[AtomicU64; N]>() }
    }

    /// The 32-bit word at a byte offset. Panics like [`Mapping::word`].
    #[inline(always)]
    pub fn word32(&self, offset: usize) -> &AtomicU32 {
        assert!(offset.is_multiple_of(4) && offset + 4 <= self.raw.len(), "word {offset} outside");
        // SAFETY: as in `word`.
        unsafe { &*self.raw.as_mut_ptr().add(offset).cast::<AtomicU32>() }
    }
}
