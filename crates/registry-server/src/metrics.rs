//! Counts and times of requests, as Prometheus reads them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the histogram in seconds.
const BOUNDS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// What was answered so far.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<(String, String, u16), u64>>,
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
    in_flight: AtomicI64,
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct InFlight<'a>(&'a Metrics);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Counts a request until the guard is dropped.
    pub(crate) fn enter(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self)
    }

    /// Notes an answer. `endpoint` is a route, never what a client wrote.
    pub(crate) fn note(&self, method: &str, endpoint: &str, status: u16, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        let key = (method.to_owned(), endpoint.to_owned(), status);
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry(key).or_default() += 1;
    }

    /// All of it as text.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        let version = env!("CARGO_PKG_VERSION");
        head(&mut text, "gauntlet_build_info", "gauge", "The release that runs.");
        let _ = writeln!(
            text,
            "gauntlet_build_info{{version=\"{version}\",protocol=\"{}\"}} 1",
            crate::routes::PROTOCOL
        );
        head(
            &mut text,
            "gauntlet_requests_in_flight",
            "gauge",
            "Requests that are being answered.",
        );
        let _ = writeln!(
            text,
            "gauntlet_requests_in_flight {}",
            self.in_flight.load(Ordering::Relaxed)
        );
        head(&mut text, "gauntlet_requests_total", "counter", "Requests answered.");
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for ((method, endpoint, status), count) in requests {
            let _ = writeln!(
                text,
                "gauntlet_requests_total{{method=\"{method}\",endpoint=\"{endpoint}\",status=\"{status}\"}} {count}"
            );
        }
        let name = "gauntlet_request_duration_seconds";
        head(&mut text, name, "histogram", "Time from a request's head to its answer's.");
        let mut sum = 0;
        for (index, bucket) in self.buckets.iter().enumerate() {
            sum += bucket.load(Ordering::Relaxed);
            let bound = BOUNDS.get(index).map_or_else(|| "+Inf".to_owned(), f64::to_string);
            let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {sum}");
        }
        #[expect(clippy::cast_precision_loss, reason = "a sum of seconds for people")]
        let seconds = self.micros.load(Ordering::Relaxed) as f64 / 1e6;
        let _ = writeln!(text, "{name}_sum {seconds}\n{name}_count {sum}");
        text
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_endpoint_and_status_and_timed() {
        let metrics = Metrics::default();
        let first = metrics.enter();
        metrics.note("GET", "/health", 200, Duration::from_millis(2));
        metrics.note("GET", "/health", 200, Duration::from_secs(60));
        metrics.note("POST", "/x", 404, Duration::ZERO);
        let text = metrics.render();
        for line in [
            "gauntlet_requests_total{method=\"GET\",endpoint=\"/health\",status=\"200\"} 2",
            "gauntlet_requests_total{method=\"POST\",endpoint=\"/x\",status=\"404\"} 1",
            "gauntlet_request_duration_seconds_bucket{le=\"0.0005\"} 1",
            "gauntlet_request_duration_seconds_bucket{le=\"0.0025\"} 2",
            "gauntlet_request_duration_seconds_bucket{le=\"+Inf\"} 3",
            "gauntlet_request_duration_seconds_count 3",
            "gauntlet_requests_in_flight 1",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
        drop(first);
        assert!(metrics.render().contains("gauntlet_requests_in_flight 0"));
    }
}
