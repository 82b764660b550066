//! Reading the files of a descriptor into one log.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gauntlet_core::{Column, Digest, Frame, Hasher, Origin};

use super::descriptor::{Failures, LogDescriptor};
use super::error::EventsError;
use super::files::Found;
use super::grid::Grid;
use super::log::{Log, State};
use super::states::{Stretch, all_inside, states};
use super::table::{Cells, Dialect, Table, Want};
use super::truth::Truth;
use crate::simulate::read_note;

/// A gap of more steps than this interrupts a run.
const LONG_GAP: f64 = 120.0;

/// Rows of one group before they take their place in the log.
struct Part {
    name: String,
    time_ms: Vec<i64>,
    /// Columns in the order of the sensors.
    readings: Vec<Vec<f64>>,
    labels: Vec<String>,
    others: Vec<Vec<String>>,
}

/// Reads and checks `files`.
///
/// # Errors
/// A file that cannot be read, a column that is not there, a cell that is not what its column holds (naming row and
/// column), a digest that nobody vouches for, or a listed failure outside all rows.
pub fn load(
    described: &LogDescriptor,
    files: &[Found],
    origin: Origin,
    accept: Option<Digest>,
) -> Result<Log, EventsError> {
    let mut digests = Vec::with_capacity(files.len());
    let mut parts = Vec::new();
    for file in files {
        let bytes = fs_err::read(&file.path)?;
        let digest = Digest::of(&bytes);
        vouched(described, file, digest, origin, accept)?;
        digests.push(digest);
        parts.extend(read(described, file, &bytes)?);
    }
    let mut grid = Grid::default();
    parts.iter_mut().for_each(|part| part.sort(&mut grid));
    parts.sort_by(|a, b| a.time_ms.first().cmp(&b.time_ms.first()).then(a.name.cmp(&b.name)));
    let mut log = Log {
        name: described.name.clone(),
        origin,
        digest: together(&digests),
        files: files.iter().map(|file| file.path.clone()).collect(),
        sensors: described.sensors.clone(),
        readings: vec![Vec::new(); described.sensors.len()],
        time_ms: Vec::new(),
        group: Vec::new(),
        groups: Vec::new(),
        state: Vec::new(),
        starts: Vec::new(),
        events: Vec::new(),
        step_s: described.time.step_s,
        lasts: described.lasts(),
        grid,
        others: Frame::default(),
        notes: Vec::new(),
        truth: truth(files, origin)?,
    };
    if let Failures::Times(times) = &described.labels.failures {
        let span =
            |part: &Part| Some((part.name.clone(), *part.time_ms.first()?, *part.time_ms.last()?));
        let spans: Vec<_> = parts.iter().filter_map(span).collect();
        all_inside(times, described.time.format, &spans)?;
    }
    let mut others = vec![Vec::new(); described.ignored.len()];
    let single = parts.len() == 1;
    for part in parts {
        log.append(described, part, single, &mut others)?;
    }
    let names = described.ignored.iter().map(|ignored| ignored.header.clone());
    let others = names.zip(others.into_iter().map(Column::Text));
    log.others = Frame::new(others).map_err(crate::DataError::from)?;
    for (sensor, readings) in log.sensors.iter().zip(&log.readings) {
        let missing = readings.iter().filter(|v| !v.is_finite()).count();
        if missing > 0 {
            log.grid.missing.push((sensor.name.clone(), missing as f64 / readings.len() as f64));
        }
    }
    log.notes = log.grid.notes(log.step_s);
    Ok(log)
}

/// One file's digest is its own, so that it can be compared with a published one.
fn together(digests: &[Digest]) -> Digest {
    if let [digest] = digests {
        return *digest;
    }
    let mut hasher = Hasher::default();
    digests.iter().for_each(|digest| hasher.update(digest.bytes()));
    hasher.finish()
}

