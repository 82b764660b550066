//! Keeps the rows that a model version was asked lately, and judges them when somebody looks.
//!
//! A request never waits for it: a row is left out if the window is being read, or if more rows come than a
//! window has room for. A quarter of the window may be filled at once; after that, rows are taken at the
//! pace that fills it in its time span, so that a busy hour is sampled and not only its last second.
//!
//! Five models of 25 fields and 2,048 rows take about 1.2 MB together, names of sensors aside, which add
//! at most 0.6 MB to each.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use gauntlet_core::{Cell, Column, Signature};
use serde_json::Value;

use super::assessment::{Assessment, Judged, Query};
use super::feature;
use super::holm;
use super::sketch::{Sketch, SketchError};
use super::window::Window;
use crate::eyes::settings::DriftSettings;

/// The window of one served model version and what it is compared with.
#[derive(Debug)]
pub(crate) struct Monitor {
    began: Instant,
    fields: Vec<Field>,
    score: Option<Sketch>,
    settings: DriftSettings,
    state: Mutex<State>,
    /// Milliseconds after the beginning before which no row is taken.
    closed_until: AtomicU64,
    left_out: AtomicU64,
    latest: Mutex<Option<(Instant, Arc<Assessment>)>>,
}

#[derive(Debug)]
struct Field {
    name: Arc<str>,
    sketch: Option<Sketch>,
}

#[derive(Debug)]
struct State {
    window: Window,
    /// Rows that may be taken now.
    room: f64,
    /// When that was reckoned, in milliseconds.
    at: u64,
}

impl Monitor {
    /// A monitor of a model with this signature and `reference.json`; columns that the latter lacks are not
    /// judged.
    ///
    /// # Errors
    /// A column's reference that cannot be read.
    pub(crate) fn new(
        signature: &Signature,
        reference: &Value,
        settings: &DriftSettings,
        now: Instant,
    ) -> Result<Self, SketchError> {
        let read = |name: &str, written: &Value| Sketch::read(name, written);
        let field = |name: &String| {
            let written = reference.get("raw").and_then(|raw| raw.get(name));
            let sketch = written.map(|written| read(name, written)).transpose()?;
            Ok(Field { name: Arc::from(name.as_str()), sketch })
        };
        let fields: Result<Vec<Field>, SketchError> =
            signature.raw.iter().map(|f| field(&f.name)).collect();
        let fields = fields?;
        let score = reference.get("score").map(|written| read("score", written)).transpose()?;
        let window = Window::new(fields.len(), settings.rows);
        Ok(Self {
            began: now,
            fields,
            score,
            state: Mutex::new(State { window, room: burst(settings), at: 0 }),
            settings: settings.clone(),
            closed_until: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
            latest: Mutex::new(None),
        })
    }

    /// Whether any column has a reference.
    pub(crate) fn has_reference(&self) -> bool {
        self.score.is_some() || self.fields.iter().any(|field| field.sketch.is_some())
    }

