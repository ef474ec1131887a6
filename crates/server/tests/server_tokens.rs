//! Access tokens: what is accepted, and every known way to forge one.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use nexusflow_application::platform::{Clock, TokenClaims, TokenError, TokenIssuer};
use nexusflow_domain::ids::{OrganizationId, UserId};
use nexusflow_server::platform::{HmacTokens, VirtualClock};
use serde_json::{Value, json};
use uuid::Uuid;

const KEY: &[u8] = b"a key of at least thirty-two bytes";

fn clock() -> Arc<VirtualClock> {
    Arc::new(VirtualClock::new("2026-01-01T00:00:00Z".parse().expect("an instant")))
}

fn tokens(clock: &Arc<VirtualClock>) -> HmacTokens {
    HmacTokens::new(KEY, Duration::from_mins(15), clock.clone()).expect("a key")
}

fn claims() -> TokenClaims {
    TokenClaims {
        user: UserId::from_uuid(Uuid::from_u128(1)),
        organization: OrganizationId::from_uuid(Uuid::from_u128(2)),
    }
}

/// The claims as the issuer writes them, to be changed by a forger.
fn body(clock: &VirtualClock) -> Value {
    let now = clock.now().timestamp();
    json!({
        "iss": "nexusflow", "aud": "nexusflow-api", "sub": claims().user.to_string(),
        "org": claims().organization.to_string(), "iat": now, "exp": now + 900, "jti": "00",
    })
}

fn signed(algorithm: Algorithm, key: &[u8], body: &Value) -> String {
    encode(&Header::new(algorithm), body, &EncodingKey::from_secret(key)).expect("a token")
}

#[test]
fn a_token_is_accepted_until_it_expires() {
    let clock = clock();
    let tokens = tokens(&clock);
    let (token, expires_at) = tokens.issue(&claims()).expect("a token");
    assert_eq!(expires_at, clock.now() + TimeDelta::minutes(15));
    assert_eq!(tokens.verify(&token), Ok(claims()));
    clock.advance_to(expires_at - TimeDelta::seconds(1));
    assert_eq!(tokens.verify(&token), Ok(claims()));
    clock.advance_to(expires_at);
    assert_eq!(tokens.verify(&token), Err(TokenError::Expired));
    assert_ne!(tokens.issue(&claims()).expect("a token").0, token, "each has an id of its own");
}

#[test]
fn a_forged_token_is_not_accepted() {
    let clock = clock();
    let tokens = tokens(&clock);
    let genuine = body(&clock);
    assert_eq!(tokens.verify(&signed(Algorithm::HS256, KEY, &genuine)), Ok(claims()), "the forger's claims are right");
    let another_key = signed(Algorithm::HS256, b"another key of thirty-two bytes at least", &genuine);
    let another_algorithm = signed(Algorithm::HS512, KEY, &genuine);
    // {"alg":"none","typ":"JWT"}
    let signature = another_key.rsplit('.').next().expect("a signature");
    let payload = another_key.split('.').nth(1).expect("a payload");
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    for forged in [
        another_key.clone(),
        another_algorithm,
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
}

#[test]
fn a_tampered_token_is_not_accepted() {
    let clock = clock();
    let tokens = tokens(&clock);
    let (token, _) = tokens.issue(&claims()).expect("a token");
    for place in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let tampered = String::from_utf8(bytes).expect("text");
        // The last character of a part carries bits that encode nothing; all others count.
        if tokens.verify(&tampered).is_ok() {
            let next = token.as_bytes().get(place + 1);
            assert!(next.is_none_or(|next| *next == b'.'), "place {place}");
        }
    }
}

#[test]
fn every_claim_is_required_and_checked() {
    let clock = clock();
    let tokens = tokens(&clock);
    for (name, value) in [
        ("iss", json!("somebody")),
        ("aud", json!("another-api")),
        ("sub", json!("org_00000000000000000000000000000001")),
        ("org", json!("x")),
        ("exp", json!("tomorrow")),
        ("exp", json!(1e300)),
        ("iat", Value::Null),
    ] {
        let mut changed = body(&clock);
        changed[name] = value.clone();
        assert!(tokens.verify(&signed(Algorithm::HS256, KEY, &changed)).is_err(), "{name} = {value}");
    }
    for name in ["iss", "aud", "sub", "org", "exp", "iat", "jti"] {
        let mut without = body(&clock);
        without.as_object_mut().expect("an object").remove(name);
        let refused = tokens.verify(&signed(Algorithm::HS256, KEY, &without));
        assert_eq!(refused, Err(TokenError::Invalid), "without {name}");
    }
}

#[test]
fn a_short_key_is_refused() {
    let error = HmacTokens::new(&KEY[..31], Duration::from_mins(15), clock()).err().expect("it must be refused");
    assert_eq!(error.to_string(), "the token key must have at least 32 bytes, found 31");
}
