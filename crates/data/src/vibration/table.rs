//! Layout `feature_table`: features that were computed elsewhere, one table a run.

use std::collections::BTreeMap;
use std::path::Path;

use gauntlet_core::{Digest, Frame, Origin};

use super::load::mark_stopped;
use super::problem::RecordingsProblem;
use super::recordings::{Recordings, Series, digest_of};
use super::rig::{FeatureColumn, FeatureTable, Rig, Run, TimeFormat};
use crate::csv;
use crate::descriptor::{ColumnKind, ColumnSpec, Role};
use crate::error::DataError;

/// Reads the tables of `rig` in `folder`.
pub(super) fn load(rig: &Rig, folder: &Path, origin: Origin) -> Result<Recordings, DataError> {
    let problem = |problem| DataError::Recordings { path: folder.to_owned(), problem };
    // A checked descriptor of this layout has both.
    let Some(table) = &rig.table else { return Err(problem(RecordingsProblem::NoRuns)) };
    let mut loaded = Recordings {
        dataset: rig.name.clone(),
        origin,
        digest: Digest::of(b""),
        features: Vec::new(),
        series: Vec::new(),
        damaged: Vec::new(),
        notes: Vec::new(),
    };
    let mut digests = BTreeMap::new();
    for run in &rig.runs {
        let file = run.file.as_deref().unwrap_or_default();
        let path = folder.join(file);
        if !path.exists() {
            if !run.optional {
                return Err(problem(RecordingsProblem::MissingRun { run: run.name.clone() }));
            }
            loaded.notes.push(format!("run `{}` is not there", run.name));
            continue;
        }
        let bytes = fs_err::read(&path)?;
        digests.insert(file.to_owned(), Digest::of(&bytes));
        read(table, run, &path, &bytes, &mut loaded)?;
    }
    if loaded.series.is_empty() {
        return Err(problem(RecordingsProblem::NoRuns));
    }
    loaded.digest = digest_of(&digests);
    Ok(loaded)
}

fn read(
    table: &FeatureTable,
    run: &Run,
    path: &Path,
    bytes: &[u8],
    loaded: &mut Recordings,
) -> Result<(), DataError> {
    let recordings = |problem| DataError::Recordings { path: path.to_owned(), problem };
    let mut headers = Vec::new();
    let mut mapped = Vec::new();
    let rows = csv::read_chosen(bytes, |found| {
        headers = found.to_vec();
        mapped = table.map(found);
        let time = match table.time_format {
            TimeFormat::Hours => ColumnKind::Number,
            TimeFormat::Stamp(_) => ColumnKind::Text,
        };
        let features = mapped.iter().map(|column| (column.header.as_str(), ColumnKind::Number));
        let columns = std::iter::once((table.time.as_str(), time)).chain(features);
        columns.map(|(header, kind)| described(header, kind)).collect()
    });
    let rows = rows.map_err(|problem| DataError::Csv { path: path.to_owned(), problem })?;
    if mapped.is_empty() {
        return Err(recordings(RecordingsProblem::NoFeatures { headers }));
    }
    if !rows.extra.is_empty() {
        let run = &run.name;
        loaded.notes.push(format!("run `{run}`: columns not used: {}", rows.extra.join(", ")));
    }
    let (files, seconds) = times(table, &rows.frame).map_err(recordings)?;
    let hours: Vec<f64> = seconds.iter().map(|second| (second - seconds[0]) / 3600.0).collect();
    let mut channels: Vec<(&str, &str)> = Vec::new();
    for FeatureColumn { bearing, channel, feature, .. } in &mapped {
        if !channels.contains(&(bearing, channel)) {
            channels.push((bearing, channel));
        }
        if loaded.series.is_empty() && !loaded.features.contains(feature) {
            loaded.features.push(feature.clone());
        }
    }
    let mut all = Vec::new();
    for (bearing, channel) in channels {
        let of_channel = mapped.iter().filter(|c| c.bearing == bearing && c.channel == channel);
        let own: Vec<&FeatureColumn> = of_channel.collect();
        let other = |problem| {
            recordings(RecordingsProblem::OtherFeatures {
                run: run.name.clone(),
                bearing: bearing.to_owned(),
                channel: channel.to_owned(),
                problem,
            })
        };
        if let Some(more) = own.iter().find(|c| !loaded.features.contains(&c.feature)) {
            return Err(other(format!("`{}` is a feature that others lack", more.feature)));
        }
        let mut values = Vec::with_capacity(loaded.features.len());
        for feature in &loaded.features {
            let mut columns = own.iter().filter(|column| column.feature == *feature);
            match (columns.next(), columns.next()) {
                (Some(column), None) => values.push(rows.frame.numbers(&column.header)?.to_vec()),
                (None, _) => return Err(other(format!("the feature `{feature}` is missing"))),
                (Some(_), Some(_)) => return Err(other(format!("`{feature}` stands twice"))),
            }
        }
        let known = run.bearings.iter().find(|known| known.name == bearing);
        all.push(Series {
            run: run.name.clone(),
            bearing: bearing.to_owned(),
            channel: channel.to_owned(),
            files: files.clone(),
            hours: hours.clone(),
            values,
            stopped: vec![false; hours.len()],
            temperature: None,
            faults: known.map(|known| known.faults.clone()).unwrap_or_default(),
            failed: known.is_some_and(|known| known.failed),
            onset_hours: known
                .and_then(|known| known.onset_file)
                .and_then(|onset| hours.get(onset - 1).copied()),
        });
    }
    mark_stopped(&mut all, &loaded.features, &mut loaded.notes);
    loaded.series.extend(all);
    Ok(())
}

