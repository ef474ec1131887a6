use crate::workflow::expression::fuel::{Fuel, Spent};

/// The sizes, in KiB of the compiled automaton, that patterns are sorted into; more is refused. It bounds
/// memory and compile time, and how long one byte of a text can take.
const SIZE_CLASSES: [usize; 4] = [4, 16, 64, 256];

/// A regular expression whose search takes time linear in the text. The time that a byte takes in the
/// worst case grows with the automaton, hence so does what it costs.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    regex: regex::Regex,
    cost_of_byte: usize,
}

impl Pattern {
    /// Compiles a pattern; the error says why it cannot be used.
    pub fn compile(source: &str) -> Result<Self, String> {
        let mut refused = String::new();
        for kibibytes in SIZE_CLASSES {
            let limit = kibibytes * 1024;
            match regex::RegexBuilder::new(source).size_limit(limit).dfa_size_limit(limit.max(64 * 1024)).build() {
                Ok(regex) => return Ok(Self { regex, cost_of_byte: kibibytes }),
                Err(error @ regex::Error::CompiledTooBig(_)) => refused = error.to_string(),
                Err(error) => return Err(unusable(&error.to_string())),
            }
        }
        Err(unusable(&refused))
    }

    /// Whether the pattern is found somewhere in the text.
    pub fn is_match(&self, text: &str, fuel: &mut Fuel) -> Result<bool, Spent> {
        fuel.spend(text.len().saturating_mul(self.cost_of_byte))?;
        Ok(self.regex.is_match(text))
    }
}

fn unusable(why: &str) -> String {
    format!("not a usable regular expression: {why}")
}
