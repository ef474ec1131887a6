use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use nexusflow_application::platform::{CallError, HttpAnswer, HttpCaller};
use nexusflow_domain::request::{CallBody, HttpCall};
use nexusflow_domain::workflow::HttpMethod;
use url::Url;

use crate::connector::{ConnectError, Connector};
use crate::policy::HttpPolicy;
use crate::resolve::Resolve;

/// Tells the other side which attempts are the same (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const AGENT: HeaderValue = HeaderValue::from_static(concat!("NexusFlow/", env!("CARGO_PKG_VERSION")));
/// The most bytes and the most fields of an answer's header.
const MAX_HEADER: usize = 64 * 1024;
const MAX_FIELDS: usize = 100;
const IDLE_CONNECTIONS: usize = 8;

/// How much of answers is read.
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// The most bytes of a body.
    pub body: usize,
}

/// Sends HTTP requests where a policy lets them go: HTTP/1.1, TLS by rustls with Mozilla's certificate authorities,
/// no redirects, no decompression, no cookies, no proxy.
pub struct HttpClient {
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
    limits: HttpLimits,
}

impl HttpClient {
    /// Finds hosts by `resolver`.
    pub fn new(policy: HttpPolicy, limits: HttpLimits, resolver: Arc<dyn Resolve>) -> Result<Self, rustls::Error> {
        let authorities = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        // Named, not taken from the process: whoever else uses rustls here need not agree on a default.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(authorities)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(Connector::new(policy, resolver));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .http1_max_buf_size(MAX_HEADER)
            .http1_max_headers(MAX_FIELDS)
            .build(connector);
        Ok(Self { client, limits })
    }
}

#[async_trait]
impl HttpCaller for HttpClient {
    async fn send(&self, call: &HttpCall, key: &str) -> Result<HttpAnswer, CallError> {
        let request = request(call, key)?;
        let answer = self.client.request(request).await.map_err(|error| failed(&error))?;
        read(answer, self.limits).await
    }
}

fn request(call: &HttpCall, key: &str) -> Result<Request<Full<Bytes>>, CallError> {
    let uri = address(call)?;
    let (body, media_type) = match &call.body {
        None => (Bytes::new(), None),
        Some(CallBody::Json(fields)) => {
            let json = serde_json::to_vec(fields).map_err(|error| CallError::Invalid(format!("the body: {error}")))?;
            (Bytes::from(json), Some("application/json"))
        }
        Some(CallBody::Text(text)) => (Bytes::from(text.clone()), Some("text/plain; charset=utf-8")),
    };
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, AGENT);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"));
    headers.extend(media_type.map(|media_type| (CONTENT_TYPE, HeaderValue::from_static(media_type))));
    for (name, value) in &call.headers {
        let named = HeaderName::try_from(name.as_str());
        let named = named.map_err(|_| CallError::Invalid(format!("{name:?} is not the name of a header field")))?;
        let valued = HeaderValue::try_from(value.as_str());
        let valued =
            valued.map_err(|_| CallError::Invalid(format!("the header field {name} has a character too many")))?;
        headers.insert(named, valued);
    }
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let key = HeaderValue::try_from(key).map_err(|_| CallError::Invalid("the idempotency key".to_owned()))?;
    headers.insert(IDEMPOTENCY_KEY, key);
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method(call.method);
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}

/// The address with its parameters. Odd forms of addresses (`0x7f.1`, `2130706433`) come out of the parser as what they
/// are.
fn address(call: &HttpCall) -> Result<Uri, CallError> {
    let invalid = |why: &str| CallError::Invalid(format!("{why}; expected an address such as https://api.example.org"));
    let mut url = Url::parse(&call.url).map_err(|error| invalid(&error.to_string()))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(invalid("the scheme is not http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("credentials belong into a header field, not into the address"));
    }
    url.set_fragment(None);
    if !call.query.is_empty() {
        url.query_pairs_mut().extend_pairs(&call.query);
    }
    Uri::try_from(url.as_str()).map_err(|error| invalid(&error.to_string()))
}

const fn method(method: HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
    }
}

async fn read(answer: Response<Incoming>, limits: HttpLimits) -> Result<HttpAnswer, CallError> {
    let too_large = || CallError::TooLarge { limit: limits.body };
    let (parts, mut body) = answer.into_parts();
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let is_bare = body.is_end_stream();
    if !is_bare && announced.is_some_and(|announced| announced > limits.body) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| CallError::CutOff(chain(&error)))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > limits.body {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(HttpAnswer { status: parts.status.as_u16(), headers: fields(&parts.headers), body: bytes })
}

/// Several of one name are joined (RFC 9110 §5.3); what is not UTF-8 is replaced.
fn fields(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut fields: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let field = fields.entry(name.as_str().to_owned()).or_default();
        if !field.is_empty() {
            field.push_str(", ");
        }
        field.push_str(&value);
    }
    fields
}

fn failed(error: &ClientError) -> CallError {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(found) = cause {
        if let Some(refused @ ConnectError::Blocked { .. }) = found.downcast_ref() {
            return CallError::Blocked(refused.to_string());
        }
        cause = found.source();
    }
    CallError::Unreachable(chain(error))
}

/// An error and what caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(found) = cause {
        let next = found.to_string();
        if !told.contains(&next) {
            told = format!("{told}: {next}");
        }
        cause = found.source();
    }
    told
}
