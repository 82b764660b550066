//! The plots of a report: indicators over time, detectors beside one another, envelope spectra.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use gauntlet_core::Origin;
use gauntlet_data::vibration::{RigLayout, channel_label, snapshot};
use gauntlet_features::vibration::{Extractor, Fault};
use gauntlet_learn::condition::{Bearing, OnsetJudgement};
use gauntlet_learn::rul::SELECTED;

use super::judge::{Judgement, Sealed};
use super::source::Found;
use crate::report::pictures::write_picture;
use crate::report::plots::{Line, Panel, panels};

/// Lines are thinned to about so many points.
const POINTS: usize = 700;

/// Indicators are drawn up to so many thresholds: a failing bearing goes far beyond.
const THRESHOLDS: f64 = 4.0;

/// Writes the indicator's picture, and one per detector.
pub(super) fn write(
    sealed: &Sealed<'_>,
    judgement: &Judgement,
    scores: &BTreeMap<String, Vec<f32>>,
    folder: &Path,
) -> Result<()> {
    for participant in &judgement.participants {
        let scores = &scores[&participant.id];
        let title = format!("{}: {}", judgement.made.title, participant.id.replace('_', " "));
        let panels = runs(sealed, &participant.judged, scores, f64::from(participant.threshold));
        let picture = self::panels(&title, &subtitle(judgement), &panels)?;
        write_picture(folder, &participant.id, &picture)?;
    }
    Ok(())
}

fn subtitle(judgement: &Judgement) -> String {
    let loud = match judgement.made.origin {
        Origin::Real => "",
        Origin::Simulated => "SIMULATED DATA, ",
    };
    format!(
        "{loud}sealed hours; the largest score of each bearing's channels, alarms and known onsets"
    )
}

/// One panel per run.
fn runs(
    sealed: &Sealed<'_>,
    judged: &OnsetJudgement,
    scores: &[f32],
    threshold: f64,
) -> Vec<Panel> {
    let bearings = &sealed.watched.bearings;
    let mut names: Vec<&str> = bearings.iter().map(|b| b.run.as_str()).collect();
    names.dedup();
    let of = |run: &&str| {
        let mut panel = Panel {
            name: (*run).to_owned(),
            x: "hours since the first snapshot".to_owned(),
            y: "score".to_owned(),
            levels: vec![(threshold, "threshold".to_owned())],
            most: Some(threshold + (THRESHOLDS - 1.0) * threshold.abs()),
            ..Panel::default()
        };
        for (index, outcome) in judged.bearings.iter().enumerate() {
            let Bearing { name, failed, onset_hours, .. } = &outcome.bearing;
            if outcome.bearing.run != **run {
                continue;
            }
            let end = if *failed { "failed" } else { "survived" };
            let points = highest(sealed, index, scores);
            if !points.is_empty() {
                let name = format!("bearing {name}, {end}");
                panel.lines.push(Line { name, points, broken: false });
            }
            if let Some(alarm) = &outcome.alarm {
                let kind = if outcome.false_alarm { "false alarm" } else { "alarm" };
                panel.places.push((alarm.hours, format!("{kind} {name}")));
            }
            if let Some(onset) = onset_hours {
                panel.places.push((*onset, format!("known onset {name}")));
            }
        }
        panel
    };
    names.iter().map(of).filter(|panel| !panel.lines.is_empty()).collect()
}

/// The largest score of a bearing's channels over time, thinned by taking the largest of neighbours.
fn highest(sealed: &Sealed<'_>, bearing: usize, scores: &[f32]) -> Vec<(f64, f64)> {
    let tracks: Vec<_> = sealed.tracks.iter().filter(|t| t.bearing == bearing).collect();
    let Some(first) = tracks.first() else { return Vec::new() };
    let end = sealed.watched.bearings[bearing].end_hours;
    let all: Vec<(f64, f64)> = (0..first.hours.len())
        .take_while(|i| first.hours[*i] <= end)
        .map(|i| {
            let of = tracks.iter().map(|track| f64::from(scores[track.rows.start + i]));
            (first.hours[i], of.fold(f64::MIN, f64::max))
        })
        .collect();
    let step = all.len().div_ceil(POINTS).max(1);
    let largest = |part: &[(f64, f64)]| {
        let value = part.iter().map(|(_, v)| *v).fold(f64::MIN, f64::max);
        (part[0].0, value)
    };
    all.chunks(step).map(largest).collect()
}

