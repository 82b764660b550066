//! Everything that is counted, as Prometheus reads it.
//!
//! Locks are taken when a model is loaded and when somebody reads, never by a prediction. Names of models, versions,
//! aliases and columns come from the registry and the bundles; nothing that a client writes is a label.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::drift_metrics;
use super::exposition::Exposition;
use super::kinds::{ErrorCounts, ErrorKind};
use super::model_metrics::{ModelMetrics, PlaceMetrics, ShadowMetrics};
use super::payload::PayloadCounts;
use super::process;
use super::route_metrics::Routes;

/// Versions of a model whose counts are kept; of those that are served no more, the ones that came first go.
const VERSIONS: usize = 8;

/// A model's name and a version or alias of it.
pub(super) type Key = (String, String);

/// All counts of the server.
#[derive(Debug)]
pub(crate) struct Metrics {
    started: Instant,
    routes: Routes,
    in_flight: AtomicI64,
    pub(crate) errors: ErrorCounts,
    versions: Mutex<Vec<(Key, Arc<ModelMetrics>)>>,
    places: Mutex<BTreeMap<Key, Arc<PlaceMetrics>>>,
    shadows: Mutex<Vec<(Key, Arc<ShadowMetrics>)>>,
    shares: Mutex<BTreeMap<Key, f64>>,
    payload: OnceLock<Arc<PayloadCounts>>,
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Metrics>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Counts for a server with these route patterns.
    pub(crate) fn new(patterns: &[&'static str], now: Instant) -> Self {
        Self {
            started: now,
            routes: Routes::new(patterns),
            in_flight: AtomicI64::new(0),
            errors: ErrorCounts::default(),
            versions: Mutex::default(),
            places: Mutex::default(),
            shadows: Mutex::default(),
            shares: Mutex::default(),
            payload: OnceLock::new(),
        }
    }

    /// Counts a request until the guard is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self.clone())
    }

    /// Requests that are being answered.
    pub(crate) fn in_flight(&self) -> i64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Notes an answer. `route` is the pattern that took the path, if one did.
    pub(crate) fn note(&self, method: &str, route: Option<&str>, status: u16, took: Duration) {
        self.routes.note(method, route, status, took);
    }

    /// Notes a refused or failed request.
    pub(crate) fn error(&self, kind: ErrorKind) {
        self.errors.note(kind);
    }

    /// The counts of a model version, for the served model to hold.
    pub(crate) fn model(&self, model: &str, version: &str) -> Arc<ModelMetrics> {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        bounded(&mut versions, model, version)
    }

