//! API keys, compared without telling by time how much of one was right.

use std::sync::Arc;

use gauntlet_core::Digest;

use super::expiry::Expiry;
use super::rate::{Bucket, Rate};
use super::scope::Scopes;

/// A key that is accepted. It is kept as a digest, so no log or dump of this type shows it.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: Arc<str>,
    pub(super) digest: Digest,
    pub(super) scopes: Scopes,
    pub(super) expires: Option<Expiry>,
    /// None where it may be used as often as one likes.
    pub(super) bucket: Option<Arc<Bucket>>,
}

/// The keys that are accepted.
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<Key>);

impl Keys {
    pub(super) fn new(keys: Vec<Key>) -> Self {
        Self(keys)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key that was sent. All are compared in full, whatever the first ones say.
    pub(super) fn find(&self, sent: &[u8]) -> Option<&Key> {
        let digest = Digest::of(sent);
        self.0
            .iter()
            .fold(None, |found, key| if same(&digest, &key.digest) { Some(key) } else { found })
    }

    /// Goes on counting where `old` is: reading the file again gives nobody a new minute.
    pub(super) fn inherit(&mut self, old: &Self) {
        for key in &mut self.0 {
            let before = old.0.iter().find(|old| old.name == key.name);
            if let Some(before) = before.and_then(|old| old.bucket.as_ref())
                && key.bucket.as_ref().map(|bucket| bucket.rate()) == Some(before.rate())
            {
                key.bucket = Some(before.clone());
            }
        }
    }
}

/// A full bucket, if there is a rate.
pub(super) fn bucket(rate: Option<Rate>) -> Option<Arc<Bucket>> {
    rate.map(|rate| Arc::new(Bucket::new(rate)))
}

fn same(a: &Digest, b: &Digest) -> bool {
    let differences = a.bytes().iter().zip(b.bytes()).fold(0, |bits, (a, b)| bits | (a ^ b));
    std::hint::black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn key(name: &str, secret: &str, per_minute: u32) -> Key {
        let rate = NonZeroU32::new(per_minute).map(Rate::new);
        let (digest, bucket) = (Digest::of(secret.as_bytes()), bucket(rate));
        Key { name: name.into(), digest, scopes: Scopes::ALL, expires: None, bucket }
    }

    #[test]
    fn any_of_the_keys_is_found_and_nothing_else_is() {
        let keys = Keys::new(vec![key("a", "one", 0), key("b", "two", 0)]);
        let name = |sent: &str| keys.find(sent.as_bytes()).map(|key| key.name.to_string());
        assert_eq!(name("one").as_deref(), Some("a"));
        assert_eq!(name("two").as_deref(), Some("b"));
        for wrong in ["", "on", "one ", "ONE", &Digest::of(b"one").to_string()] {
            assert_eq!(name(wrong), None, "{wrong}");
        }
        assert!(keys.find(b"\xff\xfe").is_none());
    }

    #[test]
    fn reading_the_keys_again_does_not_refill_a_bucket_of_the_same_rate() {
        let old = Keys::new(vec![key("a", "one", 2), key("b", "two", 2), key("c", "six", 0)]);
        for sent in ["one", "two"] {
            let bucket = old.find(sent.as_bytes()).unwrap().bucket.clone().unwrap();
            assert!(bucket.take(0).is_ok() && bucket.take(0).is_ok());
        }
        let mut new = Keys::new(vec![key("a", "new", 2), key("b", "two", 3), key("c", "six", 1)]);
        new.inherit(&old);
        let take = |sent: &str| new.find(sent.as_bytes()).unwrap().bucket.clone().unwrap().take(0);
        assert!(take("new").is_err());
        assert!(take("two").is_ok() && take("six").is_ok());
    }
}
