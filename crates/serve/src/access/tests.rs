//! Callers at the door: keys, tokens, nobody, and too many.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{HeaderName, StatusCode};
use axum::response::Response;

use super::jwt::tests as tokens;
use super::*;
use crate::problem::Dialect;

const AWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
    };
    pairs.iter().map(pair).collect()
}

fn per_minute(number: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(number)
}

fn with_keys(keys: &[&str]) -> AccessSettings {
    let keys = keys.iter().map(|key| key.parse().unwrap()).collect();
    AccessSettings { keys, ..AccessSettings::default() }
}

/// A place with a file of keys that a test may change.
struct Place(tempfile::TempDir);

impl Place {
    fn new(entries: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.write(entries);
        place
    }

    fn write(&self, entries: &str) {
        fs_err::write(self.0.path().join("keys.toml"), entries).unwrap();
    }

    fn settings(&self) -> AccessSettings {
        let keys_file = Some(self.0.path().join("keys.toml"));
        AccessSettings { keys_file, ..AccessSettings::default() }
    }

    fn with_tokens(&self) -> AccessSettings {
        let secret = self.0.path().join("secret");
        fs_err::write(&secret, tokens::SECRET).unwrap();
        let jwt = Some(tokens::settings(JwtAlgorithm::HS256, secret));
        AccessSettings { jwt, ..self.settings() }
    }
}

fn ask(access: &Access, pairs: &[(&str, &str)], need: Scope) -> Result<Admitted, Problem> {
    access.admit(&headers(pairs), AWAY, need, Instant::now())
}

fn refusal(access: &Access, pairs: &[(&str, &str)], need: Scope) -> (u16, String, Response) {
    let problem = ask(access, pairs, need).unwrap_err();
    let detail = problem.detail().to_owned();
    (problem.status().as_u16(), detail, problem.render(Dialect::Guide))
}

fn challenge(response: &Response) -> &str {
    response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap()
}

#[test]
fn a_key_opens_what_its_scopes_say_in_either_header() {
    let (key, entry) = make_key("line 3", &[Scope::Predict]).unwrap();
    let access = Access::open(&Place::new(&entry).settings()).unwrap();
    for pair in
        [("x-api-key", key.reveal().into()), ("authorization", format!("Bearer {}", key.reveal()))]
    {
        let pairs = [(pair.0, pair.1.as_str())];
        assert_eq!(&*ask(&access, &pairs, Scope::Predict).unwrap().name, "line 3");
        let (status, detail, response) = refusal(&access, &pairs, Scope::Drift);
        assert_eq!((status, detail.as_str()), (403, "`line 3` does not have the scope `ml:drift`"));
        assert!(challenge(&response).contains("scope=\"ml:drift\""));
    }
}

#[test]
fn without_a_key_the_answer_says_where_to_put_one() {
    let access = Access::open(&with_keys(&["one-long-enough-key", "", "two"])).unwrap();
    let (status, detail, response) = refusal(&access, &[], Scope::Read);
    assert_eq!((status, detail.as_str()), (401, "send an API key in the header x-api-key"));
    assert_eq!(challenge(&response), "Bearer realm=\"gauntlet\"");
    for wrong in ["", "one", "key 1"] {
        let (status, detail, _) = refusal(&access, &[("x-api-key", wrong)], Scope::Read);
        assert_eq!((status, detail.as_str()), (403, "the API key is not known"));
    }
    let admitted = ask(&access, &[("x-api-key", "two")], Scope::Admin).unwrap();
    assert_eq!(&*admitted.name, "key 2");
    let dump = format!("{access:?}");
    assert!(!dump.contains("one-long-enough-key"), "{dump}");
}

#[test]
fn nobody_at_all_could_ask_is_said_at_the_start() {
    for keys in [&[][..], &["", " "]] {
        let error = Access::open(&with_keys(keys)).unwrap_err();
        assert!(error.to_string().contains("nobody could ask"), "{error}");
    }
}

