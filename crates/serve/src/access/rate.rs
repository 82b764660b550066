//! How often one caller may ask: a bucket of one minute's requests that refills evenly.
//!
//! A bucket is one number, the moment at which it will be full again: a request moves it on by the time that
//! one request takes to refill, and is refused where that would be more than a minute ahead. One number can be
//! changed atomically, so nothing is locked and no request is counted twice or not at all.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::problem::Problem;

/// Nanoseconds since the server started.
pub(crate) type Nanos = u64;

const SECOND: Nanos = 1_000_000_000;

/// Requests per minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate(NonZeroU32);

/// What is left of a caller's minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Requests per minute.
    limit: u32,
    /// Requests that would be answered now.
    remaining: u32,
    /// Seconds until all of them would be, rounded up.
    reset: u64,
}

/// One request too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted {
    quota: Quota,
    /// Seconds until the next one, rounded up.
    wait: u64,
}

impl Rate {
    pub(crate) fn new(per_minute: NonZeroU32) -> Self {
        Self(per_minute)
    }

    /// How long one request takes to refill.
    fn interval(self) -> Nanos {
        60 * SECOND / u64::from(self.0.get())
    }

    /// The moment at which the bucket is full again, after one request more.
    pub(crate) fn next(self, full_at: Nanos, now: Nanos) -> Result<(Nanos, Quota), Exhausted> {
        let interval = self.interval();
        let minute = interval * u64::from(self.0.get());
        let moved = full_at.max(now) + interval;
        let ahead = moved - now;
        if ahead > minute {
            let reset = (ahead - interval).div_ceil(SECOND);
            let quota = Quota { limit: self.0.get(), remaining: 0, reset };
            return Err(Exhausted { quota, wait: (ahead - minute).div_ceil(SECOND).max(1) });
        }
        // No more than the limit, so it fits.
        let remaining = u32::try_from((minute - ahead) / interval).unwrap_or(u32::MAX);
        Ok((moved, Quota { limit: self.0.get(), remaining, reset: ahead.div_ceil(SECOND) }))
    }
}

/// The bucket of one caller.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: Rate,
    full_at: AtomicU64,
}

impl Bucket {
    /// A full one.
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, full_at: AtomicU64::new(0) }
    }

    pub(crate) fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes one request out.
    pub(crate) fn take(&self, now: Nanos) -> Result<Quota, Exhausted> {
        let mut full_at = self.full_at.load(Ordering::Relaxed);
        loop {
            let (moved, quota) = self.rate.next(full_at, now)?;
            let changed = self.full_at.compare_exchange_weak(
                full_at,
                moved,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match changed {
                Ok(_) => return Ok(quota),
                Err(other) => full_at = other,
            }
        }
    }
}

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

impl Quota {
    /// Puts it on an answer.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset));
    }
}

impl Exhausted {
    /// The refusal of a request, with what is counted: requests, or wrong keys.
    pub(crate) fn refuse(self, counted: &str) -> Problem {
        let Self { quota: Quota { limit, remaining, reset }, wait } = self;
        let detail = format!("more than {limit} {counted} in a minute: wait {wait} s");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
            .with_header(header::RETRY_AFTER, wait)
            .with_header(LIMIT, limit)
            .with_header(REMAINING, remaining)
            .with_header(RESET, reset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(per_minute: u32) -> Bucket {
        Bucket::new(Rate::new(NonZeroU32::new(per_minute).unwrap()))
    }

    #[test]
    fn a_minute_has_its_requests_and_refills_evenly() {
        let bucket = bucket(60);
        for left in (0..60).rev() {
            assert_eq!(bucket.take(5 * SECOND).unwrap().remaining, left);
        }
        let refused = bucket.take(5 * SECOND).unwrap_err();
        assert_eq!(
            refused,
            Exhausted { quota: Quota { limit: 60, remaining: 0, reset: 60 }, wait: 1 }
        );
        assert!(bucket.take(6 * SECOND).is_ok());
        assert!(bucket.take(6 * SECOND).is_err());
        assert_eq!(bucket.take(600 * SECOND).unwrap().remaining, 59);
    }

    #[test]
    fn rates_that_do_not_divide_a_minute_and_very_high_ones_are_exact() {
        for per_minute in [1, 7, 1_000_003] {
            let bucket = bucket(per_minute);
            for _ in 0..per_minute {
                assert!(bucket.take(0).is_ok(), "{per_minute}");
            }
            assert!(bucket.take(0).is_err(), "{per_minute}");
        }
        assert!(bucket(u32::MAX).take(u64::MAX / 2).is_ok());
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let bucket = bucket(1);
        assert!(bucket.take(100 * SECOND).is_ok());
        assert!(bucket.take(50 * SECOND).is_err());
    }

    #[test]
    fn threads_together_get_what_one_would() {
        let bucket = bucket(10_000);
        let answered: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..5_000).filter(|_| bucket.take(1).is_ok()).count()))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(answered, 10_000);
    }

    #[test]
    fn a_refusal_says_when_to_come_back() {
        let bucket = bucket(2);
        let _ = (bucket.take(0), bucket.take(0));
        let problem = bucket.take(SECOND).unwrap_err().refuse("requests");
        assert_eq!(problem.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(problem.detail(), "more than 2 requests in a minute: wait 29 s");
        let response = problem.render(crate::problem::Dialect::Guide);
        let header = |name: HeaderName| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header(header::RETRY_AFTER), "29");
        assert_eq!(
            (header(LIMIT), header(REMAINING), header(RESET)),
            ("2".into(), "0".into(), "59".into())
        );
    }
}
