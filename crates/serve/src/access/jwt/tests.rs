//! Tokens that are good, and all the ways in which one is not.
//!
//! `tests/tokens` holds tokens that RSA keys of openssl signed until 2100 (one until 2023), and the public halves;
//! the private ones were thrown away.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use ring::hmac;
use serde_json::{Value, json};

use super::*;
use crate::access::scope::Scope;

pub(in crate::access) const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Base64 as tokens have it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut bits = [0; 3];
        bits[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from(bits[0]) << 16 | u32::from(bits[1]) << 8 | u32::from(bits[2]);
        for digit in 0..=chunk.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
        }
    }
    text
}

fn sign(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let [header, claims] = [header, claims].map(|part| base64(part.to_string().as_bytes()));
    let message = format!("{header}.{claims}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    format!("{message}.{}", base64(hmac::sign(&key, message.as_bytes()).as_ref()))
}

pub(in crate::access) fn claims() -> Value {
    json!({ "sub": "pump-7", "aud": "gauntlet", "exp": now() + 60, "scope": "ml:predict" })
}

pub(in crate::access) fn hs256(claims: &Value) -> String {
    sign(&json!({ "alg": "HS256", "typ": "JWT" }), claims, SECRET)
}

fn with(name: &str, value: impl Into<Value>) -> String {
    let mut claims = claims();
    claims[name] = value.into();
    hs256(&claims)
}

fn without(name: &str) -> String {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    hs256(&claims)
}

pub(in crate::access) fn settings(
    algorithm: JwtAlgorithm,
    file: impl Into<PathBuf>,
) -> JwtSettings {
    let (secret, public) = match algorithm {
        JwtAlgorithm::HS256 => (Some(file.into()), None),
        JwtAlgorithm::RS256 => (None, Some(file.into())),
    };
    JwtSettings {
        algorithm,
        secret_file: secret,
        secret_env: None,
        public_key_file: public,
        audience: "gauntlet".into(),
        issuer: None,
        leeway_seconds: 0,
    }
}

fn with_secret(change: impl FnOnce(&mut JwtSettings)) -> Jwt {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), [SECRET, b"\n"].concat()).unwrap();
    let mut settings = settings(JwtAlgorithm::HS256, file.path());
    change(&mut settings);
    Jwt::open(&settings).unwrap()
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tokens").join(name)
}

fn signed(name: &str) -> String {
    fs_err::read_to_string(fixture(name)).unwrap().trim().to_owned()
}

fn with_public(name: &str) -> Jwt {
    Jwt::open(&settings(JwtAlgorithm::RS256, fixture(name))).unwrap()
}

fn refusal(jwt: &Jwt, token: &str) -> String {
    let problem = jwt.check(token).unwrap_err();
    assert_eq!(problem.status().as_u16(), 401, "{token}");
    problem.detail().to_owned()
}

#[test]
fn a_good_token_says_who_asks_and_what_they_may() {
    let jwt = with_secret(|_| ());
    let bearer = jwt.check(&hs256(&claims())).unwrap();
    assert_eq!(
        bearer,
        Bearer { subject: "pump-7".into(), scopes: Scopes::from_iter([Scope::Predict]) }
    );
    let scopes = |token: &str| jwt.check(token).unwrap().scopes;
    let both = Scopes::from_iter([Scope::Predict, Scope::Admin]);
    assert_eq!(scopes(&with("scope", "openid ml:predict admin")), both);
    assert_eq!(scopes(&with("scopes", json!(["admin", "email"]))), both);
    assert_eq!(scopes(&without("scope")), Scopes::default());
    assert!(jwt.check(&with("aud", json!(["other", "gauntlet"]))).is_ok());
    assert!(jwt.check(&with("nbf", now() - 1)).is_ok());
}

#[test]
fn a_token_that_is_not_good_is_refused_with_the_reason() {
    let jwt = with_secret(|_| ());
    for (token, reason) in [
        (with("exp", now() - 2), "expired"),
        (without("exp"), "`exp`"),
        (with("exp", "tomorrow"), "`exp`"),
        (with("exp", -1), "`exp`"),
        (with("nbf", now() + 30), "not valid yet"),
        (with("nbf", "now"), "`nbf`"),
        (with("aud", "other"), "audience"),
        (with("aud", json!([])), "audience"),
        (without("aud"), "`aud`"),
        (without("sub"), "can be read"),
        (with("sub", ""), "`sub`"),
        (with("sub", "a\nb"), "`sub`"),
        (with("sub", "x".repeat(257)), "`sub`"),
        (with("sub", 5), "can be read"),
        (with("scope", 5), "can be read"),
        (
            sign(&json!({ "alg": "HS256" }), &claims(), b"another secret of 32 bytes or so"),
            "signature",
        ),
        (sign(&json!({ "alg": "none" }), &claims(), SECRET), "can be read"),
        (sign(&json!({ "alg": "HS512" }), &claims(), SECRET), "HS256"),
        (sign(&json!({ "alg": "RS256" }), &claims(), SECRET), "HS256"),
        (sign(&json!({ "typ": "JWT" }), &claims(), SECRET), "can be read"),
        (
            sign(&json!({ "alg": "HS256", "crit": ["b64"], "b64": false }), &claims(), SECRET),
            "`crit`",
        ),
        (with("sub", "x".repeat(9000)), "8192 bytes"),
        ("a.b.c".into(), "can be read"),
        ("..".into(), "can be read"),
    ] {
        let said = refusal(&jwt, &token);
        assert!(said.contains(reason), "{reason} is not in: {said}");
    }
}

