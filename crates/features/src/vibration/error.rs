//! What can be wrong with a signal, or with what is said about it.

use super::Fault;

/// Why a snapshot has no features.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// Fewer samples than statistics and spectra need.
    #[error("{samples} samples are too few: at least {least} are needed")]
    TooShort {
        /// Samples per snapshot.
        samples: usize,
        /// The least number that is accepted.
        least: usize,
    },
    /// A rate of the setup that is not a positive number.
    #[error("`{what}` is {value}, which is no positive number")]
    Rate {
        /// The setup's key.
        what: &'static str,
        /// Its value, in hertz.
        value: f64,
    },
    /// A geometry that no bearing has.
    #[error("`{what}` is {value}: {rule}")]
    Geometry {
        /// The geometry's key.
        what: &'static str,
        /// Its value.
        value: f64,
        /// What a bearing keeps to.
        rule: &'static str,
    },
    /// A fault frequency that no envelope at this sampling rate can show.
    #[error(
        "a fault of the {fault} shows at {hz:.1} Hz, and envelopes at this rate end at {limit_hz:.1} Hz"
    )]
    Beyond {
        /// The element.
        fault: Fault,
        /// The frequency of its fault.
        hz: f64,
        /// The highest frequency of the envelope.
        limit_hz: f64,
    },
    /// A snapshot of another length than the extractor was made for.
    #[error("{found} samples where {expected} were expected")]
    Length {
        /// Samples per snapshot.
        expected: usize,
        /// Samples given.
        found: usize,
    },
    /// An output of another length than the feature vector.
    #[error("room for {found} features where there are {expected}")]
    Output {
        /// Features of the extractor.
        expected: usize,
        /// Length of the output.
        found: usize,
    },
    /// A sample that is not a number.
    #[error("sample {index} is {value}")]
    NotFinite {
        /// Position from 0.
        index: usize,
        /// What stands there.
        value: f64,
    },
    /// All samples are equal, as from a sensor that is unplugged or stuck.
    #[error("all samples are {value}: the signal is constant")]
    Constant {
        /// The value of every sample.
        value: f64,
    },
    /// Samples so large or so close to each other that double precision cannot hold a feature.
    #[error("feature `{feature}` is {value}: the samples are beyond what double precision holds")]
    Unbounded {
        /// The feature's name.
        feature: String,
        /// What came out.
        value: f64,
    },
}