    /// The counts of a model at an alias.
    pub(crate) fn place(&self, model: &str, alias: &str) -> Arc<PlaceMetrics> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.entry((model.to_owned(), alias.to_owned())).or_default().clone()
    }

    /// The counts of a challenger version beside the model's champion.
    pub(crate) fn shadow(&self, model: &str, challenger: &str) -> Arc<ShadowMetrics> {
        let mut shadows = self.shadows.lock().unwrap_or_else(PoisonError::into_inner);
        bounded(&mut shadows, model, challenger)
    }

    /// Notes which share of a model's requests each version is meant to answer.
    pub(crate) fn shares(&self, model: &str, shares: &[(String, f64)]) {
        let mut all = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(name, _), _| name != model);
        all.extend(shares.iter().map(|(version, s)| ((model.to_owned(), version.clone()), *s)));
    }

    /// Shows the counts of the payload log, too.
    pub(crate) fn watch_payload(&self, counts: Arc<PayloadCounts>) {
        // There is one log, and the first stays.
        let _ = self.payload.set(counts);
    }

    /// All of it as text.
    pub(crate) fn render(&self, now: Instant) -> String {
        let mut text = Exposition::default();
        let name = "gauntlet_serve_build_info";
        text.family(name, "gauge", "The release that runs.");
        text.sample(name, &[("version", env!("CARGO_PKG_VERSION"))], 1);
        process::render(&mut text, self.started, now);
        let help = "Requests that are being answered.";
        text.single("gauntlet_serve_requests_in_flight", "gauge", help, self.in_flight());
        self.routes.render(&mut text);
        let name = "gauntlet_serve_errors_total";
        text.family(name, "counter", "Requests refused or failed, by kind.");
        for (kind, count) in self.errors.iter() {
            text.sample(name, &[("kind", kind.word())], count);
        }
        self.render_places(&mut text, now);
        self.render_versions(&mut text, now);
        self.render_shadows(&mut text);
        if let Some(counts) = self.payload.get() {
            counts.render(&mut text);
        }
        text.finish()
    }

    fn render_places(&self, text: &mut Exposition, now: Instant) {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let name = "gauntlet_serve_model_info";
        text.family(name, "gauge", "What is served at an alias.");
        for ((model, alias), place) in &places {
            if let Some(serving) = place.serving() {
                let labels = [
                    ("model", &**model),
                    ("alias", alias),
                    ("version", &serving.version),
                    ("digest", &serving.digest),
                    ("origin", &serving.origin),
                ];
                text.sample(name, &labels, 1);
            }
        }
        let name = "gauntlet_serve_alias_swaps_total";
        text.family(name, "counter", "Times that an alias came to serve another bundle.");
        for ((model, alias), place) in &places {
            let labels = [("model", &**model), ("alias", alias)];
            text.sample(name, &labels, place.swaps.load(Ordering::Relaxed));
        }
        let name = "gauntlet_serve_reload_failures_total";
        text.family(name, "counter", "Checks of the source after which nothing new was served.");
        for ((model, alias), place) in &places {
            for (why, count) in place.failures.iter() {
                let labels = [("model", &**model), ("alias", alias), ("reason", why.word())];
                text.sample(name, &labels, count);
            }
        }
        let name = "gauntlet_serve_degraded";
        text.family(
            name,
            "gauge",
            "1 while the last good bundle is served for want of the source.",
        );
        for ((model, alias), place) in &places {
            let labels = [("model", &**model), ("alias", alias)];
            text.sample(name, &labels, u8::from(place.is_degraded()));
        }
        let name = "gauntlet_serve_source_check_age_seconds";
        text.family(name, "gauge", "Time since the source last answered and was served.");
        for ((model, alias), place) in &places {
            if let Some(age) = place.since_check(now) {
                let labels = [("model", &**model), ("alias", alias)];
                text.sample(name, &labels, age.as_secs_f64());
            }
        }
    }

    fn render_versions(&self, text: &mut Exposition, now: Instant) {
        let versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let name = "gauntlet_serve_prediction_duration_seconds";
        text.family(name, "histogram", "Time that a model took for a request's rows.");
        for ((model, version), counts) in &versions {
            text.histogram(name, &[("model", model), ("version", version)], &counts.took);
        }
        let name = "gauntlet_serve_rows_total";
        text.family(name, "counter", "Rows that were predicted.");
        for ((model, version), counts) in &versions {
            let labels = [("model", &**model), ("version", version)];
            text.sample(name, &labels, counts.rows.load(Ordering::Relaxed));
        }
        drift_metrics::render(text, &versions, now);
    }

    fn render_shadows(&self, text: &mut Exposition) {
        let shadows = self.shadows.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut family = |name: &str, help: &str, value: fn(&ShadowMetrics) -> f64| {
            text.family(name, "counter", help);
            for ((model, version), counts) in &shadows {
                let labels = [("model", &**model), ("challenger", version)];
                text.sample(name, &labels, value(counts));
            }
        };
        family(
            "gauntlet_serve_shadow_rows_total",
            "Rows that a challenger answered, too.",
            |shadow| count_of(&shadow.rows),
        );
        family(
            "gauntlet_serve_shadow_disagreements_total",
            "Rows whose label it answered differently.",
            |shadow| count_of(&shadow.disagreements),
        );
        family(
            "gauntlet_serve_shadow_score_difference_sum",
            "Sum of absolute differences of scores.",
            ShadowMetrics::differences,
        );
        family(
            "gauntlet_serve_shadow_dropped_total",
            "Requests that a challenger had no time for.",
            |shadow| count_of(&shadow.dropped),
        );
        let name = "gauntlet_serve_canary_share";
        text.family(
            name,
            "gauge",
            "Share of a model's requests that a version is meant to answer.",
        );
        let shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for ((model, version), share) in &shares {
            text.sample(name, &[("model", model), ("version", version)], share);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "samples are doubles anyway")]
fn count_of(counter: &AtomicU64) -> f64 {
    counter.load(Ordering::Relaxed) as f64
}