    /// Rows that were not taken into the window.
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out.load(Ordering::Relaxed)
    }

    /// Minutes that a row counts.
    pub(crate) fn minutes(&self) -> u32 {
        self.settings.minutes
    }

    /// Notes a batch that was answered: columns in the order of the signature's fields, and a score per row.
    pub(crate) fn note(
        &self,
        now: Instant,
        sensor: Option<&str>,
        columns: &[Column],
        scores: &[f32],
    ) {
        let rows = columns.first().map_or(0, Column::len);
        let cell = |row: usize, field: usize| columns[field].cell(row);
        self.add(now, sensor, (rows, columns.len()), cell, scores);
    }

    /// Judges values of one column that the client brought itself; nothing if the column has no reference.
    pub(crate) fn assess_values(&self, values: &[f64], query: &Query<'_>) -> Option<Assessment> {
        let field = self.fields.iter().find(|field| Some(&*field.name) == query.feature)?;
        let sketch = field.sketch.as_ref()?;
        let drift = feature::assess_values(values, sketch, query.min_samples);
        let (adjusted, insufficient) = (drift.p_value, drift.is_insufficient());
        let name = Some(field.name.clone());
        Some(Assessment {
            rows: values.len(),
            judged: vec![Judged { name, drift, adjusted, baseline: sketch.rows() }],
            drift: adjusted.is_some_and(|p| p < query.p_threshold),
            insufficient,
        })
    }

    /// Notes one row that was answered: cells in the order of the signature's fields.
    #[cfg(test)]
    pub(crate) fn note_row(
        &self,
        now: Instant,
        sensor: Option<&str>,
        cells: &[Cell<'_>],
        score: f32,
    ) {
        self.add(now, sensor, (1, cells.len()), |_, field| cells[field], &[score]);
    }

    fn add<'a>(
        &self,
        now: Instant,
        sensor: Option<&str>,
        (rows, columns): (usize, usize),
        cell: impl Fn(usize, usize) -> Cell<'a>,
        scores: &[f32],
    ) {
        let time = self.millis(now);
        let taken = if time < self.closed_until.load(Ordering::Relaxed) {
            0
        } else {
            match self.state.try_lock() {
                Ok(mut state) => self.take(&mut state, time, sensor, (rows, columns), cell, scores),
                Err(TryLockError::Poisoned(state)) => {
                    let mut state = state.into_inner();
                    self.take(&mut state, time, sensor, (rows, columns), cell, scores)
                }
                Err(TryLockError::WouldBlock) => 0,
            }
        };
        if taken < rows {
            self.left_out.fetch_add((rows - taken) as u64, Ordering::Relaxed);
        }
    }

    /// Takes as many of the rows as there is room for, evenly spread, and says how many.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "room is between 0 and the window's rows"
    )]
    fn take<'a>(
        &self,
        state: &mut State,
        time: u64,
        sensor: Option<&str>,
        (rows, columns): (usize, usize),
        cell: impl Fn(usize, usize) -> Cell<'a>,
        scores: &[f32],
    ) -> usize {
        let pace = self.settings.rows as f64 / (f64::from(self.settings.minutes) * 60_000.0);
        let gained = time.saturating_sub(state.at) as f64 * pace;
        state.room = (state.room + gained).min(burst(&self.settings));
        state.at = time.max(state.at);
        let taken = rows.min(state.room as usize);
        for i in 0..taken {
            let row = i * rows / taken;
            let cells = self.fields.iter().take(columns).enumerate().map(|(place, field)| {
                match (cell(row, place), &field.sketch) {
                    (Cell::Number(value), _) => Sketch::number(value),
                    (Cell::Text(text), Some(sketch)) => sketch.text(text),
                    (Cell::Text(_), None) => f32::NAN,
                }
            });
            let score = scores.get(row).copied().unwrap_or(f32::NAN);
            state.window.push(time, sensor, cells, score);
        }
        state.room -= taken as f64;
        if state.room < 1.0 {
            let wait = ((1.0 - state.room) / pace).ceil() as u64;
            self.closed_until.store(time + wait, Ordering::Relaxed);
        }
        taken
    }

    /// Judges the rows that a query picks.
    pub(crate) fn assess(&self, now: Instant, query: &Query<'_>) -> Assessment {
        let span = query.span.min(Duration::from_secs(60 * u64::from(self.settings.minutes)));
        let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let since = self.millis(now).saturating_sub(span);
        // Only copied under the lock; judging takes longer.
        let picked = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.window.pick(since, query.sensor)
        };
        let rows = picked.scores.len();
        let judge = |name: Option<Arc<str>>, codes: &[f32], sketch: &Sketch| Judged {
            name,
            drift: feature::assess(codes, sketch, query.min_samples),
            adjusted: None,
            baseline: sketch.rows(),
        };
        let wanted = |name: &str| query.feature.is_none_or(|only| only == name);
        let mut judged: Vec<Judged> = Vec::with_capacity(self.fields.len() + 1);
        for (place, field) in self.fields.iter().enumerate().filter(|(_, f)| wanted(&f.name)) {
            if let Some(sketch) = &field.sketch {
                let codes = picked.columns.get(place).map_or(&[][..], Vec::as_slice);
                judged.push(judge(Some(field.name.clone()), codes, sketch));
            }
        }
        if let Some(sketch) = self.score.as_ref().filter(|_| query.feature.is_none()) {
            judged.push(judge(None, &picked.scores, sketch));
        }
        let tested: Vec<f64> = judged.iter().filter_map(|j| j.drift.p_value).collect();
        let adjusted = holm::adjust(&tested);
        let open = judged.iter_mut().filter(|j| j.drift.p_value.is_some());
        open.zip(&adjusted).for_each(|(judged, p)| judged.adjusted = Some(*p));
        Assessment {
            rows,
            judged,
            drift: adjusted.iter().any(|p| *p < query.p_threshold),
            insufficient: adjusted.is_empty(),
        }
    }

    /// Judges the whole window as the settings say, at most once in their refresh time.
    pub(crate) fn latest(&self, now: Instant) -> Arc<Assessment> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let age = Duration::from_secs(u64::from(self.settings.refresh_seconds));
        match &*latest {
            Some((at, assessment)) if now.saturating_duration_since(*at) < age => {
                assessment.clone()
            }
            _ => {
                let query = Query {
                    sensor: None,
                    span: Duration::MAX,
                    min_samples: self.settings.min_samples,
                    p_threshold: self.settings.p_threshold,
                    feature: None,
                };
                let assessment = Arc::new(self.assess(now, &query));
                *latest = Some((now, assessment.clone()));
                assessment
            }
        }
    }

    fn millis(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.began);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

