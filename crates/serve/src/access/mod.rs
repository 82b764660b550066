//! Who may ask, and how often.
//!
//! A caller shows an API key or a bearer token, or is this machine itself where that was allowed. What it may do
//! are scopes; a handler asks for the one it needs, so no other spelling of a path leads past it.

mod credential;
mod crowd;
mod expiry;
mod jwt;
mod keys;
mod keys_file;
mod local;
mod make;
mod provider;
mod rate;
mod rsa_key;
mod scope;
mod secret_file;
mod settings;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use axum::http::{HeaderMap, HeaderValue, header};
use gauntlet_core::Digest;

use self::credential::{Credential, invalid, unauthenticated};
use self::crowd::Crowd;
use self::jwt::Jwt;
use self::keys::{Key, Keys, bucket};
use self::rate::{Nanos, Quota, Rate};
use self::scope::Scopes;
use crate::failure::Failure;
use crate::problem::Problem;

pub(crate) use self::make::make_key;
pub(crate) use self::scope::Scope;
pub(crate) use self::secret_file::read as read_secret;
#[cfg(test)]
use self::settings::JwtAlgorithm;
pub(crate) use self::settings::{AccessSettings, PlainKey};

/// Fewer characters than this are a password, not a key.
const LEAST: usize = 16;

/// Who may ask.
#[derive(Debug)]
pub(crate) struct Access {
    settings: AccessSettings,
    started: Instant,
    trusted: ArcSwap<Trusted>,
    /// Buckets of the callers that no file names.
    others: Option<Crowd>,
    /// Buckets of wrong keys and tokens, by address.
    failures: Crowd,
}

/// What the files say.
#[derive(Debug)]
struct Trusted {
    keys: Keys,
    jwt: Option<Jwt>,
}

/// A caller that may do what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Admitted {
    /// The name of its key, or the subject of its token, or `anonymous`. Never a secret.
    pub(crate) name: Arc<str>,
    quota: Option<Quota>,
}

impl Admitted {
    /// Puts on an answer how many requests are left: `X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds until
    /// all of them are there again). Without a rate there is nothing to say.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        if let Some(quota) = &self.quota {
            quota.write(headers);
        }
    }
}

/// A caller that is known, before it is asked whether it may.
struct Caller {
    name: Arc<str>,
    scopes: Scopes,
    quota: Result<Option<Quota>, rate::Exhausted>,
}

impl Access {
    /// Reads the keys that the settings name.
    ///
    /// # Errors
    /// A file cannot be used, or nobody could ask at all.
    pub(crate) fn open(settings: &AccessSettings) -> anyhow::Result<Self> {
        let trusted = Trusted::read(settings)?;
        if !settings.anonymous && trusted.is_empty() {
            let message =
                "nobody could ask: there is no API key, and none may ask without".to_owned();
            let hint = "set GAUNTLET_API_KEY, name a keys_file, or allow anonymous requests of this machine";
            return Err(Failure::usage(message, hint).into());
        }
        Ok(Self {
            started: Instant::now(),
            trusted: ArcSwap::from_pointee(trusted),
            others: settings.rate_per_minute.map(Rate::new).map(Crowd::new),
            failures: Crowd::new(Rate::new(settings.failures_per_minute)),
            settings: settings.clone(),
        })
    }

    /// Reads the files again. Requests that are being answered are not disturbed.
    ///
    /// # Errors
    /// A file cannot be used; then what was read before stays.
    pub(crate) fn reload(&self) -> anyhow::Result<()> {
        let mut new = Trusted::read(&self.settings)?;
        new.keys.inherit(&self.trusted.load().keys);
        self.trusted.store(Arc::new(new));
        Ok(())
    }

    /// Whether every caller has to show a key or a token.
    pub(crate) fn asks_everyone(&self) -> bool {
        !self.settings.anonymous
    }

    /// Whether an address may be listened on: one that others reach only if everyone has to show who they are.
    ///
    /// # Errors
    /// It may not.
    pub(crate) fn check_address(&self, address: IpAddr) -> Result<(), Failure> {
        if self.asks_everyone() || address.is_loopback() {
            return Ok(());
        }
        let trusted = self.trusted.load();
        if trusted.is_empty() {
            let message = format!("{address} is open to others, and no API key is configured");
            return Err(Failure::usage(message, "set GAUNTLET_API_KEY, or listen on 127.0.0.1"));
        }
        let message = format!("{address} is open to others, and anonymous requests are allowed");
        Err(Failure::usage(message, "do not allow anonymous requests, or listen on 127.0.0.1"))
    }

