use super::Limit;

/// Every marking seen, each once, in one block of memory, found again by an open-addressing index.
/// A marking is as many words as the net needs; its number is the order of its arrival.
pub(super) struct MarkingStore {
    width: usize,
    words: Vec<u64>,
    /// Numbers of markings plus one; zero is a free slot. The length is a power of two.
    slots: Vec<u32>,
}

const FIRST_SLOTS: usize = 256;

impl MarkingStore {
    pub fn new(width: usize) -> Self {
        // A net without places still has one marking.
        Self { width: width.max(1), words: Vec::new(), slots: vec![0; FIRST_SLOTS] }
    }

    pub fn len(&self) -> usize {
        self.words.len() / self.width
    }

    pub fn get(&self, number: usize) -> &[u64] {
        &self.words[number * self.width..(number + 1) * self.width]
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>() + self.slots.capacity() * size_of::<u32>()
    }

    /// The marking's number, and whether it is new.
    pub fn insert(&mut self, marking: &[u64]) -> Result<(usize, bool), Limit> {
        let slot = self.slot_of(marking);
        if let Some(number) = (self.slots[slot] as usize).checked_sub(1) {
            return Ok((number, false));
        }
        let number = self.len();
        self.slots[slot] = u32::try_from(number + 1).map_err(|_| Limit::Memory)?;
        self.words.extend_from_slice(marking);
        if self.len() * 4 > self.slots.len() * 3 {
            self.grow();
        }
        Ok((number, true))
    }

    /// Where the marking is, or where it belongs.
    fn slot_of(&self, marking: &[u64]) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(marking) & mask;
        loop {
            match (self.slots[slot] as usize).checked_sub(1) {
                Some(number) if self.get(number) != marking => slot = (slot + 1) & mask,
                _ => return slot,
            }
        }
    }

    fn grow(&mut self) {
        let taken = std::mem::take(&mut self.slots);
        self.slots = vec![0; taken.len() * 2];
        for number in taken.into_iter().filter(|&number| number > 0) {
            let slot = self.slot_of(self.get(number as usize - 1));
            self.slots[slot] = number;
        }
    }
}

/// Multiply and rotate, word by word (the scheme of Firefox's and rustc's tables), then mix the high
/// bits down.
#[expect(clippy::cast_possible_truncation, reason = "a hash may lose bits")]
fn hash(words: &[u64]) -> usize {
    let folded = words.iter().fold(0u64, |hash, word| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95));
    (folded ^ (folded >> 32)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marking_keeps_its_number_while_the_store_grows() {
        let mut store = MarkingStore::new(2);
        for n in 0..5_000u64 {
            assert_eq!(store.insert(&[n, n << 40]), Ok((usize::try_from(n).unwrap(), true)));
        }
        assert_eq!(store.insert(&[77, 77 << 40]), Ok((77, false)));
        assert_eq!((store.len(), store.get(4_999)), (5_000, &[4_999, 4_999 << 40][..]));
        assert!(store.bytes() >= 5_000 * 16);
    }
}
