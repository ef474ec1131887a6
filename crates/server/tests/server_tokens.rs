//! Access tokens: what is accepted, and every known way to forge one.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use hkdf::Hkdf;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use nexusflow_application::platform::{Clock, TokenClaims, TokenError, TokenIssuer};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, SessionId, UserId};
use nexusflow_server::platform::{Ed25519Tokens, VirtualClock};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

const SECRET: &[u8] = b"a secret of at least thirty-two bytes";
const OTHER: &[u8] = b"another secret of thirty-two bytes or so";
const DAYS_OF_A_PERIOD: i64 = 30;
const LIFE: Duration = Duration::from_mins(15);

fn clock() -> Arc<VirtualClock> {
    Arc::new(VirtualClock::new("2026-01-01T00:00:00Z".parse().expect("an instant")))
}

fn tokens(clock: &Arc<VirtualClock>) -> Ed25519Tokens {
    Ed25519Tokens::new(SECRET, None, LIFE, clock.clone()).expect("a long secret")
}

fn claims() -> TokenClaims {
    TokenClaims {
        user: UserId::from_uuid(Uuid::from_u128(1)),
        organization: OrganizationId::from_uuid(Uuid::from_u128(2)),
        session: SessionId::from_uuid(Uuid::from_u128(3)),
    }
}

fn issued(tokens: &Ed25519Tokens) -> String {
    tokens.issue(&claims(), TimeDelta::days(1)).expect("a token").0.into_revealed()
}

/// The claims as the issuer writes them, to be changed by a forger.
fn body(now: Timestamp) -> Value {
    let now = now.timestamp();
    json!({
        "iss": "nexusflow", "aud": "nexusflow-api", "sub": claims().user.to_string(),
        "org": claims().organization.to_string(), "sid": claims().session.to_string(),
        "iat": now, "exp": now + 900, "jti": "00",
    })
}

/// The private key of an instant, derived as the documentation says.
fn private_key(secret: &[u8], at: Timestamp) -> EncodingKey {
    let period = at.timestamp().div_euclid(DAYS_OF_A_PERIOD * 24 * 60 * 60);
    let info = [&b"nexusflow access token v1"[..], &period.to_be_bytes()].concat();
    let mut key = hex::decode("302e020100300506032b657004220420").expect("hexadecimal");
    key.resize(48, 0);
    Hkdf::<Sha256>::new(None, secret).expand(&info, &mut key[16..]).expect("32 bytes");
    EncodingKey::from_ed_der(&key)
}

fn header(id: &str) -> Header {
    Header { typ: Some("at+jwt".to_owned()), kid: Some(id.to_owned()), ..Header::new(Algorithm::EdDSA) }
}

fn public_keys(tokens: &Ed25519Tokens) -> Vec<Jwk> {
    tokens.public_keys().expect("keys").keys
}

/// The id of the key that signs now.
fn key_id(tokens: &Ed25519Tokens) -> String {
    let token = issued(tokens);
    let header = jsonwebtoken::decode_header(token).expect("a header");
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::EdDSA, Some("at+jwt")));
    header.kid.expect("the id of a key")
}

/// The first key verifies what the second says.
fn verified(key: &Jwk, token: &str) -> bool {
    let mut validation = jsonwebtoken::Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.set_audience(&["nexusflow-api"]);
    let key = jsonwebtoken::DecodingKey::from_jwk(key).expect("a key");
    jsonwebtoken::decode::<Value>(token, &key, &validation).is_ok()
}

#[test]
fn a_token_is_accepted_until_it_expires() {
    let clock = clock();
    let tokens = tokens(&clock);
    let (token, expires_at) = tokens.issue(&claims(), TimeDelta::days(1)).expect("a token");
    assert_eq!(expires_at, clock.now() + TimeDelta::minutes(15));
    for _ in 0..2 {
        assert_eq!(tokens.verify(token.reveal()), Ok(claims()), "looked at for the first time, and remembered");
    }
    clock.advance_to(expires_at - TimeDelta::seconds(1));
    assert_eq!(tokens.verify(token.reveal()), Ok(claims()));
    clock.advance_to(expires_at);
    assert_eq!(tokens.verify(token.reveal()), Err(TokenError::Expired));
    assert_ne!(issued(&tokens), token.reveal(), "each has an id of its own");
    let (_, expires_at) = tokens.issue(&claims(), TimeDelta::minutes(2)).expect("a token");
    assert_eq!(expires_at, clock.now() + TimeDelta::minutes(2), "never longer than its session");
}