/// Rows that may come at once.
#[expect(clippy::cast_precision_loss, reason = "windows are short")]
fn burst(settings: &DriftSettings) -> f64 {
    (settings.rows / 4).max(settings.min_samples) as f64
}

#[cfg(test)]
mod tests {
    use gauntlet_core::{Field as SignatureField, FieldKind, Plausible};
    use serde_json::json;

    use super::*;

    fn monitor(settings: &DriftSettings, now: Instant) -> Monitor {
        let field = |name: &str, kind| SignatureField {
            name: name.into(),
            kind,
            unit: String::new(),
            nullable: false,
            plausible: Plausible::default(),
        };
        let texts = FieldKind::Category { values: vec!["H".into(), "L".into()] };
        let signature = Signature {
            raw: vec![field("load", FieldKind::Number), field("type", texts)],
            ..Signature::default()
        };
        let quantiles: Vec<f64> = (0..=40).map(|i| f64::from(i) * 2.5).collect();
        let sketch = json!({ "rows": 5_000, "missing": 0, "quantiles": quantiles });
        let scores: Vec<f64> = (0..=40).map(|i| f64::from(i) / 40.0).collect();
        let reference = json!({
            "raw": { "load": sketch, "type": { "counts": { "H": 2_500, "L": 2_500 } } },
            "score": { "rows": 5_000, "missing": 0, "quantiles": scores },
        });
        Monitor::new(&signature, &reference, settings, now).unwrap()
    }

    /// Rows without order, evenly spread over 0 to 100.
    fn batch(rows: u32, from: u32) -> (Vec<Column>, Vec<f32>) {
        let spread = |i: u32| f64::from(i.wrapping_mul(2_654_435_761) >> 16) / 655.36;
        let load: Vec<f64> = (0..rows).map(|i| spread(i + from)).collect();
        let kind = |v: &f64| if (v * 7.0) % 2.0 < 1.0 { "H" } else { "L" };
        let scores = load.iter().map(|v| (v / 100.0) as f32).collect();
        let texts = load.iter().map(|v| kind(v).to_owned()).collect();
        (vec![Column::Number(load), Column::Text(texts)], scores)
    }

