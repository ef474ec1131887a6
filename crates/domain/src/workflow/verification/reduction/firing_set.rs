/// A set of transitions of the original net.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct FiringSet {
    words: Vec<u64>,
}

impl FiringSet {
    pub fn single(transition: usize) -> Self {
        let mut set = Self { words: vec![0; transition / 64 + 1] };
        set.words[transition / 64] = 1 << (transition % 64);
        set
    }

    pub fn add_all(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
    }

    pub fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.add_all(other);
        all
    }

    pub fn contains(&self, transition: usize) -> bool {
        self.words.get(transition / 64).is_some_and(|word| word >> (transition % 64) & 1 == 1)
    }
}
