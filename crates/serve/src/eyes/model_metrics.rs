//! What a served model counts of itself: a version its rows and times, a place its swaps and troubles.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::drift::monitor::Monitor;
use super::histogram::Histogram;
use super::kinds::{ReloadFailure, ReloadFailures};

/// Counts of one model version. A served model holds it; counting takes no lock.
#[derive(Debug, Default)]
pub(crate) struct ModelMetrics {
    pub(super) took: Histogram,
    pub(super) rows: AtomicU64,
    monitor: OnceLock<Arc<Monitor>>,
}

impl ModelMetrics {
    /// Counts a prediction of so many rows.
    pub(crate) fn note(&self, rows: usize, took: Duration) {
        self.took.note(took);
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// The version's drift monitor, made by `make` the first time; a version that is swapped in again goes on
    /// with the window it had.
    pub(crate) fn monitor_or(&self, make: impl FnOnce() -> Monitor) -> Arc<Monitor> {
        self.monitor.get_or_init(|| Arc::new(make())).clone()
    }

    /// The version's drift monitor, if there is one.
    pub(crate) fn monitor(&self) -> Option<&Arc<Monitor>> {
        self.monitor.get()
    }
}

/// What stands at an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Serving {
    pub(crate) version: String,
    pub(crate) digest: String,
    /// `real` or `simulated`.
    pub(crate) origin: String,
}

/// Counts of one place that is watched: a model at an alias, or a pinned version.
#[derive(Debug, Default)]
pub(crate) struct PlaceMetrics {
    serving: Mutex<Option<Serving>>,
    pub(super) swaps: AtomicU64,
    pub(super) failures: ReloadFailures,
    degraded: AtomicBool,
    checked: Mutex<Option<Instant>>,
}

impl PlaceMetrics {
    /// Notes what is served now. Another version or digest than before is a swap.
    pub(crate) fn serve(&self, now: Serving) {
        let mut serving = self.serving.lock().unwrap_or_else(PoisonError::into_inner);
        if serving.as_ref().is_some_and(|before| *before != now) {
            self.swaps.fetch_add(1, Ordering::Relaxed);
        }
        *serving = Some(now);
    }

    /// What is served.
    pub(crate) fn serving(&self) -> Option<Serving> {
        self.serving.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that the source answered and what it names is served.
    pub(crate) fn checked(&self, now: Instant) {
        *self.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        self.degraded.store(false, Ordering::Relaxed);
    }

    /// Notes that it did not, or that what it names cannot be served: the last good version goes on.
    pub(crate) fn failed(&self, why: ReloadFailure) {
        self.failures.note(why);
        self.degraded.store(true, Ordering::Relaxed);
    }

    /// Whether the last good version is served for want of a newer answer.
    pub(crate) fn is_degraded(&self) -> bool {
        self.degraded.load(Ordering::Relaxed)
    }

    /// Time since the source last answered.
    pub(crate) fn since_check(&self, now: Instant) -> Option<Duration> {
        let checked = *self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        checked.map(|at| now.saturating_duration_since(at))
    }
}

/// How a challenger in the champion's shadow agrees with it.
#[derive(Debug, Default)]
pub(crate) struct ShadowMetrics {
    pub(super) rows: AtomicU64,
    pub(super) disagreements: AtomicU64,
    /// The bits of an `f64`.
    differences: AtomicU64,
    pub(super) dropped: AtomicU64,
}

impl ShadowMetrics {
    /// Notes compared rows: how many, how many labels differ, and the sum of absolute score differences.
    pub(crate) fn note(&self, rows: usize, disagreements: usize, differences: f64) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        self.disagreements.fetch_add(disagreements as u64, Ordering::Relaxed);
        let add = |bits| Some((f64::from_bits(bits) + differences).to_bits());
        // The closure never declines.
        let _ = self.differences.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Notes a request that the shadow had no time for.
    pub(crate) fn drop_one(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// The sum of absolute score differences.
    pub(crate) fn differences(&self) -> f64 {
        f64::from_bits(self.differences.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_version_or_digest_is_a_swap() {
        let place = PlaceMetrics::default();
        let first = Serving { version: "1".into(), digest: "a".into(), origin: "real".into() };
        place.serve(first.clone());
        place.serve(first.clone());
        assert_eq!(place.swaps.load(Ordering::Relaxed), 0);
        place.serve(Serving { version: "2".into(), ..first });
        assert_eq!(place.swaps.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_failed_check_degrades_until_one_succeeds() {
        let place = PlaceMetrics::default();
        let now = Instant::now();
        assert_eq!(place.since_check(now), None);
        place.failed(ReloadFailure::Digest);
        assert!(place.is_degraded());
        place.checked(now);
        assert!(!place.is_degraded());
        assert_eq!(place.since_check(now + Duration::from_secs(3)), Some(Duration::from_secs(3)));
    }

    #[test]
    fn score_differences_of_a_shadow_add_up() {
        let shadow = ShadowMetrics::default();
        shadow.note(10, 1, 0.25);
        shadow.note(10, 0, 0.5);
        assert_eq!(shadow.differences(), 0.75);
        assert_eq!(shadow.rows.load(Ordering::Relaxed), 20);
    }
}
