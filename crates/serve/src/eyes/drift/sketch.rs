//! The training distribution of one column, as a bundle's `reference.json` tells it.

use serde::Deserialize;
use serde_json::Value;

/// A value of the reference and what is known of its distribution function there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Knot {
    /// The value, or the place of a text in the sorted list of texts.
    pub(crate) value: f32,
    /// The share of rows below the value is at most this.
    pub(crate) below: f64,
    /// The share of rows up to the value is at least this.
    pub(crate) upto: f64,
}

/// The distribution of one column over training rows.
///
/// Values are kept in single precision, as those of the window are: rounding keeps their order, so rows
/// and reference are compared alike. A missing value counts as one below all others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sketch {
    rows: u64,
    missing: f64,
    knots: Vec<Knot>,
    complete: bool,
    texts: Option<Vec<String>>,
}

/// Why a reference is no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SketchError {
    /// Not of the shape that training writes.
    #[error("the reference of column `{column}` cannot be read: {reason}")]
    Shape { column: String, reason: String },
    /// Training saw no value.
    #[error("the reference of column `{column}` holds no row")]
    Empty { column: String },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Written {
    Number {
        rows: u64,
        missing: u64,
        quantiles: Vec<f64>,
        /// Every value and how often it was seen, where there are few.
        #[serde(default)]
        values: Vec<(f64, u64)>,
    },
    Text {
        counts: std::collections::BTreeMap<String, u64>,
    },
}

impl Sketch {
    /// The sketch of `column` as it stands in a reference.
    ///
    /// # Errors
    /// Another shape, or no row.
    pub(crate) fn read(column: &str, written: &Value) -> Result<Self, SketchError> {
        let shape = |reason: String| SketchError::Shape { column: column.to_owned(), reason };
        let written = Written::deserialize(written).map_err(|error| shape(error.to_string()))?;
        let sketch = match written {
            Written::Text { counts } => {
                let (texts, counts): (Vec<String>, Vec<u64>) = counts.into_iter().unzip();
                #[expect(clippy::cast_precision_loss, reason = "texts are few")]
                let places = counts.iter().enumerate().map(|(i, count)| (i as f64, *count));
                Self::of_counts(places, 0).map(|sketch| Self { texts: Some(texts), ..sketch })
            }
            Written::Number { missing, quantiles, rows, values } => {
                let sorted = quantiles.is_sorted() && values.is_sorted_by(|a, b| a.0 < b.0);
                if !sorted || missing > rows {
                    return Err(shape("its numbers are not in order".to_owned()));
                }
                if values.is_empty() {
                    Self::of_quantiles(&quantiles, rows, missing)
                } else {
                    Self::of_counts(values, missing)
                }
            }
        };
        sketch.ok_or_else(|| SketchError::Empty { column: column.to_owned() })
    }

