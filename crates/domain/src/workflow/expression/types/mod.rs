//! The types of an expression, found against the input schema when a workflow is published. What nothing
//! is known about is dynamic, and never a problem.

mod binary;
mod calls;
mod declarations;
mod infer;
mod leaf;
mod problem;
mod shape;
mod suggest;

pub use declarations::Declarations;
pub use problem::{Severity, TypeProblem};

use self::infer::Inference;
use self::shape::Shape;
use crate::workflow::expression::Expression;

impl Expression {
    /// Problems of the types of any expression, in the order of the source.
    pub fn check_types(&self, declarations: &Declarations<'_>) -> Vec<TypeProblem> {
        let mut inference = Inference::new(declarations, self.source());
        inference.infer(&self.root);
        inference.problems
    }

    /// Problems of a guard: an expression that must be a boolean, or dynamic.
    pub fn check_guard(&self, declarations: &Declarations<'_>) -> Vec<TypeProblem> {
        let mut inference = Inference::new(declarations, self.source());
        let found = inference.infer(&self.root);
        inference.expect(&self.root, &found, &[Shape::Bool], "a guard is true or false");
        inference.problems
    }
}
