//! Naming the damaged element at an alarm and at the end, and the table against what was found in the rig.

use std::collections::BTreeMap;

use anyhow::Result;
use gauntlet_core::Table;
use gauntlet_learn::condition::{BearingOutcome, FaultBand, Named, Track, name_fault};
use serde::{Deserialize, Serialize};

/// What was named for a failed bearing that was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NamedFault {
    pub(crate) run: String,
    pub(crate) bearing: String,
    /// The elements that were found damaged.
    pub(crate) known: Vec<String>,
    /// Named from the rows up to the alarm.
    pub(crate) at_alarm: Option<Named>,
    /// Named from the last rows of the running machine.
    pub(crate) at_end: Option<Named>,
}

impl NamedFault {
    /// Whether an element that was found damaged was named.
    pub(crate) fn is_right(&self, named: Option<&Named>) -> bool {
        named.is_some_and(|named| self.known.contains(&named.fault))
    }
}

/// Names the fault of every failed bearing that was found. `bands` maps elements to envelope features; `window` is
/// the number of rows that are looked at.
pub(super) fn name_faults(
    bands: &BTreeMap<String, String>,
    test: &Table,
    tracks: &[Track],
    outcomes: &[BearingOutcome],
    known: &[Vec<String>],
    window: usize,
) -> Result<Vec<NamedFault>> {
    let frame = &test.frame;
    if bands.values().any(|feature| frame.column(feature).is_err()) {
        return Ok(Vec::new());
    }
    let mut named = Vec::new();
    for (index, outcome) in outcomes.iter().enumerate() {
        let Some(alarm) = outcome.alarm.as_ref().filter(|_| outcome.lead_hours.is_some()) else {
            continue;
        };
        let of_channel = |track: &&Track| track.bearing == index && track.channel == alarm.channel;
        let Some(track) = tracks.iter().find(of_channel) else { continue };
        let at = |end: usize| -> Result<Option<Named>> {
            let rows = track.rows.start + end.saturating_sub(window)..track.rows.start + end;
            let growth = |feature: &String| -> Result<Vec<f64>> {
                let of = |suffix: &str| frame.numbers(&format!("{feature}{suffix}"));
                let (value, baseline, shaft) = (of("")?, of("_baseline")?, of("_shaft")?);
                Ok(rows.clone().map(|r| (value[r] / baseline[r] / shaft[r]).ln()).collect())
            };
            let bands = bands
                .iter()
                .map(|(fault, feature)| {
                    Ok(FaultBand { fault: fault.clone(), growth: growth(feature)? })
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(name_fault(&bands))
        };
        named.push(NamedFault {
            run: outcome.bearing.run.clone(),
            bearing: outcome.bearing.name.clone(),
            known: known[index].clone(),
            at_alarm: at(alarm.snapshot + 1)?,
            at_end: at(track.rows.len())?,
        });
    }
    Ok(named)
}
