use super::Limit;
use super::compiled::CompiledNet;
use super::marking_store::MarkingStore;

/// Markings that were reached, how, and which firing leads from which to which.
pub(super) struct StateSpace {
    store: MarkingStore,
    /// Per marking, the one it was first reached from and by which transition; the first is its own.
    parents: Vec<(u32, u32)>,
    /// From marking to marking.
    links: Vec<(u32, u32)>,
    fired: Vec<bool>,
}

impl StateSpace {
    pub fn new(store: MarkingStore, transitions: usize) -> Self {
        Self { store, parents: Vec::new(), links: Vec::new(), fired: vec![false; transitions] }
    }

    pub fn len(&self) -> usize {
        self.store.len()
    }

    pub fn marking(&self, state: usize) -> &[u64] {
        self.store.get(state)
    }

    /// Bytes held, with those that the search for completion will need.
    pub fn bytes(&self) -> usize {
        let links = self.links.capacity() * size_of::<(u32, u32)>();
        let backwards = self.links.len() * size_of::<u32>() + self.len() * (size_of::<u32>() * 2 + 1);
        self.store.bytes() + self.parents.capacity() * size_of::<(u32, u32)>() + links + backwards
    }

    /// Whether a transition fired anywhere.
    pub fn has_fired(&self, transition: usize) -> bool {
        self.fired[transition]
    }

    pub(super) fn note_fired(&mut self, transition: usize) {
        self.fired[transition] = true;
    }

    pub(super) fn begin(&mut self, initial: &[u64]) -> Result<(), Limit> {
        self.store.insert(initial)?;
        self.parents.push((0, 0));
        Ok(())
    }

    /// Records a firing; gives the number of the marking after it and whether it is new.
    pub(super) fn step(&mut self, from: usize, transition: usize, after: &[u64]) -> Result<(usize, bool), Limit> {
        let (target, is_new) = self.store.insert(after)?;
        let from = number(from)?;
        if is_new {
            self.parents.push((from, number(transition)?));
        }
        self.links.push((from, number(target)?));
        self.note_fired(transition);
        Ok((target, is_new))
    }

    /// The firings that first led to a marking.
    pub fn path_to(&self, state: usize) -> Vec<usize> {
        let mut path = Vec::new();
        let mut state = state;
        while state != 0 {
            let (parent, transition) = self.parents[state];
            path.push(transition as usize);
            state = parent as usize;
        }
        path.reverse();
        path
    }

    /// The first marking, in the order of exploration, from which no run is ever complete.
    pub fn first_without_completion(&self, net: &CompiledNet) -> Option<usize> {
        let mut completes: Vec<bool> = (0..self.len()).map(|state| net.is_complete(self.marking(state))).collect();
        let mut stack: Vec<usize> = (0..self.len()).filter(|&state| completes[state]).collect();
        let (starts, sources) = self.links_by_target();
        while let Some(state) = stack.pop() {
            for &source in &sources[starts[state] as usize..starts[state + 1] as usize] {
                if !std::mem::replace(&mut completes[source as usize], true) {
                    stack.push(source as usize);
                }
            }
        }
        completes.iter().position(|completes| !completes)
    }

    /// Sources of the links, grouped by target: group `n` is `sources[starts[n]..starts[n + 1]]`.
    fn links_by_target(&self) -> (Vec<u32>, Vec<u32>) {
        let mut starts = vec![0u32; self.len() + 2];
        for &(_, target) in &self.links {
            starts[target as usize + 2] += 1;
        }
        for state in 2..starts.len() {
            starts[state] += starts[state - 1];
        }
        let mut sources = vec![0u32; self.links.len()];
        for &(source, target) in &self.links {
            let next = &mut starts[target as usize + 1];
            sources[*next as usize] = source;
            *next += 1;
        }
        (starts, sources)
    }
}

fn number(value: usize) -> Result<u32, Limit> {
    u32::try_from(value).map_err(|_| Limit::Memory)
}