/// Checks that somebody vouches for the bytes: a simulator's note, a published digest, or the user.
fn vouched(
    described: &LogDescriptor,
    file: &Found,
    found: Digest,
    origin: Origin,
    accept: Option<Digest>,
) -> Result<(), EventsError> {
    let note = read_note(&file.path, found)?;
    match (origin, note) {
        (Origin::Real, Some((note, _))) => {
            return Err(crate::DataError::SimulatedAsReal { path: file.path.clone(), note }.into());
        }
        (Origin::Simulated, Some((_, note))) if note.sha256 == found => return Ok(()),
        (Origin::Simulated, _) => {
            let note = crate::simulate::note_path(&file.path);
            let problem = "there is no note that vouches for this simulated file".to_owned();
            return Err(crate::DataError::Note { note, problem }.into());
        }
        (Origin::Real, None) => {}
    }
    match described.files[file.rule].sha256 {
        Some(expected) if expected != found && accept != Some(found) => {
            Err(EventsError::Digest { path: file.path.clone(), found, expected })
        }
        _ => Ok(()),
    }
}

fn truth(files: &[Found], origin: Origin) -> Result<Option<Truth>, EventsError> {
    let [file] = files else { return Ok(None) };
    let path: PathBuf = file.path.with_file_name(Truth::FILE);
    if origin == Origin::Real || !path.is_file() {
        return Ok(None);
    }
    let bytes = fs_err::read(&path)?;
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|e| EventsError::Table { path, problem: e.to_string() })
}

/// One file, divided into its groups.
fn read(described: &LogDescriptor, file: &Found, bytes: &[u8]) -> Result<Vec<Part>, EventsError> {
    let dialect = Dialect { delimiter: described.delimiter, decimal: described.decimal };
    let table = Table::new(&file.path, bytes, dialect, &described.missing)?;
    let mut wants = Vec::new();
    let mut want = |name: &str, number: bool| -> Result<usize, EventsError> {
        wants.push(Want { position: table.position(name)?, number });
        Ok(wants.len() - 1)
    };
    let time = want(&described.time.column, false)?;
    let clock = described.time.clock_column.as_deref().map(|name| want(name, false)).transpose()?;
    let label = described.label_column().map(|name| want(name, false)).transpose()?;
    let group = described.group.as_deref().map(|name| want(name, false)).transpose()?;
    let sensors =
        described.sensors.iter().map(|s| want(&s.header, true)).collect::<Result<Vec<_>, _>>()?;
    let others =
        described.ignored.iter().map(|i| want(&i.header, false)).collect::<Result<Vec<_>, _>>()?;
    let mut columns = table.columns(&wants)?;
    let mut texts = |at: usize| match std::mem::replace(&mut columns[at], Cells::Texts(Vec::new()))
    {
        Cells::Texts(texts) => texts,
        Cells::Numbers(_) => Vec::new(),
    };
    let mut times = texts(time);
    if let Some(clock) = clock {
        let clocks = texts(clock);
        times.iter_mut().zip(&clocks).for_each(|(date, clock)| *date = format!("{date} {clock}"));
    }
    let mut time_ms = Vec::with_capacity(times.len());
    for (row, text) in times.iter().enumerate() {
        let Some(ms) = described.time.format.parse(text) else {
            return Err(table.cell(row, wants[time].position, text, "time"));
        };
        time_ms.push(ms);
    }
    let labels = label.map(&mut texts).unwrap_or_default();
    let groups = group.map(&mut texts);
    let others: Vec<Vec<String>> = others.into_iter().map(&mut texts).collect();
    let readings: Vec<Vec<f64>> = sensors
        .into_iter()
        .map(|at| match std::mem::replace(&mut columns[at], Cells::Texts(Vec::new())) {
            Cells::Numbers(numbers) => numbers,
            Cells::Texts(_) => Vec::new(),
        })
        .collect();
    if let (Failures::Interval { .. }, Some(label)) = (&described.labels.failures, label) {
        let bad = labels.iter().position(|cell| super::states::truth(cell).is_none());
        if let Some(row) = bad {
            return Err(table.cell(
                row,
                wants[label].position,
                &labels[row],
                "0 or 1, or kind of failure by whole number",
            ));
        }
    }
    let whole = Part { name: file.group.clone(), time_ms, readings, labels, others };
    Ok(match groups {
        None => vec![whole],
        Some(groups) => whole.divide(&groups),
    })
}

