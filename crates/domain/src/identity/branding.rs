use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const MAX_URL_BYTES: usize = 2_000;

/// How an organization looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Branding {
    /// Where its logo is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_url: Option<LogoUrl>,
    /// Its colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_color: Option<Color>,
}

/// The address of a picture: `https` only, so that whoever shows it fetches it unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogoUrl(String);

/// A text that is no address of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an address that begins with https://, of at most {MAX_URL_BYTES} bytes")]
pub struct InvalidLogoUrl;

impl LogoUrl {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LogoUrl {
    type Err = InvalidLogoUrl;

    /// Printable ASCII without what could end an attribute, and with a host.
    fn from_str(text: &str) -> Result<Self, InvalidLogoUrl> {
        let rest = text.strip_prefix("https://").ok_or(InvalidLogoUrl)?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let harmless = |b: u8| b.is_ascii_graphic() && !b"\"'<>\\^`{|}".contains(&b);
        let fits = text.len() <= MAX_URL_BYTES && text.bytes().all(harmless);
        if fits && !host.is_empty() && !host.contains('@') { Ok(Self(text.to_owned())) } else { Err(InvalidLogoUrl) }
    }
}

/// A colour of the form `#rrggbb`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color(String);

/// A text that is no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a colour of the form #rrggbb")]
pub struct InvalidColor;

impl Color {
    /// The colour as text, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Color {
    type Err = InvalidColor;

    fn from_str(text: &str) -> Result<Self, InvalidColor> {
        let digits = text.strip_prefix('#').ok_or(InvalidColor)?;
        let is_color = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        if is_color { Ok(Self(text.to_ascii_lowercase())) } else { Err(InvalidColor) }
    }
}

macro_rules! as_text {
    ($($name:ident: $error:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}
as_text!(LogoUrl: InvalidLogoUrl, Color: InvalidColor);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logos_come_by_https_alone() {
        for text in ["https://cdn.example/logo.png", "https://cdn.example:8443/a?b=c&d=%20#x", "https://[::1]/x"] {
            assert_eq!(text.parse::<LogoUrl>().map(|url| url.to_string()).as_deref(), Ok(text));
        }
        let long = format!("https://x/{}", "a".repeat(MAX_URL_BYTES));
        for text in [
            "",
            "http://x/y",
            "https://",
            "https:///x",
            "HTTPS://x",
            "javascript:alert(1)",
            "https://a b",
            &long,
            "https://x/\"onload=",
            "https://x/<",
            "https://user@x/",
            "https://x/ü",
        ] {
            assert_eq!(text.parse::<LogoUrl>(), Err(InvalidLogoUrl), "{text}");
        }
    }

    #[test]
    fn colours_have_six_digits() {
        assert_eq!("#00AAff".parse::<Color>().map(|color| color.to_string()).as_deref(), Ok("#00aaff"));
        for text in ["", "#", "00aaff", "#0af", "#00aafg", "#00aaff0", "#00aaf\u{e9}"] {
            assert_eq!(text.parse::<Color>(), Err(InvalidColor), "{text}");
        }
    }
}