    const ALL: Query<'static> = Query {
        sensor: None,
        span: Duration::from_secs(3_600),
        min_samples: 30,
        p_threshold: 0.05,
        feature: None,
    };

    #[test]
    fn rows_like_those_of_training_do_not_alarm_and_others_do() {
        let now = Instant::now();
        let usual = monitor(&DriftSettings::default(), now);
        let (columns, scores) = batch(200, 0);
        usual.note(now, None, &columns, &scores);
        let assessment = usual.assess(now, &ALL);
        assert_eq!((assessment.rows, assessment.judged.len()), (200, 3));
        assert!(!assessment.drift && !assessment.insufficient, "{assessment:?}");

        let moved = monitor(&DriftSettings::default(), now);
        let Column::Number(load) = &columns[0] else { unreachable!() };
        let load = Column::Number(load.iter().map(|v| v / 2.0).collect());
        moved.note(now, None, &[load, columns[1].clone()], &scores);
        let assessment = moved.assess(now, &ALL);
        assert!(assessment.drift, "{assessment:?}");
        assert_eq!(assessment.worst().unwrap().name.as_deref(), Some("load"));
        let only = moved.assess(now, &Query { feature: Some("type"), ..ALL });
        assert_eq!((only.judged.len(), only.drift), (1, false));
    }

    #[test]
    fn single_rows_are_noted_as_batches_are() {
        let now = Instant::now();
        let (one, many) =
            (monitor(&DriftSettings::default(), now), monitor(&DriftSettings::default(), now));
        let (columns, scores) = batch(100, 0);
        many.note(now, Some("p"), &columns, &scores);
        for (row, score) in scores.iter().enumerate() {
            let cells: Vec<Cell<'_>> = columns.iter().map(|column| column.cell(row)).collect();
            one.note_row(now, Some("p"), &cells, *score);
        }
        assert_eq!(one.assess(now, &ALL), many.assess(now, &ALL));
    }

    #[test]
    fn rows_are_judged_by_sensor_and_forgotten_in_time() {
        let now = Instant::now();
        let monitor = monitor(&DriftSettings { minutes: 10, ..DriftSettings::default() }, now);
        let (columns, scores) = batch(40, 0);
        monitor.note(now, Some("a"), &columns, &scores);
        let later = now + Duration::from_secs(300);
        monitor.note(later, Some("b"), &columns, &scores);
        let rows = |at, query: &Query<'_>| monitor.assess(at, query).rows;
        assert_eq!(rows(later, &ALL), 80);
        assert_eq!(rows(later, &Query { sensor: Some("a"), ..ALL }), 40);
        assert_eq!(rows(later, &Query { span: Duration::from_secs(60), ..ALL }), 40);
        assert_eq!(rows(now + Duration::from_secs(700), &ALL), 40);
        let nobody = monitor.assess(later, &Query { sensor: Some("c"), ..ALL });
        assert!(nobody.insufficient && nobody.rows == 0);
    }

    #[test]
    fn a_busy_hour_is_sampled_over_its_whole_length() {
        let now = Instant::now();
        let monitor = monitor(&DriftSettings::default(), now);
        for second in 0..3_600_u32 {
            let (columns, scores) = batch(20, second * 20);
            monitor.note(now + Duration::from_secs(u64::from(second)), None, &columns, &scores);
        }
        let end = now + Duration::from_secs(3_600);
        let last_half = monitor.assess(end, &Query { span: Duration::from_secs(1_800), ..ALL });
        assert!((900..=1_100).contains(&last_half.rows), "{}", last_half.rows);
        let all = monitor.assess(end, &ALL).rows;
        assert!((2_000..=2_048).contains(&all), "{all}");
        assert!(monitor.left_out() >= 72_000 - 2_048 - 512);
    }

    #[test]
    fn a_request_does_not_wait_for_a_window_that_is_being_read() {
        let now = Instant::now();
        let monitor = monitor(&DriftSettings::default(), now);
        let (columns, scores) = batch(10, 0);
        let reading = monitor.state.lock().unwrap();
        monitor.note(now, None, &columns, &scores);
        drop(reading);
        assert_eq!((monitor.left_out(), monitor.assess(now, &ALL).rows), (10, 0));
    }

    #[test]
    fn a_model_without_reference_is_not_judged() {
        let now = Instant::now();
        let none =
            Monitor::new(&Signature::default(), &Value::Null, &DriftSettings::default(), now);
        let none = none.unwrap();
        assert!(!none.has_reference());
        assert!(none.latest(now).insufficient);
    }

    #[test]
    fn what_metrics_show_is_kept_for_the_refresh_time() {
        let now = Instant::now();
        let monitor = monitor(&DriftSettings::default(), now);
        assert_eq!(monitor.latest(now).rows, 0);
        let (columns, scores) = batch(50, 0);
        monitor.note(now, None, &columns, &scores);
        assert_eq!(monitor.latest(now + Duration::from_secs(29)).rows, 0);
        assert_eq!(monitor.latest(now + Duration::from_secs(30)).rows, 50);
    }

    /// A signature of 25 numbers and a reference for each.
    fn wide(settings: &DriftSettings, now: Instant) -> Monitor {
        let quantiles: Vec<f64> = (0..=40).map(f64::from).collect();
        let sketch = json!({ "rows": 900, "missing": 0, "quantiles": quantiles });
        let mut raw = serde_json::Map::new();
        let mut signature = Signature::default();
        for i in 0..25 {
            let name = format!("column {i}");
            raw.insert(name.clone(), sketch.clone());
            let (kind, unit, nullable) = (FieldKind::Number, String::new(), false);
            signature.raw.push(SignatureField {
                name,
                kind,
                unit,
                nullable,
                plausible: Plausible::default(),
            });
        }
        Monitor::new(&signature, &json!({ "raw": raw }), settings, now).unwrap()
    }

    #[test]
    fn five_full_windows_of_25_fields_stay_far_below_five_megabytes() {
        let now = Instant::now();
        let settings = DriftSettings { minutes: 1, ..DriftSettings::default() };
        let bytes: usize = (0..5_u64)
            .map(|_| {
                let monitor = wide(&settings, now);
                for row in 0..4_096_u64 {
                    let sensor = format!("{row:0>20}");
                    let at = now + Duration::from_millis(30 * row);
                    monitor.note_row(at, Some(&sensor), &[Cell::Number(1.0); 25], 0.5);
                }
                assert_eq!(monitor.assess(now, &Query { span: Duration::MAX, ..ALL }).rows, 2_048);
                monitor.state.lock().unwrap().window.bytes()
            })
            .sum();
        assert!((1_000_000..3_000_000).contains(&bytes), "{bytes}");
    }

    /// Prints what `docs/drift.md` says a row costs.
    #[test]
    #[ignore = "a measurement; docs/drift.md has what it prints"]
    fn print_the_cost_of_a_row() {
        let now = Instant::now();
        let settings = DriftSettings { rows: 16_384, ..DriftSettings::default() };
        let monitor = wide(&settings, now);
        let cells = [Cell::Number(17.5); 25];
        for (what, rows) in [("taken", 4_000_u32), ("left out", 4_000_000)] {
            let start = Instant::now();
            for _ in 0..rows {
                monitor.note_row(now, Some("pump 7"), &cells, 0.5);
            }
            println!("a row of 25 numbers {what}: {:?}", start.elapsed() / rows);
        }
        let start = Instant::now();
        let rows = monitor.assess(now, &ALL).rows;
        println!("25 columns of {rows} rows judged: {:?}", start.elapsed());
    }
}