#[test]
fn a_life_that_was_made_shorter_counts_for_what_was_issued_before() {
    let clock = clock();
    let token = issued(&tokens(&clock));
    let stricter = Ed25519Tokens::new(SECRET, None, Duration::from_mins(5), clock.clone()).expect("a long secret");
    assert_eq!(stricter.verify(&token), Ok(claims()));
    clock.advance_to(clock.now() + TimeDelta::minutes(5));
    assert_eq!(stricter.verify(&token), Err(TokenError::Expired));
}

#[test]
fn keys_change_with_the_period_and_those_of_before_and_after_are_public_too() {
    let clock = clock();
    let (here, there) = (tokens(&clock), tokens(&clock));
    assert_eq!(key_id(&here), key_id(&there), "every server has the same");
    let mut ids = Vec::new();
    for _ in 0..3 {
        let token = issued(&here);
        let public = public_keys(&there);
        assert_eq!(public.len(), 3);
        assert!(verified(&public[1], &token) && !verified(&public[0], &token));
        ids.push(key_id(&here));
        assert_eq!(public[1].common.key_id.as_ref(), ids.last());
        let next = public[2].common.key_id.clone();
        clock.advance_to(clock.now() + TimeDelta::days(DAYS_OF_A_PERIOD));
        assert_eq!(Some(key_id(&there)), next, "the next key was public before it signed");
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
    let AlgorithmParameters::OctetKeyPair(key) = &public_keys(&here)[0].algorithm else { panic!("another kind") };
    assert_eq!(URL_SAFE_NO_PAD.decode(&key.x).expect("base64").len(), 32);
    let shown = serde_json::to_value(&public_keys(&here)[0]).expect("JSON");
    let [kind, curve, purpose] = ["kty", "crv", "use"].map(|name| shown[name].as_str());
    assert_eq!(
        (kind, curve, purpose, shown["alg"].as_str()),
        (Some("OKP"), Some("Ed25519"), Some("sig"), Some("EdDSA"))
    );
    assert_eq!(shown.get("d"), None, "nothing private");
}

#[test]
fn a_token_of_the_period_before_is_accepted_as_long_as_it_lives_and_its_key_no_longer() {
    let clock = clock();
    let tokens = tokens(&clock);
    let id = key_id(&tokens);
    let mut last = clock.now();
    while key_id(&tokens) == id {
        last = clock.now();
        clock.advance_to(last + TimeDelta::minutes(10));
    }
    let old = private_key(SECRET, last);
    let token = encode(&header(&id), &body(last), &old).expect("a token");
    assert_eq!(tokens.verify(&token), Ok(claims()), "signed just before the key changed");
    clock.advance_to(last + TimeDelta::minutes(30));
    let fresh = encode(&header(&id), &body(clock.now()), &old).expect("a token");
    assert_eq!(tokens.verify(&fresh), Err(TokenError::Invalid), "the key signs no more");
}

#[test]
fn a_secret_is_changed_without_signing_anybody_out() {
    let clock = clock();
    let old = tokens(&clock);
    let token = issued(&old);
    let csrf = old.csrf_token(claims().session);
    let changed = Ed25519Tokens::new(OTHER, Some(SECRET), LIFE, clock.clone()).expect("long secrets");
    assert_eq!(changed.verify(&token), Ok(claims()));
    assert!(changed.is_csrf_token(claims().session, csrf.reveal()));
    assert_ne!(key_id(&changed), key_id(&old));
    assert_eq!(public_keys(&changed).len(), 6);
    assert_eq!(old.verify(&issued(&changed)), Err(TokenError::Invalid));
    let without = Ed25519Tokens::new(OTHER, None, LIFE, clock).expect("a long secret");
    assert_eq!(without.verify(&token), Err(TokenError::Invalid));
    assert!(!without.is_csrf_token(claims().session, csrf.reveal()));
}

#[test]
fn a_forged_token_is_not_accepted() {
    let clock = clock();
    let tokens = tokens(&clock);
    let (genuine, id) = (body(clock.now()), key_id(&tokens));
    let key = private_key(SECRET, clock.now());
    let right = encode(&header(&id), &genuine, &key).expect("a token");
    assert_eq!(tokens.verify(&right), Ok(claims()), "the forger's claims are right");
    let with = |header: &Header, key: &EncodingKey| encode(header, &genuine, key).expect("a token");
    // The public key is no secret: whoever takes it for one must not be believed.
    let AlgorithmParameters::OctetKeyPair(public) = public_keys(&tokens)[1].algorithm.clone() else { panic!("a key") };
    let public_bytes = URL_SAFE_NO_PAD.decode(&public.x).expect("base64");
    let confused = |algorithm, secret: &[u8]| {
        let header = Header { alg: algorithm, ..header(&id) };
        with(&header, &EncodingKey::from_secret(secret))
    };
    // {"alg":"none","typ":"at+jwt"}
    let none = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"none","typ":"at+jwt","kid":"{id}"}}"#));
    let (payload, signature) = (right.split('.').nth(1).expect("a payload"), right.rsplit('.').next().expect("one"));
    for forged in [
        with(&header(&id), &private_key(OTHER, clock.now())),
        with(&header("another"), &key),
        with(&Header { kid: None, ..header(&id) }, &key),
        with(&Header { typ: Some("JWT".to_owned()), ..header(&id) }, &key),
        confused(Algorithm::HS256, &public_bytes),
        confused(Algorithm::HS256, public.x.as_bytes()),
        confused(Algorithm::HS256, SECRET),
        confused(Algorithm::HS512, &public_bytes),
        format!("{none}.{payload}."),
        format!("{none}.{payload}.{signature}"),
        String::new(),
        "a.b.c".to_owned(),
        "\u{0}".repeat(10),
        "a".repeat(1_000_000),
    ] {
        let shown: String = forged.chars().take(80).collect();
        assert_eq!(tokens.verify(&forged), Err(TokenError::Invalid), "{shown}");
    }
    let next_key = private_key(SECRET, clock.now() + TimeDelta::days(DAYS_OF_A_PERIOD));
    let next_id = public_keys(&tokens)[2].common.key_id.clone().expect("an id");
    let early = encode(&header(&next_id), &genuine, &next_key).expect("a token");
    assert_eq!(tokens.verify(&early), Err(TokenError::Invalid), "the next period's key signs nothing yet");
}

