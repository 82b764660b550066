//! How far a reading is from what training saw.

use gauntlet_core::{Cell, Field};
use serde::Serialize;
use serde_json::Value;

use super::readings::Sensor;
use super::tail::quantile;
use crate::eyes::drift::sketch::Sketch;

/// From this many robust standard deviations on, a reading stands out by itself.
pub(super) const STANDS_OUT: f64 = 3.0;

/// One reading beside its training distribution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Compared<'a> {
    pub(super) feature: &'a str,
    pub(super) sensor_id: &'a str,
    /// A number, a text, or null if it is missing.
    pub(super) value: Value,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) unit: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) quality: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) training_median: Option<f64>,
    /// Distance from that median in robust standard deviations: the quartiles' distance over 1.349.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) robust_z: Option<f64>,
    /// The smallest and largest value of training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) training_range: Option<[f64; 2]>,
    /// The share of training rows with the same text, or without a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) training_share: Option<f64>,
    /// What readings of different kinds are ordered by, on the scale of `robust_z`.
    #[serde(skip)]
    pub(super) oddness: f64,
}

impl<'a> Compared<'a> {
    /// Compares one cell; without a sketch there is nothing to say but the value.
    pub(super) fn new(
        field: &'a Field,
        sensor: &'a Sensor<'_>,
        cell: Cell<'_>,
        sketch: Option<&Sketch>,
    ) -> Self {
        let mut compared = Self {
            feature: &field.name,
            sensor_id: &sensor.id,
            value: match cell {
                Cell::Number(number) => Value::from(number),
                // A missing text stands as an empty one.
                Cell::Text("") => Value::Null,
                Cell::Text(text) => Value::from(text),
            },
            unit: &field.unit,
            quality: sensor.quality,
            training_median: None,
            robust_z: None,
            training_range: None,
            training_share: None,
            oddness: 0.0,
        };
        match (sketch, cell) {
            (None, _) => {}
            (Some(sketch), Cell::Number(number)) if number.is_finite() => {
                compared.place(number, sketch);
            }
            (Some(sketch), Cell::Number(_)) => compared.rate(sketch.missing()),
            (Some(sketch), Cell::Text(text)) => compared.rate(share_of(sketch, sketch.text(text))),
        }
        compared
    }

    fn place(&mut self, number: f64, sketch: &Sketch) {
        let at = |level| quantile(sketch, level);
        let median = at(0.5);
        if median.is_nan() {
            return;
        }
        // Columns that mostly stand still have no quartiles to speak of.
        let spreads = [(0.25, 1.349), (0.05, 3.290)];
        let scale = spreads.map(|(level, width)| (at(1.0 - level) - at(level)) / width);
        let scale = scale.into_iter().find(|scale| *scale > 0.0);
        let distance = number - median;
        self.training_median = Some(median);
        self.training_range = Some([at(0.0), at(1.0)]);
        self.robust_z = scale.map(|scale| distance / scale);
        // Rounded as the reference is.
        let same = Sketch::number(number) == Sketch::number(median);
        self.oddness = match self.robust_z {
            Some(z) => z.abs(),
            None if same => 0.0,
            None => f64::INFINITY,
        };
    }

    /// A share as the distance that a Gaussian number of that rarity would have.
    fn rate(&mut self, share: f64) {
        self.training_share = Some(share);
        self.oddness = if share > 0.0 { (-2.0 * share.ln()).sqrt() } else { f64::INFINITY };
    }

    /// Whether it would be odd without all others.
    pub(super) fn stands_out(&self) -> bool {
        self.oddness >= STANDS_OUT
    }

    /// Whether training saw no value as small or as large.
    pub(super) fn is_outside(&self) -> bool {
        let number = self.value.as_f64().map(Sketch::number).map(f64::from);
        match (number, self.training_range) {
            (Some(number), Some([low, high])) => number < low || number > high,
            _ => false,
        }
    }
}

/// The share of rows with exactly this code.
fn share_of(sketch: &Sketch, code: f32) -> f64 {
    if code.is_nan() {
        return sketch.missing();
    }
    let knot = sketch.knots().iter().find(|knot| knot.value == code);
    knot.map_or(0.0, |knot| knot.upto - knot.below)
}

#[cfg(test)]
mod tests {
    use gauntlet_core::{FieldKind, Plausible};
    use serde_json::json;

    use super::*;

    fn compare(cell: Cell<'_>, written: &Value) -> Value {
        let sketch = Sketch::read("load", written).unwrap();
        let field = Field {
            name: "load".into(),
            kind: FieldKind::Number,
            unit: "kN".into(),
            nullable: true,
            plausible: Plausible::default(),
        };
        let sensor = Sensor { id: "s".into(), quality: Some(0.5) };
        let compared = Compared::new(&field, &sensor, cell, Some(&sketch));
        let mut json = serde_json::to_value(&compared).unwrap();
        json["out"] = json!(compared.stands_out());
        json["outside"] = json!(compared.is_outside());
        json
    }

    #[test]
    fn numbers_stand_beside_median_range_and_spread() {
        let quantiles: Vec<f64> = (0..=40).map(f64::from).collect();
        let written = json!({ "rows": 400, "missing": 0, "quantiles": quantiles });
        let far = compare(Cell::Number(65.0), &written);
        assert_eq!(
            (&far["training_median"], &far["training_range"]),
            (&json!(20.0), &json!([0.0, 40.0]))
        );
        let z = far["robust_z"].as_f64().unwrap();
        assert!((z - 45.0 / (20.0 / 1.349)).abs() < 1e-9, "{far}");
        assert_eq!((&far["out"], &far["outside"]), (&json!(true), &json!(true)));
        assert_eq!(compare(Cell::Number(21.0), &written)["out"], json!(false));
        assert_eq!(far["unit"], "kN");
        assert_eq!(far["quality"], 0.5);
    }

    #[test]
    fn a_column_that_never_moved_has_no_distance_but_stands_out_when_it_does() {
        let written =
            json!({ "rows": 9, "missing": 0, "quantiles": [3.1, 3.1], "values": [[3.1, 9]] });
        let moved = compare(Cell::Number(4.0), &written);
        assert!(moved.get("robust_z").is_none() && moved["out"] == json!(true), "{moved}");
        let same = compare(Cell::Number(3.1), &written);
        assert_eq!((&same["out"], &same["outside"]), (&json!(false), &json!(false)));
    }

    #[test]
    fn texts_and_missing_values_stand_beside_their_share() {
        let written = json!({ "counts": { "H": 1, "L": 999 } });
        let rare = compare(Cell::Text("H"), &written);
        assert_eq!((&rare["training_share"], &rare["out"]), (&json!(0.001), &json!(true)));
        assert_eq!(compare(Cell::Text("L"), &written)["out"], json!(false));
        let written = json!({ "rows": 10, "missing": 1, "quantiles": [0.0, 1.0] });
        let missing = compare(Cell::Number(f64::NAN), &written);
        assert_eq!((&missing["value"], &missing["training_share"]), (&Value::Null, &json!(0.1)));
    }
}