/// The entry of a model's version; makes it, and drops the oldest that nobody holds if there are many.
fn bounded<T: Default>(entries: &mut Vec<(Key, Arc<T>)>, model: &str, version: &str) -> Arc<T> {
    if let Some((_, found)) = entries.iter().find(|((m, v), _)| m == model && v == version) {
        return found.clone();
    }
    let of_model = |entry: &(Key, Arc<T>)| entry.0.0 == model;
    if entries.iter().filter(|entry| of_model(entry)).count() >= VERSIONS {
        let idle = |entry: &(Key, Arc<T>)| of_model(entry) && Arc::strong_count(&entry.1) == 1;
        if let Some(oldest) = entries.iter().position(idle) {
            entries.remove(oldest);
        }
    }
    let made = Arc::new(T::default());
    entries.push(((model.to_owned(), version.to_owned()), made.clone()));
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eyes::kinds::ReloadFailure;
    use crate::eyes::model_metrics::Serving;

    fn has(text: &str, line: &str) {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }

    #[test]
    fn what_is_counted_can_be_read() {
        let now = Instant::now();
        let metrics = Arc::new(Metrics::new(&["/health"], now));
        let guard = metrics.enter();
        metrics.note("GET", Some("/health"), 200, Duration::from_micros(40));
        metrics.error(ErrorKind::Signature);
        metrics.model("m", "3").note(5, Duration::from_micros(15));
        let place = metrics.place("m", "champion");
        let serving = Serving { version: "3".into(), digest: "ab".into(), origin: "real".into() };
        place.serve(serving);
        place.checked(now);
        place.failed(ReloadFailure::Unreachable);
        metrics.shadow("m", "4").note(8, 2, 0.5);
        metrics.shares("m", &[("3".into(), 0.9), ("4".into(), 0.1)]);
        let text = metrics.render(now + Duration::from_secs(7));
        let place = "model=\"m\",alias=\"champion\"";
        for line in [
            "gauntlet_serve_requests_in_flight 1",
            "gauntlet_serve_uptime_seconds 7",
            "gauntlet_serve_errors_total{kind=\"signature\"} 1",
            "gauntlet_serve_errors_total{kind=\"rate\"} 0",
            "gauntlet_serve_rows_total{model=\"m\",version=\"3\"} 5",
            "gauntlet_serve_prediction_duration_seconds_bucket{model=\"m\",version=\"3\",le=\"0.00002\"} 1",
            "gauntlet_serve_shadow_rows_total{model=\"m\",challenger=\"4\"} 8",
            "gauntlet_serve_shadow_disagreements_total{model=\"m\",challenger=\"4\"} 2",
            "gauntlet_serve_shadow_score_difference_sum{model=\"m\",challenger=\"4\"} 0.5",
            "gauntlet_serve_canary_share{model=\"m\",version=\"4\"} 0.1",
        ] {
            has(&text, line);
        }
        for (name, rest, value) in [
            ("model_info", ",version=\"3\",digest=\"ab\",origin=\"real\"", 1),
            ("alias_swaps_total", "", 0),
            ("reload_failures_total", ",reason=\"unreachable\"", 1),
            ("degraded", "", 1),
            ("source_check_age_seconds", "", 7),
        ] {
            has(&text, &format!("gauntlet_serve_{name}{{{place}{rest}}} {value}"));
        }
        drop(guard);
        has(&metrics.render(now), "gauntlet_serve_requests_in_flight 0");
    }

    #[test]
    fn a_family_is_described_once_and_its_samples_stand_together() {
        let now = Instant::now();
        let metrics = Metrics::new(&["/a", "/b"], now);
        for route in ["/a", "/b"] {
            metrics.note("GET", Some(route), 200, Duration::ZERO);
        }
        metrics.model("m", "1").note(1, Duration::ZERO);
        metrics.model("n", "1").note(1, Duration::ZERO);
        let text = metrics.render(now);
        let mut seen = Vec::new();
        let mut family = "";
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                family = rest.split(' ').next().unwrap();
                assert!(!seen.contains(&family), "{family} twice");
                seen.push(family);
            } else if !line.starts_with('#') {
                let name = line.split(['{', ' ']).next().unwrap();
                let suffix = name.strip_prefix(family);
                assert!(matches!(suffix, Some("" | "_bucket" | "_sum" | "_count")), "{line}");
            }
        }
    }

    #[test]
    fn counts_go_on_when_a_version_comes_back_and_old_versions_are_dropped() {
        let metrics = Metrics::new(&[], Instant::now());
        let held = metrics.model("m", "0");
        held.note(1, Duration::ZERO);
        for version in 1..30 {
            metrics.model("m", &version.to_string()).note(1, Duration::ZERO);
        }
        metrics.model("m", "0").note(1, Duration::ZERO);
        let text = metrics.render(Instant::now());
        has(&text, "gauntlet_serve_rows_total{model=\"m\",version=\"0\"} 2");
        assert_eq!(text.matches("gauntlet_serve_rows_total{").count(), VERSIONS);
    }
}
