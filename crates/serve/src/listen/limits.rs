//! `[limits]` of the settings: what one client, and all of them together, may take of the server.

use std::num::{NonZeroU16, NonZeroU32, NonZeroU64};
use std::time::Duration;

use serde::Deserialize;

/// What clients may take of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Connections at once; one more is told to come back.
    pub(crate) connections: NonZeroU16,
    /// Connections at once from one address.
    pub(crate) connections_per_peer: NonZeroU16,
    /// Seconds in which the TLS handshake has to be done.
    pub(crate) handshake_seconds: NonZeroU32,
    /// Seconds from the first byte of a request's head to its last, and from a connection to its first head.
    pub(crate) head_seconds: NonZeroU32,
    /// Seconds that a connection may wait between requests, or an answer for its reader.
    pub(crate) idle_seconds: NonZeroU32,
    /// Bytes of a request's line and headers.
    pub(crate) head_bytes: NonZeroU32,
    /// Headers of a request.
    pub(crate) headers: NonZeroU16,
    /// Bytes of a request's body.
    pub(crate) body_bytes: NonZeroU64,
    /// Bytes of the body of a prediction where a model is served that hears files of sound.
    pub(crate) recording_bytes: NonZeroU64,
    /// Seconds in which a body has to be there.
    pub(crate) body_seconds: NonZeroU32,
    /// Bytes per second that a body has to come in with, on average, after its first two seconds.
    pub(crate) body_bytes_per_second: NonZeroU32,
    /// Seconds that requests have to finish once the server is told to stop.
    pub(crate) grace_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: const { NonZeroU16::new(1024).unwrap() },
            connections_per_peer: const { NonZeroU16::new(256).unwrap() },
            handshake_seconds: const { NonZeroU32::new(10).unwrap() },
            head_seconds: const { NonZeroU32::new(10).unwrap() },
            idle_seconds: const { NonZeroU32::new(75).unwrap() },
            head_bytes: const { NonZeroU32::new(32 << 10).unwrap() },
            headers: const { NonZeroU16::new(100).unwrap() },
            body_bytes: const { NonZeroU64::new(1 << 20).unwrap() },
            recording_bytes: const { NonZeroU64::new(1 << 22).unwrap() },
            body_seconds: const { NonZeroU32::new(10).unwrap() },
            body_bytes_per_second: const { NonZeroU32::new(1 << 10).unwrap() },
            grace_seconds: 10,
        }
    }
}

/// Seconds of the settings as a duration.
pub(super) fn seconds(number: NonZeroU32) -> Duration {
    Duration::from_secs(number.get().into())
}

/// What one body may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BodyLimits {
    /// Bytes of it.
    pub(crate) bytes: usize,
    /// The time in which it has to be there.
    pub(crate) time: Duration,
    /// Bytes per second that it has to come in with, on average.
    pub(crate) per_second: NonZeroU32,
}

impl Limits {
    /// What one body may take.
    pub(crate) fn body(&self) -> BodyLimits {
        self.of_bytes(self.body_bytes)
    }

    /// What a body may take that holds a file of sound.
    pub(crate) fn recording(&self) -> BodyLimits {
        self.of_bytes(self.recording_bytes.max(self.body_bytes))
    }

    fn of_bytes(&self, bytes: NonZeroU64) -> BodyLimits {
        BodyLimits {
            bytes: usize::try_from(bytes.get()).unwrap_or(usize::MAX),
            time: seconds(self.body_seconds),
            per_second: self.body_bytes_per_second,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_is_the_default_and_what_is_wrong_is_named() {
        let limits: Limits = toml::from_str("body_bytes = 5\ngrace_seconds = 0").unwrap();
        assert_eq!(limits.body().bytes, 5);
        assert_eq!(
            limits,
            Limits { body_bytes: 5.try_into().unwrap(), grace_seconds: 0, ..Limits::default() }
        );
        for (text, word) in [("\nconnections = 0", "line 2"), ("conections = 1", "conections")] {
            let error = toml::from_str::<Limits>(text).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