#[test]
fn a_token_without_a_signature_or_with_a_changed_part_is_refused() {
    let jwt = with_secret(|_| ());
    let good = hs256(&claims());
    let parts: Vec<_> = good.split('.').collect();
    assert!(refusal(&jwt, &format!("{}.{}.", parts[0], parts[1])).contains("signature"));
    let other = hs256(&json!({ "sub": "pump-8", "aud": "gauntlet", "exp": now() + 60 }));
    let payload = other.split('.').nth(1).unwrap();
    assert!(refusal(&jwt, &format!("{}.{payload}.{}", parts[0], parts[2])).contains("signature"));
    for at in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        // The last digit of a signature has bits that mean nothing; only zeros are taken there.
        assert!(jwt.check(&changed).is_err(), "{at}");
    }
}

#[test]
fn a_clock_may_differ_by_the_leeway() {
    let jwt = with_secret(|settings| settings.leeway_seconds = 30);
    assert!(jwt.check(&with("exp", now() - 20)).is_ok());
    assert!(jwt.check(&with("nbf", now() + 20)).is_ok());
    assert!(refusal(&jwt, &with("exp", now() - 40)).contains("expired"));
}

#[test]
fn an_issuer_that_is_asked_for_has_to_be_there() {
    let jwt = with_secret(|settings| settings.issuer = Some("https://issuer.example".into()));
    assert!(jwt.check(&with("iss", "https://issuer.example")).is_ok());
    assert!(refusal(&jwt, &with("iss", "https://evil.example")).contains("issuer"));
    assert!(refusal(&jwt, &hs256(&claims())).contains("`iss`"));
}

#[test]
fn rsa_tokens_are_checked_with_either_form_of_pem() {
    for file in ["public.pem", "public-pkcs1.pem"] {
        let jwt = with_public(file);
        assert_eq!(jwt.check(&signed("rs256.jwt")).unwrap().subject, "pump-7");
        assert!(jwt.check(&signed("rs256-kid-one.jwt")).is_ok());
        assert!(refusal(&jwt, &signed("rs256-kid-two.jwt")).contains("signature"));
        assert!(refusal(&jwt, &signed("rs256-expired.jwt")).contains("expired"));
        assert!(refusal(&jwt, &signed("rs384.jwt")).contains("RS256"));
        assert!(refusal(&jwt, &signed("ps256.jwt")).contains("RS256"));
    }
}

#[test]
fn a_token_names_one_of_the_keys_of_a_jwks_document() {
    let jwt = with_public("jwks.json");
    assert!(jwt.check(&signed("rs256-kid-one.jwt")).is_ok());
    assert!(jwt.check(&signed("rs256-kid-two.jwt")).is_ok());
    assert!(refusal(&jwt, &signed("rs256.jwt")).contains("no `kid`"));
    let other = sign(&json!({ "alg": "RS256", "kid": "curve" }), &claims(), SECRET);
    assert!(refusal(&jwt, &other).contains("no key that is known"));
}

#[test]
fn the_public_key_is_no_secret_that_signs() {
    for file in ["public.pem", "public-pkcs1.pem"] {
        let (jwt, text) = (with_public(file), fs_err::read(fixture(file)).unwrap());
        for secret in [&text[..], text.trim_ascii()] {
            let forged = sign(&json!({ "alg": "HS256" }), &claims(), secret);
            assert!(refusal(&jwt, &forged).contains("not signed with RS256"));
            let forged = sign(&json!({ "alg": "RS256" }), &claims(), secret);
            assert!(refusal(&jwt, &forged).contains("signature"));
        }
    }
}

#[test]
fn settings_that_cannot_work_are_refused_at_the_start() {
    let problem = |settings: JwtSettings| format!("{:#}", Jwt::open(&settings).unwrap_err());
    let public = || settings(JwtAlgorithm::RS256, fixture("public.pem"));
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), "short\n").unwrap();
    for (settings, word) in [
        (settings(JwtAlgorithm::HS256, file.path()), "5 bytes"),
        (settings(JwtAlgorithm::HS256, fixture("public.pem")), "use RS256"),
        (settings(JwtAlgorithm::HS256, "no/such/file"), "no/such/file"),
        (settings(JwtAlgorithm::RS256, fixture("rs256.jwt")), "rs256.jwt"),
        (JwtSettings { secret_file: None, ..settings(JwtAlgorithm::HS256, "f") }, "one of"),
        (
            JwtSettings { secret_env: Some("V".into()), ..settings(JwtAlgorithm::HS256, "f") },
            "one of",
        ),
        (JwtSettings { algorithm: JwtAlgorithm::HS256, ..public() }, "is for RS256"),
        (JwtSettings { secret_env: Some("V".into()), ..public() }, "are for HS256"),
        (JwtSettings { public_key_file: None, ..public() }, "needs public_key_file"),
        (JwtSettings { audience: String::new(), ..public() }, "audience"),
        (JwtSettings { leeway_seconds: 61, ..public() }, "leeway_seconds"),
        (
            JwtSettings {
                secret_file: None,
                secret_env: Some("GAUNTLET_NO_SUCH_SECRET".into()),
                ..settings(JwtAlgorithm::HS256, "f")
            },
            "GAUNTLET_NO_SUCH_SECRET is not set",
        ),
    ] {
        let problem = problem(settings);
        assert!(problem.contains(word), "{problem}");
    }
}