#[test]
fn a_tampered_token_is_not_accepted() {
    let clock = clock();
    let tokens = tokens(&clock);
    let token = issued(&tokens);
    for place in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let tampered = String::from_utf8(bytes).expect("text");
        assert_eq!(tokens.verify(&tampered), Err(TokenError::Invalid), "place {place}");
    }
}

#[test]
fn every_claim_is_required_and_checked() {
    let clock = clock();
    let tokens = tokens(&clock);
    let (key, id) = (private_key(SECRET, clock.now()), key_id(&tokens));
    let signed = |body: &Value| encode(&header(&id), body, &key).expect("a token");
    for (name, value) in [
        ("iss", json!("somebody")),
        ("aud", json!("another-api")),
        ("sub", json!("org_00000000000000000000000000000001")),
        ("org", json!("x")),
        ("sid", json!("usr_00000000000000000000000000000001")),
        ("exp", json!("tomorrow")),
        ("exp", json!(1e300)),
        ("iat", Value::Null),
        ("iat", json!(clock.now().timestamp() + 61)),
    ] {
        let mut changed = body(clock.now());
        changed[name] = value.clone();
        assert_eq!(tokens.verify(&signed(&changed)), Err(TokenError::Invalid), "{name} = {value}");
    }
    for name in ["iss", "aud", "sub", "org", "sid", "iat", "exp", "jti"] {
        let mut without = body(clock.now());
        without.as_object_mut().expect("an object").remove(name);
        assert_eq!(tokens.verify(&signed(&without)), Err(TokenError::Invalid), "without {name}");
    }
    let mut eternal = body(clock.now() - TimeDelta::hours(1));
    eternal["exp"] = json!(clock.now().timestamp() + 1_000_000);
    assert_eq!(tokens.verify(&signed(&eternal)), Err(TokenError::Expired), "older than tokens get");
}

#[test]
fn a_csrf_token_is_of_one_session() {
    let tokens = tokens(&clock());
    let (own, other) = (claims().session, SessionId::from_uuid(Uuid::from_u128(4)));
    let token = tokens.csrf_token(own);
    assert!(tokens.is_csrf_token(own, token.reveal()) && !tokens.is_csrf_token(other, token.reveal()));
    for text in ["", "00", &token.reveal()[..62], &format!("{}00", token.reveal()), "é"] {
        assert!(!tokens.is_csrf_token(own, text), "{text}");
    }
}

#[test]
fn a_short_secret_is_refused() {
    let short = |secret: &[u8], previous: Option<&[u8]>| Ed25519Tokens::new(secret, previous, LIFE, clock()).err();
    let error = short(&SECRET[..31], None).expect("it must be refused");
    assert_eq!(error.to_string(), "the token key must have at least 32 bytes, found 31");
    assert!(short(SECRET, Some(&OTHER[..31])).is_some());
}