    /// From evenly spaced quantiles, the smallest and the largest value included, of the rows that are not
    /// missing. `None` without rows.
    pub(crate) fn of_quantiles(quantiles: &[f64], rows: u64, missing: u64) -> Option<Self> {
        if rows == 0 || (quantiles.len() < 2 && missing < rows) {
            return None;
        }
        let share = share(missing, rows);
        let mut knots: Vec<Knot> = Vec::with_capacity(quantiles.len());
        for (step, value) in quantiles.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "quantiles are few")]
            let level = step as f64 / (quantiles.len() - 1) as f64;
            push(&mut knots, *value, share + (1.0 - share) * level, share + (1.0 - share) * level);
        }
        Some(Self { rows, missing: share, knots, complete: false, texts: None })
    }

    /// From every value, ascending, and its count. `None` without rows.
    pub(crate) fn of_counts(
        values: impl IntoIterator<Item = (f64, u64)>,
        missing: u64,
    ) -> Option<Self> {
        let values: Vec<(f64, u64)> = values.into_iter().collect();
        let rows = values.iter().map(|(_, count)| count).sum::<u64>() + missing;
        if rows == 0 {
            return None;
        }
        let mut seen = missing;
        let mut knots: Vec<Knot> = Vec::with_capacity(values.len());
        for (value, count) in values {
            let below = share(seen, rows);
            seen += count;
            push(&mut knots, value, below, share(seen, rows));
        }
        Some(Self { rows, missing: share(missing, rows), knots, complete: true, texts: None })
    }

    /// Training rows.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The share of them without a value.
    pub(crate) fn missing(&self) -> f64 {
        self.missing
    }

    /// What is known, in ascending order of values.
    pub(crate) fn knots(&self) -> &[Knot] {
        &self.knots
    }

    /// Whether every value that training saw is a knot.
    pub(crate) fn lists_values(&self) -> bool {
        self.complete
    }

    /// Whether training saw one value only, and none missing.
    pub(crate) fn is_constant(&self) -> bool {
        self.knots.len() == 1 && self.missing == 0.0
    }

    /// How a number stands in the window.
    #[expect(clippy::cast_possible_truncation, reason = "rounding keeps the order of values")]
    pub(crate) fn number(value: f64) -> f32 {
        value as f32
    }

    /// How a text stands in the window: its place in the sorted list, behind all others if training never saw
    /// it, and missing if it is empty and training saw no empty one.
    #[expect(clippy::cast_precision_loss, reason = "texts are few")]
    pub(crate) fn text(&self, text: &str) -> f32 {
        let Some(texts) = &self.texts else { return f32::NAN };
        match texts.binary_search_by(|known| known.as_str().cmp(text)) {
            Ok(place) => place as f32,
            Err(_) if text.is_empty() => f32::NAN,
            Err(_) => texts.len() as f32,
        }
    }

    /// The middle of the ranks that a value has in the reference: 0 to 1.
    ///
    /// Only used to put dependence on a bounded scale, so lines between knots are good enough.
    pub(crate) fn rank(&self, value: f32) -> f64 {
        if value.is_nan() {
            return self.missing / 2.0;
        }
        let after = self.knots.partition_point(|knot| knot.value < value);
        match (after.checked_sub(1).map(|i| self.knots[i]), self.knots.get(after)) {
            (_, Some(knot)) if knot.value == value => f64::midpoint(knot.below, knot.upto),
            (Some(a), Some(b)) => {
                let part = f64::from(value - a.value) / f64::from(b.value - a.value);
                // Values beyond single precision have no distance.
                a.upto + (b.below - a.upto) * if part.is_nan() { 0.5 } else { part }
            }
            (None, _) => self.missing,
            (_, None) => 1.0,
        }
    }
}

/// Adds a knot; one of the same value is widened instead.
fn push(knots: &mut Vec<Knot>, value: f64, below: f64, upto: f64) {
    let value = Sketch::number(value);
    match knots.last_mut() {
        Some(last) if last.value == value => last.upto = upto,
        _ => knots.push(Knot { value, below, upto }),
    }
}

#[expect(clippy::cast_precision_loss, reason = "rows are fewer than 2^53")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_quantiles_are_one_knot_as_wide_as_they_are_many() {
        let sketch = Sketch::of_quantiles(&[0.0, 0.0, 0.0, 1.0, 2.0], 100, 0).unwrap();
        assert_eq!(sketch.knots()[0], Knot { value: 0.0, below: 0.0, upto: 0.5 });
        assert_eq!(sketch.knots()[1], Knot { value: 1.0, below: 0.75, upto: 0.75 });
        assert_eq!(sketch.rank(0.0), 0.25);
        assert_eq!(sketch.rank(0.5), 0.625);
        assert_eq!(sketch.rank(-1.0), 0.0);
        assert_eq!(sketch.rank(9.0), 1.0);
    }

    #[test]
    fn listed_values_and_texts_are_known_exactly() {
        let written = json!({ "rows": 10, "missing": 2, "quantiles": [0.0, 1.0],
            "values": [[0.0, 6], [1.0, 2]] });
        let sketch = Sketch::read("x", &written).unwrap();
        assert_eq!(sketch.rows(), 10);
        assert_eq!(sketch.knots()[0], Knot { value: 0.0, below: 0.2, upto: 0.8 });
        assert_eq!(sketch.rank(f32::NAN), 0.1);
        let texts = Sketch::read("t", &json!({ "counts": { "L": 6, "H": 1, "M": 3 } })).unwrap();
        assert_eq!(texts.text("L"), 1.0);
        assert_eq!(texts.text("Q"), 3.0);
        assert!(texts.text("").is_nan());
        assert_eq!(texts.knots()[1], Knot { value: 1.0, below: 0.1, upto: 0.7 });
    }

    #[test]
    fn what_cannot_be_a_reference_is_refused_with_its_column() {
        for bad in [
            json!({ "rows": 3, "missing": 0, "quantiles": [] }),
            json!({ "rows": 0, "missing": 0, "quantiles": [] }),
            json!({ "rows": 3, "missing": 0, "quantiles": [2.0, 1.0] }),
            json!({ "rows": 3, "missing": 4, "quantiles": [1.0, 2.0] }),
            json!({ "counts": {} }),
            json!([]),
        ] {
            let message = Sketch::read("speed", &bad).unwrap_err().to_string();
            assert!(message.contains("`speed`"), "{message}");
        }
    }
}