/// The envelope spectrum of each found bearing in its last hours, with the fault frequencies marked; nothing for a
/// dataset without samples.
pub(super) fn spectra(
    found: &Found,
    sealed: &Sealed<'_>,
    judgement: &Judgement,
    folder: &Path,
) -> Result<()> {
    let Some(indicator) = judgement.participants.first() else { return Ok(()) };
    if found.rig.layout == RigLayout::FeatureTable {
        return Ok(());
    }
    let mut panels = Vec::new();
    for (index, outcome) in indicator.judged.bearings.iter().enumerate() {
        let Some(alarm) = outcome.alarm.as_ref().filter(|_| outcome.lead_hours.is_some()) else {
            continue;
        };
        let of_channel = |t: &&_| -> bool {
            let track: &gauntlet_learn::condition::Track = t;
            track.bearing == index && track.channel == alarm.channel
        };
        let Some(file) = sealed.tracks.iter().find(of_channel).and_then(|t| t.files.last()) else {
            continue;
        };
        let path = found.folder.join(file);
        let taken = snapshot(&found.rig, &path)?;
        let label = channel_label(&outcome.bearing.name, &alarm.channel);
        let Some((_, samples)) = taken.channels.into_iter().find(|(name, _)| *name == label) else {
            continue;
        };
        let setup = found.rig.setup(&outcome.bearing.run);
        let spectrum = Extractor::new(setup, samples.len())?.envelope_spectrum(&samples)?;
        let mut places = Vec::new();
        if let Some(geometry) = &setup.geometry {
            let orders = geometry.orders();
            for fault in Fault::ALL {
                let hz = fault.frequency(&orders, setup.shaft_hz);
                places.push((hz, format!("{} {hz:.1} Hz", fault.suffix().to_uppercase())));
            }
        }
        let most = places.iter().map(|(hz, _)| *hz).fold(setup.shaft_hz * 5.0, f64::max) * 1.6;
        let points: Vec<(f64, f64)> = spectrum
            .frequencies_hz
            .iter()
            .zip(&spectrum.amplitudes)
            .filter(|(hz, _)| **hz > 0.0 && **hz <= most)
            .map(|(hz, amplitude)| (*hz, *amplitude))
            .collect();
        if points.is_empty() {
            continue;
        }
        let name = format!(
            "{} bearing {}, {}, band {:.0} to {:.0} Hz",
            outcome.bearing.run,
            outcome.bearing.name,
            file,
            spectrum.band.low_hz,
            spectrum.band.high_hz
        );
        let line = Line { name: "amplitude of the squared envelope".into(), points, broken: false };
        let (x, y) = ("Hz".to_owned(), "amplitude".to_owned());
        panels.push(Panel { name, x, y, lines: vec![line], places, ..Panel::default() });
    }
    if panels.is_empty() {
        return Ok(());
    }
    let loud = if judgement.made.origin == Origin::Simulated { "SIMULATED DATA, " } else { "" };
    let subtitle =
        format!("{loud}last snapshot of each bearing that was found, fault frequencies marked");
    let title = format!("{}: envelope spectra", judgement.made.title);
    write_picture(folder, "envelope_spectrum", &self::panels(&title, &subtitle, &panels)?)
}

/// Predicted remaining life with its band beside the true one, a panel per bearing.
pub(super) fn remaining(judgement: &Judgement, folder: &Path) -> Result<()> {
    let Some(remaining) = &judgement.remaining else { return Ok(()) };
    let Some(selected) = remaining.judgement.onset.participants.get(SELECTED) else {
        return Ok(());
    };
    let mut panels = Vec::new();
    for forecast in selected.forecasts.iter().filter(|f| f.minutes.len() > 1) {
        let line = |name: &str, values: &[f64], broken| Line {
            name: name.to_owned(),
            points: forecast.minutes.iter().copied().zip(values.iter().copied()).collect(),
            broken,
        };
        let mut panel = Panel {
            name: forecast.bearing.clone(),
            x: "minutes since the first snapshot".to_owned(),
            y: "remaining minutes".to_owned(),
            lines: vec![
                line("predicted, this bearing left out", &forecast.predicted, false),
                line("true", &forecast.remaining, true),
            ],
            ..Panel::default()
        };
        if let Some(band) = &forecast.band {
            let ends = forecast.minutes.iter().zip(band.lower.iter().zip(&band.upper));
            panel.bands.push(ends.map(|(at, (low, high))| (*at, *low, *high)).collect());
            let most = forecast.remaining.iter().copied().fold(0.0, f64::max);
            panel.most = Some(2.5 * most);
        }
        panels.push(panel);
    }
    if panels.is_empty() {
        return Ok(());
    }
    let loud = if judgement.made.origin == Origin::Simulated { "SIMULATED DATA, " } else { "" };
    let subtitle =
        format!("{loud}after the alarm; the area is the interval, calibrated across bearings");
    let title = format!("{}: remaining life", judgement.made.title);
    write_picture(folder, "remaining_life", &self::panels(&title, &subtitle, &panels)?)
}
