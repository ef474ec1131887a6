use async_graphql::ServerError;

use super::Limits;
use crate::http::Code;

/// Counts the tokens of a document's text without parsing it (GraphQL specification, section 2.1),
/// because the parser recurses per bracket and allocates per token. Text that is not GraphQL passes:
/// the parser says what is wrong with it.
pub(crate) fn check_tokens(text: &str, limits: &Limits) -> Result<(), ServerError> {
    let mut rest = text.as_bytes();
    let (mut tokens, mut nesting) = (0_usize, 0_usize);
    while let Some((kind, length)) = next(rest) {
        rest = &rest[length..];
        match kind {
            Kind::Ignored => continue,
            Kind::Open => nesting += 1,
            Kind::Close => nesting = nesting.saturating_sub(1),
            Kind::Other => {}
        }
        tokens += 1;
        if tokens > limits.tokens {
            return Err(Code::CostExceeded.error(format!("the document has more than {} tokens", limits.tokens)));
        }
        if nesting > limits.nesting {
            let message = format!("the document nests brackets more than {} deep", limits.nesting);
            return Err(Code::CostExceeded.error(message));
        }
    }
    Ok(())
}

enum Kind {
    Ignored,
    Open,
    Close,
    Other,
}

/// The kind and length of the next token or run of ignored characters.
fn next(rest: &[u8]) -> Option<(Kind, usize)> {
    Some(match rest.first()? {
        b' ' | b'\t' | b'\n' | b'\r' | b',' => (Kind::Ignored, 1),
        b'#' => (Kind::Ignored, run(rest, |byte| !matches!(byte, b'\n' | b'\r'))),
        b'{' | b'[' | b'(' => (Kind::Open, 1),
        b'}' | b']' | b')' => (Kind::Close, 1),
        b'.' if rest.starts_with(b"...") => (Kind::Other, 3),
        b'"' if rest.starts_with(b"\"\"\"") => (Kind::Other, block_string(rest)),
        b'"' => (Kind::Other, string(rest)),
        b'0'..=b'9' | b'-' => (Kind::Other, run(rest, |byte| is_word(byte) || byte == b'.')),
        byte if is_word(*byte) => (Kind::Other, run(rest, is_word)),
        _ => (Kind::Other, 1),
    })
}

/// Names and numbers; which of them is well formed is the parser's business.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+') || !byte.is_ascii()
}

fn run(rest: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    rest.iter().position(|byte| !belongs(*byte)).unwrap_or(rest.len())
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            b'\n' | b'\r' => return at,
            _ => at += 1,
        }
    }
    rest.len()
}

fn block_string(rest: &[u8]) -> usize {
    let mut at = 3;
    while at < rest.len() {
        if rest[at..].starts_with(b"\\\"\"\"") {
            at += 4;
        } else if rest[at..].starts_with(b"\"\"\"") {
            return at + 3;
        } else {
            at += 1;
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(text: &str, tokens: usize) -> bool {
        check_tokens(text, &Limits { tokens, ..Limits::default() }).is_ok()
    }

    #[test]
    fn tokens_are_counted_as_the_specification_does() {
        for (text, tokens) in [
            ("", 0),
            ("{ a }", 3),
            ("{a,b , c} # { x y z }", 5),
            ("query($a: Int! = -1.5e3) { b(c: $a) }", 19),
            (r#"{ a(s: "x { } \" y") ...F }"#, 10),
            (r#"{ a(s: """ " } \""" { """) }"#, 8),
        ] {
            assert!(passes(text, tokens), "{text}");
            assert!(tokens == 0 || !passes(text, tokens - 1), "{text}");
        }
    }

    #[test]
    fn unfinished_and_foreign_text_ends() {
        for text in ["\"", "\"\\", "\"\"\"", "\"\"\" \\", "\u{feff}{ é }", "}}}}", "\0\u{1}…", ".."] {
            assert!(passes(text, 20), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let text = format!("{{ a(b: {}1{}) }}", "[".repeat(100), "]".repeat(100));
        assert!(!passes(&text, 5_000));
    }
}
