//! Alarms against what became of the bearings.

use gauntlet_core::{AlarmPolicy, Estimate};
use serde::{Deserialize, Serialize};

use super::{Bearing, Track};
use crate::LearnError;
use crate::intervals::clopper_pearson;

/// Hours of a month of watching.
const MONTH: f64 = 730.5;

/// How alarms are made and from when on they are judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// When scores become an alarm. It latches: a bearing is called once.
    pub policy: AlarmPolicy,
    /// Alarms are judged from this hour of a run on: earlier snapshots may have been fitted on.
    pub from_hours: f64,
    /// Level of the intervals.
    pub level: f64,
}

/// The alarm of a bearing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// The channel that raised it.
    pub channel: String,
    /// Position of the snapshot within the track, from 0.
    pub snapshot: usize,
    /// Name of the snapshot, such as its file.
    pub file: String,
    /// Hour of the snapshot.
    pub hours: f64,
}

/// What a detector said of a bearing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BearingOutcome {
    /// The bearing.
    pub bearing: Bearing,
    /// The earliest alarm of its channels.
    pub alarm: Option<Alarm>,
    /// Hours from the alarm to the end, of a failed bearing that was found.
    pub lead_hours: Option<f64>,
    /// Hours from the known onset to the alarm, of a failed bearing that was found.
    pub delay_hours: Option<f64>,
    /// An alarm that nothing was behind: on a survivor, or before the known onset.
    pub false_alarm: bool,
}

/// What a detector said of all bearings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnsetJudgement {
    /// One per bearing, in the order of the bearings.
    pub bearings: Vec<BearingOutcome>,
    /// Failed bearings.
    pub failures: usize,
    /// Failed bearings that were found.
    pub found: usize,
    /// Share found, with its exact interval; `None` without failures.
    pub found_share: Option<Estimate>,
    /// False alarms.
    pub false_alarms: usize,
    /// Bearings that survived.
    pub survivors: usize,
    /// Months for which bearings were watched while nothing was known to be wrong with them.
    pub bearing_months: f64,
    /// False alarms per such month.
    pub false_alarms_per_month: f64,
    /// Share of bearings with a false alarm, with its exact interval; `None` without bearings.
    pub false_share: Option<Estimate>,
    /// Median lead over the failures, hours; one that was not found counts as 0.
    pub median_lead_hours: f64,
}

/// Judges the scores of every row against a threshold.
///
/// # Errors
/// Tracks that do not fit the scores or the bearings, or a level outside 0 to 1.
pub fn judge_onset(
    bearings: &[Bearing],
    tracks: &[Track],
    scores: &[f32],
    threshold: f32,
    protocol: &Protocol,
) -> Result<OnsetJudgement, LearnError> {
    let mut alarms: Vec<Option<Alarm>> = vec![None; bearings.len()];
    for track in tracks {
        let of_track = scores.get(track.rows.clone()).filter(|s| s.len() == track.hours.len());
        let (Some(scores), Some(bearing)) = (of_track, bearings.get(track.bearing)) else {
            return Err(LearnError::Track { channel: track.channel.clone() });
        };
        let Some(alarm) = first_alarm(track, scores, threshold, bearing.end_hours, protocol) else {
            continue;
        };
        let earliest = &mut alarms[track.bearing];
        if earliest.as_ref().is_none_or(|known| alarm.hours < known.hours) {
            *earliest = Some(alarm);
        }
    }
    let outcomes: Vec<BearingOutcome> =
        bearings.iter().zip(alarms).map(|(bearing, alarm)| outcome(bearing, alarm)).collect();
    summary(outcomes, protocol)
}

/// The first alarm of a track between the protocol's first hour and the bearing's end.
fn first_alarm(
    track: &Track,
    scores: &[f32],
    threshold: f32,
    end_hours: f64,
    protocol: &Protocol,
) -> Option<Alarm> {
    let from = track.hours.partition_point(|h| *h < protocol.from_hours);
    let to = track.hours.partition_point(|h| *h <= end_hours).max(from);
    let counts: Vec<bool> = scores[from..to].iter().map(|score| *score >= threshold).collect();
    let raised = protocol.policy.raised(&counts);
    let snapshot = from + *raised.first()?;
    Some(Alarm {
        channel: track.channel.clone(),
        snapshot,
        file: track.files.get(snapshot).cloned().unwrap_or_default(),
        hours: track.hours[snapshot],
    })
}

fn outcome(bearing: &Bearing, alarm: Option<Alarm>) -> BearingOutcome {
    let early = |alarm: &Alarm| bearing.onset_hours.is_some_and(|onset| alarm.hours < onset);
    let false_alarm = alarm.as_ref().is_some_and(|alarm| !bearing.failed || early(alarm));
    let found = alarm.as_ref().filter(|_| bearing.failed && !false_alarm);
    BearingOutcome {
        bearing: bearing.clone(),
        lead_hours: found.map(|alarm| bearing.end_hours - alarm.hours),
        delay_hours: found.and_then(|alarm| Some(alarm.hours - bearing.onset_hours?)),
        false_alarm,
        alarm,
    }
}

