//! Requests by method, route and status, and their times.
//!
//! Routes are known when the server starts, so every counter exists from then on: nothing that a client writes
//! can make a new one, and counting takes no lock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::exposition::Exposition;
use super::histogram::Histogram;

/// Stands for whatever is not in a list.
const OTHER: &str = "other";

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"];

const STATUSES: [u16; 24] = [
    200, 202, 204, 206, 302, 303, 304, 400, 401, 403, 404, 405, 406, 408, 409, 413, 415, 422, 429,
    431, 500, 501, 503, 504,
];

/// All routes.
#[derive(Debug)]
pub(crate) struct Routes {
    known: BTreeMap<&'static str, Route>,
    unknown: Route,
}

#[derive(Debug, Default)]
struct Route {
    counts: [[AtomicU64; STATUSES.len() + 1]; METHODS.len() + 1],
    took: Histogram,
}

impl Routes {
    /// Counters for these patterns, and one for everything else.
    pub(crate) fn new(patterns: &[&'static str]) -> Self {
        let known = patterns.iter().map(|pattern| (*pattern, Route::default())).collect();
        Self { known, unknown: Route::default() }
    }

    /// Counts an answer. `None` is a path that no route takes.
    pub(crate) fn note(&self, method: &str, route: Option<&str>, status: u16, took: Duration) {
        let route = route.and_then(|route| self.known.get(route)).unwrap_or(&self.unknown);
        let method = METHODS.iter().position(|m| *m == method).unwrap_or(METHODS.len());
        let status = STATUSES.binary_search(&status).unwrap_or(STATUSES.len());
        route.counts[method][status].fetch_add(1, Ordering::Relaxed);
        route.took.note(took);
    }

    /// Appends the samples of every route that was asked.
    pub(crate) fn render(&self, text: &mut Exposition) {
        let routes = || {
            let known = self.known.iter().map(|(pattern, route)| (*pattern, route));
            known.chain(std::iter::once((OTHER, &self.unknown)))
        };
        let name = "gauntlet_serve_requests_total";
        text.family(name, "counter", "Requests answered.");
        for (pattern, route) in routes() {
            for (method, counts) in route.counts.iter().enumerate() {
                for (status, count) in counts.iter().enumerate() {
                    let count = count.load(Ordering::Relaxed);
                    if count > 0 {
                        let method = METHODS.get(method).copied().unwrap_or(OTHER);
                        let status =
                            STATUSES.get(status).map_or_else(|| OTHER.to_owned(), u16::to_string);
                        let labels = [("method", method), ("route", pattern), ("status", &*status)];
                        text.sample(name, &labels, count);
                    }
                }
            }
        }
        let name = "gauntlet_serve_request_duration_seconds";
        text.family(name, "histogram", "Time from a request's head to its answer's.");
        for (pattern, route) in routes() {
            if route.took.counts().any(|count| count > 0) {
                text.histogram(name, &[("route", pattern)], &route.took);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_client_writes_makes_no_new_label() {
        assert!(STATUSES.is_sorted());
        let routes = Routes::new(&["/health"]);
        routes.note("GET", Some("/health"), 200, Duration::from_micros(30));
        routes.note("BREW", Some("/teapot\"} 1"), 418, Duration::from_secs(60));
        routes.note("POST", None, 404, Duration::ZERO);
        let mut text = Exposition::default();
        routes.render(&mut text);
        let text = text.finish();
        for line in [
            "gauntlet_serve_requests_total{method=\"GET\",route=\"/health\",status=\"200\"} 1",
            "gauntlet_serve_requests_total{method=\"other\",route=\"other\",status=\"other\"} 1",
            "gauntlet_serve_requests_total{method=\"POST\",route=\"other\",status=\"404\"} 1",
            "gauntlet_serve_request_duration_seconds_bucket{route=\"/health\",le=\"0.00002\"} 0",
            "gauntlet_serve_request_duration_seconds_bucket{route=\"/health\",le=\"0.00005\"} 1",
            "gauntlet_serve_request_duration_seconds_bucket{route=\"other\",le=\"10\"} 1",
            "gauntlet_serve_request_duration_seconds_bucket{route=\"other\",le=\"+Inf\"} 2",
            "gauntlet_serve_request_duration_seconds_count{route=\"other\"} 2",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
        assert!(!text.contains("teapot"));
    }
}