/// The time of every row as it stands there, and in seconds.
fn times(
    table: &FeatureTable,
    frame: &Frame,
) -> Result<(Vec<String>, Vec<f64>), RecordingsProblem> {
    // The column was read as the kind that the format asks for.
    let (texts, seconds): (Vec<String>, Vec<Option<f64>>) = match &table.time_format {
        TimeFormat::Hours => {
            let hours = frame.numbers(&table.time).unwrap_or_default();
            hours.iter().map(|hour| (hour.to_string(), Some(hour * 3600.0))).unzip()
        }
        TimeFormat::Stamp(pattern) => {
            let texts = frame.texts(&table.time).unwrap_or_default();
            texts.iter().map(|text| (text.clone(), pattern.seconds(text))).unzip()
        }
    };
    let mut times: Vec<f64> = Vec::with_capacity(seconds.len());
    for (position, (text, second)) in texts.iter().zip(seconds).enumerate() {
        let wrong =
            |problem| RecordingsProblem::Time { row: position + 1, text: text.clone(), problem };
        let second = second.ok_or_else(|| wrong("no time as described"))?;
        if times.last().is_some_and(|&last| second <= last) {
            return Err(wrong("not later than the row before"));
        }
        times.push(second);
    }
    Ok((texts, times))
}

fn described(header: &str, kind: ColumnKind) -> ColumnSpec {
    ColumnSpec {
        header: header.to_owned(),
        name: header.to_owned(),
        kind,
        role: Role::Feature,
        unit: String::new(),
        nullable: false,
        min: None,
        max: None,
        values: Vec::new(),
        description: String::new(),
    }
}

impl FeatureTable {
    /// Which of `headers` is which feature of which bearing.
    fn map(&self, headers: &[String]) -> Vec<FeatureColumn> {
        let Some(pattern) = &self.pattern else { return self.columns.clone() };
        let mut mapped = Vec::new();
        for header in headers.iter().filter(|header| **header != self.time) {
            let mut column = FeatureColumn {
                header: header.clone(),
                bearing: String::new(),
                channel: "1".to_owned(),
                feature: String::new(),
            };
            if fill(pattern, header, &mut column).is_some() {
                if let Some(name) = self.rename.get(&column.feature) {
                    column.feature.clone_from(name);
                }
                mapped.push(column);
            }
        }
        mapped
    }
}

/// Fills in what the holes of `pattern` stand for in `header`; nothing if it does not fit.
fn fill(pattern: &str, header: &str, column: &mut FeatureColumn) -> Option<()> {
    let Some((literal, rest)) = pattern.split_once('{') else {
        return (pattern == header).then_some(());
    };
    let (hole, after) = rest.split_once('}')?;
    let header = header.strip_prefix(literal)?;
    // A part ends where the text after it first stands; the last part may take all.
    let next = after.split('{').next().unwrap_or_default();
    let end = if next.is_empty() { header.len() } else { header.find(next)? };
    let part = match hole {
        "bearing" => &mut column.bearing,
        "channel" => &mut column.channel,
        "feature" => &mut column.feature,
        _ => return None,
    };
    if end == 0 {
        return None;
    }
    header[..end].clone_into(part);
    fill(after, &header[end..], column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_taken_apart_by_a_pattern() {
        let mut column = FeatureColumn {
            header: String::new(),
            bearing: String::new(),
            channel: String::new(),
            feature: String::new(),
        };
        let pattern = "Bearing{bearing}_ch{channel}_{feature}";
        fill(pattern, "Bearing12_ch2_peak_to_peak", &mut column).unwrap();
        let FeatureColumn { bearing, channel, feature, .. } = &column;
        assert_eq!([bearing, channel, feature], ["12", "2", "peak_to_peak"]);
        for header in ["Bearing1_rms", "file_index", "Bearing_ch1_rms", "Bearing1_ch1_"] {
            assert_eq!(fill(pattern, header, &mut column), None, "{header}");
        }
    }
}
