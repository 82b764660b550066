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
mod tests;
