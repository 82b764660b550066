//! Clips as rows: features, the machine they are of, and the side they are on.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use gauntlet_core::{Column, Frame, Split, Table};
use gauntlet_data::audio::{ClipRow, Clips, Given};
use gauntlet_learn::sound::{Clip, Place, Side, SoundError, Splitting, split_clips};

/// The column that says which machine, under which ratio, a row is of.
pub(super) const UNIT: &str = "unit";

/// All clips of a dataset.
#[derive(Debug)]
pub(super) struct Heard {
    /// A row per clip: its features and its unit. Rows of one group are one recording.
    pub(super) table: Table,
    pub(super) clips: Vec<Clip>,
    /// What the loader knows of each clip.
    pub(super) rows: Vec<ClipRow>,
    /// Names of the features.
    pub(super) features: Vec<String>,
    /// What a report should mention, in sentences.
    pub(super) notes: Vec<String>,
    pub(super) splitting: Splitting,
}

impl Heard {
    /// Rows of `clips`, split. Machines with too few recordings take no part, which a note says.
    ///
    /// # Errors
    /// No machine with enough recordings, and recordings that contradict each other.
    pub(super) fn new(clips: &Clips, least_train: usize) -> Result<Self> {
        let mut kept: Vec<usize> = (0..clips.rows.len()).collect();
        let mut notes = Vec::new();
        let (known, splitting) = loop {
            let known: Vec<Clip> = kept.iter().map(|row| clip(&clips.rows[*row])).collect();
            let error = match split_clips(&known, least_train) {
                Ok(splitting) => break (known, splitting),
                Err(error) => error,
            };
            let SoundError::Few { machine, id, .. } = &error else { return Err(error.into()) };
            notes.push(format!("{error}: it takes no part"));
            let mut at = known.iter();
            kept.retain(|_| {
                at.next().is_some_and(|c| c.place.machine != *machine || c.place.id != *id)
            });
            if kept.is_empty() {
                anyhow::bail!("no machine has enough recordings:\n{}", notes.join("\n"));
            }
        };
        let rows: Vec<ClipRow> = kept.iter().map(|row| clips.rows[*row].clone()).collect();
        let features = plain_names(&clips.features);
        let renamed = features.iter().zip(&clips.features).find(|(new, old)| new != old);
        notes.extend(renamed.map(|(new, old)| {
            format!("names of features are changed to letters, digits and `_`: `{old}` is `{new}`")
        }));
        let column = |i: usize| kept.iter().map(|row| clips.features_of(*row)[i]).collect();
        let mut columns: Vec<(String, Column)> = features
            .iter()
            .enumerate()
            .map(|(i, name)| (name.clone(), Column::Number(column(i))))
            .collect();
        let units = known.iter().map(|clip| unit(&clip.place)).collect();
        columns.push((UNIT.to_owned(), Column::Text(units)));
        let recordings: BTreeSet<(&str, &str, &str)> = known.iter().map(key).collect();
        let group: BTreeMap<_, u32> = recordings.into_iter().zip(0..).collect();
        let table = Table {
            frame: Frame::new(columns)?,
            label: known.iter().map(|clip| clip.abnormal).collect(),
            group: known.iter().map(|clip| group[&key(clip)]).collect(),
            row: (0..known.len() as u32).collect(),
        };
        Ok(Self { table, clips: known, rows, features, notes, splitting })
    }

    /// The split of all rows.
    pub(super) fn split(&self) -> Split {
        let of = |wanted| {
            let sides = self.splitting.sides.iter().zip(0..);
            sides.filter(|(side, _)| **side == wanted).map(|(_, row)| row).collect()
        };
        Split { train: of(Side::Train), test: of(Side::Test) }
    }

    /// Types of machines, in order.
    pub(super) fn machines(&self) -> Vec<String> {
        let names: BTreeSet<&String> = self.clips.iter().map(|clip| &clip.place.machine).collect();
        names.into_iter().cloned().collect()
    }

    /// Machines of a type under their ratios, in order.
    pub(super) fn places(&self, machine: &str) -> Vec<Place> {
        let of: BTreeSet<&Place> =
            self.clips.iter().map(|c| &c.place).filter(|p| p.machine == machine).collect();
        of.into_iter().cloned().collect()
    }

    /// Positions in `table` of the rows of a place, `table` being some of all rows.
    pub(super) fn of_place(&self, table: &Table, place: &Place) -> Vec<usize> {
        let own = |&at: &usize| self.clips[table.row[at] as usize].place == *place;
        (0..table.rows()).filter(own).collect()
    }

    /// Positions in `table` of the rows of a type of machine.
    pub(super) fn of_machine(&self, table: &Table, machine: &str) -> Vec<usize> {
        let own = |&at: &usize| self.clips[table.row[at] as usize].place.machine == machine;
        (0..table.rows()).filter(own).collect()
    }
}

/// How a model calls a machine under a ratio; its type is in the model's name.
pub(super) fn unit(place: &Place) -> String {
    if place.snr.is_empty() { place.id.clone() } else { format!("{} at {}", place.id, place.snr) }
}

fn key(clip: &Clip) -> (&str, &str, &str) {
    (&clip.place.machine, &clip.place.id, &clip.recording)
}

fn clip(row: &ClipRow) -> Clip {
    let snr = match (&row.snr, row.snr_db()) {
        (None, _) => String::new(),
        (Some(_), Some(decibels)) => format!("{decibels} dB"),
        (Some(text), None) => text.clone(),
    };
    let id = if row.id.starts_with("id") { row.id.clone() } else { format!("id_{}", row.id) };
    let label = if row.abnormal { "abnormal" } else { "normal" };
    Clip {
        place: Place { machine: row.machine.clone(), id, snr },
        recording: format!("{label}/{}", row.recording),
        abnormal: row.abnormal,
        given: row.set.map(|set| match set {
            Given::Train => Side::Train,
            Given::Test => Side::Test,
        }),
    }
}

/// The names in letters, digits and `_`, all different.
fn plain_names(names: &[String]) -> Vec<String> {
    let mut taken = BTreeSet::from([UNIT.to_owned()]);
    let plain = |name: &String| {
        let mut plain: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if !plain.starts_with(|c: char| c.is_ascii_alphabetic()) {
            plain.insert_str(0, "f_");
        }
        while !taken.insert(plain.clone()) {
            plain.push('_');
        }
        plain
    };
    names.iter().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_people_become_plain_and_stay_apart() {
        let names = ["mel 1 (mean)", "mel_1_(mean)", "0", "unit", "rms"].map(str::to_owned);
        assert_eq!(plain_names(&names), ["mel_1__mean_", "mel_1__mean__", "f_0", "unit_", "rms"]);
    }
}
