//! Checks of what callers give. Everything that is wrong is told at once, each with its field.

use std::fmt::Display;
use std::ops::RangeInclusive;

use nexusflow_domain::Timestamp;
use nexusflow_domain::duration::{Duration, FIRST_INSTANT, LAST_INSTANT};
use nexusflow_domain::problem::{Problem, ProblemCode};

use crate::{Refused, Result};

/// How long something may be, in characters.
pub(crate) type Length = RangeInclusive<usize>;

/// What is wrong with an input, collected field by field.
#[derive(Debug, Default)]
pub(crate) struct InputCheck {
    problems: Vec<Problem>,
}

impl InputCheck {
    /// The text has an allowed number of characters and no NUL, which no database column holds.
    #[must_use]
    pub fn length(mut self, field: &str, text: &str, allowed: &Length) -> Self {
        if text.contains('\0') {
            self.report(field, "the character U+0000 is not allowed");
        }
        let length = text.chars().count();
        if !allowed.contains(&length) {
            let message = format!("expected {} to {} characters, found {length}", allowed.start(), allowed.end());
            self.report(field, message);
        }
        self
    }

    /// The same of a text that may be left out.
    #[must_use]
    pub fn optional_length(self, field: &str, text: Option<&str>, allowed: &Length) -> Self {
        match text {
            Some(text) => self.length(field, text, allowed),
            None => self,
        }
    }

    /// The text has an allowed number of bytes and no NUL.
    #[must_use]
    pub fn bytes(mut self, field: &str, text: &str, allowed: &Length) -> Self {
        if text.contains('\0') {
            self.report(field, "the character U+0000 is not allowed");
        }
        if !allowed.contains(&text.len()) {
            let message = format!("expected {} to {} bytes, found {}", allowed.start(), allowed.end(), text.len());
            self.report(field, message);
        }
        self
    }

    /// The span is not longer than allowed.
    #[must_use]
    pub fn duration(mut self, field: &str, span: Duration, longest: Duration) -> Self {
        if span > longest {
            self.report(field, format!("expected at most {longest}, found {span}"));
        }
        self
    }

    /// What people read of something: a name, of which white space around it is no part, and a
    /// description.
    #[must_use]
    pub fn name_and_description(self, (name, names): (&str, &Length), (text, texts): (&str, &Length)) -> Self {
        self.length("name", name.trim(), names).length("description", text, texts)
    }

    /// The instant, if one is given, lies in the years that deadlines may have.
    #[must_use]
    pub fn instant(mut self, field: &str, at: Option<Timestamp>) -> Self {
        if at.is_some_and(|at| !(FIRST_INSTANT..=LAST_INSTANT).contains(&at)) {
            self.report(field, "expected an instant in the years 1970 to 9999 (UTC)");
        }
        self
    }

    /// What must hold of the field does.
    #[must_use]
    pub fn holds(mut self, field: &str, holds: bool, expected: &str) -> Self {
        if !holds {
            self.report(field, expected);
        }
        self
    }

    /// The value of a text that was read; a problem when it could not be.
    pub fn parsed<T, E: Display>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.report(field, error.to_string())).ok()
    }

    /// The values read, if nothing is wrong; a value that could not be read has its problem already.
    pub fn values<T>(self, read: Option<T>) -> Result<T> {
        match read {
            Some(values) if self.problems.is_empty() => Ok(values),
            _ => Err(Refused::InvalidInput(self.problems).into()),
        }
    }

    /// Nothing, or the refusal with everything that is wrong.
    pub fn finish(self) -> Result<()> {
        if self.problems.is_empty() { Ok(()) } else { Err(Refused::InvalidInput(self.problems).into()) }
    }

    fn report(&mut self, field: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(ProblemCode::InvalidValue, field, message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(check: InputCheck) -> Vec<String> {
        match check.finish() {
            Err(crate::Error::Refused(refused)) => match *refused {
                Refused::InvalidInput(problems) => problems.into_iter().map(|problem| problem.path).collect(),
                other => panic!("{other}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        let (short, edge) = (1..=3, LAST_INSTANT + chrono::TimeDelta::microseconds(1));
        let check = InputCheck::default()
            .length("good", "äöü", &short)
            .length("long", "äöüß", &short)
            .length("nul", "a\0b", &short)
            .name_and_description(("  ", &short), ("", &short))
            .bytes("key", "äö", &short)
            .bytes("bytes", "a\0", &short)
            .duration("most", Duration::ZERO, Duration::ZERO)
            .duration("span", "PT2S".parse().expect("a duration"), "PT1S".parse().expect("a duration"))
            .instant("none", None)
            .instant("first", Some(FIRST_INSTANT))
            .instant("last", Some(LAST_INSTANT))
            .instant("past", Some(FIRST_INSTANT - chrono::TimeDelta::microseconds(1)))
            .instant("later", Some(edge));
        assert_eq!(fields(check), ["long", "nul", "name", "description", "key", "bytes", "span", "past", "later"]);
    }

    #[test]
    fn a_good_input_passes() {
        assert!(InputCheck::default().length("title", "x", &(1..=1)).finish().is_ok());
    }
}
