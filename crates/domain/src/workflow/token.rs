//! Tokens, where they rest, and the runs of splits that they belong to.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::workflow::{StepKey, TransitionIx};

/// One run of a split that a later join is paired with. Every token made by the run carries it, and so
/// does everything that these tokens set in motion until the join gathers them. 0 is the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FrameId(pub(crate) u32);

impl FrameId {
    /// The request itself: what no split made.
    pub const REQUEST: Self = Self(0);
}

/// A token on a transition. Recorded as the transition's number, or as the pair of it and the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token {
    /// Where it rests.
    pub at: TransitionIx,
    /// The run of a split that it came out of.
    pub frame: FrameId,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum TokenForm {
    OfRequest(TransitionIx),
    OfFrame(TransitionIx, FrameId),
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = match self.frame {
            FrameId::REQUEST => TokenForm::OfRequest(self.at),
            frame => TokenForm::OfFrame(self.at, frame),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match TokenForm::deserialize(deserializer)? {
            TokenForm::OfRequest(at) => Self { at, frame: FrameId::REQUEST },
            TokenForm::OfFrame(at, frame) => Self { at, frame },
        })
    }
}

/// Tokens at rest, counted; what is not marked has no entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Marking(BTreeMap<Token, u32>);

impl Marking {
    /// How many such tokens there are.
    pub fn count(&self, token: Token) -> u32 {
        self.0.get(&token).copied().unwrap_or(0)
    }

    /// Whether no token rests anywhere.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every different token, with how many there are.
    pub fn marked(&self) -> impl Iterator<Item = (Token, u32)> + '_ {
        self.0.iter().map(|(&token, &count)| (token, count))
    }

    /// The different tokens on one transition, by frame.
    pub fn on(&self, at: TransitionIx) -> impl Iterator<Item = (Token, u32)> + '_ {
        let from = Token { at, frame: FrameId::REQUEST };
        let to = Token { at, frame: FrameId(u32::MAX) };
        self.0.range(from..=to).map(|(&token, &count)| (token, count))
    }

    /// Adds tokens.
    pub fn produce(&mut self, tokens: &[Token]) {
        for &token in tokens {
            *self.0.entry(token).or_insert(0) += 1;
        }
    }

    /// Takes tokens away; one that is not there is left alone.
    pub fn consume(&mut self, tokens: &[Token]) {
        for token in tokens {
            if let Some(count) = self.0.get_mut(token) {
                *count -= 1;
                if *count == 0 {
                    self.0.remove(token);
                }
            }
        }
    }

    /// Gives the tokens of frames their new numbers.
    pub(super) fn move_frames(&mut self, new: &BTreeMap<FrameId, FrameId>) {
        let moved = |token: Token| Token { frame: new.get(&token.frame).copied().unwrap_or(token.frame), ..token };
        self.0 = std::mem::take(&mut self.0).into_iter().map(|(token, count)| (moved(token), count)).collect();
    }

    /// Takes every token.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// As a list of `[token, count]`.
impl Serialize for Marking {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
    }
}

impl<'de> Deserialize<'de> for Marking {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::<(Token, u32)>::deserialize(deserializer)?;
        if entries.iter().any(|(_, count)| *count == 0) {
            return Err(de::Error::custom("expected at least one token per entry of a marking"));
        }
        Ok(Self(entries.into_iter().collect()))
    }
}

/// A frame in use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// The frame that the split itself ran in.
    pub parent: FrameId,
    /// The split.
    pub split: StepKey,
    /// Structured joins that started before the last branch of this run came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<StepKey>,
}

/// The frames in use, by number. Numbers are given in order and never again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frames {
    last: u32,
    open: BTreeMap<FrameId, Frame>,
}

impl Frames {
    /// The number that the next frame gets.
    pub fn next_id(&self) -> FrameId {
        FrameId(self.last + 1)
    }

    /// Opens a frame under a number from [`Frames::next_id`].
    pub fn open(&mut self, id: FrameId, parent: FrameId, split: StepKey) {
        self.last = self.last.max(id.0);
        self.open.insert(id, Frame { parent, split, joined: Vec::new() });
    }

    /// Records that a frame has started a join `AT_LEAST`.
    pub fn join(&mut self, id: FrameId, join: &StepKey) {
        if let Some(frame) = self.open.get_mut(&id) {
            frame.joined.push(join.clone());
        }
    }

    /// A frame in use.
    pub fn get(&self, id: FrameId) -> Option<&Frame> {
        self.open.get(&id)
    }

    /// Whether there never was a frame.
    pub const fn is_unused(&self) -> bool {
        self.last == 0
    }

    /// Every frame in use.
    pub fn iter(&self) -> impl Iterator<Item = (FrameId, &Frame)> {
        self.open.iter().map(|(&id, frame)| (id, frame))
    }

    /// A frame and those it lies in, innermost first, without the request itself.
    pub fn chain(&self, id: FrameId) -> impl Iterator<Item = (FrameId, &Frame)> {
        std::iter::successors(self.get(id).map(|frame| (id, frame)), |(_, frame)| {
            self.get(frame.parent).map(|parent| (frame.parent, parent))
        })
    }

    /// Whether something of frame `id` belongs to the run `of`.
    pub fn within(&self, id: FrameId, of: FrameId) -> bool {
        self.chain(id).any(|(link, _)| link == of)
    }

    /// The innermost run of `split` that something of frame `id` belongs to.
    pub fn run_of(&self, id: FrameId, split: &StepKey) -> Option<FrameId> {
        self.chain(id).find(|(_, frame)| frame.split == *split).map(|(id, _)| id)
    }

    /// Whether two frames belong to different runs of one split, neither of which is part of the other.
    pub fn are_rivals(&self, one: FrameId, other: FrameId) -> bool {
        self.chain(one).any(|(id, frame)| {
            !self.within(other, id)
                && self.chain(other).any(|(rival, found)| {
                    found.split == frame.split && !self.within(one, rival) && found.parent == frame.parent
                })
        })
    }

    /// The innermost frame that all of the given ones belong to.
    pub fn common(&self, frames: impl IntoIterator<Item = FrameId>) -> FrameId {
        let mut frames = frames.into_iter();
        let Some(first) = frames.next() else { return FrameId::REQUEST };
        frames.fold(first, |common, other| {
            let chain = self.chain(common).map(|(link, _)| link);
            chain.into_iter().find(|&link| self.within(other, link)).unwrap_or(FrameId::REQUEST)
        })
    }

    /// Numbers the frames in use from 1, in their order; what number each has got.
    pub(super) fn renumber(&mut self) -> BTreeMap<FrameId, FrameId> {
        let new: BTreeMap<FrameId, FrameId> = self.open.keys().copied().zip((1..).map(FrameId)).collect();
        let moved = |id: FrameId| new.get(&id).copied().unwrap_or(id);
        let open = std::mem::take(&mut self.open).into_iter();
        self.open = open.map(|(id, frame)| (moved(id), Frame { parent: moved(frame.parent), ..frame })).collect();
        self.last = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        new
    }

    /// Closes the frames that nothing of `used` belongs to.
    pub fn retain(&mut self, used: impl IntoIterator<Item = FrameId>) {
        if self.open.is_empty() {
            return;
        }
        let mut keep = BTreeMap::new();
        for id in used {
            for (link, frame) in self.chain(id) {
                keep.insert(link, frame.clone());
            }
        }
        self.open = keep;
    }
}