impl Part {
    /// A part for each value of the group column.
    fn divide(&self, groups: &[String]) -> Vec<Self> {
        let mut rows: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        groups.iter().enumerate().for_each(|(row, group)| rows.entry(group).or_default().push(row));
        rows.into_iter()
            .map(|(group, rows)| self.take(format!("{}/{group}", self.name), &rows))
            .collect()
    }

    fn take(&self, name: String, rows: &[usize]) -> Self {
        let texts = |column: &Vec<String>| {
            rows.iter().filter_map(|&row| column.get(row).cloned()).collect()
        };
        Self {
            name,
            time_ms: rows.iter().map(|&row| self.time_ms[row]).collect(),
            readings: self
                .readings
                .iter()
                .map(|c| rows.iter().map(|&row| c[row]).collect())
                .collect(),
            labels: texts(&self.labels),
            others: self.others.iter().map(texts).collect(),
        }
    }

    /// Puts rows in order of time and leaves out those that repeat one.
    fn sort(&mut self, grid: &mut Grid) {
        let late = self.time_ms.windows(2).filter(|pair| pair[1] < pair[0]).count();
        let twice = self.time_ms.windows(2).any(|pair| pair[1] == pair[0]);
        if late == 0 && !twice {
            return;
        }
        let mut order: Vec<usize> = (0..self.time_ms.len()).collect();
        order.sort_by_key(|&row| self.time_ms[row]);
        let rows = order.len();
        order.dedup_by_key(|row| self.time_ms[*row]);
        grid.out_of_order += late;
        grid.duplicates += rows - order.len();
        let name = std::mem::take(&mut self.name);
        *self = self.take(name, &order);
    }
}

impl Log {
    fn append(
        &mut self,
        described: &LogDescriptor,
        part: Part,
        single: bool,
        others: &mut [Vec<String>],
    ) -> Result<(), EventsError> {
        let (group, first) = (self.groups.len() as u32, self.rows());
        // The only file of a dataset needs no name: listed failures belong to it in any case.
        let name = if single { self.name.clone() } else { part.name };
        let stretch =
            Stretch { group, name: &name, first, time_ms: &part.time_ms, labels: &part.labels };
        let (states, events) = states(&described.labels.failures, described.time.format, &stretch)
            .map_err(|(row, text)| EventsError::Table {
                path: PathBuf::from(&name),
                problem: format!("row {}: the label `{text}` is no whole number", row + 1),
            })?;
        for row in 0..part.time_ms.len() {
            if row == 0 {
                self.starts.push(first);
                continue;
            }
            let seconds = (part.time_ms[row] - part.time_ms[row - 1]) as f64 / 1000.0;
            self.grid.step(seconds, self.step_s);
            // What happened before a repair or a standstill says nothing of what is usual after it. That an interval
            // is over is not known at the time, so it starts nothing.
            let stood = states[row - 1] == State::Excluded
                || (!self.lasts && states[row - 1] == State::Failed);
            let repaired = states[row] == State::Normal && stood;
            if repaired || seconds > LONG_GAP * self.step_s {
                self.starts.push(first + row);
            }
        }
        self.group.extend(std::iter::repeat_n(group, part.time_ms.len()));
        self.groups.push(name);
        self.time_ms.extend(part.time_ms);
        self.state.extend(states);
        self.events.extend(events);
        self.readings.iter_mut().zip(part.readings).for_each(|(all, own)| all.extend(own));
        others.iter_mut().zip(part.others).for_each(|(all, own)| all.extend(own));
        Ok(())
    }
}
