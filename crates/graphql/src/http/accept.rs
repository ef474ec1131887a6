use axum::http::{HeaderMap, HeaderValue, header};

/// How a result is written (GraphQL over HTTP, section "Media Types").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/graphql-response+json`: the status says how the request fared.
    GraphQL,
    /// `application/json`: 200 for every well-formed request, as clients from before expect.
    Json,
    /// `text/event-stream`.
    EventStream,
}

impl MediaType {
    /// The `Content-Type` of the response.
    pub(super) const fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphQL => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::EventStream => "text/event-stream",
        })
    }

    const fn essence(self) -> &'static str {
        match self {
            Self::GraphQL => "application/graphql-response+json",
            Self::Json => "application/json",
            Self::EventStream => "text/event-stream",
        }
    }
}

/// The media type for a result: what the client prefers of the two, JSON when it does not care,
/// `None` when it accepts neither.
pub(super) fn for_result(headers: &HeaderMap) -> Option<MediaType> {
    let Some(ranges) = ranges(headers) else { return Some(MediaType::Json) };
    let exact = [MediaType::GraphQL, MediaType::Json]
        .map(|media_type| (media_type, quality(&ranges, media_type, false)))
        .into_iter()
        .filter(|(_, quality)| *quality > 0);
    // `max_by_key` keeps the last of equals: the more telling type.
    let exact = exact.rev().max_by_key(|(_, quality)| *quality).map(|(media_type, _)| media_type);
    exact.or_else(|| (quality(&ranges, MediaType::Json, true) > 0).then_some(MediaType::Json))
}

/// Whether the client accepts server-sent events.
pub(super) fn accepts_events(headers: &HeaderMap) -> bool {
    ranges(headers).is_none_or(|ranges| quality(&ranges, MediaType::EventStream, true) > 0)
}

/// Media range and quality in thousandths, or `None` without an `Accept` header. Ranges that ask for
/// another charset than UTF-8 are left out.
fn ranges(headers: &HeaderMap) -> Option<Vec<(String, u16)>> {
    let mut found = Vec::new();
    let mut is_present = false;
    for value in headers.get_all(header::ACCEPT) {
        is_present = true;
        found.extend(value.to_str().unwrap_or_default().split(',').filter_map(range));
    }
    (is_present && !found.is_empty()).then_some(found)
}

fn range(text: &str) -> Option<(String, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?.to_ascii_lowercase();
    let mut quality = 1000;
    for parameter in parts {
        match parameter.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("q") => quality = thousandths(value),
            Some((name, value)) if name.eq_ignore_ascii_case("charset") && !is_utf8(value) => quality = 0,
            _ => {}
        }
    }
    Some((range, quality))
}

/// Whether a charset parameter names UTF-8.
pub(super) fn is_utf8(charset: &str) -> bool {
    let name = charset.trim_matches('"');
    name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000 before")]
fn thousandths(text: &str) -> u16 {
    text.parse::<f32>().map_or(0, |quality| (quality.clamp(0.0, 1.0) * 1000.0) as u16)
}

/// The greatest quality of a range that names the type, or of a wildcard if those count.
fn quality(ranges: &[(String, u16)], media_type: MediaType, wildcards: bool) -> u16 {
    let essence = media_type.essence();
    let named = ranges.iter().filter(|(range, _)| range == essence).map(|(_, quality)| *quality).max();
    let family = essence.split('/').next().unwrap_or_default();
    let matches_wildcard =
        |range: &str| range == "*/*" || range.strip_suffix("/*").is_some_and(|prefix| prefix == family);
    let wild = ranges.iter().filter(|(range, _)| wildcards && matches_wildcard(range)).map(|(_, quality)| *quality);
    named.unwrap_or_else(|| wild.max().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept: &str) -> Option<MediaType> {
        let value = HeaderValue::from_str(accept).expect("a header value");
        for_result(&HeaderMap::from_iter([(header::ACCEPT, value)]))
    }

    #[test]
    fn the_client_chooses() {
        for (accept, expected) in [
            ("application/graphql-response+json", Some(MediaType::GraphQL)),
            ("application/graphql-response+json, application/json;q=0.9", Some(MediaType::GraphQL)),
            ("application/json, application/graphql-response+json", Some(MediaType::GraphQL)),
            ("application/graphql-response+json;q=0.5, application/json", Some(MediaType::Json)),
            ("APPLICATION/JSON; charset=UTF-8", Some(MediaType::Json)),
            ("*/*", Some(MediaType::Json)),
            ("application/*;q=0.1", Some(MediaType::Json)),
            ("text/html, */*;q=0.8", Some(MediaType::Json)),
            ("", Some(MediaType::Json)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json; charset=iso-8859-1", None),
        ] {
            assert_eq!(chosen(accept), expected, "{accept}");
        }
        assert_eq!(for_result(&HeaderMap::new()), Some(MediaType::Json));
    }
}
