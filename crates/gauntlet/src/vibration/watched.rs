//! Recordings as rows beside what they are compared with, and the tracks that a detector watches.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use gauntlet_core::{Column, Frame, Split, Table};
use gauntlet_data::vibration::{Recordings, Series};
use gauntlet_features::reference::{self, Channel, ReferenceError, ReferenceSpec, References};
use gauntlet_learn::condition::{Bearing, Track};

use crate::failure::Failure;

/// All rows of a dataset that have a baseline, run by run and channel by channel.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) table: Table,
    pub(super) tracks: Vec<Track>,
    pub(super) bearings: Vec<Bearing>,
    /// Elements declared as damaged, per bearing.
    pub(super) faults: Vec<Vec<String>>,
    /// Compared features that the dataset does not have.
    pub(super) absent: Vec<String>,
    /// Runs that are too short to have a baseline, in sentences.
    pub(super) short: Vec<String>,
}

/// Compares every snapshot of the running machine with its references.
pub(super) fn watch(recordings: &Recordings, spec: &ReferenceSpec) -> Result<Watched> {
    let has = |name: &&String| recordings.features.contains(name);
    let (present, absent): (Vec<String>, Vec<String>) =
        spec.features.iter().cloned().partition(|name| has(&name));
    let spec = ReferenceSpec { features: present, ..spec.clone() };
    spec.check().context("none of the features under [reference] is in the dataset")?;
    let names = spec.names();
    let mut made = Making { columns: vec![Vec::new(); names.len()], ..Making::default() };
    let runs: BTreeSet<&str> = recordings.series.iter().map(|s| s.run.as_str()).collect();
    let mut short = Vec::new();
    for run in runs {
        let series: Vec<&Series> = recordings.series.iter().filter(|s| s.run == run).collect();
        match made.add(recordings, &spec, &series) {
            Ok(()) => {}
            Err(error @ ReferenceError::Baseline { .. }) => {
                short.push(format!("run {run} takes no part: {error}"));
            }
            Err(error) => return Err(anyhow::Error::from(error).context(format!("run {run}"))),
        }
    }
    if made.tracks.is_empty() {
        let hint =
            Some("are these all files of the run? A part of it has no first hours".to_owned());
        return Err(Failure::Other { what: short.join("\n"), hint }.into());
    }
    let rows = made.group.len();
    let columns = names.into_iter().zip(made.columns.into_iter().map(Column::Number));
    let table = Table {
        frame: Frame::new(columns)?,
        label: vec![false; rows],
        group: made.group,
        row: (0..rows as u32).collect(),
    };
    Ok(Watched {
        table,
        tracks: made.tracks,
        bearings: made.bearings,
        faults: made.faults,
        absent,
        short,
    })
}

impl Watched {
    /// Rows up to `hours` of each run for fitting, later ones for judging.
    pub(super) fn split(&self, hours: f64) -> Split {
        let mut split = Split { train: Vec::new(), test: Vec::new() };
        for track in &self.tracks {
            for (row, at) in track.rows.clone().zip(&track.hours) {
                let side = if *at < hours { &mut split.train } else { &mut split.test };
                side.push(row as u32);
            }
        }
        split
    }

    /// The tracks within `rows`, which are some of the table's, ascending.
    pub(super) fn tracks_within(&self, rows: &[u32]) -> Vec<Track> {
        let within = self.tracks.iter().map(|track| {
            let from = rows.partition_point(|row| (*row as usize) < track.rows.start);
            let to = rows.partition_point(|row| (*row as usize) < track.rows.end);
            let places = || rows[from..to].iter().map(|row| *row as usize - track.rows.start);
            let hours = places().map(|place| track.hours[place]).collect();
            let files = places().map(|place| track.files[place].clone()).collect();
            Track { rows: from..to, hours, files, ..track.clone() }
        });
        within.collect()
    }
}

#[derive(Default)]
struct Making {
    columns: Vec<Vec<f64>>,
    group: Vec<u32>,
    tracks: Vec<Track>,
    bearings: Vec<Bearing>,
    faults: Vec<Vec<String>>,
}

impl Making {
    /// Adds the channels of one run, which share their snapshots.
    fn add(
        &mut self,
        recordings: &Recordings,
        spec: &ReferenceSpec,
        series: &[&Series],
    ) -> Result<(), ReferenceError> {
        let Some(first) = series.first() else { return Ok(()) };
        // A rig that stands still says nothing of its bearings.
        let running: Vec<usize> = (0..first.hours.len()).filter(|i| !first.stopped[*i]).collect();
        let hours: Vec<f64> = running.iter().map(|i| first.hours[*i]).collect();
        let places: Vec<usize> = spec
            .features
            .iter()
            .filter_map(|name| recordings.features.iter().position(|known| known == name))
            .collect();
        let kept: Vec<Vec<Vec<f64>>> = series
            .iter()
            .map(|s| {
                let of = |place: &usize| running.iter().map(|i| s.values[*place][*i]).collect();
                places.iter().map(of).collect()
            })
            .collect();
        let channels: Vec<Channel<'_>> = series
            .iter()
            .zip(&kept)
            .map(|(s, values)| Channel {
                bearing: &s.bearing,
                channel: &s.channel,
                values: values.iter().map(Vec::as_slice).collect(),
            })
            .collect();
        let References { columns: made, start } = reference::columns(spec, &hours, &channels)?;
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for (s, columns) in series.iter().zip(made) {
            let bearing = *known.entry(&s.bearing).or_insert_with(|| {
                self.bearings.push(Bearing {
                    run: s.run.clone(),
                    name: s.bearing.clone(),
                    failed: s.failed,
                    end_hours: hours.last().copied().unwrap_or_default(),
                    onset_hours: s.onset_hours,
                });
                self.faults.push(
                    s.faults.iter().map(|fault| fault.to_string().replace(' ', "_")).collect(),
                );
                self.bearings.len() - 1
            });
            let rows = self.group.len()..self.group.len() + hours.len() - start;
            self.group.extend(rows.clone().map(|_| bearing as u32));
            for (all, of_channel) in self.columns.iter_mut().zip(columns) {
                all.extend_from_slice(&of_channel[start..]);
            }
            let files = running[start..].iter().map(|i| s.files[*i].clone()).collect();
            let (channel, hours) = (s.channel.clone(), hours[start..].to_vec());
            self.tracks.push(Track { bearing, channel, rows, hours, files });
        }
        Ok(())
    }
}
