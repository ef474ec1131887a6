//! How a reduced transition is made of the original ones, so that its runs can be told in them.

use crate::workflow::verification::{Net, PlaceIx};

/// A recipe, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct RecipeIx(usize);

enum Recipe {
    /// An original transition.
    Fire(usize),
    /// One after the other.
    Then(RecipeIx, RecipeIx),
    /// Either: they differ only in the ends that they reach.
    Either(RecipeIx, RecipeIx),
}

/// Every recipe of one reduction.
#[derive(Default)]
pub(in super::super) struct Recipes(Vec<Recipe>);

impl Recipes {
    pub fn fire(&mut self, transition: usize) -> RecipeIx {
        self.add(Recipe::Fire(transition))
    }

    pub fn then(&mut self, first: RecipeIx, second: RecipeIx) -> RecipeIx {
        self.add(Recipe::Then(first, second))
    }

    pub fn either(&mut self, one: RecipeIx, other: RecipeIx) -> RecipeIx {
        self.add(Recipe::Either(one, other))
    }

    fn add(&mut self, recipe: Recipe) -> RecipeIx {
        self.0.push(recipe);
        RecipeIx(self.0.len() - 1)
    }

    /// The original firings of `recipe`, in order. Where it has alternatives, the one that produces a
    /// token on `wanted`, if there is one.
    pub fn expand(&self, recipe: RecipeIx, net: &Net, wanted: Option<PlaceIx>) -> Vec<usize> {
        let producing = wanted.map(|place| self.producing(net, place));
        let mut firings = Vec::new();
        let mut stack = vec![recipe];
        while let Some(RecipeIx(ix)) = stack.pop() {
            match self.0[ix] {
                Recipe::Fire(transition) => firings.push(transition),
                Recipe::Then(first, second) => stack.extend([second, first]),
                Recipe::Either(one, other) => {
                    let other_produces = producing.as_ref().is_some_and(|producing| producing[other.0]);
                    stack.push(if other_produces { other } else { one });
                }
            }
        }
        firings
    }

    /// Per recipe, whether it can produce a token on the place.
    fn producing(&self, net: &Net, place: PlaceIx) -> Vec<bool> {
        let mut produces: Vec<bool> = Vec::with_capacity(self.0.len());
        for recipe in &self.0 {
            let found = match *recipe {
                Recipe::Fire(transition) => net.transitions[transition].produced.contains(&place),
                Recipe::Then(a, b) | Recipe::Either(a, b) => produces[a.0] || produces[b.0],
            };
            produces.push(found);
        }
        produces
    }
}
