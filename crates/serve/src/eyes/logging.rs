//! The server's log, on standard error.

use std::time::Duration;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

/// How lines of the log look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Starts the log; `RUST_LOG` says what it shows, `info` without it.
pub(crate) fn init_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).init(),
    }
}

/// A request that was answered, as the log tells it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RequestLine<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) method: &'a str,
    /// The pattern that took the path.
    pub(crate) route: &'a str,
    pub(crate) status: u16,
    pub(crate) took: Duration,
    /// The model and version that answered, if one did.
    pub(crate) model: Option<(&'a str, &'a str)>,
    /// Rows that were predicted.
    pub(crate) rows: Option<usize>,
}

impl RequestLine<'_> {
    /// Writes the line, at level debug.
    pub(crate) fn write(&self) {
        let Self { request_id, method, route, status, took, model, rows } = *self;
        let duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(
            request.id = request_id,
            http.method = method,
            http.route = route,
            http.status = status,
            duration_us,
            model.name = model.map(|(name, _)| name),
            model.version = model.map(|(_, version)| version),
            rows,
            "{method} {route} was answered with {status} in {duration_us} us"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use serde_json::Value;

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_request_is_one_json_object_with_dotted_fields() {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_writer(move || writer.clone())
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            RequestLine {
                request_id: "r1",
                method: "POST",
                route: "/invocations",
                status: 200,
                took: Duration::from_micros(90),
                model: Some(("m", "3")),
                rows: Some(2),
            }
            .write();
            RequestLine { route: "/ping", ..RequestLine::default() }.write();
        });
        let bytes = kept.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["message"], "POST /invocations was answered with 200 in 90 us");
        assert_eq!((&lines[0]["model.name"], &lines[0]["rows"]), (&"m".into(), &2.into()));
        assert_eq!((&lines[0]["duration_us"], &lines[0]["http.status"]), (&90.into(), &200.into()));
        assert!(lines[1].get("model.name").is_none());
    }
}
