//! From the columns of a table to clips.

use std::collections::BTreeMap;

use gauntlet_core::Column;

use super::cells::{self, Cells, CellsProblem};
use super::{Found, TableRow, named};
use crate::audio::clips::{ClipRow, Given};
use crate::audio::names;
use crate::audio::problem::ClipsProblem;
use crate::audio::sounds::{ClipTable, LABEL, RECORDING, Role};
use crate::error::DataError;

/// Names of columns that tell the label, or what it follows from: tables are mostly sorted by it.
const NO_FEATURES: [&str; 16] = [
    "machine",
    "machine_id",
    "id",
    "snr",
    "snr_db",
    "label",
    "target",
    "class",
    "y",
    "abnormal",
    "anomaly",
    "is_abnormal",
    "is_anomaly",
    "index",
    "session",
    "set",
];

/// What a table holds.
pub(super) struct Read {
    pub(super) rows: Vec<TableRow>,
    /// Its features.
    pub(super) names: Vec<String>,
    /// Columns of text that nothing is made of.
    pub(super) unused: Vec<String>,
}

/// Reads the table `found` of `bytes`, whose features have to be those of the table `before` it, which is named too.
pub(super) fn read(
    table: &ClipTable,
    found: &Found,
    bytes: &[u8],
    before: Option<&(String, Vec<String>)>,
) -> Result<Read, DataError> {
    let clips = |problem| DataError::Clips { path: found.path.clone(), problem };
    let cells = cells::read(bytes, &table.described()).map_err(|problem| match problem {
        CellsProblem::Csv(problem) => DataError::Csv { path: found.path.clone(), problem },
        CellsProblem::Clips(problem) => clips(problem),
    })?;
    let (columns, unused) = features(table, &cells).map_err(clips)?;
    let names: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    let order = order(&names, before).map_err(clips)?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut rows = Vec::with_capacity(cells.rows);
    for row in 0..cells.rows {
        let mut clip = Teller { table, found, cells: &cells, row }.clip().map_err(clips)?;
        if clip.recording.is_empty() {
            let key = format!("{} {} {:?} {}", clip.machine, clip.id, clip.snr, clip.abnormal);
            let count = counts.entry(key).or_default();
            clip.recording = format!("{count:08}");
            *count += 1;
        }
        let values = order.iter().map(|&position| columns[position].1[row]).collect();
        rows.push(TableRow { clip, place: format!("{}, row {}", found.relative, row + 1), values });
    }
    let names = before.map_or(names, |(_, names)| names.clone());
    Ok(Read { rows, names, unused })
}

type Features<'a> = Vec<(&'a str, &'a [f64])>;

/// The columns that are features, and the headers of those that could not be.
fn features<'a>(
    table: &ClipTable,
    cells: &'a Cells,
) -> Result<(Features<'a>, Vec<String>), ClipsProblem> {
    if let Some(absent) = table.ignore.iter().find(|header| !cells.headers.contains(header)) {
        return Err(ClipsProblem::NoSuchColumn {
            key: "table.ignore".to_owned(),
            column: absent.clone(),
            headers: cells.headers.clone(),
        });
    }
    let (mut features, mut unused) = (Vec::new(), Vec::new());
    for (header, column) in &cells.others {
        if table.ignore.contains(header) {
            continue;
        }
        match column {
            Column::Number(_) if is_hardly_a_feature(header) => {
                return Err(ClipsProblem::HardlyAFeature { column: header.clone() });
            }
            Column::Number(values) => {
                if let Some(row) = values.iter().position(|value| !value.is_finite()) {
                    return Err(cell(row, header, &values[row].to_string(), NO_NUMBER));
                }
                features.push((header.as_str(), values.as_slice()));
            }
            Column::Text(texts) => {
                // One cell that is no number must not make a feature disappear.
                let is_number =
                    |text: &String| text.trim().parse::<f64>().is_ok_and(f64::is_finite);
                let numbers = texts.iter().filter(|text| is_number(text)).count();
                let bad = texts.iter().position(|text| !is_number(text));
                if let (Some(row), true) = (bad, 2 * numbers > texts.len()) {
                    return Err(cell(row, header, &texts[row], NO_NUMBER));
                }
                unused.push(header.clone());
            }
        }
    }
    if features.is_empty() {
        return Err(ClipsProblem::NoFeatures { headers: cells.headers.clone() });
    }
    Ok((features, unused))
}

