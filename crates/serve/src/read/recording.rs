//! A recording that was sent instead of features: the server makes them as the trainer did.

use std::borrow::Cow;
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gauntlet_core::Field;
use gauntlet_features::{Recording, Signal};

use super::given::Given;
use super::table::Table;
use crate::problem::Problem;

/// A recording, decoded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sent {
    Samples(Vec<f64>),
    Wav(Vec<u8>),
}

impl Sent {
    /// The bytes of a WAV file in base64.
    ///
    /// # Errors
    /// What is no base64.
    pub(crate) fn wav(text: &str) -> Result<Self, Problem> {
        let bytes = STANDARD.decode(text).map_err(|error| {
            Problem::unprocessable(format!("`wav` must be a WAV file in base64: {error}"))
        })?;
        Ok(Self::Wav(bytes))
    }
}

/// Rows of what is computed from the recording, beside what was given of the fields.
///
/// # Errors
/// A model that takes features only, a recording without features, or a value that was given although the
/// recording has it.
pub(super) fn table<'a>(
    sent: &Sent,
    given: Vec<(Cow<'a, str>, Given<'a>)>,
    signal: Option<&Signal>,
    fields: &[Field],
) -> Result<Table<'a>, Problem> {
    let Some(signal) = signal else {
        return Err(Problem::unprocessable("this model takes `features` only, no recording"));
    };
    let recording = match sent {
        Sent::Samples(samples) => Recording::Samples(samples),
        Sent::Wav(bytes) => Recording::Wav(bytes),
    };
    let computed = || anyhow::Ok((signal.names()?, signal.rows(recording)?));
    // As for many rows: other requests are not held up meanwhile.
    let (names, values) = tokio::task::block_in_place(computed)
        .map_err(|error| Problem::unprocessable(error.to_string()))?;
    let known: BTreeSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let kept: Vec<usize> =
        (0..names.len()).filter(|i| known.contains(names[*i].as_str())).collect();
    if let Some((name, _)) = given.iter().find(|(name, _)| kept.iter().any(|i| names[*i] == *name))
    {
        let detail =
            format!("feature `{name}` was given, and the recording has it: send one of them");
        return Err(Problem::unprocessable(detail));
    }
    let of_row = |row: &[f64]| {
        let heard: Vec<Given<'a>> = kept.iter().map(|i| Given::Number(row[*i])).collect();
        heard.into_iter().chain(given.iter().map(|(_, value)| value.clone()))
    };
    let cells = values.chunks_exact(names.len()).flat_map(of_row).collect();
    let kept = kept.iter().map(|i| Cow::Owned(names[*i].clone()));
    let names: Vec<Cow<'a, str>> = kept.chain(given.iter().map(|(name, _)| name.clone())).collect();
    Ok(Table { names, cells, numbered: false })
}
