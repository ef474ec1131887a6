//! Sessions and cookies as clients and browsers meet them: on both databases, and with two servers on one
//! PostgreSQL.

mod database_support;
mod live_support;

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use database_support::{PostgresDatabase, SqliteDatabase};
use futures::{SinkExt, StreamExt};
use live_support::{ADMIN, Office, PASSWORD, Running};
use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const GRANTED: &str = "token refreshToken csrfToken session { id current client address } errors { code }";
/// A change acts in another process at most this long after it was made; usually within a second.
const SECONDS: Duration = Duration::from_secs(5);

/// Runs a scenario on one server with SQLite, and on two servers with PostgreSQL where there is one.
async fn on_both(
    purpose: &str,
    plain: bool,
    scenario: impl AsyncFn(&Client, &Client) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let sqlite = SqliteDatabase::create()?;
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), &sqlite.url)?;
    let server = serve(&office, plain)?;
    scenario(&Client::new(&server), &Client::new(&server)).await.context("on SQLite")?;
    assert_eq!(server.terminate()?, Some(0));
    assert_eq!(office.verify()?.1, Some(0));
    let Some(postgres) = PostgresDatabase::create(purpose).await? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), &postgres.url)?;
    let (one, two) = (serve(&office, plain)?, serve(&office, plain)?);
    scenario(&Client::new(&one), &Client::new(&two)).await.context("on PostgreSQL")?;
    drop((one, two));
    assert_eq!(office.verify()?.1, Some(0));
    postgres.remove().await
}

fn serve(office: &Office<'_>, plain: bool) -> anyhow::Result<Running> {
    let mut command = office.program(&office.database_url);
    command.env("NEXUSFLOW_HTTP__DEVELOPMENT", if plain { "true" } else { "false" });
    Running::start(command)
}

struct Client {
    http: reqwest::Client,
    address: String,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Client {
    fn new(server: &Running) -> Self {
        Self { http: reqwest::Client::new(), address: server.address.clone() }
    }

    async fn send(&self, method: Method, headers: &[(&str, &str)], query: &str) -> anyhow::Result<Answer> {
        let url = format!("http://{}/graphql", self.address);
        let mut request = if method == Method::GET {
            self.http.get(reqwest::Url::parse_with_params(&url, [("query", query)])?)
        } else {
            self.http.request(method, url).json(&json!({ "query": query }))
        };
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Ok(Answer { status, headers, body: answer.json().await? })
    }

    async fn post(&self, headers: &[(&str, &str)], query: &str) -> anyhow::Result<Answer> {
        self.send(Method::POST, headers, query).await
    }

    async fn with_token(&self, token: &str, query: &str) -> anyhow::Result<Answer> {
        self.post(&[("authorization", &format!("Bearer {token}"))], query).await
    }

    async fn sign_in(&self) -> anyhow::Result<Value> {
        let query =
            format!("mutation {{ signIn(input: {{ email: \"{ADMIN}\", password: \"{PASSWORD}\" }}) {{ {GRANTED} }} }}");
        self.post(&[("user-agent", "phone")], &query).await?.data("signIn")
    }

    async fn refresh(&self, token: &Value) -> anyhow::Result<Answer> {
        self.post(&[], &format!("mutation {{ refreshSession(input: {{ refreshToken: {token} }}) {{ {GRANTED} }} }}"))
            .await
    }

    async fn is_signed_in(&self, token: &str) -> anyhow::Result<bool> {
        let answer = self.with_token(token, "{ me { user { email } } }").await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            assert_eq!(answer.reason(), Some("SESSION_REVOKED"));
            return Ok(false);
        }
        answer.data("me")?;
        Ok(true)
    }

    /// A browser that has signed in.
    async fn browser(&self) -> anyhow::Result<Browser> {
        let query = format!(
            "mutation {{ signIn(input: {{ email: \"{ADMIN}\", password: \"{PASSWORD}\", cookie: true }}) {{ {GRANTED} }} }}"
        );
        let answer = self.post(&[("origin", &self.origin())], &query).await?;
        let signed_in = answer.data("signIn")?;
        assert_eq!((&signed_in["token"], &signed_in["refreshToken"]), (&Value::Null, &Value::Null));
        Ok(Browser { cookies: answer.cookies(), csrf: text(&signed_in["csrfToken"]) })
    }

    fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// What a browser keeps, and what a page of ours does.
struct Browser {
    cookies: Vec<String>,
    csrf: String,
}

impl Browser {
    /// The header `Cookie`.
    fn jar(&self) -> String {
        let pairs: Vec<&str> = self.cookies.iter().filter_map(|cookie| cookie.split(';').next()).collect();
        pairs.join("; ")
    }
}

impl Answer {
    fn data(&self, field: &str) -> anyhow::Result<Value> {
        let data = &self.body["data"][field];
        ensure!(self.body.get("errors").is_none() && !data.is_null(), "{}", self.body);
        ensure!(data["errors"].as_array().is_none_or(Vec::is_empty), "{}", self.body);
        Ok(data.clone())
    }

    fn reason(&self) -> Option<&str> {
        self.body["errors"][0]["extensions"]["reason"].as_str()
    }

    fn refusal(&self, field: &str) -> Option<&str> {
        self.body["data"][field]["errors"][0]["code"].as_str()
    }

    fn cookies(&self) -> Vec<String> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        lines.map(|line| line.to_str().unwrap_or_default().to_owned()).collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lives_is_seen_and_ends() -> anyhow::Result<()> {
    on_both("session_life", false, async |one, two| {
        let (phone, laptop) = (one.sign_in().await?, two.sign_in().await?);
        assert_eq!((&phone["session"]["client"], &phone["session"]["address"]), (&json!("phone"), &json!("127.0.0.1")));
        let refreshed = two.refresh(&phone["refreshToken"]).await?.data("refreshSession")?;
        assert_eq!(refreshed["session"]["id"], phone["session"]["id"]);
        let token = text(&refreshed["token"]);
        let listed = "{ me { sessions { nodes { id current } } organizations { slug } csrfToken } }";
        let me = one.with_token(&token, listed).await?.data("me")?;
        let ids = json!([
            { "id": laptop["session"]["id"], "current": false }, { "id": phone["session"]["id"], "current": true },
        ]);
        assert_eq!((&me["sessions"]["nodes"], &me["organizations"]), (&ids, &json!([{ "slug": "example" }])));
        assert_eq!(me["csrfToken"], refreshed["csrfToken"]);
        // Ended at one server, it is over at the other, though its token has not expired.
        one.with_token(&token, "mutation { signOut { session { id revoked } errors { code } } }")
            .await?
            .data("signOut")?;
        ensure!(!one.is_signed_in(&token).await?, "at once where it was ended");
        soon(async || Ok(!two.is_signed_in(&token).await?)).await?;
        ensure!(!two.is_signed_in(&text(&phone["token"])).await?, "and so are its earlier tokens");
        assert_eq!(two.refresh(&refreshed["refreshToken"]).await?.refusal("refreshSession"), Some("SESSION_ENDED"));
        assert!(one.is_signed_in(&text(&laptop["token"])).await?);
        let audit = "{ auditLogs(first: 100) { nodes { event origin { sessionId } } } }";
        let audit = one.with_token(&text(&laptop["token"]), audit).await?.data("auditLogs")?;
        let out = audit["nodes"].as_array().context("nodes")?.iter().find(|record| record["event"] == "SIGNED_OUT");
        assert_eq!(out.context("on record")?["origin"]["sessionId"], phone["session"]["id"]);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_used_twice_ends_the_session_on_every_server() -> anyhow::Result<()> {
    on_both("session_reuse", false, async |one, two| {
        let stolen = one.sign_in().await?;
        let thief = one.refresh(&stolen["refreshToken"]).await?.data("refreshSession")?;
        assert!(two.is_signed_in(&text(&thief["token"])).await?);
        assert_eq!(two.refresh(&stolen["refreshToken"]).await?.refusal("refreshSession"), Some("SESSION_ENDED"));
        for client in [one, two] {
            soon(async || Ok(!client.is_signed_in(&text(&thief["token"])).await?)).await?;
        }
        assert_eq!(one.refresh(&thief["refreshToken"]).await?.refusal("refreshSession"), Some("SESSION_ENDED"));
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browsers_cookies_need_what_only_our_pages_know() -> anyhow::Result<()> {
    on_both("session_cookies", false, async |one, two| {
        let browser = one.browser().await?;
        assert_eq!(browser.cookies.len(), 2);
        for (cookie, name, same_site) in [
            (&browser.cookies[0], "__Host-nexusflow=", "Lax"),
            (&browser.cookies[1], "__Host-nexusflow-refresh=", "Strict"),
        ] {
            ensure!(cookie.starts_with(name), "{cookie}");
            let same_site = format!("SameSite={same_site}");
            for part in ["Path=/", "HttpOnly", "Secure", "Max-Age=604800", &same_site] {
                ensure!(cookie.split("; ").any(|found| found == part), "{part}: {cookie}");
            }
            ensure!(!cookie.contains("Domain"), "{cookie}");
        }
        let jar = browser.jar();
        let (cookie, csrf) = (("cookie", jar.as_str()), ("x-csrf-token", browser.csrf.as_str()));
        let me = "{ me { user { email } csrfToken } }";
        assert_eq!(two.post(&[cookie, csrf], me).await?.data("me")?["csrfToken"], json!(browser.csrf));
        assert_eq!(two.send(Method::GET, &[cookie], me).await?.data("me")?["user"]["email"], json!(ADMIN));
        let foreign = ("origin", "https://evil.example");
        let own = one.origin();
        for (headers, reason) in [
            (&[cookie][..], "CSRF_TOKEN_MISSING"),
            (&[cookie, ("x-csrf-token", "0123")], "CSRF_TOKEN_INVALID"),
            (&[cookie, csrf, foreign], "CROSS_SITE"),
            (&[cookie, csrf, ("origin", "null")], "CROSS_SITE"),
            (&[cookie, csrf, ("origin", own.as_str()), ("sec-fetch-site", "cross-site")], "CROSS_SITE"),
        ] {
            let answer = one.post(headers, me).await?;
            assert_eq!((answer.status, answer.reason()), (StatusCode::FORBIDDEN, Some(reason)), "{headers:?}");
        }
        let navigated = one.send(Method::GET, &[cookie, ("sec-fetch-site", "cross-site")], me).await?;
        assert_eq!(navigated.reason(), Some("CROSS_SITE"), "not even a link from another site");
        // Another session's token is as good as none.
        let other = one.browser().await?;
        let mixed = one.post(&[cookie, ("x-csrf-token", &other.csrf)], me).await?;
        assert_eq!(mixed.reason(), Some("CSRF_TOKEN_INVALID"));
        // Who sends a token himself needs nothing else, whatever the browser adds.
        let bearer = format!("Bearer {}", text(&one.sign_in().await?["token"]));
        one.post(&[("authorization", &bearer), cookie], me).await?.data("me")?;

        let refresh = format!("mutation {{ refreshSession(input: {{ cookie: true }}) {{ {GRANTED} }} }}");
        let refused = one.post(&[cookie, csrf, foreign], &refresh).await?;
        assert_eq!(refused.reason(), Some("CROSS_SITE"));
        let refresh_alone = jar.split("; ").nth(1).context("two cookies")?;
        let refused = one.post(&[("cookie", refresh_alone), foreign], &refresh).await?;
        assert_eq!(refused.refusal("refreshSession"), Some("INVALID_INPUT"), "no cookies for another site");
        let refreshed = two.post(&[("cookie", refresh_alone)], &refresh).await?;
        assert_eq!(refreshed.data("refreshSession")?["refreshToken"], Value::Null);
        let renewed = Browser { cookies: refreshed.cookies(), csrf: browser.csrf.clone() };
        assert_eq!(renewed.cookies.len(), 2);
        let out = one.post(&[("cookie", &renewed.jar()), csrf], "mutation { signOut { errors { code } } }").await?;
        out.data("signOut")?;
        ensure!(
            out.cookies().iter().all(|cookie| cookie.contains("=; ") && cookie.contains("Max-Age=0")),
            "{:?}",
            out.cookies()
        );
        assert_eq!(out.cookies().len(), 2);
        // A cookie that is over is nobody's, so that it is never in the way of signing in again.
        let after = one.post(&[("cookie", &renewed.jar())], me).await?;
        assert_eq!(after.body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        one.browser().await?;
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_with_cookies_is_opened_by_our_own_pages_only() -> anyhow::Result<()> {
    on_both("session_sockets", true, async |one, _| {
        let browser = one.browser().await?;
        ensure!(
            browser.cookies[0].starts_with("nexusflow=") && !browser.cookies[0].contains("Secure"),
            "plain in development"
        );
        let (own, jar) = (one.origin(), browser.jar());
        for origin in [None, Some("https://evil.example"), Some("null")] {
            let refused = socket(one, &jar, origin).await.err().context("it must be refused")?;
            ensure!(refused.to_string().contains("403"), "{refused}");
        }
        let mut opened = socket(one, &jar, Some(&own)).await?;
        opened.send(Message::text(r#"{"type":"connection_init"}"#)).await?;
        let query = json!({ "type": "subscribe", "id": "a", "payload": { "query": "{ me { user { email } } }" } });
        opened.send(Message::text(query.to_string())).await?;
        let mut heard = Vec::new();
        while heard.len() < 2 {
            if let Message::Text(text) = opened.next().await.context("a message")?? {
                heard.push(serde_json::from_str::<Value>(&text)?);
            }
        }
        assert_eq!(heard[1]["payload"]["data"]["me"]["user"]["email"], json!(ADMIN));
        // Revoked elsewhere, it may do nothing more here.
        let laptop = text(&one.sign_in().await?["token"]);
        one.with_token(&laptop, "mutation { signOutEverywhere { errors { code } } }")
            .await?
            .data("signOutEverywhere")?;
        opened.send(Message::text(query.to_string().replace("\"a\"", "\"b\""))).await?;
        let refusal = loop {
            match opened.next().await.context("a message")?? {
                Message::Text(text) if text.contains("\"b\"") => break text,
                _ => {}
            }
        };
        ensure!(refusal.contains("SESSION_REVOKED"), "{refusal}");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_keys_verify_what_was_signed() -> anyhow::Result<()> {
    on_both("session_keys", false, async |one, two| {
        let token = text(&one.sign_in().await?["token"]);
        let url = format!("http://{}/.well-known/jwks.json", two.address);
        let answer = reqwest::get(url).await?;
        assert_eq!(answer.headers()["content-type"], "application/jwk-set+json");
        let keys: jsonwebtoken::jwk::JwkSet = answer.json().await?;
        let header = jsonwebtoken::decode_header(&token)?;
        let key = keys.find(&header.kid.context("an id")?).context("the key")?;
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
        validation.set_audience(&["nexusflow-api"]);
        let claims = jsonwebtoken::decode::<Value>(&token, &jsonwebtoken::DecodingKey::from_jwk(key)?, &validation)?;
        assert_eq!(claims.claims["iss"], "nexusflow");
        Ok(())
    })
    .await
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn socket(client: &Client, jar: &str, origin: Option<&str>) -> anyhow::Result<Socket> {
    let mut request = format!("ws://{}/graphql/ws", client.address).into_client_request()?;
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
    headers.insert("cookie", jar.parse()?);
    if let Some(origin) = origin {
        headers.insert("origin", origin.parse()?);
    }
    Ok(tokio_tungstenite::connect_async(request).await?.0)
}

async fn soon(so: impl AsyncFn() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let begin = Instant::now();
    while !so().await? {
        ensure!(begin.elapsed() < SECONDS, "not within {SECONDS:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