    /// Finds out who asks, whether they may do what needs `need`, and whether not too often.
    ///
    /// # Errors
    /// 401 without a key or with a token that is not good, 403 with a wrong key or without the scope, 429 too often.
    pub(crate) fn admit(
        &self,
        headers: &HeaderMap,
        peer: IpAddr,
        need: Scope,
        now: Instant,
    ) -> Result<Admitted, Problem> {
        let peer = peer.to_canonical();
        let now = now.saturating_duration_since(self.started).as_nanos();
        // A server is started anew before five hundred years are over.
        let now = Nanos::try_from(now).unwrap_or(Nanos::MAX / 2);
        let trusted = self.trusted.load();
        let caller = match Credential::of(headers)? {
            Credential::Nothing => self.nobody(&trusted, headers, peer, now),
            // Where no key is known, none is wrong.
            Credential::Key(_) if self.settings.anonymous && trusted.is_empty() => {
                self.nobody(&trusted, headers, peer, now)
            }
            Credential::Key(key) => {
                known(&trusted.keys, key, now).map_err(|p| self.blame(p, peer, now))
            }
            Credential::Token(token) => {
                self.bearer(&trusted, token, now).map_err(|p| self.blame(p, peer, now))
            }
        }?;
        let quota = caller.quota.map_err(|exhausted| exhausted.refuse("requests"))?;
        if !caller.scopes.allow(need) {
            return Err(lacks(&caller.name, need));
        }
        Ok(Admitted { name: caller.name, quota })
    }

    /// A caller that shows nothing.
    fn nobody(
        &self,
        trusted: &Trusted,
        headers: &HeaderMap,
        peer: IpAddr,
        now: Nanos,
    ) -> Result<Caller, Problem> {
        if !self.settings.anonymous {
            let token = if trusted.jwt.is_some() { ", or a bearer token" } else { "" };
            return Err(unauthenticated(format!("send an API key in the header x-api-key{token}")));
        }
        local::check(headers, peer)?;
        let quota = self.count(&("address", peer), now);
        Ok(Caller { name: "anonymous".into(), scopes: Scopes::NOT_ADMIN, quota })
    }

    fn bearer(&self, trusted: &Trusted, token: &str, now: Nanos) -> Result<Caller, Problem> {
        let Some(jwt) = &trusted.jwt else {
            // A key may look like a token.
            let known = known(&trusted.keys, token.as_bytes(), now);
            return known.map_err(|_| invalid("bearer tokens are not taken here: send an API key"));
        };
        let bearer = jwt.check(token)?;
        let quota = self.count(&("subject", &bearer.subject), now);
        Ok(Caller { name: bearer.subject.into(), scopes: bearer.scopes, quota })
    }

    fn count(
        &self,
        caller: &impl std::hash::Hash,
        now: Nanos,
    ) -> Result<Option<Quota>, rate::Exhausted> {
        self.others.as_ref().map(|others| others.take(caller, now)).transpose()
    }

    /// Counts a wrong key or token. Only wrong ones are ever held back by it: behind one address there may be
    /// others whose key is right, and guessing a key of 256 bits is hopeless at any speed.
    fn blame(&self, problem: Problem, peer: IpAddr, now: Nanos) -> Problem {
        match self.failures.take(&network(peer), now) {
            Ok(_) => {
                tracing::info!(%peer, reason = problem.detail(), "refused a key or token");
                problem
            }
            Err(exhausted) => exhausted.refuse("wrong keys or tokens"),
        }
    }
}

/// The caller that a key belongs to.
fn known(keys: &Keys, sent: &[u8], now: Nanos) -> Result<Caller, Problem> {
    let key = keys.find(sent).ok_or_else(|| Problem::forbidden("the API key is not known"))?;
    if key.expires.is_some_and(|expires| expires.is_over()) {
        return Err(invalid(format!("the API key `{}` is expired", key.name)));
    }
    let quota = key.bucket.as_ref().map(|bucket| bucket.take(now)).transpose();
    Ok(Caller { name: key.name.clone(), scopes: key.scopes, quota })
}

fn lacks(name: &str, need: Scope) -> Problem {
    let challenge =
        format!("Bearer realm=\"gauntlet\", error=\"insufficient_scope\", scope=\"{need}\"");
    let problem = Problem::forbidden(format!("`{name}` does not have the scope `{need}`"));
    match HeaderValue::try_from(challenge) {
        Ok(challenge) => problem.with_header(header::WWW_AUTHENTICATE, challenge),
        Err(_) => problem,
    }
}

/// Who has one IPv6 address has the other 2^64 of its network too.
fn network(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Trusted {
    /// Whether nobody has a key or token.
    fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.jwt.is_none()
    }

    fn read(settings: &AccessSettings) -> anyhow::Result<Self> {
        let rate = settings.rate_per_minute.map(Rate::new);
        let mut keys = match &settings.keys_file {
            Some(path) => keys_file::read(path, rate)?,
            None => Vec::new(),
        };
        let given = settings.keys.iter().map(PlainKey::reveal).filter(|key| !key.is_empty());
        for (key, number) in given.zip(1..) {
            if key.chars().count() < LEAST {
                tracing::warn!(
                    "API key {number} has fewer than {LEAST} characters: it can be guessed"
                );
            }
            keys.push(Key {
                name: format!("key {number}").into(),
                digest: Digest::of(key.as_bytes()),
                scopes: Scopes::ALL,
                expires: None,
                bucket: bucket(rate),
            });
        }
        let jwt = settings.jwt.as_ref().map(Jwt::open).transpose()?;
        Ok(Self { keys: Keys::new(keys), jwt })
    }
}
