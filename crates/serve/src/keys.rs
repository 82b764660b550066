//! Who may ask: API keys, compared without telling by time how much of one was right.

use gauntlet_core::Digest;

use crate::problem::Problem;

/// The keys that are accepted. They are kept as digests, so no log or dump of this type shows one.
#[derive(Debug, Clone)]
pub(crate) struct Keys(Vec<Digest>);

impl Keys {
    /// The keys given; empty ones are none.
    pub(crate) fn new(keys: &[String]) -> Self {
        let given = keys.iter().map(|key| key.trim()).filter(|key| !key.is_empty());
        Self(given.map(|key| Digest::of(key.as_bytes())).collect())
    }

    /// Whether any key was given.
    pub(crate) fn are_configured(&self) -> bool {
        !self.0.is_empty()
    }

    /// Checks the key of a request.
    pub(crate) fn check(&self, given: Option<&[u8]>) -> Result<(), Problem> {
        match given {
            _ if self.0.is_empty() => Ok(()),
            None => Err(Problem::unauthenticated()),
            Some(key) => {
                let key = Digest::of(key);
                // All keys are compared in full, whatever the first ones say.
                let known = self.0.iter().fold(false, |known, other| known | same(&key, other));
                if known { Ok(()) } else { Err(Problem::forbidden("the API key is not known")) }
            }
        }
    }
}

fn same(a: &Digest, b: &Digest) -> bool {
    let differences = a.bytes().iter().zip(b.bytes()).fold(0, |bits, (a, b)| bits | (a ^ b));
    std::hint::black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(keys: &[&str], given: Option<&str>) -> u16 {
        let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
        Keys::new(&keys)
            .check(given.map(str::as_bytes))
            .map_or_else(|problem| problem.status().as_u16(), |()| 200)
    }

    #[test]
    fn any_of_the_keys_opens_and_nothing_else_does() {
        assert_eq!(status(&["one", " two "], Some("two")), 200);
        assert_eq!(status(&["one"], Some("on")), 403);
        assert_eq!(status(&["one"], Some("")), 403);
        assert_eq!(status(&["one"], None), 401);
        assert_eq!(status(&[], None), 200);
    }

    #[test]
    fn an_empty_key_is_no_key() {
        assert!(!Keys::new(&[String::new(), " ".into()]).are_configured());
        assert_eq!(status(&["", "one"], Some("")), 403);
    }
}