#[test]
fn a_token_opens_what_its_scopes_say() {
    let place = Place::new(&make_key("a", &[Scope::Read]).unwrap().1);
    let access = Access::open(&place.with_tokens()).unwrap();
    let bearer = |claims: &serde_json::Value| format!("Bearer {}", tokens::hs256(claims));
    let good = bearer(&tokens::claims());
    let admitted = ask(&access, &[("authorization", &good)], Scope::Predict).unwrap();
    assert_eq!(&*admitted.name, "pump-7");
    let (status, detail, _) = refusal(&access, &[("authorization", &good)], Scope::Admin);
    assert_eq!((status, detail.as_str()), (403, "`pump-7` does not have the scope `admin`"));
    let mut old = tokens::claims();
    old["exp"] = 1.into();
    let (status, detail, response) =
        refusal(&access, &[("authorization", &bearer(&old))], Scope::Predict);
    assert_eq!((status, detail.as_str()), (401, "the token is expired"));
    assert!(challenge(&response).contains("invalid_token"));
    let (_, detail, _) = refusal(&access, &[], Scope::Read);
    assert!(detail.ends_with("or a bearer token"), "{detail}");
}

#[test]
fn where_no_tokens_are_taken_it_is_said_and_a_key_may_look_like_one() {
    let access = Access::open(&with_keys(&["a.key.with-dots-in-it"])).unwrap();
    let (status, detail, _) = refusal(&access, &[("authorization", "Bearer a.b.c")], Scope::Read);
    assert_eq!((status, detail.contains("not taken here")), (401, true));
    assert!(
        ask(&access, &[("authorization", "Bearer a.key.with-dots-in-it")], Scope::Read).is_ok()
    );
}

#[test]
fn an_expired_key_is_named() {
    let (key, entry) = make_key("old", &[Scope::Read]).unwrap();
    let access =
        Access::open(&Place::new(&(entry + "expires = 2020-01-01T00:00:00Z\n")).settings())
            .unwrap();
    let (status, detail, _) = refusal(&access, &[("x-api-key", key.reveal())], Scope::Read);
    assert_eq!((status, detail.as_str()), (401, "the API key `old` is expired"));
}

#[test]
fn this_machine_may_ask_without_a_key_only_where_that_is_allowed() {
    let access = Access::open(&AccessSettings { anonymous: true, ..with_keys(&["k"]) }).unwrap();
    let from = |peer, need, pairs: &[(&str, &str)]| {
        access.admit(&headers(pairs), peer, need, Instant::now()).map_err(|p| p.status().as_u16())
    };
    assert_eq!(&*from(HERE, Scope::Predict, &[]).unwrap().name, "anonymous");
    assert!(from("::1".parse().unwrap(), Scope::Drift, &[("host", "[::1]:8000")]).is_ok());
    assert!(from("::ffff:127.0.0.1".parse().unwrap(), Scope::Read, &[]).is_ok());
    assert_eq!(from(HERE, Scope::Admin, &[]), Err(403));
    assert_eq!(from(AWAY, Scope::Predict, &[]), Err(403));
    assert_eq!(from(HERE, Scope::Predict, &[("host", "evil.example")]), Err(403));
    assert_eq!(from(HERE, Scope::Predict, &[("x-api-key", "wrong")]), Err(403));
    assert!(from(AWAY, Scope::Admin, &[("x-api-key", "k"), ("host", "any.example")]).is_ok());
    assert!(!access.asks_everyone());
}

#[test]
fn an_address_that_others_reach_needs_keys_and_no_exceptions() {
    let refused = |settings: &AccessSettings, address: IpAddr| {
        let access = Access::open(settings).unwrap();
        access.check_address(address).err().map(|failure| failure.to_string())
    };
    let anonymous = AccessSettings { anonymous: true, ..AccessSettings::default() };
    assert_eq!(refused(&with_keys(&["k"]), AWAY), None);
    assert_eq!(refused(&anonymous, HERE), None);
    let said = refused(&anonymous, AWAY).unwrap();
    assert_eq!(said, "10.0.0.1 is open to others, and no API key is configured");
    let said = refused(&AccessSettings { anonymous: true, ..with_keys(&["k"]) }, AWAY).unwrap();
    assert!(said.contains("anonymous requests are allowed"), "{said}");
}

