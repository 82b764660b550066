//! What training saw of a model's fields and scores.

use gauntlet_core::Field;
use serde_json::Value;

use crate::eyes::drift::sketch::{Sketch, SketchError};

/// The distributions of a bundle's `reference.json`, as far as it has some.
#[derive(Debug)]
pub(crate) struct Typical {
    /// One per field of the signature.
    pub(super) fields: Vec<Option<Sketch>>,
    /// Scores of rows that the model was not fitted on.
    pub(crate) scores: Option<Sketch>,
}

impl Typical {
    /// Reads the distributions of these fields, and of the score.
    ///
    /// # Errors
    /// One that is there and cannot be read.
    pub(crate) fn read(fields: &[Field], reference: &Value) -> Result<Self, SketchError> {
        let raw = reference.get("raw");
        let read = |field: &Field| {
            let written = raw.and_then(|raw| raw.get(&field.name));
            written.map(|written| Sketch::read(&field.name, written)).transpose()
        };
        let fields = fields.iter().map(read).collect::<Result<_, _>>()?;
        let scores = reference.get("score");
        let scores = scores.map(|written| Sketch::read("score", written)).transpose()?;
        Ok(Self { fields, scores })
    }
}
