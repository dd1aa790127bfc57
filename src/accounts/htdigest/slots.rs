//! Where the entries of a table are, by a hash of what they are looked for by.

use std::hint::black_box;

use super::hash_key::HashKey;

/// Entries' numbers in a power of two of slots, at most half of them taken; after a taken one comes
/// the next.
pub(super) struct Slots {
    key: HashKey,
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    /// Half of the hash, so that few entries are compared in vain.
    tag: u32,
    /// The number of the entry, from 1; zero where the slot is free.
    entry: u32,
}

/// A place on the way along the entries of one hash.
pub(super) struct Probe {
    slot: usize,
    tag: u32,
}

impl Slots {
    /// Slots for as many entries.
    pub(super) fn for_entries(count: usize) -> Self {
        let slots = vec![Slot::default(); (2 * count).next_power_of_two()];
        Self { key: HashKey::random(), slots }
    }

    /// Where the entries with the hash of these two strings begin.
    pub(super) fn probe(&self, first: &[u8], second: &[u8]) -> Probe {
        let hash = self.key.hash(first, second);
        let slot = usize::try_from(hash & 0xffff_ffff).unwrap_or_default() & self.mask();
        Probe { slot, tag: u32::try_from(hash >> 32).unwrap_or_default() }
    }

    /// The next entry, in the order in which they were put; few have another hash. At the end the
    /// probe is at a free slot.
    pub(super) fn next(&self, probe: &mut Probe) -> Option<u32> {
        while let Some(Slot { tag, entry: number @ 1.. }) = self.slots.get(probe.slot).copied() {
            probe.slot = (probe.slot + 1) & self.mask();
            if tag == probe.tag {
                return Some(number - 1);
            }
        }
        None
    }

    /// Puts an entry into the free slot where a probe has ended.
    pub(super) fn put(&mut self, probe: &Probe, number: u32) {
        if let Some(slot) = self.slots.get_mut(probe.slot) {
            *slot = Slot { tag: probe.tag, entry: number + 1 };
        }
    }

    /// Any one of `count` entries where a probe has ended at none, always the same for one hash. As for
    /// an entry that is there, it is not known before the slot has been read.
    #[cold]
    pub(super) fn any_of(&self, probe: &Probe, count: usize) -> u32 {
        let free = self.slots.get(black_box(probe.slot)).map_or(0, |slot| slot.entry);
        let product = u64::from(probe.tag ^ free) * count as u64;
        u32::try_from(product >> 32).unwrap_or_default()
    }

    fn mask(&self) -> usize {
        self.slots.len().wrapping_sub(1)
    }
}
