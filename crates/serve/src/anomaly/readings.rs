//! The guide's request: single readings, which become the rows of a model.

use std::borrow::Cow;
use std::collections::BTreeMap;

use gauntlet_core::{Field, ModelName};
use serde::Deserialize;
use toml::value::Datetime;

use crate::problem::Problem;
use crate::read::{Asked, Given, MAX_CELLS, Table, Text};
use crate::time;

/// The body of `POST /api/v1/ml/detect_anomaly`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Detect<'a> {
    #[serde(borrow)]
    sensor_readings: Vec<Reading<'a>>,
    /// The model; needed only where several find anomalies.
    #[serde(default)]
    pub(crate) model_name: Option<ModelName>,
    #[serde(default)]
    pub(crate) model_version: Asked,
    /// 0.5 leaves the threshold where it is; more finds more.
    #[serde(default = "half")]
    pub(crate) sensitivity: f64,
}

/// What one sensor said at one moment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading<'a> {
    #[serde(borrow)]
    sensor_id: Text<'a>,
    #[serde(borrow)]
    sensor_type: Text<'a>,
    #[serde(borrow)]
    value: Given<'a>,
    #[serde(default, borrow)]
    unit: Option<Text<'a>>,
    #[serde(borrow)]
    timestamp: Text<'a>,
    /// How far the sensor trusts itself, 0 to 1.
    #[serde(default)]
    quality: Option<f64>,
}

/// Readings as rows: a row per moment, in the order of time.
#[derive(Debug)]
pub(crate) struct Readings<'a> {
    /// The rows, in the order of the model's fields.
    pub(crate) table: Table<'a>,
    pub(super) moments: Vec<Moment<'a>>,
    /// Single readings.
    pub(super) count: usize,
}

/// Where the cells of a row come from.
#[derive(Debug)]
pub(super) struct Moment<'a> {
    /// As it was first written.
    pub(super) timestamp: Cow<'a, str>,
    /// The sensor of each field.
    pub(super) sensors: Vec<Sensor<'a>>,
}

/// Where one cell comes from.
#[derive(Debug)]
pub(super) struct Sensor<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) quality: Option<f64>,
}

fn half() -> f64 {
    0.5
}

impl<'a> Detect<'a> {
    /// Checks what can be checked before the model is known.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let refuse = |detail: String| Err(Problem::unprocessable(detail));
        if !(0.0..=1.0).contains(&self.sensitivity) {
            return refuse("`sensitivity` must be 0 to 1".to_owned());
        }
        if self.sensor_readings.is_empty() {
            return refuse("there are no `sensor_readings`".to_owned());
        }
        if self.sensor_readings.len() > MAX_CELLS {
            return refuse(format!(
                "more than {MAX_CELLS} readings; send them in several requests"
            ));
        }
        let quality = |r: &Reading<'_>| r.quality.is_none_or(|q| (0.0..=1.0).contains(&q));
        match self.sensor_readings.iter().position(|reading| !quality(reading)) {
            Some(at) => refuse(format!("reading {at}: `quality` must be 0 to 1")),
            None => Ok(()),
        }
    }

    /// The readings as rows of a model with these fields: at each moment every field has one reading.
    ///
    /// # Errors
    /// A reading of no field, of another unit, or without a proper timestamp; a moment at which a field has no
    /// reading, or two.
    pub(crate) fn rows(self, fields: &[Field]) -> Result<Readings<'a>, Problem> {
        let names: BTreeMap<&str, usize> =
            fields.iter().enumerate().map(|(at, field)| (field.name.as_str(), at)).collect();
        let count = self.sensor_readings.len();
        let mut moments: BTreeMap<(i64, u32), Vec<(usize, Reading<'a>)>> = BTreeMap::new();
        for (at, reading) in self.sensor_readings.into_iter().enumerate() {
            let refuse = |detail: String| Problem::unprocessable(format!("reading {at}: {detail}"));
            let place = reading.place(&names).map_err(refuse)?;
            reading.check_unit(&fields[place]).map_err(refuse)?;
            moments.entry(reading.moment().map_err(refuse)?).or_default().push((place, reading));
        }
        let mut cells = Vec::with_capacity(count);
        let mut rows = Vec::with_capacity(moments.len());
        for mut readings in moments.into_values() {
            readings.sort_by_key(|(place, _)| *place);
            check_complete(fields, &readings)?;
            let timestamp = readings.first().map(|(_, r)| r.timestamp.0.clone());
            let sensors = readings.into_iter().map(|(_, reading)| {
                cells.push(reading.value);
                Sensor { id: reading.sensor_id.0, quality: reading.quality }
            });
            let sensors = sensors.collect();
            rows.push(Moment { timestamp: timestamp.unwrap_or_default(), sensors });
        }
        let names = fields.iter().map(|field| field.name.clone().into()).collect();
        let table = Table { names, cells, numbered: true };
        Ok(Readings { table, moments: rows, count })
    }
}

