//! When a call is made again.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use gauntlet_mlflow::Method;

/// The longest first wait.
const FIRST: Duration = Duration::from_millis(200);

/// The longest of all waits.
const LONGEST: Duration = Duration::from_secs(20);

/// A server that wants more patience than this is not waited for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of an attempt that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No connection was made.
    NotConnected,
    /// The connection broke, or no answer came in time.
    Broken,
    /// An answer of this status.
    Status(u16),
}

/// Whether to try again: always if the server did nothing, else only if twice is the same as once.
pub(crate) fn again(outcome: Outcome, repeatable: bool) -> bool {
    match outcome {
        Outcome::NotConnected | Outcome::Status(429 | 503) => true,
        Outcome::Broken | Outcome::Status(408 | 500 | 502 | 504) => repeatable,
        Outcome::Status(_) => false,
    }
}

/// Whether a call does the same when done twice: not if it makes something that the server names, and
/// not if its second answer would be that there is nothing to remove any more.
pub(super) fn is_repeatable(method: Method, path: &str) -> bool {
    let makes = path.ends_with("/create") || path.ends_with("/logged-models");
    let renames = path.ends_with("/rename");
    let removes = method == Method::Delete || path.contains("/delete");
    !(makes || renames || removes)
}

/// How long to wait after attempt number `attempt`, from 0.
pub(crate) fn wait(attempt: u32, asked: Option<Duration>) -> Duration {
    let longest = FIRST.saturating_mul(1 << attempt.min(16)).min(LONGEST);
    let jittered = longest.mul_f64(random());
    asked.map_or(jittered, |asked| asked.min(PATIENCE) + jittered)
}

/// A number from 0 to 1. The keys of a hash table are random in every instance.
fn random() -> f64 {
    let drawn = RandomState::new().build_hasher().finish() >> 11;
    drawn as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_done_is_not_done_twice() {
        assert!(again(Outcome::NotConnected, false) && again(Outcome::Status(503), false));
        for outcome in [Outcome::Broken, Outcome::Status(500), Outcome::Status(502)] {
            assert!(again(outcome, true) && !again(outcome, false));
        }
        assert!(!again(Outcome::Status(400), true) && !again(Outcome::Status(404), true));
        assert!(is_repeatable(Method::Post, "/2.0/mlflow/runs/log-batch"));
        assert!(is_repeatable(Method::Post, "/2.0/mlflow/registered-models/alias"));
        for path in
            ["/2.0/mlflow/runs/create", "/2.0/mlflow/logged-models", "/2.0/mlflow/runs/delete"]
        {
            assert!(!is_repeatable(Method::Post, path), "{path}");
        }
    }

    #[test]
    fn waits_grow_are_random_and_end() {
        for attempt in 0..40 {
            assert!(wait(attempt, None) <= LONGEST);
        }
        assert!(wait(0, None) <= FIRST);
        let some: Vec<Duration> = (0..8).map(|_| wait(10, None)).collect();
        assert!(some.iter().any(|wait| *wait != some[0]), "{some:?}");
        let asked = wait(0, Some(Duration::from_secs(3)));
        assert!(asked >= Duration::from_secs(3) && asked <= Duration::from_secs(4));
        assert!(wait(0, Some(Duration::from_secs(9999))) <= PATIENCE + FIRST);
    }
}