fn summary(
    bearings: Vec<BearingOutcome>,
    protocol: &Protocol,
) -> Result<OnsetJudgement, LearnError> {
    let failures = bearings.iter().filter(|b| b.bearing.failed).count();
    let found = bearings.iter().filter(|b| b.lead_hours.is_some()).count();
    let false_alarms = bearings.iter().filter(|b| b.false_alarm).count();
    let share = |hits: usize, of: usize| -> Result<Option<Estimate>, LearnError> {
        if of == 0 {
            return Ok(None);
        }
        let interval = clopper_pearson(hits as u64, of as u64, protocol.level)?;
        Ok(Some(interval.estimate))
    };
    let hours: f64 = bearings.iter().map(|b| watched(b, protocol)).sum();
    let months = hours / MONTH;
    let mut leads: Vec<f64> =
        bearings.iter().filter(|b| b.bearing.failed).map(|b| b.lead_hours.unwrap_or(0.0)).collect();
    leads.sort_by(f64::total_cmp);
    let middle = leads.len() / 2;
    let median = match leads.as_slice() {
        [] => 0.0,
        leads if leads.len() % 2 == 1 => leads[middle],
        leads => 0.5 * (leads[middle - 1] + leads[middle]),
    };
    Ok(OnsetJudgement {
        failures,
        found,
        found_share: share(found, failures)?,
        false_alarms,
        survivors: bearings.len() - failures,
        bearing_months: months,
        false_alarms_per_month: if months > 0.0 { false_alarms as f64 / months } else { 0.0 },
        false_share: share(false_alarms, bearings.len())?,
        median_lead_hours: median,
        bearings,
    })
}

/// Hours for which an alarm on the bearing would have been a false one: a survivor's all, a failed one's until the
/// known onset. Of a failure whose onset nobody knows no hour is known to be sound.
fn watched(outcome: &BearingOutcome, protocol: &Protocol) -> f64 {
    let bearing = &outcome.bearing;
    let end = if bearing.failed { bearing.onset_hours } else { Some(bearing.end_hours) };
    end.map_or(0.0, |end| (end - protocol.from_hours).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearing(name: &str, failed: bool, onset_hours: Option<f64>) -> Bearing {
        Bearing { run: "r".into(), name: name.into(), failed, end_hours: 99.0, onset_hours }
    }

    /// Three bearings of one channel and 100 hours; scores are 1 from the given hour on.
    fn judge(bearings: &[Bearing], starts: &[usize], from_hours: f64) -> OnsetJudgement {
        let hours: Vec<f64> = (0..100).map(f64::from).collect();
        let (mut tracks, mut scores) = (Vec::new(), Vec::new());
        for (bearing, start) in starts.iter().enumerate() {
            let rows = scores.len()..scores.len() + 100;
            let files = (1..=100).map(|i| i.to_string()).collect();
            let (channel, hours) = ("x".into(), hours.clone());
            tracks.push(Track { bearing, channel, rows, hours, files });
            scores.extend((0..100).map(|i| if i >= *start { 1.0_f32 } else { 0.0 }));
        }
        let policy = AlarmPolicy { needed: 3, window: 4, refractory: None };
        let protocol = Protocol { policy, from_hours, level: 0.95 };
        judge_onset(bearings, &tracks, &scores, 0.5, &protocol).unwrap()
    }

    #[test]
    fn a_failure_is_found_once_with_its_lead_and_a_survivor_is_a_false_alarm() {
        let bearings =
            [bearing("1", true, None), bearing("2", false, None), bearing("3", true, Some(50.0))];
        let judged = judge(&bearings, &[40, 60, 70], 10.0);
        assert_eq!((judged.found, judged.failures, judged.false_alarms), (2, 2, 1));
        assert_eq!(judged.bearings[0].lead_hours, Some(57.0));
        assert_eq!(judged.bearings[2].delay_hours, Some(22.0));
        assert_eq!(judged.median_lead_hours, 0.5 * (57.0 + 27.0));
        assert!((judged.bearing_months - (89.0 + 40.0) / 730.5).abs() < 1e-12);
    }

    #[test]
    fn an_alarm_before_the_known_onset_is_false_and_finds_nothing() {
        let judged = judge(&[bearing("1", true, Some(50.0))], &[20], 10.0);
        assert_eq!((judged.found, judged.false_alarms), (0, 1));
        assert_eq!(judged.median_lead_hours, 0.0);
    }

    #[test]
    fn nothing_before_the_first_judged_hour_counts() {
        let judged = judge(&[bearing("1", true, None)], &[0], 30.0);
        assert_eq!(judged.bearings[0].alarm.as_ref().unwrap().snapshot, 32);
        let silent = judge(&[bearing("1", false, None)], &[100], 0.0);
        assert_eq!((silent.false_alarms, silent.found_share), (0, None));
    }
}
