//! Which recordings are learned from.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Clip, Side, SoundError};

/// Where a split comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The dataset's own.
    Given,
    /// Of MIMII's baseline.
    Baseline,
    /// Of MIMII's baseline, but with fewer normal recordings to judge on than abnormal ones, so that half
    /// remain to learn from.
    Capped,
}

/// How the recordings of a machine were split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdSplit {
    /// The machine's type.
    pub machine: String,
    /// The machine.
    pub id: String,
    /// Where the split comes from.
    pub origin: Origin,
    /// Normal recordings that are learned from.
    pub train: usize,
    /// Normal recordings that are judged on.
    pub test_normal: usize,
    /// Abnormal recordings, all judged on.
    pub test_abnormal: usize,
}

/// A split of clips.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splitting {
    /// The side of every clip, in the order of the clips.
    pub sides: Vec<Side>,
    /// Every machine, in order.
    pub ids: Vec<IdSplit>,
}

/// Splits clips machine by machine, so that each recording has one side under every ratio.
///
/// A side that the dataset gives is kept. Else it is the split of MIMII's baseline (Purohit et al. 2019,
/// `baseline.py`): normal recordings are sorted by name, as many of the first as there are abnormal ones are
/// judged on, together with those, and the others are learned from. Where that would leave less than half of
/// the normal recordings to learn from, half are, and the machine's [`Origin`] says so.
///
/// # Errors
/// A machine with fewer than `least_train` normal recordings to learn from, without normal or abnormal ones
/// to judge on, or with sides for some clips only; a recording with two labels, on two sides, or twice under
/// one ratio; an abnormal one that would be learned from.
pub fn split_clips(clips: &[Clip], least_train: usize) -> Result<Splitting, SoundError> {
    let mut machines: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (at, clip) in clips.iter().enumerate() {
        if !seen.insert((&clip.place, &clip.recording)) {
            let (place, recording) = (clip.place.clone(), clip.recording.clone());
            return Err(SoundError::Twice { place, recording });
        }
        machines.entry((&clip.place.machine, &clip.place.id)).or_default().push(at);
    }
    let mut sides = vec![Side::Test; clips.len()];
    let mut ids = Vec::with_capacity(machines.len());
    for of_machine in machines.values() {
        let own: Vec<&Clip> = of_machine.iter().map(|&at| &clips[at]).collect();
        let (chosen, origin) = split_machine(&own)?;
        for (&at, side) in of_machine.iter().zip(&chosen) {
            sides[at] = *side;
        }
        ids.push(counted(&own, &chosen, origin, least_train)?);
    }
    one_side_per_recording(clips, &sides)?;
    Ok(Splitting { sides, ids })
}

/// The sides of one machine's clips.
fn split_machine(clips: &[&Clip]) -> Result<(Vec<Side>, Origin), SoundError> {
    let given: Vec<Side> = clips.iter().filter_map(|clip| clip.given).collect();
    if !given.is_empty() {
        if given.len() == clips.len() {
            return Ok((given, Origin::Given));
        }
        let (machine, id) = named(clips[0]);
        let (given, clips) = (given.len(), clips.len());
        return Err(SoundError::HalfGiven { machine, id, given, clips });
    }
    let of_label = |abnormal: bool| -> BTreeSet<&str> {
        let same = clips.iter().filter(|clip| clip.abnormal == abnormal);
        same.map(|clip| clip.recording.as_str()).collect()
    };
    let (normals, abnormals) = (of_label(false), of_label(true));
    let most = normals.len() / 2;
    let origin = if abnormals.len() > most { Origin::Capped } else { Origin::Baseline };
    let tested: BTreeSet<&str> = normals.into_iter().take(abnormals.len().min(most)).collect();
    let side = |clip: &&Clip| {
        let test = clip.abnormal || tested.contains(clip.recording.as_str());
        if test { Side::Test } else { Side::Train }
    };
    Ok((clips.iter().map(side).collect(), origin))
}

/// Counts the recordings of one machine and refuses what cannot be learned from or judged.
fn counted(
    clips: &[&Clip],
    sides: &[Side],
    origin: Origin,
    least_train: usize,
) -> Result<IdSplit, SoundError> {
    let (machine, id) = named(clips[0]);
    let mut labels: BTreeMap<&str, bool> = BTreeMap::new();
    let mut recordings: BTreeMap<(Side, bool), BTreeSet<&str>> = BTreeMap::new();
    for (clip, &side) in clips.iter().zip(sides) {
        let recording = clip.recording.clone();
        if *labels.entry(&clip.recording).or_insert(clip.abnormal) != clip.abnormal {
            return Err(SoundError::TwoLabels { machine, id, recording });
        }
        if clip.abnormal && side == Side::Train {
            return Err(SoundError::AbnormalTrain { machine, id, recording });
        }
        recordings.entry((side, clip.abnormal)).or_default().insert(&clip.recording);
    }
    let count = |side, abnormal| recordings.get(&(side, abnormal)).map_or(0, BTreeSet::len);
    let train = count(Side::Train, false);
    let (test_normal, test_abnormal) = (count(Side::Test, false), count(Side::Test, true));
    let normals = labels.values().filter(|abnormal| !**abnormal).count();
    let few = |left, side, needed| SoundError::Few {
        machine: machine.clone(),
        id: id.clone(),
        normals,
        abnormals: test_abnormal,
        left,
        side,
        needed,
    };
    if train < least_train.max(1) {
        return Err(few(train, Side::Train, least_train.max(1)));
    }
    if test_normal.min(test_abnormal) == 0 {
        return Err(few(test_normal.min(test_abnormal), Side::Test, 1));
    }
    Ok(IdSplit { origin, train, test_normal, test_abnormal, machine, id })
}

/// Refuses sides that put one recording, under whichever ratios, on both.
///
/// # Errors
/// The first such recording, or sides that are not one per clip.
pub fn one_side_per_recording(clips: &[Clip], sides: &[Side]) -> Result<(), SoundError> {
    if clips.len() != sides.len() {
        return Err(SoundError::Sides { sides: sides.len(), clips: clips.len() });
    }
    let mut of_recording = BTreeMap::new();
    for (clip, side) in clips.iter().zip(sides) {
        let key = (&clip.place.machine, &clip.place.id, &clip.recording);
        if of_recording.insert(key, side).is_some_and(|earlier| earlier != side) {
            let (machine, id) = named(clip);
            let recording = clip.recording.clone();
            return Err(SoundError::TwoSides { machine, id, recording });
        }
    }
    Ok(())
}

fn named(clip: &Clip) -> (String, String) {
    (clip.place.machine.clone(), clip.place.id.clone())
}