impl Reading<'_> {
    /// Which field it feeds: the one of its type's name, or else of its sensor's.
    fn place(&self, names: &BTreeMap<&str, usize>) -> Result<usize, String> {
        let (Text(kind), Text(id)) = (&self.sensor_type, &self.sensor_id);
        names.get(kind.as_ref()).or_else(|| names.get(id.as_ref())).copied().ok_or_else(|| {
            let known: Vec<&str> = names.keys().copied().collect();
            let known = known.join("`, `");
            format!("neither `sensor_type` `{kind}` nor `sensor_id` `{id}` is one of this model's fields `{known}`")
        })
    }

    /// A unit that is not said, or that the model does not know, contradicts nothing.
    fn check_unit(&self, field: &Field) -> Result<(), String> {
        match &self.unit {
            Some(Text(unit))
                if !unit.is_empty() && !field.unit.is_empty() && *unit != field.unit =>
            {
                Err(format!("`unit` is `{unit}`, but `{}` is in `{}`", field.name, field.unit))
            }
            _ => Ok(()),
        }
    }

    fn moment(&self) -> Result<(i64, u32), String> {
        let Text(text) = &self.timestamp;
        let wrong = |why: String| format!("`timestamp` must be like 2026-01-31T12:00:00Z: {why}");
        let moment: Datetime =
            text.parse().map_err(|error| wrong(format!("`{text}` is not: {error}")))?;
        time::since_1970(&moment).map_err(wrong)
    }
}