const NO_NUMBER: &str = "is no finite number: repair it, or list the column in `table.ignore`";

/// Whether a column is called like a label, or is the number of its row, as data frames write it.
fn is_hardly_a_feature(header: &str) -> bool {
    let header = header.trim().to_ascii_lowercase();
    let unnamed = header.starts_with("unnamed: ") || header.starts_with("column ");
    unnamed || header.is_empty() || NO_FEATURES.contains(&header.as_str())
}

/// Where each feature of the table before stands in this one.
fn order(
    names: &[String],
    before: Option<&(String, Vec<String>)>,
) -> Result<Vec<usize>, ClipsProblem> {
    let Some((first, expected)) = before else { return Ok((0..names.len()).collect()) };
    let other = |problem| ClipsProblem::OtherFeatures { first: first.clone(), problem };
    if let Some(more) = names.iter().find(|name| !expected.contains(name)) {
        return Err(other(format!("the feature `{more}` is here and not")));
    }
    let place = |wanted: &String| {
        let position = names.iter().position(|name| name == wanted);
        position.ok_or_else(|| other(format!("the feature `{wanted}` is not here, but")))
    };
    expected.iter().map(place).collect()
}

/// Tells what one row is about.
struct Teller<'a> {
    table: &'a ClipTable,
    found: &'a Found,
    cells: &'a Cells,
    row: usize,
}

impl Teller<'_> {
    fn clip(&self) -> Result<ClipRow, ClipsProblem> {
        let told = |role| self.told(role);
        // A checked descriptor tells the first three.
        let (machine, _) = told("machine")?.unwrap_or_default();
        let (id, _) = told("id")?.unwrap_or_default();
        let (label, column) = told(LABEL)?.unwrap_or_default();
        let abnormal = self.table.labels.is_abnormal(&label).ok_or_else(|| {
            let problem = "is neither normal nor abnormal: say which in `table.labels`";
            cell(self.row, &column, &label, problem)
        })?;
        let set = match told("set")? {
            None => None,
            Some((text, column)) => match text.as_str() {
                "train" => Some(Given::Train),
                "test" => Some(Given::Test),
                _ => return Err(cell(self.row, &column, &text, "is neither `train` nor `test`")),
            },
        };
        Ok(ClipRow {
            machine,
            id: names::id(&id),
            snr: told("snr")?.map(|(text, _)| names::snr(&text)),
            recording: told(RECORDING)?.map_or(String::new(), |(text, _)| stem(&text)),
            abnormal,
            set,
            session: told("session")?.map(|(text, _)| text),
            file: None,
        })
    }

    /// What is told of `role`, and by which column, if anything is.
    fn told(&self, role: &str) -> Result<Option<(String, String)>, ClipsProblem> {
        let Some(source) = self.table.source(role) else { return Ok(None) };
        let at = |header: &str| self.cells.texts.get(header).map(|texts| texts[self.row].as_str());
        let (text, column) = match source {
            Role::Constant(text) => (Some(text.to_owned()), "constants"),
            Role::File => (self.found.named.get(role).cloned(), "files"),
            Role::Column(header) => (at(header).map(str::to_owned), header),
            Role::Path(path) => {
                let text = at(&path.column).unwrap_or_default();
                let parts = named(&path.pattern, &text.replace('\\', "/"));
                let Some(mut parts) = parts else {
                    let problem = format!("is not spelt `{}`", path.pattern);
                    return Err(cell(self.row, &path.column, text, &problem));
                };
                (parts.remove(role), path.column.as_str())
            }
        };
        Ok(text.map(|text| (text.trim().to_owned(), column.to_owned())))
    }
}

/// The name of a recording: that of its file without folders and ending.
fn stem(text: &str) -> String {
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    name.strip_suffix(".wav").unwrap_or(name).to_owned()
}

fn cell(row: usize, column: &str, text: &str, problem: &str) -> ClipsProblem {
    ClipsProblem::Cell {
        row: row + 1,
        column: column.to_owned(),
        text: text.chars().take(80).collect(),
        problem: problem.to_owned(),
    }
}
