//! The pictures of a report: all alarms over the tests, and each failure with what led up to it.

use std::path::Path;

use anyhow::Result;
use gauntlet_core::Origin;
use gauntlet_data::events::{Log, show_time};

use super::Ran;
use super::tournament::{Course, Judged};
use crate::report::plots::{Line, Panel, panels};
use crate::report::write_picture;

/// Scores are drawn up to so many thresholds.
const MOST: f64 = 3.0;
/// Most points of a line.
const POINTS: usize = 1500;
/// Most failures that get a picture of their own.
const PICTURES: usize = 24;

/// Writes all pictures into `folder`.
pub(super) fn write(ran: &Ran, course: &Course<'_>, log: &Log, folder: &Path) -> Result<()> {
    let loud = match ran.origin {
        Origin::Real => "",
        Origin::Simulated => "SIMULATED DATA, ",
    };
    let Some(winner) = ran.participant(&ran.winner) else { return Ok(()) };
    let subtitle = format!("{loud}{}: score over threshold, 1 is an alarm's level", winner.name);
    let title = format!("{}: alarms over all tests", ran.title);
    write_picture(folder, "alarms", &panels(&title, &subtitle, &[overview(ran, course, winner)])?)?;
    let Some(figures) = winner.figures() else { return Ok(()) };
    for detection in figures.detections.iter().take(PICTURES) {
        let number = detection.failure + 1;
        let at = show_time(log.events[detection.failure].at_ms);
        let title = format!("{}: failure {number} at {at}", ran.title);
        let announced = ran.truth.as_ref().and_then(|truth| {
            let event =
                truth.events.iter().find(|e| e.at_ms == log.events[detection.failure].at_ms)?;
            Some(format!("; the simulator says: {}", event.mode.name()))
        });
        let subtitle = format!(
            "{loud}score over threshold, 1 is an alarm's level{}",
            announced.unwrap_or_default()
        );
        let picture = panels(&title, &subtitle, &failure(ran, course, detection.failure))?;
        write_picture(folder, &format!("failure_{number}"), &picture)?;
    }
    Ok(())
}

/// The winner's score over all tests in days, with its alarms and all failures.
fn overview(ran: &Ran, course: &Course<'_>, winner: &Judged) -> Panel {
    let start = course.timeline.time_ms.first().copied().unwrap_or(0);
    let days = |ms: i64| (ms - start) as f64 / 8.64e7;
    let lines: Vec<usize> = winner.tests.iter().flat_map(|(lines, _)| lines.clone()).collect();
    let points = points(course, winner, &lines, &days);
    let mut places: Vec<(f64, String)> = ran
        .failures
        .iter()
        .enumerate()
        .map(|(number, event)| (days(event.at_ms), format!("failure {}", number + 1)))
        .collect();
    places.extend(
        winner
            .judgement
            .alarms
            .iter()
            .filter(|a| a.running)
            .map(|a| (days(a.at_ms), String::new())),
    );
    Panel {
        name: "unnamed lines are alarms".to_owned(),
        x: "days since the first row".to_owned(),
        y: "score / threshold".to_owned(),
        lines: vec![Line { name: winner.name.clone(), points, broken: false }],
        levels: vec![(1.0, "threshold".to_owned())],
        places,
        most: Some(MOST),
        ..Panel::default()
    }
}

/// What each contender said before one failure: a panel over the last hours, the alarms as places.
fn failure(ran: &Ran, course: &Course<'_>, number: usize) -> Vec<Panel> {
    let event = &ran.failures[number];
    let horizon =
        ran.participants.iter().find_map(|j| Some(j.figures()?.horizon_h)).unwrap_or(24.0);
    let from = event.at_ms - (1.5 * horizon * 3.6e6) as i64;
    let until = event.until_ms + (0.05 * horizon * 3.6e6) as i64;
    let hours = |ms: i64| (ms - event.at_ms) as f64 / 3.6e6;
    let timeline = course.timeline;
    let within = |line: &usize| {
        timeline.group[*line] == event.group && (from..=until).contains(&timeline.time_ms[*line])
    };
    let lines: Vec<usize> = (0..timeline.lines()).filter(within).collect();
    let mut shown: Vec<&Judged> =
        ran.participants.iter().filter(|j| !j.baseline && j.figures().is_some()).collect();
    shown.sort_by_key(|j| j.name != ran.winner);
    let panel = |judged: &&Judged| {
        let alarms = judged.judgement.alarms.iter();
        let mine = alarms.filter(|a| a.group == event.group && (from..=until).contains(&a.at_ms));
        let mut places: Vec<(f64, String)> =
            mine.map(|a| (hours(a.at_ms), "alarm".to_owned())).collect();
        places.push((0.0, "failure".to_owned()));
        Panel {
            name: judged.name.clone(),
            x: "hours to the failure".to_owned(),
            y: "score / threshold".to_owned(),
            lines: vec![Line {
                name: judged.name.clone(),
                points: points(course, judged, &lines, &hours),
                broken: false,
            }],
            levels: vec![(1.0, "threshold".to_owned())],
            places,
            most: Some(MOST),
            ..Panel::default()
        }
    };
    let panels = shown.iter().map(panel).filter(|panel| !panel.lines[0].points.is_empty());
    panels.collect()
}

/// Scores in thresholds at some lines, the highest of neighbours where there are too many.
fn points(
    course: &Course<'_>,
    judged: &Judged,
    lines: &[usize],
    place: &dyn Fn(i64) -> f64,
) -> Vec<(f64, f64)> {
    let relative = |line: usize| {
        let test = judged.tests.iter().find(|(lines, _)| lines.contains(&line))?;
        let score = f64::from(*judged.scores.get(line)?) / f64::from(test.1.threshold);
        score.is_finite().then_some((place(course.timeline.time_ms[line]), score.clamp(0.0, MOST)))
    };
    let all: Vec<(f64, f64)> = lines.iter().filter_map(|&line| relative(line)).collect();
    let stride = all.len().div_ceil(POINTS).max(1);
    let top = |chunk: &[(f64, f64)]| chunk.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
    all.chunks(stride).filter_map(top).collect()
}