/// Whether readings of one moment, sorted by field, are those of every field.
fn check_complete(fields: &[Field], readings: &[(usize, Reading<'_>)]) -> Result<(), Problem> {
    let refuse = |timestamp: &str, place: usize, what: &str| {
        let field = &fields[place].name;
        let detail = format!("timestamp `{timestamp}`: field `{field}` has {what}");
        Err(Problem::unprocessable(detail))
    };
    let timestamp = readings.first().map_or("", |(_, reading)| &reading.timestamp.0);
    if let Some(pair) = readings.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return refuse(timestamp, pair[0].0, "two readings; send one asset at a time");
    }
    let missing =
        (0..fields.len()).find(|at| readings.get(*at).map(|(place, _)| place) != Some(at));
    missing.map_or(Ok(()), |place| refuse(timestamp, place, "no reading, and none is made up"))
}

impl Readings<'_> {
    /// What a message about a row begins with.
    pub(crate) fn row_name(&self, row: usize) -> String {
        let timestamp = self.moments.get(row).map_or("", |moment| moment.timestamp.as_ref());
        format!("timestamp `{timestamp}`: ")
    }

    /// The sensor that every reading comes from, if it is one.
    pub(crate) fn only_sensor(&self) -> Option<&str> {
        let mut all = self.moments.iter().flat_map(|moment| &moment.sensors);
        let first = all.next()?;
        all.all(|sensor| sensor.id == first.id).then_some(first.id.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use gauntlet_core::{FieldKind, Implausible, Plausible};
    use serde_json::{Value, json};

    use super::*;
    use crate::read::parse;

    fn fields() -> Vec<Field> {
        let field = |name: &str, unit: &str| Field {
            name: name.into(),
            kind: FieldKind::Number,
            unit: unit.into(),
            nullable: name == "speed",
            plausible: Plausible::default(),
        };
        vec![field("speed", "rpm"), field("load", "")]
    }

    fn reading(kind: &str, value: Value, second: u32) -> Value {
        json!({ "sensor_id": "s1", "sensor_type": kind, "value": value,
            "timestamp": format!("2026-01-31T12:00:{second:02}Z") })
    }

    fn refused(readings: &[Value]) -> String {
        let body = json!({ "sensor_readings": readings }).to_string();
        let refused = parse::<Detect<'_>>(body.as_bytes())
            .and_then(|detect| detect.check().map(|()| detect))
            .and_then(|detect| detect.rows(&fields()))
            .and_then(|rows| {
                rows.table.fit_named(&fields(), Implausible::Refuse, |row| rows.row_name(row))
            });
        let problem = refused.unwrap_err();
        assert_eq!(problem.status(), 422);
        problem.detail().to_owned()
    }

    #[test]
    fn readings_of_one_moment_are_a_row_in_whatever_order_and_spelling_they_come() {
        let mut by_id = reading("rotation", json!(3), 0);
        by_id["sensor_id"] = json!("speed");
        by_id["timestamp"] = json!("2026-01-31T13:00:00.000+01:00");
        let readings = [
            reading("load", json!(4), 1),
            reading("load", json!(2), 0),
            by_id,
            reading("speed", Value::Null, 1),
        ];
        let body = json!({ "sensor_readings": readings }).to_string();
        let detect: Detect<'_> = parse(body.as_bytes()).unwrap();
        assert_eq!((detect.sensitivity, detect.model_version), (0.5, Asked::Auto));
        let rows = detect.rows(&fields()).unwrap();
        assert_eq!(rows.count, 4);
        let number = Given::Number;
        assert_eq!(rows.table.cells, [number(3.0), number(2.0), Given::Null, number(4.0)]);
        assert_eq!(rows.row_name(1), "timestamp `2026-01-31T12:00:01Z`: ");
        assert_eq!(rows.moments[0].sensors[0].id, "speed");
        assert_eq!(rows.only_sensor(), None);
    }

    #[test]
    fn a_row_is_never_padded() {
        let twice = [reading("load", json!(1), 0), reading("load", json!(2), 0)];
        assert!(refused(&twice).contains("timestamp `2026-01-31T12:00:00Z`: field `load` has two"));
        let first = [reading("load", json!(1), 0)];
        assert!(refused(&first).contains("field `speed` has no reading"));
        let last = [
            reading("load", json!(1), 0),
            reading("speed", json!(1), 0),
            reading("speed", json!(1), 9),
        ];
        assert!(refused(&last).contains("12:00:09Z`: field `load` has no reading"));
        assert!(refused(&[]).contains("no `sensor_readings`"));
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_reading_or_moment() {
        let with = |key: &str, value: Value| {
            let mut reading = reading("speed", json!(1), 0);
            reading[key] = value;
            refused(&[self::reading("load", json!(1), 0), reading])
        };
        for (key, value, word) in [
            ("unit", json!("Hz"), "reading 1: `unit` is `Hz`, but `speed` is in `rpm`"),
            ("sensor_type", json!("heat"), "`heat` nor `sensor_id` `s1` is one of"),
            ("timestamp", json!("yesterday"), "reading 1: `timestamp` must be like"),
            ("timestamp", json!("2026-01-31T12:00:00"), "offset such as Z"),
            ("timestamp", json!(5), "string"),
            ("quality", json!(1.5), "reading 1: `quality` must be 0 to 1"),
            (
                "value",
                json!("1"),
                "timestamp `2026-01-31T12:00:00Z`: feature `speed` must be a number",
            ),
            ("value", json!([1]), "must be a number or a text, not a list"),
            ("colour", json!(1), "`colour`"),
        ] {
            let detail = with(key, value);
            assert!(detail.contains(word), "{detail}");
        }
        let null = refused(&[reading("load", Value::Null, 0), reading("speed", json!(1), 0)]);
        assert!(null.contains("`load` must not be null"), "{null}");
    }

    #[test]
    fn sensitivity_has_its_range() {
        for (sensitivity, good) in
            [(json!(0), true), (json!(1), true), (json!(1.01), false), (json!(-0.1), false)]
        {
            let body = json!({ "sensor_readings": [reading("load", json!(1), 0)],
                "sensitivity": sensitivity });
            let body = body.to_string();
            let detect: Detect<'_> = parse(body.as_bytes()).unwrap();
            assert_eq!(detect.check().is_ok(), good, "{body}");
        }
    }
}