#[test]
fn every_caller_has_a_rate_and_is_told_what_is_left() {
    let place = Place::new(&(make_key("x", &[Scope::Read]).unwrap().1 + "rate_per_minute = 1\n"));
    let (own, entry) = make_key("own", &[Scope::Read]).unwrap();
    place.write(&(entry + "rate_per_minute = 3\n"));
    let settings = AccessSettings {
        rate_per_minute: per_minute(2),
        keys: vec!["common-common-common".parse().unwrap()],
        ..place.with_tokens()
    };
    let access = Access::open(&settings).unwrap();
    let token = format!("Bearer {}", tokens::hs256(&tokens::claims()));
    let now = Instant::now();
    for (pair, rate, need) in [
        (("x-api-key", own.reveal()), 3, Scope::Read),
        (("x-api-key", "common-common-common"), 2, Scope::Read),
        (("authorization", token.as_str()), 2, Scope::Predict),
    ] {
        let ask = |later: u64| {
            access.admit(&headers(&[pair]), AWAY, need, now + Duration::from_secs(later))
        };
        for left in (0..rate).rev() {
            let mut headers = HeaderMap::new();
            ask(0).unwrap().write(&mut headers);
            assert_eq!(headers["x-ratelimit-limit"], rate.to_string());
            assert_eq!(headers["x-ratelimit-remaining"], left.to_string());
            assert!(headers.contains_key("x-ratelimit-reset"));
        }
        let response = ask(0).unwrap_err().render(Dialect::Guide);
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(response.headers().contains_key(header::RETRY_AFTER));
        assert_eq!(response.headers()["x-ratelimit-remaining"], "0");
        assert!(ask(31).is_ok());
    }
}

#[test]
fn without_a_rate_nothing_is_said_of_one() {
    let access = Access::open(&with_keys(&["k"])).unwrap();
    let mut headers = HeaderMap::new();
    ask(&access, &[("x-api-key", "k")], Scope::Read).unwrap().write(&mut headers);
    assert!(headers.is_empty());
}

#[test]
fn wrong_keys_are_held_back_and_right_ones_from_the_same_address_are_not() {
    let settings =
        AccessSettings { failures_per_minute: per_minute(3).unwrap(), ..with_keys(&["k"]) };
    let access = Access::open(&settings).unwrap();
    let status = |peer: &str, key| {
        let admitted = access.admit(
            &headers(&[("x-api-key", key)]),
            peer.parse().unwrap(),
            Scope::Read,
            Instant::now(),
        );
        admitted.map_or_else(|problem| problem.status().as_u16(), |_| 200)
    };
    let said: Vec<_> = (0..5).map(|_| status("10.0.0.9", "wrong")).collect();
    assert_eq!(said, [403, 403, 403, 429, 429]);
    assert_eq!(status("10.0.0.9", "k"), 200);
    assert_eq!(status("10.0.0.8", "wrong"), 403);
    let networks = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4", "2001:db8:0:1::"];
    assert_eq!(networks.map(|peer| status(peer, "wrong")), [403, 403, 403, 429, 403]);
}

#[test]
fn keys_are_changed_by_reading_the_file_again_and_a_wrong_file_changes_nothing() {
    let (old, old_entry) = make_key("old", &[Scope::Read]).unwrap();
    let (new, new_entry) = make_key("new", &[Scope::Read]).unwrap();
    let place = Place::new(&(old_entry.clone() + "rate_per_minute = 1\n"));
    let access = Access::open(&place.with_tokens()).unwrap();
    let status = |key: &PlainKey| {
        ask(&access, &[("x-api-key", key.reveal())], Scope::Read)
            .map_or_else(|problem| problem.status().as_u16(), |_| 200)
    };
    assert_eq!((status(&old), status(&new)), (200, 403));
    place.write("[[keys]]\nname = 5");
    let error = format!("{:#}", access.reload().unwrap_err());
    assert!(error.contains("keys.toml") && error.contains("line 2"), "{error}");
    assert_eq!((status(&old), status(&new)), (429, 403));
    place.write(&(old_entry + "rate_per_minute = 1\n" + &new_entry));
    access.reload().unwrap();
    assert_eq!((status(&old), status(&new)), (429, 200));
    place.write(&new_entry);
    access.reload().unwrap();
    assert_eq!((status(&old), status(&new)), (403, 200));
}

#[test]
fn a_secret_is_changed_by_reading_it_again() {
    let place = Place::new(&make_key("a", &[Scope::Read]).unwrap().1);
    let access = Access::open(&place.with_tokens()).unwrap();
    let token = format!("Bearer {}", tokens::hs256(&tokens::claims()));
    assert!(ask(&access, &[("authorization", &token)], Scope::Predict).is_ok());
    fs_err::write(place.0.path().join("secret"), "another secret of at least 32 bytes").unwrap();
    access.reload().unwrap();
    let (status, detail, _) = refusal(&access, &[("authorization", &token)], Scope::Predict);
    assert_eq!((status, detail.as_str()), (401, "the token's signature is wrong"));
}
