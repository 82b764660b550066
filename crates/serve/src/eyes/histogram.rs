//! Times in buckets, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bound of a bucket, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound(u64);

impl Bound {
    /// The bound in seconds, as the exposition names it.
    #[expect(clippy::cast_precision_loss, reason = "at most 10^7")]
    pub(crate) fn label(self) -> String {
        (self.0 as f64 / 1e6).to_string()
    }
}

/// From 20 microseconds, of which a small model needs fewer, to 10 seconds, where requests are given up.
pub(crate) const BOUNDS: [Bound; 18] = [
    Bound(20),
    Bound(50),
    Bound(100),
    Bound(200),
    Bound(500),
    Bound(1_000),
    Bound(2_000),
    Bound(5_000),
    Bound(10_000),
    Bound(20_000),
    Bound(50_000),
    Bound(100_000),
    Bound(200_000),
    Bound(500_000),
    Bound(1_000_000),
    Bound(2_000_000),
    Bound(5_000_000),
    Bound(10_000_000),
];

/// Counts per bucket and the sum of all times.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanos: AtomicU64,
}

impl Histogram {
    /// Counts a time.
    pub(crate) fn note(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|bound| bound.0.saturating_mul(1_000) < nanos);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// Counts per bucket, the last one for what is above all bounds.
    pub(crate) fn counts(&self) -> impl Iterator<Item = u64> {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed))
    }

    /// All times together, in seconds.
    #[expect(clippy::cast_precision_loss, reason = "a sum of seconds for people")]
    pub(crate) fn seconds(&self) -> f64 {
        self.nanos.load(Ordering::Relaxed) as f64 / 1e9
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_on_a_bound_belongs_below_it() {
        let histogram = Histogram::default();
        for nanos in [0, 20_000, 20_001, 10_000_000_000, 10_000_000_001] {
            histogram.note(Duration::from_nanos(nanos));
        }
        let counts: Vec<u64> = histogram.counts().collect();
        assert_eq!((counts[0], counts[1], counts[17], counts[18]), (2, 1, 1, 1));
        assert!((histogram.seconds() - 20.000_040_002).abs() < 1e-9);
        assert_eq!((BOUNDS[0].label(), BOUNDS[17].label()), ("0.00002".into(), "10".into()));
    }
}
